//! The driver itself: heights, and the order in which things are done.

mod blocks;
mod catch_up;
mod effects;
mod hearing;
mod heights;
mod joining;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use pyralog_consensus::{Effect, Engine, Input, Record, Tick, Timer};
use pyralog_disk::Disk;
use pyralog_p2p::PeerId;
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::vote::{Evidence, Offence};
use pyralog_primitives::{BlockId, DurationMs, Height};

use self::catch_up::CatchingUp;
use self::joining::Joining;
use crate::bodies::Bodies;
use crate::error::{Halt, Warning};
use crate::events::{Command, Event, Next, Now, Settings, To};
use crate::logs::Logs;
use crate::peers::Peers;
use crate::signer::Signer;
use crate::word::Word;

/// Final blocks that may wait for the disk while the next one is decided. There
/// are logs for one more height than that.
pub const SETTLING_COUNT_MAX: u64 = 1;
/// How long a node that begins waits for peers to say how far the chain is,
/// before it votes. Lower, and a validator votes at heights that are over;
/// higher, and a network whose validators all begin stands still for longer.
pub const JOIN_PATIENCE: DurationMs = DurationMs::new(1_000);
/// How often a node says how far it is. More often costs messages; less often,
/// and who has fallen behind on a quiet chain notices late.
pub const TIP_INTERVAL: DurationMs = DurationMs::new(1_000);

/// Drives one engine. See the [crate].
#[derive(Debug)]
pub struct Driver<E, S, D> {
    settings: Settings,
    engine: E,
    signer: Option<S>,
    logs: Logs<D>,
    /// The height that is to be decided, or is just being settled.
    next: Next,
    stage: Stage,
    /// Nothing is signed: others may be further.
    joining: Option<Joining>,
    /// Nothing is signed at this height, because what was said about it is not
    /// all known, or cannot be written down.
    is_silent: bool,
    /// Whether transactions wait, as far as it was told.
    has_waiting: bool,
    durable: Height,
    bodies: Bodies,
    /// The last final block.
    last: Option<BlockId>,
    /// Why it is final, until it is durable.
    unsettled: Option<Certificate>,
    checks: BTreeMap<BlockId, Check>,
    /// The block of this height that is examined before the engine asks about
    /// one: the first that came whole. No more, because anybody can offer one.
    ahead: Option<Ahead>,
    wants: BTreeMap<BlockId, Want>,
    /// Who spoke of a block.
    holders: BTreeMap<BlockId, BTreeSet<PeerId>>,
    /// Blocks that went out with their proposals.
    told: BTreeSet<BlockId>,
    peers: Peers,
    catching_up: CatchingUp,
    evidence: BTreeMap<Offence, Evidence>,
    timers: BTreeMap<Wake, Tick>,
    now: Now,
    /// What happened, and has to wait for what came before.
    later: Vec<Event>,
    inputs: VecDeque<Input>,
    effects: VecDeque<Effect>,
    commands: Vec<Command>,
}

/// How far a height is.
#[derive(Debug)]
enum Stage {
    /// It waits until the height before the last is durable, or for peers.
    Waiting,
    /// The engine works on it.
    Deciding,
    /// It is decided, and its block is not all here.
    Decided(Certificate),
    /// The ledger makes its block final.
    Settling,
}

/// A block that the engine asks about.
#[derive(Debug)]
struct Check {
    is_backed: bool,
    state: CheckState,
}

/// What is known of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CheckState {
    /// It is lacking, or early.
    Open,
    /// The ledger executes it.
    Examining,
    /// Whether it keeps the rules.
    Known { is_valid: bool },
}

/// A block that the engine has not asked about, and what was found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ahead {
    block: BlockId,
    /// None as long as the ledger executes it.
    is_valid: Option<bool>,
}

/// A block that is lacking.
#[derive(Debug, Default)]
struct Want {
    /// How many times it was asked for.
    turn: usize,
}

/// When the disk is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waits {
    Whenever,
    /// Not while there is something to be done that does not rest on it.
    OnlyIdle,
}

/// What a timer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Wake {
    Engine(Timer),
    /// To ask for a block again.
    Ask(BlockId),
    /// The time of a block has come.
    Early(BlockId),
    CatchUp,
    Tip,
    /// To wait for peers no longer.
    Joined,
}

