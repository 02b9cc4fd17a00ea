//! Which engine is simulated.

use pyralog_consensus::Engine;
use pyralog_primitives::Address;

/// Makes the engines of a network.
pub trait Protocol {
    /// The engine.
    type Engine: Engine;

    /// How it is called on the command line.
    fn name(&self) -> &'static str;

    /// The engine of the validator with this address, or of a follower.
    fn engine(&self, own: Option<Address>) -> Self::Engine;
}
