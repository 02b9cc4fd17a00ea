//! When a block is begun: at once, or when more has come for it.
//!
//! Under load, blocks that are made as fast as they can be hold two or three
//! transactions each, and nodes are busy with votes and syncs for them. Where the
//! last block had several, there are more to come: the next one is begun a span
//! after that was decided. Where it had one or none, whoever waits is alone, and
//! does not wait.
//!
//! Invariants:
//! - a block waits once, and no longer than the span;
//! - what was to be built at a height is not built once that height is decided.

use std::time::{Duration, Instant};

use pyralog_genesis::Consensus;
use pyralog_primitives::vote::Evidence;

/// Shorter, and votes are most of what nodes say to each other at a tenth of what
/// they can do; longer, and transactions wait for it.
const SPAN: Duration = Duration::from_millis(60);
/// Of the time in which a proposal must come, what it may wait at most: a network
/// whose rounds are short loses none by it.
const PATIENCE_DIVISOR: u32 = 4;

/// Blocks that are to be built here. See the [module](self).
pub(super) struct Gathering {
    span: Duration,
    /// When the next one may be begun.
    until: Option<Instant>,
    /// What it should name, if it has been asked for.
    held: Option<Vec<Evidence>>,
}

impl Gathering {
    pub(super) const fn new(span: Duration) -> Self {
        Self {
            span,
            until: None,
            held: None,
        }
    }

    /// A block of so many transactions is decided.
    pub(super) fn decided(&mut self, count: usize, now: Instant) {
        self.held = None;
        self.until = (count > 1).then(|| now + self.span);
    }

    /// A block is to be built.
    pub(super) fn ask(&mut self, evidence: Vec<Evidence>) {
        self.held = Some(evidence);
    }

    /// What the block should name that is to be begun now.
    pub(super) fn due(&mut self, now: Instant) -> Option<Vec<Evidence>> {
        self.held.take_if(|_| self.until.is_none_or(|at| at <= now))
    }

    /// When the one that was asked for is due.
    pub(super) fn wake(&self) -> Option<Instant> {
        self.until.filter(|_| self.held.is_some())
    }
}

/// How long blocks of a network wait for more. A lone validator has an interval
/// of its own.
pub(crate) fn gathering_span(consensus: &Consensus) -> Duration {
    match consensus {
        Consensus::Solo(_) => Duration::ZERO,
        Consensus::Pbft(timing) | Consensus::Tendermint(timing) => {
            let patience = Duration::from_millis(timing.timeout_propose.get());
            SPAN.min(patience / PATIENCE_DIVISOR)
        }
    }
}

#[cfg(test)]
mod tests {
    use pyralog_genesis::{RoundTiming, SoloTiming};
    use pyralog_primitives::DurationMs;

    use super::*;

    #[test]
    fn a_block_waits_for_more_where_the_last_one_had_several_and_not_where_it_had_one() {
        let start = Instant::now();
        let mut gathering = Gathering::new(SPAN);
        gathering.ask(Vec::new());
        assert!(gathering.due(start).is_some());
        for count in [0, 1] {
            gathering.decided(count, start);
            gathering.ask(Vec::new());
            assert!(gathering.due(start).is_some(), "{count}");
        }
        gathering.decided(2, start);
        assert_eq!(gathering.wake(), None);
        gathering.ask(Vec::new());
        assert_eq!(gathering.due(start), None);
        assert_eq!(gathering.wake(), Some(start + SPAN));
        assert!(gathering.due(start + SPAN).is_some());
        assert_eq!(gathering.wake(), None);
        assert_eq!(gathering.due(start + SPAN), None);
    }

    #[test]
    fn no_more_than_a_quarter_of_the_time_of_a_proposal_is_waited_and_alone_nothing() {
        let timing = |propose| RoundTiming {
            timeout_propose: DurationMs::new(propose),
            timeout_vote: DurationMs::new(1_000),
            timeout_step: DurationMs::new(500),
            empty_block_interval: DurationMs::new(5_000),
        };
        for (propose, millis) in [(50, 12), (200, 50), (240, 60), (3_000, 60)] {
            let whole = |span: Duration| span.as_millis();
            let pbft = gathering_span(&Consensus::Pbft(timing(propose)));
            let tendermint = gathering_span(&Consensus::Tendermint(timing(propose)));
            assert_eq!((whole(pbft), whole(tendermint)), (millis, millis));
        }
        let solo = Consensus::Solo(SoloTiming {
            block_interval: DurationMs::new(1_000),
        });
        assert_eq!(gathering_span(&solo), Duration::ZERO);
    }

    #[test]
    fn what_was_to_be_built_is_not_once_another_block_is_decided() {
        let start = Instant::now();
        let mut gathering = Gathering::new(SPAN);
        gathering.decided(2, start);
        gathering.ask(Vec::new());
        gathering.decided(0, start);
        assert_eq!(gathering.due(start + SPAN), None);
    }
}
