//! Filling the trace.

use winterfell::crypto::hashers::Rp64_256;
use winterfell::math::FieldElement;
use winterfell::math::fields::f64::BaseElement;

use super::air::{HASHED, SIDE, WIDTH};
use super::{Inclusion, ROWS_PER_LEVEL};
use crate::stark::digest::{DIGEST_ELEMENTS, TreeDigest};
use crate::stark::rescue::{LEFT, RIGHT, STATE, State};

/// The columns of the trace that leads from the claim's leaf over `path`, which
/// has as many digests as the claim has levels.
pub(super) fn columns(claim: &Inclusion, path: &[TreeDigest]) -> Vec<Vec<BaseElement>> {
    let mut rows = Vec::with_capacity(path.len() * ROWS_PER_LEVEL);
    let mut node = claim.leaf;
    for (level, sibling) in path.iter().enumerate() {
        let is_right = claim.is_right(level);
        let mut state = first_state(node, *sibling, is_right);
        for row in 0..ROWS_PER_LEVEL {
            if row > 0 {
                Rp64_256::apply_round(&mut state, row - 1);
            }
            rows.push((state, side(rows.len(), is_right)));
        }
        node = TreeDigest::in_state(&state);
    }
    let column = |place: usize| {
        let cells = rows
            .iter()
            .map(|(state, side)| *state.get(place).unwrap_or(side));
        cells.collect()
    };
    (0..WIDTH).map(column).collect()
}

pub(super) fn first_state(node: TreeDigest, sibling: TreeDigest, is_right: bool) -> State {
    let mut state = [BaseElement::ZERO; STATE];
    state[0] = BaseElement::from(HASHED);
    let (node_at, sibling_at) = if is_right {
        (RIGHT, LEFT)
    } else {
        (LEFT, RIGHT)
    };
    state[node_at..node_at + DIGEST_ELEMENTS].copy_from_slice(node.elements());
    state[sibling_at..sibling_at + DIGEST_ELEMENTS].copy_from_slice(sibling.elements());
    state
}

/// The cell of the last column. Where it may hold anything, it holds the number
/// of the row: with zeros, a place on the left edge would give constraints of a
/// lower degree than declared, which the prover refuses in debug builds.
pub(super) fn side(row: usize, is_right: bool) -> BaseElement {
    if row.is_multiple_of(ROWS_PER_LEVEL) {
        BaseElement::from(u32::from(is_right))
    } else {
        BaseElement::new(row as u64)
    }
}

/// The place of the side among the columns is behind the state.
const _: () = assert!(SIDE == STATE && WIDTH == STATE + 1);
