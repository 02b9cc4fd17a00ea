//! Notes, and where they are in the tree.

use ark_bn254::Fr;

use crate::poseidon::{Poseidon, Purpose};

/// Levels of the tree of notes. Fewer, and it fills up (2³² notes); more, and
/// each proof takes longer.
pub const TREE_DEPTH: usize = 32;

/// An amount, in the smallest unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Units(u64);

impl Units {
    /// So many.
    pub const fn new(raw: u64) -> Self {
        Self(raw)
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// Something of value that belongs to somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Note {
    /// Whose it is: `H(owner, spending secret)`.
    pub owner: Fr,
    /// How much.
    pub amount: Units,
    /// Drawn for this note alone, so that nobody guesses the rest.
    pub blinding: Fr,
}

/// A note that is spent, with the way to the root. Its owner follows from the
/// spending secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spent {
    /// How much.
    pub amount: Units,
    /// As in the note.
    pub blinding: Fr,
    /// For each level from the leaf, whether the node is the right child.
    pub sides: Vec<bool>,
    /// For each level from the leaf, the other child.
    pub siblings: Vec<Fr>,
}

/// The hashes of notes, ready to be used again.
pub struct NoteHashes {
    owner: Poseidon,
    note: Poseidon,
    nullifier: Poseidon,
    node: Poseidon,
}

impl Default for NoteHashes {
    fn default() -> Self {
        Self {
            owner: Poseidon::new(Purpose::Owner),
            note: Poseidon::new(Purpose::Note),
            nullifier: Poseidon::new(Purpose::Nullifier),
            node: Poseidon::new(Purpose::TreeNode),
        }
    }
}

impl NoteHashes {
    /// Whose notes a spending secret spends.
    pub fn owner(&mut self, secret: Fr) -> Fr {
        hash(&mut self.owner, &[secret])
    }

    /// What stands in the tree for a note.
    pub fn commitment(&mut self, note: &Note) -> Fr {
        let amount = Fr::from(note.amount.get());
        hash(&mut self.note, &[note.owner, amount, note.blinding])
    }

    /// What marks a note as spent.
    pub fn nullifier(&mut self, secret: Fr, commitment: Fr) -> Fr {
        hash(&mut self.nullifier, &[secret, commitment])
    }

    /// The root to which a way leads from a commitment.
    pub fn root(&mut self, commitment: Fr, spent: &Spent) -> Fr {
        let levels = spent.sides.iter().zip(&spent.siblings);
        levels.fold(commitment, |node, (is_right, sibling)| {
            let pair = if *is_right {
                [*sibling, node]
            } else {
                [node, *sibling]
            };
            hash(&mut self.node, &pair)
        })
    }
}

fn hash(poseidon: &mut Poseidon, inputs: &[Fr]) -> Fr {
    let hash = poseidon.hash(inputs);
    hash.expect("each purpose is given its number of inputs here")
}
