//! Who has behaved badly, and who may not connect for a while.
//!
//! Blame takes points; half of what is missing comes back every ten minutes.
//! Who has lost too many is banned. A ban ends by itself; an operator can end
//! it sooner.
//!
//! A new key costs nothing. So where several banned peers came from one host,
//! nobody from there is let in until their bans end.

use std::collections::BTreeMap;
use std::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use pyralog_p2p::PeerId;
use pyralog_primitives::codec::Bytes;
use pyralog_primitives::{DurationMs, PublicKey, TimestampMs};

use crate::address::Host;

/// Bans that are remembered. Lower, and who can make many keys can make a node
/// forget the ban of another; higher, and the file grows.
pub(crate) const BANS_MAX: usize = 4_096;

/// Peers whose lost points are remembered. Lower, and some are forgiven early.
const SCORES_MAX: usize = 4_096;

/// Bytes of a reason.
pub(crate) const REASON_BYTES_MAX: usize = 256;

/// Banned peers from one host that close it for all. Lower, and a few bad peers
/// behind a shared address shut out the good ones; higher, and an attacker has
/// more tries.
const HOST_BANS_MAX: usize = 5;

/// How long a ban lasts that blame brought about. Shorter, and an attacker is
/// back the same day; longer, and so is not who has repaired a mistake.
const BAN_FOR: DurationMs = DurationMs::new(12 * 60 * 60 * 1000);

/// The time after which half of the lost points are back.
const HALF_LIFE_MS: u64 = 10 * 60 * 1000;

/// Thousandths of a point.
const POINT: i64 = 1_000;

/// Who stands here or below is banned.
const BANNED_AT: i64 = -50 * POINT;

/// How much blame there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weight {
    /// It should not happen: twenty points. Three are a ban.
    Severe,
    /// It cannot happen to who follows the rules. A ban at once.
    Fatal,
}

impl Weight {
    const fn points(self) -> i64 {
        match self {
            Self::Severe => 20 * POINT,
            Self::Fatal => -2 * BANNED_AT,
        }
    }
}

/// What a peer has lost by its behaviour: zero, or below. At minus fifty it is
/// banned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reputation(i32);

impl Reputation {
    /// So many points.
    pub const fn new(points: i32) -> Self {
        Self(points)
    }

    /// The points.
    pub const fn get(self) -> i32 {
        self.0
    }
}

impl fmt::Display for Reputation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A peer that may not connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ban {
    /// Who.
    pub peer: PeerId,
    /// Until when.
    pub until: TimestampMs,
    /// Why.
    pub reason: String,
}

/// A ban as it lies on disk.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct StoredBan {
    key: PublicKey,
    until: TimestampMs,
    host: Option<Host>,
    reason: Bytes<REASON_BYTES_MAX>,
}

#[derive(Debug)]
struct Banned {
    until: TimestampMs,
    host: Option<Host>,
    reason: String,
}

#[derive(Debug)]
struct Score {
    points: i64,
    at: TimestampMs,
}

impl Score {
    fn now(&self, now: TimestampMs) -> i64 {
        let elapsed = now.get().saturating_sub(self.at.get());
        let halvings = u32::try_from(elapsed / HALF_LIFE_MS).unwrap_or(u32::MAX);
        // Between two halvings, along a straight line.
        let part = i64::try_from(elapsed % HALF_LIFE_MS).expect("less than a half-life");
        let halved = self.points.checked_shr(halvings.min(62)).unwrap_or(0);
        let half_life = i64::try_from(HALF_LIFE_MS).expect("minutes in milliseconds");
        let points = halved - halved * part / (2 * half_life);
        // Whole points only; the last one is forgiven.
        if points > -POINT { 0 } else { points }
    }
}

/// Scores and bans of all peers.
#[derive(Debug, Default)]
pub(crate) struct Bans {
    scores: BTreeMap<PeerId, Score>,
    banned: BTreeMap<PeerId, Banned>,
    /// Whether the bans differ from what was last asked for.
    is_changed: bool,
}

