//! Claims about keystores. All use the cheapest cost, and few stretch a
//! password at all: damage is found without it.

use proptest::prelude::*;

use super::*;
use crate::path::AccountIndex;

const GOLDEN: &str = include_str!("../../testdata/keystore-v1.json");
const GOLDEN_PASSWORD: &str = "correct horse battery staple \u{1f511}";

fn options(path: Option<DerivationPath>) -> EncryptOptions {
    let bytes = std::array::from_fn(|index| u8::try_from(index).unwrap());
    EncryptOptions {
        path,
        description: "a golden key, for tests".parse().unwrap(),
        cost: KdfCost::CHEAPEST,
        randomness: EncryptRandomness::from_bytes(&bytes),
    }
}

fn golden_secret() -> SecretKey {
    SecretKey::from_seed(&[0x42; 32])
}

fn golden() -> Keystore {
    Keystore::from_json(GOLDEN.as_bytes()).unwrap()
}

fn password(text: &str) -> Password {
    Password::new(text).unwrap()
}

/// The golden file with one text replaced, which must be there.
fn altered(from: &str, to: &str) -> Result<Keystore, KeystoreError> {
    assert!(GOLDEN.contains(from), "{from}");
    Keystore::from_json(GOLDEN.replacen(from, to, 1).as_bytes())
}

#[test]
fn the_golden_file_always_opens_and_is_always_written_the_same() {
    let secret = golden().decrypt(&password(GOLDEN_PASSWORD)).unwrap();
    assert_eq!(secret.to_seed(), golden_secret().to_seed());
    let path = DerivationPath::account(AccountIndex::new(3).unwrap());
    let again = Keystore::encrypt(
        &golden_secret(),
        &password(GOLDEN_PASSWORD),
        options(Some(path)),
    );
    assert_eq!(again.unwrap().to_json(), GOLDEN);
    assert_eq!(golden().to_json(), GOLDEN);
}

#[test]
fn a_wrong_password_is_told_from_damage() {
    assert_eq!(
        golden().decrypt(&password("correct horse")).unwrap_err(),
        UnlockError::WrongPassword
    );
    let cipher = GOLDEN.find("\"cipher\"").unwrap();
    let message = cipher + GOLDEN[cipher..].find("\"message\": \"").unwrap() + 12;
    let mut flipped = GOLDEN.as_bytes().to_vec();
    flipped[message] = if flipped[message] == b'0' { b'1' } else { b'0' };
    assert_eq!(Keystore::from_json(&flipped), Err(KeystoreError::Damaged));
}

#[test]
fn the_cipher_refuses_a_header_or_ciphertext_changed_on_purpose() {
    // Whoever changes a file on purpose also mends its checksum.
    type Change = fn(&mut Keystore);
    let changes: [Change; 5] = [
        |keystore| keystore.ciphertext[0] ^= 1,
        |keystore| keystore.ciphertext[CIPHERTEXT_BYTES - 1] ^= 1,
        |keystore| keystore.header.path = None,
        |keystore| keystore.header.uuid = Uuid::from_random([9; 16]),
        |keystore| keystore.header.public_key = SecretKey::from_seed(&[1; 32]).public_key(),
    ];
    for change in changes {
        let mut keystore = golden();
        change(&mut keystore);
        let read = Keystore::from_json(keystore.to_json().as_bytes()).unwrap();
        assert_eq!(read, keystore);
        let error = read.decrypt(&password(GOLDEN_PASSWORD)).unwrap_err();
        assert_eq!(error, UnlockError::WrongPassword);
    }
}

#[test]
fn a_public_key_of_another_secret_is_refused() {
    let mut keystore = golden();
    keystore.header.public_key = SecretKey::from_seed(&[1; 32]).public_key();
    let seed = golden_secret().to_seed();
    keystore.ciphertext = seal(&keystore.header, &password("p"), &seed).unwrap();
    let error = keystore.decrypt(&password("p")).unwrap_err();
    assert_eq!(
        error,
        UnlockError::KeyMismatch {
            public_key: keystore.public_key(),
            found: golden_secret().public_key(),
        }
    );
}

#[test]
fn the_description_may_change_and_nothing_else() {
    let described = altered("a golden key", "an old key").unwrap();
    assert_eq!(described.description().as_str(), "an old key, for tests");
    assert_eq!(described.header, golden().header);
    assert_eq!(described.ciphertext, golden().ciphertext);
}

