//! A wallet: finds the notes that are its own, and spends them.

use std::collections::BTreeSet;

use ark_bn254::Fr;
use ark_ff::AdditiveGroup;
use pyralog_primitives::Height;
use pyralog_zk::transfer::{Note, NoteHashes, Spent, TREE_DEPTH, TransferSecret, Units};
use rand_core::CryptoRng;

use crate::encrypted::{EncryptError, EncryptedNote};
use crate::keys::{Keys, NoteAddress, WalletSeed};
use crate::number::draw;
use crate::pool::Pool;
use crate::shielded::Shielded;
use crate::tree::NotePlace;

/// A note of the wallet.
struct Owned {
    note: Note,
    place: NotePlace,
    nullifier: Fr,
}

/// Keys with the notes that were found for them and are not spent. It remembers
/// each note found, so at most as many as the tree has.
pub struct Wallet {
    keys: Keys,
    hashes: NoteHashes,
    /// In the order in which they were found.
    owned: Vec<Owned>,
    /// Nullifiers of all notes ever found.
    found: BTreeSet<Fr>,
}

/// What the owner of a wallet wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpendOrder {
    /// Who gets it.
    pub to: NoteAddress,
    /// How much.
    pub amount: Units,
    /// What the network gets.
    pub fee: Units,
    /// The last height at which it may be accepted.
    pub valid_until: Height,
}

/// Why nothing is spent. The owner of the wallet must act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpendRefused {
    /// No wallet ever holds that.
    #[error("amount and fee are more than a number of 64 bits holds")]
    TooMuch,
    /// More must come in first.
    #[error("{} are needed, and there are {}", needed.get(), found)]
    NotEnough {
        /// Amount and fee.
        needed: Units,
        /// All that the wallet has.
        found: u128,
    },
    /// A transfer spends two notes. The owner must first send some to themselves.
    #[error("the two largest notes hold {found}; {} are needed in two notes", needed.get())]
    Scattered {
        /// Amount and fee.
        needed: Units,
        /// What the two largest notes hold.
        found: u128,
    },
    /// The pool is not the one in which the notes were found.
    #[error("the pool has no note at place {}, where one was found", place.get())]
    OtherPool {
        /// Where the note should be.
        place: NotePlace,
    },
    /// The address is none.
    #[error(transparent)]
    Address(#[from] EncryptError),
}

impl Wallet {
    /// A wallet that found nothing yet.
    pub fn new(seed: &WalletSeed) -> Self {
        Self {
            keys: Keys::new(seed),
            hashes: NoteHashes::default(),
            owned: Vec::new(),
            found: BTreeSet::new(),
        }
    }

    /// Its keys.
    pub const fn keys(&self) -> &Keys {
        &self.keys
    }

    /// All that it can spend, in many transfers.
    /// Bare integer: a sum of amounts may be more than an amount holds.
    pub fn balance(&self) -> u128 {
        let amounts = self
            .owned
            .iter()
            .map(|owned| u128::from(owned.note.amount.get()));
        amounts.sum()
    }

    /// Looks at an accepted transfer: drops the notes that it spent, and keeps
    /// those that it made for this wallet.
    pub fn scan(&mut self, shielded: &Shielded, places: [NotePlace; 2]) {
        self.owned
            .retain(|owned| !shielded.nullifiers.contains(&owned.nullifier));
        let made = shielded.commitments.iter().zip(&shielded.encrypted);
        for ((commitment, encrypted), place) in made.zip(places) {
            self.scan_note(*commitment, encrypted, place);
        }
    }

    /// Looks at one note, and keeps it if it is for this wallet and holds
    /// something.
    pub fn scan_note(&mut self, commitment: Fr, encrypted: &EncryptedNote, place: NotePlace) {
        let Some(note) = encrypted.open(self.keys.viewing(), commitment) else {
            return;
        };
        let nullifier = self.hashes.nullifier(self.keys.spending(), commitment);
        // A sender may make one note twice, also when the first is spent; only one
        // of both can be spent.
        if note.amount.get() > 0 && self.found.insert(nullifier) {
            self.owned.push(Owned {
                note,
                place,
                nullifier,
            });
        }
    }