impl Bans {
    /// Takes points from a peer. Whether it is banned now.
    pub(crate) fn blame(
        &mut self,
        peer: PeerId,
        host: Option<Host>,
        weight: Weight,
        reason: &str,
        now: TimestampMs,
    ) -> bool {
        let before = self.scores.get(&peer).map_or(0, |score| score.now(now));
        let points = before - weight.points();
        if points <= BANNED_AT {
            self.scores.remove(&peer);
            self.ban(peer, host, BAN_FOR, reason, now);
            return true;
        }
        if self.scores.len() >= SCORES_MAX {
            self.scores.retain(|_, score| score.now(now) != 0);
        }
        if self.scores.len() >= SCORES_MAX
            && let Some((best, _)) = self.scores.iter().max_by_key(|(_, score)| score.now(now))
        {
            let best = *best;
            self.scores.remove(&best);
        }
        self.scores.insert(peer, Score { points, at: now });
        false
    }

    /// Bans a peer, from now on. A ban that ends later stays as it is: what is
    /// small does not shorten what is not.
    pub(crate) fn ban(
        &mut self,
        peer: PeerId,
        host: Option<Host>,
        duration: DurationMs,
        reason: &str,
        now: TimestampMs,
    ) {
        let until = TimestampMs::new(now.get().saturating_add(duration.get()));
        if self.banned.get(&peer).is_some_and(|ban| ban.until > until) {
            return;
        }
        let reason = excerpt(reason).to_owned();
        let ban = Banned {
            until,
            host,
            reason,
        };
        self.banned.insert(peer, ban);
        self.is_changed = true;
        self.forget(now);
        if self.banned.len() > BANS_MAX
            && let Some((first, _)) = self.banned.iter().min_by_key(|(_, ban)| ban.until)
        {
            let first = *first;
            self.banned.remove(&first);
        }
    }

    /// Ends a ban, if there is one, and forgives the rest.
    pub(crate) fn unban(&mut self, peer: PeerId) -> bool {
        self.scores.remove(&peer);
        let was_banned = self.banned.remove(&peer).is_some();
        self.is_changed |= was_banned;
        was_banned
    }

    /// Why a peer may not connect.
    pub(crate) fn ban_of(&self, peer: PeerId, now: TimestampMs) -> Option<Ban> {
        let ban = self.banned.get(&peer).filter(|ban| ban.until > now)?;
        Some(Ban {
            peer,
            until: ban.until,
            reason: ban.reason.clone(),
        })
    }

    /// Whether too many banned peers came from a host.
    pub(crate) fn is_closed(&self, host: Host, now: TimestampMs) -> bool {
        let from_there = |ban: &&Banned| ban.host == Some(host) && ban.until > now;
        self.banned.values().filter(from_there).count() >= HOST_BANS_MAX
    }

    pub(crate) fn reputation(&self, peer: PeerId, now: TimestampMs) -> Reputation {
        let points = self.scores.get(&peer).map_or(0, |score| score.now(now));
        Reputation::new(i32::try_from(points / POINT).unwrap_or(i32::MIN))
    }

    /// All bans in force, in the order of the keys.
    pub(crate) fn all(&self, now: TimestampMs) -> Vec<Ban> {
        let peers = self.banned.keys();
        peers.filter_map(|peer| self.ban_of(*peer, now)).collect()
    }

    /// Drops what is over.
    fn forget(&mut self, now: TimestampMs) {
        self.banned.retain(|_, ban| ban.until > now);
    }

    /// Whether a ban came or went since the last call.
    pub(crate) fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.is_changed)
    }

    pub(crate) fn to_stored(&self, now: TimestampMs) -> Vec<StoredBan> {
        let in_force = self.banned.iter().filter(|(_, ban)| ban.until > now);
        let stored = in_force.map(|(peer, ban)| StoredBan {
            key: peer.get(),
            until: ban.until,
            host: ban.host,
            reason: Bytes::new(ban.reason.clone().into_bytes()).expect("it was cut to this length"),
        });
        stored.collect()
    }

    pub(crate) fn restore(&mut self, stored: Vec<StoredBan>) {
        for ban in stored {
            let reason = String::from_utf8_lossy(&ban.reason);
            let banned = Banned {
                until: ban.until,
                host: ban.host,
                reason: excerpt(&reason).to_owned(),
            };
            self.banned.insert(PeerId::new(ban.key), banned);
        }
    }
}

