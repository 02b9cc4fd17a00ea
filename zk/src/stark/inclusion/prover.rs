//! Proving inclusion.

use super::air::InclusionAir;
use super::{Inclusion, PathError, root_of, trace};
use crate::stark::digest::TreeDigest;
use crate::stark::options::OptionsId;
use crate::stark::prover::{self, NotProved};
use crate::watch::{CalledOff, Step, Watch, patiently, tell};

/// Why there is no proof. The caller must bring another claim or path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProveError {
    /// The path does not fit.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The claim is false, or the path is another's.
    #[error("the path does not lead to the root of the claim")]
    NotTheRoot,
    /// Nobody waits for it any longer.
    #[error(transparent)]
    CalledOff(#[from] CalledOff),
    /// The library does not do it.
    #[error("the library made no proof")]
    Library,
}

/// Proves that `path` leads from the claim's leaf to its root. Takes an
/// estimated second of one core, and no thread besides the caller's.
pub fn prove(claim: &Inclusion, path: &[TreeDigest]) -> Result<Vec<u8>, ProveError> {
    prove_watched(claim, path, &patiently)
}

/// The same, for somebody who may not wait for all of it.
pub fn prove_watched(
    claim: &Inclusion,
    path: &[TreeDigest],
    watch: &Watch<'_>,
) -> Result<Vec<u8>, ProveError> {
    if root_of(claim, path)? != claim.root {
        return Err(ProveError::NotTheRoot);
    }
    tell(watch, Step::Checked)?;
    let columns = trace::columns(claim, path);
    let proof = prover::prove::<InclusionAir>(*claim, columns, OptionsId::Standard, watch);
    proof.map_err(|problem| match problem {
        NotProved::CalledOff => CalledOff.into(),
        NotProved::Library => ProveError::Library,
    })
}
