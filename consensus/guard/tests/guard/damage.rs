//! Bytes that change on disk: mended or refused, never forgotten.

use proptest::prelude::*;
use pyralog_consensus::Step;
use pyralog_disk::MemoryDisk;
use pyralog_guard::{Damage, FILE_BYTES_MAX, Guard, OpenError};
use pyralog_primitives::{ByteCount, GenesisHash, Hash};

use crate::{address, genesis, open, other_address, place, released, sign};

/// A file with three records, of two rounds.
fn file() -> Vec<u8> {
    let disk = MemoryDisk::new();
    let mut guard = released(&disk);
    for (round, step) in [(0, Step::Prevote), (1, Step::Prevote), (1, Step::Precommit)] {
        sign(&mut guard, place(4, round, step), "a").unwrap();
    }
    disk.content().unwrap()
}

const PAIR: usize = 256;

#[test]
fn one_changed_byte_anywhere_loses_nothing_and_is_mended() {
    let whole = file();
    let expected = open(&MemoryDisk::holding(whole.clone()))
        .unwrap()
        .0
        .signed();
    assert_eq!((whole.len(), expected.len()), (4 * PAIR, 2));
    for at in 0..whole.len() {
        for change in [1, 0x80, 0xff] {
            let mut bytes = whole.clone();
            bytes[at] ^= change;
            let disk = MemoryDisk::holding(bytes);
            let (guard, found) = open(&disk).unwrap();
            assert_eq!(guard.signed(), expected, "{at}");
            let is_second_of_last = at >= whole.len() - PAIR / 2;
            assert_eq!(found.broken_copies, usize::from(!is_second_of_last), "{at}");
            let (_, found) = open(&disk).unwrap();
            assert_eq!((found.broken_copies, found.torn), (0, ByteCount::new(0)));
        }
    }
}

#[test]
fn a_record_of_which_no_copy_is_whole_is_refused_unless_it_is_of_the_last() {
    let disk = MemoryDisk::new();
    let mut guard = released(&disk);
    for height in 1..=6 {
        sign(&mut guard, place(height, 0, Step::Prevote), "a").unwrap();
    }
    let last = guard.watermark();
    let whole = disk.content().unwrap();
    for pair in 0..7 {
        let mut bytes = whole.clone();
        bytes[pair * PAIR + 20] ^= 1;
        bytes[pair * PAIR + 150] ^= 1;
        let disk = MemoryDisk::holding(bytes.clone());
        let opened = open(&disk).map(|(guard, found)| (guard.watermark(), found.torn));
        let at = ByteCount::new((pair * PAIR).try_into().unwrap());
        let what = if pair == 0 {
            Damage::Header
        } else {
            Damage::Durable
        };
        // The last four may not have been synced.
        if pair < 3 {
            assert_eq!(opened, Err(OpenError::Damaged { at, what }));
            let unchanged = disk.content().unwrap();
            assert_eq!(unchanged, bytes, "an open that fails changed it");
            continue;
        }
        let (watermark, torn) = opened.unwrap();
        assert_eq!(torn, ByteCount::new(256));
        assert_eq!(watermark == last, pair < 6, "what stands behind it counts");
    }
}

#[test]
fn an_empty_or_cut_file_is_never_a_new_guard() {
    let whole = file();
    for length in 0..PAIR {
        let opened = open(&MemoryDisk::holding(whole[..length].to_vec()));
        // One copy of the header is enough to know whose it is.
        let is_whole = length >= PAIR / 2;
        assert_eq!(opened.is_ok(), is_whole, "{length}");
        if let Ok((_, found)) = opened {
            assert!(!found.is_new && found.broken_copies == 1);
        }
    }
    let error = open(&MemoryDisk::holding(Vec::new())).unwrap_err();
    assert!(error.to_string().contains("the file is empty"));
    assert!(error.to_string().contains("Do not delete the file"));
}

#[test]
fn a_torn_record_is_cut_off_and_mended() {
    let whole = file();
    for length in 3 * PAIR..whole.len() {
        let disk = MemoryDisk::holding(whole[..length].to_vec());
        let (guard, found) = open(&disk).unwrap();
        let is_known = length >= whole.len() - PAIR / 2;
        assert_eq!(guard.signed().len(), 1 + usize::from(is_known), "{length}");
        let kept = if is_known {
            whole.len() - PAIR / 2
        } else {
            3 * PAIR
        };
        let torn = ByteCount::new((length - kept).try_into().unwrap());
        assert_eq!((found.torn, found.broken_copies), (torn, 0), "{length}");
        assert_eq!(disk.content().unwrap().len() % PAIR, 0);
    }
}

