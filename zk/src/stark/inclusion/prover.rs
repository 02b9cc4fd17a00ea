//! Proving inclusion.

use super::air::InclusionAir;
use super::{Inclusion, PathError, root_of, trace};
use crate::stark::digest::TreeDigest;
use crate::stark::options::OptionsId;
use crate::stark::prover;

/// Why there is no proof. The caller must bring another claim or path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProveError {
    /// The path does not fit.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The claim is false, or the path is another's.
    #[error("the path does not lead to the root of the claim")]
    NotTheRoot,
    /// The library does not do it.
    #[error("the library made no proof")]
    Library,
}

/// Proves that `path` leads from the claim's leaf to its root. Takes an
/// estimated second of one core, and no thread besides the caller's.
pub fn prove(claim: &Inclusion, path: &[TreeDigest]) -> Result<Vec<u8>, ProveError> {
    if root_of(claim, path)? != claim.root {
        return Err(ProveError::NotTheRoot);
    }
    let columns = trace::columns(claim, path);
    prover::prove::<InclusionAir>(*claim, columns, OptionsId::Standard)
        .map_err(|_| ProveError::Library)
}
