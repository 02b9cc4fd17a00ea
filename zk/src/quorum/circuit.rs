//! The relation as constraints.
//!
//! About 5,100 for each place: more than half of them multiply the member's key
//! by the hash that its signature answers. A member that did not sign has numbers in
//! its wires like the others, and its equation does not count.

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field};
use ark_r1cs_std::eq::EqGadget;
use ark_r1cs_std::fields::FieldVar;
use ark_relations::gr1cs::{ConstraintSynthesizer, SynthesisError};

use super::relation::Quorum;
use super::set::{AttestationSet, SlotCount, first_link};
use crate::baby_jubjub::{Point, STRETCH};
use crate::eddsa::{Attestation, challenge_hash};
use crate::gadget::edwards::{FixedBase, PointGadget, SCALAR_BITS};
use crate::gadget::poseidon::PoseidonGadget;
use crate::gadget::{
    NUMBER_BITS, Number, Plan, Rules, System, bits_of, bits_within, enforce_below_order, number_of,
};
use crate::poseidon::Purpose;

/// Bits of what three times the power of signers is above two times that of all:
/// at most the bound of a total, 2⁶⁰.
const MARGIN_BITS: usize = 60;

/// What a constraint is for; most are for one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// The hash of the set goes on with this place.
    MemberHash(usize),
    /// A member signed or did not: 0 or 1.
    Flag(usize),
    /// The power of one that signed counts.
    Counted(usize),
    /// R of the signature is on the curve.
    OnCurve(usize),
    /// The hash of R, key and message.
    ChallengeHash(usize),
    /// The bits of that hash are 0 or 1.
    ChallengeBits(usize),
    /// They are the bits of that hash.
    ChallengeSum(usize),
    /// They are its bits, and not those of it and the order.
    ChallengeBelow(usize),
    /// The bits of S are 0 or 1.
    ResponseBits(usize),
    /// The sums of points.
    Points(usize),
    /// If the member signed, the signature's equation holds.
    Equation(usize),
    /// The hash of the set is the public one.
    Set,
    /// The bits of the margin are 0 or 1.
    MarginBits,
    /// The margin has those bits, so it is not negative.
    Margin,
}

/// What is put into the wires. Only honest ones come from
/// [`QuorumCircuit::new`]; tests put others.
#[derive(Clone)]
pub(super) struct Wires {
    pub(super) set: Fr,
    pub(super) message: Fr,
    pub(super) slots: Vec<SlotWires>,
    pub(super) margin: Vec<Fr>,
}

#[derive(Clone)]
pub(super) struct SlotWires {
    pub(super) key: [Fr; 2],
    pub(super) power: Fr,
    pub(super) flag: Fr,
    pub(super) r: [Fr; 2],
    pub(super) challenge: Vec<Fr>,
    pub(super) response: Vec<Fr>,
}

impl Wires {
    pub(super) fn new(
        quorum: &Quorum,
        set: &AttestationSet,
        attestations: &[Option<Attestation>],
    ) -> Self {
        let attestations = attestations.iter().copied().chain(std::iter::repeat(None));
        let places = set.places().zip(attestations);
        let slots: Vec<SlotWires> = places
            .map(|((key, power), attestation)| {
                SlotWires::new(key, power, attestation, quorum.message)
            })
            .collect();
        let power = |slot: &SlotWires| slot.power;
        let signed: Fr = slots.iter().map(|slot| slot.flag * slot.power).sum();
        let total: Fr = slots.iter().map(power).sum();
        let margin = signed * Fr::from(3) - total.double() - Fr::ONE;
        Self {
            set: quorum.set,
            message: quorum.message,
            slots,
            margin: bits_within(margin, MARGIN_BITS),
        }
    }
}

impl SlotWires {
    fn new(key: Point, power: Fr, attestation: Option<Attestation>, message: Fr) -> Self {
        // Of one that did not sign, R is any point.
        let parts = attestation.as_ref().map(Attestation::parts);
        let (r, s) = parts.unwrap_or((Point::base(), 0.into()));
        Self {
            key: [key.x(), key.y()],
            power,
            flag: Fr::from(u64::from(parts.is_some())),
            r: [r.x(), r.y()],
            challenge: bits_of(challenge_hash(r, key, message)),
            response: bits_within(s, SCALAR_BITS),
        }
    }

    fn blank() -> Self {
        Self {
            key: [Fr::ZERO; 2],
            power: Fr::ZERO,
            flag: Fr::ZERO,
            r: [Fr::ZERO; 2],
            challenge: vec![Fr::ZERO; NUMBER_BITS],
            response: vec![Fr::ZERO; SCALAR_BITS],
        }
    }
}

/// The constraints of a quorum.
#[derive(Clone)]
pub struct QuorumCircuit(Wires);

impl QuorumCircuit {
    /// The constraints with what fulfils them. Whether it does is not checked
    /// here: see [`holds`](super::holds).
    pub fn new(
        quorum: &Quorum,
        set: &AttestationSet,
        attestations: &[Option<Attestation>],
    ) -> Self {
        Self(Wires::new(quorum, set, attestations))
    }