#[test]
fn a_flip_of_any_byte_is_refused_or_changes_nothing_that_counts() {
    let golden = golden();
    let mut same = 0;
    for at in 0..GOLDEN.len() {
        for bits in 1..=u8::MAX {
            let mut flipped = GOLDEN.as_bytes().to_vec();
            flipped[at] ^= bits;
            if let Ok(keystore) = Keystore::from_json(&flipped) {
                // Equal header and ciphertext decrypt to the same key.
                assert_eq!(keystore.header, golden.header, "byte {at} ^ {bits}");
                assert_eq!(keystore.ciphertext, golden.ciphertext, "byte {at} ^ {bits}");
                same += 1;
            }
        }
    }
    // White space and description, in some of their spellings.
    assert!(same > 0 && same < GOLDEN.len() * 10, "{same}");
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let body = GOLDEN.trim_end();
    for bytes in 0..body.len() {
        let error = Keystore::from_json(&body.as_bytes()[..bytes]).unwrap_err();
        assert_eq!(error, KeystoreError::Truncated { bytes });
    }
    let long = vec![b' '; Keystore::FILE_BYTES_MAX + 1];
    assert_eq!(
        Keystore::from_json(&long),
        Err(KeystoreError::TooLarge { bytes: 16385 })
    );
}

#[test]
fn what_is_not_json_is_named_with_its_place() {
    for (bytes, line, column) in [
        (&b"-----BEGIN PRIVATE KEY-----"[..], 1, 2),
        (b"{\n  \"format\": pyralog\n}", 2, 13),
        (b"\xff\xfe", 1, 1),
        (b"{} {}", 1, 4),
    ] {
        assert_eq!(
            Keystore::from_json(bytes),
            Err(KeystoreError::NotJson { line, column })
        );
    }
    let deep = "{\"a\":".repeat(3_000);
    let error = Keystore::from_json(deep.as_bytes()).unwrap_err();
    assert!(matches!(error, KeystoreError::NotJson { .. }), "{error}");
}

