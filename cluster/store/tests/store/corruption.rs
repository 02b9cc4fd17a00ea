//! Directories that are not as they were left: each is refused by name, and
//! left as it is.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use pyralog_primitives::{GenesisHash, Hash, Height};
use pyralog_store::{Damage, Family, OpenError, Options, ReadError, Store, TreeError, VerifyError};

use crate::chain::{Chain, SMALL, account, genesis, new_store, open};
use crate::history::{Depth, compare};
use crate::process::{role, say, start};

/// All files below a directory but the lock.
fn files(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut dirs = vec![dir.to_owned()];
    while let Some(folder) = dirs.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let inside = path.strip_prefix(dir).unwrap().to_owned();
            if path.is_dir() {
                dirs.push(path);
            } else if inside != Path::new("LOCK") {
                found.insert(inside, fs::read(&path).unwrap());
            }
        }
    }
    found
}

fn write_files(dir: &Path, files: &BTreeMap<PathBuf, Vec<u8>>) {
    for (path, bytes) in files {
        let path = dir.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

fn try_open(dir: &Path) -> Result<Store, OpenError> {
    Store::open(dir, genesis(), Options::default())
}

/// Opens what must not open; the directory stays as it is.
fn refuse(dir: &Path) -> OpenError {
    let before = files(dir);
    let error = try_open(dir).err().expect("this does not open");
    assert!(files(dir) == before, "the directory was changed");
    let text = error.to_string();
    assert!(!text.is_empty() && !text.contains("Err"), "{text}");
    error
}

/// A store with files of every family, and a log that has not been moved to
/// files.
fn sample() -> (Chain, BTreeMap<PathBuf, Vec<u8>>) {
    let dir = tempfile::tempdir().unwrap();
    let mut chain = Chain::new(31, SMALL);
    let store = new_store(dir.path(), &chain);
    for _ in 0..20 {
        store.commit(&chain.next()).unwrap();
    }
    store.close().unwrap();
    let store = open(dir.path());
    for _ in 0..10 {
        store.commit(&chain.next()).unwrap();
    }
    // Moves what is in memory to files, and begins another log.
    let elsewhere = tempfile::tempdir().unwrap();
    store.checkpoint(&elsewhere.path().join("copy")).unwrap();
    for _ in 0..10 {
        store.commit(&chain.next()).unwrap();
    }
    drop(store);
    let files = files(dir.path());
    (chain, files)
}

fn kind(path: &Path) -> &'static str {
    let name = path.file_name().unwrap().to_str().unwrap();
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("sst") => "sst",
        Some("log") => "log",
        _ if name.starts_with("MANIFEST") => "MANIFEST",
        _ if name == "CURRENT" => "CURRENT",
        _ if name == "STORE" => "STORE",
        // What they say is not needed, or only to find other damage.
        _ => "free",
    }
}

/// Where bytes are changed: a few in tables, many in what is read by
/// ourselves.
fn places(kind: &str, length: usize) -> Vec<usize> {
    let step = match kind {
        "sst" => length.div_ceil(9),
        "log" => length.div_ceil(60),
        "MANIFEST" => length.div_ceil(160),
        _ => 1,
    };
    (0..length)
        .step_by(step.max(1))
        .chain(length.checked_sub(1))
        .collect()
}

#[test]
fn a_changed_byte_in_any_file_is_found() {
    let (chain, sample) = sample();
    let mut tried: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (path, bytes) in &sample {
        let kind = kind(path);
        if kind == "free" {
            continue;
        }
        for place in places(kind, bytes.len()) {
            let mut changed = sample.clone();
            changed.get_mut(path).unwrap()[place] ^= 1 << (place % 8);
            let dir = tempfile::tempdir().unwrap();
            write_files(dir.path(), &changed);
            let is_found = check_found(dir.path(), path, place, &chain);
            let (found, harmless) = tried.entry(kind).or_default();
            *(if is_found { found } else { harmless }) += 1;
        }
    }
    println!("found and harmless: {tried:?}");
    assert_eq!(tried.len(), 5);
    assert!(
        tried
            .values()
            .all(|(found, harmless)| found > &(4 * harmless))
    );
}

