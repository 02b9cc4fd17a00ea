//! Claims about bounded parts and strict decoding.

use super::*;

/// Two lists of at most three, so that bounds are easy to pass.
#[derive(Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
struct Parts {
    numbers: List<u16, 3>,
    bytes: Bytes<3>,
}

impl Canonical for Parts {
    const ENCODED_BYTES_MAX: usize = 4 + 6 + 4 + 3;
}

fn encoded(numbers: &[u16], bytes: &[u8]) -> Vec<u8> {
    borsh::to_vec(&(numbers, bytes)).unwrap()
}

fn too_many(what: &'static str) -> BoundError {
    BoundError::TooMany {
        what,
        found: 4,
        max: 3,
    }
}

#[test]
fn full_lists_are_taken_and_longer_ones_are_named() {
    let parts = Parts::decode(&encoded(&[1, 2, 3], &[4, 5, 6])).unwrap();
    assert_eq!(*parts.numbers, [1, 2, 3]);
    assert_eq!(*parts.bytes, [4, 5, 6]);
    assert_eq!(List::<u16, 3>::new(vec![0; 4]), Err(too_many("list")));
    assert_eq!(Bytes::<3>::new(vec![0; 4]), Err(too_many("byte string")));
}

#[test]
fn a_count_above_the_bound_is_refused_before_its_items() {
    let refused = Parts::decode(&4u32.to_le_bytes());
    assert_eq!(refused, Err(DecodeError::OutOfBounds(too_many("list"))));
    let refused = Parts::decode(&encoded(&[], &[0; 4]));
    assert_eq!(
        refused,
        Err(DecodeError::OutOfBounds(too_many("byte string")))
    );
}

#[test]
fn the_end_of_input_and_what_follows_it_are_named() {
    let whole = encoded(&[7], &[8]);
    assert_eq!(
        Parts::decode(&whole[..whole.len() - 1]),
        Err(DecodeError::Truncated)
    );
    let longer = [whole, vec![0, 0]].concat();
    assert_eq!(
        Parts::decode(&longer),
        Err(DecodeError::Trailing { bytes: 2 })
    );
    let bytes_max = Parts::ENCODED_BYTES_MAX;
    let refused = Parts::decode(&vec![0; bytes_max + 1]);
    assert_eq!(
        refused,
        Err(DecodeError::TooLong {
            bytes: bytes_max + 1,
            bytes_max
        })
    );
}

#[test]
fn json_has_the_same_bounds() {
    let numbers = serde_json::from_str::<List<u16, 3>>("[1,2,3]").unwrap();
    assert_eq!(*numbers, [1, 2, 3]);
    assert!(serde_json::from_str::<List<u16, 3>>("[1,2,3,4]").is_err());
    let bytes = serde_json::from_str::<Bytes<3>>("\"0a0b0c\"").unwrap();
    assert_eq!(*bytes, [10, 11, 12]);
    assert!(serde_json::from_str::<Bytes<3>>("\"0a0b0c0d\"").is_err());
    assert!(serde_json::from_str::<Bytes<3>>("\"0A\"").is_err());
    assert_eq!(
        "0a0b0c0d".parse::<Bytes<3>>(),
        Err(too_many("byte string").into())
    );
}

#[test]
fn an_unknown_version_is_refused() {
    assert_eq!(borsh::from_slice::<Version>(&[0]).unwrap(), Version::V1);
    assert!(borsh::from_slice::<Version>(&[1]).is_err());
}
