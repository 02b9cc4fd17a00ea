//! No two honest validators make different blocks final at one height.

use std::collections::BTreeMap;

use pyralog_primitives::{BlockId, Height};

use super::{Broken, Invariant};

/// Who made what final first, at each height.
#[derive(Debug, Default)]
pub(crate) struct Agreement {
    decided: BTreeMap<Height, (BlockId, usize)>,
}

impl Agreement {
    /// An honest validator makes a block final.
    pub(crate) fn check(
        &mut self,
        who: usize,
        height: Height,
        block: BlockId,
    ) -> Result<(), Broken> {
        let (first, by) = *self.decided.entry(height).or_insert((block, who));
        if first == block {
            return Ok(());
        }
        let (one, other) = (by.min(who), by.max(who));
        let what =
            format!("validators {one} and {other} finalized different blocks at height {height}");
        Err(Broken::new(Invariant::Agreement, what))
    }
}
