//! Writes where fuzzing begins: `seeds DIRECTORY` makes a folder there for each
//! decoder, with the golden values of its type, and prints the decoders' names.

use std::path::Path;

use ark_bn254::Fr;
use pyralog_driver::{CompactBlock, FinalBlock, OfferNumber, Word};
use pyralog_fuzz::DECODERS;
use pyralog_fuzz::proofs::{digest, headers, keys, records};
use pyralog_notes::{EncryptedNote, SHIELDED_BYTES};
use pyralog_primitives::block::Block;
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::codec::{Canonical, List, Version};
use pyralog_primitives::text::decode_hex;
use pyralog_primitives::transaction::Transaction;
use pyralog_primitives::{GenesisHash, LeafIndex, PublicKey, Signature};
use pyralog_swarm::{Hello, ValidatorProof};
use pyralog_zk::groth16::PublicInput;
use pyralog_zk::stark::append::{self, Lead};
use pyralog_zk::stark::linkage;
use pyralog_zk::stark::{Inclusion, TreeDigest, prove, root_of};
use pyralog_zk::transfer::{Note, NoteHashes, Units};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use serde_json::Value;

fn main() -> std::io::Result<()> {
    let directory = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    for (name, _) in DECODERS {
        let folder = Path::new(&directory).join(name);
        std::fs::create_dir_all(&folder)?;
        for (number, seed) in seeds(name).into_iter().enumerate() {
            std::fs::write(folder.join(format!("seed-{number}")), seed)?;
        }
        println!("{name}");
    }
    Ok(())
}

fn seeds(decoder: &str) -> Vec<Vec<u8>> {
    let golden = include_str!("../../../primitives/testdata/golden.json");
    let genesis = include_str!("../../../genesis/testdata/golden.json");
    let solo = include_str!("../../../genesis/testdata/solo.toml");
    let four = include_str!("../../../genesis/testdata/four-validators.toml");
    let messages = include_str!("../../../consensus/testdata/golden.txt");
    let read = |text| serde_json::from_str::<Value>(text).expect("golden files are JSON");
    let bytes = |hex: &Value| {
        let hex = hex.as_str().expect("encodings are text");
        pyralog_primitives::text::decode_hex(hex).expect("encodings are hex")
    };
    match decoder {
        "keystore" => {
            vec![include_bytes!("../../../primitives/keys/testdata/keystore-v1.json").to_vec()]
        }
        "mnemonic" => vec![format!("{}about", "abandon ".repeat(11)).into()],
        "genesis_text" => vec![solo.into(), four.into()],
        "genesis" => {
            let vectors = read(genesis)["vectors"].clone();
            let vectors = vectors.as_array().expect("vectors are a list").clone();
            vectors
                .iter()
                .map(|vector| bytes(&vector["encoding"]))
                .collect()
        }
        "message" | "record" => {
            let own = |line: &&str| line.starts_with(&format!("{decoder}/"));
            let lines = messages.lines().filter(own);
            let encodings = lines.filter_map(|line| line.split_once(' '));
            encodings.map(|(_, hex)| bytes(&Value::from(hex))).collect()
        }
        "word" => words(),
        "hello" => hellos().into(),
        "frames" => vec![frames()],
        "attestation" => proofs(&["attestation/key", "attestation/of_7"]),
        "groth16_key" | "groth16_proof" => proofs(&[decoder]),
        "statement" => proofs(&["statement/groth16", "statement/stark"]),
        "append_proof" => {
            let (_, proof) = append::prove(&Lead::EMPTY, &records()).expect("they are good");
            vec![proof]
        }
        "linkage_proof" => {
            let (from, headers) = headers();
            vec![linkage::prove(&from, &headers).expect("they are good").1]
        }
        "encrypted_note" => vec![encrypted_note()],
        "note_address" => vec![keys().viewing().address().encode().to_vec()],
        "shielded" => vec![vec![0; SHIELDED_BYTES]],
        "zkey" => vec![
            include_bytes!("../../../zk/setup/testdata/cube.zkey").to_vec(),
            include_bytes!("../../../zk/setup/testdata/cube-empty.zkey").to_vec(),
        ],
        "stark_proof" => vec![stark_proof()],
        "time_lock" => {
            let hex = include_str!("../../../zk/timelock/testdata/lock-v1.hex");
            vec![bytes(&Value::from(hex.trim()))]
        }
        "text" => [
            "pyr1upt4fhkue963u6zww58greayhgd3l32mwxad9l",
            "12.5",
            "0",
            &"0a".repeat(32),
            &format!("{}@127.0.0.1:26656", "0a".repeat(32)),
        ]
        .map(Vec::from)
        .to_vec(),
        _ => {
            let prefix = format!("encoding/{decoder}");
            let all = read(golden);
            let all = all.as_object().expect("golden values have names");
            let own = all.iter().filter(|(name, _)| name.starts_with(&prefix));
            own.map(|(_, value)| bytes(&value["encoded"])).collect()
        }
    }
}

