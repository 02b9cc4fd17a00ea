//! Connections, and how long each may take for what.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use libp2p::swarm::ConnectionId;
use pyralog_p2p::PeerId;

use crate::book::{Direction, Reputation};

/// How long a peer may take to greet. Shorter, and a slow one is lost; longer,
/// and one that says nothing keeps its place.
const GREETING_WITHIN: Duration = Duration::from_secs(10);

/// How long the connection to a stranger is kept, so that it learns from this
/// node why it goes.
const STRANGER_FOR: Duration = Duration::from_secs(2);

/// A connection that lasted so long was a good one, whatever ended it.
const LASTING: Duration = Duration::from_secs(30);

/// One connection.
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub(super) peer: PeerId,
    pub(super) at: SocketAddr,
    pub(super) direction: Direction,
    pub(super) since: Instant,
    pub(super) has_greeted: bool,
    /// When it was found to be that of a stranger.
    pub(super) is_stranger: Option<Instant>,
    /// Whether the peer was told what this node is.
    pub(super) knows_us: bool,
    pub(super) agent: String,
    /// Where the peer says it is, as far as it can be believed.
    pub(super) places: Vec<SocketAddr>,
    /// Whether it answers questions for others.
    pub(super) serves_kad: bool,
}

impl Link {
    pub(super) fn new(peer: PeerId, at: SocketAddr, direction: Direction) -> Self {
        Self {
            peer,
            at,
            direction,
            since: Instant::now(),
            has_greeted: false,
            is_stranger: None,
            knows_us: false,
            agent: String::new(),
            places: Vec::new(),
            serves_kad: false,
        }
    }

    pub(super) fn is_dialled(&self) -> bool {
        self.direction == Direction::Outbound
    }

    /// Whether this node chose the peer, and the peer was the right one.
    fn is_chosen(&self) -> bool {
        self.is_dialled() && self.has_greeted
    }

    pub(super) fn has_lasted(&self) -> bool {
        self.has_greeted && self.since.elapsed() >= LASTING
    }

    fn is_overdue(&self, now: Instant) -> bool {
        let is_late = now.duration_since(self.since) >= GREETING_WITHIN;
        let is_done =
            |since: Instant| self.knows_us && now.saturating_duration_since(since) >= STRANGER_FOR;
        !self.has_greeted && (is_late || self.is_stranger.is_some_and(is_done))
    }
}

/// Connections that are to be closed.
pub(super) fn overdue(links: &BTreeMap<ConnectionId, Link>, now: Instant) -> Vec<ConnectionId> {
    let overdue = links.iter().filter(|(_, link)| link.is_overdue(now));
    overdue.map(|(id, _)| *id).collect()
}

/// Whether as many are connected as this node looks for. Only those count that
/// it chose: those that came by themselves may all be of one owner.
pub(super) fn are_enough<'a>(links: impl Iterator<Item = &'a Link>, target: usize) -> bool {
    links.filter(|link| link.is_chosen()).count() >= target
}

/// The connection that is given up of more than `target` that this node
/// dialled: that of the peer with the worst reputation, of those the youngest;
/// but none that is exempt, or has just begun.
pub(super) fn superfluous<I: Copy>(
    links: impl Iterator<Item = (I, Link)>,
    target: usize,
    now: Instant,
    is_exempt: impl Fn(PeerId) -> bool,
    reputation: impl Fn(PeerId) -> Reputation,
) -> Option<I> {
    let dialled: Vec<_> = links.filter(|(_, link)| link.is_chosen()).collect();
    if dialled.len() <= target {
        return None;
    }
    let may_go =
        |link: &Link| now.saturating_duration_since(link.since) >= LASTING && !is_exempt(link.peer);
    let worst = dialled
        .iter()
        .filter(|(_, link)| may_go(link))
        .min_by_key(|(_, link)| (reputation(link.peer), std::cmp::Reverse(link.since)));
    worst.map(|(id, _)| *id)
}

#[cfg(test)]
mod tests {
    use pyralog_primitives::PublicKey;

    use super::*;

    fn peer(number: u8) -> PeerId {
        PeerId::new(PublicKey::new([number; 32]))
    }

    fn link(number: u8, since: Instant) -> Link {
        let mut link = Link::new(
            peer(number),
            ([127, 0, 0, 1], 1).into(),
            Direction::Outbound,
        );
        link.since = since;
        link.has_greeted = true;
        link
    }

    #[test]
    fn who_came_by_itself_or_has_not_greeted_is_not_one_of_enough() {
        let mut links = [1, 2, 3].map(|number| link(number, Instant::now()));
        assert!(are_enough(links.iter(), 3));
        assert!(!are_enough(links.iter(), 4));
        links[0].direction = Direction::Inbound;
        assert!(!are_enough(links.iter(), 3));
        assert!(are_enough(links.iter(), 2));
        links[1].has_greeted = false;
        assert!(!are_enough(links.iter(), 2));
    }

    #[test]
    fn the_worst_of_too_many_is_given_up_but_no_validator() {
        let begin = Instant::now();
        let now = begin + Duration::from_secs(100);
        let links = || {
            let second = |number: u8| begin + Duration::from_secs(u64::from(number));
            (1..=5).map(move |number| (number, link(number, second(number))))
        };
        let choose = |target, exempt: &[u8], bad: u8| {
            let is_exempt = |peer: PeerId| exempt.contains(&peer.get().as_bytes()[0]);
            let reputation = |peer: PeerId| {
                Reputation::new(if peer.get().as_bytes()[0] == bad {
                    -9
                } else {
                    0
                })
            };
            superfluous(links(), target, now, is_exempt, reputation)
        };
        assert_eq!(choose(5, &[], 0), None);
        assert_eq!(choose(4, &[], 0), Some(5));
        assert_eq!(choose(4, &[5], 0), Some(4));
        assert_eq!(choose(4, &[], 2), Some(2));
        assert_eq!(choose(4, &[1, 2, 3, 4, 5], 2), None);
        let young = superfluous(links(), 4, begin, |_| false, |_| Reputation::new(0));
        assert_eq!(young, None);
    }

    #[test]
    fn who_does_not_greet_goes_and_a_stranger_once_it_knows_why() {
        let begin = Instant::now();
        let mut link = link(1, begin);
        let after = |seconds| begin + Duration::from_secs(seconds);
        assert!(!link.is_overdue(after(100)));
        link.has_greeted = false;
        assert!(!link.is_overdue(after(9)) && link.is_overdue(after(10)));
        link.is_stranger = Some(after(1));
        assert!(!link.is_overdue(after(5)));
        link.knows_us = true;
        assert!(!link.is_overdue(after(2)) && link.is_overdue(after(3)));
    }
}
