//! Verifying many signatures at once, and finding the forged ones.
//!
//! A batch costs less than half of what its signatures cost one by one, as
//! long as all are good. One forgery fails the whole batch, so the batch is
//! split until the forgery is found. Whoever sends forgeries can make that
//! expensive; therefore signatures come with their *source*, splits follow the
//! borders between sources, and a source found sending a forgery is not
//! examined to the end: the rest of what it sent stays unchecked. What was
//! good in it arrives again from someone else.
//!
//! Invariants:
//! - single and batch verification agree on every input (ZIP-215, cofactored
//!   equations), up to a chance of 2⁻¹²⁸ for each batch that somebody tries:
//!   the coefficients are drawn from a hash of all of it, so nobody can choose
//!   the input to fit them;
//! - a verdict does not depend on what else was in the batch, except that a
//!   source with a forgery has [`Verdict::Unchecked`] after it.

use std::convert::Infallible;
use std::ops::Range;

use ed25519_zebra::batch;
use rand_core::{TryCryptoRng, TryRng};

use crate::hash::{Domain, Hash};
use crate::keys::{BadSignature, PublicKey, Signature};
use crate::sign_bytes::SignBytes;

/// Signatures verified in one equation. Beyond this the gain per signature is
/// below a percent while one forgery spoils more.
pub const BATCH_COUNT_MAX: usize = 1024;

/// A batch that fails is split in so many pieces. With two, a single forgery
/// costs as much, and several cost more, because the large pieces fail again.
const PIECE_COUNT: usize = 16;

/// After more bad pieces than this the rest is verified one by one: where
/// forgeries are many, batches only add to the cost.
const BAD_PIECE_COUNT_MAX: usize = PIECE_COUNT / 2;

/// Up to this many, one by one is cheaper than a batch that may fail.
const SINGLES_COUNT_MAX: usize = 2;

/// A signature to verify. Its message is hashed at once and not kept.
#[derive(Clone, Debug)]
pub struct BatchItem {
    signer: PublicKey,
    item: batch::Item,
    /// Commits to key, signature and message.
    digest: Hash,
}

impl BatchItem {
    /// An item: did `signer` make `signature` over `message`?
    pub fn new(signer: PublicKey, signature: Signature, message: &SignBytes) -> Self {
        let key = ed25519_zebra::VerificationKeyBytes::from(*signer.as_bytes());
        let item = batch::Item::from((key, signature.to_zebra(), message.as_bytes()));
        let mut hasher = Domain::SignatureBatch.hasher();
        hasher
            .update(signer.as_bytes())
            .update(signature.as_bytes())
            .update(message.as_bytes());
        Self {
            signer,
            item,
            digest: hasher.finish(),
        }
    }

    fn is_good(&self) -> bool {
        self.item.clone().verify_single().is_ok()
    }
}

/// What became of one item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The signature is good.
    Good,
    /// The signature is not the signer's.
    Forged,
    /// Not examined, because the same source sent a forgery before it.
    Unchecked,
}

/// Verifies all items as one source's: good only if each of them is.
pub fn verify_batch(items: &[BatchItem]) -> Result<(), BadSignature> {
    let verdicts = verify_sources(&[items]);
    let bad = verdicts[0]
        .iter()
        .position(|verdict| *verdict != Verdict::Good);
    match bad {
        Some(place) => Err(BadSignature {
            signer: items[place].signer,
        }),
        None => Ok(()),
    }
}

/// Verifies the items of several sources. The answer has a verdict for each,
/// in the order given. A source's items up to its first forgery are examined.
pub fn verify_sources(sources: &[&[BatchItem]]) -> Vec<Vec<Verdict>> {
    let mut pool = Pool::new(sources);
    for group in pool.groups() {
        pool.settle(group, Suspicion::None);
    }
    let mut verdicts = pool.verdicts.into_iter();
    sources
        .iter()
        .map(|source| verdicts.by_ref().take(source.len()).collect())
        .collect()
}

/// What is known of a group before it is examined.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Suspicion {
    /// Nothing.
    None,
    /// It holds a forgery, because the group around it does and the other
    /// pieces do not.
    Certain,
}

/// All items in a row, source after source.
struct Pool<'a> {
    items: Vec<&'a BatchItem>,
    verdicts: Vec<Verdict>,
    /// For each item, the place of its source's first item.
    source_start: Vec<usize>,
}