    /// The constraints alone, with numbers that do not fulfil them.
    pub fn blank(slots: SlotCount) -> Self {
        Self(Wires {
            set: Fr::ZERO,
            message: Fr::ZERO,
            slots: vec![SlotWires::blank(); slots.get()],
            margin: vec![Fr::ZERO; MARGIN_BITS],
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
        let mut builder = Builder::new(system);
        let set = builder.plan.input(wires.set)?;
        let message = builder.plan.input(wires.message)?;
        let slots = SlotCount::new(wires.slots.len()).expect("a set has a number of places");
        let mut link = Number::constant(first_link(slots));
        // Three times what signed, less two times all.
        let mut margin = Number::constant(-Fr::ONE);
        for (place, slot) in wires.slots.iter().enumerate() {
            let member = builder.member(place, slot, &link)?;
            let flag = builder.plan.bit(slot.flag)?;
            builder.plan.close(Rule::Flag(place));
            let counted = &flag * &member.power;
            builder.plan.close(Rule::Counted(place));
            builder.signature(place, slot, &member, &flag, &message)?;
            margin += counted * Fr::from(3) - member.power * Fr::from(2);
            link = member.link;
        }
        link.enforce_equal(&set)?;
        builder.plan.close(Rule::Set);
        let bits = builder.plan.bits(&wires.margin)?;
        builder.plan.close(Rule::MarginBits);
        number_of(&bits).enforce_equal(&margin)?;
        builder.plan.close(Rule::Margin);
        Ok(builder.plan.finish())
    }
}

impl ConstraintSynthesizer<Fr> for QuorumCircuit {
    fn generate_constraints(self, system: System) -> Result<(), SynthesisError> {
        self.constrain(&system).map(drop)
    }
}

struct MemberGadget {
    x: Number,
    y: Number,
    power: Number,
    link: Number,
}

struct Builder {
    plan: Plan<Rule>,
    member_hash: PoseidonGadget,
    challenge_hash: PoseidonGadget,
    base: FixedBase,
}

impl Builder {
    fn new(system: &System) -> Self {
        Self {
            plan: Plan::new(system),
            member_hash: PoseidonGadget::new(Purpose::Member),
            challenge_hash: PoseidonGadget::circomlib(5),
            base: FixedBase::new(),
        }
    }

    fn member(
        &mut self,
        place: usize,
        wires: &SlotWires,
        link: &Number,
    ) -> Result<MemberGadget, SynthesisError> {
        let [x, y] = wires.key;
        let (x, y) = (self.plan.secret(x)?, self.plan.secret(y)?);
        let power = self.plan.secret(wires.power)?;
        let link = self.member_hash.hash(&[link, &x, &y, &power])?;
        self.plan.close(Rule::MemberHash(place));
        Ok(MemberGadget { x, y, power, link })
    }

    /// If the flag is 1, the signature is one of the member for the message.
    fn signature(
        &mut self,
        place: usize,
        wires: &SlotWires,
        member: &MemberGadget,
        flag: &Number,
        message: &Number,
    ) -> Result<(), SynthesisError> {
        let [x, y] = wires.r;
        let (x, y) = (self.plan.secret(x)?, self.plan.secret(y)?);
        let r = PointGadget {
            x: &x * *STRETCH,
            y: y.clone(),
        };
        r.enforce_on_curve()?;
        self.plan.close(Rule::OnCurve(place));
        let inputs = [&x, &y, &member.x, &member.y, message];
        let hash = self.challenge_hash.hash(&inputs)?;
        self.plan.close(Rule::ChallengeHash(place));
        let challenge = self.plan.bits(&wires.challenge)?;
        self.plan.close(Rule::ChallengeBits(place));
        number_of(&challenge).enforce_equal(&hash)?;
        self.plan.close(Rule::ChallengeSum(place));
        enforce_below_order(&challenge)?;
        self.plan.close(Rule::ChallengeBelow(place));
        let response = self.plan.bits(&wires.response)?;
        self.plan.close(Rule::ResponseBits(place));
        let [left, right] = self.sides(&r, member, &challenge, &response)?;
        self.plan.close(Rule::Points(place));
        let zero = Number::constant(Fr::ZERO);
        (left.x - right.x).mul_equals(flag, &zero)?;
        (left.y - right.y).mul_equals(flag, &zero)?;
        self.plan.close(Rule::Equation(place));
        Ok(())
    }

    /// `S·B` and `R + 8·h·A`.
    fn sides(
        &self,
        r: &PointGadget,
        member: &MemberGadget,
        challenge: &[Number],
        response: &[Number],
    ) -> Result<[PointGadget; 2], SynthesisError> {
        let system = self.plan.system();
        let key = PointGadget {
            x: &member.x * *STRETCH,
            y: member.y.clone(),
        };
        let mut product = key.times(challenge, system)?;
        for _ in 0..3 {
            product = product.double(system)?;
        }
        let left = self.base.times(response, system)?;
        Ok([left, r.add(&product, system)?])
    }
}
