//! The bytes of one file, in chunks that copies share until one is written to.
//!
//! Invariant: bytes of a chunk past the file's end are zero, so that a file
//! that grows shows zeros there.

use std::collections::BTreeMap;
use std::sync::Arc;

/// Smaller costs map entries for large files, larger costs copying for small
/// writes after a copy.
const CHUNK_BYTES: usize = 32 * 1024;
const CHUNK: u64 = CHUNK_BYTES as u64;
static ZEROS: [u8; CHUNK_BYTES] = [0; CHUNK_BYTES];

/// Bytes of a file. Chunks that are not there are zero.
#[derive(Clone, Default)]
pub(crate) struct Content {
    length: u64,
    chunks: BTreeMap<u64, Arc<[u8]>>,
}

impl Content {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let mut content = Self::default();
        content.write(0, bytes);
        content
    }

    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Puts `bytes` at `offset`; a hole before them is zero.
    pub(crate) fn write(&mut self, offset: u64, bytes: &[u8]) {
        let mut rest = bytes;
        let mut at = offset;
        while !rest.is_empty() {
            let start = within(at);
            let (now, later) = rest.split_at(rest.len().min(CHUNK_BYTES - start));
            self.chunk(at / CHUNK)[start..start + now.len()].copy_from_slice(now);
            at += now.len() as u64;
            rest = later;
        }
        if !bytes.is_empty() {
            self.extend(at);
        }
    }

    /// Makes the file at least `length` long.
    pub(crate) fn extend(&mut self, length: u64) {
        self.length = self.length.max(length);
    }

    /// Makes the file `length` long.
    pub(crate) fn resize(&mut self, length: u64) {
        if length < self.length {
            self.clear(length, self.length - length);
        }
        self.length = length;
    }

    /// Zeros a part of the file without moving its end.
    pub(crate) fn clear(&mut self, offset: u64, length: u64) {
        let end = offset.saturating_add(length).min(self.length);
        if offset >= end {
            return;
        }
        let touched: Vec<u64> = self
            .chunks
            .range(offset / CHUNK..=(end - 1) / CHUNK)
            .map(|(index, _)| *index)
            .collect();
        for index in touched {
            let start = offset.max(index * CHUNK);
            let stop = end.min((index + 1) * CHUNK);
            let length = within(stop - start)
                + if stop - start == CHUNK {
                    CHUNK_BYTES
                } else {
                    0
                };
            if length == CHUNK_BYTES {
                self.chunks.remove(&index);
            } else {
                self.chunk(index)[within(start)..within(start) + length].fill(0);
            }
        }
    }

    /// The chunks that are not known to be zero, each with its offset.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (u64, &[u8])> {
        self.chunks.iter().filter_map(|(index, chunk)| {
            let offset = index * CHUNK;
            let length = self.length.checked_sub(offset)?.min(CHUNK);
            let length = usize::try_from(length).expect("a chunk's length is a small number");
            Some((offset, &chunk[..length]))
        })
    }

    fn chunk(&mut self, index: u64) -> &mut [u8] {
        let chunk = self
            .chunks
            .entry(index)
            .or_insert_with(|| Arc::from(&ZEROS[..]));
        Arc::make_mut(chunk)
    }

    fn chunk_or_zeros(&self, index: u64) -> &[u8] {
        self.chunks.get(&index).map_or(&ZEROS, |chunk| chunk)
    }
}

impl PartialEq for Content {
    fn eq(&self, other: &Self) -> bool {
        let same = |index: &u64| self.chunk_or_zeros(*index) == other.chunk_or_zeros(*index);
        self.length == other.length && self.chunks.keys().all(same) && other.chunks.keys().all(same)
    }
}

impl Eq for Content {}

impl std::fmt::Debug for Content {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(to, "{} bytes", self.length)
    }
}

fn within(at: u64) -> usize {
    usize::try_from(at % CHUNK).expect("a remainder is below the chunk's length")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dice::Dice;

    fn bytes(content: &Content) -> Vec<u8> {
        let mut bytes = vec![0; usize::try_from(content.length()).unwrap()];
        for (offset, part) in content.parts() {
            let offset = usize::try_from(offset).unwrap();
            bytes[offset..offset + part.len()].copy_from_slice(part);
        }
        bytes
    }

    fn model_write(model: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
        model.resize(model.len().max(offset + bytes.len()), 0);
        model[offset..offset + bytes.len()].copy_from_slice(bytes);
    }

    #[test]
    fn chunks_behave_like_one_vector() {
        let mut dice = Dice::new(5, 0);
        let mut content = Content::default();
        let mut model = Vec::new();
        for _ in 0..2_000 {
            let offset = dice.below(4 * CHUNK_BYTES);
            let length = 1 + dice.below(2 * CHUNK_BYTES);
            match dice.below(4) {
                0 => {
                    content.resize(offset as u64);
                    model.resize(offset, 0);
                }
                1 => {
                    content.clear(offset as u64, length as u64);
                    let end = (offset + length).min(model.len());
                    model[offset.min(end)..end].fill(0);
                }
                2 => {
                    content.extend(offset as u64);
                    model.resize(model.len().max(offset), 0);
                }
                _ => {
                    let piece = dice.garbage(length);
                    content.write(offset as u64, &piece);
                    model_write(&mut model, offset, &piece);
                }
            }
            assert!(bytes(&content) == model);
            assert!(content == Content::of(&model));
        }
    }

    #[test]
    fn a_copy_does_not_see_later_writes() {
        let first = Content::of(&vec![1; 3 * CHUNK_BYTES]);
        let mut second = first.clone();
        second.write(CHUNK + 5, &[2]);
        assert!(first == Content::of(&vec![1; 3 * CHUNK_BYTES]) && first != second);
    }
}
