//! The relation as constraints.
//!
//! Amounts are their bits: an amount of 64 bits is a sum of 64 numbers that are
//! 0 or 1, and there is nothing else to check of it.

use std::ops::Range;

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field};
use ark_r1cs_std::alloc::AllocVar;
use ark_r1cs_std::eq::EqGadget;
use ark_r1cs_std::fields::FieldVar;
use ark_r1cs_std::fields::fp::FpVar;
use ark_relations::gr1cs::{ConstraintSynthesizer, ConstraintSystemRef, SynthesisError};

use super::note::{TREE_DEPTH, Units};
use super::poseidon_gadget::PoseidonGadget;
use super::relation::{Transfer, TransferSecret};
use crate::groth16::PublicInput;
use crate::poseidon::Purpose;

type Number = FpVar<Fr>;
type System = ConstraintSystemRef<Fr>;

const AMOUNT_BITS: usize = 64;
const PUBLIC_COUNT: usize = 7;

/// What a constraint is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rule {
    /// The bits of a spent amount are 0 or 1.
    SpentBits(usize),
    /// The sides of a way are 0 or 1.
    Sides(usize),
    /// The hashes of a spent note: its commitment, nullifier and way.
    SpentHashes(usize),
    /// A spent note with an amount is in the tree.
    InTree(usize),
    /// The nullifier is that of the note.
    Nullifier(usize),
    /// The bits of a new amount are 0 or 1.
    MadeBits(usize),
    /// The hash of a new note.
    MadeHash(usize),
    /// The commitment is that of the new note.
    Commitment(usize),
    /// Nothing appears or vanishes.
    Balance,
    /// What goes along is bound.
    External,
    /// The hash of the owner.
    OwnerHash,
}

/// What is put into the wires: public and secret numbers. Only honest ones come
/// from [`TransferCircuit::new`]; tests put others.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Wires {
    pub(super) public: [Fr; PUBLIC_COUNT],
    pub(super) spending: Fr,
    pub(super) spent: [SpentWires; 2],
    pub(super) made: [MadeWires; 2],
    pub(super) external_square: Fr,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct SpentWires {
    pub(super) bits: Vec<Fr>,
    pub(super) blinding: Fr,
    pub(super) sides: Vec<Fr>,
    pub(super) siblings: Vec<Fr>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct MadeWires {
    pub(super) owner: Fr,
    pub(super) bits: Vec<Fr>,
    pub(super) blinding: Fr,
}

impl Wires {
    pub(super) fn new(transfer: &Transfer, secret: &TransferSecret) -> Self {
        let number = |bit: bool| if bit { Fr::ONE } else { Fr::ZERO };
        let bits = |amount: Units| {
            let bits = (0..AMOUNT_BITS).map(|bit| amount.get() >> bit & 1 == 1);
            bits.map(number).collect::<Vec<_>>()
        };
        Self {
            public: transfer.inputs().map(PublicInput::get),
            spending: secret.spending,
            spent: secret.spent.each_ref().map(|spent| SpentWires {
                bits: bits(spent.amount),
                blinding: spent.blinding,
                sides: spent.sides.iter().copied().map(number).collect(),
                siblings: spent.siblings.clone(),
            }),
            made: secret.made.map(|made| MadeWires {
                owner: made.owner,
                bits: bits(made.amount),
                blinding: made.blinding,
            }),
            external_square: transfer.external.square(),
        }
    }
}

/// The constraints of a shielded transfer.
pub struct TransferCircuit {
    /// Empty for a setup.
    wires: Option<Wires>,
    depth: usize,
}

impl TransferCircuit {
    /// The constraints with what fulfils them. Whether it does is not checked
    /// here: see [`holds`](super::holds).
    pub fn new(transfer: &Transfer, secret: &TransferSecret) -> Self {
        Self {
            wires: Some(Wires::new(transfer, secret)),
            depth: TREE_DEPTH,
        }
    }

    /// The constraints alone, for a setup.
    pub const fn blank() -> Self {
        Self {
            wires: None,
            depth: TREE_DEPTH,
        }
    }

    /// A circuit over other wires, and over a tree of another depth.
    #[cfg(test)]
    pub(super) const fn of(wires: Wires, depth: usize) -> Self {
        Self {
            wires: Some(wires),
            depth,
        }
    }

    /// Puts all constraints, and says which are for what.
    pub(super) fn constrain(&self, system: &System) -> Result<Rules, SynthesisError> {
        let mut builder = Builder::new(system, self);
        let public = builder.public()?;
        let [root, first, second, one, other, fee, external] = &public;
        let spending = builder.secret(|wires| wires.spending)?;
        let owner = builder.hashes.owner.hash(&[&spending])?;
        builder.close(Rule::OwnerHash);
        let mut balance = fee.negate()?;
        for (place, nullifier) in [first, second].into_iter().enumerate() {
            balance += builder.spent(place, &spending, &owner, root, nullifier)?;
        }
        for (place, commitment) in [one, other].into_iter().enumerate() {
            balance -= builder.made(place, commitment)?;
        }
        balance.enforce_equal(&Number::constant(Fr::ZERO))?;
        builder.close(Rule::Balance);
        let square = builder.secret(|wires| wires.external_square)?;
        external.square_equals(&square)?;
        builder.close(Rule::External);
        Ok(builder.rules)
    }
}

impl ConstraintSynthesizer<Fr> for TransferCircuit {
    fn generate_constraints(self, system: System) -> Result<(), SynthesisError> {
        self.constrain(&system).map(drop)
    }
}

/// Which constraints are for what, in their order.
pub(super) type Rules = Vec<(Rule, Range<usize>)>;

struct Hashes {
    owner: PoseidonGadget,
    note: PoseidonGadget,
    nullifier: PoseidonGadget,
    node: PoseidonGadget,
}

struct Builder<'a> {
    system: &'a System,
    circuit: &'a TransferCircuit,
    hashes: Hashes,
    rules: Rules,
}

