//! The guard has no reason to refuse an honest validator: the log alone keeps
//! it from signing two things in one place.

use super::{Broken, Invariant};

/// The guard of an honest validator, with whose disk nothing is wrong, refuses.
pub(crate) fn refused(who: usize, reason: &impl std::fmt::Display) -> Broken {
    let what = format!("the guard of validator {who} had to refuse: {reason}");
    Broken::new(Invariant::Refusal, what)
}
