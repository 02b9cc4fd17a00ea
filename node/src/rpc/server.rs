//! Listening: connections, each with its caller, and the way down.
//!
//! What a connection may hold, and for how long, is in [`mod@line`] and [`stream`].

mod line;
mod stream;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use jsonrpsee::RpcModule;
use jsonrpsee::core::middleware::RpcServiceBuilder;
use jsonrpsee::server::http::response;
use jsonrpsee::server::middleware::rpc::RpcService;
use jsonrpsee::server::ws::is_upgrade_request;
use jsonrpsee::server::{
    BatchRequestConfig, HttpBody, HttpRequest, HttpResponse, Methods as RpcMethods, PingConfig,
    ServerBuilder, ServerConfig, ServerHandle, StopHandle, stop_channel,
};
use pyralog_api::{CometReadsServer, PyralogServer, discover};
use pyralog_chain::mempool::Source;
use pyralog_primitives::ByteCount;
use pyralog_telemetry::metrics::Open;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::Service;

use self::line::register_sink;
pub(super) use self::line::{InHand, Line};
use self::stream::{Patience, Stream, WRITE_TIMEOUT};
use super::comet::CometReads;
use super::context::Context;
use super::gate::{Caller, Gate, GateRules};
use super::http::{Decision, Origins, allow};
use super::methods::Methods;
use super::prices::Buckets;
use super::wait::WAIT_MAX;
use crate::chain::Clock;

/// A connection that has not said what it wants by then is closed; also one
/// that is kept for a next call that does not come.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
/// A call that is not whole by then is given up, so that unfinished ones hold
/// no place. Shorter, and slow lines cannot send a full one.
const BODY_TIMEOUT: Duration = Duration::from_secs(20);
/// What is being answered when the node stops must end by then.
const STOP_GRACE: Duration = Duration::from_secs(5);
/// Answers, and messages to subscribers, that wait for their connection. Lower,
/// and a subscriber is woken for each; higher, and they hold memory for who does
/// not read: an answer may be as long as `rpc.response_bytes_max`.
const MESSAGE_BUFFER: u32 = 4;
/// A `WebSocket` that has not answered a ping by then is closed. Not before
/// everything that it waits for has come: meanwhile nothing may be read of it.
const PONG_TIMEOUT: Duration = Duration::from_millis(WAIT_MAX.get() + 30_000);
/// The longest head of a request, and what is read at once. Lower, and a browser
/// with many cookies is refused; higher, and more messages are read with the
/// request for a `WebSocket` than are read at once later.
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// How long one waits after an accept that failed, for want of files mostly.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A server that listens.
pub(crate) struct Server {
    handle: ServerHandle,
    accepting: tokio::task::JoinHandle<()>,
}

impl Server {
    /// Takes no more calls and waits for those that are being answered.
    pub(crate) async fn stop(self) {
        // It has not been stopped before.
        let _ = self.handle.stop();
        self.handle.stopped().await;
        // The task ends with the handle; it does not panic.
        let _ = self.accepting.await;
    }
}

/// The place of one connection among those that are served.
struct Place {
    _permit: OwnedSemaphorePermit,
    _open: Open,
}

/// What all requests of one connection share.
#[derive(Clone)]
struct Connection {
    caller: Caller,
    place: Arc<Place>,
    line: Arc<Line>,
}

/// What all connections share.
struct Shared {
    methods: RpcMethods,
    config: ServerConfig,
    rules: Arc<GateRules>,
    origins: Origins,
    room: Arc<Semaphore>,
    sources: AtomicU64,
    context: Arc<Context>,
    stop: StopHandle,
}

/// Serves on a listener until it is stopped.
pub(crate) fn serve(listener: TcpListener, context: Arc<Context>, clock: Clock) -> Server {
    let settings = &context.settings;
    let methods = methods(&context);
    let names = methods.method_names().collect();
    let mut served = RpcMethods::from(methods);
    register_sink(&mut served);
    let (stop, handle) = stop_channel();
    let shared = Shared {
        config: config(&context),
        rules: Arc::new(GateRules {
            methods: names,
            buckets: Buckets::new(settings.price_per_second_max),
            response_bytes_max: usize::try_from(settings.response_bytes_max.get())
                .unwrap_or(usize::MAX),
            metrics: Arc::clone(&context.metrics),
            pool: context.pool.clone(),
            clock,
        }),
        origins: Origins::new(
            settings.cors_origins.clone(),
            context.genesis.is_development(),
        ),
        room: Arc::new(Semaphore::new(settings.connection_count_max)),
        sources: AtomicU64::new(1),
        methods: served,
        stop,
        context,
    };
    let accepting = tokio::spawn(accept(listener, Arc::new(shared)));
    Server { handle, accepting }
}

pub(super) fn methods(context: &Arc<Context>) -> RpcModule<()> {
    let mut module = RpcModule::new(());
    let names_differ = "each name is declared once";
    module
        .merge(Methods(Arc::clone(context)).into_rpc())
        .expect(names_differ);
    module
        .merge(CometReads(Arc::clone(context)).into_rpc())
        .expect(names_differ);
    module
        .register_method("rpc.discover", |_, (), _| {
            discover(env!("CARGO_PKG_VERSION"))
        })
        .expect(names_differ);
    module
}

