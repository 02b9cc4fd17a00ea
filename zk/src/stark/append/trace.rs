//! Filling the trace.

use winterfell::math::FieldElement;
use winterfell::math::fields::f64::BaseElement;

use super::air::{NUMBERS, SEQUENCE, SUMS, WIDTH};
use super::{Append, ROWS_PER_RECORD, Record, Sequence, first_state};
use crate::stark::digest::TreeDigest;
use crate::stark::rescue::{self, Columns, LEFT};

/// The columns of the trace of these records, and of such as have nothing to say
/// behind them.
pub(super) fn columns(claim: &Append, records: &[Record], rows: usize) -> Columns {
    let mut columns = vec![vec![BaseElement::ZERO; rows]; WIDTH];
    let mut state = first_state(records.len());
    let mut before = Before {
        last: claim.from().last().get(),
        sums: [BaseElement::ZERO; 2],
    };
    for place in 0..rows / ROWS_PER_RECORD {
        let record = records.get(place).copied();
        let record = record.unwrap_or_else(|| padding(before.last));
        let row = place * ROWS_PER_RECORD;
        state[LEFT..].copy_from_slice(&record.elements());
        rescue::permute(&mut columns, row, &mut state);
        before.count(&mut columns, row, &record);
    }
    // Bound by nothing. With a zero, a batch without amounts would give
    // constraints of a lower degree than declared, which the prover refuses in
    // debug builds.
    for [_, b] in NUMBERS {
        columns[b][rows - 1] = BaseElement::ONE;
    }
    columns
}

fn padding(last: u64) -> Record {
    Record {
        sequence: Sequence::new(last.wrapping_add(1)),
        amounts: [0; 2],
        content: TreeDigest::new([BaseElement::ZERO; 4]),
    }
}

/// What the records before come to.
struct Before {
    last: u64,
    sums: [BaseElement; 2],
}

impl Before {
    /// The rows of one record behind those of its hash.
    fn count(&mut self, columns: &mut Columns, first: usize, record: &Record) {
        let sequence = record.sequence.get();
        // Of a record that does not follow this is a number too long to fit.
        let step = sequence.wrapping_sub(self.last).wrapping_sub(1);
        let [one, other] = record.amounts.map(u64::from);
        for ([a, b], number) in NUMBERS.into_iter().zip([step, one, other]) {
            write_number(columns, first, [a, b], number);
        }
        for row in 0..ROWS_PER_RECORD {
            columns[SEQUENCE][first + row] = BaseElement::new(self.last);
            for (column, sum) in SUMS.into_iter().zip(self.sums) {
                columns[column][first + row] = sum;
            }
            if row == 0 {
                self.last = sequence;
                for (sum, amount) in self.sums.iter_mut().zip(record.amounts) {
                    *sum += BaseElement::from(amount);
                }
            }
        }
    }
}

/// The cells of a number, shifted further and further.
pub(super) fn write_number(columns: &mut Columns, first: usize, [a, b]: [usize; 2], number: u64) {
    columns[a][first] = BaseElement::new(number) * BaseElement::from(8u32);
    columns[b][first] = BaseElement::new(number);
    let mut left = number;
    for row in 1..ROWS_PER_RECORD {
        left >>= 2;
        columns[a][first + row] = BaseElement::new(left);
        left >>= 3;
        columns[b][first + row] = BaseElement::new(left);
    }
}
