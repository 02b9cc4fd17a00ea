//! The constraints of an append batch, as Plonky3 takes them.
//!
//! The same columns, constraints and fixed cells as in `zk/src/stark/append/air.rs`,
//! in the same order. There is one difference: a cell that is fixed in each record
//! is a constraint here, because Plonky3 knows no other way.

use std::array;
use std::borrow::Cow;

use p3_air::{Air, AirBuilder, BaseAir, WindowAccess};
use p3_field::PrimeCharacteristicRing;
use p3_goldilocks::Goldilocks;
use winterfell::crypto::hashers::Rp64_256;
use winterfell::math::fields::f64::BaseElement;

pub const STATE: usize = 12;
pub const CAPACITY: usize = 4;
pub const DIGEST: usize = 4;
pub const SEQUENCE: usize = STATE;
pub const SUMS: [usize; 2] = [SEQUENCE + 1, SEQUENCE + 2];
pub const NUMBERS: [[usize; 2]; 3] = [[15, 16], [17, 18], [19, 20]];
pub const WIDTH: usize = 21;
pub const ROWS_PER_RECORD: usize = 8;
pub const RECORD_TAG: u64 = 0x4150_0001;

/// What is fixed in the first row, then what is in the last.
pub const FIRST_FIXED: usize = CAPACITY + 3;
pub const LAST_FIXED: usize = 3 + DIGEST;

const ROUNDS: usize = ROWS_PER_RECORD - 1;
/// Whether a round follows, two constants for each element, whether a record
/// begins.
const PERIODIC: usize = 2 + 2 * STATE;

pub fn element(of: BaseElement) -> Goldilocks {
    Goldilocks::from_u64(of.as_int())
}

pub struct AppendAir {
    periodic: Vec<Vec<Goldilocks>>,
    mds: [[Goldilocks; STATE]; STATE],
    inverse: [[Goldilocks; STATE]; STATE],
}

impl AppendAir {
    pub fn new() -> Self {
        let column = |value: &dyn Fn(usize) -> Goldilocks| -> Vec<Goldilocks> {
            (0..ROUNDS).map(value).chain([Goldilocks::ZERO]).collect()
        };
        let mut periodic = vec![column(&|_| Goldilocks::ONE)];
        for constants in [Rp64_256::ARK1, Rp64_256::ARK2] {
            let of = |place: usize| column(&|round| element(constants[round][place]));
            periodic.extend((0..STATE).map(of));
        }
        let mut first = vec![Goldilocks::ZERO; ROWS_PER_RECORD];
        first[0] = Goldilocks::ONE;
        periodic.push(first);
        Self {
            periodic,
            mds: Rp64_256::MDS.map(|row| row.map(element)),
            inverse: Rp64_256::INV_MDS.map(|row| row.map(element)),
        }
    }

    /// Zeros if a round leads from one state to the next.
    fn round<E: PrimeCharacteristicRing + core::ops::Mul<Goldilocks, Output = E>>(
        &self,
        current: &[E],
        next: &[E],
        periodic: &[E],
    ) -> [E; STATE] {
        let (first, second) = periodic[1..].split_at(STATE);
        let forwards = mix(&self.mds, &powers(current));
        let before: [E; STATE] =
            array::from_fn(|place| next[place].clone() - second[place].clone());
        let backwards = powers(&mix(&self.inverse, &before));
        array::from_fn(|place| {
            let forwards = forwards[place].clone() + first[place].clone();
            periodic[0].clone() * (backwards[place].clone() - forwards)
        })
    }
}

fn powers<E: PrimeCharacteristicRing>(state: &[E]) -> [E; STATE] {
    array::from_fn(|place| state[place].exp_const_u64::<7>())
}

fn mix<E: PrimeCharacteristicRing + core::ops::Mul<Goldilocks, Output = E>>(
    matrix: &[[Goldilocks; STATE]; STATE],
    state: &[E; STATE],
) -> [E; STATE] {
    array::from_fn(|row| {
        let terms = matrix[row].iter().zip(state);
        terms.fold(E::ZERO, |sum, (factor, element)| {
            sum + element.clone() * *factor
        })
    })
}