/// As much of a reason as is kept.
fn excerpt(reason: &str) -> &str {
    let mut end = reason.len().min(REASON_BYTES_MAX);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    &reason[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: TimestampMs = TimestampMs::new(1_000_000);

    fn peer(number: u16) -> PeerId {
        let mut key = [0; 32];
        key[..2].copy_from_slice(&number.to_be_bytes());
        PeerId::new(PublicKey::new(key))
    }

    fn later(ms: u64) -> TimestampMs {
        TimestampMs::new(NOW.get() + ms)
    }

    #[test]
    fn three_severe_offences_are_a_ban_and_two_are_not() {
        let mut bans = Bans::default();
        for expected in [-20, -40] {
            assert!(!bans.blame(peer(1), None, Weight::Severe, "lies", NOW));
            assert_eq!(bans.reputation(peer(1), NOW).get(), expected);
        }
        assert!(bans.blame(peer(1), None, Weight::Severe, "lies", NOW));
        let ban = bans.ban_of(peer(1), NOW).unwrap();
        assert_eq!(ban.reason, "lies");
        assert_eq!(bans.ban_of(peer(2), NOW), None);
    }

    #[test]
    fn half_of_what_is_lost_comes_back_in_a_half_life() {
        let mut bans = Bans::default();
        bans.blame(peer(1), None, Weight::Severe, "", NOW);
        bans.blame(peer(1), None, Weight::Severe, "", NOW);
        let points = |ms| bans.reputation(peer(1), later(ms)).get();
        assert_eq!(points(HALF_LIFE_MS / 2), -30);
        assert_eq!(points(HALF_LIFE_MS), -20);
        assert_eq!(points(2 * HALF_LIFE_MS), -10);
        assert_eq!(points(100 * HALF_LIFE_MS), 0);
        assert_eq!(points(u64::MAX - NOW.get()), 0);
    }

    #[test]
    fn a_ban_ends_by_itself_or_by_a_word() {
        let mut bans = Bans::default();
        assert!(bans.blame(peer(1), None, Weight::Fatal, "garbage", NOW));
        let last = later(BAN_FOR.get() - 1);
        assert!(bans.ban_of(peer(1), last).is_some());
        assert!(bans.ban_of(peer(1), later(BAN_FOR.get())).is_none());
        assert!(bans.unban(peer(1)) && !bans.unban(peer(1)));
        assert!(bans.ban_of(peer(1), NOW).is_none());
    }

    #[test]
    fn a_shorter_ban_does_not_end_a_longer_one() {
        let mut bans = Bans::default();
        let ban = |bans: &mut Bans, ms, reason| {
            bans.ban(peer(1), None, DurationMs::new(ms), reason, NOW);
            let ban = bans.ban_of(peer(1), NOW).unwrap();
            (ban.until, ban.reason)
        };
        assert_eq!(ban(&mut bans, 9, "long"), (later(9), "long".to_owned()));
        assert_eq!(ban(&mut bans, 5, "short"), (later(9), "long".to_owned()));
        assert_eq!(ban(&mut bans, 10, "more"), (later(10), "more".to_owned()));
        // What ended does not count.
        let after = later(20);
        bans.ban(peer(1), None, DurationMs::new(1), "again", after);
        assert_eq!(bans.ban_of(peer(1), after).unwrap().until, later(21));
    }

    #[test]
    fn a_host_of_many_banned_peers_is_closed_until_their_bans_end() {
        let mut bans = Bans::default();
        let host = Host::of([192, 0, 2, 1].into());
        for number in 1..=5 {
            assert!(!bans.is_closed(host, NOW));
            bans.blame(peer(number), Some(host), Weight::Fatal, "", NOW);
        }
        assert!(bans.is_closed(host, NOW));
        assert!(!bans.is_closed(Host::of([192, 0, 2, 2].into()), NOW));
        assert!(!bans.is_closed(host, later(BAN_FOR.get())));
    }

    #[test]
    fn no_more_is_remembered_than_there_is_room_for() {
        let mut bans = Bans::default();
        for number in 0..=u16::try_from(BANS_MAX).unwrap() {
            let duration = DurationMs::new(1_000 + u64::from(number));
            bans.ban(peer(number), None, duration, &"ä".repeat(200), NOW);
            bans.blame(peer(number), None, Weight::Severe, "", NOW);
        }
        assert_eq!(bans.all(NOW).len(), BANS_MAX);
        assert!(bans.ban_of(peer(0), NOW).is_none());
        assert!(bans.scores.len() <= SCORES_MAX);
        let mut again = Bans::default();
        again.restore(bans.to_stored(NOW));
        assert_eq!(again.all(NOW), bans.all(NOW));
    }
}
