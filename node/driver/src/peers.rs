//! How far the peers are, and which of them is to be asked.
//!
//! What a peer says of itself is a claim: it costs a question, and who does not
//! answer is not believed for a while.

use std::collections::BTreeMap;

use pyralog_consensus::Tick;
use pyralog_p2p::PeerId;
use pyralog_primitives::Height;

/// Peers that are known. The network bounds them too.
const PEER_COUNT_MAX: usize = 1024;
/// Who did not answer is not asked for so long. Lower, and a liar holds up a
/// node that catches up; higher, and a peer that was busy is missed.
const DISTRUST_MICROS: u64 = 10_000_000;
/// A peer that is behind is told the own height at most so often.
const TELL_MICROS: u64 = 50_000;

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
    told: Option<Tick>,
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

    pub(crate) fn iter(&self) -> impl Iterator<Item = PeerId> + '_ {
        self.known.keys().copied()
    }

    /// A peer has the chain up to this height, as it says.
    pub(crate) fn note_tip(&mut self, peer: PeerId, tip: Height) {
        if let Some(peer) = self.known.get_mut(&peer) {
            peer.tip = peer.tip.max(Some(tip));
        }
    }

    /// Whether all peers have said how far they are, and there are any.
    pub(crate) fn have_spoken(&self) -> bool {
        !self.known.is_empty() && self.known.values().all(|peer| peer.tip.is_some())
    }

    /// How far the furthest peer is that can be believed.
    pub(crate) fn highest(&self, now: Tick) -> Option<Height> {
        let believed = self
            .known
            .values()
            .filter(|peer| peer.distrusted_until <= now);
        believed.filter_map(|peer| peer.tip).max()
    }

    /// Who is to be asked for a block of this height: one after the other.
    pub(crate) fn to_ask(&self, height: Height, now: Tick, turn: usize) -> Option<PeerId> {
        let believed = self.known.iter().filter(|(_, peer)| {
            peer.distrusted_until <= now && peer.tip.is_some_and(|tip| tip >= height)
        });
        let able: Vec<PeerId> = believed.map(|(id, _)| *id).collect();
        let place = turn.checked_rem(able.len())?;
        Some(able[place])
    }

    /// A peer did not answer, or answered with something false. What it says of
    /// itself counts for nothing until it says it again later.
    pub(crate) fn distrust(&mut self, peer: PeerId, now: Tick) {
        if let Some(peer) = self.known.get_mut(&peer) {
            peer.distrusted_until = Tick::new(now.get().saturating_add(DISTRUST_MICROS));
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
}
