//! The relation as constraints over a trace.
//!
//! Eight rows to a record. Columns 0 to 11 hold the state of Rescue Prime
//! (`rescue`): in row 0 of a record, the record is in the rate. Then, for all
//! records before this one, the last sequence number ([`SEQUENCE`]) and the sums
//! of the amounts ([`SUMS`]); from row 1 on, with this record too. Then three
//! numbers of 32 bits, each in two columns ([`NUMBERS`]): by how much more than
//! one the sequence rises, and the two amounts.
//!
//! **A number** stands in row 0 in the second of its columns, `b`; `a` is the
//! first. Its digits, from the lowest: `b₀ = 4·a₁ + ?`, then for rows 1 to 6
//! `a = 8·b + ?` and `b = 4·a′ + ?`, where a′ is in the next row; and `a₇ = 0`.
//! That is a digit below 4, six times a digit below 8 and one below 4: 2 + 6·5
//! bits, exactly 32. In row 0 `a` is anything that fits, and in row 7 so is `b`.
//!
//! Constraints between rows, by their place in the result:
//! - 0 to 11: one round;
//! - 12 to 15: from the last row of a record to the first of the next, the
//!   capacity is kept;
//! - 16 to 19: in the first row of a record, the rate holds the sequence number
//!   (that before, one, and the first number), both amounts and the tag;
//! - 20 to 22: from the first row of a record to its second, the last sequence
//!   number and the sums take in the record; else they stay;
//! - 23 to 25, 26 to 28: the digits of each number, `a` over `b`, and `b` over
//!   the next `a`.
//!
//! The last of all rows is bound by no constraint but those that end there: a
//! number needs none in row 7 of a record, which may be that row.
//!
//! Fixed cells ([`Air::get_assertions`]): the capacity in the first row; the last
//! sequence number and the sums there, and in the last row of the last record;
//! the digest in that row; `a` in the last row of each record.
//!
//! **Rows behind the last record** go on like those of records, up to a power of
//! two. Nothing is claimed of them: all that is, is fixed at rows that follow
//! from the count. Constraints look at a row and the next one, so what follows
//! the last record changes nothing before.

use winterfell::math::fields::f64::BaseElement;
use winterfell::math::{FieldElement, ToElements};
use winterfell::{
    Air, AirContext, Assertion, EvaluationFrame, ProofOptions, TraceInfo,
    TransitionConstraintDegree,
};

use super::{Append, RECORD_TAG, ROWS_PER_RECORD, first_state};
use crate::stark::digest::DIGEST_ELEMENTS;
use crate::stark::digits::digit;
use crate::stark::rescue::{self, LEFT, STATE};

/// The last sequence number.
pub(super) const SEQUENCE: usize = STATE;
/// The sums of the amounts.
pub(super) const SUMS: [usize; 2] = [SEQUENCE + 1, SEQUENCE + 2];
/// The columns `a` and `b` of the three numbers.
pub(super) const NUMBERS: [[usize; 2]; 3] = [[15, 16], [17, 18], [19, 20]];
pub(super) const WIDTH: usize = 21;

/// Places of the constraints between rows.
pub(super) const KEPT: usize = STATE;
pub(super) const TAKEN: usize = KEPT + LEFT;
pub(super) const COUNTED: usize = TAKEN + 4;
pub(super) const WITHIN: usize = COUNTED + 3;
pub(super) const ACROSS: usize = WITHIN + 3;
pub(super) const BETWEEN: usize = ACROSS + 3;

/// The digit of `a` over `b`, with no other factor: of the highest degree that
/// the domain has room for.
pub(super) const WITHIN_BASE: u32 = 8;
/// The digit of `b` over the next `a`.
pub(super) const ACROSS_BASE: u32 = 4;

/// Names the constraints in what the challenges depend on.
const NAME: u32 = 0x4150_0003;

/// The periodic column behind those of the hash: the first row of a record.
const FIRST: usize = rescue::PERIODIC;

pub(super) struct AppendAir {
    context: AirContext<BaseElement>,
    claim: Append,
}

