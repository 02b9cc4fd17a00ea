//! Who sees to it that the node ends, whatever keeps it from stopping.
//!
//! The threads that answer and commit may all be stuck, and whoever waits for
//! them too. So this is a thread of its own, with signals of its own, that
//! touches nothing which they could hold.

use std::convert::Infallible;
use std::io::Write;
use std::sync::mpsc;
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::sync::oneshot;

use super::STOP_TIMEOUT;
use crate::error::NodeError;
use crate::exit::Exit;

/// What is said at the end is said by then. Whoever reads it may be stuck.
const LAST_WORD_TIMEOUT: Duration = Duration::from_secs(1);

/// Watches the way down until it is dropped.
pub(crate) struct Watch {
    /// Says that the node stops by itself.
    halted: Option<oneshot::Sender<Exit>>,
    _running: oneshot::Sender<Infallible>,
}

/// Why the node has to end at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Late {
    /// It has not stopped in time.
    Slow,
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
        let (halted, has_halted) = oneshot::channel();
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
        let builder = std::thread::Builder::new().name("watch".to_owned());
        builder.spawn(work)?;
        Ok(Self {
            halted: Some(halted),
            _running: running,
        })
    }

    /// The node stops by itself, and ends like this.
    pub(super) fn halted(&mut self, exit: Exit) {
        if let Some(halted) = self.halted.take() {
            // Whoever was asked to stop already is watched.
            let _ = halted.send(exit);
        }
    }
}

/// Waits until the node is to stop, and then until it should have.
async fn wait(
    time: Duration,
    next_signal: &mut impl AsyncFnMut() -> &'static str,
    has_halted: oneshot::Receiver<Exit>,
) -> Late {
    let exit = tokio::select! {
        // Who halts says so before anybody asks it to hurry.
        biased;
        Ok(exit) = has_halted => exit,
        _ = next_signal() => Exit::Clean,
    };
    tokio::select! {
        () = tokio::time::sleep(time) => Late::Slow,
        signal = next_signal() => Late::Again { signal, exit },
    }
}

/// Ends the process.
#[expect(clippy::exit, reason = "whoever could return an exit code is stuck")]
pub(super) fn end(late: Late) {
    let (text, exit) = match late {
        Late::Slow => {
            let seconds = STOP_TIMEOUT.as_secs();
            let error = NodeError::SlowStop { seconds };
            (format!("error: {error}"), error.exit())
        }
        Late::Again { signal, exit } => (format!("{signal}: stopped at once"), exit),
    };
    let (said, is_said) = mpsc::sync_channel::<Infallible>(0);
    std::thread::spawn(move || {
        // Nobody is left to tell that there is nobody to tell.
        let _ = writeln!(std::io::stderr().lock(), "{text}");
        drop(said);
    });
    // Either way it ends now.
    let _ = is_said.recv_timeout(LAST_WORD_TIMEOUT);
    std::process::exit(exit.code().into());
}

#[cfg(test)]
mod tests;
