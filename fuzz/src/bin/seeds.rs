//! Writes where fuzzing begins: `seeds DIRECTORY` makes a folder there for each
//! decoder, with the golden values of its type, and prints the decoders' names.

use std::path::Path;

use pyralog_fuzz::DECODERS;
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
            encodings
                .map(|(_, hex)| bytes(&Value::from(hex)))
                .collect()
        }
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
