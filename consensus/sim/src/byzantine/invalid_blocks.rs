//! Proposes blocks that break the rules.

use super::{Habit, Misconduct, Stage};
use crate::block::Content;

/// Builds blocks that nobody should accept, and accepts them.
#[derive(Debug)]
pub(super) struct InvalidBlocks;

impl Habit for InvalidBlocks {
    fn builds(&mut self, content: &mut Content, stage: &mut Stage<'_>) {
        if stage.chance.percent(30) {
            return;
        }
        stage.acted(Misconduct::InvalidBlocks);
        match stage.chance.place(3) {
            0 => content.is_sound = false,
            1 => content.parent = stage.made_up(),
            _ => {
                if let Some(next) = content.height.next() {
                    content.height = next;
                }
            }
        }
    }

    fn believes_all(&self) -> bool {
        true
    }
}
