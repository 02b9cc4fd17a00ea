//! A node, as verbs ask it.
//!
//! Verbs are plain functions: the async clients run on a runtime of one thread
//! that turns only while a verb waits for an answer. It is made by the verbs
//! that need a node and by no others.

use std::error::Error;
use std::future::Future;
use std::io;
use std::pin::pin;
use std::time::Duration;

use jsonrpsee::core::ClientError;
use jsonrpsee::core::client::Subscription;
use jsonrpsee::http_client::transport::Error as HttpFailure;
use jsonrpsee::http_client::{HttpClient, HttpClientBuilder};
use jsonrpsee::ws_client::{PingConfig, WsClient, WsClientBuilder};
use pyralog_api::{Cursor, EventFilter, EventItem, Failure, FailureKind, PyralogClient};
use tokio::runtime::{Builder, Runtime};
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::describe::harmless;
use crate::endpoint::{Endpoint, NodeUrl, Origin};
use crate::error::CliError;
use crate::exit::Exit;

/// How long an answer may take. Shorter, and a busy node seems dead; longer,
/// and one that is dead keeps its user waiting.
pub(crate) const ANSWER_MAX: Duration = Duration::from_secs(15);

/// Bytes of the longest answer that is read: a full block as JSON. Above it,
/// a stranger could fill our memory.
const ANSWER_BYTES_MAX: u32 = 64 * 1024 * 1024;

/// Events that the client holds while we print. The node is read only while
/// we wait, so more than a few are never there.
const EVENT_BUFFER_COUNT: usize = 1024;

/// How often those who watch are told that it goes on.
const BEAT: Duration = Duration::from_secs(1);

/// A node, and the runtime on which it is asked.
pub(crate) struct Node {
    endpoint: Endpoint,
    runtime: Runtime,
    http: HttpClient,
}

impl Node {
    /// Gets ready to ask. Whether anybody answers shows with the first call.
    pub(crate) fn new(endpoint: Endpoint) -> Result<Self, CliError> {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(CliError::Runtime)?;
        let http = HttpClientBuilder::default()
            // The limit of each call is set where it is made.
            .request_timeout(Duration::MAX)
            .max_response_size(ANSWER_BYTES_MAX)
            .build(endpoint.url.http());
        let http = http.map_err(|error| NodeError::BadUrl {
            endpoint: endpoint.clone(),
            problem: innermost(&error),
        })?;
        Ok(Self {
            endpoint,
            runtime,
            http,
        })
    }

    pub(crate) fn url(&self) -> &NodeUrl {
        &self.endpoint.url
    }

    /// Asks, and waits for the answer.
    pub(crate) fn ask<'a, T, F>(
        &'a self,
        call: impl FnOnce(&'a HttpClient) -> F,
    ) -> Result<T, NodeError>
    where
        F: Future<Output = Result<T, ClientError>>,
    {
        self.ask_within(ANSWER_MAX, call, || ())
    }

    /// The same with another limit; `beat` is called each second.
    pub(crate) fn ask_within<'a, T, F>(
        &'a self,
        limit: Duration,
        call: impl FnOnce(&'a HttpClient) -> F,
        beat: impl FnMut(),
    ) -> Result<T, NodeError>
    where
        F: Future<Output = Result<T, ClientError>>,
    {
        let answer = self
            .runtime
            .block_on(async { timeout(limit, beating(call(&self.http), beat)).await });
        match answer {
            Ok(answer) => answer.map_err(|error| self.trouble(error)),
            Err(_) => Err(NodeError::Silent {
                endpoint: self.endpoint.clone(),
                limit,
            }),
        }
    }

    /// Follows events over a connection of their own.
    pub(crate) fn follow(
        &self,
        filter: EventFilter,
        after: Cursor,
    ) -> Result<Following<'_>, NodeError> {
        let connect = async {
            let client = WsClientBuilder::default()
                .max_response_size(ANSWER_BYTES_MAX)
                .max_buffer_capacity_per_subscription(EVENT_BUFFER_COUNT)
                .connection_timeout(ANSWER_MAX)
                .request_timeout(ANSWER_MAX)
                // Otherwise a connection that the network has forgotten would
                // be silent for ever.
                .enable_ws_ping(PingConfig::default())
                .build(self.endpoint.url.web_socket())
                .await?;
            let events = client.subscribe_events(Some(filter), Some(after)).await?;
            Ok((client, events))
        };
        let connected = self.runtime.block_on(connect);
        let (client, events) = connected.map_err(|error: ClientError| self.trouble(error))?;
        Ok(Following {
            node: self,
            client,
            events,
        })
    }

    /// What an error of the client says about the node.
    fn trouble(&self, error: ClientError) -> NodeError {
        let endpoint = self.endpoint.clone();
        if let Some(failure) = Failure::of(&error) {
            return match failure.kind {
                FailureKind::Method => NodeError::Stranger {
                    endpoint,
                    problem: harmless(&failure.message),
                },
                _ => NodeError::Refused(failure),
            };
        }
        match error {
            ClientError::ParseError(problem) => NodeError::Stranger {
                endpoint,
                problem: problem.to_string(),
            },
            ClientError::RequestTimeout => NodeError::Silent {
                endpoint,
                limit: ANSWER_MAX,
            },
            ClientError::Transport(cause) => match cause.downcast_ref::<HttpFailure>() {
                // Busy, or something in between has nobody behind it.
                Some(HttpFailure::Rejected {
                    status_code: status @ (429 | 500..),
                }) => NodeError::Unreachable {
                    endpoint,
                    refused: false,
                    problem: format!("HTTP status {status}"),
                },
                Some(HttpFailure::Rejected { status_code }) => NodeError::Stranger {
                    endpoint,
                    problem: format!("HTTP status {status_code}"),
                },
                _ => NodeError::Unreachable {
                    endpoint,
                    refused: was_refused(&*cause),
                    problem: innermost(&*cause),
                },
            },
            // The client keeps the cause to itself.
            ClientError::RestartNeeded(cause) => NodeError::Unreachable {
                endpoint,
                refused: false,
                problem: innermost(&*cause),
            },
            other => NodeError::Unreachable {
                endpoint,
                refused: false,
                problem: innermost(&other),
            },
        }
    }
}

