//! Whoever accepts transfers: what the relation does not prove is checked here.

use std::collections::{BTreeSet, VecDeque};

use ark_bn254::Fr;
use pyralog_primitives::{GenesisHash, Height};
use pyralog_zk::transfer::Transfer;

use crate::shielded::Shielded;
use crate::tree::{NotePlace, NoteTree, TreeFull};

/// Lower, and a transfer that waits a while has a root that is forgotten; higher,
/// and one that is refused could have been known to be sooner. With one root for
/// each transfer accepted.
pub const ROOT_COUNT_MAX: usize = 1_024;

/// All notes of a network, and which are spent.
pub struct Pool {
    network: GenesisHash,
    tree: NoteTree,
    /// The latest roots, the newest last.
    roots: VecDeque<Fr>,
    /// At most two for each two notes of the tree.
    spent: BTreeSet<Fr>,
}

/// Why a transfer is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PoolRefused {
    /// The sender must make another one.
    #[error("the transfer was valid until height {until}; it is {now}")]
    Expired {
        /// The last height.
        until: Height,
        /// This height.
        now: Height,
    },
    /// The tree never had it, or long ago. The sender must make another one.
    #[error("the root is none of the last {ROOT_COUNT_MAX}")]
    UnknownRoot,
    /// The sender is to blame.
    #[error("both nullifiers are the same: one note would be spent twice")]
    SameNullifiers,
    /// The sender spent it already.
    #[error("nullifier {place} is spent")]
    Spent {
        /// Which of the two.
        place: usize,
    },
    /// It proves something else, or is for another network. The sender is to
    /// blame, or is on another network.
    #[error("the proof does not hold for this transfer on this network")]
    Proof,
    /// The operator must act.
    #[error(transparent)]
    Full(#[from] TreeFull),
}

impl Pool {
    /// No notes yet.
    pub fn new(network: GenesisHash) -> Self {
        let tree = NoteTree::default();
        Self {
            network,
            roots: VecDeque::from([tree.root()]),
            tree,
            spent: BTreeSet::new(),
        }
    }

    /// The tree of all notes.
    pub const fn tree(&self) -> &NoteTree {
        &self.tree
    }

    /// The network, as whoever makes a proof must name it.
    pub const fn network(&self) -> GenesisHash {
        self.network
    }

    /// Adds a note for value that came in. That it did is not checked here.
    pub fn deposit(&mut self, commitment: Fr) -> Result<NotePlace, TreeFull> {
        let place = self.tree.append(commitment)?;
        self.remember_root();
        Ok(place)
    }

    /// Accepts a transfer at a height, if `proves` says that its proof holds for
    /// what it is given. Returns where the new notes are.
    pub fn accept(
        &mut self,
        shielded: &Shielded,
        now: Height,
        proves: impl FnOnce(&Transfer) -> bool,
    ) -> Result<[NotePlace; 2], PoolRefused> {
        self.check(shielded, now)?;
        if !proves(&shielded.on(self.network)) {
            return Err(PoolRefused::Proof);
        }
        if self.tree.room() < 2 {
            return Err(TreeFull.into());
        }
        let [one, other] = shielded.commitments;
        let places = [self.tree.append(one)?, self.tree.append(other)?];
        self.spent.extend(shielded.nullifiers);
        self.remember_root();
        Ok(places)
    }

    /// What costs little, before the proof is asked.
    fn check(&self, shielded: &Shielded, now: Height) -> Result<(), PoolRefused> {
        let until = shielded.valid_until;
        if now > until {
            return Err(PoolRefused::Expired { until, now });
        }
        if !self.roots.contains(&shielded.root) {
            return Err(PoolRefused::UnknownRoot);
        }
        let [one, other] = shielded.nullifiers;
        if one == other {
            return Err(PoolRefused::SameNullifiers);
        }
        let spent = shielded.nullifiers.iter();
        let place = spent.enumerate().find(|(_, one)| self.spent.contains(one));
        match place {
            Some((place, _)) => Err(PoolRefused::Spent { place }),
            None => Ok(()),
        }
    }

    fn remember_root(&mut self) {
        if self.roots.len() >= ROOT_COUNT_MAX {
            self.roots.pop_front();
        }
        self.roots.push_back(self.tree.root());
    }
}