#[test]
fn files_of_other_systems_are_named() {
    let modules = r#"{"kdf":{},"checksum":{},"cipher":{}}"#;
    let bls = format!(r#"{{"crypto":{modules},"pubkey":"9612","path":"","version":4}}"#);
    for (text, kind) in [
        (bls.as_str(), ForeignFile::Eip2335),
        (
            r#"{"crypto":{"kdf":"scrypt"},"id":"3198","version":3}"#,
            ForeignFile::EthereumV3,
        ),
        (r#"{"Crypto":{},"version":3}"#, ForeignFile::EthereumV3),
        (
            r#"{"address":"AB","priv_key":{"type":"t","value":"v"}}"#,
            ForeignFile::CometBft,
        ),
        ("[1,2,3]", ForeignFile::Solana),
        ("{}", ForeignFile::Unknown),
        ("12", ForeignFile::Unknown),
        (r#"{"format":"pyralog-keystore-v0"}"#, ForeignFile::Unknown),
        (r#"{"format":"pyralog-genesis-v1"}"#, ForeignFile::Unknown),
        (r#"{"format":1}"#, ForeignFile::Unknown),
    ] {
        let error = Keystore::from_json(text.as_bytes()).unwrap_err();
        assert_eq!(error, KeystoreError::Foreign { kind }, "{text}");
    }
}

#[test]
fn newer_formats_and_unknown_functions_are_named() {
    let newer = |number: u32| KeystoreError::Newer {
        found: format!("pyralog-keystore-v{number}"),
    };
    let found = |name: &str| name.to_owned();
    for (from, to, error) in [
        ("keystore-v1", "keystore-v2", newer(2)),
        ("\"version\": 1", "\"version\": 7", newer(7)),
        (
            "argon2id",
            "scrypt",
            KeystoreError::UnknownKdf {
                found: found("scrypt"),
            },
        ),
        (
            "xchacha20-poly1305",
            "aes-128-ctr",
            KeystoreError::UnknownCipher {
                found: found("aes-128-ctr"),
            },
        ),
        (
            "sha256",
            "\\u001b[31m",
            KeystoreError::UnknownChecksum {
                found: found("\\u{1b}[31m"),
            },
        ),
    ] {
        assert_eq!(altered(from, to), Err(error), "{to}");
    }
}

#[test]
fn costs_out_of_bounds_are_refused_before_anything_is_spent() {
    for (from, to) in [
        ("8192", "8191"),
        ("\"passes\": 1", "\"passes\": 0"),
        ("\"lanes\": 1", "\"lanes\": 0"),
    ] {
        let error = altered(from, to).unwrap_err();
        assert!(
            matches!(error, KeystoreError::Cost(CostError::TooWeak(_))),
            "{error}"
        );
    }
    for (from, to) in [
        ("8192", "1048577"),
        ("8192", "18446744073709551615"),
        ("\"passes\": 1", "\"passes\": 17"),
        ("\"lanes\": 1", "\"lanes\": 5"),
    ] {
        let error = altered(from, to).unwrap_err();
        assert!(
            matches!(error, KeystoreError::Cost(CostError::TooExpensive(_))),
            "{error}"
        );
    }
}

#[test]
fn each_bad_field_is_named() {
    for (from, to, said) in [
        (
            "\"salt\": \"",
            "\"salt\": \"00",
            "the field 'crypto.kdf.params.salt' is damaged: expected 32 bytes",
        ),
        (
            "\"salt\": \"0",
            "\"salt\": \"g",
            "the field 'crypto.kdf.params.salt' is damaged: 'g' at position 1",
        ),
        (
            "\"nonce\": \"20",
            "\"nonce\": \"",
            "the field 'crypto.cipher.params.nonce' is damaged: expected 24 bytes",
        ),
        (
            "8192",
            "\"8192\"",
            "the field 'crypto.kdf.params.memory_kib' is a text and must be a number",
        ),
        (
            "8192",
            "-8192",
            "the field 'crypto.kdf.params.memory_kib' is something else and must be a number",
        ),
        (
            "8192",
            "8192.5",
            "the field 'crypto.kdf.params.memory_kib' is something else and must be a number",
        ),
        (
            "\"params\": {}",
            "\"params\": {\"n\": 1}",
            "the field 'crypto.checksum.params.n' is not known",
        ),
        (
            "\"params\": {}",
            "\"params\": []",
            "the field 'crypto.checksum.params' is a list and must be an object",
        ),
        (
            "\"message\": \"\"",
            "\"message\": \"x\"",
            "the field 'crypto.kdf.message' is 'x' and must be ''",
        ),
        (
            "\"address\": \"pyr1",
            "\"address\": \"pyr2",
            "the field 'address' is not the address of 'pubkey'",
        ),
        (
            "\"uuid\"",
            "\"UUID\"",
            "the field 'uuid' is missing; restore the file from a backup",
        ),
        (
            "\"version\": 1",
            "\"version\": 1, \"name\": \"x\"",
            "the field 'name' is not known",
        ),
        (
            "\"version\": 1",
            "\"version\": 1, \"version\": 1",
            "the field 'version' is there twice",
        ),
        (
            "\"version\": 1",
            "\"version\": 0",
            "the field 'version' is '0' and must be '1'",
        ),
        (
            "3'/0'/0'",
            "3'/0'/0",
            "the field 'path' is damaged: step 5 (0) is not hardened",
        ),
        (
            "-4",
            "-1",
            "the field 'uuid' is damaged: not a random UUID (version 4)",
        ),
        (
            "a golden",
            "\\na golden",
            "the field 'description' cannot be shown",
        ),
    ] {
        let error = altered(from, to).unwrap_err().to_string();
        assert!(error.starts_with(said), "{to}\n{error}");
    }
}

#[test]
fn a_public_key_for_which_anyone_can_sign_is_refused() {
    let identity = format!("01{}", "00".repeat(31));
    let key = golden().public_key().to_string();
    let error = altered(&key, &identity).unwrap_err();
    assert!(matches!(error, KeystoreError::WeakKey(_)), "{error}");
}

#[test]
fn debug_and_file_show_no_secret() {
    let shown = format!("{:?}", golden());
    for text in [shown.as_str(), GOLDEN] {
        assert!(!text.contains("4242424242"));
        assert!(!text.contains("correct horse"));
    }
}

proptest! {
    // Each case stretches a password twice.
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn decrypting_what_was_encrypted_gives_the_same_key(
        seed: [u8; 32],
        random in prop::collection::vec(any::<u8>(), EncryptRandomness::BYTES),
        text in "\\PC{1,20}",
        with_path: bool,
    ) {
        let secret = SecretKey::from_seed(&seed);
        let mut options = options(with_path.then(|| DerivationPath::account(AccountIndex::FIRST)));
        options.randomness = EncryptRandomness::from_bytes(&random.try_into().unwrap());
        let keystore = Keystore::encrypt(&secret, &password(&text), options).unwrap();
        let read = Keystore::from_json(keystore.to_json().as_bytes()).unwrap();
        prop_assert_eq!(&read, &keystore);
        let opened = read.decrypt(&password(&text)).unwrap();
        prop_assert_eq!(opened.to_seed(), secret.to_seed());
    }
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(Keystore::from_json(&bytes).is_err());
    }

    #[test]
    fn no_splice_of_the_golden_file_gives_another_key(
        at in 0..GOLDEN.len(), cut in 0..40_usize, insert in "[ -~]{0,12}"
    ) {
        let mut bytes = GOLDEN.as_bytes().to_vec();
        let end = bytes.len().min(at + cut);
        bytes.splice(at..end, insert.bytes());
        if let Ok(keystore) = Keystore::from_json(&bytes) {
            prop_assert_eq!(keystore.header, golden().header);
            prop_assert_eq!(keystore.ciphertext, golden().ciphertext);
        }
    }
}
