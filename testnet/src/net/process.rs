//! Processes that outlive the program that started them.
//!
//! Invariants:
//! - no signal ever reaches a process that is not ours. A number alone does
//!   not say whose it is, because numbers are given again: a process is known
//!   by its number, the moment at which it was started, and the start of the
//!   machine. One whose number was not written down is known by the mark that
//!   it was started with, which nothing else has;
//! - a process has a group of its own: what ends a terminal or is typed there
//!   does not reach it.
//!
//! Failure model: anybody may end a process at any time, the machine may be
//! started again, and what cannot be read in `/proc` is an error, never a guess.

use std::ffi::OsStr;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitOptions, pidfd_open, pidfd_send_signal, waitpid,
};
use serde::{Deserialize, Serialize};

/// Says which start of the machine this is.
const BOOT: &str = "/proc/sys/kernel/random/boot_id";
/// Where the start of a process stands in its `stat`, counted behind its name.
const START_FIELD: usize = 19;
/// The same of the count of its threads.
const THREADS_FIELD: usize = 17;
/// The variable that says of which node a process is: the path of its log.
const MARK: &str = "PYRALOG_TESTNET_NODE";
/// What is read of the variables of a process. Ours has two.
const VARIABLES_BYTES_MAX: u64 = 64 * 1024;
/// How often one looks whether a process has ended.
const LOOK_AGAIN: Duration = Duration::from_millis(5);
/// A process that was killed is gone within moments. Lower, and a busy machine
/// is taken for one that does not kill; higher, and who waits wonders.
const KILLED_WITHIN: Duration = Duration::from_secs(10);

/// What a process is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessState {
    /// It runs, or would if it had something to do.
    Running,
    /// It was stopped and can go on.
    Paused,
    /// It is gone.
    Ended,
}

impl fmt::Display for ProcessState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Ended => "ended",
        })
    }
}

/// One process, and never another one that got its number later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProcessId {
    pid: u32,
    /// In ticks after the start of the machine.
    started: u64,
    /// Which start of the machine.
    boot: String,
}

/// What the system says of a process.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    state: char,
    thread_count: u64,
    started: u64,
}

impl ProcessId {
    /// Starts a program that stays when we go, with its output behind what the
    /// file holds. Nothing comes from our environment but the path of programs.
    /// The process is marked with the path of that file.
    pub(crate) fn spawn<A: AsRef<OsStr>>(
        program: &Path,
        args: impl IntoIterator<Item = A>,
        output: &Path,
    ) -> io::Result<Self> {
        let mark = output;
        let output = File::options().create(true).append(true).open(output)?;
        let child = Command::new(program)
            .args(args)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env(MARK, mark)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .process_group(0)
            .spawn();
        let mut child = child?;
        Self::of(Pid::from_child(&child)).inspect_err(|_| {
            // It may have ended already; then there is nothing to end.
            let _ = child.kill();
            let _ = child.wait();
        })
    }

    /// All processes that were started with this output, also those whose
    /// numbers nobody knows, because whoever started them was killed before they
    /// were written down.
    pub(crate) fn marked(output: &Path) -> io::Result<Vec<Self>> {
        let mut wanted = format!("{MARK}=").into_bytes();
        wanted.extend(output.as_os_str().as_bytes());
        let mut found = Vec::new();
        for entry in fs::read_dir("/proc")? {
            let name = entry?.file_name();
            let pid = name.to_str().and_then(|name| name.parse::<i32>().ok());
            let Some(pid) = pid.and_then(Pid::from_raw) else {
                continue;
            };
            let process = match Self::of(pid) {
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                process => process?,
            };
            // Those of others cannot be read, and are not ours.
            let variables = variables(process.pid).unwrap_or_default();
            let is_marked = variables.split(|byte| *byte == 0).any(|one| one == wanted);
            // If it is still the process that it was, these were its variables.
            if is_marked && process.state()? != ProcessState::Ended {
                found.push(process);
            }
        }
        Ok(found)
    }

    /// The process that has this number now.
    fn of(pid: Pid) -> io::Result<Self> {
        let pid = pid.as_raw_nonzero().get().unsigned_abs();
        let seen = look(pid)?.ok_or(ErrorKind::NotFound)?;
        Ok(Self {
            pid,
            started: seen.started,
            boot: boot()?,
        })
    }

