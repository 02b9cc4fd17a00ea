//! The relation as constraints.
//!
//! Amounts are their bits: an amount of 64 bits is a sum of 64 numbers that are
//! 0 or 1, and there is nothing else to check of it.

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field};
use ark_r1cs_std::eq::EqGadget;
use ark_r1cs_std::fields::FieldVar;
use ark_relations::gr1cs::{ConstraintSynthesizer, SynthesisError};

use super::note::{TREE_DEPTH, Units};
use super::relation::{Transfer, TransferSecret};
use crate::gadget::poseidon::PoseidonGadget;
use crate::gadget::{Number, Plan, Rules, System, bits_within, number_of};
use crate::groth16::PublicInput;
use crate::poseidon::Purpose;

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
/// from [`TransferCircuit::new`]; tests put others. They hold spending keys, so
/// they are not printed.
#[derive(Clone)]
pub(super) struct Wires {
    pub(super) public: [Fr; PUBLIC_COUNT],
    pub(super) spending: Fr,
    pub(super) spent: [SpentWires; 2],
    pub(super) made: [MadeWires; 2],
    pub(super) external_square: Fr,
}

#[derive(Clone)]
pub(super) struct SpentWires {
    pub(super) bits: Vec<Fr>,
    pub(super) blinding: Fr,
    pub(super) sides: Vec<Fr>,
    pub(super) siblings: Vec<Fr>,
}

#[derive(Clone)]
pub(super) struct MadeWires {
    pub(super) owner: Fr,
    pub(super) bits: Vec<Fr>,
    pub(super) blinding: Fr,
}

impl Wires {
    pub(super) fn new(transfer: &Transfer, secret: &TransferSecret) -> Self {
        let number = |bit: bool| if bit { Fr::ONE } else { Fr::ZERO };
        let bits = |amount: Units| bits_within(Fr::from(amount.get()), AMOUNT_BITS);
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
#[derive(Clone)]
pub struct TransferCircuit {
    wires: Wires,
    depth: usize,
}

impl TransferCircuit {
    /// The constraints with what fulfils them. Whether it does is not checked
    /// here: see [`holds`](super::holds).
    pub fn new(transfer: &Transfer, secret: &TransferSecret) -> Self {
        Self {
            wires: Wires::new(transfer, secret),
            depth: TREE_DEPTH,
        }
    }

    /// The constraints alone, with numbers that do not fulfil them.
    pub fn blank() -> Self {
        let bits = || vec![Fr::ZERO; AMOUNT_BITS];
        let spent = || SpentWires {
            bits: bits(),
            blinding: Fr::ZERO,
            sides: vec![Fr::ZERO; TREE_DEPTH],
            siblings: vec![Fr::ZERO; TREE_DEPTH],
        };
        let made = || MadeWires {
            owner: Fr::ZERO,
            bits: bits(),
            blinding: Fr::ZERO,
        };
        Self {
            wires: Wires {
                public: [Fr::ZERO; PUBLIC_COUNT],
                spending: Fr::ZERO,
                spent: [spent(), spent()],
                made: [made(), made()],
                external_square: Fr::ZERO,
            },
            depth: TREE_DEPTH,
        }
    }

    /// A circuit over other wires, and over a tree of another depth.
    #[cfg(test)]
    pub(super) const fn of(wires: Wires, depth: usize) -> Self {
        Self { wires, depth }
    }

    /// Puts all constraints, and says which are for what.
    pub(super) fn constrain(&self, system: &System) -> Result<Rules<Rule>, SynthesisError> {
        let mut builder = Builder::new(system, self);
        let public = builder.public()?;
        let [root, first, second, one, other, fee, external] = &public;
        let spending = builder.plan.secret(self.wires.spending)?;
        let owner = builder.hashes.owner.hash(&[&spending])?;
        builder.plan.close(Rule::OwnerHash);
        let mut balance = fee.negate()?;
        for (place, nullifier) in [first, second].into_iter().enumerate() {
            balance += builder.spent(place, &spending, &owner, root, nullifier)?;
        }
        for (place, commitment) in [one, other].into_iter().enumerate() {
            balance -= builder.made(place, commitment)?;
        }
        balance.enforce_equal(&Number::constant(Fr::ZERO))?;
        builder.plan.close(Rule::Balance);
        let square = builder.plan.secret(self.wires.external_square)?;
        external.square_equals(&square)?;
        builder.plan.close(Rule::External);
        Ok(builder.plan.finish())
    }
}

impl ConstraintSynthesizer<Fr> for TransferCircuit {
    fn generate_constraints(self, system: System) -> Result<(), SynthesisError> {
        self.constrain(&system).map(drop)
    }
}

struct Hashes {
    owner: PoseidonGadget,
    note: PoseidonGadget,
    nullifier: PoseidonGadget,
    node: PoseidonGadget,
}

struct Builder<'a> {
    plan: Plan<Rule>,
    wires: &'a Wires,
    depth: usize,
    hashes: Hashes,
}

impl<'a> Builder<'a> {
    fn new(system: &System, circuit: &'a TransferCircuit) -> Self {
        Self {
            plan: Plan::new(system),
            wires: &circuit.wires,
            depth: circuit.depth,
            hashes: Hashes {
                owner: PoseidonGadget::new(Purpose::Owner),
                note: PoseidonGadget::new(Purpose::Note),
                nullifier: PoseidonGadget::new(Purpose::Nullifier),
                node: PoseidonGadget::new(Purpose::TreeNode),
            },
        }
    }

