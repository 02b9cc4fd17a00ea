//! Who sees to it that the node ends, whatever keeps it from stopping.
//!
//! The threads that answer and commit may all be stuck, and whoever waits for
//! them too. So this is a thread of its own, with signals of its own, that
//! touches nothing which they could hold.
//!
//! Nor does it trust the end of the process. `exit` runs what libraries want to
//! be run, and `RocksDB` then waits for its own threads: for a compaction, or for
//! a disk that never answers. So before it exits it begins a thread that kills
//! the process. The exit code is lost then, and the node ends all the same.
//!
//! Invariant: once the node should have stopped, or is asked again, the process
//! ends within twice [`LAST_WORD_TIMEOUT`].

use std::convert::Infallible;
use std::io::Write;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::process::{Signal, getpid, kill_process};
use tokio::runtime::Runtime;
use tokio::sync::{oneshot, watch};

use super::STOP_TIMEOUT;
use crate::error::NodeError;
use crate::exit::Exit;

/// What is said at the end is said by then, and what `exit` does is done so long
/// after. Whoever reads, and the disk, may be stuck. Shorter, and a machine under
/// load loses the reason and the exit code; longer, and the service manager loses
/// its patience first.
const LAST_WORD_TIMEOUT: Duration = Duration::from_secs(1);

/// Watches the way down until it is dropped.
pub(crate) struct Watch {
    /// Says that the node stops by itself, and how it ends.
    halted: watch::Sender<Option<Exit>>,
    _running: oneshot::Sender<Infallible>,
}

/// Why the node has to end at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Late {
    /// It has not stopped in time.
    Slow {
        /// How it would have ended.
        exit: Exit,
    },
    /// It was asked again.
    Again {
        signal: &'static str,
        /// How it would have ended.
        exit: Exit,
    },
}

impl Watch {
    /// Begins to watch. `next_signal` waits for the next one that asks the node
    /// to stop; it runs on `runtime`, which nobody else may use.
    pub(super) fn start(
        runtime: Runtime,
        time: Duration,
        mut next_signal: impl AsyncFnMut() -> &'static str + Send + 'static,
        on_late: impl FnOnce(Late) + Send + 'static,
    ) -> std::io::Result<Self> {
        let (halted, has_halted) = watch::channel(None);
        let (running, has_ended) = oneshot::channel::<Infallible>();
        let work = move || {
            let late = runtime.block_on(async {
                tokio::select! {
                    late = wait(time, &mut next_signal, has_halted) => Some(late),
                    _ = has_ended => None,
                }
            });
            if let Some(late) = late {
                on_late(late);
            }
        };
        let builder = thread::Builder::new().name("watch".to_owned());
        builder.spawn(work)?;
        Ok(Self {
            halted,
            _running: running,
        })
    }

    /// The node stops by itself, or fails while it stops, and ends like this. The
    /// first failure counts.
    pub(super) fn halted(&mut self, exit: Exit) {
        self.halted.send_if_modified(|known| {
            let is_news = matches!(known, None | Some(Exit::Clean));
            if is_news {
                *known = Some(exit);
            }
            is_news
        });
    }
}

/// Waits until the node is to stop, and then until it should have.
async fn wait(
    time: Duration,
    next_signal: &mut impl AsyncFnMut() -> &'static str,
    mut has_halted: watch::Receiver<Option<Exit>>,
) -> Late {
    tokio::select! {
        // Who halts says so before anybody asks it to hurry.
        biased;
        Ok(_) = has_halted.wait_for(Option::is_some) => {}
        _ = next_signal() => {}
    }
    let signal = tokio::select! {
        () = tokio::time::sleep(time) => None,
        signal = next_signal() => Some(signal),
    };
    // What failed meanwhile counts too.
    let exit = has_halted.borrow().unwrap_or(Exit::Clean);
    match signal {
        None => Late::Slow { exit },
        Some(signal) => Late::Again { signal, exit },
    }
}

impl Late {
    /// What is said at the end, and how the node ends.
    fn last_word(self) -> (String, Exit) {
        match self {
            Self::Slow { exit } => {
                let seconds = STOP_TIMEOUT.as_secs();
                let error = NodeError::SlowStop { seconds };
                let exit = match exit {
                    Exit::Clean => error.exit(),
                    // Who must act knows it from what failed first.
                    failed => failed,
                };
                (format!("error: {error}"), exit)
            }
            Self::Again { signal, exit } => (format!("{signal}: stopped at once"), exit),
        }
    }
}

/// Ends the process.
pub(super) fn end(late: Late) {
    let (text, exit) = late.last_word();
    let (said, is_said) = mpsc::sync_channel::<Infallible>(0);
    let say = move || {
        // Nobody is left to tell that there is nobody to tell.
        let _ = writeln!(std::io::stderr().lock(), "{text}");
        drop(said);
    };
    // Without a thread to say it, nothing is said.
    let _ = thread::Builder::new().spawn(say);
    // Either way it ends now.
    let _ = is_said.recv_timeout(LAST_WORD_TIMEOUT);
    exit_or_kill(exit);
}

/// Exits, and ends the process too if that does not return to the system.
#[expect(clippy::exit, reason = "whoever could return an exit code is stuck")]
fn exit_or_kill(exit: Exit) -> ! {
    let kill_later = || {
        thread::sleep(LAST_WORD_TIMEOUT);
        kill()
    };
    if thread::Builder::new().spawn(kill_later).is_err() {
        // Nobody would be left to end what hangs.
        kill();
    }
    std::process::exit(exit.code().into());
}

/// Ends the process without anything that could wait.
fn kill() -> ! {
    // It does not return, except in the first process of a container, which the
    // system does not let kill itself. That one may abort; others do not, since
    // it could write the memory, and the keys in it, to a file.
    let _ = kill_process(getpid(), Signal::KILL);
    std::process::abort()
}

#[cfg(test)]
mod tests;
