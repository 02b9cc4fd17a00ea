//! An append-only log under power cuts: with its syncs nothing acknowledged is
//! ever lost, without any one of them the images show it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use pyralog_crashes::{Journal, Mark, Recording, Scratch, Seed, Tails};

const RECORDS: u64 = 200;
const RECORDS_PER_FILE: u64 = 10;
const RECORD_BYTES: usize = 700;

/// What the log's author may forget.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Forgets {
    Nothing,
    FileSync,
    FolderSync,
}

/// Files of ten records; each record is its number, over and over.
fn record_log(forgets: Forgets) -> Journal {
    let live = Scratch::new().unwrap();
    let recording = Recording::of(live.path()).unwrap();
    for first in (1..=RECORDS).step_by(usize::try_from(RECORDS_PER_FILE).unwrap()) {
        let mut file = File::create_new(live.path().join(format!("{first:05}"))).unwrap();
        if forgets != Forgets::FolderSync {
            File::open(live.path()).unwrap().sync_all().unwrap();
        }
        for number in first..first + RECORDS_PER_FILE {
            file.write_all(&record(number)).unwrap();
            if forgets != Forgets::FileSync {
                file.sync_data().unwrap();
            }
            recording.mark(Mark::new(number));
        }
    }
    recording.finish().unwrap()
}

fn record(number: u64) -> Vec<u8> {
    number
        .to_le_bytes()
        .into_iter()
        .cycle()
        .take(RECORD_BYTES)
        .collect()
}

/// The first records of the log that are whole.
fn read_log(directory: &Path) -> u64 {
    let mut number = 0;
    while let Ok(bytes) = fs::read(directory.join(format!("{:05}", number + 1))) {
        let records = (number + 1..).zip(bytes.chunks(RECORD_BYTES));
        let whole = records.take_while(|(number, bytes)| *bytes == record(*number));
        let count = whole.count() as u64;
        number += count;
        if count < RECORDS_PER_FILE {
            break;
        }
    }
    number
}

/// How many of `count` images lack a record that was acknowledged.
fn losses(journal: &Journal, count: usize) -> usize {
    let after = Scratch::new().unwrap();
    let images = journal.crashes(count, Seed::new(count as u64));
    images
        .filter(|image| {
            after.clear().unwrap();
            image.write_to(after.path()).unwrap();
            read_log(after.path()) < image.last_mark().map_or(0, Mark::get)
        })
        .count()
}

#[test]
fn what_was_acknowledged_after_a_sync_is_never_lost() {
    let journal = record_log(Forgets::Nothing);
    assert_eq!(losses(&journal, 5_000), 0);
}

#[test]
fn acknowledging_before_the_sync_is_caught() {
    assert!(losses(&record_log(Forgets::FileSync), 1_000) > 100);
}

#[test]
fn a_synced_file_in_a_folder_never_synced_is_caught() {
    assert!(losses(&record_log(Forgets::FolderSync), 1_000) > 100);
}

#[test]
fn what_was_not_acknowledged_meets_every_fate() {
    let journal = record_log(Forgets::Nothing);
    let after = Scratch::new().unwrap();
    let [mut whole, mut partial, mut gone, mut foreign, mut no_file] = [0; 5];
    for image in journal.crashes(3_000, Seed::new(2)) {
        after.clear().unwrap();
        image.write_to(after.path()).unwrap();
        let promised = image.last_mark().map_or(0, Mark::get);
        let next = after.path().join(format!("{:05}", promised + 1));
        if promised % RECORDS_PER_FILE == 0 {
            no_file += usize::from(!next.exists());
            continue;
        }
        let first = promised - promised % RECORDS_PER_FILE + 1;
        let bytes = fs::read(after.path().join(format!("{first:05}"))).unwrap();
        let start = usize::try_from(promised % RECORDS_PER_FILE).unwrap() * RECORD_BYTES;
        let unsynced = &bytes[start..];
        let wanted = record(promised + 1);
        match unsynced {
            [] => gone += 1,
            rest if *rest == wanted => whole += 1,
            rest if wanted.starts_with(rest) => partial += 1,
            _ => foreign += 1,
        }
    }
    for count in [whole, partial, gone, foreign, no_file] {
        assert!(count > 30, "{whole} {partial} {gone} {foreign} {no_file}");
    }
}

