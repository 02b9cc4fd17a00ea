//! The bytes and hashes that other implementations must agree with.
//!
//! If a test here fails, the encoding of a genesis has changed, and with it the
//! name of every network: undo the change, or, if it is meant, raise the
//! format and run with `PYRALOG_WRITE_GOLDEN=1`.

use pyralog_genesis::Genesis;
use pyralog_primitives::Domain;
use pyralog_primitives::codec::Canonical;
use serde_json::{Value, json};

use crate::support::parse;

const DOCUMENTS: [(&str, &str); 2] = [
    ("solo.toml", include_str!("../../testdata/solo.toml")),
    (
        "four-validators.toml",
        include_str!("../../testdata/four-validators.toml"),
    ),
];

fn vector(file: &str, genesis: &Genesis) -> Value {
    let encoding = genesis.encode();
    let peers = borsh::to_vec(genesis.bootstrap()).unwrap();
    json!({
        "document": file,
        "genesis_hash": genesis.hash(),
        "parameters_hash": genesis.parameters().hash(),
        "validators_root": genesis.validator_set().root(),
        "hashed_bytes": encoding.len() - peers.len(),
        "encoding": hex::encode(encoding),
    })
}

fn golden() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/golden.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn documents_encode_and_hash_as_ever() {
    let mut golden = golden();
    let found = json!(DOCUMENTS.map(|(file, text)| vector(file, &parse(text))));
    if std::env::var_os("PYRALOG_WRITE_GOLDEN").is_some() {
        golden["vectors"] = found.clone();
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/golden.json");
        let text = serde_json::to_string_pretty(&golden).unwrap();
        std::fs::write(path, text + "\n").unwrap();
    }
    assert_eq!(golden["vectors"], found);
}

#[test]
fn golden_bytes_decode_and_hash_on_their_own() {
    for (vector, (_, text)) in golden()["vectors"]
        .as_array()
        .unwrap()
        .iter()
        .zip(DOCUMENTS)
    {
        let bytes = hex::decode(vector["encoding"].as_str().unwrap()).unwrap();
        let genesis = Genesis::decode(&bytes).unwrap();
        assert_eq!(genesis, parse(text));
        let hashed = usize::try_from(vector["hashed_bytes"].as_u64().unwrap()).unwrap();
        let hash = Domain::Genesis.hash(&bytes[..hashed]).to_string();
        assert_eq!(vector["genesis_hash"], hash);
    }
}