impl<E: Engine, S: Signer, D: Disk> Driver<E, S, D> {
    /// A driver of this engine, for a validator if there is a signer, and what
    /// is to be done first. The chain is durable up to the height before `next`.
    pub fn begin(
        settings: Settings,
        (engine, mut signer, logs): (E, Option<S>, Logs<D>),
        next: Next,
        now: Now,
    ) -> Result<(Self, Vec<Command>), Halt> {
        if let Some(signer) = &mut signer {
            recall(signer, &logs)?;
        }
        let durable = next.height.previous().unwrap_or_default();
        let mut driver = Self {
            settings,
            engine,
            signer,
            logs,
            next,
            stage: Stage::Waiting,
            joining: None,
            is_silent: false,
            has_waiting: false,
            durable,
            bodies: Bodies::default(),
            last: None,
            unsettled: None,
            checks: BTreeMap::new(),
            ahead: None,
            wants: BTreeMap::new(),
            holders: BTreeMap::new(),
            told: BTreeSet::new(),
            peers: Peers::default(),
            catching_up: CatchingUp::default(),
            evidence: BTreeMap::new(),
            timers: BTreeMap::new(),
            now,
            later: Vec::new(),
            inputs: VecDeque::new(),
            effects: VecDeque::new(),
            commands: Vec::new(),
        };
        if settings.has_peers {
            driver.set(Wake::Tip, TIP_INTERVAL);
            driver.begin_to_join();
        } else {
            driver.join()?;
        }
        driver.run(Waits::Whenever)?;
        let commands = std::mem::take(&mut driver.commands);
        Ok((driver, commands))
    }

    /// Takes in what happened, and says what is to be done. Where the disk has to
    /// be waited for and something is to be done already, that is said first, and
    /// the rest at the next call, for which it [wants](Self::next_wake) no delay.
    pub fn handle(
        &mut self,
        now: Now,
        events: impl IntoIterator<Item = Event>,
    ) -> Result<Vec<Command>, Halt> {
        self.now = now;
        self.later.extend(events);
        // What is left of the last call comes before what happened since.
        if self.run(Waits::OnlyIdle)? {
            let events = std::mem::take(&mut self.later);
            self.take_all(events)?;
            self.run(Waits::OnlyIdle)?;
        }
        Ok(std::mem::take(&mut self.commands))
    }

    /// Whether it has something to do that waits for the disk only.
    pub fn is_waiting(&self) -> bool {
        !(self.effects.is_empty() && self.later.is_empty())
    }

    /// What it asked for has been done, and there is time to make what was signed
    /// durable in the guard, which then knows it without the logs. The sooner
    /// the better; nothing rests on it.
    pub fn rest(&mut self) -> Result<(), Halt> {
        match &mut self.signer {
            Some(signer) => signer.sync().map_err(Halt::Signer),
            None => Ok(()),
        }
    }

    /// When it wants to be called even if nothing happens.
    pub fn next_wake(&self) -> Option<Tick> {
        if self.is_waiting() {
            Some(self.now.tick)
        } else {
            self.timers.values().min().copied()
        }
    }

    /// The height that is being decided.
    pub const fn height(&self) -> Height {
        self.next.height
    }

    /// Whether it still waits to hear how far the chain is.
    pub const fn is_joining(&self) -> bool {
        self.joining.is_some()
    }

    /// Whether the network is, or may well be, further than this node: others
    /// say so who can be believed, or there has been no time to hear it. One that
    /// only follows has nothing to follow before anybody has spoken.
    pub fn is_syncing(&self) -> bool {
        let is_lost = self.signer.is_none() && !self.peers.has_spoken();
        let is_behind = self.peers.highest_believed() > Some(self.next.height);
        self.settings.has_peers && (self.is_joining() || is_lost || is_behind)
    }

    /// How far the chain is, as far as that was heard from those who can be
    /// believed.
    pub fn target(&self) -> Height {
        let own = self.next.height.previous().unwrap_or_default();
        let highest = self.peers.highest_believed();
        highest.map_or(own, |highest| highest.max(own))
    }

    fn take_all(&mut self, events: Vec<Event>) -> Result<(), Halt> {
        let mut messages = Vec::new();
        for event in events {
            match event {
                Event::Heard { from, word } => match *word {
                    Word::Consensus(message) => messages.push((from, message)),
                    other => self.hear(from, other)?,
                },
                other => self.take(other)?,
            }
        }
        self.hear_messages(messages);
        self.ring()
    }

