//! Bytes that change after they were synced: never forgotten in silence.

use proptest::prelude::*;
use pyralog_disk::MemoryDisk;
use pyralog_primitives::{ByteCount, Height};
use pyralog_wal::{Damage, OpenError, Wal};

use crate::{HEIGHT, logged, reopened};

const BATCHES: [&[&[u8]]; 4] = [&[b"one"], &[b"two", b""], &[b"three"], &[&[7; 600]]];

fn open(bytes: Vec<u8>) -> Result<pyralog_wal::Recovered, OpenError> {
    Wal::open(MemoryDisk::holding(bytes)).map(|(_, recovered)| recovered)
}

#[test]
fn one_changed_byte_is_refused_unless_it_is_in_the_last_frame() {
    let whole = logged(&BATCHES).content().unwrap();
    let last = logged(&BATCHES[..3]).content().unwrap().len();
    for at in 0..whole.len() {
        for change in [1, 0x80, 0xff] {
            let mut bytes = whole.clone();
            bytes[at] ^= change;
            match open(bytes) {
                Ok(recovered) => {
                    assert!(at >= last, "byte {at} was forgotten in silence");
                    assert_eq!(recovered.records.len(), 4, "{at}");
                    assert_ne!(recovered.torn, ByteCount::new(0), "{at}");
                }
                Err(error) => assert!(at < last, "{at}: {error}"),
            }
        }
    }
}

#[test]
fn a_damaged_frame_is_named_with_what_was_written_behind_it() {
    let whole = logged(&BATCHES).content().unwrap();
    let [one, two] = [1, 2].map(|count| logged(&BATCHES[..count]).content().unwrap().len());
    let [at, next] = [one, two].map(|length| ByteCount::new(length.try_into().unwrap()));
    // The length, both checks, the body.
    for place in [one, one + 5, one + 13, two - 1] {
        let mut bytes = whole.clone();
        bytes[place] ^= 4;
        let disk = MemoryDisk::holding(bytes.clone());
        let error = Wal::open(disk.clone()).unwrap_err();
        let OpenError::Damaged {
            height,
            at: found,
            what,
        } = &error
        else {
            panic!("{error}");
        };
        assert_eq!((*height, *found), (HEIGHT, at));
        // With its head in order, the frame says itself where it ended.
        let expected = [
            Damage::FrameBehind { at: next },
            Damage::Longer { end: next },
        ];
        assert!(expected.contains(what), "{error}");
        let text = error.to_string();
        assert!(text.contains("without its validator key until the chain is past height 7"));
        assert_eq!(
            disk.content().unwrap(),
            bytes,
            "an open that fails changed it"
        );
    }
}

#[test]
fn frames_of_another_log_or_another_place_are_none() {
    let one = logged(&[&[b"one"]]).content().unwrap();
    let two = logged(&[&[b"one"], &[b"two"]]).content().unwrap();
    let second = &two[one.len()..];
    // The second frame where the first one is, and the first one once more.
    let header = 24;
    for bytes in [
        [&two[..header], second].concat(),
        [&one[..], &one[header..]].concat(),
    ] {
        let recovered = open(bytes).unwrap();
        assert!(recovered.records.len() < 2);
        assert_ne!(recovered.torn, ByteCount::new(0));
    }
    let other = MemoryDisk::new();
    let mut wal = Wal::open(other.clone()).unwrap().0;
    wal.begin(Height::new(8)).unwrap();
    let foreign = [&other.content().unwrap()[..], &two[header..]].concat();
    assert!(open(foreign).unwrap().records.is_empty());
}

#[test]
fn a_header_is_whole_or_the_log_is_refused() {
    let whole = logged(&[&[b"one"]]).content().unwrap();
    for length in 0..24 {
        let error = open(whole[..length].to_vec()).unwrap_err();
        let expected = [OpenError::NotALog, OpenError::DamagedHeader];
        assert!(expected.contains(&error), "{length}: {error}");
    }
    for (text, expected) in [
        (&b"{\"height\": 7}"[..], OpenError::NotALog),
        (b"PYRWAL\x00\x00", OpenError::DamagedHeader),
        (b"PYRWAL\x03\x00", OpenError::Newer { found: 3, ours: 2 }),
        (b"PYRWAL\x01\x00", OpenError::Older { found: 1, ours: 2 }),
    ] {
        assert_eq!(open(text.to_vec()).unwrap_err(), expected);
    }
    let newer = OpenError::Newer { found: 3, ours: 2 }.to_string();
    assert!(newer.contains("update it"));
}

#[test]
fn bytes_behind_the_end_that_no_write_explains_are_refused() {
    let whole = logged(&[&[b"one"], &[b"two"]]).content().unwrap();
    let mut bytes = [&whole[..], &[0; 3]].concat();
    assert_eq!(open(bytes.clone()).unwrap().torn, ByteCount::new(3));
    // Now the frame before them is broken too, and it was synced.
    let at = whole.len() - 1;
    bytes[at] ^= 1;
    let error = open(bytes).unwrap_err();
    let what = Damage::Longer {
        end: ByteCount::new(whole.len().try_into().unwrap()),
    };
    assert!(matches!(error, OpenError::Damaged { what: found, .. } if found == what));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn no_bytes_make_it_panic_and_what_it_takes_it_takes_again(
        bytes in prop::collection::vec(any::<u8>(), 0..400),
        keeps_header in any::<bool>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        length in any::<prop::sample::Index>(),
    ) {
        let mut log = logged(&BATCHES).content().unwrap();
        if keeps_header {
            for (at, value) in changes {
                let at = at.index(log.len());
                log[at] = value;
            }
            log.truncate(length.index(log.len() + 1));
            log.extend(&bytes[..bytes.len() / 8]);
        } else {
            log = bytes;
        }
        let disk = MemoryDisk::holding(log);
        if let Ok((_, first)) = Wal::open(disk.clone()) {
            let again = reopened(&disk);
            prop_assert_eq!(first.records, again.records);
            prop_assert_eq!(again.torn, ByteCount::new(0));
        }
    }
}
