//! `pyralog light verify`: check a proof without asking anybody.

use pyralog_genesis::{Genesis, format_time};
use pyralog_primitives::certificate::{Certificate, Signers};
use pyralog_primitives::chain_proof::{ChainProof, Claim};
use pyralog_primitives::codec::Canonical;
use pyralog_primitives::text::decode_hex;
use pyralog_primitives::validators::{Validator, ValidatorSet};
use pyralog_primitives::{Address, BlockId, GenesisHash, Height, TimestampMs, VotingPower};
use serde::Serialize;
use serde_json::Value;

use super::{claim, document};
use crate::args::VerifyProof;
use crate::describe::{Row, rows_text};
use crate::error::CliError;
use crate::input;
use crate::output::Console;
use crate::proof_refusal::ProofRefusal;

#[derive(Serialize)]
struct ProvedView<'a> {
    proved: bool,
    kind: &'static str,
    claim: Value,
    /// After which block it holds, or in which.
    height: Height,
    chain_id: &'a str,
    genesis: GenesisHash,
    header: HeaderView,
    signed_by: Vec<SignerView<'a>>,
    power: VotingPower,
    power_total: VotingPower,
}

/// The header that commits to the claim.
#[derive(Serialize)]
struct HeaderView {
    block: BlockId,
    height: Height,
    time: TimestampMs,
}

#[derive(Serialize)]
struct SignerView<'a> {
    name: &'a str,
    address: Address,
    power: VotingPower,
}

pub(super) fn verify(args: &VerifyProof, console: &Console) -> Result<(), CliError> {
    if input::is_stdin(&args.file) && input::is_stdin(&args.genesis) {
        return Err(CliError::StdinTwice);
    }
    let text = document::read(&args.genesis, console)?;
    let genesis = Genesis::parse(&text);
    let genesis = genesis.map_err(|mistakes| document::refused(&args.genesis, mistakes))?;
    let bytes = input::read(console, &args.file, ChainProof::ENCODED_BYTES_MAX)?;
    let checked = check(&input::shown(&args.file), &bytes, &genesis);
    let (proof, height) = match checked {
        Ok(proved) => proved,
        Err(refusal) => {
            console.give_refused(refusal.step(), &refusal)?;
            return Err(refusal.into());
        }
    };
    let view = view(&proof, height, &genesis);
    console.give(&text_of(&proof.claim, &view), &view)
}

/// Follows the path from the claim to genesis.
fn check(
    file: &str,
    bytes: &[u8],
    genesis: &Genesis,
) -> Result<(ChainProof, Height), ProofRefusal> {
    let proof = ChainProof::decode(bytes)
        .map_err(|problem| ProofRefusal::of_bytes(file.to_owned(), bytes, problem))?;
    let height = proof
        .verify(genesis.hash(), &genesis.validator_set())
        .map_err(|problem| ProofRefusal::of_path(file.to_owned(), problem))?;
    Ok((proof, height))
}

fn view<'a>(proof: &ChainProof, height: Height, genesis: &'a Genesis) -> ProvedView<'a> {
    let set = genesis.validator_set();
    let signed_by = signers(&proof.certificate, &set, genesis);
    let header = &proof.header;
    ProvedView {
        proved: true,
        kind: claim::kind(&proof.claim),
        claim: claim::decoded(&proof.claim),
        height,
        chain_id: genesis.chain_id().as_str(),
        genesis: genesis.hash(),
        header: HeaderView {
            block: header.id(),
            height: header.height,
            time: header.time,
        },
        // Cannot wrap: members of a set whose total is bounded.
        power: VotingPower::new(signed_by.iter().map(|signer| signer.power.get()).sum()),
        signed_by,
        power_total: set.total_power(),
    }
}

/// Who signed a certificate that holds.
fn signers<'a>(
    certificate: &Certificate,
    set: &ValidatorSet,
    genesis: &'a Genesis,
) -> Vec<SignerView<'a>> {
    let signed = |place: usize| match certificate {
        Certificate::Solo { .. } => true,
        Certificate::Quorum { signers, .. } => is_in(signers, place),
    };
    let members = set.iter().enumerate().filter(|(place, _)| signed(*place));
    let view = |(_, member): (usize, &Validator)| {
        let mut all = genesis.validators().iter();
        let named = all.find(|validator| validator.public_key == member.key);
        SignerView {
            name: named.map_or("", |validator| validator.name.as_str()),
            address: member.key.address(),
            power: member.power,
        }
    };
    members.map(view).collect()
}

/// Whether the validator at a place is in a bitmap. Its text is its bytes in
/// hex; the first validator is the lowest bit of the first.
fn is_in(signers: &Signers, place: usize) -> bool {
    let text = serde_json::to_value(signers).ok();
    let digits = text.as_ref().and_then(Value::as_str);
    let bitmap = digits.and_then(|digits| decode_hex(digits).ok());
    let byte = bitmap.and_then(|bitmap| bitmap.get(place / 8).copied());
    byte.is_some_and(|byte| byte >> (place % 8) & 1 == 1)
}

fn text_of(claim: &Claim, view: &ProvedView<'_>) -> String {
    let mut rows = claim::rows(claim);
    let when = match claim {
        Claim::Transaction { .. } => format!("in block {}", view.height),
        _ => format!("after block {}", view.height),
    };
    let header = &view.header;
    let (signed, total) = (view.power, view.power_total);
    let mut by: Vec<Row> = vec![
        ("holds", when),
        ("network", format!("{} ({})", view.chain_id, view.genesis)),
        (
            "header",
            format!("height {}, {}", header.height, header.block),
        ),
        ("time", format_time(header.time)),
        ("power signed", format!("{signed} of {total}")),
    ];
    let signers = view.signed_by.iter();
    by.extend(signers.map(|signer| ("signed by", format!("{} ({})", signer.name, signer.address))));
    rows.extend(by);
    rows_text(&rows)
}
