//! Spreading in the network in memory: everybody passes on to everybody.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::task::Poll;

use tokio::sync::Notify;
use tokio::task;

use super::{Endpoint, MemoryNetwork};
use crate::gossip::check_length;
use crate::{Gossip, PeerId, Spread, SpreadError, SpreadId, Unjudged, Verdict};

/// Messages that one remembers to have seen. Lower, and an old one goes round
/// again; higher, and each member holds more memory.
const SEEN_COUNT_MAX: usize = 16_384;

/// What one member has seen, and not judged.
#[derive(Debug, Default)]
pub(super) struct Spreading {
    unjudged: Unjudged,
    seen: BTreeSet<SpreadId>,
    /// The same, in the order of seeing.
    seen_in_order: VecDeque<SpreadId>,
    pub(super) wake: Arc<Notify>,
}

impl Spreading {
    /// Whether it is the first time.
    pub(super) fn see(&mut self, id: SpreadId) -> bool {
        if !self.seen.insert(id) {
            return false;
        }
        self.seen_in_order.push_back(id);
        if self.seen_in_order.len() > SEEN_COUNT_MAX
            && let Some(oldest) = self.seen_in_order.pop_front()
        {
            self.seen.remove(&oldest);
        }
        true
    }

    /// A message comes in. What has no room is not seen: it may come again.
    pub(super) fn put(&mut self, spread: Spread) {
        let id = spread.id;
        if !self.seen.contains(&id) && self.unjudged.put(spread).is_ok() {
            self.see(id);
            self.wake.notify_one();
        }
    }

    pub(super) fn take(&mut self) -> Option<Spread> {
        self.unjudged.take()
    }

    pub(super) fn judge(&mut self, id: SpreadId) -> Option<Spread> {
        self.unjudged.judge(id)
    }

    pub(super) fn forget(&mut self, peer: PeerId) {
        self.unjudged.forget(peer);
    }
}

/// Spreads for an [`Endpoint`], as long as that has its place.
#[derive(Debug)]
pub struct MemoryGossip {
    network: MemoryNetwork,
    own: PeerId,
    /// Tells the place from one that was taken again later.
    wake: Arc<Notify>,
}

impl Endpoint {
    /// What this endpoint spreads and hears spread. Several of them share it:
    /// each message is heard by one.
    pub fn gossip(&self) -> MemoryGossip {
        MemoryGossip {
            network: self.network.clone(),
            own: self.own,
            wake: self.network.hub().spreading_wake(self.own),
        }
    }
}

impl Gossip for MemoryGossip {
    fn spread(&self, bytes: Arc<[u8]>) -> Result<SpreadId, SpreadError> {
        check_length(&bytes)?;
        let id = SpreadId::of(&bytes);
        self.network.hub().spread(self.own, id, &bytes);
        Ok(id)
    }

    fn judge(&self, id: SpreadId, verdict: Verdict) {
        self.network.hub().judge(self.own, id, verdict);
    }

    async fn next(&mut self) -> Option<Spread> {
        task::consume_budget().await;
        loop {
            let next = self.network.hub().next_spread(self.own, &self.wake);
            if let Poll::Ready(spread) = next {
                return spread;
            }
            self.wake.notified().await;
        }
    }
}