    /// Puts a transfer together, over the latest root of the pool. The notes stay
    /// in the wallet until it scans the transfer as accepted.
    pub fn spend(
        &mut self,
        order: &SpendOrder,
        pool: &Pool,
        rng: &mut impl CryptoRng,
    ) -> Result<(Shielded, TransferSecret), SpendRefused> {
        let needed = order.amount.get().checked_add(order.fee.get());
        let needed = Units::new(needed.ok_or(SpendRefused::TooMuch)?);
        let (spent, change) = self.take(needed, pool, rng)?;
        let (made, encrypted) = self.make(order, change, rng)?;
        let spending = self.keys.spending();
        let shielded = Shielded {
            root: pool.tree().root(),
            nullifiers: spent.each_ref().map(|spent| self.nullifier(spent)),
            commitments: made.map(|made| self.hashes.commitment(&made)),
            fee: order.fee,
            valid_until: order.valid_until,
            encrypted,
        };
        let secret = TransferSecret {
            spending,
            spent,
            made,
        };
        Ok((shielded, secret))
    }

    /// Two notes that hold what is needed, and what is left of them. If one is
    /// enough, the other is a note of nothing that is nowhere.
    fn take(
        &self,
        needed: Units,
        pool: &Pool,
        rng: &mut impl CryptoRng,
    ) -> Result<([Spent; 2], Units), SpendRefused> {
        let mut largest: Vec<&Owned> = self.owned.iter().collect();
        largest.sort_by_key(|owned| std::cmp::Reverse(owned.note.amount));
        let enough = |notes: &[&Owned]| sum(notes) >= u128::from(needed.get());
        let found = self.balance();
        if found < u128::from(needed.get()) {
            return Err(SpendRefused::NotEnough { needed, found });
        }
        largest.truncate(if enough(&largest[..largest.len().min(1)]) {
            1
        } else {
            2
        });
        if !enough(&largest) {
            let found = sum(&largest);
            return Err(SpendRefused::Scattered { needed, found });
        }
        let left = u64::try_from(sum(&largest) - u128::from(needed.get()))
            .expect("less is left than the smaller of two notes holds");
        let notes = largest.iter().map(|owned| {
            let place = owned.place;
            let way = pool.tree().way(place);
            let (sides, siblings) = way.ok_or(SpendRefused::OtherPool { place })?;
            Ok(Spent {
                amount: owned.note.amount,
                blinding: owned.note.blinding,
                sides,
                siblings,
            })
        });
        let mut spent: Vec<Spent> = notes.collect::<Result<_, SpendRefused>>()?;
        spent.resize_with(2, || nothing(draw(rng)));
        let spent = spent.try_into().expect("there are two");
        Ok((spent, Units::new(left)))
    }

    /// The note for the receiver and the change, in an order that is drawn.
    fn make(
        &self,
        order: &SpendOrder,
        change: Units,
        rng: &mut impl CryptoRng,
    ) -> Result<([Note; 2], [EncryptedNote; 2]), SpendRefused> {
        let own = *self.keys.viewing().address();
        let mut wanted = [(order.to, order.amount), (own, change)];
        if rng.next_u32() & 1 == 1 {
            wanted.reverse();
        }
        let made = wanted.map(|(to, amount)| Note {
            owner: to.owner(),
            amount,
            blinding: draw(rng),
        });
        let mut seal = |place: usize| {
            let Note {
                amount, blinding, ..
            } = made[place];
            EncryptedNote::seal(&wanted[place].0, amount, blinding, rng)
        };
        let encrypted = [seal(0)?, seal(1)?];
        Ok((made, encrypted))
    }

    fn nullifier(&mut self, spent: &Spent) -> Fr {
        let commitment = self.hashes.commitment(&Note {
            owner: self.keys.viewing().address().owner(),
            amount: spent.amount,
            blinding: spent.blinding,
        });
        self.hashes.nullifier(self.keys.spending(), commitment)
    }
}

fn sum(notes: &[&Owned]) -> u128 {
    let amounts = notes
        .iter()
        .map(|owned| u128::from(owned.note.amount.get()));
    amounts.sum()
}

/// A note that holds nothing; its nullifier looks like any other.
fn nothing(blinding: Fr) -> Spent {
    Spent {
        amount: Units::new(0),
        blinding,
        sides: vec![false; TREE_DEPTH],
        siblings: vec![Fr::ZERO; TREE_DEPTH],
    }
}
