//! What becomes final keeps the rules, on top of what was final before.

use pyralog_primitives::{BlockId, Height};

use super::{Broken, Invariant};
use crate::block::Block;
use crate::packet::short;

/// An honest validator commits this block behind `tip`.
pub(crate) fn check_validity(
    who: usize,
    block: &Block,
    (height, tip): (Height, BlockId),
) -> Result<(), Broken> {
    if block.is_valid(height, tip) {
        return Ok(());
    }
    let id = short(block.id);
    let what = format!(
        "validator {who} finalized block {id} at height {height}, which breaks the rules: {:?}",
        block.content
    );
    Err(Broken::new(Invariant::Validity, what))
}
