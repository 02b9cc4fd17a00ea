//! Leaves and nodes of lists, many at a time.
//!
//! The results are exactly [`Domain::hash`] of each padded record or pair of
//! nodes; tests compare them.

use super::Node;
use crate::hash::Domain;
use crate::kernel::{BLOCK_BYTES, CHUNK_BYTES, LANES, hash_pair, hash_pairs, hash_rows};

const CHUNK_BLOCKS: usize = CHUNK_BYTES / BLOCK_BYTES;

/// Marks the end of a record; zeros follow up to the next block.
const PADDING_START: u8 = 0x80;

/// Appends the parents of a row of nodes, which has an even length.
pub(super) fn hash_parents(children: &[Node], parents: &mut Vec<Node>) {
    let (pairs, _) = children.as_flattened().as_chunks();
    let start = parents.len();
    parents.resize(start + pairs.len(), Node::default());
    hash_pairs(Domain::MerkleNode, pairs, &mut parents[start..]);
}

/// The parent of two nodes.
pub(super) fn hash_parent(left: &Node, right: &Node) -> Node {
    hash_pair(Domain::MerkleNode, left, right)
}

/// The leaf of a record.
pub(super) fn hash_leaf(record: &[u8]) -> Node {
    const ZEROS: [u8; BLOCK_BYTES] = [0; BLOCK_BYTES];
    let zeros = padded_blocks(record.len()) * BLOCK_BYTES - record.len() - 1;
    let mut hasher = Domain::MerkleLeaf.hasher();
    hasher
        .update(record)
        .update(&[PADDING_START])
        .update(&ZEROS[..zeros]);
    *hasher.finish().as_bytes()
}

/// Appends the leaves of many records, in order.
pub(super) fn hash_leaves<'a>(mut records: impl Iterator<Item = &'a [u8]>, leaves: &mut Vec<Node>) {
    leaves.reserve(records.size_hint().0);
    let mut sorter = SizeSorter::default();
    let mut group: [&[u8]; LANES] = [&[]; LANES];
    loop {
        let mut count = 0;
        for (slot, record) in group.iter_mut().zip(records.by_ref()) {
            *slot = record;
            count += 1;
        }
        if count < LANES {
            sorter.add_each(&group[..count], leaves);
            break;
        }
        sorter.add(&group, leaves);
    }
    sorter.finish(leaves);
}

fn padded_blocks(length: usize) -> usize {
    length / BLOCK_BYTES + 1
}

/// Lanes must be equally long. Where neighbours are, as in most lists, they go
/// through together; otherwise records wait for others of their size.
#[derive(Default)]
struct SizeSorter {
    alike: Option<Alike>,
    /// By the padded length in blocks, counted from one.
    waiting: [Waiting; CHUNK_BLOCKS],
}

impl SizeSorter {
    fn add(&mut self, group: &[&[u8]; LANES], leaves: &mut Vec<Node>) {
        let length = group[0].len();
        let are_alike = group.iter().all(|record| record.len() == length);
        if !are_alike || padded_blocks(length) > CHUNK_BLOCKS {
            self.add_each(group, leaves);
            return;
        }
        let lanes = self.alike.take().filter(|lanes| lanes.length == length);
        let mut lanes = lanes.unwrap_or_else(|| Alike::new(length));
        lanes.hash(group, leaves);
        self.alike = Some(lanes);
    }

    fn add_each(&mut self, records: &[&[u8]], leaves: &mut Vec<Node>) {
        for record in records {
            let blocks = padded_blocks(record.len());
            let Some(waiting) = self.waiting.get_mut(blocks - 1) else {
                // Longer than a chunk: BLAKE3 finds its own lanes inside it.
                leaves.push(hash_leaf(record));
                continue;
            };
            waiting.add(record, leaves.len());
            leaves.push(Node::default());
            if waiting.places.len() == LANES {
                waiting.flush(blocks, leaves);
            }
        }
    }

    fn finish(mut self, leaves: &mut [Node]) {
        for (index, waiting) in self.waiting.iter_mut().enumerate() {
            waiting.flush(index + 1, leaves);
        }
    }
}

/// Room for a group of records of one length, with their padding in place.
struct Alike {
    length: usize,
    blocks: usize,
    bytes: Vec<u8>,
}

impl Alike {
    fn new(length: usize) -> Self {
        let blocks = padded_blocks(length);
        let mut bytes = vec![0; LANES * blocks * BLOCK_BYTES];
        for lane in bytes.chunks_exact_mut(blocks * BLOCK_BYTES) {
            lane[length] = PADDING_START;
        }
        Self {
            length,
            blocks,
            bytes,
        }
    }

    fn hash(&mut self, records: &[&[u8]; LANES], leaves: &mut Vec<Node>) {
        let lanes = self.bytes.chunks_exact_mut(self.blocks * BLOCK_BYTES);
        for (lane, record) in lanes.zip(records) {
            copy_in_pieces(record, &mut lane[..self.length]);
        }
        let start = leaves.len();
        leaves.resize(start + LANES, Node::default());
        hash_padded(self.blocks, &self.bytes, &mut leaves[start..]);
    }
}

