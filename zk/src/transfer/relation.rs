//! The relation as a program.

use std::fmt;

use ark_bn254::Fr;

use super::note::{Note, NoteHashes, Spent, TREE_DEPTH, Units};
use crate::groth16::PublicInput;

/// What everybody sees of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// A root of the tree of notes.
    pub root: Fr,
    /// What marks the spent notes as spent.
    pub nullifiers: [Fr; 2],
    /// The new notes.
    pub commitments: [Fr; 2],
    /// What the network takes. That it is below 2⁶⁴ is held by this type alone:
    /// the constraints take any number of the field.
    pub fee: Units,
    /// The hash of all that goes along.
    pub external: Fr,
}

impl Transfer {
    /// The public inputs in the order of the statement.
    pub fn inputs(&self) -> [PublicInput; 7] {
        let [first, second] = self.nullifiers;
        let [one, other] = self.commitments;
        let fee = Fr::from(self.fee.get());
        [self.root, first, second, one, other, fee, self.external].map(PublicInput::new)
    }
}

/// What the sender alone knows. Printing it shows none of it.
#[derive(Clone, PartialEq, Eq)]
pub struct TransferSecret {
    /// Whoever knows it spends.
    pub spending: Fr,
    /// The notes that are spent.
    pub spent: [Spent; 2],
    /// The notes that are made.
    pub made: [Note; 2],
}

impl fmt::Debug for TransferSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransferSecret").finish_non_exhaustive()
    }
}

/// Why a transfer is not what it says. Whoever put it together must change it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransferError {
    /// The way has another length than the tree is deep.
    #[error("spent note {place}: the way to the root does not have {TREE_DEPTH} levels")]
    Depth {
        /// Which of the two.
        place: usize,
    },
    /// The note is not in the tree, or another's.
    #[error("spent note {place} is not under the root")]
    NotInTree {
        /// Which of the two.
        place: usize,
    },
    /// The nullifier is another's.
    #[error("nullifier {place} is not that of the note")]
    Nullifier {
        /// Which of the two.
        place: usize,
    },
    /// The commitment is another's.
    #[error("commitment {place} is not that of the new note")]
    Commitment {
        /// Which of the two.
        place: usize,
    },
    /// Value appears or vanishes.
    #[error("what is spent is not what is made and the fee")]
    Balance,
}

/// Whether a transfer is what it says.
pub fn holds(transfer: &Transfer, secret: &TransferSecret) -> Result<(), TransferError> {
    holds_at_depth(transfer, secret, TREE_DEPTH)
}

pub(super) fn holds_at_depth(
    transfer: &Transfer,
    secret: &TransferSecret,
    depth: usize,
) -> Result<(), TransferError> {
    let mut hashes = NoteHashes::default();
    let owner = hashes.owner(secret.spending);
    for (place, spent) in secret.spent.iter().enumerate() {
        if spent.sides.len() != depth || spent.siblings.len() != depth {
            return Err(TransferError::Depth { place });
        }
        let (amount, blinding) = (spent.amount, spent.blinding);
        let commitment = hashes.commitment(&Note {
            owner,
            amount,
            blinding,
        });
        let root = hashes.root(commitment, spent);
        if amount.get() != 0 && root != transfer.root {
            return Err(TransferError::NotInTree { place });
        }
        if hashes.nullifier(secret.spending, commitment) != transfer.nullifiers[place] {
            return Err(TransferError::Nullifier { place });
        }
    }
    for (place, made) in secret.made.iter().enumerate() {
        if hashes.commitment(made) != transfer.commitments[place] {
            return Err(TransferError::Commitment { place });
        }
    }
    let amounts = |amounts: [Units; 2]| amounts.map(|units| u128::from(units.get())).iter().sum();
    let spent: u128 = amounts(secret.spent.each_ref().map(|spent| spent.amount));
    let made: u128 = amounts(secret.made.map(|made| made.amount));
    if spent == made + u128::from(transfer.fee.get()) {
        Ok(())
    } else {
        Err(TransferError::Balance)
    }
}
