//! Append batch: records lead a log from one lead to another.
//!
//! A log is an append-only list of records; its [`Lead`] is what one must hold
//! of it: a digest of everything in it, how many records there are, the last
//! sequence number, and two running totals.
//!
//! Relation: there are `count` records, each with a sequence number, two amounts
//! below 2³² and the digest of its content, such that
//!
//! - the sequence numbers rise strictly, from the last one before, each by at
//!   most 2³²;
//! - the totals grow by the sums of the amounts;
//! - the records hash to the digest of the batch;
//! - the old digest, the digest of the batch and the new numbers hash to the new
//!   digest.
//!
//! Public: both leads and the digest of the batch; the count, and so the shape
//! of the trace, is the difference of the leads. Witness: the records. Nothing is
//! hidden, from nobody: **not zero-knowledge**.
//!
//! ```text
//! record = sequence │ amount │ amount │ tag │ content 4          8 elements
//! batch  = Rescue Prime as a sponge over the records: capacity
//!          (elements, 0, 0, 0); each record *replaces* the rate, then one
//!          permutation
//! lead   = Rp64_256(digest 4 │ batch 4 │ count │ last │ totals 2 │ tag)
//! ```
//!
//! A sponge that replaces its rate instead of adding to it resists collisions as
//! one that adds (Bertoni, Daemen, Peeters, Van Assche, *Duplexing the sponge*,
//! 2011): 128 bits for a capacity of 256. The last line is computed outside of
//! the proof, by whoever verifies.
//!
//! An amount of 64 bits takes both places, as its low and its high half: its sum
//! is `totals[0] + 2³² · totals[1]`.
//!
//! The relation is written twice: as a program here ([`append`]), and as
//! constraints over a trace (`air`). Tests hold one against the other.

mod air;
mod lead;
mod trace;

use winterfell::TraceInfo;
use winterfell::crypto::hashers::Rp64_256;
use winterfell::math::fields::f64::BaseElement;

use self::air::{AppendAir, WIDTH};
use super::digest::TreeDigest;
use super::gate::{self, StarkError};
use super::options::{OptionsId, ROWS_MAX, rows_for};
use super::prover::{self, NotProved};
use super::rescue::{self, LEFT, RATE, STATE, State};
use crate::watch::{CalledOff, Step, Watch, patiently, tell};

pub use lead::{Append, ClaimError, Lead, LeadError, RecordCount, Sequence, Totals};

/// Higher, and a trace is so long that fewer than
/// [`PROVEN_BITS_MIN`](super::PROVEN_BITS_MIN) bits are proven of it; lower, and
/// a long batch takes several proofs.
pub const RECORD_COUNT_MAX: usize = 131_072;
const _: () = assert!(RECORD_COUNT_MAX * ROWS_PER_RECORD == ROWS_MAX);

/// The most by which a sequence number rises: higher, and it takes more columns
/// to show that it does; lower, and sparse logs cannot be proved.
pub const SEQUENCE_STEP_MAX: u64 = 1 << 32;

const ROWS_PER_RECORD: usize = rescue::ROWS;
/// Tells a record from anything else that is hashed.
const RECORD_TAG: u32 = 0x4150_0001;

/// What is appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// Higher than that of the record before.
    pub sequence: Sequence,
    /// Summed up.
    pub amounts: [u32; 2],
    /// What else the record says, hashed by whoever made it.
    pub content: TreeDigest,
}

/// Why records are not appended. The caller must bring others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// There is no proof for so many.
    #[error("{found} records at once; possible are 1 to {RECORD_COUNT_MAX}")]
    Count {
        /// Records given.
        found: usize,
    },
    /// It does not rise, or by more than [`SEQUENCE_STEP_MAX`].
    #[error("record {place} has sequence number {found} after {before}")]
    Sequence {
        /// Which record, counted from 0.
        place: usize,
        /// The number before it.
        before: Sequence,
        /// Its number.
        found: Sequence,
    },
    /// The log is at its end.
    #[error(transparent)]
    Lead(#[from] LeadError),
}