    fn take(&mut self, event: Event) -> Result<(), Halt> {
        match event {
            Event::Connected(peer) => {
                self.peers.add(peer);
                self.say(To::Peer(peer), self.own_tip());
            }
            Event::Disconnected(peer) => {
                self.peers.remove(peer);
                for spoke in self.holders.values_mut() {
                    spoke.remove(&peer);
                }
                self.lose_peer(peer);
                self.check_joined()?;
            }
            Event::Heard { from, word } => self.hear(from, *word)?,
            Event::Waiting => {
                self.has_waiting = true;
                self.inputs.push_back(Input::Waiting);
            }
            Event::Built(block) => self.built(&block)?,
            Event::Examined { block, is_valid } => self.examined(block, is_valid)?,
            Event::Finalized { next, has_waiting } => {
                self.has_waiting = has_waiting;
                self.finalized(next)?;
            }
            Event::Durable(height) => {
                self.durable = self.durable.max(height);
                let unsettled = self.unsettled.as_ref().map(Certificate::height);
                if unsettled.is_some_and(|unsettled| unsettled <= height) {
                    self.unsettled = None;
                }
                self.use_incoming()?;
                self.start_if_due()?;
            }
            Event::Verified(answer) => self.be_verified(answer)?,
            Event::Found {
                block,
                transactions,
            } => {
                let added = self.bodies.fill_from_pool(&block, transactions);
                self.added(block, &added)?;
            }
        }
        Ok(())
    }

    /// Does what the engine says until it says nothing, or has to wait. Says
    /// whether it came to an end.
    fn run(&mut self, waits: Waits) -> Result<bool, Halt> {
        loop {
            let is_busy = waits == Waits::OnlyIdle && !self.commands.is_empty();
            let next = self.effects.front();
            if is_busy && next.is_some_and(|effect| self.waits_for_disk(effect)) {
                return Ok(false);
            }
            if let Some(effect) = self.effects.pop_front() {
                self.execute(effect)?;
            } else if let Some(input) = self.inputs.pop_front() {
                let mut effects = Vec::new();
                self.engine.step(self.now.tick, input, &mut effects);
                self.effects.extend(effects);
            } else {
                return Ok(true);
            }
        }
    }

    fn ring(&mut self) -> Result<(), Halt> {
        loop {
            let due = self.timers.iter().find(|(_, at)| **at <= self.now.tick);
            let Some(wake) = due.map(|(wake, _)| *wake) else {
                return Ok(());
            };
            self.timers.remove(&wake);
            match wake {
                Wake::Engine(timer) => self.inputs.push_back(Input::Timer(timer)),
                Wake::Ask(block) => self.ask_again(block),
                Wake::Early(block) => self.pursue(block)?,
                Wake::CatchUp => self.catch_up()?,
                Wake::Tip => {
                    self.say(To::All, self.own_tip());
                    self.set(Wake::Tip, TIP_INTERVAL);
                }
                Wake::Joined => self.check_joined()?,
            }
        }
    }

    fn set(&mut self, wake: Wake, after: DurationMs) {
        let at = self.after(after);
        self.timers.insert(wake, at);
    }

    fn after(&self, span: DurationMs) -> Tick {
        let micros = span.get().saturating_mul(1_000);
        Tick::new(self.now.tick.get().saturating_add(micros))
    }

    fn say(&mut self, to: To, word: Word) {
        if self.settings.has_peers {
            self.commands.push(Command::Say { to, word });
        }
    }

    fn own_tip(&self) -> Word {
        let height = self.durable;
        Word::Tip { height }
    }

    fn warn(&mut self, warning: Warning) {
        self.commands.push(Command::Warn(warning));
    }
}

/// A loss of power may have taken from the guard what the logs still know.
fn recall<S: Signer, D: Disk>(signer: &mut S, logs: &Logs<D>) -> Result<(), Halt> {
    let intents = logs.records().filter_map(|record| match record {
        Record::Intent(statement) => Some(statement),
        _ => None,
    });
    for statement in intents {
        signer.recall(statement).map_err(Halt::Signer)?;
    }
    Ok(())
}
