//! Looking at a store after anything may have happened to it.
//!
//! A loss of power tears what was being written: the end of the write-ahead
//! log, or of the manifest. A changed byte looks alike, but what follows it
//! was acknowledged. So where a log is in disorder, what follows is left out
//! in a *rehearsal*: a directory with the same files, but with cut logs. Only
//! if the store in there has all that was acknowledged, the logs themselves
//! are cut.
//!
//! Invariant: no file is changed before the store is known to open, whole.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use crate::engine::Engine;
use crate::error::OpenError;
use crate::files::{Acknowledged, Layout};
use crate::log_file::{Disorder, check_log};
use crate::open::read_standing;
use crate::options::Shared;
use crate::standing::Standing;
use crate::store::engine_error;

const CURRENT: &str = "CURRENT";
const MANIFEST_PREFIX: &str = "MANIFEST-";
/// Longer than the name of any manifest.
const CURRENT_BYTES_MAX: u64 = 64;
/// So much of a torn fragment stays that the engine sees that one was there,
/// and compares what its families hold; less than a header, so that it takes
/// nothing of it for a fragment.
const TORN_BYTES: u64 = 3;

/// So many records of a manifest may be written before they are synced: those
/// of a merge and a flush that end together. Lower, and a loss of power just
/// then looks like damage. Higher, and damage looks like a loss of power while
/// the logs are gone that the lost records made superfluous: after a flush,
/// more records follow the one that speaks of the log.
const UNSYNCED_RECORDS_MAX: u32 = 4;

/// A log in disorder.
struct Torn {
    path: PathBuf,
    keep: u64,
    disorder: Disorder,
}

/// Looks at the files of the engine, and cuts what was torn.
pub(crate) fn recover(layout: &Layout, shared: &Shared) -> Result<Acknowledged, OpenError> {
    let acknowledged = Acknowledged::open(layout)?;
    layout.remove_rehearsal()?;
    let torn = torn_logs(&layout.rocks())?;
    if torn.is_empty() {
        let standing = look(layout, &layout.rocks(), shared)?;
        check_count(layout, &acknowledged, &standing, "its log ends early")?;
        return Ok(acknowledged);
    }
    let result = rehearse(layout, shared, &acknowledged, &torn);
    layout.remove_rehearsal()?;
    result?;
    for torn in &torn {
        cut(&torn.path, torn.keep).map_err(io_error("cutting", &torn.path))?;
    }
    Ok(acknowledged)
}

/// Opens the store with its torn logs cut, but not those logs themselves.
fn rehearse(
    layout: &Layout,
    shared: &Shared,
    acknowledged: &Acknowledged,
    torn: &[Torn],
) -> Result<(), OpenError> {
    let dir = layout.rehearsal();
    copy_files(&layout.rocks(), &dir, torn).map_err(io_error("copying to", &dir))?;
    let cause = torn.iter().map(Torn::describe).collect::<Vec<_>>();
    let cause = cause.join(", ");
    match look(layout, &dir, shared) {
        Ok(standing) => check_count(layout, acknowledged, &standing, &cause),
        Err(OpenError::Damaged { cause: engine, .. }) => Err(OpenError::Damaged {
            path: torn[0].path.clone(),
            cause: format!("{cause}; without what follows: {engine}"),
        }),
        Err(error) => Err(error),
    }
}

/// Opens the engine without leaving a trace.
fn look(layout: &Layout, dir: &Path, shared: &Shared) -> Result<Standing, OpenError> {
    let engine = Engine::look(dir, shared).map_err(|error| engine_error(layout, &error))?;
    Ok(read_standing(&engine)?)
}

fn check_count(
    layout: &Layout,
    acknowledged: &Acknowledged,
    standing: &Standing,
    cause: &str,
) -> Result<(), OpenError> {
    match acknowledged.read() {
        Some(count) if standing.writes < count => Err(OpenError::LostWrites {
            dir: layout.dir.clone(),
            acknowledged: count,
            found: standing.writes,
            cause: cause.to_owned(),
        }),
        _ => Ok(()),
    }
}

