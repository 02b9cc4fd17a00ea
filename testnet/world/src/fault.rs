//! What goes wrong, drawn before the world begins.

use pyralog_disk::Crash;
use pyralog_primitives::ByteCount;

use crate::chance::Chance;

/// Microseconds of simulated time.
pub(crate) type Micros = u64;

/// Faults end here; what is broken is mended.
pub(crate) const FAULTS_END: Micros = 12_000_000;
const FAULT_COUNT_MAX: u64 = 12;
const SPAN_MAX: Micros = 3_000_000;
const AMNESIA_SPAN_MAX: Micros = 200_000;

/// One thing that goes wrong.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) from: Micros,
    pub(crate) until: Micros,
    pub(crate) kind: Kind,
}

/// Which.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// A process ends with all that is not durable, and begins again.
    Crash { who: usize, tear: Tear },
    /// The one process that does so ends, and begins again without its logs.
    Amnesia { who: usize },
    /// All of them do, at one moment.
    Blackout { tear: Tear },
    /// A process does nothing, and then goes on.
    Pause { who: usize },
    /// Those whose bit is set hear nobody else.
    Partition { group: u64 },
    /// So many messages of a hundred are lost.
    Loss { percent: u64 },
    /// The disks of a process take longer by this factor.
    SlowDisk { who: usize, factor: u64 },
    /// The clock on the wall of a process is off.
    Skew { who: usize, millis: i64 },
}

/// What a loss of power leaves of what was not synced.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Tear {
    Lost,
    Kept,
    Torn { percent: u64 },
    Zeroed { percent: u64 },
    Garbled { percent: u64, seed: u64 },
}

impl Tear {
    fn draw(chance: &mut Chance) -> Self {
        let percent = chance.between(0, 101);
        match chance.between(0, 5) {
            0 => Self::Lost,
            1 => Self::Kept,
            2 => Self::Torn { percent },
            3 => Self::Zeroed { percent },
            _ => Self::Garbled {
                percent,
                seed: chance.next(),
            },
        }
    }

    /// What it means for so many bytes.
    pub(crate) fn crash(self, unsynced: ByteCount) -> Crash {
        let part = |percent: u64| ByteCount::new(unsynced.get() * percent / 100);
        let rest = |percent: u64| ByteCount::new(unsynced.get() - unsynced.get() * percent / 100);
        match self {
            Self::Lost => Crash::Lost,
            Self::Kept => Crash::Kept,
            Self::Torn { percent } => Crash::Torn {
                kept: part(percent),
            },
            Self::Zeroed { percent } => Crash::Zeroed {
                kept: part(percent),
                zeros: rest(percent),
            },
            Self::Garbled { percent, seed } => Crash::Garbled {
                kept: part(percent),
                garbage: rest(percent),
                seed,
            },
        }
    }
}

/// Draws the faults of a world with so many processes, in which logs may be lost
/// or not.
pub(crate) fn draw(chance: &mut Chance, count: usize, has_amnesia: bool) -> Vec<Fault> {
    // Of several, each silent at a height, there might be no quorum left.
    let amnesiac = chance.place(count);
    let fault = |chance: &mut Chance| {
        let from = chance.between(0, FAULTS_END - 1_000_000);
        let until = (from + chance.between(50_000, SPAN_MAX)).min(FAULTS_END);
        let who = chance.place(count);
        let kind = match chance.between(0, 12) {
            0..=2 => Kind::Crash {
                who,
                tear: Tear::draw(chance),
            },
            3 => Kind::Blackout {
                tear: Tear::draw(chance),
            },
            4 => Kind::Pause { who },
            5 | 6 => Kind::Partition {
                group: chance.between(1, 1 << count),
            },
            7 => Kind::Loss {
                percent: chance.between(1, 50),
            },
            8 => Kind::SlowDisk {
                who,
                factor: chance.between(2, 50),
            },
            // One who is alone would be silent for good.
            9 | 10 if has_amnesia && count > 1 => Kind::Amnesia { who: amnesiac },
            _ => Kind::Skew {
                who,
                millis: i64::try_from(chance.between(0, 4_000)).unwrap_or_default() - 2_000,
            },
        };
        let until = match kind {
            // Soon enough to be back at the same height.
            Kind::Amnesia { .. } => from + chance.between(10_000, AMNESIA_SPAN_MAX),
            _ => until,
        };
        Fault { from, until, kind }
    };
    let number = chance.between(0, FAULT_COUNT_MAX + 1);
    (0..number).map(|_| fault(chance)).collect()
}
