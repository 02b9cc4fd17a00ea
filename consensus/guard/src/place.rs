//! Places as bytes, in JSON and for people.

use std::fmt;

use pyralog_consensus::{Place, Step};
use serde::{Deserialize, Deserializer, Serializer};

const STEPS: [(Step, &str); 4] = [
    (Step::ViewChange, "view_change"),
    (Step::Proposal, "proposal"),
    (Step::Prevote, "prevote"),
    (Step::Precommit, "precommit"),
];

/// The number of a step on disk.
pub(crate) const fn number_of(step: Step) -> u8 {
    match step {
        Step::ViewChange => 0,
        Step::Proposal => 1,
        Step::Prevote => 2,
        Step::Precommit => 3,
    }
}

pub(crate) fn step_numbered(number: u8) -> Option<Step> {
    let mut steps = STEPS.iter().map(|(step, _)| *step);
    steps.find(|step| number_of(*step) == number)
}

/// The word for a step.
pub(crate) fn word_of(step: Step) -> &'static str {
    let (_, word) = STEPS
        .iter()
        .find(|(known, _)| *known == step)
        .expect("the table has all steps: a test compares");
    word
}

/// Writes a step as its word; for `serde(with)`.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde gives a reference to the field"
)]
pub(crate) fn serialize<S: Serializer>(step: &Step, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(word_of(*step))
}

/// Reads the word of a step.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Step, D::Error> {
    let text = String::deserialize(deserializer)?;
    let found = STEPS.iter().find(|(_, word)| *word == text);
    found.map(|(step, _)| *step).ok_or_else(|| {
        let words = STEPS.map(|(_, word)| word).join(", ");
        serde::de::Error::custom(format_args!("a step is one of {words}"))
    })
}

/// A place in words: `height 7, round 0, prevote`.
#[derive(Clone, Copy, Debug)]
pub struct PlaceText<'a>(pub &'a Place);

impl fmt::Display for PlaceText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place {
            height,
            round,
            step,
        } = self.0;
        let step = word_of(*step).replace('_', " ");
        write!(f, "height {height}, round {round}, {step}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_has_one_number_and_one_word_in_the_order_of_steps() {
        for (number, (step, word)) in (0..).zip(STEPS) {
            assert_eq!(
                (number_of(step), step_numbered(number)),
                (number, Some(step))
            );
            assert_eq!(word_of(step), word);
        }
        assert!(STEPS.is_sorted());
        assert_eq!(step_numbered(4), None);
    }
}
