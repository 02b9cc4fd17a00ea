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

    /// Whether the engine writes down what it is about to sign. One that does
    /// not may decide otherwise after a restart, as long as nobody has seen what
    /// it decided first, and a guard would then stop it for good: so it runs
    /// without one.
    fn remembers(&self) -> bool {
        true
    }
}