fn config(context: &Context) -> ServerConfig {
    let settings = &context.settings;
    let bytes = |count: ByteCount| u32::try_from(count.get()).unwrap_or(u32::MAX);
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    ServerConfig::builder()
        .max_request_body_size(bytes(settings.body_bytes_max))
        .max_response_body_size(bytes(settings.response_bytes_max))
        // Calls at once. Connections are counted by ourselves.
        .max_connections(count(settings.connection_count_max))
        .max_subscriptions_per_connection(count(settings.subscription_count_max))
        .set_batch_request_config(BatchRequestConfig::Limit(count(settings.batch_count_max)))
        .set_message_buffer_capacity(MESSAGE_BUFFER)
        .enable_ws_ping(PingConfig::new().inactive_limit(PONG_TIMEOUT))
        .build()
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        // Beyond the bound they wait in the system's queue, which refuses.
        let room = Arc::clone(&shared.room).acquire_owned();
        let accepted = tokio::select! {
            () = shared.stop.clone().shutdown() => return,
            accepted = async {
                let permit = room.await;
                (permit, listener.accept().await)
            } => accepted,
        };
        match accepted {
            (Ok(permit), Ok((stream, address))) => {
                tokio::spawn(serve_connection(
                    stream,
                    address,
                    permit,
                    Arc::clone(&shared),
                ));
            }
            (_, Err(error)) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
            (Err(_), _) => return,
        }
    }
}

async fn serve_connection(
    stream: TcpStream,
    address: SocketAddr,
    permit: OwnedSemaphorePermit,
    shared: Arc<Shared>,
) {
    let caller = Caller {
        address: address.ip(),
        source: Source::new(shared.sources.fetch_add(1, Ordering::Relaxed)),
    };
    // Small answers are not held back for more; if not, they are only slower.
    let _ = stream.set_nodelay(true);
    let stop = shared.stop.clone();
    let place = Arc::new(Place {
        _permit: permit,
        _open: shared.context.metrics.rpc.connection(),
    });
    let line = Line::new();
    let patience = Patience {
        time: WRITE_TIMEOUT,
        after_stop: STOP_GRACE,
        stop: stop.clone(),
    };
    let stream = Stream::new(stream, Arc::clone(&line), patience);
    let connection = Connection {
        caller,
        place,
        line,
    };
    let answering = Arc::clone(&shared);
    let service =
        service_fn(move |request| answer(request, connection.clone(), Arc::clone(&answering)));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    tokio::pin!(connection);
    let result = tokio::select! {
        result = &mut connection => result,
        () = stop.shutdown() => {
            connection.as_mut().graceful_shutdown();
            // Who does not finish, or does not read, is left.
            let finished = tokio::time::timeout(STOP_GRACE, connection).await;
            finished.unwrap_or(Ok(()))
        }
    };
    if let Err(error) = result {
        tracing::debug!(%address, %error, "a connection has ended");
    }
}

/// The request with its body, once that is there; or why it is not served.
async fn whole(
    request: hyper::Request<Incoming>,
    bytes_max: ByteCount,
) -> Result<HttpRequest, Box<HttpResponse>> {
    // Only what will be a WebSocket: any other upgrade is answered as a call.
    if is_upgrade_request(&request) {
        return Ok(request.map(HttpBody::new));
    }
    let (parts, body) = request.into_parts();
    let limit = usize::try_from(bytes_max.get()).unwrap_or(usize::MAX);
    let read = Limited::new(body, limit).collect();
    match tokio::time::timeout(BODY_TIMEOUT, read).await {
        Ok(Ok(body)) => {
            let body = HttpBody::new(Full::new(body.to_bytes()));
            Ok(HttpRequest::from_parts(parts, body))
        }
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            let limit = u32::try_from(limit).unwrap_or(u32::MAX);
            Err(Box::new(response::too_large(limit)))
        }
        // The caller has gone away, or is given up.
        Ok(Err(_)) | Err(_) => Err(Box::new(response::malformed())),
    }
}

async fn answer(
    request: hyper::Request<Incoming>,
    connection: Connection,
    shared: Arc<Shared>,
) -> Result<HttpResponse, Infallible> {
    let Connection {
        caller,
        place,
        line,
    } = connection;
    let origin = match shared.origins.decide(request.method(), request.headers()) {
        Decision::Answer(response) => return Ok(response),
        Decision::Serve(origin) => origin,
    };
    let line = is_upgrade_request(&request).then_some(line);
    let mut request = match whole(request, shared.context.settings.body_bytes_max).await {
        Ok(request) => request,
        Err(response) => return Ok(*response),
    };
    let extensions = request.extensions_mut();
    extensions.insert(caller);
    // A WebSocket outlives its HTTP connection, and keeps its place.
    extensions.insert(place);
    if let Some(line) = &line {
        extensions.insert(InHand::Offer(Arc::clone(line)));
    }
    let rules = Arc::clone(&shared.rules);
    let gate = RpcServiceBuilder::new().layer_fn(move |service: RpcService| {
        if let Some(line) = &line {
            line.learn_sink(&service);
        }
        Gate {
            service,
            rules: Arc::clone(&rules),
            line: line.clone(),
        }
    });
    let mut service = ServerBuilder::with_config(shared.config.clone())
        .set_rpc_middleware(gate)
        .to_service_builder()
        .build(shared.methods.clone(), shared.stop.clone());
    let mut response = match service.call(request).await {
        Ok(response) => response,
        Err(error) => {
            tracing::debug!(%error, "a call was not served");
            response::internal_error()
        }
    };
    if let Some(origin) = origin {
        allow(origin, response.headers_mut());
    }
    Ok(response)
}
