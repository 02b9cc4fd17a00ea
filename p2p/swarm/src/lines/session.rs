//! One connection on which both sides speak, and the line that goes out on it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use pyralog_p2p::{LINE_BYTES_MAX, LINE_COUNT_MAX, MESSAGE_BYTES_MAX, Missed};

use super::Over;

/// A connection to a peer, from the moment it is there until it is replaced or
/// gone.
#[derive(Debug, Default)]
pub(crate) struct Session(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    phase: Phase,
    /// What goes out.
    said: VecDeque<Arc<[u8]>>,
    /// The bytes of that.
    bytes: usize,
    /// Who writes, and waits for something to write.
    writer: Option<Waker>,
    /// Who reads, and waits for room in the line that comes in.
    reader: Option<Waker>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    /// The peers greet each other.
    #[default]
    Greeting,
    /// They are connected.
    Open,
    /// It is over.
    Closed,
}

impl Session {
    pub(super) fn open(&self) {
        let mut state = self.state();
        if state.phase == Phase::Greeting {
            state.phase = Phase::Open;
        }
        wake(&mut state);
    }

    /// Drops what has not gone out.
    pub(super) fn close(&self) {
        let mut state = self.state();
        state.phase = Phase::Closed;
        state.said = VecDeque::new();
        state.bytes = 0;
        wake(&mut state);
    }

    pub(super) fn is_closed(&self) -> bool {
        self.state().phase == Phase::Closed
    }

    pub(super) fn put(&self, bytes: Arc<[u8]>) -> Result<(), Missed> {
        let mut state = self.state();
        if state.phase != Phase::Open {
            return Err(Missed::Unconnected);
        }
        if bytes.len() > MESSAGE_BYTES_MAX {
            return Err(Missed::TooLong);
        }
        if state.said.len() >= LINE_COUNT_MAX || bytes.len() > LINE_BYTES_MAX - state.bytes {
            return Err(Missed::Full);
        }
        state.bytes += bytes.len();
        state.said.push_back(bytes);
        if let Some(writer) = state.writer.take() {
            writer.wake();
        }
        Ok(())
    }

    /// Takes what goes out next.
    pub(crate) fn poll_take(&self, context: &mut Context<'_>) -> Poll<Result<Arc<[u8]>, Over>> {
        let mut state = self.state();
        if state.phase == Phase::Closed {
            return Poll::Ready(Err(Over));
        }
        if let Some(bytes) = state.said.pop_front() {
            state.bytes -= bytes.len();
            return Poll::Ready(Ok(bytes));
        }
        state.writer = Some(context.waker().clone());
        Poll::Pending
    }

    pub(super) fn wait_for_room(&self, reader: &Waker) {
        self.state().reader = Some(reader.clone());
    }

    pub(super) fn has_room(&self) {
        if let Some(reader) = self.state().reader.take() {
            reader.wake();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn wake(state: &mut State) {
    for waker in [state.writer.take(), state.reader.take()]
        .into_iter()
        .flatten()
    {
        waker.wake();
    }
}
