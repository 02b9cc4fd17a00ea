use ark_bn254::{Fr, G1Affine, G2Affine};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::PrimeField;
use proptest::prelude::*;

use super::snarkjs::{self, Case};
use super::*;

/// Places of the points in the bytes of a key.
const DELTA: std::ops::Range<usize> = 160..224;
const GAMMA: std::ops::Range<usize> = 96..160;
const COUNT: std::ops::Range<usize> = 224..232;
type Library = ark_groth16::Groth16<ark_bn254::Bn254>;

const VALID: [&str; 2] = ["circom_merkletree", "multiplier"];

/// Decodes a key as if the registry held it as it is.
/// A network that is not for development.
const CHAIN: &str = "pyralog-1";

fn decode(bytes: &[u8]) -> Result<VerifyingKey, KeyError> {
    let points = bytes.get(COUNT).map_or(1, |count| u16::from(count[0]));
    VerifyingKey::decode(bytes, KeyHash::of(bytes), points.saturating_sub(1), CHAIN)
}

fn key(bytes: &[u8]) -> VerifyingKey {
    decode(bytes).unwrap()
}

fn key_error(bytes: &[u8]) -> KeyError {
    decode(bytes).unwrap_err()
}

fn checked(name: &str) -> (VerifyingKey, Proof, Vec<PublicInput>) {
    let case = snarkjs::case(name);
    let proof = Proof::decode(&case.proof).unwrap();
    (key(&case.key), proof, case.inputs)
}

fn replaced(bytes: &[u8], range: std::ops::Range<usize>, with: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[range].copy_from_slice(with);
    bytes
}

#[test]
fn proofs_of_snarkjs_hold_for_their_inputs() {
    for name in VALID {
        let (key, proof, inputs) = checked(name);
        assert_eq!(key.verify(&proof, &inputs), Ok(()), "{name}");
    }
}

#[test]
fn a_proof_with_any_bit_flipped_is_refused() {
    for name in VALID {
        let case = snarkjs::case(name);
        let key = key(&case.key);
        for bit in 0..8 * case.proof.len() {
            let mut bytes = case.proof.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            match Proof::decode(&bytes) {
                Err(ProofError::Point { .. }) => {}
                Err(other) => panic!("bit {bit}: {other}"),
                Ok(proof) => {
                    let refused = key.verify(&proof, &case.inputs);
                    assert_eq!(refused, Err(Refused::Equation), "bit {bit}");
                }
            }
        }
    }
}

#[test]
fn a_key_with_any_byte_changed_is_another_key_or_none_or_refuses_the_proof() {
    let case = snarkjs::case("multiplier");
    let proof = Proof::decode(&case.proof).unwrap();
    for place in 0..case.key.len() {
        let mut bytes = case.key.clone();
        bytes[place] ^= 1;
        let named = VerifyingKey::decode(&bytes, KeyHash::of(&case.key), 1, CHAIN);
        assert!(named.is_err(), "byte {place}");
        if let Ok(key) = decode(&bytes) {
            let refused = key.verify(&proof, &case.inputs);
            assert_eq!(refused, Err(Refused::Equation), "byte {place}");
        }
    }
}

#[test]
fn a_proof_does_not_hold_for_other_inputs() {
    for name in VALID {
        let (key, proof, inputs) = checked(name);
        for index in 0..inputs.len() {
            let mut changed = inputs.clone();
            changed[index].0 += Fr::from(1);
            let refused = key.verify(&proof, &changed);
            assert_eq!(refused, Err(Refused::Equation), "{name} {index}");
        }
    }
}

#[test]
fn inputs_too_few_or_too_many_are_refused_with_the_count() {
    let (key, proof, inputs) = checked("circom_merkletree");
    let mut more = inputs.clone();
    more.push(PublicInput::new(Fr::from(0)));
    for given in [&inputs[..4], &more, &[]] {
        let (expected, found) = (5, given.len());
        let refused = key.verify(&proof, given);
        assert_eq!(refused, Err(Refused::InputCount { expected, found }));
    }
}