/// Zero exactly for a digit of this base.
fn digit<E: PrimeCharacteristicRing>(value: &E, base: u64) -> E {
    (0..base).fold(E::ONE, |product, digit| {
        product * (value.clone() - E::from_u64(digit))
    })
}

impl BaseAir<Goldilocks> for AppendAir {
    fn width(&self) -> usize {
        WIDTH
    }

    fn num_public_values(&self) -> usize {
        FIRST_FIXED + LAST_FIXED
    }

    fn max_constraint_degree(&self) -> Option<usize> {
        Some(8)
    }

    fn num_periodic_columns(&self) -> usize {
        PERIODIC
    }

    fn periodic_columns(&self) -> Cow<'_, [Vec<Goldilocks>]> {
        Cow::Borrowed(&self.periodic)
    }
}

impl<AB: AirBuilder<F = Goldilocks>> Air<AB> for AppendAir {
    fn eval(&self, builder: &mut AB) {
        let main = builder.main();
        let read = |row: &[AB::Var]| -> [AB::Expr; WIDTH] { array::from_fn(|at| row[at].into()) };
        let (current, next) = (read(main.current_slice()), read(main.next_slice()));
        let periodic: [AB::Expr; PERIODIC] =
            array::from_fn(|at| builder.periodic_values()[at].into());
        let public: [AB::Expr; FIRST_FIXED + LAST_FIXED] =
            array::from_fn(|at| builder.public_values()[at].into());
        let (in_record, first) = (periodic[0].clone(), periodic[PERIODIC - 1].clone());
        let between = AB::Expr::ONE - in_record.clone();

        let mut transition = builder.when_transition();
        for difference in self.round(&current, &next, &periodic) {
            transition.assert_zero(difference);
        }
        for place in 0..CAPACITY {
            let change = next[place].clone() - current[place].clone();
            transition.assert_zero(between.clone() * change);
        }
        let [step, amounts @ ..] = NUMBERS.map(|[_, b]| current[b].clone());
        let rise = AB::Expr::ONE + step;
        let record = [
            current[SEQUENCE].clone() + rise.clone(),
            amounts[0].clone(),
            amounts[1].clone(),
            AB::Expr::from_u64(RECORD_TAG),
        ];
        for (place, element) in record.into_iter().enumerate() {
            let other = current[CAPACITY + place].clone() - element;
            transition.assert_zero(first.clone() * other);
        }
        let counted = [SEQUENCE, SUMS[0], SUMS[1]].into_iter();
        for (column, more) in counted.zip([rise, amounts[0].clone(), amounts[1].clone()]) {
            let change = next[column].clone() - current[column].clone();
            transition.assert_zero(change - first.clone() * more);
        }
        for [a, b] in NUMBERS {
            let within = current[a].clone() - current[b].clone() * AB::Expr::from_u64(8);
            transition.assert_zero(digit(&within, 8));
        }
        for [a, b] in NUMBERS {
            let across = current[b].clone() - next[a].clone() * AB::Expr::from_u64(4);
            transition.assert_zero(in_record.clone() * digit(&across, 4));
        }
        for [a, _] in NUMBERS {
            builder.assert_zero(between.clone() * current[a].clone());
        }
        let fixed = (0..CAPACITY).chain([SEQUENCE, SUMS[0], SUMS[1]]);
        for (column, value) in fixed.zip(&public) {
            let mut row = builder.when_first_row();
            row.assert_eq(current[column].clone(), value.clone());
        }
        let digest = CAPACITY..CAPACITY + DIGEST;
        let fixed = [SEQUENCE, SUMS[0], SUMS[1]].into_iter().chain(digest);
        for (column, value) in fixed.zip(&public[FIRST_FIXED..]) {
            let mut row = builder.when_last_row();
            row.assert_eq(current[column].clone(), value.clone());
        }
    }
}
