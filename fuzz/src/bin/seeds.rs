//! Writes where fuzzing begins: `seeds DIRECTORY` makes a folder there for each
//! decoder, with the golden values of its type, and prints the decoders' names.

use std::path::Path;

use pyralog_driver::{CompactBlock, FinalBlock, Word};
use pyralog_fuzz::DECODERS;
use pyralog_primitives::block::Block;
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::codec::{Canonical, List};
use pyralog_primitives::transaction::Transaction;
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
        "text" => [
            "pyr1upt4fhkue963u6zww58greayhgd3l32mwxad9l",
            "12.5",
            "0",
            &"0a".repeat(32),
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
    let words = words.chain([Word::Final(finals), Word::Offer(offer)]);
    words.map(|word| word.encode()).collect()
}
