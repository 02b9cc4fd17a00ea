//! Evidence is sound, whoever reports it, and accuses nobody who is honest.

use pyralog_consensus::{Claim, Verifier};
use pyralog_primitives::codec::Canonical;
use pyralog_primitives::vote::{Evidence, SignedProposal, Vote};
use pyralog_primitives::{GenesisHash, SignBytes, Signature};

use super::{Broken, Invariant};
use crate::keyring::Keyring;

/// Validator `who`, who runs an honest engine, reports this.
pub(crate) fn check_evidence(
    who: usize,
    evidence: &Evidence,
    is_honest: impl Fn(usize) -> bool,
    (genesis, keyring): (GenesisHash, &Keyring),
) -> Result<(), Broken> {
    let broken = |what: String| Err(Broken::new(Invariant::Framing, what));
    let accused = keyring.find(&evidence.accused());
    let Some(accused) = accused.filter(|accused| *accused < keyring.count()) else {
        return broken(format!("validator {who} accused one who is no validator"));
    };
    let Some(claims) = claims(evidence, genesis) else {
        return broken(format!(
            "validator {who} accused validator {accused} by words that contradict nothing"
        ));
    };
    let claims = claims.map(|(bytes, signature)| Claim {
        key: keyring.public(accused),
        bytes,
        signature,
    });
    if keyring.verify(&claims).is_err() {
        return broken(format!(
            "validator {who} accused validator {accused} by words that it did not sign"
        ));
    }
    if is_honest(accused) {
        return broken(format!(
            "validator {who} proved that honest validator {accused} said two things"
        ));
    }
    Ok(())
}

/// What the accused must have signed; `None` if that is no contradiction.
fn claims(evidence: &Evidence, genesis: GenesisHash) -> Option<[(SignBytes, Signature); 2]> {
    let is_conflict = match evidence {
        Evidence::DoubleVote { first, second } => {
            let place = |vote: &Vote| (vote.validator, vote.height, vote.round, vote.kind);
            place(first) == place(second)
                && first.value != second.value
                && first.encode() <= second.encode()
        }
        Evidence::DoubleProposal { first, second } => {
            let place = |one: &SignedProposal| (one.validator, one.height, one.round);
            let content = |one: &SignedProposal| (one.value, one.valid_round);
            place(first) == place(second)
                && content(first) != content(second)
                && first.encode() <= second.encode()
        }
    };
    is_conflict.then(|| match evidence {
        Evidence::DoubleVote { first, second } => {
            [first, second].map(|vote| (vote.sign_bytes(genesis), vote.signature))
        }
        Evidence::DoubleProposal { first, second } => {
            [first, second].map(|one| (one.sign_bytes(genesis), one.signature))
        }
    })
}
