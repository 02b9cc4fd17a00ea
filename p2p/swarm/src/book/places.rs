//! Where peers are, how it went the last time, and when to try again.
//!
//! A peer that could not be reached is tried again after a second, two, four,
//! and so on, each time with up to a quarter more by chance, so that those who
//! lost the same peer do not all come back at the same moment.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use borsh::{BorshDeserialize, BorshSerialize};
use pyralog_p2p::PeerId;
use pyralog_primitives::codec::List;
use pyralog_primitives::{PublicKey, TimestampMs};

use crate::address::{PeerAddress, Subnet};

/// Peers whose places are known. Lower, and a large network is seen in part;
/// higher, and the file grows.
pub(crate) const PLACES_MAX: usize = 1_024;

/// Places of one peer. Lower, and one with several addresses may be missed;
/// higher, and one can send others to many doors that are not its own.
const PLACES_PER_PEER_MAX: usize = 4;

/// Peers of one subnet that others told of and nobody has met. Lower, and a
/// data centre full of nodes is seen in part; higher, and its owner can fill
/// the book with names.
const UNMET_PER_SUBNET_MAX: usize = 64;

/// The first wait after a failure.
const RETRY_FIRST_MS: u64 = 1_000;
/// The longest. Shorter, and dead addresses are knocked at often; longer, and a
/// peer that was away a day is found late.
const RETRY_LAST_MS: u64 = 60 * 60 * 1_000;
/// The longest for peers that were connected once. Longer, and a node that was
/// cut off for long comes back late.
const RETRY_MET_MS: u64 = 10 * 60 * 1_000;
/// The longest for places to begin with.
const RETRY_GIVEN_MS: u64 = 5 * 60 * 1_000;
/// The longest for peers that this node was told to hold on to.
const RETRY_KEPT_MS: u64 = 30 * 1_000;

/// From whom a place is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Finding {
    /// Somebody told of it.
    Heard,
    /// It is a place to begin with.
    Given,
    /// It is to be connected always.
    Kept,
}

/// A peer as it lies on disk.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct StoredPlace {
    key: PublicKey,
    at: List<SocketAddr, PLACES_PER_PEER_MAX>,
    met: Option<TimestampMs>,
    is_anchor: bool,
    validator: Option<PublicKey>,
}

#[derive(Debug)]
struct Place {
    at: Vec<SocketAddr>,
    finding: Finding,
    /// When it was last connected.
    met: Option<TimestampMs>,
    /// Connected when the node stopped, and dialled by it.
    is_anchor: bool,
    failures: u32,
    next_try: TimestampMs,
    validator: Option<PublicKey>,
}

impl Place {
    fn new(at: Vec<SocketAddr>, finding: Finding, now: TimestampMs) -> Self {
        Self {
            at,
            finding,
            met: None,
            is_anchor: false,
            failures: 0,
            next_try: now,
            validator: None,
        }
    }

    /// Also if the clock was put back, so that the next try would be far away.
    fn is_due(&self, now: TimestampMs) -> bool {
        let furthest = now.get().saturating_add(2 * RETRY_LAST_MS);
        self.next_try <= now || self.next_try.get() > furthest
    }

    /// What gives way first: the least.
    fn worth(
        &self,
        validators: &BTreeSet<PublicKey>,
    ) -> (Finding, bool, Option<TimestampMs>, Reverse<u32>) {
        // Anybody can make up keys; only those of today count.
        let is_validator = self.validator.is_some_and(|key| validators.contains(&key));
        let is_dear = self.is_anchor || is_validator;
        (self.finding, is_dear, self.met, Reverse(self.failures))
    }
}

/// All places.
#[derive(Debug, Default)]
pub(crate) struct Places {
    known: BTreeMap<PeerId, Place>,
    /// The validators of today, as the caller says.
    validators: BTreeSet<PublicKey>,
}

