use std::collections::BTreeSet;

use winterfell::math::FieldElement;
use winterfell::math::fields::f64::BaseElement;

use super::air::{
    ACROSS, ACROSS_BASE, COUNTED, KEPT, NUMBERS, SEQUENCE, SUMS, TAKEN, WITHIN, WITHIN_BASE,
};
use super::samples::{Samples, changed};
use super::trace::{columns, write_number};
use super::*;
use crate::stark::offences::Constraint::{Between, Fixed};
use crate::stark::offences::{self, Constraint, instance_count, spoil_round};
use crate::stark::rescue::Columns;

/// Records of a forged batch: they fill their rows to the last.
const COUNT: usize = 4;
const ROWS: usize = COUNT * ROWS_PER_RECORD;
const END: usize = ROWS - 1;

fn offended(claim: &Append, columns: &Columns) -> Vec<Constraint> {
    offences::offended::<AppendAir>(*claim, columns)
}

fn batch(seed: u64) -> (Append, Vec<Record>, Columns) {
    let (claim, records) = Samples::new(seed).batch(COUNT);
    let columns = columns(&claim, &records, ROWS);
    (claim, records, columns)
}

/// Hashes the records anew, after each was changed in its first row; the claim's
/// batch is what comes of it.
fn rehash(
    claim: &mut Append,
    columns: &mut Columns,
    records: &[Record],
    mut change: impl FnMut(usize, &mut State),
) {
    let mut state = first_state(records.len());
    for (place, record) in records.iter().enumerate() {
        state[LEFT..].copy_from_slice(&record.elements());
        change(place, &mut state);
        rescue::permute(columns, place * ROWS_PER_RECORD, &mut state);
    }
    claim.batch = TreeDigest::in_state(&state);
}

/// Makes a number of the last record a larger one, with cells that are not those
/// of a number of 32 bits: `number` stands in row 0, `rest` writes the others.
/// All that follows from the number follows.
fn with_number(
    seed: u64,
    which: usize,
    number: u64,
    rest: impl Fn(&mut Columns, usize),
) -> (Append, Columns) {
    let (mut claim, records, mut columns) = batch(seed);
    let row = ROWS - ROWS_PER_RECORD;
    let [a, b] = NUMBERS[which];
    let before = columns[b][row].as_int();
    rest(&mut columns, row);
    columns[a][row] = BaseElement::new(number) * WITHIN_BASE.into();
    columns[b][row] = BaseElement::new(number);
    let more = BaseElement::new(number) - BaseElement::new(before);
    let column = [SEQUENCE, SUMS[0], SUMS[1]][which];
    for cell in &mut columns[column][row + 1..] {
        *cell += more;
    }
    let (to, by) = (claim.to, number - before);
    let [one, other] = to.totals().get();
    let (last, totals) = match which {
        0 => (to.last().get() + by, [one, other]),
        1 => (to.last().get(), [one + by, other]),
        _ => (to.last().get(), [one, other + by]),
    };
    let (last, totals) = (Sequence::new(last), Totals::new(totals));
    claim.to = Lead::new(to.digest(), to.count(), last, totals).unwrap();
    rehash(&mut claim, &mut columns, &records, |place, state| {
        if place == COUNT - 1 {
            state[LEFT + which] += more;
        }
    });
    (claim, columns)
}

#[test]
fn program_and_constraints_agree_on_random_instances() {
    let mut samples = Samples::new(1);
    let (mut truths, count) = (0, instance_count(2_000));
    for _ in 0..count {
        let (mut claim, mut records) = {
            let count = 1 + samples.place(3);
            samples.batch(count)
        };
        let place = samples.place(records.len());
        let record = &mut records[place];
        match samples.number(16) {
            0 => record.content = changed(record.content, 3),
            1 => record.amounts[0] ^= 1,
            2 => record.amounts[1] ^= 1 << 31,
            3 => record.sequence = Sequence::new(record.sequence.get() - 1),
            4 => record.sequence = Sequence::new(record.sequence.get() ^ (1 << 33)),
            5 => claim.batch = changed(claim.batch, 0),
            6 => claim.to = with(&claim.to, 1, [0, 0]),
            7 => claim.to = with(&claim.to, 0, [1, 0]),
            8 if claim.sums()[1] > 0 => claim.from = with(&claim.from, 0, [0, 1]),
            9 => claim.from = with(&claim.from, 1, [0, 0]),
            // The first record does not rise, and all else is as it would be.
            10 => {
                records[0].sequence = claim.from.last();
                claim.batch = batch_of(&records);
            }
            11 => {
                records[0].sequence = Sequence::new(claim.from.last().get() - 1);
                claim.batch = batch_of(&records);
            }
            _ => {}
        }
        let program = append(&claim.from, &records).is_ok_and(|truth| same(&truth, &claim));
        let rows = (records.len() * ROWS_PER_RECORD).next_power_of_two();
        let constraints = offended(&claim, &columns(&claim, &records, rows)).is_empty();
        assert_eq!(program, constraints, "{claim:?}");
        truths += u32::from(program);
    }
    let truths = truths * 100 / count;
    assert!((15..50).contains(&truths), "{truths}% true claims");
}

