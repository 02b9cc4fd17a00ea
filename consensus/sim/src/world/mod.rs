//! The network of processes, and the clock that moves it.
//!
//! ```text
//! Queue ──▶ event ──▶ faults     begin, end, shift, crash, restart
//!                 ├─▶ delivery   a packet reaches a process
//!                 └─▶ driver     something that a process waited for is there
//! driver ──▶ Engine::step ──▶ effects, in order ──▶ Queue, Network, disks
//! ```

mod account;
mod delivery;
mod driver;
mod faults;
mod lifecycle;
mod misconduct;

use std::sync::Arc;

use pyralog_consensus::{Input, Timer};
use pyralog_primitives::{BlockId, Domain, GenesisHash, Height};

use crate::byzantine::{Habits, Plot};
use crate::chance::{Chance, Stream};
use crate::committee::Committees;
use crate::coverage::{Coverage, Landmark};
use crate::flaws::Flaws;
use crate::group::{Group, ProcessId};
use crate::invariant::{
    Agreement, Broken, Constancy, EVENT_COUNT_MAX, endless, liveness_span_max, stuck,
};
use crate::keyring::{Keyring, Signatures};
use crate::network::Network;
use crate::options::{Options, Scenario};
use crate::outcome::{Disagreement, Outcome, Tally};
use crate::packet::Packet;
use crate::plan::{Plan, Workload};
use crate::process::{Clock, Conduct, Process};
use crate::protocol::Protocol;
use crate::queue::Queue;
use crate::testimony::Testimonies;
use crate::time::{Moment, Span};
use crate::trace::{Reader, Trace};

/// Something that is due.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    Deliver {
        to: ProcessId,
        from: ProcessId,
        packet: Arc<Packet>,
    },
    Wake {
        who: ProcessId,
        /// In which life of the process it was put down.
        life: u64,
        wake: Wake,
    },
    /// A habit of one that breaks the rules.
    Whim {
        who: ProcessId,
        place: usize,
    },
    Restart {
        who: ProcessId,
        life: u64,
    },
    Begin {
        fault: usize,
    },
    End {
        fault: usize,
    },
    Shift {
        fault: usize,
    },
    /// A transaction comes.
    Arrival,
    /// All faults end.
    Heal,
}

/// Something that a process waited for.
#[derive(Clone, Debug)]
pub(crate) enum Wake {
    Timer {
        timer: Timer,
        setting: u64,
    },
    Synced,
    /// The power goes in the midst of a sync.
    Torn,
    Told(Box<Input>),
    Committed,
    /// A body that was asked for has not come.
    Ask {
        block: BlockId,
    },
}

/// A simulation under way.
pub(crate) struct World<'a, P: Protocol> {
    protocol: &'a P,
    options: Options,
    plan: Plan,
    flaws: Flaws,
    genesis: GenesisHash,
    keyring: Keyring,
    committees: Committees,
    now: Moment,
    queue: Queue<Event>,
    network: Network,
    processes: Vec<Process<P::Engine>>,
    plot: Plot,
    salt: u64,
    coverage: Coverage,
    trace: Trace<'a>,
    tally: Tally,
    agreement: Agreement,
    constancy: Constancy,
    testimonies: Testimonies,
    /// Where honest validators disagree, once they do.
    pub(crate) disagreement: Option<Disagreement>,
    broken: Option<Broken>,
    /// Once the faults have ended: when, and to which height all must come.
    healed: Option<(Moment, Height)>,
}