#[test]
fn an_input_too_many_is_not_ignored() {
    // The library underneath accepts it.
    let (key, proof, mut inputs) = checked("multiplier");
    inputs.push(PublicInput::new(Fr::from(12345)));
    let found = inputs.len();
    let refused = Err(Refused::InputCount { expected: 1, found });
    assert_eq!(key.verify(&proof, &inputs), refused);
    let numbers: Vec<Fr> = inputs.iter().map(|input| input.0).collect();
    let accepted = Library::verify_proof(&key.prepared, &proof.0, &numbers);
    assert_eq!(
        accepted.ok(),
        Some(true),
        "then this check is no longer needed"
    );
}

#[test]
fn a_missing_input_is_not_taken_for_zero() {
    // The library underneath takes it for zero. A key for which anybody forges
    // gives a proof for the input 0.
    let case = snarkjs::case("mismatched");
    let bad = VerifyingKey::unchecked(&case.key);
    let zero = [PublicInput::new(Fr::from(0))];
    let proof = forged(&bad, &zero);
    assert_eq!(bad.verify(&proof, &zero), Ok(()));
    let (expected, found) = (1, 0);
    let refused = Err(Refused::InputCount { expected, found });
    assert_eq!(bad.verify(&proof, &[]), refused);
    let accepted = Library::verify_proof(&bad.prepared, &proof.0, &[]);
    assert_eq!(
        accepted.ok(),
        Some(true),
        "then this check is no longer needed"
    );
}

#[test]
fn an_input_not_below_the_order_is_refused() {
    let mut order = [0; 32];
    for (bytes, limb) in order.chunks_mut(8).zip(Fr::MODULUS.0) {
        bytes.copy_from_slice(&limb.to_le_bytes());
    }
    assert_eq!(PublicInput::from_bytes(order), Err(NotCanonical));
    assert_eq!(PublicInput::from_bytes([255; 32]), Err(NotCanonical));
    order[0] -= 1;
    let last = PublicInput::from_bytes(order).unwrap();
    assert_eq!(last.to_bytes(), order);
    assert_eq!(last.0, -Fr::from(1));
}

#[test]
fn a_proof_cut_short_or_padded_is_refused_by_its_length() {
    let case = snarkjs::case("multiplier");
    for found in [0, 1, 127, 129, 192, 256] {
        let mut bytes = case.proof.clone();
        bytes.resize(found, 0);
        assert_eq!(Proof::decode(&bytes), Err(ProofError::Length { found }));
    }
}

#[test]
fn each_point_of_a_proof_is_refused_by_name() {
    let proof = snarkjs::case("multiplier").proof;
    let parts = [
        (ProofPart::A, 0..32),
        (ProofPart::B, 32..96),
        (ProofPart::C, 96..128),
    ];
    for (part, range) in parts {
        let refused = |bytes: &[u8], fault| {
            let bytes = replaced(&proof, range.clone(), bytes);
            assert_eq!(
                Proof::decode(&bytes),
                Err(ProofError::Point { part, fault })
            );
        };
        let mut identity = vec![0; range.len()];
        identity[range.len() - 1] = 0x40;
        refused(&identity, PointFault::Identity);
        identity[0] = 1;
        refused(&identity, PointFault::NotCanonical);
        refused(&vec![255; range.len()], PointFault::NotInGroup);
    }
}

#[test]
fn a_point_of_the_curve_outside_of_the_subgroup_is_refused() {
    let outside = (1u64..1000)
        .filter_map(|x| G2Affine::get_point_from_x_unchecked(x.into(), false))
        .find(|point| !point.is_in_correct_subgroup_assuming_on_curve())
        .unwrap();
    assert!(outside.is_on_curve());
    let case = snarkjs::case("multiplier");
    let bytes = point::write(&outside);
    let (part, fault) = (ProofPart::B, PointFault::NotInGroup);
    let proof = Proof::decode(&replaced(&case.proof, 32..96, &bytes));
    assert_eq!(proof, Err(ProofError::Point { part, fault }));
    let part = KeyPart::Delta;
    let key = key_error(&replaced(&case.key, DELTA, &bytes));
    assert_eq!(key, KeyError::Point { part, fault });
}

