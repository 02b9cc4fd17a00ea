//! Numbers of a field as bytes: 32, least significant first, and below the
//! order. One number has one spelling.

use ark_ff::{BigInteger, PrimeField};

/// Reads a number; `None` if it is not below the order.
pub(crate) fn read_number<F: PrimeField>(bytes: [u8; 32]) -> Option<F> {
    let mut number = F::BigInt::default();
    for (limb, bytes) in number.as_mut().iter_mut().zip(bytes.as_chunks().0) {
        *limb = u64::from_le_bytes(*bytes);
    }
    F::from_bigint(number)
}

/// Its bytes.
pub(crate) fn write_number<F: PrimeField>(number: F) -> [u8; 32] {
    let bytes = number.into_bigint().to_bytes_le();
    bytes.try_into().expect("these fields have four limbs")
}