impl<'a, P: Protocol> World<'a, P> {
    pub(crate) fn new(
        protocol: &'a P,
        options: Options,
        flaws: Flaws,
        reader: Option<Reader<'a>>,
    ) -> Self {
        let plan = Plan::draw(&options);
        let (seed, validators) = (options.seed, options.validators);
        let keyring = Keyring::new(validators, options.signatures);
        let mut faulty = vec![false; validators];
        for (who, _) in plan.faulty() {
            faulty[who.get()] = true;
        }
        for twin in &plan.twins {
            faulty[*twin] = true;
        }
        let is_treason = matches!(options.scenario, Scenario::Treason { .. });
        let committees = Committees::new(seed, &keyring, faulty, plan.epoch);
        let committees = committees.with_treason(is_treason && plan.epoch.is_some());
        let count = validators + plan.twins.len();
        let is_scripted = matches!(options.scenario, Scenario::Twins { .. });
        let camp = u128::from(Chance::new(seed, Stream::Fault(usize::MAX)).next());
        let anyone = Group::from_bits(camp | camp << 64);
        let mut world = Self {
            genesis: GenesisHash::new(Domain::Genesis.hash(&seed.get().to_le_bytes())),
            network: Network::new(seed, count, plan.pace.link, is_scripted),
            processes: (0..count).map(|id| process(id, &options, &plan)).collect(),
            protocol,
            options,
            flaws,
            keyring,
            committees,
            now: Moment::default(),
            queue: Queue::new(),
            plot: Plot::new(plan.camp.unwrap_or(anyone)),
            salt: 0,
            coverage: Coverage::default(),
            trace: Trace::new(reader),
            tally: Tally::default(),
            agreement: Agreement::default(),
            constancy: Constancy::new(validators),
            testimonies: Testimonies::new(),
            disagreement: None,
            broken: None,
            healed: None,
            plan,
        };
        world.schedule();
        world
    }

    /// Puts down what the plan says.
    fn schedule(&mut self) {
        for place in 0..self.plan.faults.len() {
            let fault = &self.plan.faults[place];
            let (from, until) = (fault.from, fault.until);
            self.queue.push(from, Event::Begin { fault: place });
            self.queue.push(until, Event::End { fault: place });
        }
        for (who, misconduct) in self.plan.faulty() {
            let process = &mut self.processes[who.get()];
            if let Conduct::Byzantine(habits) = &mut process.conduct {
                habits.add(misconduct, &mut process.chance);
            }
        }
        for place in 0..self.processes.len() {
            let who = ProcessId::new(place);
            if self.plan.crashed.has(who) {
                continue;
            }
            self.queue
                .push(Moment::default(), Event::Restart { who, life: 0 });
            let process = &mut self.processes[place];
            if let Conduct::Byzantine(habits) = &mut process.conduct {
                for (place, span) in habits.sleep(&mut process.chance) {
                    let at = Moment::default().after(span);
                    self.queue.push(at, Event::Whim { who, place });
                }
            }
        }
        if let Workload::Every(span) = self.plan.workload {
            self.queue
                .push(Moment::default().after(span), Event::Arrival);
        }
        self.queue.push(self.plan.safety, Event::Heal);
    }

