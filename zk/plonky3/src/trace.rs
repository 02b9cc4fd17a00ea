//! The trace of an append batch, a row after the other, and what is public of it.

use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;
use p3_matrix::dense::RowMajorMatrix;
use pyralog_zk::stark::append::Record;
use winterfell::crypto::hashers::Rp64_256;
use winterfell::math::fields::f64::BaseElement;

use crate::air::{
    CAPACITY, DIGEST, NUMBERS, RECORD_TAG, ROWS_PER_RECORD, SEQUENCE, STATE, SUMS, WIDTH, element,
};

/// For a power of two of records, on an empty log.
pub fn trace(records: &[Record]) -> (RowMajorMatrix<Goldilocks>, Vec<Goldilocks>) {
    let rows = records.len() * ROWS_PER_RECORD;
    let mut values = Goldilocks::zero_vec(rows * WIDTH);
    let mut state = [BaseElement::new(0); STATE];
    state[0] = BaseElement::new((records.len() * (STATE - CAPACITY)) as u64);
    let mut public: Vec<Goldilocks> = state[..CAPACITY].iter().map(|one| element(*one)).collect();
    public.extend([Goldilocks::ZERO; 3]);
    let (mut last, mut sums) = (0, [0; 2]);
    let records_and_rows = records
        .iter()
        .zip(values.chunks_mut(ROWS_PER_RECORD * WIDTH));
    for (record, rows) in records_and_rows {
        absorb(&mut state, record);
        let [one, other] = record.amounts.map(u64::from);
        let numbers = [record.sequence.get() - last - 1, one, other];
        let mut left = numbers;
        for (place, row) in rows.chunks_mut(WIDTH).enumerate() {
            if place > 0 {
                Rp64_256::apply_round(&mut state, place - 1);
            }
            for (cell, of_state) in row.iter_mut().zip(state) {
                *cell = element(of_state);
            }
            row[SEQUENCE] = Goldilocks::from_u64(last);
            for ((column, sum), more) in SUMS.into_iter().zip(&mut sums).zip([one, other]) {
                row[column] = Goldilocks::from_u64(*sum);
                *sum += if place == 0 { more } else { 0 };
            }
            for ([a, b], left) in NUMBERS.into_iter().zip(&mut left) {
                [row[a], row[b]] = digits(left, place);
            }
            last = record.sequence.get();
        }
    }
    public.extend([last, sums[0], sums[1]].map(Goldilocks::from_u64));
    public.extend(
        state[CAPACITY..CAPACITY + DIGEST]
            .iter()
            .map(|one| element(*one)),
    );
    (RowMajorMatrix::new(values, WIDTH), public)
}

/// The record takes the place of the rate.
fn absorb(state: &mut [BaseElement; STATE], record: &Record) {
    let [low, high] = record.amounts.map(BaseElement::from);
    let numbers = [
        BaseElement::new(record.sequence.get()),
        low,
        high,
        BaseElement::new(RECORD_TAG),
    ];
    let content = record.content.to_bytes();
    let content = content.as_chunks().0.iter();
    let content = content.map(|bytes| BaseElement::new(u64::from_le_bytes(*bytes)));
    let rate = numbers.into_iter().chain(content);
    for (cell, element) in state[CAPACITY..].iter_mut().zip(rate) {
        *cell = element;
    }
}

/// Both cells of a number in a row of its record.
fn digits(left: &mut u64, row: usize) -> [Goldilocks; 2] {
    if row == 0 {
        return [*left * 8, *left].map(Goldilocks::from_u64);
    }
    *left >>= 2;
    let a = Goldilocks::from_u64(*left);
    *left >>= 3;
    [a, Goldilocks::from_u64(*left)]
}
