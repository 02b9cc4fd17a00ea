//! What verifying costs: many proofs at once beside one, and each gate beside
//! the library behind it.

#[path = "ratios/starks.rs"]
mod starks;

use std::hint::black_box;

use ark_bn254::Bn254;
use ark_ec::pairing::Pairing;
use ark_groth16::{Groth16, prepare_verifying_key};
use ark_serialize::CanonicalDeserialize;
use pyralog_measure::{Comparison, compare, compare_few};
use pyralog_primitives::LeafIndex;
use pyralog_primitives::text::decode_hex;
use pyralog_zk::groth16::{Claim, KeyHash, Proof, PublicInput, VerifyingKey};
use pyralog_zk::stark::{Inclusion, TreeDigest, prove, root_of, verify};

/// As many as a batch may hold.
const BATCH_COUNT: u32 = 1024;
/// So many alone take as long as the batch may: a round stays short.
const ALONE_COUNT: u32 = 128;

struct Given {
    key_bytes: Vec<u8>,
    key: VerifyingKey,
    proof_bytes: Vec<u8>,
    proof: Proof,
    inputs: Vec<PublicInput>,
}

fn given() -> Given {
    let golden = include_str!("../testdata/golden.json");
    let golden: serde_json::Value = serde_json::from_str(golden).expect("it is JSON");
    let bytes = |name: &str| {
        let hex = golden[name].as_str().expect("golden values are text");
        decode_hex(hex).expect("golden values are hex")
    };
    let (key_bytes, proof_bytes) = (bytes("groth16_key"), bytes("groth16_proof"));
    let key = VerifyingKey::decode(&key_bytes, KeyHash::of(&key_bytes), 1, "bench");
    Given {
        key: key.expect("it is a good key"),
        proof: Proof::decode(&proof_bytes).expect("it is a good proof"),
        inputs: vec![PublicInput::new(33.into())],
        key_bytes,
        proof_bytes,
    }
}

fn batch(given: &Given) {
    let claim = Claim {
        proof: &given.proof,
        inputs: &given.inputs,
    };
    let claims = vec![claim; BATCH_COUNT as usize];
    compare_few(
        &Comparison {
            what: "Groth16, 1,024 proofs with one input at once",
            reference: "one after the other",
            units: BATCH_COUNT,
            floor: Some(2.5),
            goal: Some(4.0),
        },
        ALONE_COUNT,
        || assert_eq!(given.key.verify_batch(&claims), Ok(())),
        || {
            for claim in &claims[..ALONE_COUNT as usize] {
                assert_eq!(given.key.verify(claim.proof, claim.inputs), Ok(()));
            }
        },
    );
}

/// Reading included on both sides; the library reads without our checks.
fn gate(given: &Given) {
    let key = ark_groth16::VerifyingKey::<Bn254>::deserialize_compressed(&given.key_bytes[..]);
    let prepared = prepare_verifying_key(&key.expect("it is a good key"));
    let inputs = [<Bn254 as Pairing>::ScalarField::from(33)];
    compare(
        &Comparison {
            what: "Groth16, one proof from bytes",
            reference: "ark-groth16 alone",
            units: 1,
            floor: Some(0.9),
            goal: Some(1.0),
        },
        || {
            let proof = Proof::decode(&given.proof_bytes).expect("it is a good proof");
            assert_eq!(given.key.verify(&proof, &given.inputs), Ok(()));
        },
        || {
            let proof = ark_groth16::Proof::<Bn254>::deserialize_compressed(&given.proof_bytes[..]);
            let proof = proof.expect("it is a good proof");
            let holds = Groth16::<Bn254>::verify_proof(&prepared, &proof, &inputs);
            assert!(black_box(holds).expect("the inputs fit"));
        },
    );
}

fn inclusion() {
    let digest = |number: u8| {
        let mut bytes = [0; 32];
        bytes[0] = number;
        TreeDigest::from_bytes(bytes).expect("a small number is below the modulus")
    };
    let claim = |root| Inclusion::new(root, digest(1), LeafIndex::new(5), 32);
    let path: Vec<TreeDigest> = (2..34).map(digest).collect();
    let guess = claim(digest(0)).expect("depth 32 is proved");
    let root = root_of(&guess, &path).expect("the path has 32 digests");
    let claim = claim(root).expect("depth 32 is proved");
    let proof = prove(&claim, &path).expect("the root is that of the path");
    compare(
        &Comparison {
            what: "STARK, one inclusion proof",
            reference: "the path itself",
            units: 1,
            floor: None,
            goal: None,
        },
        || assert_eq!(verify(&claim, &proof), Ok(())),
        || assert_eq!(root_of(&claim, &path), Ok(root)),
    );
}

fn main() {
    let given = given();
    batch(&given);
    gate(&given);
    inclusion();
    starks::append();
    starks::linkage();
}
