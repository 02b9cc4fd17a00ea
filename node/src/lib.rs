//! One participant of a network: wires the parts together and holds no rule.
//!
//! ```text
//! callers ─▶ rpc ─▶ pool ─▶ driver (engine) ─▶ execution (ledger) ─▶ committer ─▶ store
//!             ▲                                            │
//!             └──────────────── feed ◀─────────────────────┘
//! ```
//!
//! Invariants:
//! - a caller is told that something is final only once it is durable here;
//! - a node that cannot go on says why, who must act, and ends with the exit
//!   code for it; nothing is tried again silently;
//! - stopping loses nothing, and neither does being killed.

mod args;
mod banner;
mod chain;
mod development;
mod error;
mod exit;
mod files;
mod health;
mod home;
mod node;
mod peers;
mod pool;
mod progress;
mod rpc;
mod run;
mod source;
mod spreading;
mod stop;
mod syncing;
mod threads;
mod ticker;

pub use args::Args;
pub use chain::{Halt, MemoryError};
pub use error::NodeError;
pub use exit::Exit;
pub use run::run;

/// Threads hand small values to each other all the time: transactions come in on
/// one and are dropped on another. The allocator of the system spends a fifth of
/// a busy node on that. It is chosen here, for the program and for what measures
/// it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
