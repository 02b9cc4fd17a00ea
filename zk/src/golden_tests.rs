//! Formats and hashes hold still. If a test fails here, a format has changed:
//! undo it, or give it a new version and run with `PYRALOG_WRITE_GOLDEN=1`.

use std::collections::BTreeMap;

use ark_bn254::Fr;
use pyralog_primitives::codec::Canonical;
use pyralog_primitives::text::encode_hex;
use pyralog_primitives::{
    BlockId, ByteCount, Compute, GenesisHash, Hash, Height, LeafIndex, TimestampMs, VotingPower,
};

use crate::eddsa::AttestationSecret;
use crate::field::write_number;
use crate::groth16::KeyHash;
use crate::groth16::snarkjs;
use crate::poseidon::{Poseidon, Purpose};
use crate::quorum::{AttestationSet, Member, SlotCount, attested};
use crate::sealed_bid::{Bid, bound_to};
use crate::stark::append::{Append, Lead, Record, Sequence, append};
use crate::stark::linkage::{Header, Linkage, Point, link};
use crate::stark::{AirId, Inclusion, OptionsId, TreeDigest, root_of};
use crate::statement::{Statement, StatementId, System};
use crate::transfer::Units;

fn golden() -> BTreeMap<String, String> {
    let mut golden = BTreeMap::new();
    let mut put = |name: &str, bytes: &[u8]| golden.insert(name.to_owned(), encode_hex(bytes));
    let case = snarkjs::case("multiplier");
    let key = KeyHash::of(&case.key);
    put("groth16_key", &case.key);
    put("groth16_proof", &case.proof);
    put("groth16_key_hash", key.get().as_bytes());
    for (name, system) in [
        ("statement/groth16", System::Groth16 { key, inputs: 1 }),
        ("statement/stark", stark(AirId::MerkleInclusion)),
        ("statement/append", stark(AirId::AppendBatch)),
        ("statement/linkage", stark(AirId::HeaderLinkage)),
    ] {
        let statement = Statement {
            id: StatementId::new(7),
            system,
            proof_bytes_max: ByteCount::new(128),
            compute_max: Compute::new(9_000_000),
        };
        put(name, &statement.encode());
        put(&format!("{name}_hash"), statement.hash().as_bytes());
    }
    let secret = AttestationSecret::from_seed(&[1; 32]);
    put("attestation/key", &secret.public().to_bytes());
    put("attestation/of_7", &secret.sign(Fr::from(7)).encode());
    for (name, purpose) in [
        ("poseidon/tree_node", Purpose::TreeNode),
        ("poseidon/owner", Purpose::Owner),
        ("poseidon/note", Purpose::Note),
        ("poseidon/nullifier", Purpose::Nullifier),
        ("poseidon/member", Purpose::Member),
        ("poseidon/bid", Purpose::Bid),
    ] {
        let inputs: Vec<Fr> = (1..=purpose.input_count() as u64).map(Fr::from).collect();
        let hash = Poseidon::new(purpose).hash(&inputs).unwrap();
        put(name, &write_number(hash));
    }
    put("tree_root_of_depth_16", &tree_root().to_bytes());
    for (name, number) in hashed() {
        put(name, &write_number(number));
    }
    let appended = appended();
    put("append/batch", &appended.batch().to_bytes());
    put("append/lead", &appended.to().digest().to_bytes());
    put("linkage/link", &linked().to().link().to_bytes());
    golden
}

/// Public inputs of statements that are hashes.
fn hashed() -> [(&'static str, Fr); 4] {
    let hash = |byte| Hash::new([byte; 32]);
    let genesis = GenesisHash::new(hash(1));
    let member = Member {
        key: AttestationSecret::from_seed(&[1; 32]).public(),
        power: VotingPower::new(5),
    };
    let places = SlotCount::new(4).unwrap();
    let set = AttestationSet::new(vec![member], places).unwrap();
    let bid = Bid {
        secret: Fr::from(1),
        amount: Units::new(2),
        blinding: Fr::from(3),
    };
    let block = BlockId::new(hash(2));
    [
        ("quorum/message", attested(genesis, Height::new(3), block)),
        ("quorum/set_of_one_in_four_places", set.commitment()),
        ("sealed_bid/commitment", bid.commitment()),
        ("sealed_bid/bound", bound_to(genesis, hash(4))),
    ]
}

fn stark(air: AirId) -> System {
    let options = OptionsId::Standard;
    System::Stark { air, options }
}

fn digest(number: u8) -> TreeDigest {
    let mut bytes = [0; 32];
    bytes[0] = number;
    TreeDigest::from_bytes(bytes).unwrap()
}

/// Records 1 and 3 of an empty log.
fn appended() -> Append {
    let record = |number| Record {
        sequence: Sequence::new(number),
        amounts: [5, u32::MAX],
        content: digest(9),
    };
    append(&Lead::EMPTY, &[record(1), record(3)]).unwrap()
}

/// Two headers on top of one with link 1 at height 2.
fn linked() -> Linkage {
    let from = Point::new(digest(1), Height::new(2), TimestampMs::new(3)).unwrap();
    let header = |time| Header {
        state: digest(4),
        time: TimestampMs::new(time),
        set: digest(5),
    };
    link(&from, &[header(6), header(7)]).unwrap()
}

/// The root over leaf 1 at place 5, with siblings 2, 3, 4, ….
fn tree_root() -> TreeDigest {
    let claim = Inclusion::new(digest(1), digest(1), LeafIndex::new(5), 16).unwrap();
    let path: Vec<TreeDigest> = (2..18).map(digest).collect();
    root_of(&claim, &path).unwrap()
}

#[test]
fn formats_and_hashes_are_those_of_the_golden_file() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/golden.json");
    let golden = golden();
    if std::env::var_os("PYRALOG_WRITE_GOLDEN").is_some() {
        let text = serde_json::to_string_pretty(&golden).unwrap();
        std::fs::write(path, text + "\n").unwrap();
    }
    let text = std::fs::read_to_string(path).unwrap();
    let stored: BTreeMap<String, String> = serde_json::from_str(&text).unwrap();
    assert_eq!(golden, stored);
}