#[test]
fn a_proof_of_another_curve_is_refused() {
    let proof = &snarkjs::all()["bls12_381"]["proof"];
    // The compressed form of BLS12-381: x alone, most significant byte first,
    // marks in the highest bits; of two numbers the second comes first.
    let mut bytes = snarkjs::big_endian(&proof["a"][0], 48);
    bytes.extend(snarkjs::big_endian(&proof["b"][0][1], 48));
    bytes.extend(snarkjs::big_endian(&proof["b"][0][0], 48));
    bytes.extend(snarkjs::big_endian(&proof["c"][0], 48));
    for start in [0, 48, 144] {
        bytes[start] |= 0x80;
    }
    assert_eq!(
        Proof::decode(&bytes),
        Err(ProofError::Length { found: 192 })
    );
    let cut = Proof::decode(&bytes[..128]);
    assert!(matches!(cut, Err(ProofError::Point { .. })), "{cut:?}");
}

#[test]
fn a_key_whose_delta_is_its_gamma_is_refused_as_a_key() {
    let case = snarkjs::case("mismatched");
    assert_eq!(key_error(&case.key), KeyError::DeltaIsGamma);
    let good = snarkjs::case("multiplier");
    let made_bad = replaced(&good.key, DELTA, &good.key[GAMMA]);
    assert_eq!(key_error(&made_bad), KeyError::DeltaIsGamma);
    let negative = replaced(&good.key, DELTA, &negative(&good.key[GAMMA]));
    assert_eq!(key_error(&negative), KeyError::DeltaIsGamma);
}

/// The negative of a point of G2.
fn negative(bytes: &[u8]) -> Vec<u8> {
    let point: G2Affine = point::read(bytes).unwrap();
    point::write(&-point)
}

/// A = α, B = β, C = −(the sum of the inputs): with δ = γ the equation holds for
/// any inputs, and no witness was needed.
fn forged(bad: &VerifyingKey, inputs: &[PublicInput]) -> Proof {
    let inputs = inputs.iter().map(|input| input.0);
    let key = &bad.prepared.vk;
    Proof(ark_groth16::Proof {
        a: key.alpha_g1,
        b: key.beta_g2,
        c: (-bad.combine(std::iter::once(Fr::from(1)).chain(inputs))).into_affine(),
    })
}

#[test]
fn for_a_key_whose_delta_is_its_gamma_or_the_negative_anybody_forges() {
    let case = snarkjs::case("mismatched");
    let bad = VerifyingKey::unchecked(&case.key);
    let inputs = [PublicInput::new(Fr::from(42))];
    let mut proof = forged(&bad, &inputs);
    assert_eq!(bad.verify(&proof, &inputs), Ok(()));
    let (good, ..) = checked("multiplier");
    assert_eq!(good.verify(&proof, &inputs), Err(Refused::Equation));
    // With the sign of δ changed, C has the other sign.
    let delta = negative(&case.key[DELTA]);
    let bad = VerifyingKey::unchecked(&replaced(&case.key, DELTA, &delta));
    assert_eq!(bad.verify(&proof, &inputs), Err(Refused::Equation));
    proof.0.c = -proof.0.c;
    assert_eq!(bad.verify(&proof, &inputs), Ok(()));
}

#[test]
fn a_key_to_which_nobody_contributed_is_refused() {
    let case = snarkjs::case("multiplier");
    let generator = point::write(&G2Affine::generator());
    let other = point::write(&(G2Affine::generator() * Fr::from(7)).into_affine());
    for delta in [negative(&generator), generator] {
        let key = replaced(&case.key, DELTA, &delta);
        let key = replaced(&key, GAMMA, &other);
        assert_eq!(key_error(&key), KeyError::DeltaIsGenerator);
    }
}

