//! Without crashes.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use pyralog_disk::{Disk, DiskError, Doing, MemoryDisk};
use pyralog_files::{FileDisk, OpenError};
use pyralog_primitives::ByteCount;

const MAX: ByteCount = ByteCount::new(100);

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// The same story on both disks, told by what a reader sees.
fn story(disk: &mut impl Disk) -> Vec<Option<Vec<u8>>> {
    let mut seen = vec![disk.read(MAX).unwrap()];
    disk.sync().unwrap();
    disk.replace(b"one").unwrap();
    disk.append(b" two").unwrap();
    disk.sync().unwrap();
    seen.push(disk.read(ByteCount::new(7)).unwrap());
    let long = disk.read(ByteCount::new(6)).unwrap_err();
    assert!(long.to_string().contains("has 7 bytes, at most 6"));
    disk.truncate(ByteCount::new(4)).unwrap();
    disk.append(b"three").unwrap();
    seen.push(disk.read(MAX).unwrap());
    disk.replace(b"").unwrap();
    seen.push(disk.read(ByteCount::new(0)).unwrap());
    disk.append(b"four").unwrap();
    seen.push(disk.read(MAX).unwrap());
    seen
}

#[test]
fn a_file_does_what_the_disk_in_memory_does() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log");
    let mut file = FileDisk::open(&path).unwrap();
    let mut memory = MemoryDisk::new();
    assert_eq!(story(&mut file), story(&mut memory));
    drop(file);
    let mut file = FileDisk::open(&path).unwrap();
    assert_eq!(file.read(MAX).unwrap(), memory.content());
    assert_eq!(file.path(), path);
}

#[test]
fn what_is_made_is_the_owners_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("guards/of/alice.guard");
    let mut file = FileDisk::open(&path).unwrap();
    assert!(!path.exists(), "an open makes no file");
    file.replace(b"x").unwrap();
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    let lock = directory.path().join("guards/of/alice.guard.lock");
    assert_eq!(mode(&lock), 0o600);
    let names = fs::read_dir(path.parent().unwrap()).unwrap().count();
    assert_eq!(names, 2, "a replacement leaves nothing beside");
}

#[test]
fn one_process_has_the_file_and_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log");
    let mut first = FileDisk::open(&path).unwrap();
    let refused = || FileDisk::open(&path).unwrap_err();
    let error = refused();
    let ours = std::process::id();
    assert!(matches!(error, OpenError::InUse { process: Some(id), .. } if id == ours));
    let text = error.to_string();
    assert!(text.contains(&format!("in use by process {ours}; stop that one")));
    // The lock is not lost with the content that it was taken with.
    first.replace(b"new").unwrap();
    assert!(matches!(refused(), OpenError::InUse { .. }));
    drop(first);
    let mut second = FileDisk::open(&path).unwrap();
    assert_eq!(second.read(MAX), Ok(Some(b"new".to_vec())));
}

#[test]
fn a_replacement_that_was_never_finished_is_thrown_away() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log");
    FileDisk::open(&path).unwrap().replace(b"old").unwrap();
    fs::write(directory.path().join("log.new"), "half").unwrap();
    let mut file = FileDisk::open(&path).unwrap();
    assert!(!directory.path().join("log.new").exists());
    assert_eq!(file.read(MAX), Ok(Some(b"old".to_vec())));
    file.replace(b"new").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new");
}

#[test]
fn a_failed_write_names_the_file_and_ends_all_writing() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log");
    let mut file = FileDisk::open(&path).unwrap();
    // No file: nothing to append to.
    let error = file.append(b"x").unwrap_err();
    let doing = Doing::Appending;
    assert!(matches!(&error, DiskError::Failed { doing: found, .. } if *found == doing));
    assert!(
        error
            .to_string()
            .starts_with(&format!("appending to {}", path.display()))
    );
    for result in [
        file.append(b"x"),
        file.sync(),
        file.truncate(MAX),
        file.replace(b"x"),
        file.read(MAX).map(|_| ()),
    ] {
        assert!(
            matches!(&result, Err(DiskError::Poisoned { doing: found, .. }) if *found == doing)
        );
    }
    drop(file);
    FileDisk::open(&path).unwrap().replace(b"x").unwrap();
}

#[test]
fn a_replacement_that_fails_leaves_the_old_content() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log");
    let mut file = FileDisk::open(&path).unwrap();
    file.replace(b"old").unwrap();
    fs::create_dir(directory.path().join("log.new")).unwrap();
    assert!(file.replace(b"new").is_err());
    assert!(matches!(file.sync(), Err(DiskError::Poisoned { .. })));
    assert_eq!(fs::read(&path).unwrap(), b"old");
}

#[test]
fn what_is_no_file_is_not_opened() {
    let directory = tempfile::tempdir().unwrap();
    let error = FileDisk::open(directory.path()).unwrap_err();
    assert!(
        matches!(
            error,
            OpenError::Io {
                doing: "opening",
                ..
            }
        ),
        "{error}"
    );
    let plain = directory.path().join("plain");
    fs::write(&plain, "").unwrap();
    let error = FileDisk::open(&plain.join("log")).unwrap_err();
    assert!(error.to_string().contains("Not a directory"), "{error}");
}
