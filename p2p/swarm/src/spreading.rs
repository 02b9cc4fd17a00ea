//! What waits to be spread, to be heard, and to be judged.
//!
//! Between the caller, who never waits, and the task, which alone speaks to
//! libp2p.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use pyralog_p2p::{
    Gossip, PeerId, SPREAD_BYTES_MAX, Spread, SpreadError, SpreadId, Unjudged, Verdict,
    check_length,
};
use pyralog_primitives::ByteCount;
use tokio::sync::Notify;
use tokio::task;

use crate::shared::Shared;

/// Messages of this node that wait to go out. Lower, and a burst of them is
/// refused; higher, and what goes out late is stale.
const OUTGOING_COUNT_MAX: usize = 1_024;

/// Bytes of them.
const OUTGOING_BYTES_MAX: usize = 16 * 1024 * 1024;

const _: () = assert!(
    SPREAD_BYTES_MAX <= OUTGOING_BYTES_MAX,
    "an empty line takes the longest message"
);

/// Verdicts that the task has not seen. What is beyond is lost, and the message
/// is not passed on.
const VERDICTS_MAX: usize = 4_096;

/// All of it.
#[derive(Debug, Default)]
pub(crate) struct Spreading {
    state: Mutex<State>,
    /// Told whenever there is something to hear.
    listener: Notify,
}

#[derive(Debug, Default)]
struct State {
    unjudged: Unjudged,
    outgoing: VecDeque<Arc<[u8]>>,
    outgoing_bytes: usize,
    verdicts: VecDeque<Judged>,
    is_ended: bool,
}

/// A message and what is to become of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Judged {
    pub(crate) id: SpreadId,
    pub(crate) from: PeerId,
    /// How long it is.
    pub(crate) bytes: ByteCount,
    pub(crate) verdict: Verdict,
}

impl Spreading {
    fn spread(&self, bytes: Arc<[u8]>) -> Result<SpreadId, SpreadError> {
        check_length(&bytes)?;
        let mut state = self.state();
        let is_full = state.outgoing.len() >= OUTGOING_COUNT_MAX
            || bytes.len() > OUTGOING_BYTES_MAX - state.outgoing_bytes;
        if is_full {
            return Err(SpreadError::Full);
        }
        let id = SpreadId::of(&bytes);
        state.outgoing_bytes += bytes.len();
        state.outgoing.push_back(bytes);
        Ok(id)
    }

    /// What goes out next.
    pub(crate) fn take_outgoing(&self) -> Option<Arc<[u8]>> {
        let mut state = self.state();
        let bytes = state.outgoing.pop_front()?;
        state.outgoing_bytes -= bytes.len();
        Some(bytes)
    }

    fn judge(&self, id: SpreadId, verdict: Verdict) {
        let mut state = self.state();
        if let Some(spread) = state.unjudged.judge(id)
            && state.verdicts.len() < VERDICTS_MAX
        {
            let bytes = u64::try_from(spread.bytes.len()).unwrap_or(u64::MAX);
            state.verdicts.push_back(Judged {
                id,
                from: spread.from,
                bytes: ByteCount::new(bytes),
                verdict,
            });
        }
    }

    pub(crate) fn take_judged(&self) -> Option<Judged> {
        self.state().verdicts.pop_front()
    }

    /// A message came in. Whether there was room.
    pub(crate) fn put(&self, spread: Spread) -> bool {
        let mut state = self.state();
        let has_room = !state.unjudged.holds(spread.id) && state.unjudged.put(spread).is_ok();
        if has_room {
            self.listener.notify_one();
        }
        has_room
    }

    pub(crate) fn forget(&self, peer: PeerId) {
        self.state().unjudged.forget(peer);
    }

    pub(crate) fn end(&self) {
        self.state().is_ended = true;
        self.listener.notify_one();
    }

    async fn next(&self) -> Option<Spread> {
        loop {
            if let Poll::Ready(spread) = self.take() {
                return spread;
            }
            self.listener.notified().await;
        }
    }

    fn take(&self) -> Poll<Option<Spread>> {
        let mut state = self.state();
        match state.unjudged.take() {
            Some(spread) => Poll::Ready(Some(spread)),
            None if state.is_ended => {
                self.listener.notify_one(); // For whoever else waits.
                Poll::Ready(None)
            }
            None => Poll::Pending,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a [`Swarm`](crate::Swarm) spreads and hears spread. Several of them
/// share it: each message is heard by one.
#[derive(Debug)]
pub struct SwarmGossip(Arc<Shared>);

impl SwarmGossip {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self(shared)
    }
}

impl Gossip for SwarmGossip {
    fn spread(&self, bytes: Arc<[u8]>) -> Result<SpreadId, SpreadError> {
        let id = self.0.spreading.spread(bytes)?;
        self.0.wake();
        Ok(id)
    }

    fn judge(&self, id: SpreadId, verdict: Verdict) {
        self.0.spreading.judge(id, verdict);
        self.0.wake();
    }

    async fn next(&mut self) -> Option<Spread> {
        // A listener that always finds something lets others run too.
        task::consume_budget().await;
        self.0.spreading.next().await
    }
}

#[cfg(test)]
mod tests {
    use pyralog_primitives::PublicKey;

    use super::*;

    #[test]
    fn what_waits_to_go_out_is_bounded_by_count_and_by_bytes() {
        let spreading = Spreading::default();
        let longest: Arc<[u8]> = vec![0; SPREAD_BYTES_MAX].into();
        let mut put = 0;
        while spreading.spread(Arc::clone(&longest)).is_ok() {
            put += 1;
        }
        assert_eq!(put, OUTGOING_BYTES_MAX / SPREAD_BYTES_MAX);
        while spreading.take_outgoing().is_some() {}
        for _ in 0..OUTGOING_COUNT_MAX {
            spreading.spread([].into()).unwrap();
        }
        assert_eq!(spreading.spread([].into()), Err(SpreadError::Full));
        assert!(spreading.take_outgoing().is_some());
        spreading.spread([].into()).unwrap();
        let longer: Arc<[u8]> = vec![0; SPREAD_BYTES_MAX + 1].into();
        let refused = spreading.spread(longer);
        assert!(matches!(refused, Err(SpreadError::TooLong { .. })));
    }

    #[test]
    fn a_verdict_counts_once_and_for_what_was_heard() {
        let spreading = Spreading::default();
        let id = SpreadId::of(b"a");
        let from = PeerId::new(PublicKey::new([1; 32]));
        let bytes = b"a".as_slice().into();
        let spread = Spread { from, id, bytes };
        assert!(spreading.put(spread.clone()) && !spreading.put(spread.clone()));
        spreading.judge(id, Verdict::Accept);
        assert_eq!(spreading.take_judged(), None);
        assert_eq!(spreading.take(), Poll::Ready(Some(spread)));
        spreading.judge(id, Verdict::Reject);
        spreading.judge(id, Verdict::Accept);
        let verdict = Verdict::Reject;
        let bytes = ByteCount::new(1);
        let judged = Judged {
            id,
            from,
            bytes,
            verdict,
        };
        assert_eq!(spreading.take_judged(), Some(judged));
        assert_eq!(spreading.take_judged(), None);
        spreading.end();
        assert_eq!(spreading.take(), Poll::Ready(None));
    }
}
