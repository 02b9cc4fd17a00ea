//! What a seed draws before the run begins.

use pyralog_primitives::BlockCount;

use crate::byzantine::Misconduct;
use crate::chance::{Chance, Seed, Stream};
use crate::fault::{Action, Around, Fault, File, Sifted, Tear};
use crate::group::{Group, ProcessId};
use crate::options::{Options, Scenario};
use crate::time::{Moment, Span};

/// The faults of a run lie within its first part. Shorter, and a round that is
/// waited for does not end in it; longer, and a run is slow for no more faults.
const SAFETY_SECONDS: (u64, u64) = (3, 12);
/// Below, a run exercises little; above, nothing but waiting happens.
const FAULT_COUNT: (u64, u64) = (3, 12);
/// Shorter faults pass between two messages; longer ones stop everything.
const FAULT_MILLIS: (u64, u64) = (100, 4_000);
/// Heights that share a set, where sets change now and then.
const EPOCH_HEIGHTS: BlockCount = BlockCount::new(4);
/// In a run with twins, the script lasts so long.
const SCRIPT_SECONDS: u64 = 8;

/// How long things take: from, to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Range(pub(crate) Span, pub(crate) Span);

impl Range {
    const NONE: Self = Self(Span::ZERO, Span::ZERO);

    fn micros(first: u64, last: u64) -> Self {
        Self(Span::new(first), Span::new(last))
    }

    pub(crate) fn draw(self, chance: &mut Chance) -> Span {
        if self.0 == self.1 {
            self.0
        } else {
            Span::new(chance.between(self.0.get(), self.1.get()))
        }
    }
}

/// How long everything takes where nothing is wrong.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    pub(crate) link: Range,
    pub(crate) sync: Range,
    pub(crate) sign: Range,
    pub(crate) build: Range,
    pub(crate) check: Range,
    pub(crate) commit: Range,
}

/// When transactions wait for a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Workload {
    /// Never.
    Idle,
    /// One comes now and then.
    Every(Span),
    /// Always.
    Full,
}

/// All that is decided before the run.
#[derive(Debug)]
pub(crate) struct Plan {
    /// When the faults end.
    pub(crate) safety: Moment,
    pub(crate) faults: Vec<Fault>,
    pub(crate) pace: Pace,
    pub(crate) workload: Workload,
    pub(crate) is_guarded: bool,
    /// How many heights share a set of validators, if sets change.
    pub(crate) epoch: Option<BlockCount>,
    /// Processes that never come up.
    pub(crate) crashed: Group,
    /// Which validators run twice.
    pub(crate) twins: Vec<usize>,
    /// Whom those who break the rules tell one thing, if the run needs it to be
    /// just these.
    pub(crate) camp: Option<Group>,
}

impl Plan {
    pub(crate) fn draw(options: &Options) -> Self {
        let mut chance = Chance::new(options.seed, Stream::Plan);
        match options.scenario {
            Scenario::Chaos => Self::chaos(options, &mut chance),
            Scenario::Twins { twins } => {
                let mut validators: Vec<usize> = (0..options.validators).collect();
                chance.shuffle(&mut validators);
                validators.truncate(twins);
                Self {
                    safety: Moment::new(SCRIPT_SECONDS * 1_000_000),
                    twins: validators,
                    workload: Workload::Full,
                    ..Self::chaos(
                        &Options {
                            validators: 0,
                            ..options.clone()
                        },
                        &mut chance,
                    )
                }
            }
            Scenario::Treason { traitors } => Self::treason(options, traitors, &mut chance),
            Scenario::Calm { delay, crashed } => Self {
                safety: Moment::default(),
                faults: Vec::new(),
                pace: Pace {
                    link: Range(delay, delay),
                    sync: Range::NONE,
                    sign: Range::NONE,
                    build: Range::NONE,
                    check: Range::NONE,
                    commit: Range::NONE,
                },
                workload: Workload::Full,
                is_guarded: false,
                epoch: None,
                crashed: draw_crashed(options.validators, crashed, &mut chance),
                twins: Vec::new(),
                camp: None,
            },
        }
    }

