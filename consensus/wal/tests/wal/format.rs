//! The format on disk is that of the specification.

use pyralog_primitives::Height;
use pyralog_wal::Wal;

use crate::logged;

/// If this fails, the format has changed. If that is meant, give it a new
/// version.
#[test]
fn the_bytes_of_a_log_are_golden() {
    let log = logged(&[&[b"one"], &[b"", b"two"]]).content().unwrap();
    assert_eq!(log.len(), 24 + (20 + 7) + (20 + 4 + 7));
    assert_eq!(&log[..16], b"PYRWAL\x02\x00\x07\0\0\0\0\0\0\0");
    assert_eq!(&log[24..28], &7u32.to_le_bytes());
    assert_eq!(&log[44..51], b"\x03\0\0\0one");
    let hash = blake3::hash(&log).to_string();
    assert_eq!(
        hash,
        "94f1261ae7a53244ca6db955eabb483d21429e4e96d6ce4d6e026a519e775cbd"
    );
}

#[test]
fn a_height_that_begins_behind_another_says_so_in_its_first_frame() {
    let disk = logged(&[]);
    let (mut wal, _) = Wal::open(disk.clone()).unwrap();
    wal.begin(Height::new(9)).unwrap();
    wal.append(b"one").unwrap();
    wal.sync().unwrap();
    let log = disk.content().unwrap();
    assert_eq!(&log[44..56], b"\xff\xff\xff\xff\x09\0\0\0\0\0\0\0");
    assert_eq!(&log[56..], b"\x03\0\0\0one");
}

/// The second way to the same bytes: the page of the specification, word for
/// word.
#[test]
fn the_checks_are_those_of_the_specification() {
    let log = logged(&[&[b"one"]]).content().unwrap();
    let key = blake3::derive_key("pyralog 2026-11-30 write-ahead log v2", &log[..16]);
    let check = |bytes: &[u8]| blake3::keyed_hash(&key, bytes).as_bytes()[..8].to_vec();
    assert_eq!(log[16..24], check(b""));
    let head = [&24u64.to_le_bytes()[..], &log[24..28]].concat();
    assert_eq!(log[28..36], check(&head));
    let body = [&log[28..36], &log[44..]].concat();
    assert_eq!(log[36..44], check(&body));
}
