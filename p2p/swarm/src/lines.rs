//! The two lines between this node and each peer: what it was told and has not
//! gone out yet, and what it said and has not been heard.
//!
//! Both have the bounds of [`pyralog_p2p`]. A line that goes out is emptied by
//! the connection as fast as the peer reads; one that comes in is filled from
//! the connection while it has room, and else the rest stays with the peer. So
//! who reads slowly, or speaks too much, fills its own lines and nobody else's.
//!
//! Invariants:
//! - a peer has one [`Session`] at a time, and what belongs to another one
//!   neither comes in nor goes out;
//! - no lock is held while anybody waits. That of all lines may be held when
//!   that of one session is taken, never the other way round.

mod session;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use pyralog_p2p::{Event, Inbox, Missed, PeerId, Published, SendError};
use tokio::sync::Notify;

pub(crate) use self::session::Session;

/// All lines of a node.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    state: Mutex<State>,
    /// Told whenever there is something to hear.
    listener: Notify,
}

#[derive(Debug, Default)]
struct State {
    inbox: Inbox,
    sessions: BTreeMap<PeerId, Arc<Session>>,
    is_ended: bool,
}

/// The session is over; what it still carries is for nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Over;

impl Lines {
    /// A session begins: the peer is connected, and what was between it and
    /// this node before is gone.
    pub(crate) fn begin(&self, peer: PeerId, session: &Arc<Session>) {
        let mut state = self.state();
        if state.is_ended {
            session.close();
            return;
        }
        if let Some(before) = state.sessions.insert(peer, Arc::clone(session)) {
            before.close();
            state.inbox.end(peer);
        }
        state.inbox.begin(peer);
        session.open();
        self.listener.notify_one();
    }

    /// A session is over. Changes nothing if the peer has another one.
    pub(crate) fn end(&self, peer: PeerId, session: &Arc<Session>) {
        session.close();
        let mut state = self.state();
        if state.has(peer, session) {
            state.sessions.remove(&peer);
            state.inbox.end(peer);
            self.listener.notify_one();
        }
    }

    /// All sessions are over, and there will be no other.
    pub(crate) fn end_all(&self) {
        let mut state = self.state();
        state.is_ended = true;
        for (_, session) in std::mem::take(&mut state.sessions) {
            session.close();
        }
        state.inbox.end_all();
        self.listener.notify_one();
    }

    pub(crate) fn send(&self, to: PeerId, bytes: Arc<[u8]>) -> Result<(), SendError> {
        let bytes_count = bytes.len();
        let session = self.state().sessions.get(&to).cloned();
        let put = session.map_or(Err(Missed::Unconnected), |session| session.put(bytes));
        put.map_err(|missed| SendError::new(missed, to, bytes_count))
    }

    pub(crate) fn publish(&self, bytes: &Arc<[u8]>) -> Published {
        let mut published = Published::default();
        for session in self.state().sessions.values() {
            published.count(session.put(Arc::clone(bytes)));
        }
        published
    }

    /// Waits until the peer's line takes a message of so many bytes, which is
    /// then taken from the connection.
    pub(crate) fn poll_room(
        &self,
        peer: PeerId,
        session: &Arc<Session>,
        bytes_count: usize,
        context: &mut Context<'_>,
    ) -> Poll<Result<(), Over>> {
        let state = self.state();
        if session.is_closed() {
            return Poll::Ready(Err(Over));
        }
        // Under the lock, so that room that is made after this look wakes.
        session.wait_for_room(context.waker());
        if !state.has(peer, session) {
            return Poll::Pending; // It has not begun.
        }
        match state.inbox.check_room(peer, bytes_count) {
            Ok(()) => Poll::Ready(Ok(())),
            Err(Missed::Full) => Poll::Pending,
            Err(Missed::Unconnected | Missed::TooLong) => Poll::Ready(Err(Over)),
        }
    }

    /// Puts what the peer said into its line, for which there was room.
    pub(crate) fn put(
        &self,
        peer: PeerId,
        session: &Arc<Session>,
        bytes: Arc<[u8]>,
    ) -> Result<(), Over> {
        let mut state = self.state();
        if !state.has(peer, session) {
            return Err(Over);
        }
        state.inbox.put(peer, bytes).map_err(|_| Over)?;
        self.listener.notify_one();
        Ok(())
    }

    /// What comes next. Takes nothing before it is ready.
    pub(crate) async fn next(&self) -> Option<Event> {
        loop {
            if let Poll::Ready(event) = self.take() {
                return event;
            }
            // What comes between the look and the wait leaves a permit behind.
            self.listener.notified().await;
        }
    }

    fn take(&self) -> Poll<Option<Event>> {
        let mut state = self.state();
        match state.inbox.take() {
            Some(event) => {
                if let Event::Heard { from, .. } = &event
                    && let Some(session) = state.sessions.get(from)
                {
                    session.has_room();
                }
                Poll::Ready(Some(event))
            }
            None if state.is_ended => Poll::Ready(None),
            None => Poll::Pending,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn has(&self, peer: PeerId, session: &Arc<Session>) -> bool {
        let current = self.sessions.get(&peer);
        current.is_some_and(|current| Arc::ptr_eq(current, session))
    }
}

#[cfg(test)]
mod tests;
