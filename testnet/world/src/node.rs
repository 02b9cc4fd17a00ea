//! One node: what survives it, and what it is while it runs.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use pyralog_chain::Unfit;
use pyralog_consensus::{Engine, Message, Tick};
use pyralog_disk::MemoryDisk;
use pyralog_driver::{Command, Driver, Event, Executor, LocalSigner, Logs, Now, Settings};
use pyralog_genesis::Genesis;
use pyralog_guard::Guard;
use pyralog_p2p::PeerId;
use pyralog_primitives::block::Block;
use pyralog_primitives::transaction::Transaction;
use pyralog_primitives::{
    Address, Height, Nonce, SecretKey, SignedTransactionId, TimestampMs, TransactionId,
};

use crate::fault::{Micros, Tear};
use crate::genesis::BEGIN;
use crate::store::{Pending, State, Store};
use crate::watched::{Durable, Journal, Watched};

/// A node.
#[derive(Debug)]
pub(crate) struct Node<E> {
    pub(crate) key: SecretKey,
    /// Two logs and a guard.
    disks: [MemoryDisk; 3],
    /// What is durable in the logs.
    logs: [Durable; 2],
    /// Heights at which it said something, in any life, that are not durable.
    spoke: BTreeSet<Height>,
    /// It has lost its logs, and may say so.
    pub(crate) is_amnesiac: bool,
    pub(crate) store: Store,
    /// Counts restarts, so that what was under way at one is dropped.
    pub(crate) life: u64,
    pub(crate) running: Option<Running<E>>,
    pub(crate) paused_until: Micros,
    pub(crate) disk_factor: u64,
    pub(crate) skew_millis: i64,
}

/// A node while it runs.
#[derive(Debug)]
pub(crate) struct Running<E> {
    pub(crate) driver: Driver<Watched<E>, LocalSigner<MemoryDisk>, MemoryDisk>,
    journal: Journal,
    pub(crate) executor: Executor<State>,
    pub(crate) pool: Pool,
    /// Nothing of what waits fitted the last block: it is no reason for another
    /// one before something new comes.
    pub(crate) is_offer_void: bool,
    pub(crate) pending: VecDeque<Pending>,
    pub(crate) disk_free_at: Micros,
    /// The next time that it is called even if nothing happens.
    pub(crate) wake_at: Option<Micros>,
    begun: Micros,
}

/// Transactions that wait, as simply as can be.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    waiting: BTreeMap<(Address, Nonce), Transaction>,
    ids: BTreeMap<SignedTransactionId, (Address, Nonce)>,
}

impl Pool {
    pub(crate) fn add(&mut self, transaction: Transaction) {
        let place = (transaction.body.sender.address(), transaction.body.nonce);
        self.ids.insert(transaction.signed_id(), place);
        self.waiting.insert(place, transaction);
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = Transaction> + '_ {
        self.waiting.values().cloned()
    }

    pub(crate) fn get(&self, id: &SignedTransactionId) -> Option<Transaction> {
        self.waiting.get(self.ids.get(id)?).cloned()
    }

    pub(crate) fn follow(&mut self, block: &Block) {
        for transaction in block.transactions.iter() {
            let sender = transaction.body.sender.address();
            self.waiting.remove(&(sender, transaction.body.nonce));
            self.ids.remove(&transaction.signed_id());
        }
    }

