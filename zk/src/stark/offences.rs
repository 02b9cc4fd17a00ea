//! For tests of constraints: which of them a trace offends.

use std::collections::BTreeSet;

use winterfell::crypto::hashers::Rp64_256;
use winterfell::math::FieldElement;
use winterfell::math::fields::f64::BaseElement;
use winterfell::{Air, EvaluationFrame, TraceInfo};

use super::options::OptionsId;
use super::rescue::{Columns, STATE, State, first_half, mix};

/// The exponent of a seventh root.
const SEVENTH_ROOT: u64 = 10_540_996_611_094_048_183;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Constraint {
    /// Between two rows, by its place.
    Between(usize),
    /// A fixed cell, by column and first row.
    Fixed(usize, usize),
}

use Constraint::{Between, Fixed};

/// The constraints that a trace does not satisfy. A forgery that offends exactly
/// one would pass without it.
pub(super) fn offended<A>(claim: A::PublicInputs, columns: &Columns) -> Vec<Constraint>
where
    A: Air<BaseField = BaseElement>,
{
    let rows = columns[0].len();
    let shape = TraceInfo::new(columns.len(), rows);
    let air = A::new(shape, claim, OptionsId::Standard.options());
    let mut offended = BTreeSet::new();
    for assertion in air.get_assertions() {
        assertion.apply(rows, |row, value| {
            if columns[assertion.column()][row] != value {
                offended.insert(Fixed(assertion.column(), assertion.first_step()));
            }
        });
    }
    let periodic = air.get_periodic_column_values();
    let row = |row: usize| columns.iter().map(|column| column[row]).collect::<Vec<_>>();
    let count = air.context().num_transition_constraints();
    for current in 0..rows - 1 {
        let frame = EvaluationFrame::from_rows(row(current), row(current + 1));
        let at = |column: &Vec<BaseElement>| column[current % column.len()];
        let constants: Vec<_> = periodic.iter().map(at).collect();
        let mut result = vec![BaseElement::ZERO; count];
        air.evaluate_transition(&frame, &constants, &mut result);
        let places = (0..count).filter(|place| result[*place] != BaseElement::ZERO);
        offended.extend(places.map(Between));
    }
    offended.into_iter().collect()
}

/// Every constraint, so that a test can tell that none was forgotten.
pub(super) fn all<A>(claim: A::PublicInputs, width: usize, rows: usize) -> BTreeSet<Constraint>
where
    A: Air<BaseField = BaseElement>,
{
    let shape = TraceInfo::new(width, rows);
    let air = A::new(shape, claim, OptionsId::Standard.options());
    let assertions = air.get_assertions();
    let fixed = assertions
        .iter()
        .map(|assertion| Fixed(assertion.column(), assertion.first_step()));
    let count = air.context().num_transition_constraints();
    fixed.chain((0..count).map(Between)).collect()
}

/// Makes the last round before `row` a wrong one: between its halves, one element
/// is another. Returns the state that comes of it.
pub(super) fn spoil_round(columns: &mut Columns, row: usize, place: usize) -> State {
    let before: Vec<_> = (0..STATE).map(|column| columns[column][row - 1]).collect();
    let mut middle = first_half(&before, &Rp64_256::ARK1[6]);
    middle[place] += BaseElement::ONE;
    let roots = middle.map(|element| element.exp(SEVENTH_ROOT));
    let mixed = mix(&Rp64_256::MDS, &roots);
    let mut state = State::default();
    for (column, element) in state.iter_mut().enumerate() {
        *element = mixed[column] + Rp64_256::ARK2[6][column];
        columns[column][row] = *element;
    }
    state
}

/// How many random instances a test tries: as many as `PYRALOG_INSTANCES` says.
pub(super) fn instance_count(default: u32) -> u32 {
    let asked = std::env::var_os("PYRALOG_INSTANCES");
    asked.map_or(default, |asked| {
        let text = asked.to_str().expect("a number is text");
        text.parse().expect("PYRALOG_INSTANCES is a number")
    })
}
