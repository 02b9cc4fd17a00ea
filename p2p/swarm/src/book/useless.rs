//! Peers that spread what is of no use.
//!
//! Each such message may happen: what was good when it was passed on may have
//! become useless on the way. So a peer has some of it free, more as time goes
//! by, and one for each that was of use; who spreads little else is blamed.

use std::collections::BTreeMap;

use pyralog_p2p::PeerId;
use pyralog_primitives::{ByteCount, TimestampMs};

/// What counts as one: short messages cost as much to judge as this.
const PORTION_BYTES: u64 = 4 * 1024;

/// Portions that are free at once. Lower, and a peer is blamed for a chance;
/// higher, and who spreads rubbish has more of it judged before it is found out.
const FREE_PORTIONS: u64 = 128;

/// One more is free after so long.
const PORTION_MS: u64 = 1_000;

/// Peers that are remembered, also if they come and go. Lower, and a peer with
/// many keys is forgotten early; higher, and more memory is for nothing.
const PEERS_MAX: usize = 1_024;

/// How much each has spread beyond what is free.
#[derive(Debug, Default)]
pub(crate) struct Useless(BTreeMap<PeerId, Spent>);

#[derive(Clone, Copy, Debug)]
struct Spent {
    portions: u64,
    at: TimestampMs,
}

impl Spent {
    /// What is left of it. Time that has given back nothing yet still counts.
    fn at(self, now: TimestampMs) -> Self {
        let back = now.get().saturating_sub(self.at.get()) / PORTION_MS;
        let passed = back.saturating_mul(PORTION_MS);
        Self {
            portions: self.portions.saturating_sub(back),
            at: TimestampMs::new(self.at.get().saturating_add(passed)),
        }
    }
}

impl Useless {
    /// A peer has spread what is of no use. Whether that is too much; then it
    /// begins anew.
    pub(crate) fn note(&mut self, peer: PeerId, bytes: ByteCount, now: TimestampMs) -> bool {
        let mut spent = self.spent(peer, now);
        spent.portions = spent.portions.saturating_add(portions(bytes));
        if spent.portions > FREE_PORTIONS {
            self.0.remove(&peer);
            return true;
        }
        self.put(peer, spent, now);
        false
    }

    /// A peer has spread what is of use.
    pub(crate) fn redeem(&mut self, peer: PeerId, bytes: ByteCount, now: TimestampMs) {
        let mut spent = self.spent(peer, now);
        spent.portions = spent.portions.saturating_sub(portions(bytes));
        if spent.portions == 0 {
            self.0.remove(&peer);
        } else {
            self.put(peer, spent, now);
        }
    }

    fn spent(&self, peer: PeerId, now: TimestampMs) -> Spent {
        let nothing = Spent {
            portions: 0,
            at: now,
        };
        let spent = self.0.get(&peer).map_or(nothing, |spent| spent.at(now));
        if spent.portions == 0 { nothing } else { spent }
    }

    fn put(&mut self, peer: PeerId, spent: Spent, now: TimestampMs) {
        if self.0.len() >= PEERS_MAX && !self.0.contains_key(&peer) {
            self.0.retain(|_, spent| spent.at(now).portions > 0);
        }
        if self.0.len() >= PEERS_MAX
            && !self.0.contains_key(&peer)
            && let Some((least, _)) = self
                .0
                .iter()
                .min_by_key(|(_, spent)| spent.at(now).portions)
        {
            let least = *least;
            self.0.remove(&least);
        }
        self.0.insert(peer, spent);
    }
}

fn portions(bytes: ByteCount) -> u64 {
    bytes.get().div_ceil(PORTION_BYTES).max(1)
}

#[cfg(test)]
mod tests {
    use pyralog_primitives::PublicKey;

    use super::*;

    fn peer(number: u16) -> PeerId {
        let mut key = [1; 32];
        key[..2].copy_from_slice(&number.to_be_bytes());
        PeerId::new(PublicKey::new(key))
    }

    const SHORT: ByteCount = ByteCount::new(300);
    const NOW: TimestampMs = TimestampMs::new(1_000_000);

    #[test]
    fn who_spreads_little_else_is_found_out_and_who_is_of_use_is_not() {
        let mut useless = Useless::default();
        for _ in 0..FREE_PORTIONS {
            assert!(!useless.note(peer(1), SHORT, NOW));
        }
        assert!(useless.note(peer(1), SHORT, NOW));
        assert!(!useless.note(peer(1), SHORT, NOW), "it begins anew");
        for _ in 0..10 * FREE_PORTIONS {
            assert!(!useless.note(peer(2), SHORT, NOW));
            useless.redeem(peer(2), SHORT, NOW);
        }
    }

    #[test]
    fn long_messages_cost_more_and_time_gives_back() {
        let mut useless = Useless::default();
        let long = ByteCount::new(FREE_PORTIONS * PORTION_BYTES);
        assert!(!useless.note(peer(1), long, NOW));
        let later = |portions| TimestampMs::new(NOW.get() + portions * PORTION_MS);
        assert!(!useless.note(peer(1), SHORT, later(1)));
        assert!(useless.note(peer(1), SHORT, later(1)));
        // Two a second are more than come back, one is not, however they fall.
        for half_seconds in 0..4 * FREE_PORTIONS {
            let now = TimestampMs::new(NOW.get() + 500 * half_seconds);
            let is_too_much = useless.note(peer(2), SHORT, now);
            let is_last = half_seconds % (2 * FREE_PORTIONS) == 2 * FREE_PORTIONS - 1;
            assert_eq!(is_too_much, is_last, "{half_seconds}");
            if half_seconds % 2 == 0 {
                assert!(!useless.note(peer(3), SHORT, now));
            }
        }
    }

    #[test]
    fn no_more_peers_are_remembered_than_named() {
        let mut useless = Useless::default();
        let most = ByteCount::new(FREE_PORTIONS * PORTION_BYTES);
        assert!(!useless.note(peer(0), most, NOW));
        for number in 1..=u16::try_from(PEERS_MAX).unwrap() {
            useless.note(peer(number), SHORT, NOW);
        }
        assert_eq!(useless.0.len(), PEERS_MAX);
        assert!(useless.note(peer(0), SHORT, NOW), "the worst stay");
    }
}
