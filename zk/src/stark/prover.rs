//! Proving: the library's parts put together, the same for all constraints.
//!
//! The library has one function for a whole proof, which asks for a part when it
//! needs it. That is where whoever waits is told of steps. The library has no way
//! to stop at one: so the panic machinery unwinds out of it, without a panic, and
//! is caught here. What it leaves behind is dropped.

use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use winterfell::math::FieldElement;
use winterfell::math::fields::f64::BaseElement;
use winterfell::matrix::ColMatrix;
use winterfell::{
    Air, AuxRandElements, CompositionPoly, CompositionPolyTrace, ConstraintCompositionCoefficients,
    DefaultConstraintCommitment, DefaultConstraintEvaluator, DefaultTraceLde, PartitionOptions,
    ProofOptions, Prover, StarkDomain, TraceInfo, TracePolyTable, TraceTable,
};

use super::gate::{Coin, Commitments, Tree};
use super::options::OptionsId;
use crate::watch::{CalledOff, Step, Watch, tell};

/// Why there is no proof.
pub(super) enum NotProved {
    /// Nobody waits for it any longer.
    CalledOff,
    /// The library does not do it.
    Library,
}

impl From<CalledOff> for NotProved {
    fn from(CalledOff: CalledOff) -> Self {
        Self::CalledOff
    }
}

/// A proof that these columns satisfy the constraints. Whoever calls knows that
/// they do: otherwise it does not hold. No thread besides the caller's.
pub(super) fn prove<A>(
    inputs: A::PublicInputs,
    columns: Vec<Vec<BaseElement>>,
    options: OptionsId,
    watch: &Watch<'_>,
) -> Result<Vec<u8>, NotProved>
where
    A: Air<BaseField = BaseElement> + 'static,
    A::PublicInputs: Clone,
{
    tell(watch, Step::Filled)?;
    let prover = Proving::<A> {
        inputs,
        options: options.options(),
        watch,
        constraints: PhantomData,
    };
    // Whatever was half done inside is dropped with the closure.
    let made = catch_unwind(AssertUnwindSafe(|| prover.prove(TraceTable::init(columns))));
    let proof = match made {
        Ok(made) => made.map_err(|_| NotProved::Library)?,
        Err(payload) if payload.is::<CalledOff>() => return Err(NotProved::CalledOff),
        Err(payload) => resume_unwind(payload),
    };
    tell(watch, Step::Proved)?;
    Ok(proof.to_bytes())
}

struct Proving<'w, A: Air> {
    inputs: A::PublicInputs,
    options: ProofOptions,
    watch: &'w Watch<'w>,
    constraints: PhantomData<A>,
}

impl<A: Air> Proving<'_, A> {
    /// Tells of a step from inside of the library. Unwinds if that is the last.
    fn tell(&self, step: Step) {
        if let Err(called_off) = tell(self.watch, step) {
            resume_unwind(Box::new(called_off));
        }
    }
}

impl<A> Prover for Proving<'_, A>
where
    A: Air<BaseField = BaseElement> + 'static,
    A::PublicInputs: Clone,
{
    type BaseField = BaseElement;
    type Air = A;
    type Trace = TraceTable<BaseElement>;
    type HashFn = Commitments;
    type VC = Tree;
    type RandomCoin = Coin;
    type TraceLde<E: FieldElement<BaseField = BaseElement>> = DefaultTraceLde<E, Commitments, Tree>;
    type ConstraintEvaluator<'a, E: FieldElement<BaseField = BaseElement>> =
        DefaultConstraintEvaluator<'a, A, E>;
    type ConstraintCommitment<E: FieldElement<BaseField = BaseElement>> =
        DefaultConstraintCommitment<E, Commitments, Tree>;

    fn get_pub_inputs(&self, _trace: &Self::Trace) -> A::PublicInputs {
        self.inputs.clone()
    }

    fn options(&self) -> &ProofOptions {
        &self.options
    }

    fn new_trace_lde<E: FieldElement<BaseField = BaseElement>>(
        &self,
        info: &TraceInfo,
        main: &ColMatrix<BaseElement>,
        domain: &StarkDomain<BaseElement>,
        partitions: PartitionOptions,
    ) -> (Self::TraceLde<E>, TracePolyTable<E>) {
        let extended = DefaultTraceLde::new(info, main, domain, partitions);
        self.tell(Step::Committed);
        extended
    }

    fn build_constraint_commitment<E: FieldElement<BaseField = BaseElement>>(
        &self,
        composition: CompositionPolyTrace<E>,
        columns: usize,
        domain: &StarkDomain<BaseElement>,
        partitions: PartitionOptions,
    ) -> (Self::ConstraintCommitment<E>, CompositionPoly<E>) {
        self.tell(Step::Evaluated);
        let composed = DefaultConstraintCommitment::new(composition, columns, domain, partitions);
        self.tell(Step::Composed);
        composed
    }

    fn new_evaluator<'a, E: FieldElement<BaseField = BaseElement>>(
        &self,
        air: &'a A,
        aux: Option<AuxRandElements<E>>,
        coefficients: ConstraintCompositionCoefficients<E>,
    ) -> Self::ConstraintEvaluator<'a, E> {
        DefaultConstraintEvaluator::new(air, aux, coefficients)
    }
}
