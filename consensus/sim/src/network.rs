//! Links between processes.
//!
//! Invariant: without a fault, a link delivers each message once, and in the
//! order in which they were sent.

use std::collections::BTreeMap;

use crate::chance::{Chance, Seed, Stream};
use crate::coverage::{Coverage, FaultKind};
use crate::fault::{Action, Around, Sifted};
use crate::group::{Group, ProcessId};
use crate::plan::Range;
use crate::time::{Moment, Span};

/// All links.
#[derive(Debug)]
pub(crate) struct Network {
    seed: Seed,
    count: usize,
    links: Vec<Link>,
    delay: Range,
    troubles: BTreeMap<usize, Trouble>,
    script: Option<Script>,
}

/// One direction between two processes.
#[derive(Debug)]
struct Link {
    chance: Chance,
    /// When the last message arrives.
    last: Moment,
}

/// A fault of links that is going on.
#[derive(Debug)]
enum Trouble {
    Lose {
        percent: u64,
        around: Around,
    },
    Sieve {
        sifted: Sifted,
        percent: u64,
        index: usize,
    },
    LoneDecision {
        index: usize,
    },
    Duplicate {
        percent: u64,
    },
    Reorder {
        jitter: Span,
    },
    Delay {
        extra: Span,
        around: Around,
    },
    Cut {
        from: Group,
        to: Group,
    },
    Partition {
        sides: Vec<usize>,
        groups: u64,
        chance: Chance,
    },
}

/// Who hears whom in which round.
#[derive(Debug)]
struct Script {
    /// The sides of each round, drawn when it is first spoken of.
    sides: BTreeMap<(u64, u64), Vec<usize>>,
}

/// What a message is about: what may decide whether it passes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct About {
    pub(crate) height: u64,
    pub(crate) round: u64,
    pub(crate) step: Step,
}

/// Of which kind it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Step {
    Wish,
    Proposal,
    Prevote,
    Precommit,
    /// A final block, from one who has it.
    Given,
    /// A question to a peer, or a body.
    #[default]
    Other,
}

/// Heights for which a script says who hears whom.
const SCRIPT_HEIGHTS: u64 = 3;
/// Rounds of each of those.
const SCRIPT_ROUNDS: u64 = 5;

/// What becomes of a message: when it arrives, and when it arrives again.
pub(crate) type Arrivals = (Option<Moment>, Option<Moment>);

impl Network {
    pub(crate) fn new(seed: Seed, count: usize, delay: Range, is_scripted: bool) -> Self {
        let link = |place: usize| Link {
            chance: Chance::new(
                seed,
                Stream::Link {
                    from: place / count,
                    to: place % count,
                },
            ),
            last: Moment::default(),
        };
        Self {
            seed,
            count,
            links: (0..count * count).map(link).collect(),
            delay,
            troubles: BTreeMap::new(),
            script: is_scripted.then(|| Script {
                sides: BTreeMap::new(),
            }),
        }
    }

    /// A fault begins, if it is one of links.
    pub(crate) fn begin(&mut self, index: usize, action: &Action) {
        let trouble = match *action {
            Action::Lose { percent, around } => Trouble::Lose { percent, around },
            Action::Sieve { sifted, percent } => Trouble::Sieve {
                sifted,
                percent,
                index,
            },
            Action::LoneDecision => Trouble::LoneDecision { index },
            Action::Duplicate { percent } => Trouble::Duplicate { percent },
            Action::Reorder { jitter } => Trouble::Reorder { jitter },
            Action::Delay { extra, around } => Trouble::Delay { extra, around },
            Action::Cut { from, to } => Trouble::Cut { from, to },
            Action::Partition { groups, .. } => Trouble::Partition {
                sides: vec![0; self.count],
                groups,
                chance: Chance::new(self.seed, Stream::Fault(index)),
            },
            _ => return,
        };
        self.troubles.insert(index, trouble);
        self.shift(index);
    }

    pub(crate) fn end(&mut self, index: usize) {
        self.troubles.remove(&index);
    }

    /// Draws the groups of a partition anew; whether it is still going on.
    pub(crate) fn shift(&mut self, index: usize) -> bool {
        match self.troubles.get_mut(&index) {
            Some(Trouble::Partition {
                sides,
                groups,
                chance,
            }) => {
                for side in sides {
                    *side = chance.place(usize::try_from(*groups).expect("two or three"));
                }
                true
            }
            _ => false,
        }
    }