/// The same lead but for its numbers.
fn with(lead: &Lead, last: u64, totals: [u64; 2]) -> Lead {
    let ([a, b], [c, d]) = (lead.totals().get(), totals);
    let last = Sequence::new(lead.last().get() + last);
    Lead::new(
        lead.digest(),
        lead.count(),
        last,
        Totals::new([a + c, b + d]),
    )
    .unwrap()
}

/// Whether claims are the same in what is proved: that digests of leads follow
/// is computed by whoever claims.
fn same(one: &Append, other: &Append) -> bool {
    let proved = |claim: &Append| (claim.count(), claim.batch, claim.sums());
    let lasts = |claim: &Append| (claim.from.last(), claim.to.last());
    proved(one) == proved(other) && lasts(one) == lasts(other)
}

#[test]
fn an_honest_trace_offends_nothing_and_may_be_longer_than_its_records() {
    for (seed, count) in [(2, 1), (3, 3), (4, 4), (5, 5)] {
        let (claim, records) = Samples::new(seed).batch(count);
        for rows in [64, 128] {
            let columns = columns(&claim, &records, rows);
            assert_eq!(offended(&claim, &columns), [], "{count} records");
        }
    }
}

#[test]
fn a_wrong_round_is_refused_by_the_constraint_of_its_element_alone() {
    let (mut claim, _, honest) = batch(6);
    for place in 0..STATE {
        let mut columns = honest.clone();
        let state = spoil_round(&mut columns, END, place);
        claim.batch = TreeDigest::in_state(&state);
        assert_eq!(offended(&claim, &columns), [Between(place)]);
    }
}

#[test]
fn a_capacity_changed_between_records_is_refused_by_its_constraint_alone() {
    for place in 0..LEFT {
        let (mut claim, records, mut columns) = batch(7);
        rehash(&mut claim, &mut columns, &records, |record, state| {
            if record == 2 {
                state[place] += BaseElement::ONE;
            }
        });
        assert_eq!(offended(&claim, &columns), [Between(KEPT + place)]);
    }
}

#[test]
fn a_capacity_that_is_not_that_of_the_hash_is_refused_by_its_cell_alone() {
    for place in 0..LEFT {
        let (mut claim, records, mut columns) = batch(8);
        rehash(&mut claim, &mut columns, &records, |record, state| {
            if record == 0 {
                state[place] += BaseElement::ONE;
            }
        });
        assert_eq!(offended(&claim, &columns), [Fixed(place, 0)]);
    }
}

#[test]
fn a_hash_of_another_number_is_refused_by_the_constraint_of_that_number_alone() {
    for changed_record in [0, COUNT - 1] {
        for place in 0..4 {
            let (mut claim, records, mut columns) = batch(9);
            rehash(&mut claim, &mut columns, &records, |record, state| {
                if record == changed_record {
                    state[LEFT + place] += BaseElement::ONE;
                }
            });
            assert_eq!(offended(&claim, &columns), [Between(TAKEN + place)]);
        }
    }
}

