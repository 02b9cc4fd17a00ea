//! What is to happen, in order of time.
//!
//! Invariant: what is due at the same moment happens in the order in which it
//! was put down.

use std::collections::BTreeMap;

use crate::time::Moment;

/// The events that are to come.
#[derive(Debug)]
pub(crate) struct Queue<T> {
    events: BTreeMap<(Moment, u64), T>,
    count: u64,
}

impl<T> Queue<T> {
    pub(crate) const fn new() -> Self {
        Self {
            events: BTreeMap::new(),
            count: 0,
        }
    }

    pub(crate) fn push(&mut self, at: Moment, event: T) {
        self.events.insert((at, self.count), event);
        self.count += 1;
    }

    pub(crate) fn pop(&mut self) -> Option<(Moment, T)> {
        let ((at, _), event) = self.events.pop_first()?;
        Some((at, event))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_comes_first_and_equals_come_in_turn() {
        let mut queue = Queue::new();
        for (at, event) in [(5, 'c'), (1, 'a'), (5, 'd'), (2, 'b')] {
            queue.push(Moment::new(at), event);
        }
        let order: Vec<char> = std::iter::from_fn(|| queue.pop().map(|(_, event)| event)).collect();
        assert_eq!(order, ['a', 'b', 'c', 'd']);
    }
}
