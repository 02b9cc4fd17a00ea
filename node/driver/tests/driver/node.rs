//! One driver with its disks and its ledger. What it asks the host to do is
//! done at once, but for what a test holds back.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

use pyralog_chain::{Application, Tip};
use pyralog_consensus::{Engine, Message, Tick};
use pyralog_disk::MemoryDisk;
use pyralog_driver::{
    Blame, Command, Driver, Event, Executor, FoundTransaction, LocalSigner, Logs, Next, Now, Order,
    Settings, To, Warning, Word,
};
use pyralog_genesis::Genesis;
use pyralog_guard::Guard;
use pyralog_p2p::PeerId;
use pyralog_primitives::block::Block;
use pyralog_primitives::codec::List;
use pyralog_primitives::transaction::Transaction;
use pyralog_primitives::vote::Evidence;
use pyralog_primitives::write_set::CommitBatch;
use pyralog_primitives::{BlockId, Height, SignedTransactionId, TimestampMs};

use crate::durable::{Entry, about, check_said};
use crate::setup::{GENESIS_TIME, key, peer};
use crate::store::{State, Store};

/// Blocks in one answer.
pub(crate) const SERVED_COUNT_MAX: usize = 8;

/// A driver that any engine drives.
pub(crate) type TestDriver<E> = Driver<E, LocalSigner<MemoryDisk>, MemoryDisk>;

/// Something that a node tells.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) to: To,
    pub(crate) word: Word,
}

/// What a node asked of its host, besides telling things.
#[derive(Debug, Default)]
pub(crate) struct Account {
    pub(crate) blames: Vec<(PeerId, Blame)>,
    pub(crate) warnings: Vec<Warning>,
    pub(crate) examined: Vec<(BlockId, bool)>,
    pub(crate) built: Vec<Arc<Block>>,
    pub(crate) orders: Vec<Vec<Evidence>>,
    pub(crate) finalized: Vec<Height>,
    pub(crate) served: Vec<(PeerId, Height)>,
    /// Blocks that were told, and whether they were in the log by then.
    pub(crate) told: Vec<(BlockId, bool)>,
}

/// What a test holds back.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Holds {
    /// Final blocks do not become durable.
    pub(crate) commits: bool,
    /// Blocks are not examined.
    pub(crate) verdicts: bool,
}

pub(crate) struct Node<E> {
    pub(crate) number: u8,
    pub(crate) genesis: Rc<Genesis>,
    /// Two logs, by parity, and a guard.
    pub(crate) disks: [MemoryDisk; 3],
    pub(crate) store: Store,
    pub(crate) driver: Option<TestDriver<E>>,
    executor: Executor<State>,
    pub(crate) pool: BTreeMap<SignedTransactionId, Transaction>,
    pending: VecDeque<(CommitBatch, Tip)>,
    held: Vec<Event>,
    pub(crate) holds: Holds,
    pub(crate) account: Account,
    pub(crate) has_peers: bool,
    /// How far its clock on the wall is off, in milliseconds.
    pub(crate) skew: i64,
    begun: u64,
}

impl<E: Engine> Node<E> {
    pub(crate) fn new(number: u8, genesis: &Rc<Genesis>) -> Self {
        let store = Store::new(genesis);
        let executor = store.executor(genesis);
        Self {
            number,
            genesis: Rc::clone(genesis),
            disks: [MemoryDisk::new(), MemoryDisk::new(), MemoryDisk::new()],
            store,
            driver: None,
            executor,
            pool: BTreeMap::new(),
            pending: VecDeque::new(),
            held: Vec::new(),
            holds: Holds::default(),
            account: Account::default(),
            has_peers: genesis.validator_set().count() > 1,
            skew: 0,
            begun: 0,
        }
    }

