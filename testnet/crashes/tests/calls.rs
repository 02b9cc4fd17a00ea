//! Every way to change files that is recorded, and what happens to the others.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::ffi::CString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, IoSlice, Seek as _, SeekFrom, Write as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _, symlink};
use std::path::Path;
use std::thread;

use pyralog_crashes::{Journal, Mark, Recording, RecordingError, Scratch, Seed};

/// Records `work` in an empty folder.
fn journal_of(work: impl FnOnce(&Path)) -> Result<Journal, RecordingError> {
    let live = Scratch::new().unwrap();
    let recording = Recording::of(live.path()).unwrap();
    work(live.path());
    recording.finish()
}

/// The file of this name at the end, if nothing pending survives; for journals
/// in which little is pending.
fn durable_end(journal: &Journal, name: &str) -> Option<Vec<u8>> {
    let after = Scratch::new().unwrap();
    let image = (0..10_000)
        .map(|seed| journal.crash(journal.len(), Seed::new(seed)))
        .find(|image| {
            let fates = image.fates();
            fates.kept + fates.torn + fates.padded + fates.names_kept == 0
        })?;
    image.write_to(after.path()).unwrap();
    fs::read(after.path().join(name)).ok()
}

fn c_path(path: &Path) -> CString {
    CString::new(path.as_os_str().as_bytes()).unwrap()
}

fn sync_folder(path: &Path) {
    File::open(path).unwrap().sync_all().unwrap();
}

#[test]
fn standard_ways_are_replayed_as_they_were() {
    let journal = journal_of(|live| {
        let mut file = File::create(live.join("a")).unwrap();
        file.write_all(b"0123456789").unwrap();
        file.seek(SeekFrom::Start(3)).unwrap();
        let pieces = [IoSlice::new(b"x"), IoSlice::new(b"yz")];
        assert_eq!(file.write_vectored(&pieces).unwrap(), 3);
        file.write_all_at(b"!", 20).unwrap();
        file.set_len(15).unwrap();
        file.try_clone().unwrap().sync_data().unwrap();
        let mut more = OpenOptions::new()
            .append(true)
            .open(live.join("a"))
            .unwrap();
        more.write_all(b"en").unwrap();
        more.write_all_at(b"d", 0).unwrap(); // Linux appends it.
        more.sync_all().unwrap();
        fs::create_dir_all(live.join("in/side")).unwrap();
        fs::copy(live.join("a"), live.join("in/side/b")).unwrap();
        fs::hard_link(live.join("a"), live.join("c")).unwrap();
        fs::remove_file(live.join("a")).unwrap();
        fs::remove_dir_all(live.join("in")).unwrap();
        sync_folder(live);
    })
    .unwrap();
    let end = durable_end(&journal, "c");
    assert_eq!(end.as_deref(), Some(&b"012xyz6789\0\0\0\0\0end"[..]));
}

#[test]
fn a_write_that_syncs_itself_is_durable() {
    for flag in [libc::O_SYNC, libc::O_DSYNC, 0] {
        let journal = journal_of(|live| {
            let mut options = OpenOptions::new();
            let mut file = options
                .create_new(true)
                .write(true)
                .custom_flags(flag)
                .open(live.join("a"))
                .unwrap();
            sync_folder(live);
            file.write_all(b"bytes").unwrap();
        })
        .unwrap();
        let wanted = if flag == 0 { "" } else { "bytes" };
        assert_eq!(
            durable_end(&journal, "a").as_deref(),
            Some(wanted.as_bytes())
        );
    }
}