#[test]
fn fates_are_counted() {
    let journal = record_log(Forgets::FileSync);
    let images: Vec<_> = journal.crashes(500, Seed::new(3)).collect();
    let sum = |of: fn(pyralog_crashes::Fates) -> usize| {
        images.iter().map(|image| of(image.fates())).sum::<usize>()
    };
    let sums = [
        sum(|fates| fates.kept),
        sum(|fates| fates.dropped),
        sum(|fates| fates.torn),
        sum(|fates| fates.padded),
        sum(|fates| fates.names_kept),
        sum(|fates| fates.names_lost),
    ];
    assert!(sums.iter().all(|sum| *sum > 10), "{sums:?}");
}

#[test]
fn one_seed_gives_one_image() {
    let journal = record_log(Forgets::FileSync);
    let cut = journal.len() / 2;
    let image = |seed| journal.crash(cut, Seed::new(seed));
    assert!((0..50).all(|seed| image(seed) == image(seed)));
    assert!((1..50).any(|seed| image(seed) != image(0)));
    let all = |seed| journal.crashes(50, Seed::new(seed)).collect::<Vec<_>>();
    assert!(all(1) == all(1) && all(1) != all(2));
}

#[test]
fn positions_mean_what_they_say() {
    let live = Scratch::new().unwrap();
    let mut file = File::create(live.path().join("log")).unwrap();
    let recording = Recording::of(live.path()).unwrap();
    file.write_all(b"one").unwrap();
    file.sync_all().unwrap();
    recording.mark(Mark::new(1));
    let journal = recording.finish().unwrap();
    assert_eq!((journal.len(), journal.sync_points()), (3, &[1][..]));
    assert_eq!(journal.crash(2, Seed::new(0)).last_mark(), None);
    let end = journal.crash(3, Seed::new(0));
    assert_eq!(end.last_mark(), Some(Mark::new(1)));
    assert!(end.to_string().starts_with(
        "power cut at operation 3 of 3 (the end), seed 0, tails Garbage, last mark 1"
    ));
}

#[test]
fn a_tail_is_what_the_file_system_leaves() {
    let wants = [
        (Tails::Cut, false, false),
        (Tails::Zeros, true, false),
        (Tails::Garbage, true, true),
    ];
    for (tails, wants_zeros, wants_garbage) in wants {
        let live = Scratch::new().unwrap();
        let mut file = File::create(live.path().join("log")).unwrap();
        let recording = Recording::of(live.path()).unwrap();
        file.write_all(&[7; 3_000]).unwrap();
        let journal = recording.finish().unwrap().with_tails(tails);
        let after = Scratch::new().unwrap();
        let [mut zeros, mut garbage] = [false; 2];
        for image in journal.crashes(300, Seed::new(7)) {
            after.clear().unwrap();
            image.write_to(after.path()).unwrap();
            let bytes = fs::read(after.path().join("log")).unwrap();
            zeros |= bytes.contains(&0) && bytes.iter().all(|byte| [0, 7].contains(byte));
            garbage |= bytes.iter().any(|byte| ![0, 7].contains(byte));
        }
        assert_eq!((zeros, garbage), (wants_zeros, wants_garbage), "{tails:?}");
    }
}

#[test]
fn one_sector_never_holds_a_later_write_without_an_earlier_one() {
    for tails in [Tails::Cut, Tails::Zeros] {
        let live = Scratch::new().unwrap();
        let mut file = File::create(live.path().join("log")).unwrap();
        let recording = Recording::of(live.path()).unwrap();
        for letter in b'a'..=b'z' {
            file.write_all(&[letter; 10]).unwrap();
        }
        let journal = recording.finish().unwrap().with_tails(tails);
        let after = Scratch::new().unwrap();
        for image in journal.crashes(1_000, Seed::new(8)) {
            after.clear().unwrap();
            image.write_to(after.path()).unwrap();
            let bytes = fs::read(after.path().join("log")).unwrap();
            let wanted = (b'a'..=b'z').flat_map(|letter| [letter; 10]);
            let written = bytes
                .iter()
                .rposition(|byte| *byte != 0)
                .map_or(0, |last| last + 1);
            assert!(
                wanted.take(written).eq(bytes[..written].iter().copied()),
                "{image}"
            );
        }
    }
}
