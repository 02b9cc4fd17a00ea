//! What one connection may make the node hold: messages in hand, and answers
//! that wait to be read.
//!
//! The library begins with each message of a `WebSocket` as soon as it is read,
//! and keeps its answer until it is sent. A caller that sends and never reads
//! would so fill the memory. Therefore
//!
//! - nothing is read while [`MESSAGE_COUNT_MAX`] messages or
//!   [`MESSAGE_BYTES_MAX`] of them are in hand, or while the queue of answers is
//!   full: what the caller sends then waits on its own machine;
//! - answers that may be long are made one after the other, and the next is not
//!   begun before the last is in the queue.
//!
//! Invariant: a connection holds the answers in its queue, one on the way into
//! it and one on the way out, and [`MESSAGE_COUNT_MAX`] short ones.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use jsonrpsee::MethodResponse;
use jsonrpsee::core::middleware::RpcServiceT;
use jsonrpsee::server::{MethodCallback, MethodSink, Methods};
use jsonrpsee::types::{Id, Request};
use tokio::sync::{Notify, Semaphore, SemaphorePermit};

/// Messages in hand. Lower, and who waits for many transactions at once waits
/// for some of them first: clients ask for 256 things at once; higher, and each
/// connection costs more than its place.
const MESSAGE_COUNT_MAX: usize = 256;
/// Bytes of messages in hand, beside the one that is being read. Lower, and two
/// long messages take turns; higher, and connections together fill the memory.
const MESSAGE_BYTES_MAX: u64 = 2 * 1024 * 1024;

/// Calls that wait for something to happen. They answer little, so they may
/// wait beside each other.
const WAITING: [&str; 2] = ["pyralog_submitTransaction", "pyralog_waitTransaction"];

/// The library tells only subscriptions where answers go. This is one that
/// nobody can call: the gate knows no method of this name.
const SINK_METHOD: &str = "the sink of this connection";

/// What one connection holds.
pub(in crate::rpc) struct Line {
    /// Where answers go, once it is a `WebSocket`.
    sink: OnceLock<MethodSink>,
    messages: AtomicUsize,
    bytes: AtomicU64,
    /// Bytes that were read and are of no message in hand yet.
    unclaimed: AtomicU64,
    /// A message is no longer in hand.
    released: Notify,
    turn: Semaphore,
}

/// Which connection a subscription of [`SINK_METHOD`] is for.
#[derive(Clone)]
struct Asking(Arc<Line>);

/// Lets services say where answers go.
pub(super) fn register_sink(methods: &mut Methods) {
    let tell = MethodCallback::Subscription(Arc::new(|_, _, sink, _, extensions| {
        if let Some(Asking(line)) = extensions.get() {
            // It is told once.
            let _ = line.sink.set(sink);
        }
        Box::pin(std::future::ready(MethodResponse::notification()))
    }));
    methods
        .verify_and_insert(SINK_METHOD, tell)
        .expect("no method has a name with spaces");
}

impl Line {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            sink: OnceLock::new(),
            messages: AtomicUsize::new(0),
            bytes: AtomicU64::new(0),
            unclaimed: AtomicU64::new(0),
            released: Notify::new(),
            turn: Semaphore::new(1),
        })
    }

    /// Learns from the service of a `WebSocket` where answers go.
    pub(super) fn learn_sink<S: RpcServiceT>(self: &Arc<Self>, service: &S) {
        let mut request = Request::borrowed(SINK_METHOD, None, Id::Null);
        request.extensions_mut().insert(Asking(Arc::clone(self)));
        // It is told at once; what would come later is nothing.
        drop(service.call(request));
        assert!(
            self.sink.get().is_some(),
            "the library calls subscriptions before it returns"
        );
    }

    /// Whether what is read are messages that are answered beside each other.
    pub(super) fn is_socket(&self) -> bool {
        self.sink.get().is_some()
    }

    /// Notes bytes that were read.
    pub(super) fn note_read(&self, count: usize) {
        self.unclaimed.fetch_add(count as u64, Ordering::SeqCst);
    }

    /// Whether more may be read.
    pub(super) fn has_room(&self) -> bool {
        let takes_answers = |sink: &MethodSink| sink.capacity() > 0 || sink.is_closed();
        self.has_hands() && self.sink.get().is_none_or(takes_answers)
    }

    fn has_hands(&self) -> bool {
        self.messages.load(Ordering::SeqCst) < MESSAGE_COUNT_MAX
            && self.bytes.load(Ordering::SeqCst) < MESSAGE_BYTES_MAX
    }

    /// Waits until more may be read.
    pub(super) async fn room(self: Arc<Self>) {
        while !self.has_hands() {
            // Remembered if it comes before one waits.
            self.released.notified().await;
        }
        if let Some(sink) = self.sink.get() {
            // Once it is closed there is nothing to wait for.
            let _ = sink.has_capacity().await;
        }
    }

    /// The right to make an answer, and to put it into the queue; none is needed
    /// for what only waits.
    pub(in crate::rpc) async fn turn(&self, method: &str) -> Option<SemaphorePermit<'_>> {
        if WAITING.contains(&method) {
            return None;
        }
        let turn = self.turn.acquire().await;
        Some(turn.expect("nobody closes the semaphore"))
    }

    /// Puts an answer into the queue. What is returned is for the library, which
    /// has nothing to send any more.
    pub(in crate::rpc) async fn answer(&self, response: MethodResponse) -> MethodResponse {
        let is_sent = response.is_subscription() || response.is_notification();
        match self.sink.get().filter(|_| !is_sent) {
            None => response,
            Some(sink) => {
                // If the connection has ended there is nobody to answer.
                let _ = sink.send(response.into_json()).await;
                MethodResponse::notification()
            }
        }
    }
}

/// Goes with a message for as long as the library has it in hand: among the
/// extensions of a request, which are copied when it becomes a `WebSocket`, and
/// from then on once for each message that is read.
pub(in crate::rpc) enum InHand {
    /// Of the request that asks for a `WebSocket`.
    Offer(Arc<Line>),
    /// Of the `WebSocket`.
    Socket(Arc<Line>),
    /// Of one message.
    Message(Arc<Message>),
}

impl Clone for InHand {
    fn clone(&self) -> Self {
        match self {
            Self::Offer(line) => Self::Socket(Arc::clone(line)),
            Self::Socket(line) => Self::Message(Arc::new(Message::take(line))),
            Self::Message(message) => Self::Message(Arc::clone(message)),
        }
    }
}

/// One message in hand.
pub(in crate::rpc) struct Message {
    line: Arc<Line>,
    bytes: u64,
}

impl Message {
    fn take(line: &Arc<Line>) -> Self {
        let bytes = line.unclaimed.swap(0, Ordering::SeqCst);
        line.bytes.fetch_add(bytes, Ordering::SeqCst);
        line.messages.fetch_add(1, Ordering::SeqCst);
        Self {
            line: Arc::clone(line),
            bytes,
        }
    }
}

impl Drop for Message {
    fn drop(&mut self) {
        self.line.bytes.fetch_sub(self.bytes, Ordering::SeqCst);
        self.line.messages.fetch_sub(1, Ordering::SeqCst);
        self.line.released.notify_one();
    }
}

#[cfg(test)]
mod tests;