    /// Forgets what can never be in a block again.
    pub(crate) fn drop_used(&mut self, left_out: &[(TransactionId, Unfit)]) {
        for (id, reason) in left_out {
            if matches!(reason, Unfit::NonceUsed { .. }) {
                self.waiting.retain(|_, waiting| waiting.id() != *id);
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}

impl<E: Engine> Node<E> {
    pub(crate) fn new(key: SecretKey, genesis: &Genesis) -> Self {
        Self {
            key,
            disks: [MemoryDisk::new(), MemoryDisk::new(), MemoryDisk::new()],
            logs: [Durable::default(), Durable::default()],
            spoke: BTreeSet::new(),
            is_amnesiac: false,
            store: Store::new(genesis),
            life: 0,
            running: None,
            paused_until: 0,
            disk_factor: 1,
            skew_millis: 0,
        }
    }

    pub(crate) fn peer(&self) -> PeerId {
        PeerId::new(self.key.public_key())
    }

    /// Begins, with what is on its disks.
    pub(crate) fn begin(
        &mut self,
        genesis: &Genesis,
        engine: E,
        now: Micros,
    ) -> Result<Vec<Command>, String> {
        let [even, odd, guard] = self.disks.clone();
        let hash = genesis.hash();
        let logs = Logs::open([even, odd]).map_err(|error| error.to_string())?;
        let address = self.key.public_key().address();
        let opened = Guard::open(guard, hash, address);
        let (guard, _) = opened.map_err(|error| error.to_string())?;
        let key = SecretKey::from_seed(&self.key.to_seed());
        let signer = LocalSigner::new(hash, key, guard);
        let executor = self.store.executor(genesis);
        let settings = Settings {
            genesis: hash,
            drift_max: genesis.parameters().time_drift_max,
            has_peers: genesis.validators().len() > 1,
        };
        let clocks = Now {
            tick: Tick::new(0),
            time: self.time(now),
        };
        let journal = Journal::default();
        let engine = Watched::new(engine, journal.clone());
        let parts = (engine, Some(signer), logs);
        let begun = Driver::begin(settings, parts, executor.next(), clocks);
        let (driver, commands) = begun.map_err(|error| error.to_string())?;
        self.running = Some(Running {
            driver,
            journal,
            executor,
            pool: Pool::default(),
            is_offer_void: false,
            pending: VecDeque::new(),
            disk_free_at: now,
            wake_at: None,
            begun: now,
        });
        Ok(commands)
    }

    /// Ends, and its disks lose what was not synced.
    pub(crate) fn crash(&mut self, tear: Tear) {
        self.running = None;
        self.life += 1;
        for disk in &self.disks {
            disk.crash(tear.crash(disk.unsynced()));
        }
    }

    pub(crate) fn time(&self, now: Micros) -> TimestampMs {
        let millis = BEGIN.get() + now / 1_000 + 10_000;
        TimestampMs::new(millis.saturating_add_signed(self.skew_millis))
    }

    /// Tells its driver something.
    pub(crate) fn tell(
        &mut self,
        event: Option<Event>,
        now: Micros,
    ) -> Result<Vec<Command>, String> {
        let time = self.time(now);
        let Some(running) = &mut self.running else {
            return Ok(Vec::new());
        };
        let tick = Tick::new(now - running.begun);
        let told = running.driver.handle(Now { tick, time }, event);
        told.map_err(|error| error.to_string())
    }

    /// Its driver has time.
    pub(crate) fn rest(&mut self) -> Result<(), String> {
        let rested = match &mut self.running {
            Some(running) => running.driver.rest(),
            None => Ok(()),
        };
        rested.map_err(|error| error.to_string())
    }

    /// It tells something of agreement: says what of it is not durable.
    pub(crate) fn check_durable(&mut self, message: &Message) -> Result<(), String> {
        let Some(running) = &self.running else {
            return Ok(());
        };
        for (log, disk) in self.logs.iter_mut().zip(&self.disks) {
            log.follow(disk);
        }
        let own = self.key.public_key().address();
        let statement = message
            .statement()
            .filter(|(validator, _)| *validator == own);
        let statement = statement.map(|(_, statement)| statement);
        let durable = self.store.height();
        let journal = &running.journal;
        let said = (message, statement);
        journal.check(said, &self.logs, durable, self.is_amnesiac)?;
        self.spoke.extend(statement.map(|said| said.height()));
        self.spoke.retain(|height| *height > durable);
        let has_log = |height: &&Height| {
            let mut logs = self.logs.iter();
            logs.any(|log| log.height() == Some(**height))
        };
        match self.spoke.iter().find(|height| !has_log(height)) {
            Some(gone) if !self.is_amnesiac => Err(format!(
                "what it said at height {gone} has gone, and its block is not durable"
            )),
            _ => Ok(()),
        }
    }

    /// Its logs are gone; the guard of its key remembers.
    pub(crate) fn lose_logs(&mut self) {
        self.is_amnesiac = true;
        for (disk, log) in self.disks.iter_mut().zip(&mut self.logs) {
            *disk = MemoryDisk::new();
            log.forget();
        }
    }

    /// When its driver wants to be called.
    pub(crate) fn next_wake(&self) -> Option<Micros> {
        let running = self.running.as_ref()?;
        let wake = running.driver.next_wake()?;
        Some(running.begun + wake.get())
    }
}
