//! `pyralog zk verify`: a proof against a claim.

use pyralog_genesis::Genesis;
use pyralog_primitives::{Compute, GenesisHash};
use pyralog_zk::groth16::{Proof, PublicInput, VerifyingKey};
use pyralog_zk::stark::{self, StarkError, append, linkage};
use pyralog_zk::statement::{Statement, StatementId, System};
use serde::Serialize;

use super::check_stdin;
use super::statements::not_proved;
use crate::args::VerifyClaim;
use crate::commands::document;
use crate::describe::{Row, rows_text};
use crate::error::CliError;
use crate::input;
use crate::output::Console;
use crate::zk::catalog::Known;
use crate::zk::claim::{self, Public};
use crate::zk::document::{Kind, Opened};
use crate::zk::error::ZkError;
use crate::zk::keys::read_verifying;
use crate::zk::proof_file::{self, PROOF_FILE_BYTES_MAX};
use crate::zk::refusal::ZkRefusal;

#[derive(Serialize)]
struct ProvedView<'a> {
    proved: bool,
    statement: Known,
    says: &'static str,
    chain_id: Option<&'a str>,
    /// Whether the network that the claim names is that of a genesis document.
    network_compared: bool,
    /// What it cost at most.
    compute: Compute,
    proof_bytes: usize,
    bits: String,
    hidden: &'static str,
    not_proved: &'static [&'static str],
}

/// The network for which a proof is checked.
struct Network {
    chain_id: String,
    /// If there was a document.
    genesis: Option<GenesisHash>,
}

/// What is there to check a proof with.
struct Given {
    claim: claim::Read,
    claim_name: String,
    statement: Known,
    network: Option<Network>,
    /// The verifying key and where it is from.
    key: Option<(Vec<u8>, String)>,
}

pub(super) fn run(args: &VerifyClaim, console: &Console) -> Result<(), CliError> {
    let paths = [&args.proof, &args.claim].map(|path| Some(&**path));
    let others = [&args.verifying_key, &args.network.genesis].map(|path| path.as_deref());
    check_stdin([paths[0], paths[1], others[0], others[1]])?;
    let given = gather(args, console)?;
    let bytes = input::read(console, &args.proof, PROOF_FILE_BYTES_MAX)?;
    let name = input::shown(&args.proof);
    match check(&name, &bytes, &given) {
        Ok(held) => tell(&given, &held, console),
        Err(refusal) => {
            console.give_refused(refusal.step(), &refusal)?;
            Err(refusal.into())
        }
    }
}

/// Reads all but the proof.
fn gather(args: &VerifyClaim, console: &Console) -> Result<Given, CliError> {
    let opened = Opened::read(console, &args.claim, Kind::Claim)?;
    let statement = opened.statement;
    let claim = claim::read(&opened)?;
    let network = network(args, console)?;
    let key = match (&args.verifying_key, statement.circuit()) {
        (Some(path), Some(_)) => {
            let key = read_verifying(console, path, statement)?;
            Some((key, input::shown(path)))
        }
        (None, Some(_)) => return Err(ZkError::NeedsVerifyingKey { statement }.into()),
        (Some(_), None) => return Err(ZkError::NoKeyNeeded { statement }.into()),
        (None, None) => None,
    };
    if key.is_some() && network.is_none() {
        return Err(ZkError::NeedsNetwork.into());
    }
    Ok(Given {
        claim,
        claim_name: opened.name,
        statement,
        network,
        key,
    })
}

fn network(args: &VerifyClaim, console: &Console) -> Result<Option<Network>, CliError> {
    let Some(path) = &args.network.genesis else {
        let id = args.network.chain_id.as_ref();
        return Ok(id.map(|id| Network {
            chain_id: id.to_string(),
            genesis: None,
        }));
    };
    let text = document::read(path, console)?;
    let genesis = Genesis::parse(&text);
    let genesis = genesis.map_err(|mistakes| document::refused(path, mistakes))?;
    Ok(Some(Network {
        chain_id: genesis.chain_id().to_string(),
        genesis: Some(genesis.hash()),
    }))
}

/// What there is to say of a proof that holds.
struct Held {
    compute: Compute,
    proof_bytes: usize,
    network_compared: bool,
}

/// Whether a file proves the claim.
fn check(file: &str, bytes: &[u8], given: &Given) -> Result<Held, ZkRefusal> {
    let (found, proof) = proof_file::read(file, bytes)?;
    let (statement, compute) = admitted(file, found, proof.len(), given.statement)?;
    let public = given.claim.public.as_ref();
    let public = public.map_err(|problem| ZkRefusal::Claim {
        file: given.claim_name.clone(),
        problem: *problem,
    })?;
    let network_compared = compare_network(given)?;
    verify(file, proof, public, &statement, given)?;
    Ok(Held {
        compute,
        proof_bytes: proof.len(),
        network_compared,
    })
}

