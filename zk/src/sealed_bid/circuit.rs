//! The relation as constraints.

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field};
use ark_r1cs_std::eq::EqGadget;
use ark_r1cs_std::fields::FieldVar;
use ark_relations::gr1cs::{ConstraintSynthesizer, SynthesisError};

use super::relation::{Bid, BidRange};
use crate::gadget::poseidon::PoseidonGadget;
use crate::gadget::{Plan, Rules, System, bits_within, number_of};
use crate::groth16::PublicInput;
use crate::poseidon::Purpose;

const AMOUNT_BITS: usize = 64;
const PUBLIC_COUNT: usize = 4;

/// What a constraint is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// The bits of the amount are 0 or 1.
    AmountBits,
    /// The hashes of the bidder and of the bid.
    Hashes,
    /// The commitment is that of the bid.
    Commitment,
    /// The bits of what the amount is above `from` are 0 or 1.
    AboveBits,
    /// They are those bits, so the amount is not below.
    Above,
    /// The bits of what the amount is below `to` are 0 or 1.
    BelowBits,
    /// They are those bits, so the amount is not above.
    Below,
    /// What goes along is bound.
    External,
}

/// What is put into the wires. Only honest ones come from
/// [`SealedBidCircuit::new`]; tests put others. They hold secrets, so they are not
/// printed.
#[derive(Clone)]
pub(super) struct Wires {
    pub(super) public: [Fr; PUBLIC_COUNT],
    pub(super) secret: Fr,
    pub(super) amount: Vec<Fr>,
    pub(super) blinding: Fr,
    pub(super) above: Vec<Fr>,
    pub(super) below: Vec<Fr>,
    pub(super) external_square: Fr,
}

impl Wires {
    pub(super) fn new(range: &BidRange, bid: &Bid) -> Self {
        let number = |units: crate::transfer::Units| Fr::from(units.get());
        let bits = |number: Fr| bits_within(number, AMOUNT_BITS);
        let amount = number(bid.amount);
        Self {
            public: range.inputs().map(PublicInput::get),
            secret: bid.secret,
            amount: bits(amount),
            blinding: bid.blinding,
            above: bits(amount - number(range.from)),
            below: bits(number(range.to) - amount),
            external_square: range.external.square(),
        }
    }
}

/// The constraints of a sealed bid between two bounds.
#[derive(Clone)]
pub struct SealedBidCircuit(Wires);

impl SealedBidCircuit {
    /// The constraints with what fulfils them. Whether it does is not checked
    /// here: see [`holds`](super::holds).
    pub fn new(range: &BidRange, bid: &Bid) -> Self {
        Self(Wires::new(range, bid))
    }

    /// The constraints alone, with numbers that do not fulfil them.
    pub fn blank() -> Self {
        let bits = vec![Fr::ZERO; AMOUNT_BITS];
        Self(Wires {
            public: [Fr::ZERO; PUBLIC_COUNT],
            secret: Fr::ZERO,
            amount: bits.clone(),
            blinding: Fr::ZERO,
            above: bits.clone(),
            below: bits,
            external_square: Fr::ZERO,
        })
    }

    /// A circuit over other wires.
    #[cfg(test)]
    pub(super) const fn of(wires: Wires) -> Self {
        Self(wires)
    }

    /// Puts all constraints, and says which are for what.
    pub(super) fn constrain(&self, system: &System) -> Result<Rules<Rule>, SynthesisError> {
        let wires = &self.0;
        let mut plan = Plan::new(system);
        let [commitment, from, to, external] = wires.public;
        let (commitment, from) = (plan.input(commitment)?, plan.input(from)?);
        let (to, external) = (plan.input(to)?, plan.input(external)?);
        let amount = number_of(&plan.bits(&wires.amount)?);
        plan.close(Rule::AmountBits);
        let (secret, blinding) = (plan.secret(wires.secret)?, plan.secret(wires.blinding)?);
        let owner = PoseidonGadget::new(Purpose::Owner).hash(&[&secret])?;
        let hash = PoseidonGadget::new(Purpose::Bid);
        let sealed = hash.hash(&[&owner, &amount, &blinding])?;
        plan.close(Rule::Hashes);
        sealed.enforce_equal(&commitment)?;
        plan.close(Rule::Commitment);
        let above = plan.bits(&wires.above)?;
        plan.close(Rule::AboveBits);
        number_of(&above).enforce_equal(&(&amount - &from))?;
        plan.close(Rule::Above);
        let below = plan.bits(&wires.below)?;
        plan.close(Rule::BelowBits);
        number_of(&below).enforce_equal(&(to - amount))?;
        plan.close(Rule::Below);
        let square = plan.secret(wires.external_square)?;
        external.square_equals(&square)?;
        plan.close(Rule::External);
        Ok(plan.finish())
    }
}

impl ConstraintSynthesizer<Fr> for SealedBidCircuit {
    fn generate_constraints(self, system: System) -> Result<(), SynthesisError> {
        self.constrain(&system).map(drop)
    }
}
