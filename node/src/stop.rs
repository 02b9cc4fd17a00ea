//! The way down: asked for, or because something failed.

use std::sync::Arc;
use std::time::Duration;

use pyralog_store::Store;
use tokio::runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinSet;

use crate::chain::Halt;
use crate::error::NodeError;
use crate::exit::Exit;
use crate::node::Node;

mod watch;

pub(crate) use watch::Watch;

/// What is begun must end within this; longer, and the system kills the node.
const STOP_TIMEOUT: Duration = Duration::from_secs(30);

/// What a thread has left.
type Ended = (&'static str, Result<(), Halt>);

/// The signals that say something to a node.
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
}

impl Signals {
    pub(crate) fn new() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Said {
        tokio::select! {
            _ = self.interrupt.recv() => Said::Stop("SIGINT"),
            _ = self.terminate.recv() => Said::Stop("SIGTERM"),
            _ = self.hang_up.recv() => Said::HangUp,
        }
    }

    /// Waits for the next signal that asks the node to stop.
    async fn stop(&mut self) -> &'static str {
        loop {
            if let Said::Stop(signal) = self.next().await {
                return signal;
            }
        }
    }
}

/// What a signal says.
enum Said {
    Stop(&'static str),
    HangUp,
}

/// Sees to it from now on that the node ends once it is to stop.
pub(crate) fn watch() -> std::io::Result<Watch> {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut signals = {
        let _inside = runtime.enter();
        Signals::new()?
    };
    let next = async move || signals.stop().await;
    Watch::start(runtime, STOP_TIMEOUT, next, watch::end)
}

/// Waits until someone or something stops the node, and stops it.
pub(crate) async fn run_until_stopped(
    mut node: Node,
    mut signals: Signals,
    watch: &mut Watch,
    on_hang_up: impl Fn(),
) -> Result<(), NodeError> {
    let mut threads = JoinSet::new();
    for (name, handle) in std::mem::take(&mut node.threads) {
        threads.spawn_blocking(move || -> Ended {
            let panicked = |_| Err(Halt::Panic { thread: name });
            (name, handle.join().unwrap_or_else(panicked))
        });
    }
    let mut first_halt = None;
    loop {
        tokio::select! {
            said = signals.next() => match said {
                Said::HangUp => on_hang_up(),
                Said::Stop(signal) => {
                    tracing::info!(signal, "stopping; a second signal stops at once");
                    break;
                }
            },
            Some(ended) = threads.join_next() => {
                first_halt = halt_of(ended);
                if let Some(halt) = &first_halt {
                    tracing::error!("the node cannot go on: {halt}");
                }
                watch.halted(first_halt.as_ref().map_or(Exit::Clean, Halt::exit));
                break;
            }
        }
    }
    // If it takes too long, or someone asks again, the watch ends the process.
    let later_halt = stop(node, &mut threads, watch).await;
    match first_halt.or(later_halt) {
        None => Ok(()),
        Some(halt) => Err(halt.into()),
    }
}

/// Stops each part, the ways in first, so that what is acknowledged is durable
/// and what is durable is told.
async fn stop(node: Node, threads: &mut JoinSet<Ended>, watch: &mut Watch) -> Option<Halt> {
    let Node {
        stop,
        server,
        mut tasks,
        store,
        feed,
        pool,
        peers,
        ..
    } = node;
    // Nobody watches once all have ended.
    let _ = stop.send(true);
    let ways_in = async {
        server.stop().await;
        while tasks.join_next().await.is_some() {}
        drop((feed, pool));
    };
    // Beside them, so that the watch knows what fails while callers are slow.
    let work = async {
        let mut first = None;
        while let Some(ended) = threads.join_next().await {
            if let Some(halt) = halt_of(ended) {
                watch.halted(halt.exit());
                first = first.or(Some(halt));
            }
        }
        first
    };
    let ((), halt) = tokio::join!(ways_in, work);
    if let Some(peers) = peers {
        peers.close().await;
    }
    halt.or(close(store))
}

fn close(store: Arc<Store>) -> Option<Halt> {
    // Whoever still holds it only reads, and the next start replays the log.
    let store = Arc::into_inner(store)?;
    let height = store.head().map_or(0, |head| head.height.get());
    match store.close() {
        Ok(()) => {
            tracing::info!(height, "stopped");
            None
        }
        Err(stopped) => Some(Halt::Stopped(stopped)),
    }
}

/// Why a thread has ended, if it should not have.
fn halt_of(ended: Result<Ended, tokio::task::JoinError>) -> Option<Halt> {
    match ended {
        Ok((_, Ok(()))) => None,
        Ok((_, Err(halt))) => Some(halt),
        Err(_) => Some(Halt::Panic { thread: "joining" }),
    }
}
