//! A whole network of nodes on one thread: drivers, ledgers and engines, over
//! disks, links and clocks that are simulated.
//!
//! The simulator of consensus puts engines alone under faults of every kind, by
//! the ten thousand. Here stands all that a node is made of but its threads:
//! what the driver writes down is on a disk that tears, blocks are executed by
//! the ledger and travel by the ids of their transactions, and who falls behind
//! is given what is final.
//!
//! Invariants, checked as the network runs:
//! - no two nodes make different blocks final, or have different states after
//!   one;
//! - nobody says two things in one place, over any number of losses of power,
//!   of one node or of all at once;
//! - what a node says of agreement, and all that its engine had written down by
//!   then, is durable in its log, with the block that it speaks for;
//! - as long as a block is not durable, a node that said something about it has
//!   that in a log, and a node that speaks about the next one why it is final;
//! - nobody forgets what it had prepared, or is locked on: who has lost its logs
//!   says nothing more at that height;
//! - where nobody lies, nobody is blamed, warns of anything else, or stops;
//! - once all faults have ended, all that clients sent becomes final everywhere.
//!
//! Everything is drawn from one [`Seed`], so a run that fails fails again.

mod chance;
mod checks;
mod fault;
mod genesis;
mod node;
mod store;
mod watched;
mod world;

pub use checks::Broken;
pub use world::{NODE_COUNT_MAX, Options, Outcome, Seed, run};
