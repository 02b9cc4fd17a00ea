//! BIP-39 against the vectors of its reference implementation.

use pyralog_keys::{Mnemonic, MnemonicError};
use pyralog_primitives::text::{decode_hex, encode_hex};

#[derive(serde::Deserialize)]
struct Vector {
    entropy: String,
    mnemonic: String,
    seed: String,
}

fn vectors() -> Vec<Vector> {
    let text = include_str!("../testdata/outside/bip39.json");
    let vectors: Vec<Vector> =
        serde_json::from_str(text).expect("the vectors are JSON of this shape");
    assert_eq!(vectors.len(), 24);
    vectors
}

#[test]
fn each_vector_gives_its_words_and_its_seed() {
    for vector in vectors() {
        let entropy = decode_hex(&vector.entropy).unwrap();
        let mnemonic = Mnemonic::from_entropy(&entropy).unwrap();
        assert_eq!(*mnemonic.to_phrase(), vector.mnemonic);
        assert_eq!(vector.mnemonic.parse(), Ok(mnemonic.clone()));
        assert_eq!(
            encode_hex(mnemonic.to_seed("TREZOR").as_bytes()),
            vector.seed
        );
    }
}

#[test]
fn one_bit_of_entropy_gives_other_words_and_another_seed() {
    for vector in vectors() {
        let mut entropy = decode_hex(&vector.entropy).unwrap();
        entropy[0] ^= 1;
        let mnemonic = Mnemonic::from_entropy(&entropy).unwrap();
        assert_ne!(*mnemonic.to_phrase(), vector.mnemonic);
        assert_ne!(
            encode_hex(mnemonic.to_seed("TREZOR").as_bytes()),
            vector.seed
        );
    }
}

#[test]
fn one_wrong_word_is_refused() {
    for vector in vectors() {
        let words: Vec<&str> = vector.mnemonic.split(' ').collect();
        let (last, rest) = words.split_last().unwrap();
        // The last word differs from its neighbour in the checksum.
        let other = if *last == "zoo" { "zone" } else { "zoo" };
        let wrong = format!("{} {other}", rest.join(" "));
        let same_checksum = wrong.parse::<Mnemonic>();
        assert_ne!(same_checksum, vector.mnemonic.parse());
        let unknown = format!("{} {last}x", rest.join(" "));
        let error = unknown.parse::<Mnemonic>().unwrap_err();
        let position = words.len();
        assert!(
            matches!(error, MnemonicError::UnknownWord { position: at, .. } if at == position),
            "{error}"
        );
        assert!(rest.join(" ").parse::<Mnemonic>().is_err());
    }
}

#[test]
fn the_passphrase_is_normalised() {
    let mnemonic: Mnemonic = vectors()[0].mnemonic.parse().unwrap();
    assert_eq!(
        mnemonic.to_seed("caf\u{e9}").as_bytes(),
        mnemonic.to_seed("cafe\u{301}").as_bytes()
    );
    assert_ne!(
        mnemonic.to_seed("").as_bytes(),
        mnemonic.to_seed("cafe").as_bytes()
    );
}
