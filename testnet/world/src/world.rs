//! The clock, the links, and what is to happen next.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use pyralog_chain::Application;
use pyralog_consensus::Engine;
use pyralog_driver::{
    Command, Event, FoundTransaction, Next, OfferNumber, Order, To, Warning, Word,
};
use pyralog_genesis::{ConsensusKind, Genesis};
use pyralog_p2p::PeerId;
use pyralog_primitives::codec::List;
use pyralog_primitives::transaction::Transaction;
use pyralog_primitives::vote::Evidence;
use pyralog_primitives::{Address, Height, TransactionId};

use crate::chance::Chance;
use crate::checks::{Broken, Seen};
use crate::fault::{self, FAULTS_END, Fault, Kind, Micros, Tear};
use crate::genesis::{genesis, key, transfer};
use crate::node::Node;
use crate::store::Pending;

/// By then everything that is to happen has happened.
const END: Micros = FAULTS_END + 60_000_000;
/// A run that makes no progress by the clock has events without end.
const EVENT_COUNT_MAX: u64 = 5_000_000;
/// Whether all is done is looked at each so many events.
const DONE_CHECK_INTERVAL: u64 = 64;
/// Clients send what is not final again after a while.
const RESEND_SPAN: Micros = 700_000;
/// Not every node hears of a transaction before the block that holds it.
const OFFER_LOSS_PERCENT: u64 = 30;
/// Messages take so long where nothing goes wrong, at least and at most.
const LINK_SPAN: (Micros, Micros) = (500, 8_000);
/// So does the ledger with a block,
const LEDGER_SPAN: (Micros, Micros) = (200, 6_000);
/// and the disk with a final one.
const DISK_SPAN: (Micros, Micros) = (1_000, 15_000);

/// Nodes of a world. More, and a run takes minutes; more than 63, and the two
/// sides of a split network do not fit the number that draws them.
pub const NODE_COUNT_MAX: u8 = 16;

/// What is simulated.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Decides the whole course of it.
    pub seed: Seed,
    /// How many validators there are; from one to [`NODE_COUNT_MAX`].
    pub validators: u8,
    /// How many transfers clients send.
    pub transfers: u32,
    /// Whether things go wrong.
    pub has_faults: bool,
    /// Whether there is time to make durable in the guards what was signed. If
    /// not, only the logs know, and no fault takes them away.
    pub has_rest: bool,
}

/// The number that a run is drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seed(u64);

impl Seed {
    /// The seed of this number.
    pub const fn new(raw: u64) -> Self {
        Self(raw)
    }

    /// The number without its meaning.
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// What was exercised.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Final blocks.
    pub heights: usize,
    /// Processes that began again.
    pub restarts: usize,
    /// Times that a node lacked transactions of a block.
    pub fetched: usize,
    /// Final blocks that were given to peers.
    pub given: usize,
    /// Messages lost.
    pub lost: usize,
    /// Times that a validator that had lost its logs was silent at a height.
    pub silenced: usize,
}

/// Simulates a network until all that was sent is final everywhere.
pub fn run<E: Engine>(
    options: &Options,
    kind: ConsensusKind,
    engine: impl Fn(Option<Address>) -> E,
) -> Result<Outcome, Broken> {
    let mut world = World::new(options, kind, engine);
    world.begin()?;
    world.go_on()?;
    world.outcome.heights = usize::try_from(world.seen.height().get()).unwrap_or(usize::MAX);
    Ok(world.outcome)
}

#[derive(Debug)]
enum Item {
    Deliver { from: PeerId, word: Box<Word> },
    Tell(Event),
    Commit,
    Wake,
}

struct World<E, F> {
    engine: F,
    genesis: Genesis,
    nodes: Vec<Node<E>>,
    chance: Chance,
    now: Micros,
    /// By time, then in turn: for which node and which of its lives.
    queue: BTreeMap<(Micros, u64), (usize, u64, Item)>,
    count: u64,
    faults: Vec<Fault>,
    has_rest: bool,
    /// Beginnings and ends of faults, and what clients do.
    agenda: BTreeMap<(Micros, u64), Agenda>,
    transfers: BTreeMap<TransactionId, Transaction>,
    seen: Seen,
    outcome: Outcome,
}