#[test]
#[expect(unsafe_code, reason = "it calls as C does")]
fn calls_from_c_are_recorded() {
    let journal = journal_of(|live| {
        let paths = ["a", "b", "c"].map(|name| c_path(&live.join(name)));
        let piece = libc::iovec {
            iov_base: b"c++".as_ptr().cast_mut().cast(),
            iov_len: 3,
        };
        // SAFETY: the paths end in zero bytes, the buffers are as long as told.
        unsafe {
            let file = libc::creat(paths[0].as_ptr(), 0o600);
            assert_eq!(libc::posix_fallocate(file, 0, 12), 0);
            assert_eq!(libc::write(file, b"from".as_ptr().cast(), 4), 4);
            assert_eq!(libc::pwritev(file, &raw const piece, 1, 5), 3);
            assert_eq!(libc::fallocate(file, libc::FALLOC_FL_KEEP_SIZE, 0, 99), 0);
            let punch = libc::FALLOC_FL_PUNCH_HOLE | libc::FALLOC_FL_KEEP_SIZE;
            assert_eq!(libc::fallocate(file, punch, 1, 1), 0);
            assert_eq!(libc::fdatasync(file), 0);
            assert_eq!(libc::close(file), 0);
            assert_eq!(libc::link(paths[0].as_ptr(), paths[1].as_ptr()), 0);
            assert_eq!(libc::truncate(paths[1].as_ptr(), 10), 0);
            assert_eq!(libc::close(libc::creat(paths[2].as_ptr(), 0o600)), 0);
            let (here, exchange) = (libc::AT_FDCWD, libc::RENAME_EXCHANGE);
            assert_eq!(
                libc::renameat2(here, paths[1].as_ptr(), here, paths[2].as_ptr(), exchange),
                0
            );
            assert_eq!(libc::remove(paths[0].as_ptr()), 0);
            libc::sync();
        }
    })
    .unwrap();
    assert_eq!(
        durable_end(&journal, "c").as_deref(),
        Some(&b"f\0om\0c++\0\0"[..])
    );
    assert_eq!(durable_end(&journal, "b").as_deref(), Some(&b""[..]));
    assert_eq!(durable_end(&journal, "a"), None);
}

#[test]
#[expect(unsafe_code, reason = "it calls as C does")]
fn the_c_librarys_own_streams_are_found_out() {
    let result = journal_of(|live| {
        let path = c_path(&live.join("stream"));
        // SAFETY: both texts end in zero bytes, the buffer is as long as told.
        unsafe {
            let stream = libc::fopen(path.as_ptr(), c"w".as_ptr());
            assert_eq!(libc::fwrite(b"bytes".as_ptr().cast(), 1, 5, stream), 5);
            assert_eq!(libc::fclose(stream), 0);
        }
    });
    assert!(matches!(result, Err(RecordingError::Unseen { path }) if path.ends_with("stream")));
}

#[test]
#[expect(unsafe_code, reason = "it calls as C does")]
fn what_cannot_be_recorded_is_refused() {
    let outside = Scratch::new().unwrap();
    fs::write(outside.path().join("file"), b"outside").unwrap();
    let code = |result: io::Result<()>| result.unwrap_err().raw_os_error();
    journal_of(|live| {
        let inside = live.join("inside");
        let file = File::create_new(&inside).unwrap();
        file.set_len(4096).unwrap();
        let from = outside.path().join("file");
        assert_eq!(code(fs::rename(&from, live.join("new"))), Some(libc::EXDEV));
        assert_eq!(
            code(fs::rename(&inside, outside.path().join("new"))),
            Some(libc::EXDEV)
        );
        assert_eq!(
            code(fs::hard_link(&from, live.join("new"))),
            Some(libc::EXDEV)
        );
        assert_eq!(code(symlink(&from, live.join("new"))), Some(libc::EPERM));
        let access = libc::PROT_READ | libc::PROT_WRITE;
        let map = |flags, descriptor| {
            // SAFETY: the kernel chooses where; nobody uses the mapping.
            unsafe { libc::mmap(std::ptr::null_mut(), 4096, access, flags, descriptor, 0) }
        };
        assert_eq!(map(libc::MAP_SHARED, file.as_raw_fd()), libc::MAP_FAILED);
        assert_eq!(
            io::Error::last_os_error().raw_os_error(),
            Some(libc::ENODEV)
        );
        assert_ne!(
            map(libc::MAP_SHARED | libc::MAP_ANONYMOUS, -1),
            libc::MAP_FAILED
        );
    })
    .unwrap();
}

