//! How far the peers are, which of them is to be asked, and how much they may
//! ask for.
//!
//! What a peer says of itself is a claim: it costs a question, and who does not
//! answer is not believed for a while. Who has failed before is asked after all
//! who have failed less often, so those who lie in numbers do not keep a node
//! from those who answer.

use std::collections::BTreeMap;

use pyralog_consensus::Tick;
use pyralog_p2p::PeerId;
use pyralog_primitives::Height;
use pyralog_primitives::block::BLOCK_BYTES_MAX;

use crate::planner::QUESTION_COUNT_MAX;

/// Peers that are known. The network bounds them too.
const PEER_COUNT_MAX: usize = 1024;
/// Who did not answer is not asked for so long. Lower, and a liar holds up a
/// node that catches up; higher, and a peer that was busy is missed.
const DISTRUST_MICROS: u64 = 10_000_000;
/// Who says that it is busy is not asked for so long. Lower, and it says so again;
/// higher, and what it could give by then is asked of others.
const BUSY_MICROS: u64 = 1_000_000;
/// Who has failed so often, one time after the other, is not believed any more,
/// though it is asked from time to time. Lower, and one answer that is late
/// makes a node believe that it is not behind; higher, and who only claims to be
/// further is believed for longer.
const BELIEVED_FAILURE_COUNT_MAX: u32 = 1;
/// A peer that is behind is told the own height at most so often.
const TELL_MICROS: u64 = 50_000;
/// What a peer is given in a second, if it asks for it. Lower, and who lacks the
/// largest blocks does not get them in time; higher, and a few peers who ask for
/// the same again and again keep the node from its work.
const GIVEN_BYTES_PER_SECOND: u64 = BLOCK_BYTES_MAX as u64;
/// How far ahead of that it may be: two of the largest blocks at once.
const GIVEN_AHEAD_MICROS: u64 = 2_000_000;
/// What a question costs, whatever the answer.
const QUESTION_BYTES: u64 = 4 * 1024;

/// Messages between validators that a peer may say in a second. Lower, and one
/// that speaks for many, or of many rounds, is blamed; higher, and one that says
/// the same again and again has more signatures checked for nothing.
const SAID_PER_SECOND: u64 = 256;
/// How far ahead of that it may be: twice what its line holds, if this node did
/// not listen for a while.
const SAID_AHEAD_MICROS: u64 = 8_000_000;

/// The peers.
#[derive(Debug, Default)]
pub(crate) struct Peers {
    known: BTreeMap<PeerId, Peer>,
}

#[derive(Debug, Default)]
struct Peer {
    /// Up to which height it has the chain; unknown until it says so.
    tip: Option<Height>,
    distrusted_until: Tick,
    /// How often it did not answer, or falsely, since it last answered well.
    failures: u32,
    /// The last time it gave less than it could have given.
    is_meagre: bool,
    /// The number of the last question that it was asked.
    asked: u64,
    told: Option<Tick>,
    /// By when it would have had all that it was given, at the rate above.
    given_until: Tick,
    /// By when it could have said all that it did, at the other rate.
    said_until: Tick,
}

impl Peers {
    pub(crate) fn add(&mut self, peer: PeerId) {
        if self.known.len() < PEER_COUNT_MAX {
            self.known.entry(peer).or_default();
        }
    }

    pub(crate) fn remove(&mut self, peer: PeerId) {
        self.known.remove(&peer);
    }

    pub(crate) fn is_known(&self, peer: &PeerId) -> bool {
        self.known.contains_key(peer)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = PeerId> + '_ {
        self.known.keys().copied()
    }

    /// A peer has the chain up to this height, as it says.
    pub(crate) fn note_tip(&mut self, peer: PeerId, tip: Height) {
        if let Some(peer) = self.known.get_mut(&peer) {
            peer.tip = peer.tip.max(Some(tip));
        }
    }

    /// Whether any peer has said how far it is.
    pub(crate) fn has_spoken(&self) -> bool {
        self.known.values().any(|peer| peer.tip.is_some())
    }

    /// Whether all peers have said how far they are, and there are any.
    pub(crate) fn have_spoken(&self) -> bool {
        !self.known.is_empty() && self.known.values().all(|peer| peer.tip.is_some())
    }

    /// How far the furthest peer is of those who can be asked now.
    pub(crate) fn highest(&self, now: Tick) -> Option<Height> {
        let askable = self
            .known
            .values()
            .filter(|peer| peer.distrusted_until <= now);
        askable.filter_map(|peer| peer.tip).max()
    }

    /// How far the furthest peer is of those whose word counts.
    pub(crate) fn highest_believed(&self) -> Option<Height> {
        let believed = self
            .known
            .values()
            .filter(|peer| peer.failures <= BELIEVED_FAILURE_COUNT_MAX);
        believed.filter_map(|peer| peer.tip).max()
    }

    /// Who is to be asked for a block of this height, and how far it is: of those
    /// who have failed least often the one that has least to answer, one after
    /// the other. Who has failed is asked one question at a time.
    pub(crate) fn to_ask(
        &self,
        height: Height,
        now: Tick,
        open_count: impl Fn(&PeerId) -> usize,
    ) -> Option<(PeerId, Height)> {
        let able = self.known.iter().filter_map(|(id, peer)| {
            let tip = peer.tip.filter(|tip| *tip >= height)?;
            let open = open_count(id);
            let most = if peer.failures == 0 {
                QUESTION_COUNT_MAX
            } else {
                1
            };
            let is_able = peer.distrusted_until <= now && open < most;
            let rank = (peer.failures, peer.is_meagre, open, peer.asked);
            is_able.then_some((rank, *id, tip))
        });
        able.min().map(|(_, id, tip)| (id, tip))
    }

