//! What was spread by others and has not been judged: a line for each peer,
//! served in turn.
//!
//! Invariant: what counts against a peer is what it passed on and nobody has
//! judged, heard or not; each message counts against one peer.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::{Missed, PeerId, SPREAD_BYTES_MAX, Spread, SpreadId};

/// Messages of one peer that are not judged. Lower, and a batch of signatures
/// that is verified together waits for more messages; higher, and each peer can
/// have more work done before it is found out.
pub const UNJUDGED_COUNT_MAX: usize = 256;

/// Bytes of them. Lower, and long transactions come one by one; higher, and
/// each peer holds more memory.
pub const UNJUDGED_BYTES_MAX: usize = 4 * 1024 * 1024;

const _: () = assert!(
    SPREAD_BYTES_MAX <= UNJUDGED_BYTES_MAX,
    "an empty line takes the longest message"
);

/// All that is not judged.
#[derive(Debug, Default)]
pub struct Unjudged {
    lines: BTreeMap<PeerId, Line>,
    /// Peers of which there is something to hear.
    turns: VecDeque<PeerId>,
    /// What was heard, until it is judged.
    heard: BTreeMap<SpreadId, Spread>,
    /// The names of all that is here.
    ids: BTreeSet<SpreadId>,
}

/// What one peer passed on.
#[derive(Debug, Default)]
struct Line {
    waiting: VecDeque<Spread>,
    count: usize,
    bytes: usize,
}

impl Unjudged {
    /// Whether a message waits to be judged.
    pub fn holds(&self, id: SpreadId) -> bool {
        self.ids.contains(&id)
    }

    /// Puts a message into the line of who passed it on. The caller sees to it
    /// that it is not there yet.
    pub fn put(&mut self, spread: Spread) -> Result<(), Missed> {
        if spread.bytes.len() > SPREAD_BYTES_MAX {
            return Err(Missed::TooLong);
        }
        let line = self.lines.entry(spread.from).or_default();
        let is_full = line.count >= UNJUDGED_COUNT_MAX
            || spread.bytes.len() > UNJUDGED_BYTES_MAX - line.bytes;
        if is_full {
            return Err(Missed::Full);
        }
        if line.waiting.is_empty() {
            self.turns.push_back(spread.from);
        }
        self.ids.insert(spread.id);
        line.count += 1;
        line.bytes += spread.bytes.len();
        line.waiting.push_back(spread);
        Ok(())
    }

    /// Takes one message, of the peer whose turn it is.
    pub fn take(&mut self) -> Option<Spread> {
        let peer = self.turns.pop_front()?;
        let line = self.lines.get_mut(&peer)?;
        let spread = line.waiting.pop_front()?;
        if !line.waiting.is_empty() {
            self.turns.push_back(peer);
        }
        self.heard.insert(spread.id, spread.clone());
        Some(spread)
    }

    /// A message that was heard is judged: it counts against nobody any more.
    pub fn judge(&mut self, id: SpreadId) -> Option<Spread> {
        let spread = self.heard.remove(&id)?;
        self.ids.remove(&id);
        if let Some(line) = self.lines.get_mut(&spread.from) {
            line.count -= 1;
            line.bytes -= spread.bytes.len();
            if line.count == 0 {
                self.lines.remove(&spread.from);
            }
        }
        Some(spread)
    }

    /// A peer is gone: what it passed on and nobody heard is dropped.
    pub fn forget(&mut self, peer: PeerId) {
        let Some(line) = self.lines.get_mut(&peer) else {
            return;
        };
        for spread in std::mem::take(&mut line.waiting) {
            self.ids.remove(&spread.id);
            line.count -= 1;
            line.bytes -= spread.bytes.len();
        }
        if line.count == 0 {
            self.lines.remove(&peer);
        }
        self.turns.retain(|turn| *turn != peer);
    }
}

#[cfg(test)]
mod tests {
    use pyralog_primitives::PublicKey;

    use super::*;

    fn spread(from: u8, number: usize, length: usize) -> Spread {
        let mut bytes = vec![0; length.max(8)];
        bytes[..8].copy_from_slice(&number.to_le_bytes());
        Spread {
            from: PeerId::new(PublicKey::new([from; 32])),
            id: SpreadId::of(&bytes),
            bytes: bytes.into(),
        }
    }

    #[test]
    fn peers_are_heard_in_turn() {
        let mut unjudged = Unjudged::default();
        for (from, number) in [(1, 1), (1, 2), (1, 3), (2, 4), (3, 5), (2, 6)] {
            unjudged.put(spread(from, number, 8)).unwrap();
        }
        let heard = std::iter::from_fn(|| unjudged.take());
        let numbers: Vec<u8> = heard.map(|spread| spread.bytes[0]).collect();
        assert_eq!(numbers, [1, 4, 5, 2, 6, 3]);
    }

    #[test]
    fn what_is_heard_counts_until_it_is_judged() {
        let mut unjudged = Unjudged::default();
        for number in 0..UNJUDGED_COUNT_MAX {
            unjudged.put(spread(1, number, 8)).unwrap();
        }
        let more = spread(1, UNJUDGED_COUNT_MAX, 8);
        assert_eq!(unjudged.put(more.clone()), Err(Missed::Full));
        unjudged.put(spread(2, 1_000, 8)).unwrap();
        let first = unjudged.take().unwrap();
        assert!(unjudged.holds(first.id));
        assert_eq!(unjudged.put(more.clone()), Err(Missed::Full));
        assert_eq!(unjudged.judge(first.id), Some(first.clone()));
        assert_eq!(unjudged.judge(first.id), None);
        assert!(!unjudged.holds(first.id));
        unjudged.put(more).unwrap();
    }

    #[test]
    fn a_line_is_full_by_bytes_and_empty_once_its_peer_is_gone() {
        let mut unjudged = Unjudged::default();
        let mut put = 0;
        while unjudged.put(spread(1, put, SPREAD_BYTES_MAX)).is_ok() {
            put += 1;
        }
        assert_eq!(put, UNJUDGED_BYTES_MAX / SPREAD_BYTES_MAX);
        let heard = unjudged.take().unwrap();
        unjudged.forget(heard.from);
        assert_eq!(unjudged.take(), None);
        assert_eq!(unjudged.ids.len(), 1);
        assert_eq!(unjudged.lines[&heard.from].count, 1);
        assert!(unjudged.judge(heard.id).is_some());
        assert!(unjudged.lines.is_empty() && unjudged.heard.is_empty());
        assert!(unjudged.ids.is_empty());
    }
}