impl<'a> Pool<'a> {
    fn new(sources: &[&'a [BatchItem]]) -> Self {
        let items: Vec<&BatchItem> = sources.iter().flat_map(|source| source.iter()).collect();
        let mut source_start = Vec::with_capacity(items.len());
        for source in sources {
            let start = source_start.len();
            source_start.extend(std::iter::repeat_n(start, source.len()));
        }
        let verdicts = vec![Verdict::Unchecked; items.len()];
        Self {
            items,
            verdicts,
            source_start,
        }
    }

    /// All items, in groups of up to a batch.
    fn groups(&self) -> Vec<Range<usize>> {
        self.cut(&(0..self.items.len()), BATCH_COUNT_MAX, BATCH_COUNT_MAX)
    }

    /// The pieces of a group whose equation does not hold: sources, as long as
    /// there are several, so that one forger costs the others little.
    fn pieces(&self, group: &Range<usize>) -> Vec<Range<usize>> {
        let count = group.len().div_ceil(PIECE_COUNT);
        let one_source = self.source_end(group) == group.end;
        self.cut(
            group,
            count,
            if one_source { count } else { BATCH_COUNT_MAX },
        )
    }

    /// Cuts at borders between sources: each piece holds as many sources as
    /// fit into `count` items, or the one that does not, up to `longest`.
    fn cut(&self, group: &Range<usize>, count: usize, longest: usize) -> Vec<Range<usize>> {
        let mut pieces = Vec::new();
        let mut start = group.start;
        while start < group.end {
            let limit = group.end.min(start + count);
            let border = if limit < group.end {
                self.source_start[limit]
            } else {
                limit
            };
            let whole_source = self.source_end(&(start..group.end)).min(start + longest);
            let end = if border > start { border } else { whole_source };
            pieces.push(start..end);
            start = end;
        }
        pieces
    }

    /// Gives every item of a group its verdict. Returns whether all are good.
    fn settle(&mut self, group: Range<usize>, suspicion: Suspicion) -> bool {
        if self.source_is_forging(group.start) {
            // What is left of its source stays unchecked.
            let rest = self.source_end(&group);
            return rest == group.end || self.settle(rest..group.end, Suspicion::None);
        }
        if group.len() <= SINGLES_COUNT_MAX {
            return self.settle_singly(group);
        }
        if suspicion == Suspicion::None && self.equation_holds(&group) {
            self.verdicts[group].fill(Verdict::Good);
            return true;
        }
        self.settle_pieces(&group)
    }

    fn settle_pieces(&mut self, group: &Range<usize>) -> bool {
        let mut bad_count = 0;
        for piece in self.pieces(group) {
            let last_suspect = piece.end == group.end && bad_count == 0;
            let good = if bad_count > BAD_PIECE_COUNT_MAX {
                self.settle_singly(piece)
            } else if last_suspect {
                self.settle(piece, Suspicion::Certain)
            } else {
                self.settle(piece, Suspicion::None)
            };
            bad_count += usize::from(!good);
        }
        bad_count == 0
    }

    fn settle_singly(&mut self, group: Range<usize>) -> bool {
        let mut all_good = true;
        for place in group {
            if self.source_is_forging(place) {
                continue;
            }
            let good = self.items[place].is_good();
            self.verdicts[place] = if good { Verdict::Good } else { Verdict::Forged };
            all_good &= good;
        }
        all_good
    }

    /// Whether this item's source has sent a forgery before it.
    fn source_is_forging(&self, place: usize) -> bool {
        self.verdicts[self.source_start[place]..place].contains(&Verdict::Forged)
    }

    /// Where the source of a group's first item ends within the group.
    fn source_end(&self, group: &Range<usize>) -> usize {
        let source = self.source_start[group.start];
        self.source_start[group.clone()].partition_point(|start| *start == source) + group.start
    }

    fn equation_holds(&self, group: &Range<usize>) -> bool {
        let items = &self.items[group.clone()];
        let mut verifier = batch::Verifier::new();
        for item in items {
            verifier.queue(item.item.clone());
        }
        verifier.verify(Coefficients::of(items)).is_ok()
    }
}

/// The coefficients of a batch: the stream of a hash of everything in it. They
/// are known only once the batch is fixed.
struct Coefficients(blake3::OutputReader);

impl Coefficients {
    fn of(items: &[&BatchItem]) -> Self {
        let mut hasher = Domain::SignatureBatch.hasher();
        for item in items {
            hasher.update(item.digest.as_bytes());
        }
        Self(hasher.finish_stream())
    }
}

impl TryRng for Coefficients {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill(bytes);
        Ok(())
    }
}

impl TryCryptoRng for Coefficients {}

#[cfg(test)]
#[allow(clippy::cast_possible_truncation, reason = "what tests count is small")]
mod tests;