    fn public(&self) -> Result<[Number; PUBLIC_COUNT], SynthesisError> {
        let mut public = [const { None }; PUBLIC_COUNT];
        for (number, value) in public.iter_mut().zip(self.wires.public) {
            *number = Some(self.plan.input(value)?);
        }
        Ok(public.map(|number| number.expect("each was put just now")))
    }

    /// An amount from its bits.
    fn amount(&self, bits: &[Fr]) -> Result<Number, SynthesisError> {
        assert_eq!(bits.len(), AMOUNT_BITS, "an amount has its bits");
        Ok(number_of(&self.plan.bits(bits)?))
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
        let wires = &self.wires.spent[place];
        let amount = self.amount(&wires.bits)?;
        self.plan.close(Rule::SpentBits(place));
        let sides = self.plan.bits(&wires.sides[..self.depth])?;
        self.plan.close(Rule::Sides(place));
        let blinding = self.plan.secret(wires.blinding)?;
        let commitment = self.hashes.note.hash(&[owner, &amount, &blinding])?;
        let own = self.hashes.nullifier.hash(&[spending, &commitment])?;
        let reached = self.root(place, commitment, &sides)?;
        self.plan.close(Rule::SpentHashes(place));
        // Of a note without an amount it does not matter where it leads.
        (reached - root).mul_equals(&amount, &Number::constant(Fr::ZERO))?;
        self.plan.close(Rule::InTree(place));
        own.enforce_equal(nullifier)?;
        self.plan.close(Rule::Nullifier(place));
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
            let sibling = self.plan.secret(self.wires.spent[place].siblings[level])?;
            // Both change places if the side is 1.
            let change = (&sibling - &node) * side;
            let (left, right) = (&node + &change, sibling - &change);
            node = self.hashes.node.hash(&[&left, &right])?;
        }
        Ok(node)
    }

    /// A new note: returns its amount.
    fn made(&mut self, place: usize, commitment: &Number) -> Result<Number, SynthesisError> {
        let wires = &self.wires.made[place];
        let amount = self.amount(&wires.bits)?;
        self.plan.close(Rule::MadeBits(place));
        let owner = self.plan.secret(wires.owner)?;
        let blinding = self.plan.secret(wires.blinding)?;
        let own = self.hashes.note.hash(&[&owner, &amount, &blinding])?;
        self.plan.close(Rule::MadeHash(place));
        own.enforce_equal(commitment)?;
        self.plan.close(Rule::Commitment(place));
        Ok(amount)
    }
}
