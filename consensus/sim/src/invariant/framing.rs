//! Evidence is sound, whoever reports it, and accuses nobody who is honest.

use pyralog_consensus::{Claim, Verifier};
use pyralog_primitives::GenesisHash;
use pyralog_primitives::codec::Canonical;
use pyralog_primitives::vote::{Evidence, Vote};

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
    let Evidence::DoubleVote { first, second } = evidence;
    let place = |vote: &Vote| (vote.validator, vote.height, vote.round, vote.kind);
    if place(first) != place(second)
        || first.value == second.value
        || first.encode() > second.encode()
    {
        return broken(format!(
            "validator {who} accused validator {accused} by votes that contradict nothing"
        ));
    }
    let claims = [first, second].map(|vote| Claim {
        key: keyring.public(accused),
        bytes: vote.sign_bytes(genesis),
        signature: vote.signature,
    });
    if keyring.verify(&claims).is_err() {
        return broken(format!(
            "validator {who} accused validator {accused} by votes that it did not sign"
        ));
    }
    if is_honest(accused) {
        return broken(format!(
            "validator {who} proved that honest validator {accused} voted twice"
        ));
    }
    Ok(())
}