/// Records of one padded length that wait for others.
#[derive(Default)]
struct Waiting {
    /// The padded records, one after the other.
    bytes: Vec<u8>,
    /// Where their leaves go.
    places: Vec<usize>,
}

impl Waiting {
    fn add(&mut self, record: &[u8], place: usize) {
        self.bytes.extend_from_slice(record);
        self.bytes.push(PADDING_START);
        self.bytes
            .resize(self.bytes.len().next_multiple_of(BLOCK_BYTES), 0);
        self.places.push(place);
    }

    fn flush(&mut self, blocks: usize, leaves: &mut [Node]) {
        let mut hashed = [Node::default(); LANES];
        hash_padded(blocks, &self.bytes, &mut hashed);
        for (place, leaf) in self.places.drain(..).zip(hashed) {
            leaves[place] = leaf;
        }
        self.bytes.clear();
    }
}

/// Copies in pieces of fixed size, the last overlapping the one before. A copy
/// of unknown length is a call, which costs more than the copy itself.
fn copy_in_pieces(from: &[u8], to: &mut [u8]) {
    const PIECE_BYTES: usize = 32;
    let Some(last) = from.last_chunk::<PIECE_BYTES>() else {
        to.copy_from_slice(from);
        return;
    };
    let (whole, _) = from.as_chunks::<PIECE_BYTES>();
    let (whole_to, _) = to.as_chunks_mut::<PIECE_BYTES>();
    for (from, to) in whole.iter().zip(whole_to) {
        *to = *from;
    }
    let start = to.len() - PIECE_BYTES;
    to[start..].copy_from_slice(last);
}

/// Picks the kernel of the right length; one group of lanes at most.
fn hash_padded(blocks: usize, bytes: &[u8], out: &mut [Node]) {
    macro_rules! by_length {
        ($($count:literal)*) => {
            match blocks {
                $($count => {
                    let (inputs, _) = bytes.as_chunks::<{ $count * BLOCK_BYTES }>();
                    hash_rows::<_, LANES>(Domain::MerkleLeaf, inputs, out);
                })*
                _ => unreachable!("a chunk has 1 to 16 blocks"),
            }
        };
    }
    by_length!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16);
}

#[cfg(test)]
#[allow(clippy::cast_possible_truncation, reason = "what tests count is small")]
mod tests {
    use super::*;

    fn padded(record: &[u8]) -> Vec<u8> {
        let mut bytes = record.to_vec();
        bytes.push(PADDING_START);
        bytes.resize(bytes.len().next_multiple_of(BLOCK_BYTES), 0);
        bytes
    }

    #[test]
    fn lanes_give_what_the_plain_hash_gives_for_every_length() {
        let bytes: Vec<u8> = (0..3000u32).map(|i| (i % 251) as u8).collect();
        let records: Vec<&[u8]> = (0..=2100).map(|length| &bytes[..length]).collect();
        let mut leaves = Vec::new();
        hash_leaves(records.iter().copied(), &mut leaves);
        for (record, leaf) in records.iter().zip(&leaves) {
            let plain = blake3::derive_key(Domain::MerkleLeaf.context(), &padded(record));
            assert_eq!(*leaf, plain, "length {}", record.len());
            assert_eq!(hash_leaf(record), plain, "length {}", record.len());
        }
    }

    #[test]
    fn groups_of_one_length_give_what_the_plain_hash_gives() {
        let bytes: Vec<u8> = (0..4000u32).map(|i| (i % 253) as u8).collect();
        let mut records: Vec<&[u8]> = Vec::new();
        for length in (0..=1100).chain([63, 64, 65, 32, 32, 250, 0]) {
            // Different records, full groups and what is left of one.
            let count = LANES + length % 5;
            records.extend((0..count).map(|start| &bytes[start * 7..][..length]));
        }
        let mut leaves = Vec::new();
        hash_leaves(records.iter().copied(), &mut leaves);
        let plain: Vec<Node> = records.iter().map(|record| hash_leaf(record)).collect();
        assert!(leaves == plain);
        // Each length on its own begins at the border of a group.
        for length in 0..=1100 {
            let alike = (0..2 * LANES + 3).map(|start| &bytes[start * 7..][..length]);
            let mut leaves = Vec::new();
            hash_leaves(alike.clone(), &mut leaves);
            assert!(
                leaves == alike.map(hash_leaf).collect::<Vec<_>>(),
                "length {length}"
            );
        }
    }

    #[test]
    fn a_parent_is_the_plain_hash_of_its_children() {
        let children: Vec<Node> = (0..70u8).map(|i| [i; 32]).collect();
        let mut parents = Vec::new();
        hash_parents(&children, &mut parents);
        for (pair, parent) in children.chunks(2).zip(&parents) {
            let context = Domain::MerkleNode.context();
            assert_eq!(*parent, blake3::derive_key(context, pair.as_flattened()));
            assert_eq!(hash_parent(&pair[0], &pair[1]), *parent);
        }
    }

    #[test]
    fn padding_never_makes_two_records_one() {
        let short = hash_leaf(&[1, 2]);
        assert_ne!(short, hash_leaf(&[1, 2, PADDING_START]));
        assert_ne!(short, hash_leaf(&[1, 2, 0]));
        assert_ne!(hash_leaf(&[]), hash_leaf(&[PADDING_START]));
    }
}