impl Places {
    /// Notes where a peer is. What others say never moves a place that this
    /// node was given, and takes no room from a peer that it has met. What the
    /// operator says is tried at once, however it went before.
    pub(crate) fn note(&mut self, address: PeerAddress, finding: Finding, now: TimestampMs) {
        if let Some(place) = self.known.get_mut(&address.peer) {
            if finding == Finding::Heard {
                add_behind(&mut place.at, address.at);
                return;
            }
            put_in_front(&mut place.at, address.at);
            place.finding = place.finding.max(finding);
            place.next_try = now;
            return;
        }
        if finding == Finding::Heard && !self.has_room_for(address.at) {
            return;
        }
        let place = Place::new(vec![address.at], finding, now);
        self.insert(address.peer, place);
    }

    /// Notes where a peer was just reached: what is proven comes before what is
    /// said, so that hearsay cannot fill all the places that a peer may have.
    pub(crate) fn reached(&mut self, address: PeerAddress, now: TimestampMs) {
        if let Some(place) = self.known.get_mut(&address.peer) {
            put_in_front(&mut place.at, address.at);
            return;
        }
        let place = Place::new(vec![address.at], Finding::Heard, now);
        self.insert(address.peer, place);
    }

    fn insert(&mut self, peer: PeerId, place: Place) {
        if self.known.len() < PLACES_MAX || self.make_room(&place) {
            self.known.insert(peer, place);
        }
    }

    fn has_room_for(&self, at: SocketAddr) -> bool {
        let subnet = Subnet::of(at.ip());
        let is_unmet = |place: &&Place| place.finding == Finding::Heard && place.met.is_none();
        let is_there = |place: &&Place| place.at.iter().any(|at| Subnet::of(at.ip()) == subnet);
        let places = self.known.values().filter(is_unmet).filter(is_there);
        places.count() < UNMET_PER_SUBNET_MAX
    }

    /// Drops what is worth least, if that is less than `newcomer`.
    fn make_room(&mut self, newcomer: &Place) -> bool {
        let worth = |place: &Place| place.worth(&self.validators);
        let Some((least, place)) = self.known.iter().min_by_key(|(_, place)| worth(place)) else {
            return false;
        };
        if worth(place) > worth(newcomer) {
            return false;
        }
        let least = *least;
        self.known.remove(&least);
        true
    }

    /// Says who the validators of today are.
    pub(crate) fn set_validators(&mut self, validators: BTreeSet<PublicKey>) {
        self.validators = validators;
    }

    /// A peer is connected. The node of a validator is remembered even if
    /// nobody knows where it is: it has a place here when it comes back.
    pub(crate) fn met(&mut self, peer: PeerId, validator: Option<PublicKey>, now: TimestampMs) {
        if self.is_validator(validator) && !self.known.contains_key(&peer) {
            let place = Place::new(Vec::new(), Finding::Heard, now);
            self.insert(peer, place);
        }
        if let Some(place) = self.known.get_mut(&peer) {
            place.met = Some(now);
            place.validator = validator;
        }
    }

    /// A connection that lasted is gone, through nobody's fault.
    pub(crate) fn parted(&mut self, peer: PeerId, chance: u32, now: TimestampMs) {
        if let Some(place) = self.known.get_mut(&peer) {
            place.failures = 0;
            place.next_try = later(now, RETRY_FIRST_MS, chance);
        }
    }

    /// A peer could not be reached, or not for long.
    pub(crate) fn failed(&mut self, peer: PeerId, chance: u32, now: TimestampMs) {
        if let Some(place) = self.known.get_mut(&peer) {
            let longest = match place.finding {
                Finding::Kept => RETRY_KEPT_MS,
                Finding::Given => RETRY_GIVEN_MS,
                Finding::Heard if place.met.is_some() => RETRY_MET_MS,
                Finding::Heard => RETRY_LAST_MS,
            };
            let factor = 1_u64 << place.failures.min(30);
            place.failures = place.failures.saturating_add(1);
            let wait = RETRY_FIRST_MS.saturating_mul(factor).min(longest);
            place.next_try = later(now, wait, chance);
        }
    }