/// Whether the change is found; if not, it must change nothing.
fn check_found(dir: &Path, path: &Path, place: usize, chain: &Chain) -> bool {
    let kind = kind(path);
    let context = format!("{} at {place}", path.display());
    let before = files(dir);
    match try_open(dir) {
        Err(error) => {
            assert!(files(dir) == before, "{context}: changed");
            let text = error.to_string();
            let name = path.file_name().unwrap().to_str().unwrap();
            match &error {
                OpenError::Damaged { .. } | OpenError::LostWrites { .. } => {}
                // The engine does not say what it could not open for itself.
                OpenError::Read(ReadError::Unreadable { .. }) if kind == "sst" => {}
                _ => panic!("{context}: {error:?}"),
            }
            // Of a table that it cannot open, the engine does not always say
            // which one.
            let is_named = text.contains(name) || kind == "sst";
            assert!(text.contains(dir.to_str().unwrap()), "{context}: {text}");
            assert!(is_named, "{context}: {text}");
        }
        Ok(store) if kind == "sst" => {
            let Err(error) = store.verify() else {
                // A filter; the engine does without it.
                compare(&store, chain, Height::new(0), Depth::All);
                return false;
            };
            assert!(
                matches!(
                    error,
                    VerifyError::Open(_) | VerifyError::Read(ReadError::Unreadable { .. })
                ),
                "{context}: {error:?}"
            );
            let name = path.file_name().unwrap().to_str().unwrap();
            assert!(error.to_string().contains(name), "{context}: {error}");
        }
        // A record of the manifest may be one that changes nothing.
        Ok(store) if kind == "MANIFEST" => {
            compare(&store, chain, Height::new(0), Depth::All);
            return false;
        }
        Ok(_) => panic!("{context}: not found"),
    }
    true
}

#[test]
fn a_missing_file_is_found() {
    let (_, sample) = sample();
    for path in sample.keys().filter(|path| kind(path) != "free") {
        let mut less = sample.clone();
        less.remove(path);
        let dir = tempfile::tempdir().unwrap();
        write_files(dir.path(), &less);
        let error = refuse(dir.path());
        let expected = match kind(path) {
            "log" => matches!(error, OpenError::LostWrites { .. }),
            "STORE" | "CURRENT" => matches!(error, OpenError::Io { .. }),
            _ => matches!(error, OpenError::Damaged { .. } | OpenError::Io { .. }),
        };
        assert!(expected, "{}: {error:?}", path.display());
    }
}

#[test]
fn a_log_that_was_cut_below_what_was_acknowledged_is_refused() {
    let (_, sample) = sample();
    let (path, bytes) = sample.iter().find(|(path, _)| kind(path) == "log").unwrap();
    for keep in [0, bytes.len() / 2, bytes.len() - 1] {
        let mut cut = sample.clone();
        cut.get_mut(path).unwrap().truncate(keep);
        let dir = tempfile::tempdir().unwrap();
        write_files(dir.path(), &cut);
        let error = refuse(dir.path());
        let OpenError::LostWrites {
            acknowledged,
            found,
            ..
        } = error
        else {
            panic!("{keep}: {error:?}");
        };
        assert!(found < acknowledged);
    }
}

/// Where the fragments of a log begin, in its first block.
fn fragments(log: &[u8]) -> Vec<usize> {
    const HEADER: usize = 7;
    let (mut found, mut at) = (Vec::new(), 0);
    while at + HEADER <= log.len().min(32 * 1024) {
        found.push(at);
        at += HEADER + usize::from(u16::from_le_bytes([log[at + 4], log[at + 5]]));
    }
    found
}

#[test]
fn the_kind_of_a_recycled_log_is_refused_and_not_read_for_ever() {
    let (_, sample) = sample();
    for kind_of_log in ["log", "MANIFEST"] {
        let found = sample.iter().find(|(path, _)| kind(path) == kind_of_log);
        let (path, bytes) = found.unwrap();
        let mut changed = sample.clone();
        // The second fragment, because the first one would make it such a log.
        changed.get_mut(path).unwrap()[fragments(bytes)[1] + 6] ^= 0x04;
        let dir = tempfile::tempdir().unwrap();
        write_files(dir.path(), &changed);
        let text = refuse(dir.path()).to_string();
        assert!(text.contains("no known kind"), "{text}");
    }
}

