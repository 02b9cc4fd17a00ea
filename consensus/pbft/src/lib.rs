//! PBFT for one height at a time, without IO.
//!
//! After Castro and Liskov, "Practical Byzantine Fault Tolerance" (OSDI 1999).
//! Decides which block is final; never executes one, never checks a signature,
//! never waits for a clock.
//!
//! ```text
//!            primary            every validator              every validator
//! height ──▶ Proposal(block) ──▶ Prevote, once it is ──────▶ Precommit, once a ──▶ final, once a
//!            (pre-prepare)       checked (prepare)           quorum prevoted       quorum precommitted
//!                                                            (commit)
//! round over time ──▶ ViewChange(round + 1, what was prepared, its proof)
//!                     ──▶ the next primary, with a quorum of those:
//!                         Proposal(the latest prepared block, or a new one)
//! ```
//!
//! Invariants:
//! - no two correct validators make different blocks final at one height, as
//!   long as less than a third of the power is faulty, whatever the network
//!   does: two quorums share a correct validator, which prevotes once in a
//!   round and carries what it prepared into every later one;
//! - what is signed was written down before, and nothing else is ever signed in
//!   the same place, over any number of restarts;
//! - whom the guard of its key refuses says nothing more at that height;
//! - memory is bounded: [`held_count_max`](pyralog_consensus::Engine::held_count_max).
//!
//! Liveness, once the network delivers: a round lasts twice as long as the one
//! before, up to 64 times as long as the first; a validator starts the clock of a round that it waits to enter only
//! when a quorum wishes to enter it, so that nobody runs ahead; and who hears
//! validators with a third of the power wish for later rounds joins them.
//!
//! Differs from the paper:
//! - Sequence numbers are heights and the window is one of them: the next
//!   begins when this one is final. So there are no water marks, and a new view
//!   concerns one block; where nothing was prepared, its primary proposes a
//!   block of its own instead of a null request.
//! - A checkpoint is a final block. Its certificate, a quorum of commits, is
//!   its proof; a validator that fell behind is given certificates.
//! - Views count from 0 at each height, and the primary stays: the first one is
//!   the maker of the block before, which every validator knows from the block.
//! - Validators have weights. A quorum is more than two thirds of the power,
//!   and where the paper says f + 1, it is a third of it.
//! - The primary prevotes like all others, so "prepared" is one quorum of
//!   prevotes, not a pre-prepare and 2f prepares. This costs no delay.
//! - A new-view message is a proposal with the signed wishes of a quorum and
//!   one proof, that of the latest preparation among them: the preparations of
//!   the others do not decide. The round of the preparation is part of what is
//!   signed, so nobody can put an older proof in its place.
//! - A block that breaks the rules of the chain proves its proposer faulty: its
//!   round is given up at once.
//! - What was said is said again after a while, because links lose messages.

mod agreement;
mod ballots;
mod pbft;
mod rules;
mod settings;
mod view_change;

pub use pbft::Pbft;
pub use rules::{Paper, Rules};
pub use settings::Settings;
