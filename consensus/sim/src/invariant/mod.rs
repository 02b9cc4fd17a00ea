//! What must hold after every event, one rule per file.
//!
//! Each watches honest validators only, and knows nothing of the engine but
//! what it says.

mod abstention;
mod accountability;
mod agreement;
mod certificate;
mod constancy;
mod durability;
mod evidence;
mod framing;
mod liveness;
mod memory;
mod refusal;
mod validity;

pub use accountability::Charge;

pub(crate) use abstention::abstained;
pub(crate) use accountability::{accuse, charges, check_accountability, check_innocence};
pub(crate) use agreement::Agreement;
pub(crate) use certificate::check_certificate;
pub(crate) use constancy::Constancy;
pub(crate) use durability::check_durability;
pub(crate) use evidence::{Attention, unreported};
pub(crate) use framing::check_evidence;
pub(crate) use liveness::{EVENT_COUNT_MAX, endless, liveness_span_max, stuck};
pub(crate) use memory::check_memory;
pub(crate) use refusal::refused;
pub(crate) use validity::check_validity;

use std::fmt;

/// Which rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Invariant {
    /// No two honest validators make different blocks final at one height.
    Agreement,
    /// What becomes final keeps the rules, on top of what was final before.
    Validity,
    /// The certificate of what becomes final is good for everyone.
    Certificate,
    /// Where honest validators disagree, what they heard names a third of the
    /// power.
    Accountability,
    /// Evidence is sound, and accuses nobody who is honest; nor does all that
    /// honest validators heard, taken together.
    Framing,
    /// Who hears two votes that contradict each other reports them.
    Evidence,
    /// What a validator has said in a place, it never changes, over restarts.
    Constancy,
    /// What is said is durable before.
    Durability,
    /// An engine holds a bounded number of messages.
    Memory,
    /// The guard has no reason to refuse an honest validator.
    Refusal,
    /// An honest engine has no reason to fall silent.
    Abstention,
    /// What a crash leaves on disk can be opened.
    Recovery,
    /// Once all is well, every honest validator makes progress.
    Liveness,
    /// An engine does not panic.
    Panic,
}

impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Agreement => "agreement",
            Self::Validity => "validity",
            Self::Certificate => "certificate",
            Self::Accountability => "accountability",
            Self::Framing => "framing",
            Self::Evidence => "evidence",
            Self::Constancy => "constancy",
            Self::Durability => "durability",
            Self::Memory => "memory",
            Self::Refusal => "refusal",
            Self::Abstention => "abstention",
            Self::Recovery => "recovery",
            Self::Liveness => "liveness",
            Self::Panic => "panic",
        })
    }
}

/// A rule that was broken, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Broken {
    pub(crate) invariant: Invariant,
    pub(crate) what: String,
}

impl Broken {
    pub(crate) const fn new(invariant: Invariant, what: String) -> Self {
        Self { invariant, what }
    }
}
