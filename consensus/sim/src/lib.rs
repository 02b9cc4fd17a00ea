//! A whole network of validators on one thread, under faults drawn from one
//! seed.
//!
//! A simulator stands in for the driver of an engine: it does what the engine
//! says, in order, on a clock, links and disks that are all made up. What goes
//! wrong with them, and which validators break the rules, is drawn from the
//! seed before the run begins. So a run is a function of its [`Options`], and
//! whatever is found can be seen again.
//!
//! ```text
//! Seed ─▶ plan ─▶ faults ─┐
//!                         ▼
//!   engines ◀─ inputs ─ World ─ effects ─▶ logs and guards on disks that tear
//!                         │        └─▶ links that lose, repeat, delay, divide
//!                         └─▶ invariants, after every event
//! ```
//!
//! A run has two parts. In the first, faults of all kinds come and go, and only
//! what must *never* happen is looked for. Then all links, disks and clocks are
//! well, everyone who is honest is up, and from there on every honest validator
//! must make a number of blocks final within a bounded time.
//!
//! Invariants of the simulator itself:
//! - equal options give equal runs, by the hash of the trace;
//! - a fault acts as often as its count says: what was planned and met nothing
//!   is not counted;
//! - what a process is told and keeps is bounded.
//!
//! Failure model of what is simulated: up to a third of the power, less one,
//! may do anything; anyone may crash, lose what was not synced, stand still, or
//! have a wrong clock; links may do anything for a while. Signatures hold.
//! Disks keep what was synced. With more twins or traitors than that, honest
//! validators may disagree; then it is looked for who can be blamed.

mod block;
mod byzantine;
mod chance;
mod committee;
mod coverage;
mod fault;
mod flaws;
mod group;
mod invariant;
mod keyring;
mod network;
mod options;
mod outcome;
mod packet;
mod plan;
mod process;
mod protocol;
mod queue;
mod simulation;
mod testimony;
mod time;
mod trace;
mod world;

pub use chance::{Seed, SeedError};
pub use coverage::{Coverage, FaultKind, Landmark};
pub use fault::Fault;
pub use group::PROCESS_COUNT_MAX;
pub use invariant::{Charge, Invariant};
pub use keyring::Signatures;
pub use options::{FaultChoice, FaultChoiceError, HEIGHT_COUNT, Options, Scenario};
pub use outcome::{Accused, Disagreement, Finality, Outcome};
pub use protocol::Protocol;
pub use simulation::{Simulation, Violation};
pub use time::{Moment, Span};
pub use trace::Reader;

#[cfg(test)]
mod tests;
