//! A memory of what was lately so, bounded in time and in count.

use std::collections::VecDeque;
use std::hash::Hash;

use pyralog_primitives::{DurationMs, TimestampMs};

use super::key::Lookup;

/// Shorter, and a client that was away cannot learn what became of its
/// transaction; longer, and the bounds on count decide instead.
pub const REMEMBERED_FOR: DurationMs = DurationMs::new(60 * 60 * 1000);

/// What was learned of each key, for [`REMEMBERED_FOR`]; the oldest goes first
/// where there is too much.
#[derive(Clone, Debug)]
pub(super) struct Recent<K, V> {
    count_max: usize,
    by_key: Lookup<K, (Serial, V)>,
    /// One item for each time that something was learned, also if it was
    /// forgotten since; never more than `count_max`.
    by_age: VecDeque<(TimestampMs, Serial, K)>,
    next: Serial,
}

/// Tells what was learned again from what it was before.
type Serial = u64;

impl<K: Copy + Eq + Hash, V> Recent<K, V> {
    pub(super) fn new(count_max: usize) -> Self {
        Self {
            count_max,
            by_key: Lookup::new(),
            by_age: VecDeque::new(),
            next: 0,
        }
    }

    pub(super) fn get(&self, key: &K) -> Option<&V> {
        self.by_key.get(key).map(|(_, value)| value)
    }

    /// Learns something. What was known of the key before is forgotten.
    pub(super) fn insert(&mut self, now: TimestampMs, key: K, value: V) {
        while self.by_age.len() >= self.count_max {
            self.forget_oldest();
        }
        self.by_key.insert(key, (self.next, value));
        self.by_age.push_back((now, self.next, key));
        self.next += 1;
    }

    pub(super) fn remove(&mut self, key: &K) {
        self.by_key.remove(key);
    }

    /// Forgets what is older than [`REMEMBERED_FOR`].
    pub(super) fn forget(&mut self, now: TimestampMs) {
        while let Some((learned, _, _)) = self.by_age.front() {
            if now.get().saturating_sub(learned.get()) < REMEMBERED_FOR.get() {
                break;
            }
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        let Some((_, serial, key)) = self.by_age.pop_front() else {
            return;
        };
        if self
            .by_key
            .get(&key)
            .is_some_and(|(current, _)| *current == serial)
        {
            self.by_key.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time: u64) -> TimestampMs {
        TimestampMs::new(time)
    }

    #[test]
    fn what_is_remembered_goes_after_an_hour_and_not_before() {
        let mut recent = Recent::new(8);
        recent.insert(at(5), 1, 'a');
        recent.forget(at(5 + REMEMBERED_FOR.get() - 1));
        assert_eq!(recent.get(&1), Some(&'a'));
        recent.forget(at(5 + REMEMBERED_FOR.get()));
        assert_eq!(recent.get(&1), None);
    }

    #[test]
    fn where_there_is_too_much_the_oldest_goes() {
        let mut recent = Recent::new(2);
        for (key, value) in [(1, 'a'), (2, 'b'), (3, 'c')] {
            recent.insert(at(0), key, value);
        }
        assert_eq!(
            [1, 2, 3].map(|key| recent.get(&key).copied()),
            [None, Some('b'), Some('c')]
        );
        assert_eq!(recent.by_age.len(), 2);
    }

    #[test]
    fn what_was_learned_again_is_as_old_as_the_last_time() {
        let mut recent = Recent::new(8);
        recent.insert(at(0), 1, 'a');
        recent.insert(at(10), 1, 'b');
        recent.forget(at(REMEMBERED_FOR.get()));
        assert_eq!(recent.get(&1), Some(&'b'));
        recent.remove(&1);
        recent.forget(at(10 + REMEMBERED_FOR.get()));
        assert_eq!((recent.get(&1), recent.by_age.len()), (None, 0));
    }

    #[test]
    fn learning_the_same_again_and_again_takes_no_more_memory() {
        let mut recent = Recent::new(3);
        for time in 0..100 {
            recent.insert(at(time), 1, time);
        }
        assert_eq!((recent.by_age.len(), recent.by_key.len()), (3, 1));
        assert_eq!(recent.get(&1), Some(&99));
    }
}
