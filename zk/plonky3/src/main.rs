//! Our STARKs beside Plonky3 on the same constraints.
//!
//! Both prove an append batch: 21 columns, eight rows to a record, constraints of
//! degree eight. Both take Goldilocks with a cubic extension, a blowup of 8, 64
//! queries, 16 bits of grinding, folding by 8 down to degree 127, BLAKE3 for rows,
//! nodes and challenges, and one thread. So both prove as many bits.

mod air;
mod trace;

use p3_blake3::Blake3;
use p3_challenger::{HashChallenger, SerializingChallenger64};
use p3_commit::ExtensionMmcs;
use p3_dft::Radix2DitParallel;
use p3_field::PrimeField64;
use p3_field::extension::CubicTrinomialExtensionField;
use p3_fri::{FriParameters, TwoAdicFriPcs};
use p3_goldilocks::Goldilocks;
use p3_merkle_tree::MerkleTreeMmcs;
use p3_symmetric::{CompressionFunctionFromHasher, SerializingHasher};
use p3_uni_stark::{Proof, StarkConfig, prove, verify};
use pyralog_measure::{Comparison, compare};
use pyralog_zk::stark::TreeDigest;
use pyralog_zk::stark::append::{self, Lead, Record, Sequence};

use crate::air::{AppendAir, FIRST_FIXED, ROWS_PER_RECORD, WIDTH};

type Leaves = SerializingHasher<Blake3>;
type Nodes = CompressionFunctionFromHasher<Blake3, 2, 32>;
type Tree = MerkleTreeMmcs<Goldilocks, u8, Leaves, Nodes, 2, 32>;
type Extension = CubicTrinomialExtensionField<Goldilocks>;
type Commitments = TwoAdicFriPcs<
    Goldilocks,
    Radix2DitParallel<Goldilocks>,
    Tree,
    ExtensionMmcs<Goldilocks, Extension, Tree>,
>;
type Challenger = SerializingChallenger64<Goldilocks, HashChallenger<u8, Blake3, 32>>;
type Config = StarkConfig<Commitments, Extension, Challenger>;

/// Short enough for a round of seconds, long enough that what grows with the
/// trace is most of it.
const RECORD_COUNT: u32 = 2_048;

fn config() -> Config {
    let tree = Tree::new(Leaves::new(Blake3), Nodes::new(Blake3), 0);
    let fri = FriParameters {
        log_blowup: 3,
        log_final_poly_len: 7,
        max_log_arity: 3,
        num_queries: 64,
        batch_proof_of_work_bits: 0,
        commit_proof_of_work_bits: 0,
        query_proof_of_work_bits: 16,
        mmcs: ExtensionMmcs::new(tree.clone()),
    };
    let commitments = Commitments::new(Radix2DitParallel::default(), tree, fri);
    Config::new(commitments, Challenger::from_hasher(vec![], Blake3))
}

fn records() -> Vec<Record> {
    let digest = |number: u32| {
        let mut bytes = [0; 32];
        bytes[..4].copy_from_slice(&number.to_le_bytes());
        TreeDigest::from_bytes(bytes).expect("a small number is below the modulus")
    };
    let record = |number: u32| Record {
        sequence: Sequence::new(u64::from(number) * 3 + 1),
        amounts: [number * 7, number],
        content: digest(number),
    };
    (0..RECORD_COUNT).map(record).collect()
}

fn prove_with_peer(records: &[Record]) -> (Proof<Config>, Vec<Goldilocks>) {
    let (trace, public) = trace::trace(records);
    let proof = prove(&config(), &AppendAir::new(), trace, &public);
    (proof.expect("the trace fulfils the constraints"), public)
}

fn main() {
    let records = records();
    let (claim, proof) = append::prove(&Lead::EMPTY, &records).expect("the records are good");
    assert_eq!(append::verify(&claim, &proof), Ok(()));
    let (peer, public) = prove_with_peer(&records);
    let verdict = verify(&config(), &AppendAir::new(), &peer, &public);
    assert!(verdict.is_ok(), "{verdict:?}");
    let digest = public[FIRST_FIXED + 3..].iter();
    let digest: Vec<u8> = digest
        .flat_map(|one| one.as_canonical_u64().to_le_bytes())
        .collect();
    assert_eq!(digest, claim.batch().to_bytes(), "both prove one batch");
    let cells = WIDTH * ROWS_PER_RECORD * records.len();
    compare(
        &Comparison {
            what: "STARK, a cell of 2,048 records appended, proved",
            reference: "Plonky3",
            units: u32::try_from(cells).expect("there are not so many"),
            floor: None,
            goal: Some(1.0),
        },
        || append::prove(&Lead::EMPTY, &records).expect("the records are good"),
        || prove_with_peer(&records),
    );
}
