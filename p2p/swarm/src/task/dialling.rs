//! Whom this node dials, and whom of too many it lets go.

use std::time::Instant;

use libp2p::PeerId as LibPeerId;
use libp2p::swarm::dial_opts::{DialOpts, PeerCondition};
use pyralog_p2p::PeerId;

use super::{Task, links};
use crate::address::multiaddr_of;
use crate::behaviour::pending_max;
use crate::book::Finding;
use crate::key::lib_peer_of;

impl Task {
    /// Dials those who are always to be connected, the validators, and of the
    /// others as many as are wanted.
    pub(super) fn dial(&mut self) {
        for peer in self.choose() {
            self.dial_peer(peer);
        }
    }

    fn choose(&self) -> Vec<PeerId> {
        let (now, book) = (self.shared.now(), self.shared.book());
        let target = usize::try_from(self.settings.limits.outbound_target).unwrap_or(usize::MAX);
        let dialled = self.links.values().filter(|link| link.is_dialled()).count();
        let mut wanted = target.saturating_sub(dialled + self.dialling.len());
        let pending_max = pending_max(&self.settings.limits);
        let mut places = pending_max.saturating_sub(self.dialling.len());
        let mut chosen = Vec::new();
        for (peer, finding) in book.places.due(now, |key| book.validators.contains(&key)) {
            if places == 0 {
                break;
            }
            let is_refused =
                book.bans.ban_of(peer, now).is_some() || book.strangers.get(peer, now).is_some();
            if is_refused || peer == self.shared.own || self.is_there(peer) {
                continue;
            }
            let is_dear = finding == Finding::Kept || book.is_validator(peer);
            if wanted > 0 || is_dear {
                wanted = wanted.saturating_sub(1);
                places -= 1;
                chosen.push(peer);
            }
        }
        chosen
    }

    /// Whether the peer is connected, or about to be.
    fn is_there(&self, peer: PeerId) -> bool {
        let lib_peer = lib_peer_of(peer);
        self.dialling.contains(&lib_peer) || self.swarm.is_connected(&lib_peer)
    }

    fn dial_peer(&mut self, peer: PeerId) {
        let lib_peer: LibPeerId = lib_peer_of(peer);
        let book = self.shared.book();
        let places = book.places.at(peer).iter();
        let addresses = places.map(|at| multiaddr_of(*at)).collect();
        drop(book);
        // Dialling a peer that is connected would give it a second connection.
        let options = DialOpts::peer_id(lib_peer)
            .condition(PeerCondition::DisconnectedAndNotDialing)
            .addresses(addresses)
            .build();
        self.dialling.insert(lib_peer);
        if let Err(error) = self.swarm.dial(options) {
            tracing::debug!(%peer, %error, "a peer is not dialled");
            self.dialling.remove(&lib_peer);
            let now = self.shared.now();
            self.shared.book().places.failed(peer, super::chance(), now);
        }
    }

    /// Lets one go of those that were dialled, if there are more than wanted:
    /// questions to the hash table bring some along.
    pub(super) fn prune(&mut self, now: Instant) {
        let target = usize::try_from(self.settings.limits.outbound_target).unwrap_or(usize::MAX);
        let links = self.links.iter().map(|(id, link)| (*id, link.clone()));
        let time = self.shared.now();
        let chosen = links::superfluous(
            links,
            target,
            now,
            |peer| self.is_exempt(peer),
            |peer| self.shared.book().bans.reputation(peer, time),
        );
        if let Some(id) = chosen {
            self.swarm.close_connection(id);
        }
    }
}