    /// Who may be dialled now, the dearest first: those to hold on to, the
    /// validators, the last ones there were, those known to be good, the given,
    /// the others.
    pub(crate) fn due(&self, now: TimestampMs) -> Vec<(PeerId, Finding)> {
        let mut due: Vec<_> = self
            .known
            .iter()
            .filter(|(_, place)| place.is_due(now))
            .collect();
        due.sort_by_key(|(_, place)| {
            let is_validator = self.is_validator(place.validator);
            let kept = place.finding == Finding::Kept;
            Reverse((
                kept,
                is_validator,
                place.is_anchor,
                place.met,
                place.finding,
            ))
        });
        let due = due.into_iter();
        due.map(|(peer, place)| (*peer, place.finding)).collect()
    }

    /// Where a peer is.
    pub(crate) fn at(&self, peer: PeerId) -> &[SocketAddr] {
        self.known.get(&peer).map_or(&[], |place| &place.at)
    }

    pub(crate) fn finding(&self, peer: PeerId) -> Option<Finding> {
        self.known.get(&peer).map(|place| place.finding)
    }

    /// For whom it held a proof the last time.
    pub(crate) fn validator(&self, peer: PeerId) -> Option<PublicKey> {
        self.known.get(&peer)?.validator
    }

    /// Whether a peer with this proof speaks for a validator of today.
    pub(crate) fn is_validator(&self, proven: Option<PublicKey>) -> bool {
        proven.is_some_and(|key| self.validators.contains(&key))
    }

    /// Peers that held a proof for a validator of today the last time.
    pub(crate) fn nodes_of_validators(&self) -> BTreeSet<PeerId> {
        let nodes = self.known.iter();
        let nodes = nodes.filter(|(_, place)| self.is_validator(place.validator));
        nodes.map(|(peer, _)| *peer).collect()
    }

    /// What lies on disk: all that were met. `is_anchor` names those to begin
    /// with the next time.
    pub(crate) fn to_stored(&self, is_anchor: impl Fn(PeerId) -> bool) -> Vec<StoredPlace> {
        let met = self.known.iter().filter(|(_, place)| place.met.is_some());
        let stored = met.map(|(peer, place)| StoredPlace {
            key: peer.get(),
            at: List::new(place.at.clone()).expect("no more are added than that"),
            met: place.met,
            is_anchor: is_anchor(*peer),
            validator: place.validator,
        });
        stored.collect()
    }

    pub(crate) fn restore(&mut self, stored: Vec<StoredPlace>) {
        for place in stored {
            let restored = Place {
                at: place.at.into_vec(),
                finding: Finding::Heard,
                met: place.met,
                is_anchor: place.is_anchor,
                failures: 0,
                next_try: TimestampMs::new(0),
                validator: place.validator,
            };
            self.known.insert(PeerId::new(place.key), restored);
        }
    }
}

/// Puts an address that is sure before the others; the last one gives way.
fn put_in_front(places: &mut Vec<SocketAddr>, at: SocketAddr) {
    places.retain(|other| *other != at);
    places.truncate(PLACES_PER_PEER_MAX - 1);
    places.insert(0, at);
}

/// Adds an address that somebody told of, if there is room.
fn add_behind(places: &mut Vec<SocketAddr>, at: SocketAddr) {
    if places.len() < PLACES_PER_PEER_MAX && !places.contains(&at) {
        places.push(at);
    }
}

fn later(now: TimestampMs, wait_ms: u64, chance: u32) -> TimestampMs {
    let more = wait_ms / 4 * u64::from(chance) / u64::from(u32::MAX);
    TimestampMs::new(now.get().saturating_add(wait_ms).saturating_add(more))
}

#[cfg(test)]
mod tests;
