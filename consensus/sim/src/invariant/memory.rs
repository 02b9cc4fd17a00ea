//! An engine holds a bounded number of messages, whoever sends them.

use pyralog_consensus::Engine;

use super::{Broken, Invariant};

/// What an engine holds after a step.
pub(crate) fn check_memory<E: Engine>(
    who: usize,
    engine: &E,
    validators: usize,
) -> Result<(), Broken> {
    let (held, held_max) = (engine.held_count(), E::held_count_max(validators));
    if held <= held_max {
        return Ok(());
    }
    let what = format!(
        "the engine of validator {who} holds {held} messages, at most {held_max} should be"
    );
    Err(Broken::new(Invariant::Memory, what))
}
