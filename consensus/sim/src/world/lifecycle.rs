//! How a process begins, ends, and begins again.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use pyralog_consensus::{Input, Record, Start};
use pyralog_disk::MemoryDisk;
use pyralog_guard::Guard;
use pyralog_primitives::Height;
use pyralog_primitives::codec::Canonical;
use pyralog_wal::{Recovered, Wal};

use super::{Event, World};
use crate::coverage::{FaultKind, Landmark};
use crate::fault::{File, Tear};
use crate::group::ProcessId;
use crate::invariant::{Attention, Broken, Invariant};
use crate::plan::Workload;
use crate::process::{Clock, Conduct, LogState, Running, Trap};
use crate::protocol::Protocol;
use crate::time::Span;

/// How long a process that ended by itself stays down.
const DOWN_SPAN: Span = Span::from_millis(200);

impl<P: Protocol> World<'_, P> {
    /// A process begins, unless it has begun already.
    pub(super) fn restart(&mut self, who: ProcessId, life: u64) {
        let process = &self.processes[who.get()];
        if process.life != life || process.running.is_some() {
            return;
        }
        self.trace.note(self.now, (1, who.get(), life));
        self.trace.say(self.now, || format!("{who} begins"));
        match self.open(who) {
            Ok((running, records)) => {
                let process = &mut self.processes[who.get()];
                process.clock = Clock::new(self.now, process.clock.speed());
                process.running = Some(running);
                self.start(who, records);
            }
            Err(what) => self.check(Err(Broken::new(Invariant::Recovery, what))),
        }
    }

    /// Opens what is on the disks.
    fn open(&mut self, who: ProcessId) -> Result<(Running<P::Engine>, Vec<Record>), String> {
        let process = &self.processes[who.get()];
        let validator = process.validator;
        let next = process
            .tip_height()
            .next()
            .expect("a run makes some hundred blocks");
        let log = process.wal_disk.clone();
        let (mut wal, found) = Wal::open(log)
            .map_err(|error| format!("validator {validator} cannot open its log: {error}"))?;
        let address = self.keyring.address(validator);
        let guard = self.is_guarded(who).then(|| {
            let opened = Guard::open(process.guard_disk.clone(), self.genesis, address);
            opened.map_err(|error| format!("validator {validator} cannot open its guard: {error}"))
        });
        let guard = guard.transpose()?.map(|(mut guard, _)| {
            guard.release();
            guard
        });
        if found.torn.get() > 0 {
            self.coverage.landmark(Landmark::TornTail);
        }
        let records = self.records(next, &found);
        if records.is_empty() {
            let begun = wal.begin(next);
            begun.map_err(|error| format!("validator {validator} cannot begin a log: {error}"))?;
        } else {
            self.coverage.landmark(Landmark::Replay);
        }
        let running = Running {
            engine: self.protocol.engine(Some(address)),
            wal,
            guard,
            height: next,
            effects: VecDeque::new(),
            inbox: VecDeque::new(),
            log: LogState::Durable,
            timers: BTreeMap::new(),
            timer_count: 0,
            wanted: BTreeMap::new(),
            deciding: None,
            is_committing: false,
            has_waiting: self.plan.workload == Workload::Full,
            given: BTreeMap::new(),
            asked: None,
            ahead: None,
            attention: Attention::default(),
            proved: BTreeSet::new(),
        };
        Ok((running, records))
    }

    /// What the log says about this height.
    fn records(&self, height: Height, found: &Recovered) -> Vec<Record> {
        if found.height != Some(height) || self.flaws.forgets_log {
            return Vec::new();
        }
        let decode = |bytes: &Vec<u8>| {
            Record::decode(bytes).expect("it was encoded here, and a log keeps bytes")
        };
        found.records.iter().map(decode).collect()
    }

    fn is_guarded(&self, who: ProcessId) -> bool {
        let is_faulty = matches!(self.processes[who.get()].conduct, Conduct::Byzantine(_));
        self.plan.is_guarded && !is_faulty
    }

    /// The next height begins.
    pub(super) fn start(&mut self, who: ProcessId, records: Vec<Record>) {
        let process = &mut self.processes[who.get()];
        let last = process.chain.last();
        let (has_unproved, last_proposer) = match last {
            Some(last) => {
                let content = &last.block.content;
                (content.has_transactions, Some(content.proposer))
            }
            None => (false, None),
        };
        let Some(running) = &mut process.running else {
            return;
        };
        let height = running.height;
        let has_waiting = running.has_waiting;
        running.timers.retain(|timer, _| timer.height() >= height);
        running.attention.begin(height);
        let validators = self.committees.at(height);
        if process.is_honest() {
            let is_first = self.tally.start(height, self.now);
            let before = height.previous();
            let before = before.map(|before| self.committees.at(before));
            if is_first && before.is_some_and(|before| before != validators) {
                self.coverage.landmark(Landmark::ChangedSet);
            }
        }
        let start = Start {
            height,
            validators: Arc::clone(&validators),
            last_proposer,
            has_unproved,
            has_waiting,
            records,
        };
        self.tell(who, Input::Start(start));
        self.ask_on(who);
    }

    /// A process ends, and its disks lose what was not synced.
    pub(super) fn crash(&mut self, who: ProcessId, tear: Tear) {
        let process = &mut self.processes[who.get()];
        process.running = None;
        process.trap = None;
        process.life += 1;
        process.lose_volatile();
        for disk in [&process.wal_disk, &process.guard_disk] {
            disk.crash(tear.crash(disk.unsynced()));
        }
        if self.flaws.rots
            && let Some(mut log) = process.wal_disk.content()
            && let Some(byte) = log.first_mut()
        {
            *byte ^= 1;
            process.wal_disk = MemoryDisk::holding(log);
        }
        self.trace.note(self.now, (2, who.get(), process.life));
        self.trace.say(self.now, || format!("{who} ends"));
    }

    /// It ends, and comes back.
    pub(super) fn crash_until(&mut self, who: ProcessId, tear: Tear, until: crate::time::Moment) {
        self.crash(who, tear);
        let life = self.processes[who.get()].life;
        let at = until.max(self.now.after(DOWN_SPAN));
        self.queue.push(at, Event::Restart { who, life });
    }

    /// The power goes while the log is being written: what was to be synced has
    /// reached the disk in part.
    pub(super) fn tear(&mut self, who: ProcessId) {
        let process = &mut self.processes[who.get()];
        let Some(trap) = process.trap.take() else {
            // The faults have ended meanwhile.
            self.synced(who);
            return;
        };
        if let Some(running) = &mut process.running {
            process.wal_disk.fail_next(pyralog_disk::Fault::Sync);
            // It fails, as it was told to; the bytes lie unsynced.
            let _ = running.wal.sync();
        }
        let kind = match trap.failing {
            Some(_) => FaultKind::FailedSync,
            None => FaultKind::TornWrite,
        };
        self.coverage.fault(kind);
        self.crash_until(who, trap.tear, trap.until);
    }

    /// The trap of a process for the file that it is about to sync, if it has one.
    pub(super) fn trap_for(&self, who: ProcessId, file: File) -> Option<Trap> {
        let trap = self.processes[who.get()].trap?;
        match trap.failing {
            None => (file == File::Log).then_some(trap),
            Some(failing) => (failing == file).then_some(trap),
        }
    }

    /// It begins again at once, and has forgotten all that it said.
    pub(super) fn forget(&mut self, who: ProcessId) {
        if self.processes[who.get()].running.is_none() {
            return;
        }
        self.crash(who, Tear::Lost);
        let process = &mut self.processes[who.get()];
        process.wal_disk = MemoryDisk::new();
        process.guard_disk = MemoryDisk::new();
        let life = process.life;
        self.restart(who, life);
    }
}
