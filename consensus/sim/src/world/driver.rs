//! Does what an engine says, in order, and decides nothing.
//!
//! Invariant: an effect begins only once those before it have been done, and
//! what is signed, told or made final only once the records before it are
//! durable. Meanwhile everything else that the process is told waits.

use pyralog_consensus::{Effect, Engine, Input, Message, Record, Statement, Timer};
use pyralog_guard::GuardError;
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::codec::Canonical;
use pyralog_primitives::{BlockId, DurationMs, Height, Round};

use super::{Wake, World};
use crate::block::{Block, Content, Final};
use crate::coverage::{FaultKind, Landmark};
use crate::fault::File;
use crate::group::{Group, ProcessId};
use crate::invariant::{
    abstained, check_certificate, check_durability, check_evidence, check_memory, check_validity,
    refused, unreported,
};
use crate::plan::Workload;
use crate::process::{Conduct, LogState, Process};
use crate::protocol::Protocol;
use crate::testimony::round_of;
use crate::time::Span;

/// What a process is told while it waits for its disk. Fewer, and a slow disk
/// loses messages; more, and whoever sends a lot fills its memory.
const INBOX_COUNT_MAX: usize = 4096;

impl<P: Protocol> World<'_, P> {
    /// Tells a process something.
    pub(super) fn tell(&mut self, who: ProcessId, input: Input) {
        if let Some(running) = &mut self.processes[who.get()].running
            && running.inbox.len() < INBOX_COUNT_MAX
        {
            running.inbox.push_back(input);
            self.run_process(who);
        }
    }

    /// Lets a process go on until it waits for something.
    fn run_process(&mut self, who: ProcessId) {
        while self.broken.is_none() {
            let Some(running) = &mut self.processes[who.get()].running else {
                return;
            };
            if running.log == LogState::Syncing {
                return;
            }
            let next = running.effects.front();
            if running.log == LogState::Written && next.is_some_and(rests_on_log) {
                self.begin_sync(who);
            } else if let Some(effect) = running.effects.pop_front() {
                self.execute(who, effect);
            } else if let Some(input) = running.inbox.pop_front() {
                self.step(who, input);
            } else {
                return;
            }
        }
    }

    fn step(&mut self, who: ProcessId, input: Input) {
        let now = self.now;
        let process = &mut self.processes[who.get()];
        let Some(running) = &mut process.running else {
            return;
        };
        let tick = process.clock.tick(now);
        let mut effects = Vec::new();
        running.attention.hear(&input);
        running.engine.step(tick, input, &mut effects);
        for effect in &effects {
            running.attention.attend(effect);
        }
        running.effects.extend(effects);
        let heights = [Some(running.height), running.height.next()];
        let counts = heights
            .into_iter()
            .flatten()
            .map(|height| self.committees.at(height).count());
        let count = counts.max().unwrap_or_default();
        let held = check_memory(process.validator, &running.engine, count);
        self.check(held);
    }

    fn execute(&mut self, who: ProcessId, effect: Effect) {
        match effect {
            Effect::Persist(record) => self.persist(who, &record),
            Effect::Sign(statement) => self.sign(who, statement),
            Effect::Broadcast(message) => self.broadcast(who, message),
            Effect::SetTimer { timer, after } => self.set_timer(who, timer, after),
            Effect::Build { height } => self.build(who, height),
            Effect::Check { height, block, .. } => self.examine(who, height, block),
            Effect::Finalize { certificate } => self.finalize(who, certificate),
            Effect::Abstain { height, reason } => {
                let process = &self.processes[who.get()];
                if process.is_honest() {
                    let broken = abstained(process.validator, height, &reason);
                    self.check(Err(broken));
                }
            }
            Effect::Report(evidence) => {
                self.coverage.landmark(Landmark::Evidence);
                let validator = self.processes[who.get()].validator;
                let is_honest = |accused: usize| self.is_honest(accused);
                let context = (self.genesis, &self.keyring);
                let checked = check_evidence(validator, &evidence, is_honest, context);
                self.check(checked);
            }
        }
    }

    fn persist(&mut self, who: ProcessId, record: &Record) {
        let process = &mut self.processes[who.get()];
        let Some(running) = &mut process.running else {
            return;
        };
        let appended = running.wal.append(&record.encode());
        appended.expect("the log of a height is begun, short, and on a disk without faults");
        running.log = LogState::Written;
    }

    /// Makes durable what was written, because something is to rest on it.
    fn begin_sync(&mut self, who: ProcessId) {
        let process = &mut self.processes[who.get()];
        let Some(running) = &mut process.running else {
            return;
        };
        let span = self.plan.pace.sync.draw(&mut process.chance);
        if span == Span::ZERO {
            self.finish_sync(who);
            return;
        }
        if process.sync_factor > 1 {
            self.coverage.fault(FaultKind::SlowDisk);
        }
        let span = span.times(process.sync_factor);
        running.log = if self.flaws.sends_early {
            LogState::Durable
        } else {
            LogState::Syncing
        };
        let wake = match self.trap_for(who, File::Log) {
            Some(_) => Wake::Torn,
            None => Wake::Synced,
        };
        self.later(who, span, wake);
    }

    fn finish_sync(&mut self, who: ProcessId) {
        if let Some(running) = &mut self.processes[who.get()].running {
            let synced = running.wal.sync();
            synced.expect("a disk without faults syncs");
            running.log = LogState::Durable;
        }
    }

    fn sign(&mut self, who: ProcessId, statement: Statement) {
        let trap = self.trap_for(who, File::Guard);
        let process = &mut self.processes[who.get()];
        let Some(running) = &mut process.running else {
            return;
        };
        let bytes = statement.sign_bytes(self.genesis);
        let (validator, keyring) = (process.validator, &self.keyring);
        let signed = match &mut running.guard {
            Some(guard) => {
                if trap.is_some() {
                    process.guard_disk.fail_next(pyralog_disk::Fault::Sync);
                }
                guard.sign(statement.place(), &bytes, |bytes| {
                    keyring.sign(validator, bytes)
                })
            }
            None => Ok(keyring.sign(validator, &bytes)),
        };
        let input = match signed {
            Ok(signature) => {
                // An old signature given again needed no sync.
                process.guard_disk.restart();
                self.testify(who, statement);
                Input::Signed {
                    statement,
                    signature,
                }
            }
            Err(GuardError::Disk(_)) => {
                self.coverage.fault(FaultKind::FailedSync);
                if let Some(trap) = trap {
                    self.crash_until(who, trap.tear, trap.until);
                }
                return;
            }
            Err(refusal) => {
                if process.is_honest() {
                    self.check(Err(refused(validator, &refusal)));
                }
                Input::Refused(statement)
            }
        };
        let span = self
            .plan
            .pace
            .sign
            .draw(&mut self.processes[who.get()].chance);
        self.later(who, span, Wake::Told(Box::new(input)));
    }

    fn broadcast(&mut self, who: ProcessId, message: Message) {
        let process = &self.processes[who.get()];
        match process.conduct {
            Conduct::Honest => {
                let own = self.keyring.address(process.validator);
                // Certificates, and what others said first, anyone may pass on.
                let said = message.statement().filter(|(by, _)| *by == own);
                if let Some((_, statement)) = said {
                    self.check_said(who, statement);
                }
            }
            Conduct::Twin => self.coverage.fault(FaultKind::Twins),
            Conduct::Byzantine(_) => {}
        }
        if let Some(sayings) = self.twist(who, &message) {
            self.send_sayings(who, sayings);
            return;
        }
        let block = self.body_of(who, &message);
        let packet = self.parcel(message, block);
        self.send(who, Group::ALL, &packet);
    }

    fn check_said(&mut self, who: ProcessId, statement: Statement) {
        let process = &mut self.processes[who.get()];
        let Some(running) = &mut process.running else {
            return;
        };
        // Once durable, it stays so as long as the height lasts.
        let is_new = running.proved.insert(statement);
        let is_durable = if is_new {
            check_durability(process.validator, statement, &process.wal_disk)
        } else {
            Ok(())
        };
        let is_constant = self.constancy.check(process.validator, statement);
        self.check(is_durable.and(is_constant));
        if is_new {
            self.check_words(who, statement.height());
        }
    }

    fn set_timer(&mut self, who: ProcessId, timer: Timer, after: DurationMs) {
        let process = &mut self.processes[who.get()];
        let Some(running) = &mut process.running else {
            return;
        };
        running.timer_count += 1;
        let setting = running.timer_count;
        running.timers.insert(timer, setting);
        if process.clock.is_skewed() {
            self.coverage.fault(FaultKind::Skew);
        }
        self.tally.give_time(timer, Span::of(after));
        let span = process.clock.wait(Span::of(after));
        self.later(who, span, Wake::Timer { timer, setting });
    }

    fn build(&mut self, who: ProcessId, height: Height) {
        self.salt += 1;
        let salt = self.salt;
        let process = &self.processes[who.get()];
        let Some(running) = &process.running else {
            return;
        };
        let mut content = Content {
            height,
            parent: process.tip(),
            proposer: self.keyring.address(process.validator),
            salt,
            has_transactions: running.has_waiting,
            is_sound: true,
        };
        self.spoil(who, &mut content);
        let block = std::sync::Arc::new(Block::new(content));
        self.tally.build(block.id, self.now);
        let process = &mut self.processes[who.get()];
        process.hold(&block, true);
        let span = self.plan.pace.build.draw(&mut process.chance);
        let block = block.id;
        let input = Input::Built { height, block };
        self.later(who, span, Wake::Told(Box::new(input)));
    }

    /// Executes a block, or first asks for it.
    pub(super) fn examine(&mut self, who: ProcessId, height: Height, block: BlockId) {
        let believes = self.believes_all(who);
        let process = &mut self.processes[who.get()];
        let tip = process.tip();
        let Some(body) = process.bodies.get_mut(&block) else {
            self.want(who, block, true);
            return;
        };
        body.is_durable = true;
        let is_valid = body.block.is_valid(height, tip) || believes;
        let span = self.plan.pace.check.draw(&mut process.chance);
        let input = Input::Checked {
            height,
            block,
            is_valid,
        };
        self.later(who, span, Wake::Told(Box::new(input)));
    }

    fn finalize(&mut self, who: ProcessId, certificate: Certificate) {
        let (height, block) = (certificate.height(), certificate.value());
        let round = round_of(&certificate);
        self.trace.say(self.now, || {
            let block = crate::packet::short(block);
            format!("{who} ■ final h{height} r{round} {block}")
        });
        let process = &self.processes[who.get()];
        if process.is_honest() {
            let validator = process.validator;
            let validators = self.committees.at(height);
            let context = (self.genesis, &*validators);
            let certified = check_certificate(validator, &certificate, context, &self.keyring);
            let is_good = certified.is_ok();
            self.check(certified);
            if is_good {
                self.check_agreement(validator, &certificate);
            }
            self.tally.decide((height, round, block), self.now);
        }
        let Some(running) = &mut self.processes[who.get()].running else {
            return;
        };
        if running.height == height && running.deciding.is_none() {
            running.deciding = Some(certificate);
            self.try_to_commit(who);
        }
    }

    /// Commits what is decided, once its body is there.
    pub(super) fn try_to_commit(&mut self, who: ProcessId) {
        let process = &mut self.processes[who.get()];
        let Some(running) = &mut process.running else {
            return;
        };
        let Some(block) = running.deciding.as_ref().map(Certificate::value) else {
            return;
        };
        if running.is_committing {
            return;
        }
        if let Some(body) = process.bodies.get_mut(&block) {
            body.is_durable = true;
            running.is_committing = true;
            let span = self.plan.pace.commit.draw(&mut process.chance);
            let span = span.times(process.sync_factor);
            self.later(who, span, Wake::Committed);
        } else {
            self.want(who, block, false);
        }
    }

    /// The block is durable: the next height begins.
    fn commit(&mut self, who: ProcessId) {
        let process = &mut self.processes[who.get()];
        let (tip, validator) = (process.tip(), process.validator);
        let Some((height, last)) = take_decided(process) else {
            return;
        };
        if process.is_honest() {
            let place = (height, round_of(&last.certificate));
            let agreed = self.agreement.check(validator, place, last.block.id);
            let agreed = agreed.map_err(|(_, broken)| broken);
            let running = process.running.as_ref();
            let missed = running.and_then(|running| running.attention.missed(place.1));
            let missed = missed.and_then(|faulty| self.keyring.find(faulty));
            let attentive = match missed {
                Some(faulty) => Err(unreported(validator, faulty, place)),
                None => Ok(()),
            };
            let valid = check_validity(validator, &last.block, (height, tip));
            self.constancy.forget_below(validator, height);
            self.coverage.landmark(Landmark::FinalBlock);
            if place.1 > Round::FIRST {
                self.coverage.landmark(Landmark::LateBlock);
            }
            self.check(agreed.and(valid).and(attentive));
        }
        let process = &mut self.processes[who.get()];
        let has_transactions = last.block.content.has_transactions;
        process.chain.push(std::sync::Arc::new(last));
        process.forget_decided();
        let next = height.next().expect("a run makes some hundred blocks");
        let Some(running) = &mut process.running else {
            return;
        };
        running.height = next;
        running.is_committing = false;
        running.wanted.clear();
        running.proved.clear();
        if has_transactions && self.plan.workload != Workload::Full {
            running.has_waiting = false;
        }
        let begun = running.wal.begin(next);
        begun.expect("a disk without faults replaces a file");
        self.start(who, Vec::new());
    }

    /// Something that the process waited for is there.
    pub(super) fn wake(&mut self, who: ProcessId, life: u64, wake: Wake) {
        let now = self.now;
        let process = &mut self.processes[who.get()];
        if process.life != life || process.running.is_none() {
            return;
        }
        if process.paused_until > now {
            let at = process.paused_until;
            self.coverage.fault(FaultKind::Pause);
            self.queue.push(at, super::Event::Wake { who, life, wake });
            return;
        }
        self.trace.note(now, (10, who.get(), wake.number()));
        match wake {
            Wake::Timer { timer, setting } => self.ring(who, timer, setting),
            Wake::Synced => self.synced(who),
            Wake::Torn => self.tear(who),
            Wake::Told(input) => self.tell(who, *input),
            Wake::Committed => self.commit(who),
            Wake::Ask { block } => self.ask_again(who, block),
        }
    }

    /// What was written is durable: the process goes on.
    pub(super) fn synced(&mut self, who: ProcessId) {
        self.finish_sync(who);
        self.run_process(who);
    }

    fn ring(&mut self, who: ProcessId, timer: Timer, setting: u64) {
        let Some(running) = &mut self.processes[who.get()].running else {
            return;
        };
        // Set anew since: this one does not count.
        if running.timers.get(&timer) != Some(&setting) {
            return;
        }
        running.timers.remove(&timer);
        self.trace.say(self.now, || format!("{who} ◷ {timer:?}"));
        self.tell(who, Input::Timer(timer));
    }
}

impl Wake {
    /// Stands for it in the hash of the trace.
    fn number(&self) -> u64 {
        match self {
            Self::Timer { setting, .. } => 100 + setting,
            Self::Synced => 1,
            Self::Torn => 2,
            Self::Told(_) => 3,
            Self::Committed => 4,
            Self::Ask { .. } => 5,
        }
    }
}

/// Whether this needs what was written before it to be durable.
const fn rests_on_log(effect: &Effect) -> bool {
    matches!(
        effect,
        Effect::Sign(_) | Effect::Broadcast(_) | Effect::Finalize { .. }
    )
}

/// Takes what is decided, with its body.
fn take_decided<E>(process: &mut Process<E>) -> Option<(Height, Final)> {
    let certificate = process.running.as_mut()?.deciding.take()?;
    let body = process.body(certificate.value())?;
    let last = Final {
        block: std::sync::Arc::clone(body),
        certificate,
    };
    Some((last.certificate.height(), last))
}
