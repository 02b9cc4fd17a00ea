//! The relation as constraints over a trace.
//!
//! Sixteen rows to a header: two permutations of Rescue Prime (`rescue`), in
//! columns 0 to 11. Row 0 begins with a fresh capacity and, in the rate, the
//! parent's link and the state; from row 7 to row 8 the rest is added to the
//! rate; row 15 holds the link. Then the height ([`HEIGHT`]) and the time
//! ([`TIME`]), in row 0 those of the parent, from row 1 on the header's own. Then
//! by how much more than a millisecond the time rises ([`STEP`]).
//!
//! **The step** stands in row 0; each row divides it by seven, `s = 7·s′ + ?`,
//! and in row 14 it must be zero: fourteen digits below 7. In row 15 the cell is
//! anything.
//!
//! Constraints between rows, by their place in the result:
//! - 0 to 11: one round;
//! - 12 to 15: from the last row of a header to the first of the next, the link
//!   becomes the parent;
//! - 16 to 19: from row 7 to row 8, the capacity is kept;
//! - 20 to 27: from row 7 to row 8, the rate grows by the height, the time, the
//!   tag, the set and nothing;
//! - 28, 29: from the first row of a header to its second, height and time
//!   become those of the header; else they stay;
//! - 30: the digits of the step.
//!
//! Fixed cells ([`Air::get_assertions`]): the capacity in the first row of each
//! header; the parent and the state in the first row; the height and the time
//! there; the state in the first row of the last header; the time and the link
//! in its last row; the step in row 14 of each header. The height of the last
//! header follows: it is the first one and the count.
//!
//! **Rows behind the last header** go on like those of headers, up to a power of
//! two. Nothing is claimed of them: all that is, is fixed at rows that follow
//! from the count. Constraints look at a row and the next one, so what follows
//! the last header changes nothing before.

use winterfell::math::fields::f64::BaseElement;
use winterfell::math::{FieldElement, ToElements};
use winterfell::{
    Air, AirContext, Assertion, EvaluationFrame, ProofOptions, TraceInfo,
    TransitionConstraintDegree,
};

use super::{HASHED, HEADER_TAG, Linkage, ROWS_PER_HEADER};
use crate::stark::digest::DIGEST_ELEMENTS;
use crate::stark::digits::digit;
use crate::stark::rescue::{self, LEFT, RATE, RIGHT, STATE};

/// The height.
pub(super) const HEIGHT: usize = STATE;
/// The time.
pub(super) const TIME: usize = STATE + 1;
/// By how much more than a millisecond the time rises.
pub(super) const STEP: usize = STATE + 2;
pub(super) const WIDTH: usize = STATE + 3;

/// Places of the constraints between rows.
pub(super) const LINKED: usize = STATE;
pub(super) const KEPT: usize = LINKED + DIGEST_ELEMENTS;
pub(super) const ADDED: usize = KEPT + LEFT;
pub(super) const COUNTED: usize = ADDED + RATE;
pub(super) const DIGITS: usize = COUNTED + 2;

pub(super) const STEP_BASE: u32 = 7;
/// The row of a header in which the step is zero.
pub(super) const STEP_END: usize = 14;

/// Names the constraints in what the challenges depend on.
const NAME: u32 = 0x484c_0002;

/// Periodic columns behind those of the hash: the first row of a header, the row
/// between its permutations, its last row, and the rows with a digit.
const FIRST: usize = rescue::PERIODIC;
const MIDDLE: usize = FIRST + 1;
const LAST: usize = FIRST + 2;
const DIGIT: usize = FIRST + 3;

pub(super) struct LinkageAir {
    context: AirContext<BaseElement>,
    claim: Linkage,
}

impl ToElements<BaseElement> for Linkage {
    fn to_elements(&self) -> Vec<BaseElement> {
        let mut elements = vec![BaseElement::from(NAME)];
        for point in [self.from(), self.to()] {
            elements.extend(point.link().elements());
            let numbers = [point.height().get(), point.time().get()];
            elements.extend(numbers.map(BaseElement::new));
        }
        let states = self.states();
        for digest in [states.first, states.last, self.set()] {
            elements.extend(digest.elements());
        }
        elements
    }
}

impl Air for LinkageAir {
    type BaseField = BaseElement;
    type PublicInputs = Linkage;