/// A subscription to events, on its own connection.
pub(crate) struct Following<'a> {
    node: &'a Node,
    client: WsClient,
    events: Subscription<EventItem>,
}

impl Following<'_> {
    /// The next event, however long it takes.
    pub(crate) fn next(&mut self) -> Result<EventItem, NodeError> {
        let (client, events) = (&self.client, &mut self.events);
        let item = self.node.runtime.block_on(async {
            match events.next().await {
                Some(item) => Ok(item?),
                None if client.is_connected() => Err(ClientError::Custom(
                    "the node has ended the subscription".to_owned(),
                )),
                None => Err(client.on_disconnect().await),
            }
        });
        item.map_err(|error| self.node.trouble(error))
    }
}

/// Waits, and says each second that it does.
async fn beating<T>(call: impl Future<Output = T>, mut beat: impl FnMut()) -> T {
    let mut call = pin!(call);
    let mut beats = interval(BEAT);
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            answer = &mut call => return answer,
            _ = beats.tick() => beat(),
        }
    }
}

/// Why a node gave no answer that can be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NodeError {
    #[error("{problem}: {}{}", endpoint.url, named(endpoint))]
    BadUrl { endpoint: Endpoint, problem: String },
    #[error(
        "no node answers at {} ({problem}); start one with `pyralog-node --dev`, or give \
         --node URL{}",
        endpoint.url,
        named(endpoint)
    )]
    Unreachable {
        endpoint: Endpoint,
        /// Nobody listens there, so nothing was sent.
        refused: bool,
        problem: String,
    },
    #[error(
        "the node at {} gave no answer within {} s; ask again, or another with --node URL{}",
        endpoint.url,
        limit.as_secs(),
        named(endpoint)
    )]
    Silent { endpoint: Endpoint, limit: Duration },
    #[error(
        "what answers at {} is no Pyralog node that this program understands ({problem}); \
         give --node URL{}",
        endpoint.url,
        named(endpoint)
    )]
    Stranger { endpoint: Endpoint, problem: String },
    #[error("{}{}", harmless(&.0.message), again(.0))]
    Refused(Failure),
}

impl NodeError {
    /// Whether the same call may work later.
    pub(crate) const fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Silent { .. } => true,
            Self::Refused(failure) => failure.retryable,
            Self::BadUrl { .. } | Self::Stranger { .. } => false,
        }
    }

    /// Who must act.
    pub(crate) const fn exit(&self) -> Exit {
        match self {
            Self::BadUrl { .. } => Exit::Usage,
            Self::Unreachable { .. } | Self::Silent { .. } | Self::Stranger { .. } => {
                Exit::Unavailable
            }
            Self::Refused(_) => Exit::Runtime,
        }
    }

    /// Whether the node surely got nothing of what was sent.
    pub(crate) fn is_unsent(&self) -> bool {
        match self {
            Self::Unreachable { refused, .. } => *refused,
            Self::BadUrl { .. } | Self::Refused(_) => true,
            Self::Silent { .. } | Self::Stranger { .. } => false,
        }
    }
}

/// Who named the node, where the user may not know it.
fn named(endpoint: &Endpoint) -> String {
    match &endpoint.origin {
        origin @ (Origin::Variable | Origin::File(_)) => format!(". {origin} names this one"),
        Origin::Flag | Origin::Default => String::new(),
    }
}

fn again(failure: &Failure) -> &'static str {
    // Many messages say it themselves, with more particulars.
    if failure.retryable && !failure.message.contains("again") {
        "; try again"
    } else {
        ""
    }
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| (*error).source())
}

/// The cause of all causes, in short.
fn innermost(error: &(dyn Error + 'static)) -> String {
    let Some(last) = causes(error).last() else {
        return error.to_string();
    };
    match last.downcast_ref::<io::Error>().map(io::Error::kind) {
        // The system adds numbers that say nothing to people.
        Some(kind @ (io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset)) => {
            kind.to_string()
        }
        _ => last.to_string(),
    }
}

fn was_refused(error: &(dyn Error + 'static)) -> bool {
    let refused = |cause: &io::Error| cause.kind() == io::ErrorKind::ConnectionRefused;
    causes(error).any(|cause| cause.downcast_ref().is_some_and(refused))
}
