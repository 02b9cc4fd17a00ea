//! What happened, as a hash and, for who wants to read it, in words.
//!
//! Invariant: equal runs have equal hashes, whether they are read or not.

use std::fmt;

use pyralog_primitives::Hash;

use crate::time::Moment;

/// Who reads along.
pub type Reader<'a> = &'a mut dyn FnMut(&str);

/// The course of a run.
pub(crate) struct Trace<'a> {
    hasher: blake3::Hasher,
    /// How many events there were.
    pub(crate) count: u64,
    reader: Option<Reader<'a>>,
}

impl fmt::Debug for Trace<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trace")
            .field("count", &self.count)
            .finish_non_exhaustive()
    }
}

impl<'a> Trace<'a> {
    pub(crate) fn new(reader: Option<Reader<'a>>) -> Self {
        Self {
            hasher: blake3::Hasher::new(),
            count: 0,
            reader,
        }
    }

    /// Takes down that something happened.
    pub(crate) fn note(&mut self, at: Moment, (tag, who, digest): (u8, usize, u64)) {
        let mut bytes = [0; 25];
        bytes[..8].copy_from_slice(&at.get().to_le_bytes());
        bytes[8..16].copy_from_slice(&digest.to_le_bytes());
        bytes[16..24].copy_from_slice(&(who as u64).to_le_bytes());
        bytes[24] = tag;
        self.hasher.update(&bytes);
        self.count += 1;
    }

    /// Says it in words.
    pub(crate) fn say(&mut self, at: Moment, words: impl FnOnce() -> String) {
        if let Some(reader) = &mut self.reader {
            reader(&format!("{:>16}  {}", at.to_string(), words()));
        }
    }

    pub(crate) fn hash(&self) -> Hash {
        Hash::new(*self.hasher.finalize().as_bytes())
    }
}