    /// Traitors who all do the same, or what each likes, and two camps of honest
    /// validators that do not hear each other.
    fn treason(options: &Options, traitors: usize, chance: &mut Chance) -> Self {
        let nobody = Options {
            validators: 0,
            ..options.clone()
        };
        let plan = Self::chaos(&nobody, chance);
        let mut validators: Vec<usize> = (0..options.validators).collect();
        chance.shuffle(&mut validators);
        let honest = validators.split_off(traitors.min(options.validators));
        let mut actions = Vec::new();
        let common = draw_treason(chance);
        let is_common = chance.percent(70);
        for who in validators {
            let habits = if is_common {
                common
            } else {
                draw_treason(chance)
            };
            let who = ProcessId::new(who);
            let habits = habits.iter().copied();
            actions.extend(habits.map(|misconduct| Action::Misbehave { who, misconduct }));
        }
        let (one, other) = honest.split_at(honest.len() / 2);
        let [one, other] = [one, other].map(group);
        for (from, to) in [(one, other), (other, one)] {
            actions.push(Action::Cut { from, to });
        }
        let fault = |(index, action)| Fault {
            index,
            from: Moment::default(),
            until: plan.safety,
            action,
        };
        let faults = actions.into_iter().enumerate().map(fault);
        Self {
            faults: faults.filter(|fault| options.faults.has(fault)).collect(),
            workload: Workload::Full,
            camp: Some(one),
            ..plan
        }
    }

    fn chaos(options: &Options, chance: &mut Chance) -> Self {
        let (first, last) = SAFETY_SECONDS;
        let safety = Moment::new(chance.between(first * 1_000_000, last * 1_000_000));
        let pace = draw_pace(chance);
        let workload = match chance.place(4) {
            0 => Workload::Idle,
            1 => Workload::Full,
            _ => Workload::Every(Span::from_millis(chance.between(50, 1_000))),
        };
        let is_guarded = chance.percent(50);
        let epoch = chance.percent(40).then(|| draw_epoch(options.seed));
        let mut faults = Vec::new();
        if options.validators > 0 {
            let drawer = Drawer {
                count: options.validators,
                safety,
                is_guarded,
            };
            faults = drawer.draw(chance);
        }
        faults.retain(|fault| options.faults.has(fault));
        Self {
            safety,
            faults,
            pace,
            workload,
            is_guarded,
            epoch,
            crashed: Group::default(),
            twins: Vec::new(),
            camp: None,
        }
    }

    /// Which validators break the rules, how, and by which fault of the list.
    pub(crate) fn faulty(&self) -> impl Iterator<Item = (ProcessId, Misconduct)> + '_ {
        self.faults.iter().filter_map(|fault| match &fault.action {
            Action::Misbehave { who, misconduct } => Some((*who, *misconduct)),
            _ => None,
        })
    }
}

/// In half of the seeds in which sets change they do so at every height.
fn draw_epoch(seed: Seed) -> BlockCount {
    if Chance::new(seed, Stream::Epochs).percent(50) {
        BlockCount::new(1)
    } else {
        EPOCH_HEIGHTS
    }
}

fn draw_crashed(validators: usize, crashed: usize, chance: &mut Chance) -> Group {
    let mut places: Vec<usize> = (0..validators).collect();
    chance.shuffle(&mut places);
    places.truncate(crashed);
    group(&places)
}

/// These, as a group.
fn group(places: &[usize]) -> Group {
    Group::from_bits(places.iter().map(|place| 1u128 << place).sum())
}

/// What a traitor does: some of what it takes to make honest validators disagree.
fn draw_treason(chance: &mut Chance) -> &'static [Misconduct] {
    match chance.place(3) {
        0 => &[
            Misconduct::EquivocatingProposals,
            Misconduct::EquivocatingVotes,
        ],
        1 => &[Misconduct::Disloyalty],
        _ => &[Misconduct::Amnesia, Misconduct::HiddenPreparation],
    }
}

fn draw_pace(chance: &mut Chance) -> Pace {
    let delay = chance.between(500, 20_000);
    let jitter = chance.between(0, 20_000);
    let sync = chance.between(200, 5_000);
    Pace {
        link: Range::micros(delay, delay + jitter),
        sync: Range::micros(sync / 2, sync),
        sign: Range::micros(50, 300),
        build: Range::micros(200, 2_000),
        check: Range::micros(200, 4_000),
        commit: Range::micros(sync / 2, 2 * sync),
    }
}

/// Draws the faults among so many validators.
struct Drawer {
    count: usize,
    safety: Moment,
    is_guarded: bool,
}

impl Drawer {
    fn draw(&self, chance: &mut Chance) -> Vec<Fault> {
        let mut actions = Vec::new();
        if self.count > 1 {
            self.draw_misconduct(chance, &mut actions);
        }
        for _ in 0..chance.between(FAULT_COUNT.0, FAULT_COUNT.1) {
            actions.push(self.draw_action(chance));
        }
        let mut faults = Vec::new();
        for (index, action) in actions.into_iter().enumerate() {
            let mut from = chance.below(self.safety.get());
            let length = 1000 * chance.between(FAULT_MILLIS.0, FAULT_MILLIS.1);
            let mut until = (from + length).min(self.safety.get());
            // Often all the time: it takes a few rounds to do harm, and later
            // rounds are long.
            let is_slow = matches!(action, Action::Sieve { .. } | Action::LoneDecision);
            if is_slow && chance.percent(50) {
                (from, until) = (0, self.safety.get());
            }
            faults.push(Fault {
                index,
                from: Moment::new(from),
                until: Moment::new(until),
                action,
            });
        }
        faults
    }

