//! The certificate of what becomes final is good for everyone: by the quorum
//! of the primitives, not by what the engine takes for one.

use pyralog_consensus::{Verifier, verify_certificate};
use pyralog_primitives::GenesisHash;
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::validators::ValidatorSet;

use super::{Broken, Invariant};

/// An honest validator makes a block final by this certificate.
pub(crate) fn check_certificate(
    who: usize,
    certificate: &Certificate,
    (genesis, validators): (GenesisHash, &ValidatorSet),
    verifier: &impl Verifier,
) -> Result<(), Broken> {
    let height = certificate.height();
    match verify_certificate(certificate.clone(), genesis, validators, verifier) {
        Ok(_) => Ok(()),
        Err(error) => {
            let what = format!(
                "validator {who} finalized a block at height {height} by a certificate that proves \
                 nothing: {error}"
            );
            Err(Broken::new(Invariant::Certificate, what))
        }
    }
}