#[derive(Clone, Copy, Debug)]
enum Agenda {
    Begin(usize),
    End(usize),
    Send(TransactionId),
}

impl<E: Engine, F: Fn(Option<Address>) -> E> World<E, F> {
    fn new(options: &Options, kind: ConsensusKind, engine: F) -> Self {
        let genesis = genesis(kind, options.validators);
        let nodes: Vec<Node<E>> = (0..options.validators)
            .map(|number| Node::new(key(number), &genesis))
            .collect();
        let mut chance = Chance::new(options.seed.get());
        let faults = if options.has_faults {
            // With the logs, what was signed since the last rest would be lost.
            fault::draw(&mut chance, nodes.len(), options.has_rest)
        } else {
            Vec::new()
        };
        let mut world = Self {
            engine,
            nodes,
            chance,
            now: 0,
            queue: BTreeMap::new(),
            count: 0,
            faults,
            has_rest: options.has_rest,
            agenda: BTreeMap::new(),
            transfers: BTreeMap::new(),
            seen: Seen::new(kind),
            outcome: Outcome::default(),
            genesis,
        };
        for number in 0..u64::from(options.transfers) {
            let transaction = transfer(world.genesis.hash(), number);
            let id = transaction.id();
            world.transfers.insert(id, transaction);
            let at = world.chance.between(0, FAULTS_END);
            world.plan(at, Agenda::Send(id));
        }
        for place in 0..world.faults.len() {
            let (from, until) = (world.faults[place].from, world.faults[place].until);
            world.plan(from, Agenda::Begin(place));
            world.plan(until, Agenda::End(place));
        }
        world
    }

    fn plan(&mut self, at: Micros, agenda: Agenda) {
        self.count += 1;
        self.agenda.insert((at, self.count), agenda);
    }

    fn begin(&mut self) -> Result<(), Broken> {
        for who in 0..self.nodes.len() {
            self.start(who)?;
        }
        Ok(())
    }

    fn start(&mut self, who: usize) -> Result<(), Broken> {
        if self.nodes[who].running.is_some() {
            return Ok(());
        }
        let address = self.nodes[who].key.public_key().address();
        let engine = (self.engine)(Some(address));
        let begun = self.nodes[who].begin(&self.genesis, engine, self.now);
        let commands = begun.map_err(|what| Broken::Surprise { node: who, what })?;
        self.carry_out(who, commands)?;
        for other in 0..self.nodes.len() {
            if other != who && self.nodes[other].running.is_some() {
                let (peer, own) = (self.nodes[other].peer(), self.nodes[who].peer());
                self.tell(who, Event::Connected(peer))?;
                self.tell(other, Event::Connected(own))?;
            }
        }
        Ok(())
    }

    fn end(&mut self, who: usize, tear: Tear) -> Result<(), Broken> {
        if self.nodes[who].running.is_none() {
            return Ok(());
        }
        self.outcome.restarts += 1;
        self.nodes[who].crash(tear);
        let own = self.nodes[who].peer();
        for other in 0..self.nodes.len() {
            self.tell(other, Event::Disconnected(own))?;
        }
        Ok(())
    }

    fn go_on(&mut self) -> Result<(), Broken> {
        for count in 0..EVENT_COUNT_MAX {
            if count % DONE_CHECK_INTERVAL == 0 && self.is_done() {
                return Ok(());
            }
            let next = self.queue.first_key_value().map(|(at, _)| *at);
            let planned = self.agenda.first_key_value().map(|(at, _)| *at);
            let first = next.into_iter().chain(planned).min();
            let Some(first) = first.filter(|(at, _)| *at < END) else {
                return Err(self.stuck());
            };
            self.now = first.0;
            if Some(first) == planned {
                let (_, agenda) = self.agenda.pop_first().expect("it was looked at");
                self.act(agenda)?;
            } else {
                let (_, (who, life, item)) = self.queue.pop_first().expect("it was looked at");
                self.happen(who, life, item)?;
            }
        }
        let what = "the events have no end".to_owned();
        Err(Broken::Stuck { what })
    }