impl<'a> Builder<'a> {
    fn new(system: &'a System, circuit: &'a TransferCircuit) -> Self {
        Self {
            system,
            circuit,
            hashes: Hashes {
                owner: PoseidonGadget::new(Purpose::Owner),
                note: PoseidonGadget::new(Purpose::Note),
                nullifier: PoseidonGadget::new(Purpose::Nullifier),
                node: PoseidonGadget::new(Purpose::TreeNode),
            },
            rules: Vec::new(),
        }
    }

    /// What was put since the last rule is for this one.
    fn close(&mut self, rule: Rule) {
        let start = self.rules.last().map_or(0, |(_, range)| range.end);
        self.rules
            .push((rule, start..self.system.num_constraints()));
    }

    /// The number of a wire; missing in a setup.
    fn wire(&self, of: impl Fn(&Wires) -> Fr) -> Result<Fr, SynthesisError> {
        let wires = self.circuit.wires.as_ref();
        wires.map(of).ok_or(SynthesisError::AssignmentMissing)
    }

    fn secret(&self, of: impl Fn(&Wires) -> Fr) -> Result<Number, SynthesisError> {
        Number::new_witness(self.system.clone(), || self.wire(of))
    }

    fn public(&self) -> Result<[Number; PUBLIC_COUNT], SynthesisError> {
        let mut public = [const { None }; PUBLIC_COUNT];
        for (place, number) in public.iter_mut().enumerate() {
            let value = || self.wire(|wires| wires.public[place]);
            *number = Some(Number::new_input(self.system.clone(), value)?);
        }
        Ok(public.map(|number| number.expect("each was put just now")))
    }

    /// A number that is 0 or 1.
    fn bit(&self, of: impl Fn(&Wires) -> Fr) -> Result<Number, SynthesisError> {
        let bit = self.secret(of)?;
        bit.square_equals(&bit)?;
        Ok(bit)
    }

    /// An amount from its bits.
    fn amount(&self, of: impl Fn(&Wires) -> &[Fr]) -> Result<Number, SynthesisError> {
        let mut amount = Number::constant(Fr::ZERO);
        for place in 0..AMOUNT_BITS {
            let bit = self.bit(|wires| of(wires)[place])?;
            amount += bit * Fr::from(1u64 << place);
        }
        Ok(amount)
    }

    /// A spent note: returns its amount.
    fn spent(
        &mut self,
        place: usize,
        spending: &Number,
        owner: &Number,
        root: &Number,
        nullifier: &Number,
    ) -> Result<Number, SynthesisError> {
        let amount = self.amount(|wires| &wires.spent[place].bits)?;
        self.close(Rule::SpentBits(place));
        let sides =
            (0..self.circuit.depth).map(|level| self.bit(|wires| wires.spent[place].sides[level]));
        let sides: Vec<Number> = sides.collect::<Result<_, _>>()?;
        self.close(Rule::Sides(place));
        let blinding = self.secret(|wires| wires.spent[place].blinding)?;
        let commitment = self.hashes.note.hash(&[owner, &amount, &blinding])?;
        let own = self.hashes.nullifier.hash(&[spending, &commitment])?;
        let reached = self.root(place, commitment, &sides)?;
        self.close(Rule::SpentHashes(place));
        // Of a note without an amount it does not matter where it leads.
        (reached - root).mul_equals(&amount, &Number::constant(Fr::ZERO))?;
        self.close(Rule::InTree(place));
        own.enforce_equal(nullifier)?;
        self.close(Rule::Nullifier(place));
        Ok(amount)
    }

    /// The root to which the way leads.
    fn root(
        &self,
        place: usize,
        commitment: Number,
        sides: &[Number],
    ) -> Result<Number, SynthesisError> {
        let mut node = commitment;
        for (level, side) in sides.iter().enumerate() {
            let sibling = self.secret(|wires| wires.spent[place].siblings[level])?;
            // Both change places if the side is 1.
            let change = (&sibling - &node) * side;
            let (left, right) = (&node + &change, sibling - &change);
            node = self.hashes.node.hash(&[&left, &right])?;
        }
        Ok(node)
    }

    /// A new note: returns its amount.
    fn made(&mut self, place: usize, commitment: &Number) -> Result<Number, SynthesisError> {
        let amount = self.amount(|wires| &wires.made[place].bits)?;
        self.close(Rule::MadeBits(place));
        let owner = self.secret(|wires| wires.made[place].owner)?;
        let blinding = self.secret(|wires| wires.made[place].blinding)?;
        let own = self.hashes.note.hash(&[&owner, &amount, &blinding])?;
        self.close(Rule::MadeHash(place));
        own.enforce_equal(commitment)?;
        self.close(Rule::Commitment(place));
        Ok(amount)
    }
}