    /// Its number.
    pub(crate) const fn pid(&self) -> u32 {
        self.pid
    }

    /// The same, if a process can have it.
    fn number(&self) -> Option<Pid> {
        i32::try_from(self.pid).ok().and_then(Pid::from_raw)
    }

    /// What it is at.
    pub(crate) fn state(&self) -> io::Result<ProcessState> {
        if boot()? != self.boot {
            return Ok(ProcessState::Ended);
        }
        let seen = look(self.pid)?.filter(|seen| seen.started == self.started);
        let Some(seen) = seen else {
            return Ok(ProcessState::Ended);
        };
        Ok(match seen.state {
            'T' | 't' => ProcessState::Paused,
            // Its first thread has ended and others have not: they may still
            // write, and hold what the next process needs.
            'Z' if seen.thread_count > 1 => ProcessState::Running,
            // It only waits for its parent to hear of its end.
            'Z' | 'X' => {
                self.bury();
                ProcessState::Ended
            }
            _ => ProcessState::Running,
        })
    }

    /// Takes note of its end, if it is a child of ours; others do it for theirs.
    fn bury(&self) {
        if let Some(pid) = self.number() {
            let _ = waitpid(Some(pid), WaitOptions::NOHANG);
        }
    }

    /// Sends a signal; `false` if the process has ended.
    pub(crate) fn signal(&self, signal: Signal) -> io::Result<bool> {
        let Some(pid) = self.number() else {
            return Ok(false);
        };
        let handle = match pidfd_open(pid, PidfdFlags::empty()) {
            Err(Errno::SRCH) => return Ok(false),
            opened => opened?,
        };
        // Looked at with the handle open: if the number is still that of our
        // process, the handle is of our process, and stays so.
        if self.state()? == ProcessState::Ended {
            return Ok(false);
        }
        match pidfd_send_signal(&handle, signal) {
            Err(Errno::SRCH) => Ok(false),
            sent => sent.map(|()| true).map_err(io::Error::from),
        }
    }

    /// Ends it at once, and waits for that.
    pub(crate) fn kill(&self) -> io::Result<()> {
        if !self.signal(Signal::KILL)? {
            return Ok(());
        }
        let end = Instant::now() + KILLED_WITHIN;
        while self.state()? != ProcessState::Ended {
            if Instant::now() >= end {
                return Err(ErrorKind::TimedOut.into());
            }
            sleep(LOOK_AGAIN);
        }
        Ok(())
    }
}

fn look(pid: u32) -> io::Result<Option<Seen>> {
    let text = match fs::read(format!("/proc/{pid}/stat")) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        // It ended between opening and reading.
        Err(error) if error.raw_os_error() == Some(Errno::SRCH.raw_os_error()) => return Ok(None),
        Err(error) => return Err(error),
    };
    let seen = parse(&text).ok_or_else(|| {
        let message = format!("/proc/{pid}/stat is not in the form that is known");
        io::Error::new(ErrorKind::InvalidData, message)
    })?;
    Ok(Some(seen))
}

fn variables(pid: u32) -> io::Result<Vec<u8>> {
    let mut variables = Vec::new();
    let file = File::open(format!("/proc/{pid}/environ"))?;
    file.take(VARIABLES_BYTES_MAX).read_to_end(&mut variables)?;
    Ok(variables)
}

/// Reads `NUMBER (NAME) STATE …`, where the name may hold anything.
fn parse(stat: &str) -> Option<Seen> {
    let (_, behind) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = behind.split_ascii_whitespace().collect();
    let mut state = fields.first()?.chars();
    let (state, None) = (state.next()?, state.next()) else {
        return None;
    };
    let number = |field: usize| fields.get(field)?.parse().ok();
    Some(Seen {
        state,
        thread_count: number(THREADS_FIELD)?,
        started: number(START_FIELD)?,
    })
}

