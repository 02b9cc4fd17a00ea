//! Long work on a thread of its own, while this one shows how far it is and
//! listens for whoever does not want to wait.
//!
//! The libraries make a proof on the thread that asks for it, and so take one core:
//! this thread. It works in memory and writes nothing.
//!
//! What an interruption does: nobody listens to the work any more, which stops when
//! it next tells of a step; and the verb ends at once, with the program and all its
//! threads. Once the work is done, its files are written, and no interruption is
//! heard: that takes milliseconds.

use std::any::Any;
use std::fmt;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime;
use tokio::signal::unix::{SignalKind, signal};

use super::error::ZkError;
use super::task::Stage;
use crate::error::CliError;
use crate::output::Console;

/// How often the seconds are counted on. More often is not seen.
const TICK: Duration = Duration::from_millis(250);

/// News that may wait. Fewer, and the work waits to tell of a step; more are never
/// there.
const NEWS_COUNT_MAX: usize = 16;

/// As much as a main thread has; the libraries recurse over wires and layers.
const STACK_BYTES: usize = 8 * 1024 * 1024;

/// Who does not want to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interruption {
    /// The person at the terminal, by Ctrl-C.
    Interrupted,
    /// Another process.
    Terminated,
    /// The terminal, which went away.
    HungUp,
}

impl Interruption {
    /// The number of the signal.
    pub(crate) const fn signal(self) -> u8 {
        match self {
            Self::HungUp => 1,
            Self::Interrupted => 2,
            Self::Terminated => 15,
        }
    }
}

impl fmt::Display for Interruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Interrupted => "interrupted",
            Self::Terminated => "told to end",
            Self::HungUp => "the terminal went away",
        })
    }
}

enum News<T> {
    Stage(Stage),
    Done(Result<T, Box<dyn Any + Send>>),
    Interrupted(Interruption),
}

/// How the work tells how far it is.
pub(crate) struct Reporter<T> {
    news: SyncSender<News<T>>,
}

impl<T> Reporter<T> {
    /// Tells what is done now. The answer is whether to go on.
    pub(crate) fn now(&self, stage: Stage) -> ControlFlow<()> {
        match self.news.send(News::Stage(stage)) {
            Ok(()) => ControlFlow::Continue(()),
            // Nobody listens any more.
            Err(_) => ControlFlow::Break(()),
        }
    }
}

/// Does long work, and gives what comes of it.
pub(crate) fn run<T: Send + 'static>(
    console: &Console,
    what: &str,
    work: impl FnOnce(&Reporter<T>) -> T + Send + 'static,
) -> Result<T, CliError> {
    let (news, heard) = sync_channel(NEWS_COUNT_MAX);
    listen(news.clone()).map_err(CliError::Runtime)?;
    let reporter = Reporter { news };
    thread::Builder::new()
        .name("prover".to_owned())
        .stack_size(STACK_BYTES)
        .spawn(move || {
            // A panic is this thread's no less than that of whoever waits.
            let done = catch_unwind(AssertUnwindSafe(|| work(&reporter)));
            let _ = reporter.news.send(News::Done(done));
        })
        .map_err(CliError::Runtime)?;
    let outcome = wait(console, what, &heard);
    console.end_progress();
    Ok(outcome?)
}

fn wait<T>(console: &Console, what: &str, heard: &Receiver<News<T>>) -> Result<T, ZkError> {
    let begun = Instant::now();
    let mut stage = None;
    loop {
        match heard.recv_timeout(TICK) {
            Ok(News::Stage(now)) => stage = Some(now),
            Ok(News::Done(Ok(done))) => return Ok(done),
            Ok(News::Done(Err(panic))) => resume_unwind(panic),
            Ok(News::Interrupted(by)) => return Err(ZkError::Interrupted(by)),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                unreachable!("the work says when it is done, and holds the other end until then")
            }
        }
        if let Some(stage) = stage {
            let seconds = begun.elapsed().as_secs();
            console.progress(format_args!("{what}: {stage}, {seconds}s; Ctrl-C ends it"));
        }
    }
}

/// From here on, signals are news and do not end the program.
fn listen<T: Send + 'static>(news: SyncSender<News<T>>) -> std::io::Result<()> {
    let runtime = runtime::Builder::new_current_thread().enable_io().build()?;
    let inside = runtime.enter();
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    drop(inside);
    let name = "signals".to_owned();
    let listener = thread::Builder::new().name(name).spawn(move || {
        let by = runtime.block_on(async {
            tokio::select! {
                _ = interrupt.recv() => Interruption::Interrupted,
                _ = terminate.recv() => Interruption::Terminated,
                _ = hang_up.recv() => Interruption::HungUp,
            }
        });
        let _ = news.send(News::Interrupted(by));
    });
    listener.map(drop)
}
