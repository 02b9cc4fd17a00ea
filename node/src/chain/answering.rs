//! When offers of peers are answered.
//!
//! Each answer is short, and there are many: alone, each is a packet of its own.
//! So they wait for each other, and for something that is said to all.
//!
//! Invariant: an answer waits no longer than [`SPAN`], and no more than
//! [`COUNT_MAX`] wait.

use std::time::{Duration, Instant};

use super::offers::Took;

/// How long answers wait for each other. Shorter, and each is a packet of its
/// own; longer, and peers have more offers without an answer. After half of it,
/// something else that is said to all takes them along.
const SPAN: Duration = Duration::from_millis(40);
/// Fewer, and they do not wait for each other where there are many peers; more
/// are memory, for whoever makes nothing but offers.
const COUNT_MAX: usize = 1_024;

/// Answers on their way out. See the [module](self).
pub(super) struct Answering {
    waiting: Vec<Took>,
    /// When it was last time for them.
    last: Instant,
    /// Whether something was said to all since it was last looked at.
    has_spoken: bool,
}

impl Answering {
    pub(super) const fn new(now: Instant) -> Self {
        Self {
            waiting: Vec::new(),
            last: now,
            has_spoken: false,
        }
    }

    pub(super) fn add(&mut self, took: Took) {
        self.waiting.push(took);
    }

    /// Something is said to all.
    pub(super) fn spoken(&mut self) {
        self.has_spoken = true;
    }

    /// What is to be said now.
    pub(super) fn due(&mut self, now: Instant) -> Vec<Took> {
        let has_spoken = std::mem::take(&mut self.has_spoken);
        let span = if has_spoken { SPAN / 2 } else { SPAN };
        if now < self.last + span && self.waiting.len() < COUNT_MAX {
            return Vec::new();
        }
        self.last = now;
        std::mem::take(&mut self.waiting)
    }

    /// When something is.
    pub(super) fn wake(&self) -> Option<Instant> {
        (!self.waiting.is_empty()).then(|| self.last + SPAN)
    }
}

#[cfg(test)]
mod tests {
    use pyralog_driver::{OfferNumber, Word};
    use pyralog_p2p::PeerId;
    use pyralog_primitives::PublicKey;
    use pyralog_primitives::codec::List;

    use super::*;

    fn took(number: usize) -> Took {
        let word = Word::Took {
            number: OfferNumber::new(number as u64),
            missed: List::default(),
        };
        (PeerId::new(PublicKey::new([7; 32])), word)
    }

    #[test]
    fn answers_wait_for_each_other_and_no_longer_than_the_span() {
        let start = Instant::now();
        let mut answering = Answering::new(start);
        assert_eq!(answering.wake(), None);
        answering.add(took(1));
        assert_eq!(answering.wake(), Some(start + SPAN));
        assert!(answering.due(start + SPAN / 2).is_empty());
        answering.add(took(2));
        assert_eq!(answering.due(start + SPAN), [took(1), took(2)]);
        assert_eq!(answering.wake(), None);
    }

    #[test]
    fn what_is_said_to_all_takes_answers_along_that_have_waited_for_half_of_it() {
        let start = Instant::now();
        let mut answering = Answering::new(start);
        answering.add(took(1));
        answering.spoken();
        assert!(answering.due(start + SPAN / 4).is_empty());
        assert!(
            answering.due(start + SPAN / 2).is_empty(),
            "nothing is said"
        );
        answering.spoken();
        assert_eq!(answering.due(start + SPAN / 2), [took(1)]);
    }

    #[test]
    fn where_there_are_many_none_waits() {
        let start = Instant::now();
        let mut answering = Answering::new(start);
        for number in 1..COUNT_MAX {
            answering.add(took(number));
            assert!(answering.due(start).is_empty(), "{number}");
        }
        answering.add(took(COUNT_MAX));
        assert_eq!(answering.due(start).len(), COUNT_MAX);
    }
}
