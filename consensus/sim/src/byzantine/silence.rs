//! Says nothing.

use super::{Habit, Misconduct, Saying, Stage};
use crate::chance::Chance;

/// Falls silent after so many messages, and answers nobody.
#[derive(Debug)]
pub(super) struct Silence {
    left: u64,
}

impl Silence {
    pub(super) fn new(chance: &mut Chance) -> Self {
        let left = if chance.percent(50) {
            0
        } else {
            chance.below(60)
        };
        Self { left }
    }
}

impl Habit for Silence {
    fn says(&mut self, saying: Saying, stage: &mut Stage<'_>) -> Vec<Saying> {
        if self.left > 0 {
            self.left -= 1;
            return vec![saying];
        }
        stage.acted(Misconduct::Silence);
        Vec::new()
    }

    fn is_mute(&self) -> bool {
        self.left == 0
    }
}