    /// A peer was asked the question of this number.
    pub(crate) fn note_asked(&mut self, peer: PeerId, number: u64) {
        if let Some(peer) = self.known.get_mut(&peer) {
            peer.asked = number;
        }
    }

    /// A peer gave what is true, and less than it could have given.
    pub(crate) fn note_meagre(&mut self, peer: PeerId) {
        self.trust(peer);
        if let Some(peer) = self.known.get_mut(&peer) {
            peer.is_meagre = true;
        }
    }

    /// A peer did not answer, or answered with something false. What it says of
    /// itself counts for nothing for a while.
    pub(crate) fn distrust(&mut self, peer: PeerId, now: Tick) {
        if let Some(peer) = self.known.get_mut(&peer) {
            peer.distrusted_until = Tick::new(now.get().saturating_add(DISTRUST_MICROS));
            peer.failures = peer.failures.saturating_add(1);
        }
    }

    /// A peer has said that it is busy: it is left alone for a moment, and as
    /// good as before.
    pub(crate) fn rest(&mut self, peer: PeerId, now: Tick) {
        if let Some(peer) = self.known.get_mut(&peer) {
            let until = Tick::new(now.get().saturating_add(BUSY_MICROS));
            peer.distrusted_until = peer.distrusted_until.max(until);
        }
    }

    /// A peer gave what it was asked for, be it late.
    pub(crate) fn trust(&mut self, peer: PeerId) {
        if let Some(peer) = self.known.get_mut(&peer) {
            peer.distrusted_until = Tick::default();
            peer.failures = 0;
            peer.is_meagre = false;
        }
    }

    /// Whether a peer that is behind should be told the own height now.
    pub(crate) fn may_tell(&mut self, peer: PeerId, now: Tick) -> bool {
        let Some(peer) = self.known.get_mut(&peer) else {
            return false;
        };
        let since = peer.told.map(|told| now.get().saturating_sub(told.get()));
        let may = since.is_none_or(|since| since >= TELL_MICROS);
        if may {
            peer.told = Some(now);
        }
        may
    }

    /// Whether a peer is given what it asks for now. Who is not asks someone
    /// else, or again.
    pub(crate) fn may_ask(&mut self, peer: PeerId, now: Tick) -> bool {
        let Some(known) = self.known.get(&peer) else {
            return false;
        };
        let ahead = known.given_until.get().saturating_sub(now.get());
        let may = ahead < GIVEN_AHEAD_MICROS;
        if may {
            self.charge_bytes(peer, QUESTION_BYTES, now);
        }
        may
    }

    /// A peer says one more message of validators. Whether that is one too many;
    /// then it begins anew.
    pub(crate) fn says_too_much(&mut self, peer: PeerId, now: Tick) -> bool {
        let Some(peer) = self.known.get_mut(&peer) else {
            return false;
        };
        let from = peer.said_until.max(now).get();
        let until = from.saturating_add(1_000_000 / SAID_PER_SECOND);
        let is_too_much = until.saturating_sub(now.get()) > SAID_AHEAD_MICROS;
        peer.said_until = if is_too_much { now } else { Tick::new(until) };
        is_too_much
    }

    /// A peer is given so many bytes.
    pub(crate) fn charge(&mut self, peer: PeerId, bytes: usize, now: Tick) {
        self.charge_bytes(peer, u64::try_from(bytes).unwrap_or(u64::MAX), now);
    }

    fn charge_bytes(&mut self, peer: PeerId, bytes: u64, now: Tick) {
        if let Some(peer) = self.known.get_mut(&peer) {
            let micros = bytes.saturating_mul(1_000_000) / GIVEN_BYTES_PER_SECOND;
            let from = peer.given_until.max(now).get();
            peer.given_until = Tick::new(from.saturating_add(micros));
        }
    }
}

#[cfg(test)]
mod tests {
    use pyralog_primitives::PublicKey;

    use super::*;

    #[test]
    fn who_says_too_much_is_found_out_and_who_keeps_to_the_rate_is_not() {
        let peer = |number| PeerId::new(PublicKey::new([number; 32]));
        let mut peers = Peers::default();
        peers.add(peer(1));
        peers.add(peer(2));
        let at_once = SAID_AHEAD_MICROS * SAID_PER_SECOND / 1_000_000;
        let now = Tick::new(7);
        let mut said = 0;
        while !peers.says_too_much(peer(1), now) {
            said += 1;
        }
        // The time for one is rounded down.
        assert!((at_once..at_once + 4).contains(&said), "{said}");
        assert!(!peers.says_too_much(peer(1), now), "it begins anew");
        for number in 0..10 * at_once {
            let now = Tick::new(number * 1_000_000 / SAID_PER_SECOND);
            assert!(!peers.says_too_much(peer(2), now));
        }
        assert!(!peers.says_too_much(peer(3), now), "nobody knows it");
    }
}
