//! No two honest validators make different blocks final at one height.

use std::collections::BTreeMap;

use pyralog_primitives::{BlockId, Height, Round};

use super::{Broken, Invariant};

/// Who made what final first, at each height.
#[derive(Debug, Default)]
pub(crate) struct Agreement {
    decided: BTreeMap<Height, (BlockId, usize, Round)>,
}

impl Agreement {
    /// An honest validator makes a block final, that was agreed on in a round.
    /// If another one was final: in which round it was agreed on, too.
    pub(crate) fn check(
        &mut self,
        who: usize,
        (height, round): (Height, Round),
        block: BlockId,
    ) -> Result<(), (Round, Broken)> {
        let decided = self.decided.entry(height);
        let (first, by, earlier) = *decided.or_insert((block, who, round));
        if first == block {
            return Ok(());
        }
        let (one, other) = (by.min(who), by.max(who));
        let what =
            format!("validators {one} and {other} finalized different blocks at height {height}");
        Err((earlier, Broken::new(Invariant::Agreement, what)))
    }
}