    /// All is well from here on.
    pub(crate) fn heal(&mut self) {
        self.troubles.clear();
        self.script = None;
    }

    /// Whether the script lets a message of this height and round pass.
    pub(crate) fn allows(
        &mut self,
        (from, to): (ProcessId, ProcessId),
        About { height, round, .. }: About,
    ) -> bool {
        let Some(script) = &mut self.script else {
            return true;
        };
        if height > SCRIPT_HEIGHTS || round >= SCRIPT_ROUNDS {
            return true;
        }
        let (seed, count) = (self.seed, self.count);
        let draw = || {
            let mut chance = Chance::new(seed, Stream::Script { height, round });
            // Two sides mostly, so that both may be a quorum with the twins.
            let sides = if chance.percent(80) { 2 } else { 3 };
            (0..count).map(|_| chance.place(sides)).collect::<Vec<_>>()
        };
        let sides = script.sides.entry((height, round)).or_insert_with(draw);
        sides[from.get()] == sides[to.get()]
    }

    /// Takes a message.
    pub(crate) fn carry(
        &mut self,
        now: Moment,
        (from, to): (ProcessId, ProcessId),
        about: About,
        coverage: &mut Coverage,
    ) -> Arrivals {
        let place = from.get() * self.count + to.get();
        let mut passage = Passage {
            seed: self.seed,
            count: self.count,
            from,
            to,
            about,
            delay: self.delay.draw(&mut self.links[place].chance),
            is_twice: false,
            may_overtake: false,
        };
        let link = &mut self.links[place];
        for trouble in self.troubles.values() {
            if let Some(kind) = trouble.holds_back(&passage, &mut link.chance) {
                coverage.fault(kind);
                return (None, None);
            }
            trouble.alter(&mut passage, &mut link.chance, coverage);
        }
        let mut at = now.after(passage.delay);
        if passage.may_overtake && at < link.last {
            coverage.fault(FaultKind::Reordering);
        } else {
            at = at.max(link.last);
            link.last = at;
        }
        if !passage.is_twice {
            return (Some(at), None);
        }
        coverage.fault(FaultKind::Duplication);
        let again = at.after(self.delay.draw(&mut link.chance));
        (Some(at), Some(again))
    }
}

/// A message on its way.
struct Passage {
    seed: Seed,
    count: usize,
    from: ProcessId,
    to: ProcessId,
    about: About,
    delay: Span,
    is_twice: bool,
    may_overtake: bool,
}

impl Trouble {
    /// Whether it keeps a message from arriving, and what that counts as.
    fn holds_back(&self, passage: &Passage, chance: &mut Chance) -> Option<FaultKind> {
        let Passage {
            seed,
            from,
            to,
            about,
            ..
        } = *passage;
        let (is_lost, kind) = match self {
            Self::Lose { percent, around } => {
                let is_lost = around.has(from, to) && chance.percent(*percent);
                (is_lost, FaultKind::Loss)
            }
            Self::Sieve {
                sifted,
                percent,
                index,
            } => {
                let stream = Stream::Sieve {
                    fault: *index,
                    link: from.get() << 8 | to.get(),
                    about,
                };
                let is_sifted = sifted.has(about.step);
                let is_lost = is_sifted && Chance::new(seed, stream).percent(*percent);
                (is_lost, FaultKind::Sieve)
            }
            Self::LoneDecision { index } => {
                let stream = Stream::Lone {
                    fault: *index,
                    height: about.height,
                };
                let lone = Lone::draw(passage.count, &mut Chance::new(seed, stream));
                (lone.holds_back((from, to), about), FaultKind::LoneDecision)
            }
            Self::Cut {
                from: one,
                to: other,
            } => (one.has(from) && other.has(to), FaultKind::Cut),
            Self::Partition { sides, .. } => {
                (sides[from.get()] != sides[to.get()], FaultKind::Partition)
            }
            Self::Duplicate { .. } | Self::Reorder { .. } | Self::Delay { .. } => return None,
        };
        is_lost.then_some(kind)
    }