impl ToElements<BaseElement> for Append {
    /// The old and the new digest are bound by the batch outside of the proof;
    /// here they stand so that a proof is for one claim only.
    fn to_elements(&self) -> Vec<BaseElement> {
        let mut elements = vec![BaseElement::from(NAME)];
        for lead in [self.from(), self.to()] {
            elements.extend(lead.digest().elements());
            let [one, other] = lead.totals().get();
            let numbers = [lead.count().get(), lead.last().get(), one, other];
            elements.extend(numbers.map(BaseElement::new));
        }
        elements.extend(self.batch().elements());
        elements
    }
}

impl Air for AppendAir {
    type BaseField = BaseElement;
    type PublicInputs = Append;

    fn new(trace_info: TraceInfo, claim: Append, options: ProofOptions) -> Self {
        let in_record = |degree| {
            let cycles = vec![ROWS_PER_RECORD];
            TransitionConstraintDegree::with_cycles(degree, cycles)
        };
        let within = TransitionConstraintDegree::new(WITHIN_BASE as usize);
        let mut degrees = vec![in_record(7); STATE];
        degrees.extend(vec![in_record(1); WITHIN - KEPT]);
        degrees.extend(vec![within; ACROSS - WITHIN]);
        degrees.extend(vec![in_record(ACROSS_BASE as usize); BETWEEN - ACROSS]);
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
        let (in_record, first) = (periodic[0], periodic[FIRST]);
        result[..STATE].copy_from_slice(&rescue::round(current, next, periodic));
        for place in 0..LEFT {
            result[KEPT + place] = (E::ONE - in_record) * (next[place] - current[place]);
        }
        let [step, amounts @ ..] = NUMBERS.map(|[_, b]| current[b]);
        let rise = E::ONE + step;
        let tag = E::from(RECORD_TAG);
        let record = [current[SEQUENCE] + rise, amounts[0], amounts[1], tag];
        for (place, element) in record.into_iter().enumerate() {
            result[TAKEN + place] = first * (current[LEFT + place] - element);
        }
        let counted = [SEQUENCE, SUMS[0], SUMS[1]].into_iter();
        for (place, (column, more)) in counted.zip([rise, amounts[0], amounts[1]]).enumerate() {
            result[COUNTED + place] = next[column] - current[column] - first * more;
        }
        for (place, [a, b]) in NUMBERS.into_iter().enumerate() {
            let within = current[a] - current[b].mul_base(WITHIN_BASE.into());
            let across = current[b] - next[a].mul_base(ACROSS_BASE.into());
            result[WITHIN + place] = digit(within, WITHIN_BASE);
            result[ACROSS + place] = in_record * digit(across, ACROSS_BASE);
        }
    }

    fn get_assertions(&self) -> Vec<Assertion<BaseElement>> {
        assertions(&self.claim)
    }

    fn get_periodic_column_values(&self) -> Vec<Vec<BaseElement>> {
        let mut columns = rescue::periodic();
        let mut first = vec![BaseElement::ZERO; ROWS_PER_RECORD];
        first[0] = BaseElement::ONE;
        columns.push(first);
        columns
    }
}

/// The cells that are fixed.
fn assertions(claim: &Append) -> Vec<Assertion<BaseElement>> {
    let last = claim.count() * ROWS_PER_RECORD - 1;
    let number = BaseElement::new;
    let capacity = first_state(claim.count());
    let mut all: Vec<_> = (0..LEFT)
        .map(|column| Assertion::single(column, 0, capacity[column]))
        .collect();
    let (before, after) = (claim.from().last().get(), claim.to().last().get());
    all.push(Assertion::single(SEQUENCE, 0, number(before)));
    all.push(Assertion::single(SEQUENCE, last, number(after)));
    for (column, sum) in SUMS.into_iter().zip(claim.sums()) {
        all.push(Assertion::single(column, 0, BaseElement::ZERO));
        all.push(Assertion::single(column, last, number(sum)));
    }
    for place in 0..DIGEST_ELEMENTS {
        let element = claim.batch().elements()[place];
        all.push(Assertion::single(LEFT + place, last, element));
    }
    let zero = BaseElement::ZERO;
    for [a, _] in NUMBERS {
        let (row, rows) = (ROWS_PER_RECORD - 1, ROWS_PER_RECORD);
        all.push(Assertion::periodic(a, row, rows, zero));
    }
    all
}
