//! Keys and proofs as snarkjs writes them, for tests: decimal coordinates.

use std::str::FromStr;

use ark_bn254::{Bn254, Fq, Fq2, Fr, G1Affine, G2Affine};
use serde_json::Value;

use super::point;
use super::proof::PublicInput;

/// One case of the outside vectors, in our encodings.
pub(crate) struct Case {
    pub(crate) key: Vec<u8>,
    pub(crate) proof: Vec<u8>,
    pub(crate) inputs: Vec<PublicInput>,
}

pub(crate) fn all() -> Value {
    let text = include_str!("../../testdata/outside/groth16.json");
    serde_json::from_str(text).unwrap()
}

pub(crate) fn case(name: &str) -> Case {
    let case = &all()[name];
    let (key, proof) = (&case["key"], &case["proof"]);
    let inputs = case["public"].as_array().unwrap();
    let points = key["IC"].as_array().unwrap();
    let key = ark_groth16::VerifyingKey::<Bn254> {
        alpha_g1: first(&key["alpha"]),
        beta_g2: second(&key["beta"]),
        gamma_g2: second(&key["gamma"]),
        delta_g2: second(&key["delta"]),
        gamma_abc_g1: points.iter().map(first).collect(),
    };
    let proof = ark_groth16::Proof::<Bn254> {
        a: first(&proof["a"]),
        b: second(&proof["b"]),
        c: first(&proof["c"]),
    };
    Case {
        key: point::write(&key),
        proof: point::write(&proof),
        inputs: inputs
            .iter()
            .map(|text| PublicInput::new(number::<Fr>(text)))
            .collect(),
    }
}

fn number<F: FromStr>(text: &Value) -> F {
    let number = text.as_str().unwrap().parse().ok();
    number.expect("the vectors hold numbers of the field")
}

fn first(point: &Value) -> G1Affine {
    G1Affine::new(number::<Fq>(&point[0]), number::<Fq>(&point[1]))
}

fn second(point: &Value) -> G2Affine {
    let pair = |pair: &Value| Fq2::new(number(&pair[0]), number(&pair[1]));
    G2Affine::new(pair(&point[0]), pair(&point[1]))
}

/// A decimal number in so many bytes, most significant first: what a curve that
/// we do not know would send.
pub(crate) fn big_endian(text: &Value, bytes: usize) -> Vec<u8> {
    let mut number = vec![0u8; bytes];
    for digit in text.as_str().unwrap().bytes() {
        let mut carry = u32::from(digit - b'0');
        for byte in number.iter_mut().rev() {
            carry += u32::from(*byte) * 10;
            *byte = (carry & 255) as u8;
            carry >>= 8;
        }
        assert_eq!(carry, 0, "the number is longer");
    }
    number
}
