//! The kernel: many equal-sized inputs hashed side by side.
//!
//! BLAKE3 is fast because it compresses up to sixteen independent blocks at a
//! time, and trees have plenty of those. The results are exactly
//! [`Domain::hash`] of each input.
//!
//! The entry point is `blake3::platform`, which is outside the promises of
//! that crate's version number. Hence its version is pinned to the patch.

use std::sync::LazyLock;

use blake3::IncrementCounter;
use blake3::platform::{Platform, words_from_le_bytes_32};

use crate::hash::{Domain, Hash};

/// A hash as the kernel wants it: a row of them is a row of bytes.
pub type RawHash = [u8; Hash::BYTES];
/// Two hashes, one after the other: one compression.
pub type RawPair = [u8; BLOCK_BYTES];

pub(crate) const BLOCK_BYTES: usize = 64;
/// Up to this many bytes BLAKE3 compresses one block after the other; above
/// it, it grows a tree of its own.
pub(crate) const CHUNK_BYTES: usize = 1024;

/// Inputs that the widest SIMD hashes side by side.
pub(crate) const LANES: usize = 16;
/// A pair is a single block, so the call itself costs as much as a lane.
const PAIRS_PER_CALL: usize = 4 * LANES;

// Flags of the BLAKE3 paper, section 2.2.
const CHUNK_START: u8 = 1;
const CHUNK_END: u8 = 1 << 1;
const ROOT: u8 = 1 << 3;
const DERIVE_KEY_MATERIAL: u8 = 1 << 6;

/// Hashes many pairs into `hashes`, which is as long: several times faster
/// than one by one.
pub fn hash_pairs(domain: Domain, pairs: &[RawPair], hashes: &mut [RawHash]) {
    assert_eq!(pairs.len(), hashes.len(), "each pair has its place");
    hash_rows::<_, PAIRS_PER_CALL>(domain, pairs, hashes);
}

/// Hashes one pair.
pub fn hash_pair(domain: Domain, first: &RawHash, second: &RawHash) -> RawHash {
    let mut hash = [RawHash::default()];
    hash_rows::<_, 1>(domain, &[join(first, second)], &mut hash);
    hash[0]
}

/// Puts two hashes side by side.
pub fn join(first: &RawHash, second: &RawHash) -> RawPair {
    let mut pair = [0; BLOCK_BYTES];
    pair[..Hash::BYTES].copy_from_slice(first);
    pair[Hash::BYTES..].copy_from_slice(second);
    pair
}

/// Hashes inputs of `N` bytes, whole blocks and at most one chunk, into `out`,
/// which is as long. At most `ROWS` go into one call of the kernel.
pub(crate) fn hash_rows<const N: usize, const ROWS: usize>(
    domain: Domain,
    inputs: &[[u8; N]],
    out: &mut [RawHash],
) {
    static PLATFORM: LazyLock<Platform> = LazyLock::new(Platform::detect);
    const { assert!(N.is_multiple_of(BLOCK_BYTES) && N > 0 && N <= CHUNK_BYTES) };
    let key = words_from_le_bytes_32(domain.key());
    for (inputs, out) in inputs.chunks(ROWS).zip(out.chunks_mut(ROWS)) {
        let mut rows = [&inputs[0]; ROWS];
        for (row, input) in rows.iter_mut().zip(inputs) {
            *row = input;
        }
        PLATFORM.hash_many(
            &rows[..inputs.len()],
            &key,
            0,
            IncrementCounter::No,
            DERIVE_KEY_MATERIAL,
            CHUNK_START,
            CHUNK_END | ROOT,
            out.as_flattened_mut(),
        );
    }
}
