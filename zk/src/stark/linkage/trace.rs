//! Filling the trace.

use pyralog_primitives::TimestampMs;
use winterfell::math::FieldElement;
use winterfell::math::fields::f64::BaseElement;

use super::air::{HEIGHT, STEP, STEP_BASE, TIME, WIDTH};
use super::{HASHED, HEADER_TAG, Header, Linkage, ROWS_PER_HEADER};
use crate::stark::digest::TreeDigest;
use crate::stark::rescue::{self, Columns, LEFT, RIGHT, STATE, State};

/// The columns of the trace of these headers, and of such as have nothing to say
/// behind them.
pub(super) fn columns(claim: &Linkage, headers: &[Header], rows: usize) -> Columns {
    let mut columns = vec![vec![BaseElement::ZERO; rows]; WIDTH];
    let mut parent = claim.from().link();
    let (mut height, mut time) = (claim.from().height().get(), claim.from().time().get());
    for place in 0..rows / ROWS_PER_HEADER {
        let header = headers.get(place).copied();
        let header = header.unwrap_or_else(|| padding(time, claim.set()));
        let first = place * ROWS_PER_HEADER;
        let (own_height, own_time) = (height.wrapping_add(1), header.time.get());
        parent = hash(&mut columns, first, parent, own_height, &header);
        // Of a header that does not follow this is a number too long to fit.
        let step = own_time.wrapping_sub(time).wrapping_sub(1);
        write_step(&mut columns, first, step);
        for row in 0..ROWS_PER_HEADER {
            columns[HEIGHT][first + row] = BaseElement::new(height);
            columns[TIME][first + row] = BaseElement::new(time);
            (height, time) = (own_height, own_time);
        }
    }
    // Bound by nothing. With a zero, headers one millisecond apart would give
    // constraints of a lower degree than declared, which the prover refuses in
    // debug builds.
    columns[STEP][rows - 1] = BaseElement::ONE;
    columns
}

fn padding(time: u64, set: TreeDigest) -> Header {
    Header {
        state: TreeDigest::new([BaseElement::ZERO; 4]),
        time: TimestampMs::new(time.wrapping_add(1)),
        set,
    }
}

/// The rows of the hash of a header; its link.
fn hash(
    columns: &mut Columns,
    first: usize,
    parent: TreeDigest,
    height: u64,
    header: &Header,
) -> TreeDigest {
    let mut state = first_state(parent, header.state);
    rescue::permute(columns, first, &mut state);
    for (element, rest) in state[LEFT..].iter_mut().zip(rest(height, header)) {
        *element += rest;
    }
    rescue::permute(columns, first + rescue::ROWS, &mut state);
    TreeDigest::in_state(&state)
}

/// The state with the parent and the state in the rate.
pub(super) fn first_state(parent: TreeDigest, state: TreeDigest) -> State {
    let mut first = [BaseElement::ZERO; STATE];
    first[0] = BaseElement::new(HASHED as u64);
    first[LEFT..RIGHT].copy_from_slice(parent.elements());
    first[RIGHT..].copy_from_slice(state.elements());
    first
}

/// What is added to the rate between the permutations.
pub(super) fn rest(height: u64, header: &Header) -> [BaseElement; 8] {
    let [a, b, c, d] = *header.set.elements();
    let [height, time] = [height, header.time.get()].map(BaseElement::new);
    [
        height,
        time,
        HEADER_TAG.into(),
        a,
        b,
        c,
        d,
        BaseElement::ZERO,
    ]
}

/// The cells of a step, divided further and further.
pub(super) fn write_step(columns: &mut Columns, first: usize, step: u64) {
    let mut left = step;
    for row in 0..ROWS_PER_HEADER {
        columns[STEP][first + row] = BaseElement::new(left);
        left /= u64::from(STEP_BASE);
    }
}
