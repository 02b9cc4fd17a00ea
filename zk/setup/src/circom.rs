//! How the tools of circom divide: keys of their ceremonies need it.
//!
//! A prover shows that `A·B − C` is a multiple of the polynomial that vanishes on
//! the domain. The library's way has the multiple's coefficients; circom's has the
//! values of `A·B − C` on the domain moved by half a step, where the vanishing
//! polynomial is the constant −2, which the key holds. This is the way of
//! `ark-circom`, whose keys are known to fit.

use ark_ff::PrimeField;
use ark_groth16::r1cs_to_qap::{LibsnarkReduction, R1CSToQAP, evaluate_constraint};
use ark_poly::EvaluationDomain;
use ark_relations::gr1cs::{ConstraintSystemRef, Matrix, SynthesisError};

pub(crate) struct CircomReduction;

impl R1CSToQAP for CircomReduction {
    fn instance_map_with_evaluation<F: PrimeField, D: EvaluationDomain<F>>(
        system: ConstraintSystemRef<F>,
        at: &F,
    ) -> Result<(Vec<F>, Vec<F>, Vec<F>, F, usize, usize), SynthesisError> {
        LibsnarkReduction::instance_map_with_evaluation::<F, D>(system, at)
    }

    fn witness_map_from_matrices<F: PrimeField, D: EvaluationDomain<F>>(
        matrices: &[Matrix<F>],
        inputs: usize,
        constraints: usize,
        wires: &[F],
    ) -> Result<Vec<F>, SynthesisError> {
        let too_large = SynthesisError::PolynomialDegreeTooLarge;
        let domain = D::new(constraints + inputs).ok_or(too_large)?;
        let twice = D::new(2 * domain.size()).ok_or(too_large)?;
        let values = |matrix: &Matrix<F>| {
            let rows = matrix.iter().take(constraints);
            let mut values: Vec<F> = rows.map(|row| evaluate_constraint(row, wires)).collect();
            values.resize(domain.size(), F::zero());
            values
        };
        let (mut a, mut b) = (values(&matrices[0]), values(&matrices[1]));
        // The constraints that bind the public wires: they stand in A alone.
        a[constraints..constraints + inputs].copy_from_slice(&wires[..inputs]);
        let mut c = domain.mul_polynomials_in_evaluation_domain(&a, &b);
        for values in [&mut a, &mut b, &mut c] {
            domain.ifft_in_place(values);
            D::distribute_powers_and_mul_by_const(values, twice.element(1), F::one());
            domain.fft_in_place(values);
        }
        let mut divided = domain.mul_polynomials_in_evaluation_domain(&a, &b);
        for (divided, c) in divided.iter_mut().zip(c) {
            *divided -= c;
        }
        Ok(divided)
    }

    fn h_query_scalars<F: PrimeField, D: EvaluationDomain<F>>(
        _: usize,
        _: F,
        _: F,
        _: F,
    ) -> Result<Vec<F>, SynthesisError> {
        // No key is made this way: they come from ceremonies.
        Err(SynthesisError::Unsatisfiable)
    }
}