#[test]
fn other_folders_are_none_of_its_business() {
    let outside = Scratch::new().unwrap();
    let journal = journal_of(|_| {
        fs::write(outside.path().join("file"), b"outside").unwrap();
        fs::rename(outside.path().join("file"), outside.path().join("new")).unwrap();
        fs::create_dir(outside.path().join("folder")).unwrap();
        symlink("new", outside.path().join("link")).unwrap();
        fs::remove_file(outside.path().join("new")).unwrap();
    })
    .unwrap();
    assert!(journal.is_empty());
}

#[test]
fn what_was_there_before_is_durable() {
    let live = Scratch::new().unwrap();
    fs::create_dir(live.path().join("folder")).unwrap();
    fs::write(live.path().join("folder/file"), b"before").unwrap();
    let recording = Recording::of(live.path()).unwrap();
    File::options()
        .write(true)
        .open(live.path().join("folder/file"))
        .unwrap()
        .write_all(b"B")
        .unwrap();
    let journal = recording.finish().unwrap();
    assert_eq!(
        durable_end(&journal, "folder/file").as_deref(),
        Some(&b"before"[..])
    );
}

#[test]
fn many_threads_leave_one_order() {
    const THREADS: u64 = 8;
    const COMMITS: u64 = 100;
    let live = Scratch::new().unwrap();
    File::create(live.path().join("shared")).unwrap();
    let recording = Recording::of(live.path()).unwrap();
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (recording, live) = (&recording, live.path());
            scope.spawn(move || {
                let path = live.join("shared");
                let mut shared = File::options().append(true).open(path).unwrap();
                let own = File::create(live.join(thread.to_string())).unwrap();
                for commit in 0..COMMITS {
                    shared
                        .write_all(&[u8::try_from(thread).unwrap(); 7])
                        .unwrap();
                    own.write_all_at(&commit.to_le_bytes(), commit * 8).unwrap();
                    shared.sync_data().unwrap();
                    recording.mark(Mark::new(commit));
                }
            });
        }
    });
    let journal = recording.finish().unwrap();
    let operations = THREADS * (1 + COMMITS * 4);
    assert_eq!(journal.len() as u64, operations);
    let after = Scratch::new().unwrap();
    let end = journal.crash(journal.len(), Seed::new(0));
    end.write_to(after.path()).unwrap();
    let shared = fs::metadata(after.path().join("shared")).unwrap();
    assert_eq!(shared.len(), THREADS * COMMITS * 7);
}

/// Random work on a few names; the comparison at the end is the check.
#[test]
fn random_work_is_replayed_as_it_was() {
    for seed in 0..40 {
        let journal = journal_of(|live| random_work(live, seed)).unwrap();
        assert!(journal.len() > 100);
        for at in 0..journal.len() {
            let _ = journal.crash(at, Seed::new(seed)).to_string();
        }
    }
}

fn random_work(live: &Path, seed: u64) {
    let mut state = seed + 1;
    let mut below = |bound: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) % bound
    };
    for folder in ["x", "y"] {
        fs::create_dir(live.join(folder)).unwrap();
    }
    for _ in 0..600 {
        let mut name = || {
            live.join(["x", "y", "."][usize::try_from(below(3)).unwrap()])
                .join(format!("f{}", below(4)))
        };
        let (path, other) = (name(), name());
        let (offset, length) = (below(100_000), usize::try_from(below(5_000)).unwrap());
        let existing = File::options().write(true).open(&path);
        // What does not work is as good a test as what does.
        let _ = match (below(10), existing) {
            (0, _) => fs::rename(&path, &other),
            (1, _) => fs::remove_file(&path),
            (2, _) => fs::hard_link(&path, &other),
            (3, _) => File::create(&path).map(drop),
            (4, Ok(file)) => file.set_len(offset),
            (5, Ok(file)) => file.sync_data(),
            (6, _) => File::open(path.parent().unwrap()).unwrap().sync_all(),
            (7, _) => fs::copy(&path, &other).map(drop),
            (_, Ok(file)) => file.write_all_at(&vec![7; length], offset),
            (_, Err(_)) => File::create_new(&path).map(drop),
        };
    }
}
