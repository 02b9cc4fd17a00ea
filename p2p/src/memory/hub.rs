//! Who has joined, and who is connected to whom.
//!
//! Two are connected if both have joined and nobody cut them apart; each then
//! has a line in the other's inbox.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::task::Poll;

use pyralog_primitives::ByteCount;
use tokio::sync::Notify;

use super::JoinError;
use crate::{
    Event, Inbox, MESSAGE_BYTES_MAX, Missed, PEER_COUNT_MAX, PeerId, Published, SendError,
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
        self.members.remove(&own);
        for member in self.members.values_mut() {
            member.inbox.end(own);
            member.wake.notify_one();
        }
    }

    pub(super) fn cut(&mut self, one: PeerId, other: PeerId) {
        if one == other {
            return; // Nobody is its own peer.
        }
        self.cuts.insert(Pair::new(one, other));
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
        put.map_err(|missed| match missed {
            Missed::Unconnected => SendError::Unknown { peer: to },
            Missed::Full => SendError::Full { peer: to },
            Missed::TooLong => SendError::TooLong {
                bytes: byte_count(bytes_count),
                bytes_max: byte_count(MESSAGE_BYTES_MAX),
            },
        })
    }

    pub(super) fn publish(&mut self, from: PeerId, bytes: &Arc<[u8]>) -> Published {
        let mut published = Published::default();
        for member in self.members.values_mut() {
            match member.put(from, Arc::clone(bytes)) {
                Ok(()) => published.told += 1,
                Err(Missed::Full | Missed::TooLong) => published.missed += 1,
                Err(Missed::Unconnected) => {}
            }
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

fn byte_count(length: usize) -> ByteCount {
    ByteCount::new(u64::try_from(length).expect("a length in memory fits 64 bits"))
}