#[test]
fn early_disorder_in_a_manifest_is_damage_whatever_was_counted() {
    let (_, mut sample) = sample();
    // Nothing is known of what was acknowledged.
    sample.insert("data/ACKNOWLEDGED".into(), vec![0; 16]);
    let (path, bytes) = sample
        .iter()
        .find(|(path, _)| kind(path) == "MANIFEST")
        .unwrap();
    let fragments = fragments(bytes);
    assert!(fragments.len() > 12);
    for fragment in &fragments[..fragments.len() - 6] {
        let mut changed = sample.clone();
        changed.get_mut(path).unwrap()[fragment + 8] ^= 1;
        let dir = tempfile::tempdir().unwrap();
        write_files(dir.path(), &changed);
        let error = refuse(dir.path());
        let OpenError::Damaged { path: found, .. } = &error else {
            // The rest of the block is not looked at for fragments.
            panic!("{fragment}: {error:?}");
        };
        assert!(found.ends_with(path), "{error}");
    }
}

#[test]
fn the_store_of_another_chain_is_refused() {
    let (_, sample) = sample();
    let dir = tempfile::tempdir().unwrap();
    write_files(dir.path(), &sample);
    let before = files(dir.path());
    let other = GenesisHash::new(Hash::new([1; 32]));
    let error = Store::open(dir.path(), other, Options::default())
        .err()
        .unwrap();
    let OpenError::ForeignChain {
        found, expected, ..
    } = &error
    else {
        panic!("{error:?}");
    };
    assert_eq!((*found, *expected), (genesis(), other));
    let text = error.to_string();
    assert!(
        text.contains(&genesis().to_string()) && text.contains(&other.to_string()),
        "{text}"
    );
    assert!(files(dir.path()) == before);
}

#[test]
fn other_formats_are_refused_with_both_versions() {
    let (_, sample) = sample();
    for (format, is_newer) in [(0, false), (2, true), (77, true)] {
        let said = format!("pyralog store\nformat {format}\ngenesis {}\n", genesis());
        let context = "pyralog 2026-11-21 store file v1";
        let hash = Hash::new(blake3::derive_key(context, said.as_bytes()));
        let mut other = sample.clone();
        other.insert(
            "data/STORE".into(),
            format!("{said}hash {hash}\n").into_bytes(),
        );
        let dir = tempfile::tempdir().unwrap();
        write_files(dir.path(), &other);
        let error = refuse(dir.path());
        let named = match &error {
            OpenError::NewerFormat { found, ours, .. } => {
                is_newer && (*found, *ours) == (format, 1)
            }
            OpenError::OlderFormat { found, ours, .. } => {
                !is_newer && (*found, *ours) == (format, 1)
            }
            _ => false,
        };
        assert!(named, "{error:?}");
        assert!(
            error.to_string().contains(&format!("format {format}")),
            "{error}"
        );
    }
}

#[test]
fn what_is_no_store_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("letter"), "dear").unwrap();
    let error = refuse(dir.path());
    assert!(
        matches!(&error, OpenError::NotAStore { found, .. } if found == "letter"),
        "{error:?}"
    );
    assert!(!dir.path().join("LOCK").exists());
    let file = dir.path().join("letter");
    assert!(matches!(try_open(&file), Err(OpenError::Io { .. })));
}