#[test]
fn a_key_and_a_proof_that_do_not_belong_together_are_refused() {
    let case = snarkjs::case("mismatched");
    let proof = Proof::decode(&case.proof).unwrap();
    let bad = VerifyingKey::unchecked(&case.key);
    assert_eq!(bad.verify(&proof, &case.inputs), Err(Refused::Equation));
    let (key, _, inputs) = checked("multiplier");
    assert_eq!(key.verify(&proof, &inputs), Err(Refused::Equation));
}

#[test]
fn a_key_that_the_registry_does_not_name_is_refused() {
    let case = snarkjs::case("multiplier");
    let other = snarkjs::case("circom_merkletree");
    let (expected, found) = (KeyHash::of(&other.key), KeyHash::of(&case.key));
    let refused = VerifyingKey::decode(&case.key, expected, 1, CHAIN);
    assert_eq!(refused.err(), Some(KeyError::Hash { expected, found }));
}

#[test]
fn a_key_that_takes_another_number_of_inputs_than_its_statement_says_is_refused() {
    let Case { key, inputs, .. } = snarkjs::case("circom_merkletree");
    let found = inputs.len();
    for expected in [0, 4, 6, u16::MAX] {
        let refused = VerifyingKey::decode(&key, KeyHash::of(&key), expected, CHAIN);
        let error = KeyError::OtherInputCount { expected, found };
        assert_eq!(refused.err(), Some(error));
    }
    assert!(VerifyingKey::decode(&key, KeyHash::of(&key), 5, CHAIN).is_ok());
}

#[test]
fn the_length_of_a_key_is_what_its_count_says() {
    let Case { key, .. } = snarkjs::case("multiplier");
    for found in [0, 231, key.len() - 1, key.len() + 1] {
        let mut bytes = key.clone();
        bytes.resize(found, 0);
        let expected = if found < 232 { 264 } else { key.len() };
        assert_eq!(key_error(&bytes), KeyError::Length { expected, found });
    }
    for points in [0, INPUT_COUNT_MAX as u64 + 2, u64::MAX] {
        let bytes = replaced(&key, COUNT, &points.to_le_bytes());
        assert_eq!(key_error(&bytes), KeyError::InputCount { points });
    }
}

#[test]
fn each_point_of_a_key_is_refused_by_name() {
    let Case { key, .. } = snarkjs::case("multiplier");
    let parts = [
        (KeyPart::Alpha, 0..32),
        (KeyPart::Beta, 32..96),
        (KeyPart::Gamma, GAMMA),
        (KeyPart::Delta, DELTA),
        (KeyPart::Input(0), 232..264),
        (KeyPart::Input(1), 264..296),
    ];
    for (part, range) in parts {
        let mut identity = vec![0; range.len()];
        identity[range.len() - 1] = 0x40;
        let fault = PointFault::Identity;
        let refused = key_error(&replaced(&key, range, &identity));
        assert_eq!(refused, KeyError::Point { part, fault });
    }
}

fn claims<'a>(proofs: &'a [Proof], inputs: &'a [Vec<PublicInput>]) -> Vec<Claim<'a>> {
    let pairs = proofs.iter().zip(inputs);
    pairs
        .map(|(proof, inputs)| Claim { proof, inputs })
        .collect()
}

/// The same statement with other bytes: a proof is malleable.
fn another_proof(proof: &Proof, key: &VerifyingKey, number: u64) -> Proof {
    let number = Fr::from(number);
    let inverse = ark_ff::Field::inverse(&number).unwrap();
    let (delta, old) = (key.prepared.vk.delta_g2, &proof.0);
    Proof(ark_groth16::Proof {
        a: (old.a * inverse).into_affine(),
        b: (old.b * number + delta * number * number).into_affine(),
        c: (old.c + old.a * number).into_affine(),
    })
}

