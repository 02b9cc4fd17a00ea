//! Keys and signatures against what others publish about them.

use proptest::prelude::*;
use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Rfc8032 {
    secret_key: String,
    public_key: PublicKey,
    message: String,
    signature: Signature,
}

#[derive(Deserialize)]
struct EdgeCase {
    public_key: PublicKey,
    message: String,
    signature: Signature,
    zip215: bool,
}

#[derive(Deserialize)]
struct Bip350 {
    valid: Vec<String>,
    invalid: Vec<InvalidText>,
}

#[derive(Deserialize)]
struct InvalidText {
    string: String,
    reason: String,
}

fn rfc8032() -> Vec<Rfc8032> {
    serde_json::from_str(include_str!("../../testdata/outside/ed25519-rfc8032.json")).unwrap()
}

fn edge_cases() -> Vec<EdgeCase> {
    let speccheck = include_str!("../../testdata/outside/ed25519-speccheck.json");
    let small_order = include_str!("../../testdata/outside/ed25519-small-order.json");
    let read = |text| serde_json::from_str::<Vec<EdgeCase>>(text).unwrap();
    read(speccheck)
        .into_iter()
        .chain(read(small_order))
        .collect()
}

fn message(hex: &str) -> SignBytes {
    SignBytes::outside_vector(&hex::decode(hex).unwrap())
}

fn flip(signature: Signature, bit: usize) -> Signature {
    let mut bytes = *signature.as_bytes();
    bytes[bit / 8] ^= 1 << (bit % 8);
    Signature::new(bytes)
}

#[test]
fn signing_gives_the_signatures_of_rfc_8032() {
    let vectors = rfc8032();
    assert_eq!(vectors.len(), 5);
    for vector in vectors {
        let seed = hex::decode(&vector.secret_key).unwrap().try_into().unwrap();
        let key = SecretKey::from_seed(&seed);
        assert_eq!(key.public_key(), vector.public_key);
        assert_eq!(key.sign(&message(&vector.message)), vector.signature);
        assert_eq!(*key.to_seed(), seed);
    }
}

#[test]
fn signatures_of_rfc_8032_verify_and_with_any_bit_flipped_do_not() {
    for vector in rfc8032() {
        let message = message(&vector.message);
        assert_eq!(
            vector.public_key.verify(&message, &vector.signature),
            Ok(())
        );
        for bit in 0..Signature::BYTES * 8 {
            let forged = flip(vector.signature, bit);
            let refused = BadSignature {
                signer: vector.public_key,
            };
            assert_eq!(
                vector.public_key.verify(&message, &forged),
                Err(refused),
                "bit {bit}"
            );
        }
    }
}

#[test]
fn edge_cases_are_decided_as_zip215_decides_them() {
    let cases = edge_cases();
    assert_eq!(cases.len(), 12 + 196);
    for (index, case) in cases.iter().enumerate() {
        let verdict = case
            .public_key
            .verify(&message(&case.message), &case.signature);
        assert_eq!(verdict.is_ok(), case.zip215, "case {index}");
    }
}

#[test]
fn edge_cases_with_a_bit_of_s_flipped_are_refused() {
    for (index, case) in edge_cases().iter().enumerate() {
        let forged = flip(case.signature, 32 * 8 + index % 250);
        assert!(
            case.public_key
                .verify(&message(&case.message), &forged)
                .is_err(),
            "{index}"
        );
    }
}

#[test]
fn keys_of_small_order_are_refused_where_a_key_gains_power() {
    let small_order = include_str!("../../testdata/outside/ed25519-small-order.json");
    for case in serde_json::from_str::<Vec<EdgeCase>>(small_order).unwrap() {
        assert_eq!(case.public_key.check_strength(), Err(WeakKey::SmallOrder));
    }
    // No point of the curve has y = 2.
    let mut two = [0; 32];
    two[0] = 2;
    assert_eq!(
        PublicKey::new(two).check_strength(),
        Err(WeakKey::NotAPoint)
    );
    assert_eq!(
        SecretKey::from_seed(&[7; 32]).public_key().check_strength(),
        Ok(())
    );
}

