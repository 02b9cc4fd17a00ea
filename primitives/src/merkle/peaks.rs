//! A growing list of which only the peaks are kept.
//!
//! Whoever stores the roots that [`Peaks::append`] returns, by their places,
//! can later prove each entry, and needs no tree in memory.

use std::io::Read;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use super::lanes::{hash_leaf, hash_parent};
use super::proof::InclusionProof;
use super::shape::{Place, inclusion_subtrees, mountains, subtree_root};
use super::{MerkleRoot, Node};
use crate::codec::{BoundError, List};
use crate::hash::Hash;
use crate::numbers::{LeafCount, LeafIndex};

/// One for each bit of a count.
const PEAK_COUNT_MAX: usize = 64;

/// The length of a list, and the roots of the perfect trees that it consists
/// of, largest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, Serialize, Deserialize)]
#[serde(try_from = "Parts", into = "Parts")]
pub struct Peaks {
    count: u64,
    roots: List<Hash, PEAK_COUNT_MAX>,
}

impl Peaks {
    pub(crate) const ENCODED_BYTES_MAX: usize = 8 + 4 + PEAK_COUNT_MAX * Hash::BYTES;

    /// How many entries there are.
    pub fn count(&self) -> LeafCount {
        LeafCount::new(self.count)
    }

    /// The commitment to all entries, the same as that of
    /// [`super::MountainRange`].
    pub fn root(&self) -> MerkleRoot {
        let mut peaks = self.roots.iter().map(|root| *root.as_bytes()).rev();
        let last = peaks.next().unwrap_or_default();
        let tree: Node = peaks.fold(last, |right, left| hash_parent(&left, &right));
        MerkleRoot::commit(self.count(), &tree)
    }

    /// Adds an entry. Returns its leaf and the roots of the perfect trees that
    /// it completes, with their places. `None`, and no change, when there are
    /// 2^64 - 1 entries.
    pub fn append(&mut self, record: &[u8]) -> Option<Vec<(Place, Hash)>> {
        let count = self.count.checked_add(1)?;
        let mut roots = std::mem::take(&mut self.roots).into_vec();
        let mut place = Place {
            level: 0,
            index: self.count,
        };
        let mut node = hash_leaf(record);
        let mut complete = vec![(place, Hash::new(node))];
        // A right child completes its parent; the left one is the last peak.
        while let (parent, true) = place.up() {
            let left = roots.pop().expect("a right child has its left one as peak");
            node = hash_parent(left.as_bytes(), &node);
            place = parent;
            complete.push((place, Hash::new(node)));
        }
        roots.push(Hash::new(node));
        self.count = count;
        self.roots = List::new(roots).expect("one for each bit of a count");
        Some(complete)
    }
}

impl BorshDeserialize for Peaks {
    fn deserialize_reader<R: Read>(reader: &mut R) -> std::io::Result<Self> {
        let (count, roots) = BorshDeserialize::deserialize_reader(reader)?;
        Ok(Self::try_from(Parts {
            count: LeafCount::new(count),
            roots,
        })?)
    }
}

/// Peaks whose number is not yet compared with the count.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parts {
    count: LeafCount,
    roots: List<Hash, PEAK_COUNT_MAX>,
}

impl TryFrom<Parts> for Peaks {
    type Error = BoundError;

    fn try_from(Parts { count, roots }: Parts) -> Result<Self, BoundError> {
        let count = count.get();
        if count.count_ones() as usize == roots.len() {
            return Ok(Self { count, roots });
        }
        Err(BoundError::Rule {
            what: "peaks",
            rule: "there is one for each bit of the count",
        })
    }
}

impl From<Peaks> for Parts {
    fn from(peaks: Peaks) -> Self {
        Self {
            count: peaks.count(),
            roots: peaks.roots,
        }
    }
}

/// Shows that an entry stands at `index` of a list of `count`, from the stored
/// roots of perfect trees; `Ok(None)` if the list has no such entry. The error
/// is that of the one who reads the roots.
pub fn prove_inclusion<E>(
    index: LeafIndex,
    count: LeafCount,
    mut stored: impl FnMut(Place) -> Result<Hash, E>,
) -> Result<Option<InclusionProof>, E> {
    if index.get() >= count.get() {
        return Ok(None);
    }
    let mut path = Vec::new();
    for leaves in inclusion_subtrees(index.get(), count.get()) {
        let mut roots = Vec::new();
        for place in mountains(leaves.clone()) {
            roots.push((place, *stored(place)?.as_bytes()));
        }
        let node = |place: Place| find(&roots, place);
        path.extend(subtree_root(leaves, node, hash_parent).map(Hash::new));
    }
    let path = List::new(path).expect("a tree over u64 leaves has at most 64 levels");
    Ok(Some(InclusionProof { count, index, path }))
}

fn find(roots: &[(Place, Node)], wanted: Place) -> Node {
    let found = roots.iter().find(|(place, _)| *place == wanted);
    found.expect("the same mountains were read a line above").1
}
