//! What circuits are made of: numbers, bits, hashes, and points.
//!
//! Each constraint is put for a rule of its statement, and [`Plan`] remembers
//! which: so a test tells that a forgery is refused by its rule and by no other.

pub(crate) mod edwards;
#[cfg(test)]
pub(crate) mod filled;
pub(crate) mod poseidon;
#[cfg(test)]
mod tests;

use std::ops::Range;

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, BigInteger, Field, PrimeField};
use ark_r1cs_std::alloc::AllocVar;
use ark_r1cs_std::fields::FieldVar;
use ark_r1cs_std::fields::fp::FpVar;
use ark_relations::gr1cs::{ConstraintSystemRef, SynthesisError};

pub(crate) type Number = FpVar<Fr>;
pub(crate) type System = ConstraintSystemRef<Fr>;

/// Which constraints are for what, in their order.
pub(crate) type Rules<R> = Vec<(R, Range<usize>)>;

/// Bits of a number of the field.
pub(crate) const NUMBER_BITS: usize = Fr::MODULUS_BIT_SIZE as usize;

/// A system to which constraints are added, rule by rule.
pub(crate) struct Plan<R> {
    system: System,
    rules: Rules<R>,
}

impl<R> Plan<R> {
    pub(crate) fn new(system: &System) -> Self {
        Self {
            system: system.clone(),
            rules: Vec::new(),
        }
    }

    pub(crate) const fn system(&self) -> &System {
        &self.system
    }

    /// What was put since the last rule is for this one.
    pub(crate) fn close(&mut self, rule: R) {
        let start = self.rules.last().map_or(0, |(_, range)| range.end);
        self.rules
            .push((rule, start..self.system.num_constraints()));
    }

    pub(crate) fn finish(self) -> Rules<R> {
        self.rules
    }

    /// A number that everybody sees.
    pub(crate) fn input(&self, value: Fr) -> Result<Number, SynthesisError> {
        Number::new_input(self.system.clone(), || Ok(value))
    }

    pub(crate) fn secret(&self, value: Fr) -> Result<Number, SynthesisError> {
        Number::new_witness(self.system.clone(), || Ok(value))
    }

    /// A number that is 0 or 1.
    pub(crate) fn bit(&self, value: Fr) -> Result<Number, SynthesisError> {
        let bit = self.secret(value)?;
        bit.square_equals(&bit)?;
        Ok(bit)
    }

    pub(crate) fn bits(&self, values: &[Fr]) -> Result<Vec<Number>, SynthesisError> {
        values.iter().map(|value| self.bit(*value)).collect()
    }
}

/// The number with these bits, lowest first.
pub(crate) fn number_of(bits: &[Number]) -> Number {
    let mut power = Fr::ONE;
    let mut number = Number::constant(Fr::ZERO);
    for bit in bits {
        number += bit * power;
        power.double_in_place();
    }
    number
}

/// That bits, lowest first, stand for a number below the order. A number that is
/// given by its bits has one spelling only with this.
pub(crate) fn enforce_below_order(bits: &[Number]) -> Result<(), SynthesisError> {
    assert_eq!(bits.len(), NUMBER_BITS, "all bits of a number");
    let largest = bits_of(-Fr::ONE);
    // One as long as all bits so far are those of the largest number.
    let mut equal = Number::constant(Fr::ONE);
    for (bit, largest) in bits.iter().zip(largest).rev() {
        if largest == Fr::ONE {
            equal *= bit;
        } else {
            equal.mul_equals(bit, &Number::constant(Fr::ZERO))?;
        }
    }
    Ok(())
}

/// The bits of a number, lowest first.
pub(crate) fn bits_of(number: Fr) -> Vec<Fr> {
    bits_within(number, NUMBER_BITS)
}

/// So many of the bits of a number, lowest first.
pub(crate) fn bits_within<F: PrimeField>(number: F, count: usize) -> Vec<Fr> {
    let number = number.into_bigint();
    let bit = |place| {
        if number.get_bit(place) {
            Fr::ONE
        } else {
            Fr::ZERO
        }
    };
    (0..count).map(bit).collect()
}