#[test]
fn other_bytes_prove_the_same_so_bytes_are_no_id() {
    let (key, proof, inputs) = checked("multiplier");
    let other = another_proof(&proof, &key, 5);
    assert_ne!(other.encode(), proof.encode());
    assert_eq!(key.verify(&other, &inputs), Ok(()));
}

#[test]
fn a_batch_accepts_what_each_check_alone_accepts_and_names_the_others() {
    let (key, proof, inputs) = checked("multiplier");
    let count = 13;
    let good: Vec<Proof> = (2..2 + count)
        .map(|n| another_proof(&proof, &key, n))
        .collect();
    let all_inputs = vec![inputs.clone(); good.len()];
    assert_eq!(key.verify_batch(&claims(&good, &all_inputs)), Ok(()));
    let everything: Vec<usize> = (0..good.len()).collect();
    for bad in [vec![0], vec![12], vec![5, 6], vec![0, 3, 7, 12], everything] {
        let mut changed = all_inputs.clone();
        for index in &bad {
            changed[*index][0] = PublicInput::new(Fr::from(34 + *index as u64));
        }
        let named: Vec<BadClaim> = (bad.iter().copied())
            .map(|index| BadClaim {
                index,
                reason: Refused::Equation,
            })
            .collect();
        let refused = key.verify_batch(&claims(&good, &changed));
        assert_eq!(refused, Err(BatchRefused::Bad(named)));
    }
}

#[test]
fn errors_that_cancel_each_other_do_not_pass_in_a_batch() {
    // Without a number for each equation, +D and −D in two proofs would.
    let (key, proof, inputs) = checked("multiplier");
    let offset = G1Affine::generator();
    let with = |c| {
        let mut changed = proof.clone();
        changed.0.c = c;
        changed
    };
    let old = proof.0.c;
    let pair = [
        with((old + offset).into_affine()),
        with((old - offset).into_affine()),
    ];
    let inputs = vec![inputs; 2];
    let refused = key.verify_batch(&claims(&pair, &inputs));
    let reason = Refused::Equation;
    let named = [0, 1].map(|index| BadClaim { index, reason }).to_vec();
    assert_eq!(refused, Err(BatchRefused::Bad(named)));
}

#[test]
fn a_batch_says_whose_count_of_inputs_is_wrong() {
    let (key, proof, inputs) = checked("multiplier");
    let proofs = vec![proof; 3];
    let all_inputs = vec![inputs.clone(), vec![], inputs];
    let (expected, found) = (1, 0);
    let reason = Refused::InputCount { expected, found };
    let refused = key.verify_batch(&claims(&proofs, &all_inputs));
    let named = vec![BadClaim { index: 1, reason }];
    assert_eq!(refused, Err(BatchRefused::Bad(named)));
}

#[test]
fn nothing_is_a_good_batch_and_too_much_is_none() {
    let (key, proof, inputs) = checked("multiplier");
    assert_eq!(key.verify_batch(&[]), Ok(()));
    let claim = Claim {
        proof: &proof,
        inputs: &inputs,
    };
    let found = BATCH_COUNT_MAX + 1;
    let refused = key.verify_batch(&vec![claim; found]);
    assert_eq!(refused, Err(BatchRefused::TooMany { found }));
}

#[test]
fn the_cost_of_a_batch_grows_with_its_length_and_no_faster() {
    let most = |proofs| batch_compute_max(proofs, 4).get();
    assert!(most(1024) <= 1025 * most(1));
    assert!(batch_compute(1024, 4).get() < 1024 * verify_compute(4).get());
}

proptest! {
    #[test]
    fn any_bytes_are_refused_or_written_back(bytes in prop::collection::vec(any::<u8>(), 128)) {
        if let Ok(proof) = Proof::decode(&bytes) {
            prop_assert_eq!(proof.encode(), bytes);
        }
    }
}
