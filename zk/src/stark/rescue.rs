//! The hash `Rp64_256` as constraints: eight rows to a permutation.
//!
//! Twelve columns hold the state. From row r to r + 1, r below 7, it passes one
//! round; what happens from row 7 to the next row 0 is up to whoever uses this.
//! The half of a round that raises to a seventh root is checked backwards from
//! the next row, so that the degree stays seven.

use winterfell::crypto::hashers::Rp64_256;
use winterfell::math::FieldElement;
use winterfell::math::fields::f64::BaseElement;

use super::digest::DIGEST_ELEMENTS;

pub(super) const STATE: usize = Rp64_256::STATE_WIDTH;
/// Rows of a permutation: before each round, and after the last.
pub(super) const ROWS: usize = ROUNDS + 1;
/// Where the capacity ends and the rate begins. The digest is there after the
/// last round, and the left of two digests before the first.
pub(super) const LEFT: usize = 4;
/// The right of two digests.
pub(super) const RIGHT: usize = LEFT + DIGEST_ELEMENTS;
/// How many elements are taken in at once.
pub(super) const RATE: usize = STATE - LEFT;

const ROUNDS: usize = Rp64_256::NUM_ROUNDS;

/// The columns of [`periodic`]: whether a round follows, then the constants.
pub(super) const PERIODIC: usize = 1 + 2 * STATE;
const SECOND: usize = 1 + STATE;

pub(super) type State = [BaseElement; STATE];
/// A trace: one column to a list.
pub(super) type Columns = Vec<Vec<BaseElement>>;

/// Writes the rows of a permutation from this row on; leaves the state after it.
pub(super) fn permute(columns: &mut Columns, first: usize, state: &mut State) {
    for row in 0..ROWS {
        if row > 0 {
            Rp64_256::apply_round(state, row - 1);
        }
        for (column, element) in columns.iter_mut().zip(*state) {
            column[first + row] = element;
        }
    }
}

/// For each row of a permutation: one if a round follows, else zero; and the
/// constants of that round.
pub(super) fn periodic() -> Vec<Vec<BaseElement>> {
    let column = |value: &dyn Fn(usize) -> BaseElement| {
        let rounds = (0..ROUNDS).map(value);
        rounds.chain([BaseElement::ZERO]).collect::<Vec<_>>()
    };
    let mut columns = vec![column(&|_| BaseElement::ONE)];
    for constants in [Rp64_256::ARK1, Rp64_256::ARK2] {
        columns.extend((0..STATE).map(|place| column(&|round| constants[round][place])));
    }
    columns
}

/// Zeros if a round leads from one state to the next, or none follows here.
/// `periodic` begins with the columns of [`periodic`].
pub(super) fn round<E: FieldElement<BaseField = BaseElement>>(
    current: &[E],
    next: &[E],
    periodic: &[E],
) -> [E; STATE] {
    let forwards = first_half(current, &periodic[1..SECOND]);
    let mut difference = second_half(next, &periodic[SECOND..PERIODIC]);
    for (difference, forwards) in difference.iter_mut().zip(forwards) {
        *difference = periodic[0] * (*difference - forwards);
    }
    difference
}

/// What the first half of a round makes of a state.
pub(super) fn first_half<E: FieldElement<BaseField = BaseElement>>(
    state: &[E],
    constants: &[E],
) -> [E; STATE] {
    let mut mixed = mix(&Rp64_256::MDS, &seventh_powers(state));
    for (element, constant) in mixed.iter_mut().zip(constants) {
        *element += *constant;
    }
    mixed
}

/// The state before the second half of a round, from the state after it.
fn second_half<E: FieldElement<BaseField = BaseElement>>(
    state: &[E],
    constants: &[E],
) -> [E; STATE] {
    let mut before = [E::ZERO; STATE];
    for ((before, after), constant) in before.iter_mut().zip(state).zip(constants) {
        *before = *after - *constant;
    }
    seventh_powers(&mix(&Rp64_256::INV_MDS, &before))
}

fn seventh_powers<E: FieldElement>(state: &[E]) -> [E; STATE] {
    let mut powers = [E::ZERO; STATE];
    for (power, element) in powers.iter_mut().zip(state) {
        let square = element.square();
        *power = square.square() * square * *element;
    }
    powers
}

pub(super) fn mix<E: FieldElement<BaseField = BaseElement>>(
    matrix: &[[BaseElement; STATE]; STATE],
    state: &[E; STATE],
) -> [E; STATE] {
    let product = |row: &[BaseElement; STATE]| {
        let terms = row.iter().zip(state);
        terms.fold(E::ZERO, |sum, (factor, element)| {
            sum + element.mul_base(*factor)
        })
    };
    let mut mixed = [E::ZERO; STATE];
    for (mixed, row) in mixed.iter_mut().zip(matrix) {
        *mixed = product(row);
    }
    mixed
}
