//! Peers that turned out to be of another network.

use std::collections::BTreeMap;

use pyralog_p2p::PeerId;
use pyralog_primitives::{DurationMs, TimestampMs};

/// Strangers that are remembered. Lower, and a network that shares addresses
/// with a large other one asks the same peers again and again.
const STRANGERS_MAX: usize = 1_024;

/// How long a stranger is left alone. Shorter, and two networks that found each
/// other's peers spend their time on saying so; longer, and a node that changed
/// its network under the same key waits.
const QUIET_FOR: DurationMs = DurationMs::new(10 * 60 * 1000);

/// A peer of another network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stranger {
    /// Who.
    pub peer: PeerId,
    /// What it says it is of.
    pub network: String,
    /// Until when it is left alone.
    pub(crate) until: TimestampMs,
}

/// All that are remembered.
#[derive(Debug, Default)]
pub(crate) struct Strangers(BTreeMap<PeerId, Stranger>);

impl Strangers {
    /// Notes a stranger. Whether it is news.
    pub(crate) fn note(&mut self, peer: PeerId, network: String, now: TimestampMs) -> bool {
        let until = TimestampMs::new(now.get().saturating_add(QUIET_FOR.get()));
        let stranger = Stranger {
            peer,
            network,
            until,
        };
        let before = self.0.insert(peer, stranger);
        if self.0.len() > STRANGERS_MAX
            && let Some((first, _)) = self.0.iter().min_by_key(|(_, stranger)| stranger.until)
        {
            let first = *first;
            self.0.remove(&first);
        }
        let network = self.0.get(&peer).map(|stranger| &stranger.network);
        before.is_none_or(|before| Some(&before.network) != network)
    }

    /// The peer is of this network after all.
    pub(crate) fn forget(&mut self, peer: PeerId) {
        self.0.remove(&peer);
    }

    /// What a peer is of, as long as it is left alone.
    pub(crate) fn get(&self, peer: PeerId, now: TimestampMs) -> Option<&Stranger> {
        self.0.get(&peer).filter(|stranger| stranger.until > now)
    }

    pub(crate) fn all(&self) -> Vec<Stranger> {
        self.0.values().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use pyralog_primitives::PublicKey;

    use super::*;

    #[test]
    fn a_stranger_is_news_once_and_left_alone_for_a_while() {
        let mut strangers = Strangers::default();
        let peer = PeerId::new(PublicKey::new([1; 32]));
        let now = TimestampMs::new(5);
        let end = TimestampMs::new(5 + QUIET_FOR.get());
        assert!(strangers.note(peer, "other".into(), now));
        assert!(!strangers.note(peer, "other".into(), now));
        assert!(strangers.get(peer, now).is_some());
        assert!(strangers.get(peer, end).is_none());
        assert!(strangers.note(peer, "third".into(), end));
        strangers.forget(peer);
        assert!(strangers.get(peer, end).is_none());
    }
}
