//! Arithmetic modulo a product of two primes.

use crypto_bigint::modular::{FixedMontyForm, FixedMontyParams};
use crypto_bigint::{Odd, U2048};

pub(crate) const MODULUS_BYTES: usize = 256;
const LIMBS: usize = U2048::LIMBS;

pub(crate) type Residue = FixedMontyForm<LIMBS>;

/// A modulus of 2,048 bits, with what multiplying modulo it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Modulus(FixedMontyParams<LIMBS>);

impl Modulus {
    /// The modulus, if it is odd and has all its bits.
    pub(crate) fn new(number: U2048) -> Option<Self> {
        let odd = Odd::new(number).into_option()?;
        (number.bit_width_vartime() == U2048::BITS)
            .then(|| Self(FixedMontyParams::new_vartime(odd)))
    }

    pub(crate) fn number(&self) -> U2048 {
        *self.0.modulus().as_ref()
    }

    /// The residue of a base that squaring leads somewhere: 2 to modulus − 2.
    pub(crate) fn base(&self, number: U2048) -> Option<Residue> {
        let last = self.number().wrapping_sub(&U2048::from_u8(2));
        let fits = number >= U2048::from_u8(2) && number <= last;
        fits.then(|| Residue::new(&number, &self.0))
    }
}

/// A number as bytes, most significant first.
pub(crate) fn number_bytes(number: &U2048) -> [u8; MODULUS_BYTES] {
    let mut bytes = [0; MODULUS_BYTES];
    bytes.copy_from_slice(number.to_be_bytes().as_ref());
    bytes
}
