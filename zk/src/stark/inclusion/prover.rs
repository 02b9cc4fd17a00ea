//! Proving inclusion.

use winterfell::math::FieldElement;
use winterfell::math::fields::f64::BaseElement;
use winterfell::matrix::ColMatrix;
use winterfell::{
    AuxRandElements, CompositionPoly, CompositionPolyTrace, ConstraintCompositionCoefficients,
    DefaultConstraintCommitment, DefaultConstraintEvaluator, DefaultTraceLde, PartitionOptions,
    ProofOptions, Prover, StarkDomain, TraceInfo, TracePolyTable, TraceTable,
};

use super::air::InclusionAir;
use super::digest::TreeDigest;
use super::{Inclusion, PathError, root_of, trace};
use crate::stark::gate::{Coin, Commitments, Tree};
use crate::stark::options::OptionsId;

/// Why there is no proof. The caller must bring another claim or path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProveError {
    /// The path does not fit.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The claim is false, or the path is another's.
    #[error("the path does not lead to the root of the claim")]
    NotTheRoot,
    /// The library does not do it.
    #[error("the library made no proof")]
    Library,
}

/// Proves that `path` leads from the claim's leaf to its root. Takes an
/// estimated second of one core, and no thread besides the caller's.
pub fn prove(claim: &Inclusion, path: &[TreeDigest]) -> Result<Vec<u8>, ProveError> {
    if root_of(claim, path)? != claim.root {
        return Err(ProveError::NotTheRoot);
    }
    let trace = TraceTable::init(trace::columns(claim, path));
    let prover = InclusionProver {
        claim: *claim,
        options: OptionsId::Standard.options(),
    };
    let proof = prover.prove(trace).map_err(|_| ProveError::Library)?;
    Ok(proof.to_bytes())
}

struct InclusionProver {
    claim: Inclusion,
    options: ProofOptions,
}

impl Prover for InclusionProver {
    type BaseField = BaseElement;
    type Air = InclusionAir;
    type Trace = TraceTable<BaseElement>;
    type HashFn = Commitments;
    type VC = Tree;
    type RandomCoin = Coin;
    type TraceLde<E: FieldElement<BaseField = BaseElement>> = DefaultTraceLde<E, Commitments, Tree>;
    type ConstraintEvaluator<'a, E: FieldElement<BaseField = BaseElement>> =
        DefaultConstraintEvaluator<'a, InclusionAir, E>;
    type ConstraintCommitment<E: FieldElement<BaseField = BaseElement>> =
        DefaultConstraintCommitment<E, Commitments, Tree>;

    fn get_pub_inputs(&self, _trace: &Self::Trace) -> Inclusion {
        self.claim
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
        air: &'a InclusionAir,
        aux: Option<AuxRandElements<E>>,
        coefficients: ConstraintCompositionCoefficients<E>,
    ) -> Self::ConstraintEvaluator<'a, E> {
        DefaultConstraintEvaluator::new(air, aux, coefficients)
    }
}
