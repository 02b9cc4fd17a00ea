//! What was signed in one round.

use std::collections::BTreeMap;
use std::fmt;

use pyralog_consensus::{Place, Step};
use pyralog_primitives::{Hash, Height, Round, SignBytes, Signature};
use serde::{Deserialize, Deserializer, Serialize};

const ROOT_CONTEXT: &str = "pyralog 2026-11-21 guard signing root v1";

/// The hash of what was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SigningRoot(Hash);

impl SigningRoot {
    /// Gives a hash this meaning.
    pub const fn new(hash: Hash) -> Self {
        Self(hash)
    }

    /// The hash without its meaning.
    pub const fn get(self) -> Hash {
        self.0
    }

    /// The hash of this message.
    pub fn of(bytes: &SignBytes) -> Self {
        Self(Hash::new(blake3::derive_key(
            ROOT_CONTEXT,
            bytes.as_bytes(),
        )))
    }
}

impl fmt::Display for SigningRoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// That something was signed in a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedPlace {
    /// At which height.
    pub height: Height,
    /// In which attempt.
    pub round: Round,
    /// What in the round.
    #[serde(with = "crate::place")]
    pub step: Step,
    /// What it was; `None` if that is not known, and then it is taken to differ
    /// from everything.
    #[serde(deserialize_with = "required")]
    pub signing_root: Option<SigningRoot>,
}

/// An option whose field must be there, be it as `null`.
fn required<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SigningRoot>, D::Error> {
    Option::deserialize(deserializer)
}

impl SignedPlace {
    /// Where.
    pub const fn place(&self) -> Place {
        Place {
            height: self.height,
            round: self.round,
            step: self.step,
        }
    }

    fn known(&self) -> Known {
        self.signing_root.map_or(Known::Something, Known::Root)
    }
}

/// What is known of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// This guard returned the signature, or was about to.
    Signed(SigningRoot, Signature),
    /// This was signed elsewhere.
    Root(SigningRoot),
    /// Something was signed elsewhere.
    Something,
}

impl Known {
    pub(crate) fn root(self) -> Option<SigningRoot> {
        match self {
            Self::Signed(root, _) | Self::Root(root) => Some(root),
            Self::Something => None,
        }
    }

    /// What is known after something was also said to be signed here, and
    /// whether the two contradict each other.
    fn and(self, other: Option<SigningRoot>) -> (Self, bool) {
        if self.root() == other {
            return (self, false);
        }
        let differ = self.root().is_some() && other.is_some();
        // Also where this guard has a signature: it may have been written and
        // never returned, and then to return it now would be the second thing.
        (Self::Something, differ)
    }
}

/// The round of the watermark: all that a guard has to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SignedRound {
    height: Height,
    round: Round,
    /// Never empty: the last of them is the watermark's.
    steps: BTreeMap<Step, Known>,
}

impl SignedRound {
    /// The round of this place, with the place as its only one.
    pub(crate) fn of(place: Place, known: Known) -> Self {
        Self {
            height: place.height,
            round: place.round,
            steps: BTreeMap::from([(place.step, known)]),
        }
    }

    /// The round of a place that was signed elsewhere.
    pub(crate) fn with(signed: &SignedPlace) -> Self {
        Self::of(signed.place(), signed.known())
    }

    pub(crate) fn watermark(&self) -> Place {
        let step = self.steps.keys().next_back();
        self.place(*step.expect("a round is made with a step, and steps are never removed"))
    }

    const fn place(&self, step: Step) -> Place {
        Place {
            height: self.height,
            round: self.round,
            step,
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (Place, Known)> + '_ {
        let steps = self.steps.iter();
        steps.map(|(step, known)| (self.place(*step), *known))
    }

    /// What is known of a place of this round.
    pub(crate) fn get(&self, place: Place) -> Option<Known> {
        let is_here = (place.height, place.round) == (self.height, self.round);
        self.steps.get(&place.step).copied().filter(|_| is_here)
    }

    /// Adds a place above the watermark, and forgets what is below its round.
    pub(crate) fn raise(&mut self, place: Place, known: Known) {
        if (place.height, place.round) == (self.height, self.round) {
            self.steps.insert(place.step, known);
        } else {
            *self = Self::of(place, known);
        }
    }

    /// Takes in what was signed elsewhere. Nothing is lowered. Says whether it
    /// contradicts what is known here.
    pub(crate) fn merge(&mut self, other: &SignedPlace) -> bool {
        let (place, foreign) = (other.place(), other.known());
        if (place.height, place.round) > (self.height, self.round) {
            *self = Self::of(place, foreign);
            return false;
        }
        if (place.height, place.round) < (self.height, self.round) {
            return false;
        }
        let Some(known) = self.steps.get_mut(&place.step) else {
            self.steps.insert(place.step, foreign);
            return false;
        };
        let (merged, differ) = known.and(other.signing_root);
        *known = merged;
        differ
    }
}
