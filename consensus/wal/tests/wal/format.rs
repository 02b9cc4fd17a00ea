//! The format on disk is that of the specification.

use crate::logged;

/// If this fails, the format has changed. If that is meant, give it a new
/// version.
#[test]
fn the_bytes_of_a_log_are_golden() {
    let log = logged(&[&[b"one"], &[b"", b"two"]]).content().unwrap();
    assert_eq!(log.len(), 24 + (20 + 7) + (20 + 4 + 7));
    assert_eq!(&log[..16], b"PYRWAL\x01\x00\x07\0\0\0\0\0\0\0");
    assert_eq!(&log[24..28], &7u32.to_le_bytes());
    assert_eq!(&log[44..51], b"\x03\0\0\0one");
    let hash = blake3::hash(&log).to_string();
    assert_eq!(
        hash,
        "312f46fa38555cd4472f0b684857a58b06f4f8e9ca56256797ff406f70c17d6d"
    );
}

/// The second way to the same bytes: the page of the specification, word for
/// word.
#[test]
fn the_checks_are_those_of_the_specification() {
    let log = logged(&[&[b"one"]]).content().unwrap();
    let key = blake3::derive_key("pyralog 2026-11-21 write-ahead log v1", &log[..16]);
    let check = |bytes: &[u8]| blake3::keyed_hash(&key, bytes).as_bytes()[..8].to_vec();
    assert_eq!(log[16..24], check(b""));
    let head = [&24u64.to_le_bytes()[..], &log[24..28]].concat();
    assert_eq!(log[28..36], check(&head));
    let body = [&log[28..36], &log[44..]].concat();
    assert_eq!(log[36..44], check(&body));
}
