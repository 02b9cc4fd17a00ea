//! Whoever waits for a proof: told of each step, and asked whether to go on.
//!
//! A prover here is a function that takes as long as it takes. It calls a
//! [`Watch`] when a step is done, on the thread on which it proves; the answer
//! says whether there is still somebody who wants the proof. Nothing here knows
//! of time, threads or terminals.
//!
//! Invariant: a prover that is told to stop gives no proof and an error of its
//! own, and has changed nothing.
//!
//! What can be stopped where: only between two steps. Most of the time goes into
//! a few long ones ([`Step::Evaluated`] and [`Step::Proved`]), and none of them is
//! broken off inside. Whoever must end at once ends the process.

use std::ops::ControlFlow;

/// A step of a prover that is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// STARK: what is claimed holds for what was given, by the relation as a
    /// program. Groth16: the constraints are fulfilled.
    Checked,
    /// STARK: the trace is filled. Groth16: the wires are, which comes before they
    /// are checked.
    Filled,
    /// STARK: the trace is extended and hashed.
    Committed,
    /// STARK: the constraints are evaluated over the extended trace.
    Evaluated,
    /// STARK: what came of them is extended and hashed.
    Composed,
    /// There is a proof. Of a STARK it has come through all layers of FRI; one of
    /// Groth16 was not yet checked against its key.
    Proved,
}

/// Called after each step, with the answer whether to go on.
pub type Watch<'a> = dyn Fn(Step) -> ControlFlow<()> + 'a;

/// Whoever waited waits no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the proof was called off")]
pub struct CalledOff;

/// Tells of a step. Stops by an error, if that is the answer.
pub fn tell(watch: &Watch<'_>, step: Step) -> Result<(), CalledOff> {
    match watch(step) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(CalledOff),
    }
}

/// For a proof that somebody waits for, however long.
pub fn patiently(_: Step) -> ControlFlow<()> {
    ControlFlow::Continue(())
}
