//! Proving: the library's parts put together, the same for all constraints.

use std::marker::PhantomData;

use winterfell::math::FieldElement;
use winterfell::math::fields::f64::BaseElement;
use winterfell::matrix::ColMatrix;
use winterfell::{
    Air, AuxRandElements, CompositionPoly, CompositionPolyTrace, ConstraintCompositionCoefficients,
    DefaultConstraintCommitment, DefaultConstraintEvaluator, DefaultTraceLde, PartitionOptions,
    ProofOptions, Prover, ProverError, StarkDomain, TraceInfo, TracePolyTable, TraceTable,
};

use super::gate::{Coin, Commitments, Tree};
use super::options::OptionsId;

/// A proof that these columns satisfy the constraints. Whoever calls knows that
/// they do: a debug build panics otherwise, another makes a proof that does not
/// hold. No thread besides the caller's.
pub(super) fn prove<A>(
    inputs: A::PublicInputs,
    columns: Vec<Vec<BaseElement>>,
    options: OptionsId,
) -> Result<Vec<u8>, ProverError>
where
    A: Air<BaseField = BaseElement> + 'static,
    A::PublicInputs: Clone,
{
    let prover = Proving::<A> {
        inputs,
        options: options.options(),
        constraints: PhantomData,
    };
    let proof = prover.prove(TraceTable::init(columns))?;
    Ok(proof.to_bytes())
}

struct Proving<A: Air> {
    inputs: A::PublicInputs,
    options: ProofOptions,
    constraints: PhantomData<A>,
}

impl<A> Prover for Proving<A>
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
        DefaultTraceLde::new(info, main, domain, partitions)
    }

    fn build_constraint_commitment<E: FieldElement<BaseField = BaseElement>>(
        &self,
        composition: CompositionPolyTrace<E>,
        columns: usize,
        domain: &StarkDomain<BaseElement>,
        partitions: PartitionOptions,
    ) -> (Self::ConstraintCommitment<E>, CompositionPoly<E>) {
        DefaultConstraintCommitment::new(composition, columns, domain, partitions)
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
