//! Who has joined, and who is connected to whom.
//!
//! Two are connected if both have joined and nobody cut them apart; each then
//! has a line in the other's inbox.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::task::Poll;

use tokio::sync::Notify;

use super::JoinError;
use super::gossip::Spreading;
use crate::{
    Event, Inbox, Missed, PEER_COUNT_MAX, PeerId, Published, SendError, Spread, SpreadId, Verdict,
};

/// The state of the whole network.
#[derive(Debug, Default)]
pub(super) struct Hub {
    members: BTreeMap<PeerId, Member>,
    cuts: BTreeSet<Pair>,
    is_ended: bool,
}

/// Who has joined.
#[derive(Debug, Default)]
struct Member {
    inbox: Inbox,
    wake: Arc<Notify>,
    spreading: Spreading,
}

/// Two peers, the lower first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Pair(PeerId, PeerId);

impl Pair {
    fn new(one: PeerId, other: PeerId) -> Self {
        Self(one.min(other), one.max(other))
    }
}

impl Hub {
    /// What wakes the one who joined.
    pub(super) fn join(&mut self, own: PeerId) -> Result<Arc<Notify>, JoinError> {
        if self.is_ended {
            return Err(JoinError::Ended);
        }
        if self.members.contains_key(&own) {
            return Err(JoinError::Taken { peer: own });
        }
        if self.members.len() >= PEER_COUNT_MAX {
            let peer_count_max = PEER_COUNT_MAX;
            return Err(JoinError::Full { peer_count_max });
        }
        let others: Vec<PeerId> = self.members.keys().copied().collect();
        let member = Member::default();
        let wake = Arc::clone(&member.wake);
        self.members.insert(own, member);
        for other in others {
            if !self.cuts.contains(&Pair::new(own, other)) {
                self.change_both(own, other, Inbox::begin);
            }
        }
        Ok(wake)
    }

    pub(super) fn leave(&mut self, own: PeerId) {
        if let Some(member) = self.members.remove(&own) {
            member.spreading.wake.notify_one();
        }
        for member in self.members.values_mut() {
            member.spreading.forget(own);
            member.inbox.end(own);
            member.wake.notify_one();
        }
    }

    pub(super) fn cut(&mut self, one: PeerId, other: PeerId) {
        if one == other {
            return; // Nobody is its own peer.
        }
        self.cuts.insert(Pair::new(one, other));
        for (own, peer) in [(one, other), (other, one)] {
            if let Some(member) = self.members.get_mut(&own) {
                member.spreading.forget(peer);
            }
        }
        self.change_both(one, other, Inbox::end);
    }

    pub(super) fn heal(&mut self, one: PeerId, other: PeerId) {
        let was_cut = self.cuts.remove(&Pair::new(one, other));
        if was_cut && !self.is_ended {
            self.change_both(one, other, Inbox::begin);
        }
    }

    pub(super) fn end(&mut self) {
        self.is_ended = true;
        for member in self.members.values_mut() {
            member.inbox.end_all();
            member.wake.notify_one();
            member.spreading.wake.notify_one();
        }
    }

    pub(super) fn send(
        &mut self,
        from: PeerId,
        to: PeerId,
        bytes: Arc<[u8]>,
    ) -> Result<(), SendError> {
        let bytes_count = bytes.len();
        let member = self.members.get_mut(&to);
        let put = member.map_or(Err(Missed::Unconnected), |member| member.put(from, bytes));
        put.map_err(|missed| SendError::new(missed, to, bytes_count))
    }

    pub(super) fn publish(&mut self, from: PeerId, bytes: &Arc<[u8]>) -> Published {
        let mut published = Published::default();
        for member in self.members.values_mut() {
            published.count(member.put(from, Arc::clone(bytes)));
        }
        published
    }

    /// Takes what comes next for one who joined: `None` if it is the end.
    pub(super) fn next(&mut self, own: PeerId) -> Poll<Option<Event>> {
        let member = self
            .members
            .get_mut(&own)
            .expect("an endpoint is a member until it is dropped");
        match member.inbox.take() {
            Some(event) => Poll::Ready(Some(event)),
            None if self.is_ended => Poll::Ready(None),
            None => Poll::Pending,
        }
    }

    /// What wakes who waits for what is spread.
    pub(super) fn spreading_wake(&self, own: PeerId) -> Arc<Notify> {
        let member = self.members.get(&own);
        let member = member.expect("an endpoint is a member until it is dropped");
        Arc::clone(&member.spreading.wake)
    }

    pub(super) fn spread(&mut self, own: PeerId, id: SpreadId, bytes: &Arc<[u8]>) {
        let member = self.members.get_mut(&own);
        if member.is_some_and(|member| member.spreading.see(id)) {
            self.pass_on(own, own, id, bytes);
        }
    }

    pub(super) fn judge(&mut self, own: PeerId, id: SpreadId, verdict: Verdict) {
        let member = self.members.get_mut(&own);
        let judged = member.and_then(|member| member.spreading.judge(id));
        if let (Some(spread), Verdict::Accept) = (judged, verdict) {
            self.pass_on(own, spread.from, id, &spread.bytes);
        }
    }

    /// Passes a message on to all who are connected, but not back.
    fn pass_on(&mut self, own: PeerId, back: PeerId, id: SpreadId, bytes: &Arc<[u8]>) {
        if self.is_ended {
            return;
        }
        for (peer, member) in &mut self.members {
            let is_cut = self.cuts.contains(&Pair::new(own, *peer));
            if *peer != own && *peer != back && !is_cut {
                let bytes = Arc::clone(bytes);
                let from = own;
                member.spreading.put(Spread { from, id, bytes });
            }
        }
    }

    /// What was spread, for the place that `wake` belongs to: `None` if that
    /// was given up, or it is the end.
    pub(super) fn next_spread(&mut self, own: PeerId, wake: &Arc<Notify>) -> Poll<Option<Spread>> {
        let member = self.members.get_mut(&own);
        let member = member.filter(|member| Arc::ptr_eq(&member.spreading.wake, wake));
        let is_over = self.is_ended || member.is_none();
        match member.and_then(|member| member.spreading.take()) {
            Some(spread) => Poll::Ready(Some(spread)),
            None if is_over => {
                wake.notify_one(); // For whoever else waits.
                Poll::Ready(None)
            }
            None => Poll::Pending,
        }
    }

    /// Changes what each of two has to hear of the other, if both are there.
    fn change_both(&mut self, one: PeerId, other: PeerId, change: fn(&mut Inbox, PeerId)) {
        if !self.members.contains_key(&one) || !self.members.contains_key(&other) {
            return;
        }
        for (listener, peer) in [(one, other), (other, one)] {
            if let Some(member) = self.members.get_mut(&listener) {
                change(&mut member.inbox, peer);
                member.wake.notify_one();
            }
        }
    }
}

impl Member {
    fn put(&mut self, from: PeerId, bytes: Arc<[u8]>) -> Result<(), Missed> {
        self.inbox.put(from, bytes)?;
        self.wake.notify_one();
        Ok(())
    }
}