#[test]
fn a_count_that_jumps_is_refused_by_its_constraint_alone() {
    for (place, column) in [SEQUENCE, SUMS[0], SUMS[1]].into_iter().enumerate() {
        // At each row of the last record but the first.
        for row in ROWS - ROWS_PER_RECORD + 1..ROWS {
            let (mut claim, _, mut columns) = batch(10);
            for cell in &mut columns[column][row..] {
                *cell += BaseElement::ONE;
            }
            let more = [[0, 0], [1, 0], [0, 1]][place];
            claim.to = with(&claim.to, u64::from(place == 0), more);
            assert_eq!(offended(&claim, &columns), [Between(COUNTED + place)]);
        }
    }
}

#[test]
fn a_number_with_a_digit_too_large_is_refused_by_the_constraint_of_the_digit_alone() {
    let number = 1 << 32;
    for (which, [a, b]) in NUMBERS.into_iter().enumerate() {
        // All of the number above its lowest digits is in one digit of row 6.
        let (claim, columns) = with_number(11, which, number, |columns, row| {
            write_number(columns, row, [a, b], number);
            columns[a][row + 7] = BaseElement::ZERO;
            columns[b][row + 6] = ACROSS_BASE.into();
        });
        assert_eq!(offended(&claim, &columns), [Between(ACROSS + which)]);
        let (claim, columns) = with_number(11, which, number, |columns, row| {
            write_number(columns, row, [a, b], number);
            columns[a][row + 7] = BaseElement::ZERO;
            columns[b][row + 6] = BaseElement::ZERO;
            columns[a][row + 6] = (ACROSS_BASE * WITHIN_BASE).into();
        });
        assert_eq!(offended(&claim, &columns), [Between(WITHIN + which)]);
    }
}

#[test]
fn a_number_of_thirty_three_bits_is_refused_by_the_cell_that_ends_it_alone() {
    let number = 1 << 32;
    for (which, [a, b]) in NUMBERS.into_iter().enumerate() {
        let (claim, columns) = with_number(12, which, number, |columns, row| {
            write_number(columns, row, [a, b], number);
        });
        assert_eq!(offended(&claim, &columns), [Fixed(a, ROWS_PER_RECORD - 1)]);
    }
}

#[test]
fn another_beginning_is_refused_by_the_cells_of_the_first_row_alone() {
    let (claim, _, columns) = batch(13);
    let mut other = claim;
    other.from = with(&claim.from, 1, [0, 0]);
    assert_eq!(offended(&other, &columns), [Fixed(SEQUENCE, 0)]);
    for (place, column) in SUMS.into_iter().enumerate() {
        let mut columns = columns.clone();
        for cell in &mut columns[column] {
            *cell += BaseElement::ONE;
        }
        let mut other = claim;
        other.to = with(&claim.to, 0, [[1, 0], [0, 1]][place]);
        assert_eq!(offended(&other, &columns), [Fixed(column, 0)]);
    }
}

#[test]
fn another_end_is_refused_by_the_cells_of_the_last_row_alone() {
    let (claim, _, columns) = batch(14);
    for (column, last, totals) in [
        (SEQUENCE, 1, [0, 0]),
        (SUMS[0], 0, [1, 0]),
        (SUMS[1], 0, [0, 1]),
    ] {
        let mut other = claim;
        other.to = with(&claim.to, last, totals);
        assert_eq!(offended(&other, &columns), [Fixed(column, END)]);
    }
    for place in 0..4 {
        let mut other = claim;
        other.batch = changed(claim.batch, place);
        assert_eq!(offended(&other, &columns), [Fixed(LEFT + place, END)]);
    }
}

/// The tests above spoil each of these.
#[test]
fn every_constraint_has_a_forgery_of_its_own() {
    let (claim, ..) = batch(15);
    let between = (0..ACROSS + 3).map(Between);
    let capacity = (0..LEFT).map(|place| Fixed(place, 0));
    let counts = [SEQUENCE, SUMS[0], SUMS[1]];
    let ends = counts.map(|column| [Fixed(column, 0), Fixed(column, END)]);
    let digest = (LEFT..LEFT + 4).map(|place| Fixed(place, END));
    let numbers = NUMBERS.map(|[a, _]| Fixed(a, ROWS_PER_RECORD - 1));
    let spoilt = between.chain(capacity).chain(ends.into_iter().flatten());
    let spoilt: BTreeSet<_> = spoilt.chain(digest).chain(numbers).collect();
    assert_eq!(offences::all::<AppendAir>(claim, WIDTH, ROWS), spoilt);
}