fn boot() -> io::Result<String> {
    Ok(fs::read_to_string(BOOT)?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program that waits; killed when it is dropped.
    struct Sleeper(ProcessId);

    impl Sleeper {
        fn start(directory: &Path) -> Self {
            let output = directory.join("output");
            Self(ProcessId::spawn(Path::new("sleep"), ["600"], &output).unwrap())
        }

        fn becomes(&self, state: ProcessState) {
            let end = Instant::now() + crate::PATIENCE;
            while self.0.state().unwrap() != state {
                assert!(Instant::now() < end, "not {state}");
                sleep(LOOK_AGAIN);
            }
        }
    }

    impl Drop for Sleeper {
        fn drop(&mut self) {
            self.0.kill().unwrap();
        }
    }

    #[test]
    fn a_process_is_paused_goes_on_and_ends() {
        let directory = tempfile::tempdir().unwrap();
        let sleeper = Sleeper::start(directory.path());
        sleeper.becomes(ProcessState::Running);
        assert!(sleeper.0.signal(Signal::STOP).unwrap());
        sleeper.becomes(ProcessState::Paused);
        assert!(sleeper.0.signal(Signal::CONT).unwrap());
        sleeper.becomes(ProcessState::Running);
        assert!(sleeper.0.signal(Signal::STOP).unwrap());
        sleeper.becomes(ProcessState::Paused);
        sleeper.0.kill().unwrap();
        assert_eq!(sleeper.0.state().unwrap(), ProcessState::Ended);
        assert!(!sleeper.0.signal(Signal::TERM).unwrap());
        // It was buried: nothing has its number any more.
        assert_eq!(look(sleeper.0.pid()).unwrap(), None);
    }

    #[test]
    fn whoever_got_the_number_later_is_neither_taken_for_ours_nor_signalled() {
        let directory = tempfile::tempdir().unwrap();
        let sleeper = Sleeper::start(directory.path());
        let earlier = ProcessId {
            started: sleeper.0.started - 1,
            ..sleeper.0.clone()
        };
        let before_the_restart = ProcessId {
            boot: "another".to_owned(),
            ..sleeper.0.clone()
        };
        for other in [earlier, before_the_restart] {
            assert_eq!(other.state().unwrap(), ProcessState::Ended);
            assert!(!other.signal(Signal::KILL).unwrap());
            other.kill().unwrap();
        }
        sleeper.becomes(ProcessState::Running);
    }

    #[test]
    fn numbers_that_nobody_can_have_are_of_processes_that_ended() {
        for pid in [0, 1 << 31, i32::MAX.unsigned_abs(), u32::MAX] {
            let nobody = ProcessId {
                pid,
                started: 0,
                boot: boot().unwrap(),
            };
            assert_eq!(nobody.state().unwrap(), ProcessState::Ended, "{pid}");
            assert!(!nobody.signal(Signal::KILL).unwrap(), "{pid}");
        }
    }

    #[test]
    fn a_process_whose_number_nobody_knows_is_found_by_its_mark() {
        let directory = tempfile::tempdir().unwrap();
        let output = directory.path().join("output");
        let sleeper = Sleeper::start(directory.path());
        let found = ProcessId::marked(&output).unwrap();
        assert_eq!(found, std::slice::from_ref(&sleeper.0));
        // Neither by a part of the path nor by more than it.
        for other in ["outpu", "output2", ""] {
            let other = directory.path().join(other);
            assert_eq!(ProcessId::marked(&other).unwrap(), []);
        }
        sleeper.0.kill().unwrap();
        assert_eq!(ProcessId::marked(&output).unwrap(), []);
    }

    #[test]
    fn a_process_has_a_group_of_its_own() {
        let directory = tempfile::tempdir().unwrap();
        let sleeper = Sleeper::start(directory.path());
        let stat = fs::read_to_string(format!("/proc/{}/stat", sleeper.0.pid())).unwrap();
        let (_, behind) = stat.rsplit_once(')').unwrap();
        let group = behind.split_ascii_whitespace().nth(2).unwrap();
        assert_eq!(group, sleeper.0.pid().to_string());
    }

    #[test]
    fn the_name_of_a_program_may_look_like_the_rest_of_the_line() {
        let fields = "S 1 7 7 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 5 0 4321 9 9";
        for name in ["sleep", "a b", ") R 1 (", "((", ""] {
            let seen = parse(&format!("7 ({name}) {fields}")).unwrap();
            let expected = Seen {
                state: 'S',
                thread_count: 5,
                started: 4321,
            };
            assert_eq!(seen, expected, "{name}");
        }
        for bad in ["", "7 sleep S 1", "7 (sleep) S 1 2", "7 (sleep) SS 1"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_program_that_is_not_there_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let output = directory.path().join("output");
        let program = directory.path().join("none");
        let error = ProcessId::spawn(&program, [""], &output).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }
}