/// Why there is no proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProveError {
    /// The caller must bring other records.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// Nobody waits for it any longer.
    #[error(transparent)]
    CalledOff(#[from] CalledOff),
    /// The library does not do it.
    #[error("the library made no proof")]
    Library,
}

impl Record {
    /// As it is hashed.
    fn elements(&self) -> [BaseElement; RATE] {
        let [low, high] = self.amounts.map(BaseElement::from);
        let sequence = BaseElement::new(self.sequence.get());
        let [a, b, c, d] = *self.content.elements();
        [sequence, low, high, RECORD_TAG.into(), a, b, c, d]
    }
}

/// The relation as a program: where these records lead.
pub fn append(from: &Lead, records: &[Record]) -> Result<Append, AppendError> {
    let found = records.len();
    if !(1..=RECORD_COUNT_MAX).contains(&found) {
        return Err(AppendError::Count { found });
    }
    let (mut last, mut sums) = (from.last(), [0; 2]);
    for (place, record) in records.iter().enumerate() {
        let (before, found) = (last, record.sequence);
        let step = found.get().checked_sub(before.get());
        if !step.is_some_and(|step| (1..=SEQUENCE_STEP_MAX).contains(&step)) {
            return Err(AppendError::Sequence {
                place,
                before,
                found,
            });
        }
        last = found;
        for (sum, amount) in sums.iter_mut().zip(record.amounts) {
            *sum += u64::from(amount);
        }
    }
    Ok(from.followed_by(batch_of(records), records.len(), last, sums)?)
}

/// The digest of the records.
fn batch_of(records: &[Record]) -> TreeDigest {
    let mut state = first_state(records.len());
    for record in records {
        state[LEFT..].copy_from_slice(&record.elements());
        Rp64_256::apply_permutation(&mut state);
    }
    TreeDigest::in_state(&state)
}

/// The state before so many records: the capacity says how many elements come,
/// as it does in the library's hash.
fn first_state(records: usize) -> State {
    let mut state = [BaseElement::from(0u32); STATE];
    state[0] = BaseElement::new((records * RATE) as u64);
    state
}

impl Append {
    /// The shape of the trace.
    fn trace_info(&self) -> TraceInfo {
        TraceInfo::new(WIDTH, rows_for(self.count() * ROWS_PER_RECORD))
    }
}

/// Appends and proves it. The longest batch takes about a minute of one core and
/// gigabytes of memory; no thread besides the caller's.
pub fn prove(from: &Lead, records: &[Record]) -> Result<(Append, Vec<u8>), ProveError> {
    prove_watched(from, records, &patiently)
}

/// The same, for somebody who may not wait for all of it.
pub fn prove_watched(
    from: &Lead,
    records: &[Record],
    watch: &Watch<'_>,
) -> Result<(Append, Vec<u8>), ProveError> {
    let claim = append(from, records)?;
    tell(watch, Step::Checked)?;
    let columns = trace::columns(&claim, records, claim.trace_info().length());
    let proof = prover::prove::<AppendAir>(claim, columns, OptionsId::Standard, watch);
    let proof = proof.map_err(|problem| match problem {
        NotProved::CalledOff => CalledOff.into(),
        NotProved::Library => ProveError::Library,
    })?;
    Ok((claim, proof))
}

/// Verifies a proof of a claim. It says that the old lead goes over to the new
/// one; that the old one is that of the log is for whoever asks.
pub fn verify(claim: &Append, proof: &[u8]) -> Result<(), StarkError> {
    gate::verify::<AppendAir>(proof, claim.trace_info(), *claim, OptionsId::Standard)
}

#[cfg(test)]
mod constraints_tests;
#[cfg(test)]
mod gate_tests;
#[cfg(test)]
mod samples;