    /// Begins with what is on its disks, at this time in microseconds.
    pub(crate) fn begin(&mut self, engine: E, now: u64) -> Result<Vec<Said>, String> {
        let settings = Settings {
            genesis: self.genesis.hash(),
            drift_max: self.genesis.parameters().time_drift_max,
            has_peers: self.has_peers,
        };
        let [even, odd, guard] = self.disks.clone();
        let logs = Logs::open([even, odd]).map_err(|error| error.to_string())?;
        let hash = self.genesis.hash();
        let address = key(self.number).public_key().address();
        let (guard, _) = Guard::open(guard, hash, address).map_err(|error| error.to_string())?;
        let signer = LocalSigner::new(hash, key(self.number), guard);
        self.executor = self.store.executor(&self.genesis);
        self.pending.clear();
        self.held.clear();
        self.begun = now;
        let parts = (engine, Some(signer), logs);
        let begun = Driver::begin(settings, parts, self.executor.next(), self.clocks(now));
        let (driver, commands) = begun.map_err(|error| error.to_string())?;
        self.driver = Some(driver);
        self.work(commands, now)
    }

    /// Its process ends; the disks are as they are.
    pub(crate) fn end(&mut self) {
        self.driver = None;
    }

    pub(crate) fn driver(&self) -> &TestDriver<E> {
        self.driver.as_ref().expect("it runs")
    }

    fn clocks(&self, now: u64) -> Now {
        Now {
            tick: Tick::new(now - self.begun),
            time: self.time(now),
        }
    }

    pub(crate) const fn time(&self, now: u64) -> TimestampMs {
        let millis = GENESIS_TIME.get() + 10_000 + now / 1_000;
        TimestampMs::new(millis.saturating_add_signed(self.skew))
    }

    pub(crate) fn next_wake(&self) -> Option<u64> {
        let wake = self.driver.as_ref()?.next_wake()?;
        Some(self.begun + wake.get())
    }

    /// Tells it what happened, and does what it asks for until it is quiet.
    pub(crate) fn tell(
        &mut self,
        now: u64,
        events: impl IntoIterator<Item = Event>,
    ) -> Result<Vec<Said>, String> {
        let clocks = self.clocks(now);
        let Some(driver) = &mut self.driver else {
            return Ok(Vec::new());
        };
        let commands = driver.handle(clocks, events);
        self.work(commands.map_err(|error| error.to_string())?, now)
    }

    /// A peer says several things at once.
    pub(crate) fn hear_all(
        &mut self,
        now: u64,
        from: u8,
        words: impl IntoIterator<Item = Word>,
    ) -> Vec<Said> {
        let heard = |word| Event::Heard {
            from: peer(from),
            word: Box::new(word),
        };
        self.tell(now, words.into_iter().map(heard)).unwrap()
    }

    pub(crate) fn hear_messages(
        &mut self,
        now: u64,
        from: u8,
        messages: impl IntoIterator<Item = Message>,
    ) -> Vec<Said> {
        self.hear_all(now, from, messages.into_iter().map(Word::Consensus))
    }

    /// Lets it do what it held back, but for what it is to hold back still.
    pub(crate) fn let_go(&mut self, now: u64) -> Result<Vec<Said>, String> {
        let mut events = std::mem::take(&mut self.held);
        events.extend(self.commit());
        self.tell(now, events)
    }

    fn work(&mut self, commands: Vec<Command>, now: u64) -> Result<Vec<Said>, String> {
        let (mut said, mut commands) = (Vec::new(), VecDeque::from(commands));
        loop {
            let mut events = Vec::new();
            while let Some(command) = commands.pop_front() {
                match command {
                    Command::Say { to, word } => {
                        self.check(&word);
                        said.push(Said { to, word });
                    }
                    other => events.extend(self.execute(other, now, &mut said)?),
                }
            }
            events.extend(self.commit());
            let clocks = self.clocks(now);
            let driver = self.driver.as_mut().expect("it asked for this");
            driver.rest().map_err(|error| error.to_string())?;
            let is_done = driver.next_wake().is_none_or(|wake| wake > clocks.tick);
            if events.is_empty() && is_done {
                return Ok(said);
            }
            let more = driver.handle(clocks, events);
            commands.extend(more.map_err(|error| error.to_string())?);
        }
    }