    fn stuck(&self) -> Broken {
        let heights: Vec<Height> = self.nodes.iter().map(|node| node.store.height()).collect();
        let what = format!("not all transfers are final everywhere, heights are {heights:?}");
        Broken::Stuck { what }
    }

    fn rest(&mut self, who: usize) -> Result<(), Broken> {
        let rested = self.nodes[who].rest();
        rested.map_err(|what| Broken::Surprise { node: who, what })
    }

    /// All faults are over, and every node has all that was sent.
    fn is_done(&self) -> bool {
        if self.now < FAULTS_END {
            return false;
        }
        let stores = || self.nodes.iter().map(|node| &node.store);
        let tips: BTreeSet<_> = stores().map(|store| store.tip().block).collect();
        let is_final = |id| stores().all(|store| store.is_final(id));
        tips.len() == 1 && self.transfers.keys().all(is_final)
    }

    fn act(&mut self, agenda: Agenda) -> Result<(), Broken> {
        match agenda {
            Agenda::Begin(place) => match self.faults[place].kind.clone() {
                Kind::Crash { who, tear } => self.end(who, tear)?,
                Kind::Amnesia { who } => {
                    // Else it would lose both memories of what it said last.
                    self.rest(who)?;
                    self.end(who, Tear::Lost)?;
                    self.nodes[who].lose_logs();
                }
                Kind::Blackout { tear } => {
                    for who in 0..self.nodes.len() {
                        self.end(who, tear)?;
                    }
                }
                Kind::Pause { who } => self.nodes[who].paused_until = self.faults[place].until,
                Kind::SlowDisk { who, factor } => self.nodes[who].disk_factor = factor,
                Kind::Skew { who, millis } => self.nodes[who].skew_millis = millis,
                Kind::Partition { .. } | Kind::Loss { .. } => {}
            },
            Agenda::End(place) => match self.faults[place].kind {
                Kind::Crash { who, .. } | Kind::Amnesia { who } => self.start(who)?,
                Kind::Blackout { .. } => self.begin()?,
                Kind::SlowDisk { who, .. } => self.nodes[who].disk_factor = 1,
                Kind::Skew { who, .. } => self.nodes[who].skew_millis = 0,
                Kind::Pause { .. } | Kind::Partition { .. } | Kind::Loss { .. } => {}
            },
            Agenda::Send(id) => self.send_transfer(id)?,
        }
        Ok(())
    }

    /// A client sends a transfer to some node, and again until it is final.
    fn send_transfer(&mut self, id: TransactionId) -> Result<(), Broken> {
        if self.nodes.iter().any(|node| node.store.is_final(&id)) {
            return Ok(());
        }
        let transaction = self.transfers[&id].clone();
        let who = self.chance.place(self.nodes.len());
        self.plan(self.now + RESEND_SPAN, Agenda::Send(id));
        if self.nodes[who].running.is_none() {
            return Ok(());
        }
        let alone = List::new(vec![transaction.clone()]);
        let offer = Word::Offer {
            number: OfferNumber::UNANSWERED,
            transactions: alone.expect("one is not too many"),
        };
        self.say(who, To::All, &offer)?;
        self.offer(who, transaction)
    }

    /// A transaction comes to the pool of a node.
    fn offer(&mut self, who: usize, transaction: Transaction) -> Result<(), Broken> {
        let node = &mut self.nodes[who];
        let Some(running) = &mut node.running else {
            return Ok(());
        };
        if node.store.is_final(&transaction.id()) {
            return Ok(());
        }
        running.pool.add(transaction);
        running.is_offer_void = false;
        self.tell(who, Event::Waiting)
    }