#[test]
fn more_disorder_than_unsynced_writes_leave_is_refused() {
    let bytes = [file(), vec![0; 4 * PAIR]].concat();
    assert!(open(&MemoryDisk::holding(bytes)).is_ok());
    let bytes = [file(), vec![0; 4 * PAIR + 1]].concat();
    let error = open(&MemoryDisk::holding(bytes)).unwrap_err();
    let at = ByteCount::new(4 * 256);
    let what = Damage::Durable;
    assert_eq!(error, OpenError::Damaged { at, what });
}

#[test]
fn records_are_those_of_this_guard_in_their_place() {
    let whole = file();
    let [header, one, two, three] = [0, 1, 2, 3].map(|pair| &whole[pair * PAIR..][..PAIR]);
    // So that they are not of the last, which may be torn.
    let last = &[0; 4 * PAIR][..];
    for bytes in [
        [header, two, three, last].concat(),
        [header, one, three, two, last].concat(),
        [header, one, one, two, three, last].concat(),
    ] {
        let opened = open(&MemoryDisk::holding(bytes));
        assert!(
            matches!(opened, Err(OpenError::Damaged { .. })),
            "{opened:?}"
        );
    }
    let foreign = MemoryDisk::new();
    Guard::open(foreign.clone(), GenesisHash::ZERO, address()).unwrap();
    let bytes = [&foreign.content().unwrap()[..], one, two, last].concat();
    let opened = Guard::open(MemoryDisk::holding(bytes), GenesisHash::ZERO, address());
    assert!(matches!(opened, Err(OpenError::Damaged { .. })));
}

#[test]
fn the_guard_of_another_network_or_key_and_other_files_are_refused_by_name() {
    let disk = MemoryDisk::holding(file());
    let other = GenesisHash::new(Hash::new([8; 32]));
    let error = Guard::open(disk.clone(), other, address()).unwrap_err();
    let expected = OpenError::ForeignGenesis {
        found: genesis(),
        expected: other,
    };
    assert_eq!(error, expected);
    let error = Guard::open(disk.clone(), genesis(), other_address()).unwrap_err();
    let expected = OpenError::ForeignKey {
        found: address(),
        expected: other_address(),
    };
    assert_eq!(error, expected);
    let any = Guard::open_any(disk).unwrap().0;
    assert_eq!((any.genesis(), any.address()), (genesis(), address()));

    let mut newer = file();
    (newer[6], newer[128 + 6]) = (2, 2);
    for (bytes, expected) in [
        (b"{\"height\": 7}".to_vec(), OpenError::NotAGuard),
        (newer, OpenError::Newer { found: 2, ours: 1 }),
    ] {
        let disk = MemoryDisk::holding(bytes);
        assert_eq!(open(&disk).unwrap_err(), expected);
        assert_eq!(Guard::open_any(disk).unwrap_err(), expected);
    }
    let long = MemoryDisk::holding(vec![0; FILE_BYTES_MAX + 1]);
    assert!(matches!(open(&long), Err(OpenError::Disk(_))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn no_bytes_make_it_panic_and_what_it_takes_it_takes_again(
        bytes in prop::collection::vec(any::<u8>(), 0..1200),
        keeps_file in any::<bool>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        length in any::<prop::sample::Index>(),
    ) {
        let mut content = file();
        if keeps_file {
            for (at, value) in changes {
                let at = at.index(content.len());
                content[at] = value;
            }
            content.truncate(length.index(content.len() + 1));
            content.extend(&bytes[..bytes.len() / 8]);
        } else {
            content = bytes;
        }
        let disk = MemoryDisk::holding(content);
        if let Ok((first, _)) = open(&disk) {
            let (again, found) = open(&disk).unwrap();
            prop_assert_eq!(first.signed(), again.signed());
            prop_assert_eq!((found.torn, found.broken_copies), (ByteCount::new(0), 0));
        }
    }
}
