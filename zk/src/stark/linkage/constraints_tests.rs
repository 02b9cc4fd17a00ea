use std::collections::BTreeSet;

use winterfell::math::FieldElement;
use winterfell::math::fields::f64::BaseElement;

use super::air::{ADDED, COUNTED, DIGITS, HEIGHT, KEPT, LINKED, STEP, STEP_BASE, STEP_END, TIME};
use super::samples::{Samples, changed};
use super::trace::{columns, first_state, rest, write_step};
use super::*;
use crate::stark::offences::Constraint::{Between, Fixed};
use crate::stark::offences::{self, Constraint, instance_count, spoil_round};
use crate::stark::rescue::{Columns, LEFT, RIGHT, STATE, State};

/// Headers of a forged chain: they fill their rows to the last.
const COUNT: usize = 4;
const ROWS: usize = COUNT * ROWS_PER_HEADER;
const END: usize = ROWS - 1;
const LAST_HEADER: usize = ROWS - ROWS_PER_HEADER;

fn offended(claim: &Linkage, columns: &Columns) -> Vec<Constraint> {
    offences::offended::<LinkageAir>(*claim, columns)
}

fn chain(seed: u64) -> (Linkage, Vec<Header>, Columns) {
    let (claim, headers) = Samples::new(seed).chain(COUNT);
    let columns = columns(&claim, &headers, ROWS);
    (claim, headers, columns)
}

/// Hashes the headers anew, after the state was changed before a permutation,
/// counted from 0; the claim's last link is what comes of it.
fn rehash(
    claim: &mut Linkage,
    columns: &mut Columns,
    headers: &[Header],
    mut change: impl FnMut(usize, &mut State),
) {
    let (mut parent, mut height) = (claim.from.link(), claim.from.height().get());
    for (place, header) in headers.iter().enumerate() {
        height += 1;
        let mut state = first_state(parent, header.state);
        for half in [2 * place, 2 * place + 1] {
            if half % 2 == 1 {
                for (element, rest) in state[LEFT..].iter_mut().zip(rest(height, header)) {
                    *element += rest;
                }
            }
            change(half, &mut state);
            rescue::permute(columns, half * rescue::ROWS, &mut state);
        }
        parent = TreeDigest::in_state(&state);
    }
    claim.to = point(&claim.to, parent, 0);
}

/// The same point with another link, so much later.
fn point(point: &Point, link: TreeDigest, later: u64) -> Point {
    let time = TimestampMs::new(point.time().get() + later);
    Point::new(link, point.height(), time).unwrap()
}

/// Makes the time of the last header later, with cells that are not those of a
/// step in its range: `step` stands in row 0, `rest` writes the others. All that
/// follows from the time follows.
fn with_step(seed: u64, step: u64, rest: impl Fn(&mut Columns)) -> (Linkage, Columns) {
    let (mut claim, mut headers, mut columns) = chain(seed);
    let before = columns[STEP][LAST_HEADER].as_int();
    rest(&mut columns);
    columns[STEP][LAST_HEADER] = BaseElement::new(step);
    let later = step - before;
    for cell in &mut columns[TIME][LAST_HEADER + 1..] {
        *cell += BaseElement::new(later);
    }
    let time = &mut headers[COUNT - 1].time;
    *time = TimestampMs::new(time.get() + later);
    claim.to = point(&claim.to, claim.to.link(), later);
    rehash(&mut claim, &mut columns, &headers, |_, _| {});
    (claim, columns)
}

