//! Whom this node dials, and whom of too many it lets go.

use std::time::Instant;

use libp2p::PeerId as LibPeerId;
use libp2p::swarm::dial_opts::{DialOpts, PeerCondition};
use pyralog_p2p::PeerId;

use super::{Task, links};
use crate::address::{Subnet, multiaddr_of};
use crate::behaviour::pending_max;
use crate::book::Finding;
use crate::key::lib_peer_of;

/// Peers of one subnet that are dialled, but for those to hold on to. Lower,
/// and a network within one data centre is hardly joined; higher, and the owner
/// of a subnet can be all that a node sees.
const DIALLED_PER_SUBNET_MAX: usize = 2;

/// How many may still be dialled.
#[derive(Debug)]
struct Room {
    wanted: usize,
    /// Attempts that may be under way, in addition.
    pending: usize,
    per_subnet_max: usize,
    /// Of each connection that was dialled.
    subnets: Vec<Subnet>,
}

impl Room {
    /// Takes the room for one peer, if there is any.
    fn take(&mut self, subnet: Option<Subnet>, is_dear: bool) -> bool {
        let Some(subnet) = subnet else {
            return false; // Nobody knows where it is.
        };
        let neighbours = self.subnets.iter().filter(|other| **other == subnet);
        let is_wanted = self.wanted > 0 && neighbours.count() < self.per_subnet_max;
        if self.pending == 0 || !(is_wanted || is_dear) {
            return false;
        }
        self.wanted = self.wanted.saturating_sub(1);
        self.pending -= 1;
        self.subnets.push(subnet);
        true
    }
}

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
        let dialled = || self.links.values().filter(|link| link.is_dialled());
        let pending_max = pending_max(&self.settings.limits);
        let mut room = Room {
            wanted: target.saturating_sub(dialled().count() + self.dialling.len()),
            pending: pending_max.saturating_sub(self.dialling.len()),
            per_subnet_max: if self.settings.allows_private_addresses {
                usize::MAX
            } else {
                DIALLED_PER_SUBNET_MAX
            },
            subnets: dialled().map(|link| Subnet::of(link.at.ip())).collect(),
        };
        let is_refused = |peer: PeerId| {
            book.bans.ban_of(peer, now).is_some()
                || book.strangers.get(peer, now).is_some()
                || peer == self.shared.own
                || self.is_there(peer)
        };
        let due = book.places.due(now);
        let chosen = due.into_iter().filter(|(peer, finding)| {
            let is_dear = *finding == Finding::Kept || book.is_validator(*peer);
            let at = book.places.at(*peer).first();
            let subnet = at.map(|at| Subnet::of(at.ip()));
            !is_refused(*peer) && room.take(subnet, is_dear)
        });
        chosen.map(|(peer, _)| peer).collect()
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

    /// Frees those from the limits that have shown that they speak for a
    /// validator of today, now or before.
    pub(super) fn free_validators(&mut self) {
        let validators = self.shared.book().places.nodes_of_validators();
        if validators == self.freed {
            return;
        }
        let limits = &mut self.swarm.behaviour_mut().limits;
        for peer in self.freed.difference(&validators) {
            if !self.settings.is_free(*peer) {
                limits.remove_peer_id(&lib_peer_of(*peer));
            }
        }
        for peer in validators.difference(&self.freed) {
            limits.bypass_peer_id(&lib_peer_of(*peer));
        }
        self.freed = validators;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn subnet(number: u8) -> Subnet {
        Subnet::of([10, 0, number, 1].into())
    }

    #[test]
    fn one_subnet_is_not_all_that_a_node_sees() {
        let mut room = Room {
            wanted: 5,
            pending: 9,
            per_subnet_max: 2,
            subnets: vec![subnet(1)],
        };
        let taken = [1, 1, 2, 2, 2, 3].map(|number| room.take(Some(subnet(number)), false));
        assert_eq!(taken, [true, false, true, true, false, true]);
        assert!(
            room.take(Some(subnet(1)), true),
            "but for those to hold on to"
        );
        assert!(!room.take(Some(subnet(4)), false), "no more are wanted");
        assert!(room.take(Some(subnet(4)), true));
        assert!(!room.take(None, true));
    }

    #[test]
    fn nobody_is_dialled_beyond_the_attempts_under_way() {
        let mut room = Room {
            wanted: 5,
            pending: 2,
            per_subnet_max: 2,
            subnets: Vec::new(),
        };
        let taken = [1, 2, 3].map(|number| room.take(Some(subnet(number)), true));
        assert_eq!(taken, [true, true, false]);
    }
}
