//! Reading a curve point, with every reason not to.

use ark_ec::AffineRepr;
use ark_serialize::{CanonicalDeserialize, CanonicalSerialize};

/// What is wrong with the bytes of a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PointFault {
    /// No point of the curve and its subgroup.
    #[error("not a point of the group")]
    NotInGroup,
    /// A second spelling of a point.
    #[error("not the one encoding of its point")]
    NotCanonical,
    /// The point that adds nothing. No honest proof or key holds it.
    #[error("the identity")]
    Identity,
}

/// Reads a compressed point that fills `bytes`.
pub(crate) fn read<P>(bytes: &[u8]) -> Result<P, PointFault>
where
    P: AffineRepr + CanonicalSerialize + CanonicalDeserialize,
{
    // Validates: on the curve, and in the subgroup.
    let mut rest = bytes;
    let point = P::deserialize_compressed(&mut rest).map_err(|_| PointFault::NotInGroup)?;
    // The library ignores the number beside the mark of the identity.
    if !rest.is_empty() || write(&point) != bytes {
        return Err(PointFault::NotCanonical);
    }
    if point.is_zero() {
        return Err(PointFault::Identity);
    }
    Ok(point)
}

/// The compressed form.
pub(crate) fn write(point: &impl CanonicalSerialize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(point.compressed_size());
    point
        .serialize_compressed(&mut bytes)
        .expect("memory takes every byte");
    bytes
}