/// What is known before a proof is read: its statement, and what it costs at most.
fn admitted(
    file: &str,
    found: StatementId,
    proof_bytes: usize,
    claimed: Known,
) -> Result<(Statement, Compute), ZkRefusal> {
    let file = || file.to_owned();
    if found != claimed.id() {
        return Err(ZkRefusal::OtherStatement {
            file: file(),
            found,
            claimed,
        });
    }
    let registry = Known::registry();
    let admit = || {
        let statement = registry.get(found)?;
        let compute = statement.admit(proof_bytes, statement.compute_max)?;
        Ok((*statement, compute))
    };
    admit().map_err(|problem| ZkRefusal::NotAdmitted {
        file: file(),
        problem,
    })
}

/// Whether the claim is about this network; `false` if nobody can tell.
fn compare_network(given: &Given) -> Result<bool, ZkRefusal> {
    let expected = given.network.as_ref().and_then(|network| network.genesis);
    let (Some(found), Some(expected)) = (given.claim.network, expected) else {
        return Ok(false);
    };
    if found == expected {
        return Ok(true);
    }
    Err(ZkRefusal::OtherNetwork {
        file: given.claim_name.clone(),
        found,
        expected,
    })
}

/// Asks the gate.
fn verify(
    file: &str,
    proof: &[u8],
    public: &Public,
    statement: &Statement,
    given: &Given,
) -> Result<(), ZkRefusal> {
    let verdict = match public {
        Public::Inputs(inputs) => return verify_snark(file, proof, inputs, statement, given),
        Public::Inclusion(claim) => stark::verify(claim, proof),
        Public::Append(claim) => append::verify(claim, proof),
        Public::Linkage(claim) => linkage::verify(claim, proof),
    };
    verdict.map_err(|problem: StarkError| ZkRefusal::Stark {
        file: file.to_owned(),
        problem,
    })
}

fn verify_snark(
    file: &str,
    proof: &[u8],
    inputs: &[PublicInput],
    statement: &Statement,
    given: &Given,
) -> Result<(), ZkRefusal> {
    let System::Groth16 {
        key: hash,
        inputs: count,
    } = statement.system
    else {
        unreachable!("public inputs come from a claim of a circuit alone");
    };
    let (Some((bytes, key_file)), Some(network)) = (&given.key, &given.network) else {
        unreachable!("a claim of a circuit is only checked with a key and a network");
    };
    let key = VerifyingKey::decode(bytes, hash, count, &network.chain_id);
    let key = key.map_err(|problem| ZkRefusal::Key {
        file: key_file.clone(),
        problem,
    })?;
    let proof = Proof::decode(proof).map_err(|problem| ZkRefusal::Form {
        file: file.to_owned(),
        problem,
    })?;
    let verdict = key.verify(&proof, inputs);
    verdict.map_err(|problem| ZkRefusal::Snark {
        file: file.to_owned(),
        problem,
    })
}

fn tell(given: &Given, held: &Held, console: &Console) -> Result<(), CliError> {
    let known = given.statement;
    let chain_id = given.network.as_ref().map(|network| &*network.chain_id);
    let mut rows: Vec<Row> = vec![
        ("proved", known.says().to_owned()),
        ("statement", format!("{known} (statement {})", known.id())),
        ("claim", given.claim_name.clone()),
    ];
    if let (Some(id), Some(_)) = (chain_id, known.circuit()) {
        rows.push(("network", network_text(id, held.network_compared)));
        rows.push(("key", "UNSAFE: everybody forges proofs for it".to_owned()));
    }
    rows.extend([
        ("bits", known.bits()),
        ("hidden", known.hidden().to_owned()),
    ]);
    rows.extend(not_proved(known.not_proved()));
    let view = ProvedView {
        proved: true,
        statement: known,
        says: known.says(),
        chain_id,
        network_compared: held.network_compared,
        compute: held.compute,
        proof_bytes: held.proof_bytes,
        bits: known.bits(),
        hidden: known.hidden(),
        not_proved: known.not_proved(),
    };
    console.give(&rows_text(&rows), &view)
}

fn network_text(chain_id: &str, compared: bool) -> String {
    if compared {
        format!("{chain_id}, which the claim names")
    } else {
        format!("{chain_id}; what the claim names was not compared")
    }
}
