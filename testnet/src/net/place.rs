//! Where nets lie, and who is at work there.
//!
//! ```text
//! BASE/NAME/net.toml          what is remembered of the net
//! BASE/NAME/genesis.toml      its genesis document
//! BASE/NAME/password          what opens the keys of its validators
//! BASE/NAME/acknowledged      transactions that callers were told are final
//! BASE/NAME/validator-0/      the home of a node
//! BASE/NAME/validator-0.log   what that node has said
//! BASE/NAME/lock              held by whoever changes the net
//! BASE/.lock                  held by whoever begins one
//! ```

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::error::NetError;
use super::names::{NetName, NodeName};

/// How long one waits for others who are at work in a net. Lower, and two
/// commands that are started together fail for nothing; higher, and who forgot
/// one that hangs is not told.
const LOCKED_MAX: Duration = Duration::from_mins(2);
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// The directory of nets.
#[derive(Clone, Debug)]
pub(crate) struct Base(PathBuf);

/// The directory of one net.
#[derive(Clone, Debug)]
pub(crate) struct Place(PathBuf);

/// Held by whoever is at work; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Lock(File);

impl Base {
    /// The given one, else that of the user, made absolute: processes stay when
    /// we have gone, and our directory with us.
    pub(crate) fn of(given: Option<&Path>) -> Result<Self, NetError> {
        let directory = match given {
            Some(directory) => directory.to_owned(),
            None => default_base(std::env::var_os).ok_or(NetError::NoBase)?,
        };
        let absolute = std::path::absolute(&directory);
        absolute.map(Self).map_err(NetError::io("find", &directory))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn place(&self, net: &NetName) -> Place {
        Place(self.0.join(net.as_str()))
    }

    /// Where a net is put together before it is there. No name begins with a
    /// dot.
    pub(crate) fn staging(&self, net: &NetName) -> Place {
        Place(self.0.join(format!(".{net}.new")))
    }

    /// The names of all nets, in order. What else lies there is passed over.
    pub(crate) fn nets(&self) -> Result<Vec<NetName>, NetError> {
        let failed = || NetError::io("read", &self.0);
        let entries = match fs::read_dir(&self.0) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(failed())?,
        };
        let mut names = Vec::new();
        for entry in entries {
            let name = entry.map_err(failed())?.file_name();
            let name = name.to_str().and_then(|name| name.parse().ok());
            names.extend(name.filter(|name| self.place(name).record().is_file()));
        }
        names.sort();
        Ok(names)
    }

    /// Begins to begin a net.
    pub(crate) async fn lock(&self) -> Result<Lock, NetError> {
        make_directory(&self.0)?;
        lock(&self.0.join(".lock"), &self.0, LOCKED_MAX).await
    }
}

/// The state of the user, as the XDG specification places it.
fn default_base(variable: impl Fn(&'static str) -> Option<OsString>) -> Option<PathBuf> {
    // XDG: a relative path is invalid and to be ignored.
    let absolute = |name| {
        let path = variable(name).map(PathBuf::from);
        path.filter(|path| path.is_absolute())
    };
    let state = absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local/state")));
    Some(state?.join("pyralog/testnets"))
}

impl Place {
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn record(&self) -> PathBuf {
        self.0.join("net.toml")
    }

    pub(crate) fn genesis(&self) -> PathBuf {
        self.0.join("genesis.toml")
    }

    pub(crate) fn password(&self) -> PathBuf {
        self.0.join("password")
    }

    pub(crate) fn acknowledged(&self) -> PathBuf {
        self.0.join("acknowledged")
    }

    pub(crate) fn home(&self, node: NodeName) -> PathBuf {
        self.0.join(node.to_string())
    }

    pub(crate) fn log(&self, node: NodeName) -> PathBuf {
        self.0.join(format!("{node}.log"))
    }

    /// Begins to change the net.
    pub(crate) async fn lock(&self) -> Result<Lock, NetError> {
        lock(&self.0.join("lock"), &self.0, LOCKED_MAX).await
    }

    /// Removes all of it; there may be nothing.
    pub(crate) fn remove(&self) -> Result<(), NetError> {
        match fs::remove_dir_all(&self.0) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            removed => removed.map_err(NetError::io("remove", &self.0)),
        }
    }
}

/// Makes a directory, and those above it, for the owner alone.
pub(crate) fn make_directory(path: &Path) -> Result<(), NetError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(0o700);
    builder.create(path).map_err(NetError::io("create", path))
}

async fn lock(path: &Path, directory: &Path, patience: Duration) -> Result<Lock, NetError> {
    let failed = || NetError::io("lock", path);
    let mut options = File::options();
    let file = options.read(true).append(true).create(true).open(path);
    let file = file.map_err(failed())?;
    let end = Instant::now() + patience;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Lock(file)),
            Err(TryLockError::WouldBlock) if Instant::now() < end => sleep(LOOK_AGAIN).await,
            Err(TryLockError::WouldBlock) => return Err(NetError::Busy(directory.to_owned())),
            Err(TryLockError::Error(error)) => return Err(failed()(error)),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing the file unlocks it too.
        let _ = self.0.unlock();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nets_lie_in_the_state_of_the_user() {
        for (variables, expected) in [
            (
                &[("XDG_STATE_HOME", "/xdg"), ("HOME", "/home/a")][..],
                Some("/xdg/pyralog/testnets"),
            ),
            (
                &[("XDG_STATE_HOME", "xdg"), ("HOME", "/home/a")],
                Some("/home/a/.local/state/pyralog/testnets"),
            ),
            (
                &[("HOME", "/home/a")],
                Some("/home/a/.local/state/pyralog/testnets"),
            ),
            (&[("HOME", "")], None),
            (&[], None),
        ] {
            let variable = |name| {
                let found = variables.iter().find(|(variable, _)| *variable == name);
                found.map(|(_, value)| OsString::from(value))
            };
            assert_eq!(default_base(variable), expected.map(PathBuf::from));
        }
    }

    #[test]
    fn only_directories_with_a_record_are_nets() {
        let directory = tempfile::tempdir().unwrap();
        let base = Base::of(Some(directory.path())).unwrap();
        assert_eq!(base.nets().unwrap(), []);
        for name in ["b", "a", "empty", "Wrong"] {
            fs::create_dir(directory.path().join(name)).unwrap();
        }
        for name in ["a", "b", "Wrong"] {
            fs::write(directory.path().join(name).join("net.toml"), "").unwrap();
        }
        let names = base.nets().unwrap();
        let names: Vec<&str> = names.iter().map(NetName::as_str).collect();
        assert_eq!(names, ["a", "b"]);
        let nowhere = Base::of(Some(&directory.path().join("none"))).unwrap();
        assert_eq!(nowhere.nets().unwrap(), []);
    }

    #[tokio::test]
    async fn two_are_never_at_work_in_one_net() {
        let directory = tempfile::tempdir().unwrap();
        let base = Base::of(Some(directory.path())).unwrap();
        let place = base.place(&"a".parse().unwrap());
        make_directory(place.path()).unwrap();
        let held = place.lock().await.unwrap();
        let error = lock(&place.path().join("lock"), place.path(), Duration::ZERO).await;
        let error = error.unwrap_err();
        assert!(matches!(error, NetError::Busy(_)), "{error}");
        drop(held);
        place.lock().await.unwrap();
        place.remove().unwrap();
        place.remove().unwrap();
        assert!(!place.path().exists());
    }
}