#[test]
fn program_and_constraints_agree_on_random_instances() {
    let mut samples = Samples::new(1);
    let (mut truths, count) = (0, instance_count(2_000));
    for _ in 0..count {
        let (mut claim, mut headers) = {
            let count = 2 + samples.place(2);
            samples.chain(count)
        };
        let place = samples.place(headers.len());
        let header = &mut headers[place];
        match samples.number(16) {
            0 => header.state = changed(header.state, 0),
            1 => header.set = changed(header.set, 3),
            2 => header.time = TimestampMs::new(header.time.get() - 1),
            3 => header.time = TimestampMs::new(header.time.get() ^ (1 << 42)),
            4 => claim.to = point(&claim.to, changed(claim.to.link(), 0), 0),
            5 => claim.to = point(&claim.to, claim.to.link(), 1),
            6 => claim.from = point(&claim.from, changed(claim.from.link(), 0), 0),
            7 => claim.from = point(&claim.from, claim.from.link(), 1),
            8 => claim.set = changed(claim.set, 0),
            9 => claim.states.first = changed(claim.states.first, 0),
            10 => claim.states.last = changed(claim.states.last, 0),
            11 => {
                // Another header in the place of one, with all that follows.
                headers[place].state = samples.digest();
                claim = link(&claim.from, &headers).unwrap();
            }
            12 => {
                // The first is not later, and all else is as it would be.
                headers[0].time = claim.from.time();
                let mut at = claim.from;
                for header in &headers {
                    at = at.under(header).unwrap();
                }
                claim.to = at;
            }
            _ => {}
        }
        let program = link(&claim.from, &headers) == Ok(claim);
        let rows = (headers.len() * ROWS_PER_HEADER).next_power_of_two();
        let constraints = offended(&claim, &columns(&claim, &headers, rows)).is_empty();
        assert_eq!(program, constraints, "{claim:?}");
        truths += u32::from(program);
    }
    let truths = truths * 100 / count;
    assert!((15..50).contains(&truths), "{truths}% true claims");
}

#[test]
fn an_honest_trace_offends_nothing_and_may_be_longer_than_its_headers() {
    for (seed, count) in [(2, 2), (3, 3), (4, 4), (5, 5)] {
        let (claim, headers) = Samples::new(seed).chain(count);
        for rows in [128, 256] {
            let columns = columns(&claim, &headers, rows);
            assert_eq!(offended(&claim, &columns), [], "{count} headers");
        }
    }
}

#[test]
fn a_wrong_round_is_refused_by_the_constraint_of_its_element_alone() {
    let (mut claim, _, honest) = chain(6);
    for place in 0..STATE {
        let mut columns = honest.clone();
        let state = spoil_round(&mut columns, END, place);
        claim.to = point(&claim.to, TreeDigest::in_state(&state), 0);
        assert_eq!(offended(&claim, &columns), [Between(place)]);
    }
}

#[test]
fn a_parent_that_is_not_the_one_before_is_refused_by_the_constraint_of_its_element_alone() {
    for place in 0..4 {
        let (mut claim, headers, mut columns) = chain(7);
        rehash(&mut claim, &mut columns, &headers, |half, state| {
            if half == 4 {
                state[LEFT + place] += BaseElement::ONE;
            }
        });
        assert_eq!(offended(&claim, &columns), [Between(LINKED + place)]);
    }
}

#[test]
fn a_capacity_that_is_not_that_of_the_hash_is_refused_by_its_cell_alone() {
    for header in 0..COUNT {
        for place in 0..LEFT {
            let (mut claim, headers, mut columns) = chain(8);
            rehash(&mut claim, &mut columns, &headers, |half, state| {
                if half == 2 * header {
                    state[place] += BaseElement::ONE;
                }
            });
            assert_eq!(offended(&claim, &columns), [Fixed(place, 0)]);
        }
    }
}

#[test]
fn a_state_changed_within_a_header_is_refused_by_the_constraint_of_its_element_alone() {
    // The capacity, the height, the time, the tag, the set, and the place in
    // which nothing is added.
    for header in 0..COUNT {
        for place in 0..STATE {
            let (mut claim, headers, mut columns) = chain(9);
            rehash(&mut claim, &mut columns, &headers, |half, state| {
                if half == 2 * header + 1 {
                    state[place] += BaseElement::ONE;
                }
            });
            assert_eq!(offended(&claim, &columns), [Between(KEPT + place)]);
        }
    }
}

