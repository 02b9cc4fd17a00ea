//! Header linkage: headers lead from one point of a chain to another.
//!
//! Relation: there are `count` headers, the first on top of `from`, each on top
//! of the one before, such that
//!
//! - each says its parent's link, and a height of one more than its parent's;
//! - each says a time later than its parent's, by at most
//!   [`TIME_STEP_MAX`] milliseconds;
//! - each says the same digest of the validator set;
//! - the last one's link, height and time are those of `to`; the first says the
//!   first state, the last the last state.
//!
//! Public: both points, both states, the set; the count, and so the shape of the
//! trace, is the difference of the heights. Witness: times and states between.
//! Nothing is hidden, from nobody: **not zero-knowledge**.
//!
//! ```text
//! link = Rp64_256(parent 4 │ state 4 │ height │ time │ tag │ set 4)
//! ```
//!
//! **What it does not say.** Headers without signatures can be made up by
//! anybody, also a million of them. Whoever relies on `to` checks a certificate
//! of it, by the set that the claim names and that he knows to be the right one
//! at `from`; and at every change of the set the claim ends, and another
//! certificate is due. That a state follows from the one before is not said
//! either.
//!
//! A link is not the hash of a header of the chain, which is BLAKE3 and too
//! costly to prove. It is a second digest of the same chain: whoever makes a
//! header can say its link there, and whoever checks the header computes it.
//! Nothing on the chain does so yet.
//!
//! The relation is written twice: as a program here ([`link`]), and as
//! constraints over a trace (`air`). Tests hold one against the other.

mod air;
mod claim;
mod trace;

use pyralog_primitives::{Height, TimestampMs};
use winterfell::TraceInfo;
use winterfell::math::fields::f64::BaseElement;

use self::air::{LinkageAir, WIDTH};
use super::digest::TreeDigest;
use super::gate::{self, StarkError};
use super::options::{OptionsId, ROWS_MAX, rows_for};
use super::prover::{self, NotProved};
use super::rescue;
use crate::watch::{CalledOff, Step, Watch, patiently, tell};

pub use claim::{ClaimError, Linkage, Point, PointError, States};

/// Higher, and a trace is so long that fewer than
/// [`PROVEN_BITS_MIN`](super::PROVEN_BITS_MIN) bits are proven of it; lower, and
/// a long chain takes several proofs.
pub const HEADER_COUNT_MAX: usize = 65_536;
const _: () = assert!(HEADER_COUNT_MAX * ROWS_PER_HEADER == ROWS_MAX);

/// One header is its own first and last: whoever has it links it by hand.
pub const HEADER_COUNT_MIN: usize = 2;

/// The most milliseconds between two headers, some 21 years: 7¹⁴. Higher takes
/// another column; lower, and a chain that stood still cannot be proved.
pub const TIME_STEP_MAX: u64 = 7u64.pow(14);

const ROWS_PER_HEADER: usize = 2 * rescue::ROWS;
/// Tells a header from anything else that is hashed.
const HEADER_TAG: u32 = 0x484c_0001;

/// What a header says besides its parent and its height.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Digest of a state.
    pub state: TreeDigest,
    /// Later than its parent's.
    pub time: TimestampMs,
    /// Digest of the validator set.
    pub set: TreeDigest,
}

/// Why headers are not linked. The caller must bring others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// There is no proof for so many.
    #[error("{found} headers; possible are {HEADER_COUNT_MIN} to {HEADER_COUNT_MAX}")]
    Count {
        /// Headers given.
        found: usize,
    },
    /// It is not later, or by more than [`TIME_STEP_MAX`].
    #[error("header {place} is at {found} ms after one at {before} ms")]
    Time {
        /// Which header, counted from 0.
        place: usize,
        /// The time before it.
        before: TimestampMs,
        /// Its time.
        found: TimestampMs,
    },
    /// The claim ends where the set changes.
    #[error("header {place} has another validator set than the first")]
    Set {
        /// Which header, counted from 0.
        place: usize,
    },
    /// The chain is at its end.
    #[error(transparent)]
    Point(#[from] PointError),
}

/// Why there is no proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProveError {
    /// The caller must bring other headers.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// Nobody waits for it any longer.
    #[error(transparent)]
    CalledOff(#[from] CalledOff),
    /// The library does not do it.
    #[error("the library made no proof")]
    Library,
}

impl Header {
    /// The link of this header on top of a parent.
    pub fn link(&self, parent: TreeDigest, height: Height) -> TreeDigest {
        let mut elements = Vec::with_capacity(HASHED);
        elements.extend(parent.elements());
        elements.extend(self.state.elements());
        elements.extend([height.get(), self.time.get()].map(BaseElement::new));
        elements.push(HEADER_TAG.into());
        elements.extend(self.set.elements());
        TreeDigest::of_elements(&elements)
    }
}

/// How many elements are hashed.
const HASHED: usize = 15;

/// The relation as a program: where these headers lead.
pub fn link(from: &Point, headers: &[Header]) -> Result<Linkage, LinkError> {
    let found = headers.len();
    let counts = HEADER_COUNT_MIN..=HEADER_COUNT_MAX;
    let (Some(first), Some(last)) = (headers.first(), headers.last()) else {
        return Err(LinkError::Count { found });
    };
    if !counts.contains(&found) {
        return Err(LinkError::Count { found });
    }
    let mut at = *from;
    for (place, header) in headers.iter().enumerate() {
        let (before, found) = (at.time(), header.time);
        let step = found.get().checked_sub(before.get());
        if !step.is_some_and(|step| (1..=TIME_STEP_MAX).contains(&step)) {
            return Err(LinkError::Time {
                place,
                before,
                found,
            });
        }
        if header.set != first.set {
            return Err(LinkError::Set { place });
        }
        at = at.under(header)?;
    }
    let states = States {
        first: first.state,
        last: last.state,
    };
    Ok(Linkage {
        from: *from,
        to: at,
        states,
        set: first.set,
    })
}

impl Linkage {
    /// The shape of the trace.
    fn trace_info(&self) -> TraceInfo {
        TraceInfo::new(WIDTH, rows_for(self.count() * ROWS_PER_HEADER))
    }
}

/// Links and proves it. The longest chain takes about a minute of one core and
/// gigabytes of memory; no thread besides the caller's.
pub fn prove(from: &Point, headers: &[Header]) -> Result<(Linkage, Vec<u8>), ProveError> {
    prove_watched(from, headers, &patiently)
}

/// The same, for somebody who may not wait for all of it.
pub fn prove_watched(
    from: &Point,
    headers: &[Header],
    watch: &Watch<'_>,
) -> Result<(Linkage, Vec<u8>), ProveError> {
    let claim = link(from, headers)?;
    tell(watch, Step::Checked)?;
    let columns = trace::columns(&claim, headers, claim.trace_info().length());
    let proof = prover::prove::<LinkageAir>(claim, columns, OptionsId::Standard, watch);
    let proof = proof.map_err(|problem| match problem {
        NotProved::CalledOff => CalledOff.into(),
        NotProved::Library => ProveError::Library,
    })?;
    Ok((claim, proof))
}

/// Verifies a proof of a claim. It says that headers lead from one point to the
/// other; that both are points of the chain is for whoever asks.
pub fn verify(claim: &Linkage, proof: &[u8]) -> Result<(), StarkError> {
    gate::verify::<LinkageAir>(proof, claim.trace_info(), *claim, OptionsId::Standard)
}

#[cfg(test)]
mod constraints_tests;
#[cfg(test)]
mod gate_tests;
#[cfg(test)]
mod samples;
