//! Numbers of the field as bytes, least significant first, in one spelling.

use ark_bn254::Fr;
use ark_ff::{BigInteger, PrimeField};
use pyralog_zk::groth16::PublicInput;
use rand_core::CryptoRng;

pub(crate) const NUMBER_BYTES: usize = 32;

/// `None` if it is not below the order.
pub(crate) fn read(bytes: &[u8; NUMBER_BYTES]) -> Option<Fr> {
    PublicInput::from_bytes(*bytes).ok().map(PublicInput::get)
}

pub(crate) fn write(number: Fr) -> [u8; NUMBER_BYTES] {
    let bytes = number.into_bigint().to_bytes_le();
    bytes.try_into().expect("this field has four limbs")
}

/// A number each of which is as likely, but for one part in 2²⁵⁶.
pub(crate) fn draw(rng: &mut impl CryptoRng) -> Fr {
    let mut bytes = [0; 64];
    rng.fill_bytes(&mut bytes);
    Fr::from_le_bytes_mod_order(&bytes)
}
