//! A shielded transfer as everybody sees it.
//!
//! ```text
//! root 32 │ nullifiers 2 × 32 │ commitments 2 × 32 │ fee 8 │ valid until 8 │ encrypted notes 2 × 88
//! ```
//!
//! Invariant: one transfer has one encoding of one length. The network is not part
//! of it: whoever accepts a transfer puts their own into the public input, so that
//! a transfer of another network is one without a proof.

use ark_bn254::Fr;
use ark_ff::PrimeField;
use pyralog_primitives::{Domain, GenesisHash, Height};
use pyralog_zk::transfer::{Transfer, Units};

use crate::encrypted::{ENCRYPTED_NOTE_BYTES, EncryptedNote};
use crate::number::{NUMBER_BYTES, read, write};

const NUMBERS: usize = 5;

/// Bytes of a transfer, whatever it moves.
pub const SHIELDED_BYTES: usize = NUMBERS * NUMBER_BYTES + 2 * 8 + 2 * ENCRYPTED_NOTE_BYTES;

/// What is published, besides the proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shielded {
    /// A root of the tree of notes.
    pub root: Fr,
    /// What marks the spent notes as spent.
    pub nullifiers: [Fr; 2],
    /// The new notes.
    pub commitments: [Fr; 2],
    /// What the network takes.
    pub fee: Units,
    /// The last height at which it may be accepted.
    pub valid_until: Height,
    /// The new notes for their owners, in the order of the commitments.
    pub encrypted: [EncryptedNote; 2],
}

/// Why bytes are no transfer. Whoever sent them is to blame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShieldedRefused {
    /// Another encoding stands for the same number.
    #[error("number {place} of the transfer is not below the order of the field")]
    NotCanonical {
        /// Which of the five.
        place: usize,
    },
}

impl Shielded {
    /// The public side of the relation, on the network with this genesis.
    pub fn on(&self, network: GenesisHash) -> Transfer {
        Transfer {
            root: self.root,
            nullifiers: self.nullifiers,
            commitments: self.commitments,
            fee: self.fee,
            external: bound(network, self.valid_until, &self.encrypted),
        }
    }

    /// Its bytes.
    pub fn encode(&self) -> [u8; SHIELDED_BYTES] {
        let mut bytes = Vec::with_capacity(SHIELDED_BYTES);
        for number in self.numbers() {
            bytes.extend(write(number));
        }
        bytes.extend(self.fee.get().to_le_bytes());
        bytes.extend(self.valid_until.get().to_le_bytes());
        for encrypted in &self.encrypted {
            bytes.extend(encrypted.as_bytes());
        }
        bytes.try_into().expect("the parts have the length of all")
    }

    /// Reads a transfer.
    pub fn decode(bytes: &[u8; SHIELDED_BYTES]) -> Result<Self, ShieldedRefused> {
        let (numbers, rest) = bytes.split_at(NUMBERS * NUMBER_BYTES);
        let numbers = numbers.as_chunks().0.iter().enumerate();
        let numbers = numbers
            .map(|(place, bytes)| read(bytes).ok_or(ShieldedRefused::NotCanonical { place }));
        let numbers: Vec<Fr> = numbers.collect::<Result<_, _>>()?;
        let [root, first, second, one, other] = numbers.try_into().expect("there are five numbers");
        let (counts, encrypted) = rest.split_at(2 * 8);
        let count = |place: usize| u64::from_le_bytes(counts.as_chunks().0[place]);
        let encrypted = encrypted.as_chunks().0;
        Ok(Self {
            root,
            nullifiers: [first, second],
            commitments: [one, other],
            fee: Units::new(count(0)),
            valid_until: Height::new(count(1)),
            encrypted: [encrypted[0], encrypted[1]].map(EncryptedNote::new),
        })
    }

    fn numbers(&self) -> [Fr; NUMBERS] {
        let ([first, second], [one, other]) = (self.nullifiers, self.commitments);
        [self.root, first, second, one, other]
    }
}

/// The hash of all that goes along with a transfer.
fn bound(network: GenesisHash, valid_until: Height, encrypted: &[EncryptedNote; 2]) -> Fr {
    let part = |number: u8| {
        let mut hasher = Domain::TransferBound.hasher();
        hasher
            .update(network.get().as_bytes())
            .update(&valid_until.get().to_le_bytes());
        for encrypted in encrypted {
            hasher.update(encrypted.as_bytes());
        }
        *hasher.update(&[number]).finish().as_bytes()
    };
    // Twice the bits of the order, so that no number is likelier.
    Fr::from_le_bytes_mod_order([part(0), part(1)].as_flattened())
}