    /// Runs to the end.
    pub(crate) fn run(&mut self) -> Result<Outcome, (Moment, Broken)> {
        while let Some((at, event)) = self.queue.pop() {
            self.now = at;
            if self.trace.count > EVENT_COUNT_MAX {
                return Err((self.now, endless()));
            }
            self.handle(event);
            if let Some(broken) = self.broken.take() {
                return Err((self.now, broken));
            }
            let Some((since, wanted)) = self.healed else {
                continue;
            };
            let Some((who, height)) = self.slowest() else {
                return self.close();
            };
            if height >= wanted {
                return self.close();
            }
            let passed = self.now.since(since);
            if passed > liveness_span_max(self.options.heights) {
                return Err((self.now, stuck(who, height, wanted, passed)));
            }
        }
        let (who, height) = self.slowest().unwrap_or_default();
        let wanted = self.healed.map_or(height, |(_, wanted)| wanted);
        let passed = self.now.since(Moment::default());
        Err((self.now, stuck(who, height, wanted, passed)))
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Deliver { to, from, packet } => self.deliver(to, from, packet),
            Event::Wake { who, life, wake } => self.wake(who, life, wake),
            Event::Whim { who, place } => self.indulge(who, place),
            Event::Restart { who, life } => self.restart(who, life),
            Event::Begin { fault } => self.begin_fault(fault),
            Event::End { fault } => self.end_fault(fault),
            Event::Shift { fault } => self.shift_fault(fault),
            Event::Arrival => self.arrive(),
            Event::Heal => self.heal(),
        }
    }

    /// The honest validator that is farthest behind. Twins count where there is
    /// nobody else.
    fn slowest(&self) -> Option<(usize, Height)> {
        let up = |process: &&Process<P::Engine>| !self.plan.crashed.has(process.id);
        let honest = self.processes.iter().filter(|process| process.is_honest());
        let heights = honest
            .filter(up)
            .map(|process| (process.validator, process.tip_height()));
        heights.min_by_key(|(_, height)| *height)
    }

    /// The run has ended well, if what was said in it accuses nobody wrongly.
    fn close(&mut self) -> Result<Outcome, (Moment, Broken)> {
        self.check_all_innocent();
        match self.broken.take() {
            Some(broken) => Err((self.now, broken)),
            None => Ok(self.finish()),
        }
    }

    fn finish(&mut self) -> Outcome {
        self.coverage.landmark(Landmark::Run);
        if self.plan.is_guarded {
            self.coverage.landmark(Landmark::GuardedRun);
        }
        if self.plan.epoch.is_some() {
            self.coverage.landmark(Landmark::ChangingRun);
        }
        if self.options.signatures == Signatures::Ed25519 {
            self.coverage.landmark(Landmark::SignedRun);
        }
        let height = self
            .slowest()
            .map_or(Height::default(), |(_, height)| height);
        let healed = self.healed.map(|(since, _)| self.now.since(since));
        Outcome::new(
            &self.trace,
            (height, self.now, healed.unwrap_or_default()),
            std::mem::take(&mut self.coverage),
            std::mem::take(&mut self.tally),
        )
    }

    /// Takes note of a broken rule. The first one counts.
    fn check(&mut self, result: Result<(), Broken>) {
        if let Err(broken) = result {
            self.trace
                .say(self.now, || format!("{} violated", broken.invariant));
            self.broken.get_or_insert(broken);
        }
    }

    fn heal(&mut self) {
        self.trace.note(self.now, (9, 0, 0));
        self.trace.say(self.now, || "all faults end".to_owned());
        self.network.heal();
        for place in 0..self.processes.len() {
            let who = ProcessId::new(place);
            self.recover(who);
        }
        let heights = self.processes.iter().map(Process::tip_height);
        let highest = heights.max().unwrap_or_default();
        let wanted = match self.options.scenario {
            // Nothing is promised.
            Scenario::Treason { .. } => Some(Height::default()),
            _ => highest.after(self.options.heights),
        };
        let wanted = wanted.expect("a run makes some hundred blocks");
        self.healed = Some((self.now, wanted));
    }

    /// The process is up and nothing is wrong with it, from here on.
    fn recover(&mut self, who: ProcessId) {
        let now = self.now;
        let process = &mut self.processes[who.get()];
        process.paused_until = now;
        process.sync_factor = 1;
        process.clock.set_speed(now, Clock::RIGHT);
        process.trap = None;
        let (life, is_down) = (process.life, process.running.is_none());
        if is_down && !self.plan.crashed.has(who) {
            self.queue.push(now, Event::Restart { who, life });
        }
    }

    fn arrive(&mut self) {
        self.trace.note(self.now, (8, 0, 0));
        for place in 0..self.processes.len() {
            let who = ProcessId::new(place);
            if let Some(running) = &mut self.processes[place].running
                && !running.has_waiting
            {
                running.has_waiting = true;
                self.tell(who, Input::Waiting);
            }
        }
        if let Workload::Every(span) = self.plan.workload {
            self.queue.push(self.now.after(span), Event::Arrival);
        }
    }

    /// Something that this process waits for is there after a while. Where no
    /// time passes, it is there at once.
    fn later(&mut self, who: ProcessId, span: Span, wake: Wake) {
        let life = self.processes[who.get()].life;
        let event = Event::Wake { who, life, wake };
        self.queue.push(self.now.after(span), event);
    }
}

fn process<E>(id: usize, options: &Options, plan: &Plan) -> Process<E> {
    let (conduct, validator) = if id >= options.validators {
        (Conduct::Twin, plan.twins[id - options.validators])
    } else if plan.twins.contains(&id) {
        (Conduct::Twin, id)
    } else if plan.faulty().any(|(who, _)| who.get() == id) {
        (Conduct::Byzantine(Habits::default()), id)
    } else {
        (Conduct::Honest, id)
    };
    Process {
        id: ProcessId::new(id),
        validator,
        conduct,
        life: 0,
        running: None,
        paused_until: Moment::default(),
        sync_factor: 1,
        clock: Clock::new(Moment::default(), Clock::RIGHT),
        chance: Chance::new(options.seed, Stream::Process(id)),
        trap: None,
        wal_disk: pyralog_disk::MemoryDisk::new(),
        guard_disk: pyralog_disk::MemoryDisk::new(),
        chain: Vec::new(),
        bodies: std::collections::BTreeMap::new(),
    }
}