#[test]
fn a_height_or_a_time_that_jumps_is_refused_by_its_constraint_alone() {
    for (place, column) in [HEIGHT, TIME].into_iter().enumerate() {
        // After it was hashed, at each row of the last header.
        for row in LAST_HEADER + rescue::ROWS + 1..ROWS {
            let (mut claim, _, mut columns) = chain(10);
            for cell in &mut columns[column][row..] {
                *cell += BaseElement::ONE;
            }
            claim.to = point(&claim.to, claim.to.link(), place as u64);
            assert_eq!(offended(&claim, &columns), [Between(COUNTED + place)]);
        }
    }
}

#[test]
fn a_step_with_a_digit_too_large_is_refused_by_the_constraint_of_the_digit_alone() {
    let (claim, columns) = with_step(11, TIME_STEP_MAX, |columns| {
        write_step(columns, LAST_HEADER, TIME_STEP_MAX);
        assert_eq!(columns[STEP][LAST_HEADER + STEP_END - 1], STEP_BASE.into());
        columns[STEP][LAST_HEADER + STEP_END] = BaseElement::ZERO;
    });
    assert_eq!(offended(&claim, &columns), [Between(DIGITS)]);
}

#[test]
fn a_step_with_a_digit_too_many_is_refused_by_the_cell_that_ends_it_alone() {
    let (claim, columns) = with_step(12, TIME_STEP_MAX, |columns| {
        write_step(columns, LAST_HEADER, TIME_STEP_MAX);
    });
    assert_eq!(offended(&claim, &columns), [Fixed(STEP, STEP_END)]);
}

#[test]
fn another_beginning_is_refused_by_its_cells_alone() {
    let (claim, _, columns) = chain(13);
    for place in 0..4 {
        let mut other = claim;
        other.from = point(&claim.from, changed(claim.from.link(), place), 0);
        assert_eq!(offended(&other, &columns), [Fixed(LEFT + place, 0)]);
        let mut other = claim;
        other.states.first = changed(claim.states.first, place);
        assert_eq!(offended(&other, &columns), [Fixed(RIGHT + place, 0)]);
    }
    let mut other = claim;
    other.from = point(&claim.from, claim.from.link(), 1);
    assert_eq!(offended(&other, &columns), [Fixed(TIME, 0)]);
    // The same headers, one higher, by as many.
    let higher = |point: &Point| {
        let height = point.height().next().unwrap();
        Point::new(point.link(), height, point.time()).unwrap()
    };
    let mut other = claim;
    (other.from, other.to) = (higher(&claim.from), higher(&claim.to));
    assert_eq!(offended(&other, &columns), [Fixed(HEIGHT, 0)]);
}

#[test]
fn another_end_is_refused_by_its_cells_alone() {
    let (claim, _, columns) = chain(14);
    for place in 0..4 {
        let mut other = claim;
        other.to = point(&claim.to, changed(claim.to.link(), place), 0);
        assert_eq!(offended(&other, &columns), [Fixed(LEFT + place, END)]);
        let mut other = claim;
        other.states.last = changed(claim.states.last, place);
        let state = Fixed(RIGHT + place, LAST_HEADER);
        assert_eq!(offended(&other, &columns), [state]);
    }
    let mut other = claim;
    other.to = point(&claim.to, claim.to.link(), 1);
    assert_eq!(offended(&other, &columns), [Fixed(TIME, END)]);
}

/// The tests above spoil each of these.
#[test]
fn every_constraint_has_a_forgery_of_its_own() {
    let (claim, ..) = chain(15);
    assert_eq!([KEPT + LEFT, ADDED + 8], [ADDED, COUNTED]);
    let between = (0..=DIGITS).map(Between);
    let first = [0..STATE, HEIGHT..TIME + 1].into_iter().flatten();
    let first = first.map(|column| Fixed(column, 0));
    let states = (RIGHT..STATE).map(|column| Fixed(column, LAST_HEADER));
    let end = (LEFT..RIGHT).chain([TIME]).map(|column| Fixed(column, END));
    let step = [Fixed(STEP, STEP_END)];
    let spoilt = between.chain(first).chain(states).chain(end).chain(step);
    let spoilt: BTreeSet<_> = spoilt.collect();
    assert_eq!(offences::all::<LinkageAir>(claim, WIDTH, ROWS), spoilt);
}
