//! The encodings are those of `testdata/golden.txt`, one a line. If that fails,
//! a format has changed: undo it, or run with `PYRALOG_WRITE_GOLDEN=1`.

use proptest::prelude::*;
use pyralog_consensus::{Message, Record};
use pyralog_primitives::codec::Canonical;
use pyralog_primitives::text::encode_hex;

use crate::samples::{messages, records};

fn encoded() -> Vec<(&'static str, Vec<u8>)> {
    let messages = messages().map(|(name, message)| (name, message.encode()));
    let records = records().map(|(name, record)| (name, record.encode()));
    messages.into_iter().chain(records).collect()
}

#[test]
fn encodings_are_those_of_the_golden_file() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/golden.txt");
    let line = |(name, bytes): (&str, Vec<u8>)| format!("{name} {}\n", encode_hex(&bytes));
    let golden: String = encoded().into_iter().map(line).collect();
    if std::env::var_os("PYRALOG_WRITE_GOLDEN").is_some() {
        std::fs::write(path, &golden).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), golden);
}

#[test]
fn what_is_encoded_is_decoded_and_fits_its_bounds() {
    for (name, message) in messages() {
        let bytes = message.encode();
        assert!(bytes.len() <= Message::ENCODED_BYTES_MAX, "{name}");
        assert_eq!(Message::decode(&bytes), Ok(message), "{name}");
    }
    for (name, record) in records() {
        let bytes = record.encode();
        assert!(bytes.len() <= Record::ENCODED_BYTES_MAX, "{name}");
        assert_eq!(Record::decode(&bytes), Ok(record), "{name}");
    }
}

fn has_one_encoding(bytes: &[u8]) {
    if let Ok(message) = Message::decode(bytes) {
        assert_eq!(message.encode(), bytes);
    }
    if let Ok(record) = Record::decode(bytes) {
        assert_eq!(record.encode(), bytes);
    }
}

proptest! {
    #[test]
    fn any_bytes_are_refused_or_are_the_one_encoding(
        bytes in prop::collection::vec(any::<u8>(), 0..600),
        place in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        cut in any::<prop::sample::Index>(),
    ) {
        has_one_encoding(&bytes);
        for (_, mut good) in encoded() {
            let place = place.index(good.len());
            good[place] = byte;
            has_one_encoding(&good);
            good.truncate(cut.index(good.len()));
            has_one_encoding(&good);
        }
    }
}
