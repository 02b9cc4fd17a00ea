//! The driver itself: heights, and the order in which things are done.

mod blocks;
mod catch_up;
mod effects;
mod hearing;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use pyralog_consensus::{
    Ed25519, Effect, Engine, Input, Record, Start, Tick, Timer, verify_certificate,
};
use pyralog_disk::Disk;
use pyralog_p2p::PeerId;
use pyralog_primitives::block::Block;
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::vote::{Evidence, Offence};
use pyralog_primitives::{BlockId, DurationMs, Height};

use crate::bodies::{Bodies, Body};
use crate::error::{Halt, Warning};
use crate::events::{Command, Event, Next, Now, Settings, To};
use crate::logs::{Begun, Entry, Found, Logs};
use crate::peers::Peers;
use crate::signer::Signer;
use crate::word::{FinalBlock, Word};

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
    is_joining: bool,
    /// Nothing is signed at this height, because what was said about it is not
    /// all known, or cannot be written down.
    is_silent: bool,
    /// Whether transactions wait, as far as it was told.
    has_waiting: bool,
    durable: Height,
    bodies: Bodies,
    /// The last final block, for those who still ask for it.
    last: Option<Arc<Block>>,
    /// Why it is final, until it is durable.
    unsettled: Option<Certificate>,
    checks: BTreeMap<BlockId, Check>,
    wants: BTreeMap<BlockId, Want>,
    /// Who spoke of a block.
    holders: BTreeMap<BlockId, BTreeSet<PeerId>>,
    peers: Peers,
    catching_up: CatchingUp,
    evidence: BTreeMap<Offence, Evidence>,
    timers: BTreeMap<Wake, Tick>,
    now: Now,
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

/// A block that is lacking.
#[derive(Debug, Default)]
struct Want {
    /// How many times it was asked for.
    turn: usize,
}