#[test]
fn a_secret_key_prints_only_its_public_half() {
    let key = SecretKey::from_seed(&[7; 32]);
    let printed = format!("{key:?}");
    assert!(printed.contains(&key.public_key().to_string()));
    assert!(!printed.contains(&"07".repeat(4)), "{printed}");
}

#[test]
fn bech32m_is_that_of_bip_350() {
    let text = include_str!("../../testdata/outside/bip350.json");
    let vectors: Bip350 = serde_json::from_str(text).unwrap();
    assert!(vectors.valid.len() >= 7 && vectors.invalid.len() >= 14);
    for text in &vectors.valid {
        CheckedHrpstring::new::<Bech32m>(text).unwrap();
        // One wrong character anywhere is noticed.
        for place in 0..text.len() {
            let mut wrong = text.clone().into_bytes();
            wrong[place] ^= 1;
            if let Ok(wrong) = std::str::from_utf8(&wrong) {
                assert!(CheckedHrpstring::new::<Bech32m>(wrong).is_err(), "{wrong}");
            }
        }
        // Well-formed, but none of them is an address of ours.
        assert!(text.parse::<Address>().is_err(), "{text}");
    }
    for vector in &vectors.invalid {
        let parsed = vector.string.parse::<Address>();
        assert!(
            matches!(parsed, Err(AddressError::Mistyped { .. })),
            "{}",
            vector.reason
        );
    }
}

#[test]
fn each_kind_of_bad_address_is_named() {
    let address = SecretKey::from_seed(&[1; 32]).public_key().address();
    let good = address.to_string();
    assert!(good.starts_with("pyr1"));
    let foreign = bech32::encode::<Bech32m>(Hrp::parse("cosmos").unwrap(), &[0; 20]).unwrap();
    let short = bech32::encode::<Bech32m>(Hrp::parse("pyr").unwrap(), &[0; 19]).unwrap();
    let old = bech32::encode::<bech32::Bech32>(Hrp::parse("pyr").unwrap(), &[0; 20]).unwrap();
    let parse = |text: &str| text.parse::<Address>();
    assert_eq!(parse(&good), Ok(address));
    assert!(matches!(parse(&foreign), Err(AddressError::Foreign { .. })));
    assert!(matches!(
        parse(&short),
        Err(AddressError::Length { bytes: 19, .. })
    ));
    assert!(matches!(parse(&old), Err(AddressError::Mistyped { .. })));
    assert!(matches!(
        parse(&good.to_uppercase()),
        Err(AddressError::UpperCase { .. })
    ));
    assert!(matches!(parse(""), Err(AddressError::Mistyped { .. })));
}

#[test]
fn an_address_with_spare_bits_is_no_second_spelling() {
    use bech32::primitives::iter::{ByteIterExt, Fe32IterExt};
    let address = Address::new([7; 20]);
    let hrp = Hrp::parse("pyr").unwrap();
    // 32 characters hold the 160 bits; a 33rd holds nothing.
    let data = address.as_bytes().iter().copied().bytes_to_fes();
    let longer = data
        .chain([bech32::Fe32::Q])
        .with_checksum::<Bech32m>(&hrp)
        .chars();
    let longer: String = longer.collect();
    assert!(CheckedHrpstring::new::<Bech32m>(&longer).is_ok());
    assert!(longer.parse::<Address>().is_err(), "{longer}");
}

proptest! {
    #[test]
    fn an_address_reads_what_it_prints(bytes: [u8; 20]) {
        let address = Address::new(bytes);
        prop_assert_eq!(address.to_string().parse::<Address>(), Ok(address));
    }

    #[test]
    fn one_wrong_character_in_an_address_is_always_noticed(
        bytes: [u8; 20], place in 4usize..42, other in "[a-z0-9]"
    ) {
        let good = Address::new(bytes).to_string();
        let mut wrong = good.clone();
        wrong.replace_range(place..=place, &other);
        prop_assume!(wrong != good);
        prop_assert!(wrong.parse::<Address>().is_err());
    }
}