    fn happen(&mut self, who: usize, life: u64, item: Item) -> Result<(), Broken> {
        let node = &mut self.nodes[who];
        if node.life != life || node.running.is_none() {
            return Ok(());
        }
        if node.paused_until > self.now {
            let at = node.paused_until;
            self.later_at(who, at, item);
            return Ok(());
        }
        match item {
            Item::Deliver { from, word } => match *word {
                Word::Offer { transactions, .. } => {
                    for transaction in transactions.into_vec() {
                        self.offer(who, transaction)?;
                    }
                    Ok(())
                }
                word => {
                    let word = Box::new(word);
                    self.tell(who, Event::Heard { from, word })
                }
            },
            Item::Tell(event) => self.tell(who, event),
            Item::Commit => self.commit(who),
            Item::Wake => {
                if let Some(running) = &mut self.nodes[who].running {
                    running.wake_at = None;
                }
                self.call(who, None)
            }
        }
    }

    fn tell(&mut self, who: usize, event: Event) -> Result<(), Broken> {
        self.call(who, Some(event))
    }

    fn call(&mut self, who: usize, event: Option<Event>) -> Result<(), Broken> {
        let told = self.nodes[who].tell(event, self.now);
        let commands = told.map_err(|what| Broken::Surprise { node: who, what })?;
        self.carry_out(who, commands)
    }

    fn later_at(&mut self, who: usize, at: Micros, item: Item) {
        self.count += 1;
        let life = self.nodes[who].life;
        self.queue.insert((at, self.count), (who, life, item));
    }

    fn later(&mut self, who: usize, (low, high): (Micros, Micros), event: Event) {
        let at = self.now + self.chance.between(low, high);
        self.later_at(who, at, Item::Tell(event));
    }

    fn carry_out(&mut self, who: usize, commands: Vec<Command>) -> Result<(), Broken> {
        for command in commands {
            self.execute(who, command)?;
        }
        // There is time for it, now or a little later.
        if self.has_rest && self.chance.percent(50) {
            self.rest(who)?;
        }
        let wake = self.nodes[who].next_wake();
        if let (Some(running), Some(wake)) = (&mut self.nodes[who].running, wake)
            && running.wake_at.is_none_or(|at| at > wake)
        {
            running.wake_at = Some(wake);
            self.later_at(who, wake.max(self.now + 1), Item::Wake);
        }
        Ok(())
    }

    fn execute(&mut self, who: usize, command: Command) -> Result<(), Broken> {
        let surprise = |what: String| Broken::Surprise { node: who, what };
        let Some(running) = &mut self.nodes[who].running else {
            return Ok(());
        };
        match command {
            Command::Say { to, word } => self.say(who, to, &word)?,
            Command::Build { evidence } => self.build(who, evidence)?,
            Command::Examine(body) => {
                let block = body.block.id();
                let verdict = running.executor.examine(&body);
                let verdict = verdict.map_err(|error| surprise(error.to_string()))?;
                let is_valid = verdict.is_ok();
                self.later(who, LEDGER_SPAN, Event::Examined { block, is_valid });
            }
            Command::Finalize { body, certificate } => {
                let settled = running.executor.finalize(&body, certificate);
                let settled = settled.map_err(|error| surprise(error.to_string()))?;
                let tip = running.executor.ledger().info().clone();
                self.seen.finalize(tip.height, tip.block, tip.tree.root())?;
                running.pool.follow(&body.block);
                let batch = settled.batch;
                running.pending.push_back(Pending { batch, tip });
                self.settle(who, settled.next);
            }
            Command::Find {
                block,
                transactions,
            } => {
                let found = transactions.iter().map(|id| {
                    Some(FoundTransaction {
                        transaction: running.pool.get(id)?,
                        // Some still stand in line there.
                        is_checked: id.get().as_bytes()[0].is_multiple_of(2),
                    })
                });
                let transactions: Vec<_> = found.collect();
                self.outcome.fetched += usize::from(transactions.iter().any(Option::is_none));
                let event = Event::Found {
                    block,
                    transactions,
                };
                self.later(who, LEDGER_SPAN, event);
            }
            Command::Verify(answer) => {
                self.later(who, LEDGER_SPAN, Event::Verified(answer.verify()));
            }
            Command::Serve { to, from, count } => {
                let word = self.nodes[who].store.serve(from, count);
                self.outcome.given += 1;
                self.say(who, To::Peer(to), &word)?;
            }
            Command::Blame { peer, blame } => {
                return Err(surprise(format!("it blames peer {peer}: {blame}")));
            }
            Command::Warn(Warning::LogLost { .. }) if self.nodes[who].is_amnesiac => {
                self.outcome.silenced += 1;
            }
            Command::Warn(warning) => return Err(surprise(warning.to_string())),
        }
        Ok(())
    }

