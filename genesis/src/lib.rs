//! The document that all participants of a network share.
//!
//! A genesis says how a network begins: its name and time, which consensus
//! decides, the parameters in force, who owns what and who validates. It is
//! written in TOML, checked here, and its hash names the network: everything
//! that is signed holds it.
//!
//! Invariants:
//! - whoever holds a [`Genesis`] holds one that follows every rule, whether it
//!   was parsed from text, decoded from bytes or built from parts, because all
//!   three ways lead through the same rules;
//! - two documents that mean the same have the same hash, however they are
//!   written; defaults are filled in before hashing.
//!
//! Failure model: a document is somebody's mistake, never ours. All mistakes
//! are found at once, in order of line, and each says what to do.
//!
//! Nothing here does IO or reads a clock. What the parameters *do* is said
//! where they act: in the chain and in the engines.

mod checked_text;
mod collector;
mod consensus;
pub mod document;
mod draft;
mod encoding;
mod genesis;
mod limits;
mod mistakes;
mod names;
mod parameters;
mod peer;
mod problem;
mod quantity;
mod read;
mod rules;
mod time;

pub use consensus::{Consensus, ConsensusKind, RoundTiming, SoloTiming};
pub use genesis::{
    ACCOUNT_COUNT_MAX, Account, BOOTSTRAP_COUNT_MAX, Genesis, GenesisParts, GenesisValidator,
};
pub use mistakes::{Line, MISTAKE_COUNT_MAX, Mistake, Mistakes};
pub use names::{CHAIN_ID_BYTES_MAX, CHAIN_ID_BYTES_MIN, ChainId, NAME_BYTES_MAX, ValidatorName};
pub use parameters::{BLOCK_OVERHEAD_BYTES, Parameters};
pub use peer::{PEER_BYTES_MAX, PeerAddress};
pub use problem::Problem;
pub use quantity::Quantity;
pub use read::GENESIS_BYTES_MAX;
pub use time::{format_time, parse_time};
