//! One process: an engine, what it remembers, and what it is busy with.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use pyralog_consensus::{Effect, Input, Tick, Timer};
use pyralog_disk::MemoryDisk;
use pyralog_guard::Guard;
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::{BlockId, Height};
use pyralog_wal::Wal;

use crate::block::{Block, Final};
use crate::byzantine::Habits;
use crate::chance::Chance;
use crate::fault::{File, Tear};
use crate::group::ProcessId;
use crate::invariant::Attention;
use crate::time::{Moment, Span};

/// Bodies that a process holds of blocks which are not final. Fewer, and the
/// proposals of a few rounds drive each other out; more, and whoever makes
/// blocks fills its memory.
const BODY_COUNT_MAX: usize = 256;

/// A process.
#[derive(Debug)]
pub(crate) struct Process<E> {
    pub(crate) id: ProcessId,
    /// The number of its key.
    pub(crate) validator: usize,
    pub(crate) conduct: Conduct,
    /// Counts restarts, so that what was under way at one is dropped.
    pub(crate) life: u64,
    pub(crate) running: Option<Running<E>>,
    pub(crate) paused_until: Moment,
    pub(crate) sync_factor: u64,
    pub(crate) clock: Clock,
    pub(crate) chance: Chance,
    /// What it does in the midst of its next write: end.
    pub(crate) trap: Option<Trap>,
    // What survives it.
    pub(crate) wal_disk: MemoryDisk,
    pub(crate) guard_disk: MemoryDisk,
    pub(crate) chain: Vec<Arc<Final>>,
    pub(crate) bodies: BTreeMap<BlockId, Body>,
}

/// How a process behaves.
#[derive(Debug)]
pub(crate) enum Conduct {
    Honest,
    /// It does what an honest one does, but not alone under its key.
    Twin,
    Byzantine(Habits),
}

/// An end that is to come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trap {
    pub(crate) tear: Tear,
    /// The file whose sync fails; none if the power goes.
    pub(crate) failing: Option<File>,
    pub(crate) until: Moment,
}

/// A body that is held.
#[derive(Debug)]
pub(crate) struct Body {
    pub(crate) block: Arc<Block>,
    pub(crate) is_durable: bool,
}

/// How durable the log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogState {
    Durable,
    /// Records were written since.
    Written,
    /// They are being made durable: what comes after it waits.
    Syncing,
}

/// What a process holds while it runs.
#[derive(Debug)]
pub(crate) struct Running<E> {
    pub(crate) engine: E,
    pub(crate) wal: Wal<MemoryDisk>,
    pub(crate) guard: Option<Guard<MemoryDisk>>,
    pub(crate) height: Height,
    /// What the last step asked for and is still to be done, in order.
    pub(crate) effects: VecDeque<Effect>,
    /// What came meanwhile.
    pub(crate) inbox: VecDeque<Input>,
    pub(crate) log: LogState,
    /// Timers, by which setting of them counts.
    pub(crate) timers: BTreeMap<Timer, u64>,
    pub(crate) timer_count: u64,
    /// Bodies that are asked for, and whether for the engine.
    pub(crate) wanted: BTreeMap<BlockId, bool>,
    /// What is to be made final.
    pub(crate) deciding: Option<Certificate>,
    pub(crate) is_committing: bool,
    /// Whether transactions wait.
    pub(crate) has_waiting: bool,
    /// When each peer was last given or asked something.
    pub(crate) given: BTreeMap<ProcessId, Moment>,
    pub(crate) asked: Option<Moment>,
    /// Since when others are at the next height, and who.
    pub(crate) ahead: Option<(Moment, ProcessId, Height)>,
    /// What its engine must have noticed.
    pub(crate) attention: Attention,
    /// Statements known to be durable.
    pub(crate) proved: std::collections::BTreeSet<pyralog_consensus::Statement>,
}

/// A clock that may run fast or slow.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    /// By this clock, at `since`.
    base: u64,
    since: Moment,
    permille: u64,
}

impl Clock {
    pub(crate) const RIGHT: u64 = 1000;

    pub(crate) const fn new(now: Moment, permille: u64) -> Self {
        Self {
            base: 0,
            since: now,
            permille,
        }
    }

    pub(crate) fn tick(&self, now: Moment) -> Tick {
        let passed = now.since(self.since).get() * self.permille / Self::RIGHT;
        Tick::new(self.base + passed)
    }

    pub(crate) fn set_speed(&mut self, now: Moment, permille: u64) {
        self.base = self.tick(now).get();
        self.since = now;
        self.permille = permille;
    }

    /// How long it takes until this clock has moved by `span`.
    pub(crate) const fn wait(&self, span: Span) -> Span {
        span.by_clock(self.permille)
    }

    pub(crate) const fn is_skewed(&self) -> bool {
        self.permille != Self::RIGHT
    }

    pub(crate) const fn speed(&self) -> u64 {
        self.permille
    }
}

impl<E> Process<E> {
    pub(crate) fn is_honest(&self) -> bool {
        matches!(self.conduct, Conduct::Honest)
    }

    /// The height of its last final block.
    pub(crate) fn tip_height(&self) -> Height {
        Height::new(self.chain.len() as u64)
    }

    pub(crate) fn tip(&self) -> BlockId {
        self.chain
            .last()
            .map_or(BlockId::ZERO, |last| last.block.id)
    }

    pub(crate) fn final_at(&self, height: Height) -> Option<&Arc<Final>> {
        let place = usize::try_from(height.get()).ok()?.checked_sub(1)?;
        self.chain.get(place)
    }

    pub(crate) fn body(&self, block: BlockId) -> Option<&Arc<Block>> {
        self.bodies.get(&block).map(|body| &body.block)
    }

    /// A body that is held, or of a block that is final.
    pub(crate) fn any_body(&self, block: BlockId) -> Option<Arc<Block>> {
        let is_it = |last: &&Arc<Final>| last.block.id == block;
        let last = self.chain.iter().rev().find(is_it);
        let last = last.map(|last| &last.block);
        self.body(block).or(last).cloned()
    }

    /// Holds a body if it is of use: for the height that is being decided, or
    /// the next.
    pub(crate) fn hold(&mut self, block: &Arc<Block>, is_durable: bool) {
        if let Some(held) = self.bodies.get_mut(&block.id) {
            held.is_durable |= is_durable;
            return;
        }
        let next = self.tip_height().get() + 1;
        if !(next..=next + 1).contains(&block.content.height.get()) {
            return;
        }
        if self.bodies.len() >= BODY_COUNT_MAX {
            let running = self.running.as_ref();
            let is_wanted =
                |id: &BlockId| running.is_some_and(|running| running.wanted.contains_key(id));
            let idle = self
                .bodies
                .iter()
                .find(|(id, body)| !body.is_durable && !is_wanted(id));
            let Some(idle) = idle.map(|(id, _)| *id) else {
                return;
            };
            self.bodies.remove(&idle);
        }
        self.bodies.insert(
            block.id,
            Body {
                block: Arc::clone(block),
                is_durable,
            },
        );
    }

    /// What is not durable is gone.
    pub(crate) fn lose_volatile(&mut self) {
        self.bodies.retain(|_, body| body.is_durable);
    }

    /// Bodies of heights that are decided are of no use.
    pub(crate) fn forget_decided(&mut self) {
        let tip = self.tip_height();
        self.bodies
            .retain(|_, body| body.block.content.height > tip);
    }
}
