//! Blocks that have been final for so long that nobody still passes on what they
//! hold, but who wants to make others work for nothing.

use std::collections::VecDeque;

use pyralog_primitives::{DurationMs, Height, TimestampMs};

/// How long what is in a block may still be on its way to others. Shorter, and
/// who passed it on in good faith is blamed; longer, and there is more that costs
/// nothing to spread again.
const TRAVEL_SPAN: DurationMs = DurationMs::new(30_000);
/// One block is noted in so long: each would be many, when a node catches up.
const NOTED_EACH: DurationMs = DurationMs::new(1_000);

/// Up to which height.
#[derive(Debug, Default)]
pub(super) struct Spent {
    /// When blocks became final here, the lowest first.
    lately: VecDeque<(TimestampMs, Height)>,
    up_to: Option<Height>,
}

impl Spent {
    /// A block has become final.
    pub(super) fn note(&mut self, now: TimestampMs, height: Height) {
        let since = |at: TimestampMs| now.get().saturating_sub(at.get());
        let last = self.lately.back();
        if last.is_none_or(|(at, _)| since(*at) >= NOTED_EACH.get()) {
            self.lately.push_back((now, height));
        }
        while let Some((at, height)) = self.lately.front()
            && since(*at) >= TRAVEL_SPAN.get()
        {
            self.up_to = Some(*height);
            self.lately.pop_front();
        }
    }

    /// Whether a block has been final for so long.
    pub(super) fn holds(&self, height: Height) -> bool {
        self.up_to.is_some_and(|up_to| height <= up_to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_spent_once_it_has_been_final_for_longer_than_it_travels() {
        let mut spent = Spent::default();
        let mut noted_max = 0;
        for tick in 0..1_000 {
            // Ten blocks in a second.
            let (now, height) = (TimestampMs::new(7 + tick * 100), Height::new(tick));
            spent.note(now, height);
            noted_max = noted_max.max(spent.lately.len());
            let last = (0..=tick).rev().find(|at| spent.holds(Height::new(*at)));
            match last {
                Some(last) => {
                    let age = (tick - last) * 100;
                    let latest = TRAVEL_SPAN.get() + NOTED_EACH.get();
                    assert!((TRAVEL_SPAN.get()..latest).contains(&age), "{tick} {last}");
                }
                None => assert!(tick * 100 < TRAVEL_SPAN.get()),
            }
        }
        assert!(noted_max as u64 <= 1 + TRAVEL_SPAN.get() / NOTED_EACH.get());
    }
}
