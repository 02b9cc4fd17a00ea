//! Forgets what it has said.

use super::{Habit, Misconduct, Saying, Stage};
use crate::chance::Chance;
use crate::time::Span;

/// Begins again with an empty log and an empty guard, so that nothing keeps it
/// from saying the opposite.
#[derive(Debug)]
pub(super) struct Amnesia;

impl Habit for Amnesia {
    fn sleeps(&mut self, chance: &mut Chance) -> Option<Span> {
        Some(Span::from_millis(chance.between(20, 1_500)))
    }

    fn wakes(&mut self, stage: &mut Stage<'_>) -> Vec<Saying> {
        stage.acted(Misconduct::Amnesia);
        Vec::new()
    }

    fn forgets(&self) -> bool {
        true
    }
}