    /// Up to as many as there may be, with up to three habits each.
    fn draw_misconduct(&self, chance: &mut Chance, actions: &mut Vec<Action>) {
        let most = (self.count - 1) / 3;
        let faulty = if chance.percent(25) {
            0
        } else {
            chance.between(0, most as u64)
        };
        let faulty = if chance.percent(50) {
            most as u64
        } else {
            faulty
        };
        let mut validators: Vec<usize> = (0..self.count).collect();
        chance.shuffle(&mut validators);
        for who in validators.into_iter().take(to_count(faulty)) {
            let mut habits = Misconduct::ALL.to_vec();
            chance.shuffle(&mut habits);
            habits.truncate(to_count(chance.between(1, 3)));
            for misconduct in habits {
                let who = ProcessId::new(who);
                actions.push(Action::Misbehave { who, misconduct });
            }
        }
    }

    fn anyone(&self, chance: &mut Chance) -> ProcessId {
        ProcessId::new(chance.place(self.count))
    }

    fn around(&self, chance: &mut Chance) -> Around {
        if chance.percent(50) {
            Around::Everyone
        } else {
            Around::One(self.anyone(chance))
        }
    }

    fn draw_action(&self, chance: &mut Chance) -> Action {
        let who = self.anyone(chance);
        match chance.place(18) {
            0 | 1 => Action::Lose {
                percent: chance.between(5, 70),
                around: self.around(chance),
            },
            2 => Action::Duplicate {
                percent: chance.between(5, 60),
            },
            3 => Action::Reorder {
                jitter: Span::from_millis(chance.between(5, 200)),
            },
            4 => Action::Delay {
                extra: Span::from_millis(chance.between(20, 1_000)),
                around: self.around(chance),
            },
            5 => self.draw_cut(who, chance),
            6 | 7 => Action::Partition {
                groups: chance.between(2, 3),
                shift: Span::from_millis(chance.between(100, 1_500)),
            },
            8 => Action::Crash {
                who,
                in_write: false,
                tear: draw_tear(chance),
            },
            9 | 10 => Action::Crash {
                who,
                in_write: true,
                tear: draw_tear(chance),
            },
            11 => Action::Pause { who },
            13 | 14 => draw_sieve(chance),
            15 | 16 => Action::LoneDecision,
            12 => Action::Skew {
                who,
                permille: chance.between(300, 3_000),
            },
            _ => self.draw_disk(who, chance),
        }
    }

    fn draw_cut(&self, who: ProcessId, chance: &mut Chance) -> Action {
        let one = Group::of(who);
        let others = if chance.percent(50) {
            Group::ALL.without(one)
        } else {
            Group::of(self.anyone(chance)).without(one)
        };
        if chance.percent(50) {
            Action::Cut {
                from: one,
                to: others,
            }
        } else {
            Action::Cut {
                from: others,
                to: one,
            }
        }
    }

    fn draw_disk(&self, who: ProcessId, chance: &mut Chance) -> Action {
        if chance.percent(50) {
            return Action::SlowDisk {
                who,
                factor: chance.between(3, 60),
            };
        }
        let file = if self.is_guarded && chance.percent(50) {
            File::Guard
        } else {
            File::Log
        };
        Action::FailSync {
            who,
            file,
            tear: draw_tear(chance),
        }
    }
}

fn draw_sieve(chance: &mut Chance) -> Action {
    let sifted = *chance.pick(&[Sifted::All, Sifted::Preparations, Sifted::Decisions]);
    let percent = match sifted {
        Sifted::Decisions => chance.between(40, 95),
        _ => chance.between(10, 50),
    };
    Action::Sieve { sifted, percent }
}

fn draw_tear(chance: &mut Chance) -> Tear {
    let percent = chance.below(100);
    match chance.place(5) {
        0 => Tear::Lost,
        1 => Tear::Kept,
        2 => Tear::Torn { percent },
        3 => Tear::Zeroed { percent },
        _ => Tear::Garbled { percent },
    }
}

fn to_count(drawn: u64) -> usize {
    usize::try_from(drawn).expect("it is below the count of validators")
}