    /// Whenever it says something, that and what it rests on is durable.
    fn check(&mut self, word: &Word) {
        if let Word::Block(compact) = word {
            let id = compact.header.id();
            let logged = about(&self.disks, compact.header.height);
            let is_logged = logged.contains(&Entry::Block(id));
            self.account.told.push((id, is_logged));
        }
        let own = key(self.number).public_key().address();
        if let Word::Consensus(message) = word
            && message.sender() == Some(own)
        {
            check_said(&self.disks, self.genesis.hash(), message);
        }
    }

    fn execute(
        &mut self,
        command: Command,
        now: u64,
        said: &mut Vec<Said>,
    ) -> Result<Option<Event>, String> {
        match command {
            Command::Say { .. } => {}
            Command::Build { evidence } => return self.build(evidence, now).map(Some),
            Command::Examine(body) => {
                let verdict = self.executor.examine(&body);
                let is_valid = verdict.map_err(|error| error.to_string())?.is_ok();
                let block = body.block.id();
                self.account.examined.push((block, is_valid));
                let event = Event::Examined { block, is_valid };
                if self.holds.verdicts {
                    self.held.push(event);
                    return Ok(None);
                }
                return Ok(Some(event));
            }
            Command::Finalize { body, certificate } => {
                let settled = self.executor.finalize(&body, certificate);
                let settled = settled.map_err(|error| error.to_string())?;
                let tip = self.executor.ledger().info().clone();
                self.account.finalized.push(tip.height);
                for transaction in body.block.transactions.iter() {
                    self.pool.remove(&transaction.signed_id());
                }
                self.pending.push_back((settled.batch, tip));
                return Ok(Some(self.finalized(settled.next)));
            }
            Command::Find {
                block,
                transactions,
            } => {
                let found = transactions.iter().map(|id| {
                    let transaction = self.pool.get(id)?.clone();
                    Some(FoundTransaction {
                        transaction,
                        is_checked: true,
                    })
                });
                let transactions = found.collect();
                return Ok(Some(Event::Found {
                    block,
                    transactions,
                }));
            }
            Command::Verify(answer) => return Ok(Some(Event::Verified(answer.verify()))),
            Command::Serve { to, from, count } => {
                self.account.served.push((to, from));
                let count = usize::try_from(count.get()).unwrap_or(usize::MAX);
                let served = self.store.serve(from, count.min(SERVED_COUNT_MAX));
                let blocks = List::new(served).unwrap();
                let (to, word) = (To::Peer(to), Word::Final(blocks));
                said.push(Said { to, word });
            }
            Command::Blame { peer, blame } => self.account.blames.push((peer, blame)),
            Command::Warn(warning) => self.account.warnings.push(warning),
        }
        Ok(None)
    }

    fn build(&mut self, evidence: Vec<Evidence>, now: u64) -> Result<Event, String> {
        self.account.orders.push(evidence.clone());
        let order = Order {
            time: self.time(now),
            proposer: key(self.number).public_key().address(),
            evidence,
        };
        let mut waiting: Vec<Transaction> = self.pool.values().cloned().collect();
        waiting.sort_by_key(|transaction| transaction.body.nonce);
        let built = self.executor.build(order, &mut waiting.into_iter());
        let block = built.map_err(|error| error.to_string())?.block;
        self.account.built.push(Arc::clone(&block));
        Ok(Event::Built(block))
    }

    fn finalized(&self, next: Next) -> Event {
        Event::Finalized {
            next,
            has_waiting: !self.pool.is_empty(),
        }
    }

    /// What waits for the disk becomes durable.
    fn commit(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while !self.holds.commits
            && let Some((batch, tip)) = self.pending.pop_front()
        {
            let height = tip.height;
            self.store.commit(batch, tip);
            self.executor.commit(height);
            events.push(Event::Durable(height));
        }
        events
    }

    /// How many final blocks wait for the disk.
    pub(crate) fn pending_count(&self) -> usize {
        self.pending.len()
    }
}