/// Golden values of proofs, by their names.
fn proofs(names: &[&str]) -> Vec<Vec<u8>> {
    let golden = include_str!("../../../zk/testdata/golden.json");
    let golden: Value = serde_json::from_str(golden).expect("golden files are JSON");
    let hex = |name: &&str| {
        golden[*name]
            .as_str()
            .expect("encodings are text")
            .to_owned()
    };
    let bytes = |hex: String| decode_hex(&hex).expect("encodings are hex");
    names.iter().map(hex).map(bytes).collect()
}

/// A commitment and the note for it.
fn encrypted_note() -> Vec<u8> {
    let keys = keys();
    let address = keys.viewing().address();
    let (amount, blinding) = (Units::new(7), Fr::from(8));
    let commitment = NoteHashes::default().commitment(&Note {
        owner: address.owner(),
        amount,
        blinding,
    });
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let sealed = EncryptedNote::seal(address, amount, blinding, &mut rng);
    let mut bytes = PublicInput::new(commitment).to_bytes().to_vec();
    bytes.extend(sealed.expect("the key of the address is good").as_bytes());
    bytes
}

/// A claim and its proof, as the decoder takes them apart.
fn stark_proof() -> Vec<u8> {
    // Less deep, and the proof would have no FRI layer to begin from.
    let (index, depth) = (5u64, 32);
    let claim = |root| Inclusion::new(root, digest(1), LeafIndex::new(index), depth);
    let path: Vec<TreeDigest> = (2..34).map(digest).collect();
    let guess = claim(digest(0)).expect("depth 32 is proved");
    let root = root_of(&guess, &path).expect("the path has 32 digests");
    let claim = claim(root).expect("depth 32 is proved");
    let proof = prove(&claim, &path).expect("the root is that of the path");
    let mut bytes = root.to_bytes().to_vec();
    bytes.extend(digest(1).to_bytes());
    bytes.extend(index.to_le_bytes());
    bytes.push(depth);
    bytes.extend(proof);
    bytes
}

/// Without a proof, and with one, which need not be true to be decoded.
fn hellos() -> [Vec<u8>; 2] {
    let bare = Hello {
        version: Version::V1,
        genesis: GenesisHash::ZERO,
        proof: None,
    };
    let proof = ValidatorProof {
        validator: PublicKey::new([1; PublicKey::BYTES]),
        signature: Signature::new([2; Signature::BYTES]),
    };
    let proven = Hello {
        proof: Some(proof),
        ..bare
    };
    [bare, proven].map(|hello| hello.encode())
}

/// A hello, an empty word and a short one.
fn frames() -> Vec<u8> {
    let [hello, _] = hellos();
    let mut bytes = Vec::new();
    for frame in [&hello[..], b"", b"word"] {
        let length = u32::try_from(frame.len()).expect("a few bytes");
        bytes.extend(length.to_le_bytes());
        bytes.extend(frame);
    }
    bytes
}

/// What nodes tell each other, made of the golden values.
fn words() -> Vec<Vec<u8>> {
    fn golden<T: Canonical>(decoder: &str) -> Vec<T> {
        let seeds = seeds(decoder).into_iter();
        // Also those of types whose name begins alike.
        seeds.filter_map(|seed| T::decode(&seed).ok()).collect()
    }
    let messages = golden("message").into_iter().map(Word::Consensus);
    let blocks = golden::<Block>("block");
    let compact = |block| Word::Block(Box::new(CompactBlock::of(block)));
    let certificates = golden::<Certificate>("certificate").into_iter().cycle();
    let pairs = blocks.iter().cloned().zip(certificates);
    let finals = pairs.map(|(block, certificate)| FinalBlock {
        block: Box::new(block),
        certificate,
    });
    let finals = List::new(finals.collect()).expect("a few golden values");
    let offer = List::new(golden::<Transaction>("transaction")).expect("a few golden values");
    let words = messages.chain(blocks.iter().map(compact));
    let offer = Word::Offer {
        number: OfferNumber::UNANSWERED,
        transactions: offer,
    };
    let words = words.chain([Word::Final(finals), offer]);
    words.map(|word| word.encode()).collect()
}
