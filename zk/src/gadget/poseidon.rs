//! Poseidon as constraints: the same constants, the same rounds.
//!
//! Only the fifth powers cost constraints, three each; all else is linear.

use ark_bn254::Fr;
use ark_ff::AdditiveGroup;
use ark_r1cs_std::fields::FieldVar;
use ark_relations::gr1cs::SynthesisError;
use light_poseidon::PoseidonParameters;
use light_poseidon::parameters::bn254_x5::get_poseidon_parameters;

use super::Number;
use crate::poseidon::Purpose;

/// A hash for one purpose.
pub(crate) struct PoseidonGadget {
    /// What comes before the inputs: the capacity, and the tag of a purpose.
    before: Vec<Fr>,
    parameters: PoseidonParameters<Fr>,
}

impl PoseidonGadget {
    pub(crate) fn new(purpose: Purpose) -> Self {
        Self::of(vec![Fr::ZERO, purpose.tag()], purpose.input_count())
    }

    /// The hash of circomlib for so many inputs, without a tag.
    pub(crate) fn circomlib(inputs: usize) -> Self {
        Self::of(vec![Fr::ZERO], inputs)
    }

    fn of(before: Vec<Fr>, inputs: usize) -> Self {
        let width = u8::try_from(before.len() + inputs).expect("hashes have few inputs");
        let parameters = get_poseidon_parameters(width);
        Self {
            before,
            parameters: parameters.expect("widths up to 13 have parameters"),
        }
    }

    pub(crate) fn hash(&self, inputs: &[&Number]) -> Result<Number, SynthesisError> {
        let before = self.before.iter().copied().map(Number::constant);
        let inputs = inputs.iter().map(|input| (*input).clone());
        let mut state: Vec<Number> = before.chain(inputs).collect();
        let width = self.parameters.width;
        assert_eq!(state.len(), width, "a hash has one arity");
        let (full, partial) = (self.parameters.full_rounds, self.parameters.partial_rounds);
        for round in 0..full + partial {
            let constants = self.parameters.ark[round * state.len()..].iter();
            for (element, constant) in state.iter_mut().zip(constants) {
                *element += *constant;
            }
            let is_full = !(full / 2..full / 2 + partial).contains(&round);
            let powers = if is_full { state.len() } else { 1 };
            for element in &mut state[..powers] {
                *element = fifth_power(element)?;
            }
            state = self.mix(&state);
        }
        Ok(state.swap_remove(0))
    }

    fn mix(&self, state: &[Number]) -> Vec<Number> {
        let product = |row: &Vec<Fr>| {
            let terms = row.iter().zip(state);
            let terms = terms.map(|(factor, element)| element * *factor);
            terms.fold(Number::constant(Fr::ZERO), |sum, term| sum + term)
        };
        self.parameters.mds.iter().map(product).collect()
    }
}

fn fifth_power(element: &Number) -> Result<Number, SynthesisError> {
    Ok(element.square()?.square()? * element)
}