/// What there is to know about blocks that others have made final.
#[derive(Debug, Default)]
struct CatchingUp {
    /// Who was asked last, until it answers.
    asked: Option<PeerId>,
    turn: usize,
    /// Blocks that came, with who gave them.
    incoming: VecDeque<(PeerId, FinalBlock)>,
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
        (engine, signer, logs): (E, Option<S>, Logs<D>),
        next: Next,
        now: Now,
    ) -> Result<(Self, Vec<Command>), Halt> {
        let durable = next.height.previous().unwrap_or_default();
        let mut driver = Self {
            settings,
            engine,
            signer,
            logs,
            next,
            stage: Stage::Waiting,
            is_joining: settings.has_peers,
            is_silent: false,
            has_waiting: false,
            durable,
            bodies: Bodies::default(),
            last: None,
            unsettled: None,
            checks: BTreeMap::new(),
            wants: BTreeMap::new(),
            holders: BTreeMap::new(),
            peers: Peers::default(),
            catching_up: CatchingUp::default(),
            evidence: BTreeMap::new(),
            timers: BTreeMap::new(),
            now,
            inputs: VecDeque::new(),
            effects: VecDeque::new(),
            commands: Vec::new(),
        };
        if settings.has_peers {
            driver.set(Wake::Tip, TIP_INTERVAL);
            driver.set(Wake::Joined, JOIN_PATIENCE);
        } else {
            driver.join()?;
        }
        driver.run()?;
        let commands = std::mem::take(&mut driver.commands);
        Ok((driver, commands))
    }

    /// Takes in what happened, and says what is to be done.
    pub fn handle(
        &mut self,
        now: Now,
        events: impl IntoIterator<Item = Event>,
    ) -> Result<Vec<Command>, Halt> {
        self.now = now;
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
        self.ring()?;
        self.run()?;
        Ok(std::mem::take(&mut self.commands))
    }

    /// When it wants to be called even if nothing happens.
    pub fn next_wake(&self) -> Option<Tick> {
        self.timers.values().min().copied()
    }

    /// The height that is being decided.
    pub const fn height(&self) -> Height {
        self.next.height
    }

    /// Whether it still waits to hear how far the chain is.
    pub const fn is_joining(&self) -> bool {
        self.is_joining
    }

    /// The engine, to look at.
    pub const fn engine(&self) -> &E {
        &self.engine
    }

    fn take(&mut self, event: Event) -> Result<(), Halt> {
        match event {
            Event::Connected(peer) => {
                self.peers.add(peer);
                self.say(To::Peer(peer), self.own_tip());
            }
            Event::Disconnected(peer) => {
                self.peers.remove(peer);
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
                self.start_if_due()?;
            }
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

    /// Does what the engine says until it says nothing.
    fn run(&mut self) -> Result<(), Halt> {
        loop {
            if let Some(effect) = self.effects.pop_front() {
                self.execute(effect)?;
            } else if let Some(input) = self.inputs.pop_front() {
                let mut effects = Vec::new();
                self.engine.step(self.now.tick, input, &mut effects);
                self.effects.extend(effects);
            } else {
                return Ok(());
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
                Wake::Early(block) => self.pursue(block),
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
        let micros = after.get().saturating_mul(1_000);
        let at = self.now.tick.get().saturating_add(micros);
        self.timers.insert(wake, Tick::new(at));
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

    /// Whether others may be further is known, or has been waited for.
    fn check_joined(&mut self) -> Result<(), Halt> {
        if !self.is_joining || self.is_behind() {
            return Ok(());
        }
        let is_patient = self.timers.contains_key(&Wake::Joined);
        if is_patient && !self.peers.have_spoken() {
            return Ok(());
        }
        self.join()
    }

    fn join(&mut self) -> Result<(), Halt> {
        self.is_joining = false;
        self.timers.remove(&Wake::Joined);
        if let Some(signer) = &mut self.signer {
            signer.release();
        }
        self.start_if_due()
    }

    /// Begins the next height, once what was written down two heights ago is
    /// not needed any more.
    fn start_if_due(&mut self) -> Result<(), Halt> {
        let is_waiting = matches!(self.stage, Stage::Waiting) && !self.is_joining;
        // A block can be durable before the driver hears that it is final.
        let unsettled = (self.next.height.get() - 1).saturating_sub(self.durable.get());
        if is_waiting && unsettled <= SETTLING_COUNT_MAX {
            self.start()?;
        }
        Ok(())
    }

    fn start(&mut self) -> Result<(), Halt> {
        let height = self.next.height;
        self.stage = Stage::Deciding;
        let known = self.logs.certificate(height).cloned();
        let records = match self.logs.begin(height).map_err(Halt::Log)? {
            Begun::With(found) => self.recover(found)?,
            Begun::Later(later) => {
                self.is_silent = true;
                self.warn(Warning::LogOfLater { height, later });
                Vec::new()
            }
        };
        let next = &self.next;
        self.inputs.push_back(Input::Start(Start {
            height,
            validators: Arc::clone(&next.validators),
            last_proposer: next.last_proposer,
            has_unproved: next.has_unproved,
            has_waiting: self.has_waiting,
            records,
        }));
        if let Some(certificate) = known {
            self.decide_again(certificate);
        }
        self.use_incoming()
    }

    /// The height was final before a restart, and its block not durable.
    fn decide_again(&mut self, certificate: Certificate) {
        let genesis = self.settings.genesis;
        let validators = &self.next.validators;
        let verified = verify_certificate(certificate, genesis, validators, &Ed25519);
        // One that does not hold was written by nobody here: the others know.
        if let Ok(certificate) = verified {
            self.inputs.push_back(Input::Certified(certificate));
        }
    }

    /// Takes up what the log of the height held, or begins it.
    fn recover(&mut self, found: Vec<Found>) -> Result<Vec<Record>, Halt> {
        let height = self.next.height;
        if found.is_empty()
            && let Some(certificate) = self.unsettled.clone()
        {
            self.write_down(Entry::Certificate(&certificate))?;
        }
        let mut records = Vec::new();
        for found in found {
            match found {
                Found::Record(record) => records.push(*record),
                Found::Block(block) => {
                    self.bodies.put(Body::unchecked(Arc::from(block)), true);
                }
                Found::Certificate(_) => {}
            }
        }
        let signer = self.signer.as_ref();
        if signer.is_some_and(|signer| signer.is_past(height)) {
            self.is_silent = true;
        } else if !self.are_complete(&records) {
            self.is_silent = true;
            self.warn(Warning::LogLost { height });
        }
        Ok(records)
    }

    /// Whether all that was signed at this height was written down. The log may
    /// have lost its end to a disk that changes bytes: then a validator does
    /// not know any more what it had prepared.
    fn are_complete(&self, records: &[Record]) -> bool {
        let Some(signer) = &self.signer else {
            return true;
        };
        let intents: BTreeMap<_, _> = records
            .iter()
            .filter_map(|record| match record {
                Record::Intent(statement) => {
                    let bytes = statement.sign_bytes(self.settings.genesis);
                    let root = pyralog_guard::SigningRoot::of(&bytes);
                    Some((statement.place(), root))
                }
                _ => None,
            })
            .collect();
        let mut known = signer.signed(self.next.height).into_iter();
        known.all(|(place, root)| root.is_some() && intents.get(&place).copied() == root)
    }

    /// A block has become final: what belongs to its height is over.
    fn finalized(&mut self, next: Next) -> Result<(), Halt> {
        let done = self.next.height;
        for offence in &next.punished {
            self.evidence.remove(offence);
        }
        self.next = next;
        self.stage = Stage::Waiting;
        self.is_silent = false;
        self.bodies.forget(done);
        self.checks.clear();
        self.wants.clear();
        self.holders.clear();
        self.timers.retain(|wake, _| match wake {
            Wake::Engine(timer) => timer.height() > done,
            Wake::Ask(_) | Wake::Early(_) => false,
            Wake::CatchUp | Wake::Tip | Wake::Joined => true,
        });
        self.start_if_due()?;
        self.use_incoming()?;
        self.check_joined()
    }

    fn warn(&mut self, warning: Warning) {
        self.commands.push(Command::Warn(warning));
    }
}
