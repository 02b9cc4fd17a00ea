//! Losses of power: what was acknowledged is there, the rest may be.

use proptest::prelude::*;
use pyralog_disk::{Crash, Disk, MemoryDisk};
use pyralog_primitives::{ByteCount, Height};
use pyralog_wal::Wal;

use crate::{HEIGHT, logged, reopened};

#[test]
fn a_log_gives_back_what_was_synced_in_order() {
    let disk = logged(&[&[b"one"], &[b"", b"two"], &[&[9; 5000]]]);
    disk.crash(Crash::Lost);
    let recovered = reopened(&disk);
    assert_eq!(recovered.height, Some(HEIGHT));
    assert_eq!(
        recovered.records,
        [&b"one"[..], b"", b"two", &[9; 5000]].map(<[u8]>::to_vec)
    );
    assert_eq!(recovered.torn, ByteCount::new(0));
}

#[test]
fn a_new_disk_holds_no_height() {
    let recovered = reopened(&MemoryDisk::new());
    assert_eq!((recovered.height, recovered.records.len()), (None, 0));
}

#[test]
fn to_begin_a_height_drops_what_was_even_without_a_sync() {
    let disk = logged(&[&[b"one"]]);
    let (mut wal, _) = Wal::open(disk.clone()).unwrap();
    wal.append(b"never synced").unwrap();
    wal.begin(Height::new(8)).unwrap();
    wal.sync().unwrap();
    disk.crash(Crash::Lost);
    let recovered = reopened(&disk);
    assert_eq!(recovered.height, Some(Height::new(8)));
    assert!(recovered.records.is_empty());
}

#[test]
fn a_height_that_begins_is_there_with_its_first_records_or_the_one_before_is() {
    let disk = logged(&[&[b"one"]]);
    let (mut wal, _) = Wal::open(disk.clone()).unwrap();
    wal.begin(Height::new(8)).unwrap();
    assert_eq!(wal.height(), Some(Height::new(8)));
    disk.crash(Crash::Kept);
    assert_eq!(reopened(&disk).records, [b"one".to_vec()]);
    let whole = disk.content().unwrap().len();
    wal.append(b"two").unwrap();
    wal.sync().unwrap();
    let log = disk.content().unwrap();
    for length in whole..=log.len() {
        let recovered = reopened(&MemoryDisk::holding(log[..length].to_vec()));
        let (height, record) = if length < log.len() {
            (HEIGHT, b"one")
        } else {
            (Height::new(8), b"two")
        };
        assert_eq!(recovered.height, Some(height), "{length}");
        assert_eq!(recovered.records, [record.to_vec()], "{length}");
    }
}

#[test]
fn a_file_in_which_many_heights_have_begun_is_replaced_before_it_is_long() {
    let disk = MemoryDisk::new();
    let mut wal = Wal::open(disk.clone()).unwrap().0;
    let record = vec![7; 1024 * 1024];
    let mut lengths = Vec::new();
    for height in 1..30 {
        wal.begin(Height::new(height)).unwrap();
        wal.append(&record).unwrap();
        wal.sync().unwrap();
        lengths.push(disk.content().unwrap().len());
        let recovered = reopened(&disk);
        assert_eq!(recovered.height, Some(Height::new(height)));
        assert_eq!(recovered.records.len(), 1);
    }
    assert!(lengths.iter().all(|length| *length < 10 * record.len()));
    assert!(!lengths.is_sorted(), "it was never replaced");
}

#[test]
fn what_was_never_synced_may_be_lost_and_what_is_recovered_may_not() {
    let disk = logged(&[&[b"one"]]);
    let frame = {
        let other = logged(&[&[b"one"], &[b"two"]]);
        let one = disk.content().unwrap().len();
        other.content().unwrap()[one..].to_vec()
    };
    // A process wrote a frame and was killed before it synced.
    disk.clone().append(&frame).unwrap();
    disk.restart();
    assert_eq!(reopened(&disk).records.len(), 2);
    disk.crash(Crash::Lost);
    assert_eq!(reopened(&disk).records.len(), 2);
}