/// The logs that are not in order, the manifest first.
fn torn_logs(rocks: &Path) -> Result<Vec<Torn>, OpenError> {
    let mut torn = Vec::new();
    let manifest = manifest(rocks)?;
    if let Some(found) = torn_log(&manifest, 0)? {
        if found.disorder.followed_by > UNSYNCED_RECORDS_MAX {
            return Err(OpenError::Damaged {
                cause: found.describe(),
                path: manifest,
            });
        }
        torn.push(found);
    }
    for path in write_ahead_logs(rocks)? {
        torn.extend(torn_log(&path, TORN_BYTES)?);
    }
    Ok(torn)
}

/// All logs of an engine that is in order: the manifest first.
pub(crate) fn engine_logs(rocks: &Path) -> Result<Vec<PathBuf>, OpenError> {
    let mut logs = vec![manifest(rocks)?];
    logs.extend(write_ahead_logs(rocks)?);
    Ok(logs)
}

fn write_ahead_logs(rocks: &Path) -> Result<Vec<PathBuf>, OpenError> {
    let mut logs = Vec::new();
    for entry in fs::read_dir(rocks).map_err(io_error("reading directory", rocks))? {
        let path = entry.map_err(io_error("reading directory", rocks))?.path();
        if path.extension().is_some_and(|extension| extension == "log") {
            logs.push(path);
        }
    }
    logs.sort();
    Ok(logs)
}

fn torn_log(path: &Path, torn_bytes: u64) -> Result<Option<Torn>, OpenError> {
    let check = check_log(path).map_err(io_error("reading", path))?;
    Ok(check.disorder.map(|disorder| Torn {
        path: path.to_owned(),
        // What was torn is longer than that, or it is cut already.
        keep: check.valid + torn_bytes,
        disorder,
    }))
}

/// The manifest that counts.
fn manifest(rocks: &Path) -> Result<PathBuf, OpenError> {
    let path = rocks.join(CURRENT);
    let mut text = String::new();
    let mut read = || {
        let mut file = io::Read::take(File::open(&path)?, CURRENT_BYTES_MAX);
        io::Read::read_to_string(&mut file, &mut text)
    };
    let damaged = |cause: &str| OpenError::Damaged {
        path: path.clone(),
        cause: cause.to_owned(),
    };
    match read() {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            return Err(damaged("it is no text"));
        }
        Err(error) => return Err(io_error("reading", &path)(error)),
    }
    let name = text.strip_suffix('\n').filter(|name| {
        let number = name.strip_prefix(MANIFEST_PREFIX);
        number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
    });
    let name = name.ok_or_else(|| damaged("it names no manifest"))?;
    let manifest = rocks.join(name);
    if manifest.is_file() {
        Ok(manifest)
    } else {
        Err(damaged("it names a manifest that is not there"))
    }
}

impl Torn {
    fn describe(&self) -> String {
        let name = self.path.file_name().unwrap_or_default();
        let Disorder { at, cause, .. } = self.disorder;
        format!("{} at byte {at}: {cause}", name.to_string_lossy())
    }
}

/// Links the files of a directory into a new one; copies what will be cut, and
/// cuts it.
fn copy_files(from: &Path, to: &Path, torn: &[Torn]) -> io::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let from = entry?.path();
        let to = to.join(from.file_name().unwrap_or_default());
        match torn.iter().find(|torn| torn.path == from) {
            None => fs::hard_link(&from, &to)?,
            Some(torn) => {
                fs::copy(&from, &to)?;
                cut(&to, torn.keep)?;
            }
        }
    }
    Ok(())
}

/// Cuts a file that is longer, durably.
fn cut(path: &Path, keep: u64) -> io::Result<()> {
    let file = OpenOptions::new().write(true).open(path)?;
    if file.metadata()?.len() > keep {
        file.set_len(keep)?;
    }
    file.sync_all()
}

fn io_error(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> OpenError {
    move |source| OpenError::Io {
        doing,
        path: path.to_owned(),
        source,
    }
}
