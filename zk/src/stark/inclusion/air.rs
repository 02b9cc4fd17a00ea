//! The relation as constraints over a trace.
//!
//! Eight rows to a level. Columns 0 to 11 hold the state of Rescue Prime; from
//! row r to r + 1 of a level, r below 7, it passes one round. Column 12 says, in
//! the first row of a level, whether the node is a right child; in other rows
//! it holds anything.
//!
//! Constraints between rows, by their place in the result:
//! - 0 to 11: within a level, one round;
//! - 12 to 15: from the last row of a level to the first of the next, the digest
//!   goes to the side that column 12 says. The other side is free: it is the
//!   sibling, which the prover chooses.
//!
//! Fixed cells ([`Air::get_assertions`]): the capacity in the first row of each
//! level; the side in the first row of each level; the leaf on its side; the
//! root in the last row.

use winterfell::math::fields::f64::BaseElement;
use winterfell::math::{FieldElement, ToElements};
use winterfell::{
    Air, AirContext, Assertion, EvaluationFrame, ProofOptions, TraceInfo,
    TransitionConstraintDegree,
};

use super::{Inclusion, ROWS_PER_LEVEL};
use crate::stark::digest::DIGEST_ELEMENTS;
use crate::stark::rescue::{self, LEFT, RIGHT, STATE};

pub(super) const WIDTH: usize = STATE + 1;
/// The column that says on which side the node is.
pub(super) const SIDE: usize = STATE;
/// The first element of the capacity: how many elements are hashed.
pub(super) const HASHED: u32 = 8;

/// Names the constraints in what the challenges depend on.
const NAME: u32 = 0x4d49_0001;

pub(super) struct InclusionAir {
    context: AirContext<BaseElement>,
    claim: Inclusion,
}

impl ToElements<BaseElement> for Inclusion {
    fn to_elements(&self) -> Vec<BaseElement> {
        let index = self.index.get();
        // A number of 64 bits may be above the modulus; its halves are not.
        let halves = [index & u64::from(u32::MAX), index >> 32].map(BaseElement::new);
        let mut elements = vec![BaseElement::from(NAME), BaseElement::from(self.depth)];
        elements.extend(halves);
        elements.extend(self.leaf.elements());
        elements.extend(self.root.elements());
        elements
    }
}

impl Air for InclusionAir {
    type BaseField = BaseElement;
    type PublicInputs = Inclusion;

    fn new(trace_info: TraceInfo, claim: Inclusion, options: ProofOptions) -> Self {
        let cycle = || vec![ROWS_PER_LEVEL];
        let round = TransitionConstraintDegree::with_cycles(7, cycle());
        let step = TransitionConstraintDegree::with_cycles(2, cycle());
        let mut degrees = vec![round; STATE];
        degrees.extend(vec![step; DIGEST_ELEMENTS]);
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
        result[..STATE].copy_from_slice(&rescue::round(current, next, periodic));
        let between = E::ONE - periodic[0];
        let (right, left) = (next[SIDE], E::ONE - next[SIDE]);
        for place in 0..DIGEST_ELEMENTS {
            let taken = left * next[LEFT + place] + right * next[RIGHT + place];
            result[STATE + place] = between * (taken - current[LEFT + place]);
        }
    }

    fn get_assertions(&self) -> Vec<Assertion<BaseElement>> {
        assertions(&self.claim)
    }

    fn get_periodic_column_values(&self) -> Vec<Vec<BaseElement>> {
        rescue::periodic()
    }
}

/// The cells that are fixed.
fn assertions(claim: &Inclusion) -> Vec<Assertion<BaseElement>> {
    let last = claim.levels() * ROWS_PER_LEVEL - 1;
    let leaf_side = if claim.is_right(0) { RIGHT } else { LEFT };
    let number = |number: u32| BaseElement::from(number);
    let sides = (0..claim.levels()).map(|level| number(claim.is_right(level).into()));
    let mut all = vec![Assertion::sequence(
        SIDE,
        0,
        ROWS_PER_LEVEL,
        sides.collect(),
    )];
    for column in 0..LEFT {
        let value = number(if column == 0 { HASHED } else { 0 });
        all.push(Assertion::periodic(column, 0, ROWS_PER_LEVEL, value));
    }
    for place in 0..DIGEST_ELEMENTS {
        let (leaf, root) = (claim.leaf.elements()[place], claim.root.elements()[place]);
        all.push(Assertion::single(leaf_side + place, 0, leaf));
        all.push(Assertion::single(LEFT + place, last, root));
    }
    all
}
