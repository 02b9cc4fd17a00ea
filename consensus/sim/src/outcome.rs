//! What came of a run.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

use pyralog_consensus::Timer;
use pyralog_primitives::{BlockId, Hash, Height, Round};

use crate::coverage::Coverage;
use crate::invariant::Charge;
use crate::time::{Moment, Span};
use crate::trace::Trace;

/// A run in which nothing was violated.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Equal for equal runs.
    pub trace_hash: Hash,
    /// The height that every honest validator has made final.
    pub height: Height,
    /// When it ended.
    pub end: Moment,
    /// How long it took after all faults had ended.
    pub healed: Span,
    /// How many events there were.
    pub events: usize,
    /// How many messages were sent, each receiver counted.
    pub messages: usize,
    /// What was exercised.
    pub coverage: Coverage,
    /// How each honest validator came to each final block.
    pub finalities: Vec<Finality>,
}

/// How one validator came to one final block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finality {
    /// The height.
    pub height: Height,
    /// The round in which it was agreed on.
    pub round: Round,
    /// After the first honest validator began the height.
    pub since_start: Span,
    /// After the block was built.
    pub since_built: Span,
    /// How long the earlier rounds of the height were given, all together.
    pub timeouts: Span,
}

impl Finality {
    /// How long it took, but for the time that earlier rounds were given.
    pub const fn without_timeouts(&self) -> Span {
        Span::new(self.since_start.get().saturating_sub(self.timeouts.get()))
    }
}

/// That honest validators made different blocks final at one height.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disagreement {
    /// The height.
    pub height: Height,
    /// The rounds in which the two were agreed on.
    pub rounds: [Round; 2],
    /// Whom all that honest validators heard accuses.
    pub accused: Vec<Accused>,
}

/// A validator that is accused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accused {
    /// Which one.
    pub validator: usize,
    /// Of what.
    pub charges: Vec<Charge>,
}

impl fmt::Display for Accused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let charges: Vec<String> = self.charges.iter().map(ToString::to_string).collect();
        write!(f, "validator {}: {}", self.validator, charges.join(", "))
    }
}

/// What is written down on the way.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    messages: usize,
    started: BTreeMap<Height, Moment>,
    built: BTreeMap<BlockId, Moment>,
    /// Which clocks ran in a round, and for how long.
    clocks: BTreeMap<(Height, Round), BTreeMap<Timer, Span>>,
    finalities: Vec<Finality>,
}

impl Tally {
    pub(crate) fn send(&mut self) {
        self.messages += 1;
    }

    /// An honest validator begins a height; whether it is the first to do so.
    pub(crate) fn start(&mut self, height: Height, now: Moment) -> bool {
        let started = self.started.entry(height);
        let is_first = matches!(started, Entry::Vacant(_));
        started.or_insert(now);
        is_first
    }

    pub(crate) fn build(&mut self, block: BlockId, now: Moment) {
        self.built.insert(block, now);
    }

    /// A round, or a step of it, is given so long.
    pub(crate) fn give_time(&mut self, timer: Timer, span: Span) {
        let (Timer::Round { height, round } | Timer::Step { height, round, .. }) = timer else {
            return;
        };
        let clocks = self.clocks.entry((height, round)).or_default();
        clocks.entry(timer).or_insert(span);
    }

    pub(crate) fn decide(&mut self, (height, round, block): (Height, Round, BlockId), now: Moment) {
        // A block of one that breaks the rules was not built here.
        let since = |moment: Option<&Moment>| moment.map_or(Span::ZERO, |then| now.since(*then));
        let earlier = self.clocks.range((height, Round::FIRST)..(height, round));
        let earlier = earlier.flat_map(|(_, clocks)| clocks.values());
        self.finalities.push(Finality {
            height,
            round,
            since_start: since(self.started.get(&height)),
            since_built: since(self.built.get(&block)),
            timeouts: earlier.fold(Span::ZERO, |sum, span| sum.plus(*span)),
        });
    }
}

impl Outcome {
    pub(crate) fn new(
        trace: &Trace<'_>,
        (height, end, healed): (Height, Moment, Span),
        coverage: Coverage,
        tally: Tally,
    ) -> Self {
        Self {
            trace_hash: trace.hash(),
            height,
            end,
            healed,
            events: usize::try_from(trace.count).expect("as many events as fit in memory"),
            messages: tally.messages,
            coverage,
            finalities: tally.finalities,
        }
    }
}
