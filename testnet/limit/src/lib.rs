//! What one machine can do with signed transfers at most.
//!
//! Whoever follows a chain without trusting others does some things with each
//! transfer, however well the rest is made: it verifies the signature, decodes
//! the bytes, takes the transfer in once and passes it on once, changes two
//! entries of the state tree, and writes the bytes. [`Costs`] measures those on
//! one core, each as its best kernel does it, in large batches and with nothing
//! around it. Several nodes on one machine share its cores, and none may rely on
//! the checks of another one:
//!
//! ```text
//! limit = cores ÷ (nodes × cost of one transfer)
//! ```
//!
//! What a network makes final, divided by that, says how much of the machine
//! went into what cannot be avoided.
//!
//! Not in it are execution, encryption, votes, syncs, and whoever makes the
//! load: so the limit is too high rather than too low, and the share too low
//! rather than too high. Processor time is counted, so other programs change
//! little; it must be measured in the same run all the same.

mod costs;
mod kernels;

pub use costs::{Costs, CostsError};
