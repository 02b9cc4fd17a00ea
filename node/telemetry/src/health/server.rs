//! The server: connections, and how long each may last.

use std::convert::Infallible;
use std::future::{Future, ready};
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tracing::{debug, warn};

use super::Report;
use super::pages::Pages;
use crate::metrics::Metrics;

/// Lower, and a few slow clients keep Prometheus waiting; higher, and they take
/// the file descriptors that the store and the peers need. More connections
/// wait until one of these ends.
pub const CONNECTION_COUNT_MAX: usize = 64;

/// What a client has to send the head of a request, or of the next one. Lower,
/// and slow links fail; higher, and half-open connections keep others waiting
/// for longer.
pub const HEAD_WAIT_MAX: Duration = Duration::from_secs(5);

/// Bytes of the head of a request. Lower, and a browser with cookies of other
/// services on this host is turned away; hyper takes no less than half of this.
pub const HEAD_BYTES_MAX: usize = 16_384;

/// What a connection lasts, however busy. Lower, and a client that asks often
/// connects more often; higher, and one that does not read its answer keeps its
/// place for longer.
pub const CONNECTION_AGE_MAX: Duration = Duration::from_mins(1);

/// What an answer on its way has when its connection is to end. Lower, and the
/// last scrape of a node that stops is cut off; higher, and stopping depends on
/// who reads slowly.
pub const STOP_WAIT_MAX: Duration = Duration::from_secs(1);

/// Lower, and a process without file descriptors spends its time in trying;
/// higher, and it stays silent for longer than its trouble lasts.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How many connections, and how long. Tests have others.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) connection_count_max: usize,
    pub(super) head_wait: Duration,
    pub(super) connection_age: Duration,
    pub(super) stop_wait: Duration,
}

impl Limits {
    const SERVED: Self = Self {
        connection_count_max: CONNECTION_COUNT_MAX,
        head_wait: HEAD_WAIT_MAX,
        connection_age: CONNECTION_AGE_MAX,
        stop_wait: STOP_WAIT_MAX,
    };
}

/// Serves the pages until `stop` comes, then ends the connections and returns.
/// `report` is called for each question, on the thread that answers it: it must
/// say what is known, not go and find out.
pub async fn serve(
    listener: TcpListener,
    metrics: Arc<Metrics>,
    report: impl Fn() -> Report + Send + Sync + 'static,
    stop: impl Future<Output = ()>,
) {
    let pages = Pages::new(metrics, report);
    serve_within(Limits::SERVED, listener, pages, stop).await;
}

/// [`serve`] with other limits.
pub(super) async fn serve_within(
    limits: Limits,
    listener: TcpListener,
    pages: Pages,
    stop: impl Future<Output = ()>,
) {
    let pages = Arc::new(pages);
    let mut stop = pin!(stop);
    // Nothing is ever sent: that the sender is gone is the news.
    let (running, stopped) = watch::channel(());
    let mut connections = JoinSet::new();
    loop {
        let has_place = connections.len() < limits.connection_count_max;
        tokio::select! {
            () = &mut stop => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept(), if has_place => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(converse(limits, stream, Arc::clone(&pages), stopped.clone()));
                }
                Err(error) => pause_after(&error).await,
            },
        }
    }
    drop(listener);
    drop(running);
    while connections.join_next().await.is_some() {}
}

/// A client that is gone before it was let in is its own matter; anything else
/// (no file descriptors, no memory) is ours, and trying at once would not help.
async fn pause_after(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset};
    if matches!(error.kind(), ConnectionAborted | ConnectionReset) {
        return;
    }
    warn!(%error, "health and metrics take no connections; raise the limit of open files");
    sleep(ACCEPT_PAUSE).await;
}

/// Answers on one connection until it ends, is too old, or the server stops.
async fn converse(
    limits: Limits,
    stream: TcpStream,
    pages: Arc<Pages>,
    mut stopped: watch::Receiver<()>,
) {
    let service = service_fn(move |request: Request<Incoming>| {
        let answer: Result<Response<_>, Infallible> = Ok(pages.answer(&request));
        ready(answer)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_wait)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    tokio::select! {
        ended = connection.as_mut() => return note(ended),
        _ = stopped.changed() => {}
        () = sleep(limits.connection_age) => {}
    }
    connection.as_mut().graceful_shutdown();
    if let Ok(ended) = timeout(limits.stop_wait, connection).await {
        note(ended);
    }
}

/// How a connection ended is the business of its client, and of who debugs it.
fn note(ended: hyper::Result<()>) {
    if let Err(error) = ended {
        debug!(%error, "a connection to health and metrics broke");
    }
}
