//! An honest engine never falls silent: what it wrote down, what it comes to
//! after a restart and what its guard knows are one.

use pyralog_consensus::Abstention;
use pyralog_primitives::Height;

use super::{Broken, Invariant};

/// The engine of an honest validator says nothing more at a height.
pub(crate) fn abstained(who: usize, height: Height, reason: &Abstention) -> Broken {
    let what = format!("validator {who} fell silent at height {height}: {reason}");
    Broken::new(Invariant::Abstention, what)
}