    /// Makes a message late, or come twice.
    fn alter(&self, passage: &mut Passage, chance: &mut Chance, coverage: &mut Coverage) {
        match self {
            Self::Duplicate { percent } => passage.is_twice |= chance.percent(*percent),
            Self::Reorder { jitter } => {
                passage.delay = passage.delay.plus(Span::new(chance.below(jitter.get())));
                passage.may_overtake = true;
            }
            Self::Delay { extra, around } if around.has(passage.from, passage.to) => {
                coverage.fault(FaultKind::Delay);
                passage.delay = passage.delay.plus(*extra);
            }
            _ => {}
        }
    }
}

/// Who learns what alone, at one height.
struct Lone {
    decider: usize,
    preparer: usize,
    /// The round in which the one decides; in those before, the other prepares.
    round: u64,
}

impl Lone {
    fn draw(count: usize, chance: &mut Chance) -> Self {
        let decider = chance.place(count);
        let preparer = (decider + 1 + chance.place(count.saturating_sub(1).max(1))) % count;
        Self {
            decider,
            preparer,
            round: chance.below(3),
        }
    }

    fn holds_back(&self, (from, to): (ProcessId, ProcessId), about: About) -> bool {
        let (from, to, round) = (from.get(), to.get(), about.round);
        match about.step {
            Step::Prevote if round < self.round => to != self.preparer,
            Step::Prevote => round == self.round && to == self.preparer,
            Step::Precommit if round < self.round => true,
            Step::Precommit => round == self.round && to != self.decider,
            Step::Wish => round == self.round && from == self.preparer,
            Step::Given => from == self.decider,
            Step::Proposal | Step::Other => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network() -> Network {
        let delay = Range(Span::new(10), Span::new(500));
        Network::new(Seed::new(3), 3, delay, false)
    }

    const LINK: (ProcessId, ProcessId) = (ProcessId::new(0), ProcessId::new(1));

    fn arrivals(network: &mut Network, coverage: &mut Coverage) -> Vec<Arrivals> {
        let moments = (0..200).map(|at| Moment::new(at * 20));
        moments
            .map(|now| network.carry(now, LINK, About::default(), coverage))
            .collect()
    }

    #[test]
    fn a_sound_link_delivers_once_and_in_order() {
        let mut coverage = Coverage::default();
        let arrivals = arrivals(&mut network(), &mut coverage);
        assert!(
            arrivals
                .iter()
                .all(|(first, again)| first.is_some() && again.is_none())
        );
        assert!(arrivals.is_sorted_by_key(|(first, _)| *first));
        assert_eq!(coverage, Coverage::default());
    }

    #[test]
    fn each_trouble_acts_is_counted_and_ends() {
        let (percent, around) = (50, Around::Everyone);
        let span = Span::new(5_000);
        let one = Group::of(LINK.0);
        let troubles = [
            (Action::Lose { percent, around }, FaultKind::Loss),
            (Action::Duplicate { percent }, FaultKind::Duplication),
            (Action::Reorder { jitter: span }, FaultKind::Reordering),
            (
                Action::Delay {
                    extra: span,
                    around,
                },
                FaultKind::Delay,
            ),
            (
                Action::Cut {
                    from: one,
                    to: Group::ALL,
                },
                FaultKind::Cut,
            ),
        ];
        for (action, kind) in troubles {
            let mut network = network();
            let mut coverage = Coverage::default();
            network.begin(4, &action);
            arrivals(&mut network, &mut coverage);
            assert!(coverage.of(kind) > 20, "{kind}");
            network.end(4);
            let before = coverage.clone();
            arrivals(&mut network, &mut coverage);
            assert_eq!(coverage, before, "{kind}");
        }
    }

    #[test]
    fn a_partition_shifts_and_passes_within_its_groups() {
        let mut network = network();
        let mut coverage = Coverage::default();
        network.begin(
            0,
            &Action::Partition {
                groups: 2,
                shift: Span::new(1),
            },
        );
        let mut passed = 0;
        for _ in 0..100 {
            assert!(network.shift(0));
            let (first, _) = network.carry(Moment::new(0), LINK, About::default(), &mut coverage);
            passed += u64::from(first.is_some());
        }
        assert!((20..80).contains(&passed), "{passed}");
        assert_eq!(coverage.of(FaultKind::Partition), 100 - passed);
        network.heal();
        assert!(!network.shift(0));
    }
}
