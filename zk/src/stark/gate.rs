//! From bytes to a verdict.

use std::panic::{AssertUnwindSafe, catch_unwind};

use winterfell::crypto::hashers::Blake3_256;
use winterfell::crypto::{DefaultRandomCoin, MerkleTree};
use winterfell::math::fields::f64::BaseElement;
use winterfell::{AcceptableOptions, Air, Proof, TraceInfo, VerifierError};

use super::asked::{Asked, NotingCoin};
use super::layout::{Layout, Malformed};
use super::options::OptionsId;

/// Higher, and a peer makes us read and hash for longer than any honest proof
/// needs; lower than an estimated 200 KiB, and long traces have no proof.
pub const AIR_PROOF_BYTES_MAX: usize = 512 * 1024;

/// What commits to rows: not the hash inside of the constraints.
pub(super) type Commitments = Blake3_256<BaseElement>;
pub(super) type Coin = DefaultRandomCoin<Commitments>;
pub(super) type Tree = MerkleTree<Commitments>;

/// Why a proof is refused. Whoever sent it is to blame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StarkError {
    /// It is not even looked at.
    #[error("the proof has {found} bytes; at most {AIR_PROOF_BYTES_MAX} are read")]
    TooLong {
        /// Bytes found.
        found: usize,
    },
    /// It does not have the form of a proof for these public inputs.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// The library does not read what has the right form.
    #[error("the proof is not read by its library")]
    Unreadable,
    /// It is for other public inputs, or forged.
    #[error("the proof does not hold for these public inputs")]
    DoesNotHold,
    /// The library panicked over it. It is refused; and somebody should look.
    #[error("the proof made its library panic")]
    Panicked,
}

/// Verifies a proof for constraints whose trace has this shape. The shape comes
/// from the public inputs.
pub(super) fn verify<A>(
    bytes: &[u8],
    trace: TraceInfo,
    inputs: A::PublicInputs,
    options: OptionsId,
) -> Result<(), StarkError>
where
    A: Air<BaseField = BaseElement>,
    A::PublicInputs: Clone,
{
    let found = bytes.len();
    if found > AIR_PROOF_BYTES_MAX {
        return Err(StarkError::TooLong { found });
    }
    let air = A::new(trace, inputs.clone(), options.options());
    let layout = Layout::of(&air);
    layout.check(bytes, options, None)?;
    // Nothing outside of the closure is changed by it, so nothing is left half
    // changed by a panic.
    let verdict = catch_unwind(AssertUnwindSafe(|| checked::<A>(bytes, inputs, options)));
    verdict.unwrap_or(Err(StarkError::Panicked))?;
    let asked = Asked::of_last_verification();
    Ok(layout.check(bytes, options, Some(&asked))?)
}

fn checked<A>(bytes: &[u8], inputs: A::PublicInputs, options: OptionsId) -> Result<(), StarkError>
where
    A: Air<BaseField = BaseElement>,
{
    let proof = Proof::from_bytes(bytes).map_err(|_| StarkError::Unreadable)?;
    if proof.to_bytes() != bytes {
        return Err(StarkError::Unreadable);
    }
    let exactly = AcceptableOptions::OptionSet(vec![options.options()]);
    winterfell::verify::<A, Commitments, NotingCoin, Tree>(proof, inputs, &exactly).map_err(
        |error| match error {
            VerifierError::ProofDeserializationError(_) => StarkError::Unreadable,
            _ => StarkError::DoesNotHold,
        },
    )
}