#[test]
fn each_cut_of_the_last_frame_is_torn_off_and_reported() {
    let whole = logged(&[&[b"one"], &[b"two", b"three"]]).content().unwrap();
    let synced = logged(&[&[b"one"]]).content().unwrap().len();
    for length in synced..whole.len() {
        let disk = MemoryDisk::holding(whole[..length].to_vec());
        let recovered = reopened(&disk);
        assert_eq!(recovered.records, [b"one".to_vec()], "{length}");
        let torn = u64::try_from(length - synced).unwrap();
        assert_eq!(recovered.torn, ByteCount::new(torn));
        assert_eq!(disk.content().unwrap(), whole[..synced], "{length}");
        assert_eq!(reopened(&disk).torn, ByteCount::new(0));
    }
}

#[test]
fn the_cut_of_a_torn_tail_is_durable_and_the_log_goes_on_behind_it() {
    let whole = logged(&[&[b"one"], &[b"two"]]).content().unwrap();
    let disk = MemoryDisk::holding(whole[..whole.len() - 1].to_vec());
    let (mut wal, _) = Wal::open(disk.clone()).unwrap();
    disk.crash(Crash::Lost);
    assert_eq!(reopened(&disk).torn, ByteCount::new(0));
    wal.append(b"three").unwrap();
    wal.sync().unwrap();
    assert_eq!(
        reopened(&disk).records,
        [b"one".to_vec(), b"three".to_vec()]
    );
}

fn crash() -> impl Strategy<Value = Crash> {
    let count = || (0..300u64).prop_map(ByteCount::new);
    prop_oneof![
        Just(Crash::Lost),
        Just(Crash::Kept),
        count().prop_map(|kept| Crash::Torn { kept }),
        (count(), count()).prop_map(|(kept, zeros)| Crash::Zeroed { kept, zeros }),
        (count(), count(), any::<u64>()).prop_map(|(kept, garbage, seed)| Crash::Garbled {
            kept,
            garbage,
            seed
        }),
    ]
}

#[derive(Clone, Debug)]
enum Act {
    Begin,
    Append(Vec<u8>),
    Sync,
    /// The frame of what is appended reaches the file, then the power goes.
    CrashInSync(Crash),
    Crash(Crash),
    Kill,
}

fn act() -> impl Strategy<Value = Act> {
    let record = prop::collection::vec(any::<u8>(), 0..80);
    prop_oneof![
        1 => Just(Act::Begin),
        5 => record.prop_map(Act::Append),
        4 => Just(Act::Sync),
        2 => crash().prop_map(Act::CrashInSync),
        1 => crash().prop_map(Act::Crash),
        1 => Just(Act::Kill),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// The model: what is acknowledged is there; what was being synced is there
    /// whole or not at all; nothing else is there.
    #[test]
    fn any_life_of_a_log_keeps_what_it_acknowledged(acts in prop::collection::vec(act(), 1..60)) {
        let disk = MemoryDisk::new();
        let mut wal = Wal::open(disk.clone()).unwrap().0;
        // What a reader must find, and what it may find instead.
        let mut synced = (Height::FIRST, Vec::new());
        let mut pending = synced.clone();
        wal.begin(Height::FIRST).unwrap();
        for act in acts {
            match act {
                Act::Begin => {
                    pending = (pending.0.next().unwrap(), Vec::new());
                    wal.begin(pending.0).unwrap();
                    continue;
                }
                Act::Append(record) => {
                    wal.append(&record).unwrap();
                    pending.1.push(record);
                    continue;
                }
                Act::Sync => {
                    wal.sync().unwrap();
                    synced = pending.clone();
                    continue;
                }
                Act::CrashInSync(how) => {
                    disk.fail_next(pyralog_disk::Fault::Sync);
                    prop_assert_eq!(wal.sync().is_err(), pending != synced);
                    disk.crash(how);
                }
                Act::Crash(how) => {
                    disk.crash(how);
                    pending = synced.clone();
                }
                Act::Kill => {
                    disk.restart();
                    pending = synced.clone();
                }
            }
            let (reopened, recovered) = Wal::open(disk.clone()).unwrap();
            wal = reopened;
            let found = (recovered.height.unwrap(), recovered.records);
            prop_assert!(found == synced || found == pending);
            (synced, pending) = (found.clone(), found);
        }
    }
}
