//! Replacing a file: write another, sync it, rename it, sync the folder. Each
//! step that is left out is caught.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs::{self, File};
use std::io::Write as _;

use pyralog_crashes::{Journal, Mark, Recording, Scratch, Seed};

const VERSIONS: u64 = 40;

fn record_replacing(sync_file: bool, sync_folder: bool) -> Journal {
    let live = Scratch::new().unwrap();
    let path = live.path().join("state");
    fs::write(&path, content(0)).unwrap();
    let recording = Recording::of(live.path()).unwrap();
    for version in 1..=VERSIONS {
        let new = live.path().join("state.new");
        let mut file = File::create(&new).unwrap();
        file.write_all(&content(version)).unwrap();
        if sync_file {
            file.sync_all().unwrap();
        }
        fs::rename(&new, &path).unwrap();
        if sync_folder {
            File::open(live.path()).unwrap().sync_all().unwrap();
        }
        recording.mark(Mark::new(version));
    }
    recording.finish().unwrap()
}

fn content(version: u64) -> Vec<u8> {
    format!("version {version};").repeat(100).into_bytes()
}

/// Images whose file is no version at all, and such whose version is older
/// than what was acknowledged.
fn broken_and_old(journal: &Journal) -> (usize, usize) {
    let after = Scratch::new().unwrap();
    let (mut broken, mut old) = (0, 0);
    for image in journal.crashes(2_000, Seed::new(4)) {
        after.clear().unwrap();
        image.write_to(after.path()).unwrap();
        let bytes = fs::read(after.path().join("state")).unwrap_or_default();
        let promised = image.last_mark().map_or(0, Mark::get);
        match (0..=VERSIONS).find(|version| bytes == content(*version)) {
            None => broken += 1,
            Some(version) => old += usize::from(version < promised),
        }
    }
    (broken, old)
}

#[test]
fn with_both_syncs_there_is_always_a_version_and_the_new_one() {
    assert_eq!(broken_and_old(&record_replacing(true, true)), (0, 0));
}

#[test]
fn without_the_sync_of_the_file_it_breaks() {
    let (broken, _) = broken_and_old(&record_replacing(false, true));
    assert!(broken > 100, "{broken}");
}

#[test]
fn without_the_sync_of_the_folder_it_grows_old() {
    let (broken, old) = broken_and_old(&record_replacing(true, false));
    assert!(broken == 0 && old > 100, "{broken} {old}");
}

#[test]
fn a_rename_between_folders_is_in_both_or_in_neither() {
    let live = Scratch::new().unwrap();
    let [left, right] = ["left", "right"].map(|name| live.path().join(name));
    fs::create_dir(&left).unwrap();
    fs::create_dir(&right).unwrap();
    fs::write(left.join("file"), b"here").unwrap();
    let recording = Recording::of(live.path()).unwrap();
    for round in 0..20 {
        fs::rename(left.join("file"), right.join("file")).unwrap();
        if round % 3 == 0 {
            File::open(&left).unwrap().sync_all().unwrap();
        }
        fs::rename(right.join("file"), left.join("file")).unwrap();
    }
    let journal = recording.finish().unwrap();
    let after = Scratch::new().unwrap();
    let [mut in_left, mut in_right] = [0; 2];
    for image in journal.crashes(1_000, Seed::new(5)) {
        after.clear().unwrap();
        image.write_to(after.path()).unwrap();
        let [left, right] = ["left/file", "right/file"].map(|path| after.path().join(path));
        in_left += usize::from(left.exists());
        in_right += usize::from(right.exists());
        assert_ne!(left.exists(), right.exists(), "{image}");
    }
    assert!(in_left > 100 && in_right > 100, "{in_left} {in_right}");
}

#[test]
fn names_of_one_folder_are_lost_from_the_last() {
    let live = Scratch::new().unwrap();
    let recording = Recording::of(live.path()).unwrap();
    for number in 0..20 {
        fs::create_dir(live.path().join(format!("{number:02}"))).unwrap();
    }
    let journal = recording.finish().unwrap();
    let after = Scratch::new().unwrap();
    for image in journal.crashes(300, Seed::new(6)) {
        after.clear().unwrap();
        image.write_to(after.path()).unwrap();
        let there = |number: &usize| after.path().join(format!("{number:02}")).exists();
        let count = (0..20).take_while(there).count();
        assert!((count..20).all(|number| !there(&number)), "{image}");
    }
}