    fn new(trace_info: TraceInfo, claim: Linkage, options: ProofOptions) -> Self {
        let cycles = TransitionConstraintDegree::with_cycles;
        let in_header = |degree| cycles(degree, vec![ROWS_PER_HEADER]);
        let mut degrees = vec![cycles(7, vec![rescue::ROWS]); STATE];
        degrees.extend(vec![in_header(1); COUNTED - LINKED]);
        // That the height grows is told without a factor that depends on the row.
        degrees.push(TransitionConstraintDegree::new(1));
        degrees.push(in_header(1));
        degrees.push(in_header(STEP_BASE as usize));
        let assertions = assertions(&claim).len();
        Self {
            context: AirContext::new(trace_info, degrees, assertions, options),
            claim,
        }
    }

    fn context(&self) -> &AirContext<BaseElement> {
        &self.context
    }

    fn evaluate_transition<E: FieldElement<BaseField = BaseElement>>(
        &self,
        frame: &EvaluationFrame<E>,
        periodic: &[E],
        result: &mut [E],
    ) {
        let (current, next) = (frame.current(), frame.next());
        let (first, middle, last) = (periodic[FIRST], periodic[MIDDLE], periodic[LAST]);
        result[..STATE].copy_from_slice(&rescue::round(current, next, periodic));
        for place in 0..DIGEST_ELEMENTS {
            let (link, parent) = (current[LEFT + place], next[LEFT + place]);
            result[LINKED + place] = last * (parent - link);
        }
        for place in 0..LEFT {
            result[KEPT + place] = middle * (next[place] - current[place]);
        }
        let [a, b, c, d] = self.claim.set().elements().map(E::from);
        let (height, time) = (next[HEIGHT], next[TIME]);
        let rest = [height, time, E::from(HEADER_TAG), a, b, c, d, E::ZERO];
        for (place, element) in rest.into_iter().enumerate() {
            let added = next[LEFT + place] - current[LEFT + place];
            result[ADDED + place] = middle * (added - element);
        }
        result[COUNTED] = height - current[HEIGHT] - first;
        result[COUNTED + 1] = time - current[TIME] - first * (E::ONE + current[STEP]);
        let step = current[STEP] - next[STEP].mul_base(STEP_BASE.into());
        result[DIGITS] = periodic[DIGIT] * digit(step, STEP_BASE);
    }

    fn get_assertions(&self) -> Vec<Assertion<BaseElement>> {
        assertions(&self.claim)
    }

    fn get_periodic_column_values(&self) -> Vec<Vec<BaseElement>> {
        let rows_where = |is: &dyn Fn(usize) -> bool| {
            let rows = 0..ROWS_PER_HEADER;
            rows.map(|row| BaseElement::from(u32::from(is(row))))
                .collect::<Vec<_>>()
        };
        let mut columns = rescue::periodic();
        columns.push(rows_where(&|row| row == 0));
        columns.push(rows_where(&|row| row == rescue::ROWS - 1));
        columns.push(rows_where(&|row| row == ROWS_PER_HEADER - 1));
        columns.push(rows_where(&|row| row < STEP_END));
        columns
    }
}

/// The cells that are fixed.
fn assertions(claim: &Linkage) -> Vec<Assertion<BaseElement>> {
    let end = claim.count() * ROWS_PER_HEADER - 1;
    let last_header = end + 1 - ROWS_PER_HEADER;
    let number = BaseElement::new;
    let mut all = Vec::new();
    for column in 0..LEFT {
        let value = number(if column == 0 { HASHED as u64 } else { 0 });
        all.push(Assertion::periodic(column, 0, ROWS_PER_HEADER, value));
    }
    let states = claim.states();
    for (column, row, digest) in [
        (LEFT, 0, claim.from().link()),
        (RIGHT, 0, states.first),
        (RIGHT, last_header, states.last),
        (LEFT, end, claim.to().link()),
    ] {
        for (place, element) in digest.elements().iter().enumerate() {
            all.push(Assertion::single(column + place, row, *element));
        }
    }
    for (column, row, value) in [
        (HEIGHT, 0, claim.from().height().get()),
        (TIME, 0, claim.from().time().get()),
        (TIME, end, claim.to().time().get()),
    ] {
        all.push(Assertion::single(column, row, number(value)));
    }
    let (row, rows) = (STEP_END, ROWS_PER_HEADER);
    all.push(Assertion::periodic(STEP, row, rows, number(0)));
    all
}