    /// The ledger builds a block of what this node has heard of.
    fn build(&mut self, who: usize, evidence: Vec<Evidence>) -> Result<(), Broken> {
        let order = Order {
            time: self.nodes[who].time(self.now),
            proposer: self.nodes[who].key.public_key().address(),
            evidence,
        };
        let Some(running) = &mut self.nodes[who].running else {
            return Ok(());
        };
        let mut waiting = running.pool.all();
        let built = running.executor.build(order, &mut waiting);
        drop(waiting);
        let built = built.map_err(|error| Broken::Surprise {
            node: who,
            what: error.to_string(),
        })?;
        running.pool.drop_used(&built.left_out);
        running.is_offer_void = built.block.transactions.is_empty();
        self.later(who, LEDGER_SPAN, Event::Built(built.block));
        Ok(())
    }

    /// A block is final: the next height begins soon, and the disk takes longer.
    fn settle(&mut self, who: usize, next: Next) {
        let has_waiting = self.nodes[who]
            .running
            .as_ref()
            .is_some_and(|running| !running.pool.is_empty() && !running.is_offer_void);
        self.later(who, LEDGER_SPAN, Event::Finalized { next, has_waiting });
        let span = self.chance.between(DISK_SPAN.0, DISK_SPAN.1) * self.nodes[who].disk_factor;
        let Some(running) = &mut self.nodes[who].running else {
            return;
        };
        running.disk_free_at = running.disk_free_at.max(self.now) + span;
        let at = running.disk_free_at;
        self.later_at(who, at, Item::Commit);
    }

    fn commit(&mut self, who: usize) -> Result<(), Broken> {
        let node = &mut self.nodes[who];
        let Some(running) = &mut node.running else {
            return Ok(());
        };
        let Some(pending) = running.pending.pop_front() else {
            return Ok(());
        };
        let height = pending.tip.height;
        node.store.commit(pending);
        running.executor.commit(height);
        self.tell(who, Event::Durable(height))
    }

    fn say(&mut self, who: usize, to: To, word: &Word) -> Result<(), Broken> {
        let own = self.nodes[who].peer();
        if let Word::Consensus(message) = word {
            let durable = self.nodes[who].check_durable(message);
            durable.map_err(|what| Broken::Surprise { node: who, what })?;
            if message.sender() == Some(own.get().address()) {
                self.seen.say(message, self.nodes.len())?;
            }
        }
        for other in 0..self.nodes.len() {
            let peer = self.nodes[other].peer();
            let is_meant = match to {
                To::All => other != who,
                To::Peer(to) => to == peer,
            };
            if !is_meant || self.nodes[other].running.is_none() {
                continue;
            }
            let is_hidden =
                matches!(word, Word::Offer { .. }) && self.chance.percent(OFFER_LOSS_PERCENT);
            if is_hidden || self.is_lost(who, other) {
                self.outcome.lost += 1;
                continue;
            }
            let at = self.now + self.chance.between(LINK_SPAN.0, LINK_SPAN.1);
            let word = Box::new(word.clone());
            self.later_at(other, at, Item::Deliver { from: own, word });
        }
        Ok(())
    }

    fn is_lost(&mut self, from: usize, to: usize) -> bool {
        let now = self.now;
        let acts = |fault: &&Fault| (fault.from..fault.until).contains(&now);
        for fault in self.faults.iter().filter(acts) {
            let is_lost = match fault.kind {
                Kind::Partition { group } => (group >> from & 1) != (group >> to & 1),
                Kind::Loss { percent } => self.chance.percent(percent),
                _ => false,
            };
            if is_lost {
                return true;
            }
        }
        false
    }
}