#[test]
fn a_store_in_use_is_refused_and_its_holder_named() {
    const TEST: &str = "corruption::a_store_in_use_is_refused_and_its_holder_named";
    if let Some((_, dir)) = role() {
        let _store = open(&dir);
        say("open");
        // Until it is killed.
        std::thread::sleep(std::time::Duration::from_mins(10));
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let mut started = start(TEST, "hold", dir.path());
    assert_eq!(started.says().as_deref(), Some("open"));
    let before: Vec<_> = files(dir.path()).into_keys().collect();
    let error = try_open(dir.path()).err().unwrap();
    let holder = started.child.id();
    assert!(
        matches!(&error, OpenError::InUse { pid: Some(pid), .. } if *pid == holder),
        "{error:?}"
    );
    assert!(
        error
            .to_string()
            .contains(&format!("in use by process {holder}")),
        "{error}"
    );
    assert!(files(dir.path()).into_keys().eq(before));
    drop(started);
    let store = open(dir.path());
    let error = try_open(dir.path()).err().unwrap();
    let own = std::process::id();
    assert!(
        matches!(&error, OpenError::InUse { pid: Some(pid), .. } if *pid == own),
        "{error:?}"
    );
    drop(store);
    open(dir.path());
}

/// Changes a row without the store knowing.
fn change_row(dir: &Path, family: Family, change: impl Fn(&[u8], &[u8]) -> Option<Vec<u8>>) {
    let options = rocksdb::Options::default();
    let names = Family::ALL.map(Family::name);
    let db = rocksdb::DB::open_cf(&options, dir.join("data/rocks"), names).unwrap();
    let cf = db.cf_handle(family.name()).unwrap();
    let mut rows = db.raw_iterator_cf(cf);
    match family {
        // The last ones are entries of journals, which are under the root by
        // their journal only.
        Family::State => rows.seek_to_first(),
        _ => rows.seek_to_last(),
    }
    let (key, value) = rows.item().expect("the family has a row");
    match change(key, value) {
        Some(value) => db.put_cf(cf, key, value).unwrap(),
        None => db.delete_cf(cf, key).unwrap(),
    }
}

#[test]
fn a_row_that_no_writer_wrote_is_found_in_each_family() {
    let (_, sample) = sample();
    for family in Family::ALL {
        let dir = tempfile::tempdir().unwrap();
        write_files(dir.path(), &sample);
        change_row(dir.path(), family, |_, value| match family {
            // Any bytes are a value of the state: its root tells.
            Family::State => Some([value, b"x"].concat()),
            // Any 64 bytes are roots; less are not.
            Family::Roots => Some(value[1..].to_vec()),
            // A list must end with its last item.
            Family::Changes | Family::Events => Some([value, &[0xff]].concat()),
            Family::Versions => Some(vec![9]),
            _ => Some([value, &[0]].concat()),
        });
        if family == Family::Meta {
            let error = try_open(dir.path()).err().unwrap();
            let OpenError::Read(ReadError::Damaged { family: found, .. }) = &error else {
                panic!("{error:?}");
            };
            assert_eq!(*found, family);
            continue;
        }
        let store = open(dir.path());
        let error = store.verify().unwrap_err();
        let named = match &error {
            VerifyError::Read(ReadError::Damaged { family: found, .. }) => *found == family,
            VerifyError::Tree(TreeError::OtherRoot { .. }) => family == Family::State,
            _ => false,
        };
        assert!(named, "{family}: {error:?}");
        assert!(
            family == Family::State || error.to_string().contains(family.name()),
            "{error}"
        );
    }
}

#[test]
fn a_missing_row_is_named_when_it_is_read() {
    let (chain, sample) = sample();
    let head = chain.head();
    for family in [
        Family::Blocks,
        Family::Certificates,
        Family::Receipts,
        Family::Changes,
    ] {
        let dir = tempfile::tempdir().unwrap();
        write_files(dir.path(), &sample);
        change_row(dir.path(), family, |_, _| None);
        let store = open(dir.path());
        let error = match family {
            Family::Blocks => store.block(head).unwrap_err(),
            Family::Certificates => store.certificate(head).unwrap_err(),
            Family::Receipts => store.receipts(head).unwrap_err(),
            _ => match store.rollback(Height::new(head.get() - 1)) {
                Err(pyralog_store::RollbackError::Read(error)) => error,
                other => panic!("{other:?}"),
            },
        };
        let row = format!("{:016x}", head.get());
        assert_eq!(
            error,
            ReadError::Damaged {
                family,
                row,
                damage: Damage::Missing
            }
        );
    }
}

#[test]
fn a_changed_value_is_no_longer_the_committed_state() {
    let (_, sample) = sample();
    let dir = tempfile::tempdir().unwrap();
    write_files(dir.path(), &sample);
    let options = rocksdb::Options::default();
    let names = Family::ALL.map(Family::name);
    let db = rocksdb::DB::open_cf(&options, dir.path().join("data/rocks"), names).unwrap();
    let pyralog_primitives::state::StateKey::Account { address } = account(u64::MAX) else {
        unreachable!("it is an account");
    };
    let row = [&[1], address.as_bytes().as_slice()].concat();
    db.put_cf(db.cf_handle("state").unwrap(), row, b"much")
        .unwrap();
    drop(db);
    let error = open(dir.path()).load_tree().err().unwrap();
    assert!(matches!(error, TreeError::OtherRoot { .. }), "{error:?}");
}
