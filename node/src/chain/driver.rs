//! The thread that drives: clock, network and pool around a [`Driver`].
//!
//! Invariants:
//! - what the driver asks for is done in the order in which it asks;
//! - the thread never waits for the ledger, the disk of the store or a peer:
//!   what they have to say comes as events.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use pyralog_chain::mempool::Checked;
use pyralog_consensus::Engine;
use pyralog_disk::Disk;
use pyralog_driver::{Command, Driver, Event, Now, Signer, To, Word};
use pyralog_p2p::{Network, PeerId};
use pyralog_primitives::codec::{Canonical, List};
use pyralog_telemetry::metrics::Metrics;
use tokio::sync::{mpsc, watch};

use super::answering::Answering;
use super::clock::Clock;
use super::execution::Work;
use super::gathering::Gathering;
use super::halt::Halt;
use super::offers::{Offers, Took};
use super::serving::{Answer, Serving};
use super::telling::Telling;
use super::verifying::Verifying;
use crate::pool::PoolHandle;
use crate::syncing::Syncing;

/// Events taken in at once, so that the signatures of votes are checked
/// together. Fewer, and each costs more; more, and the first waits for the last.
const BATCH_COUNT_MAX: usize = 256;
/// How long nothing happens before the guard is made durable, in which what was
/// said is found again without the logs; a few votes later it is in any case.
/// Shorter, and the disk is busy with it while the next vote waits for the same
/// disk; longer, and a loss of power that takes the end of a log as well takes
/// more.
const REST_SPAN: Duration = Duration::from_millis(2);

/// A driver, and what it stands between.
pub(crate) struct Host<E, S, D, N> {
    pub(crate) driver: Driver<E, S, D>,
    /// What the driver asked for when it began.
    pub(crate) first: Vec<Command>,
    pub(crate) network: Option<N>,
    pub(super) offers: Offers,
    pub(super) telling: Telling,
    pub(super) gathering: Gathering,
    pub(super) answering: Answering,
    pub(super) serving: Serving,
    pub(super) verifying: Verifying,
    pub(crate) pool: PoolHandle,
    pub(crate) metrics: Arc<Metrics>,
    /// For those who ask how the node stands.
    pub(crate) syncing: Arc<Syncing>,
    pub(crate) clock: Clock,
    pub(crate) work: mpsc::Sender<Work>,
    /// For what answers later.
    pub(crate) events: mpsc::Sender<Event>,
}

/// Where the host hears.
pub(crate) struct Ears {
    pub(crate) events: mpsc::Receiver<Event>,
    /// Transactions that peers are told of directly.
    pub(crate) admitted: mpsc::Receiver<Vec<Checked>>,
    /// Answers to what peers told of.
    pub(super) took: mpsc::Receiver<Took>,
    /// Blocks that were read for peers.
    pub(super) answers: mpsc::Receiver<Answer>,
    pub(crate) stop: watch::Receiver<bool>,
}

impl<E: Engine, S: Signer, D: Disk, N: Network> Host<E, S, D, N> {
    /// Drives until `stop` says so, or something fails.
    pub(crate) async fn run(mut self, mut ears: Ears) -> Result<(), Halt> {
        self.note_syncing();
        let first = std::mem::take(&mut self.first);
        self.carry_out(first).await;
        if self.pool.has_offers() {
            self.tell(vec![Event::Waiting]).await?;
        }
        let mut rest_at = Some(Instant::now() + REST_SPAN);
        loop {
            if rest_at.take_if(|at| *at <= Instant::now()).is_some() {
                self.driver.rest()?;
            }
            let mut batch = Vec::new();
            let due = wait(self.driver.next_wake().map(|at| self.clock.until(at)));
            let until = |at: Instant| at.saturating_duration_since(Instant::now());
            let rest = wait(rest_at.map(until));
            let tell = wait(self.telling.wake().map(until));
            let build = wait(self.gathering.wake().map(until));
            let answer = wait(self.answering.wake().map(until));
            tokio::select! {
                biased;
                // Also when whoever could say so is gone.
                _ = ears.stop.wait_for(|stop| *stop) => return Ok(()),
                event = ears.events.recv() => match event {
                    Some(event) => batch.push(event),
                    None => return Ok(()),
                },
                () = self.pool.offered() => {
                    self.ask(Work::Offered).await;
                    batch.push(Event::Waiting);
                }
                heard = next(&mut self.network) => self.hear(heard, &mut batch),
                Some(answer) = ears.answers.recv() => self.answer(&answer),
                Some(took) = ears.took.recv() => self.answering.add(took),
                Some(admitted) = ears.admitted.recv() => self.telling.add(&admitted),
                () = tell => {}
                () = build => {}
                () = answer => {}
                () = due => {}
                () = rest => continue,
            }
            self.hear_more(&mut ears, &mut batch);
            self.hear_beside(&mut ears);
            self.tell(batch).await?;
            self.build().await;
            self.offer();
            self.answer_offers();
            rest_at = Some(Instant::now() + REST_SPAN);
        }
    }

    /// Takes in what is there already.
    fn hear_more(&mut self, ears: &mut Ears, batch: &mut Vec<Event>) {
        // Not all that is heard goes into the batch.
        for _ in 0..BATCH_COUNT_MAX {
            if let Ok(event) = ears.events.try_recv() {
                batch.push(event);
            } else if let Poll::Ready(heard) = poll_once(next(&mut self.network)) {
                self.hear(heard, batch);
            } else {
                return;
            }
        }
    }

    /// Takes in what comes from elsewhere than events and the network, which may
    /// have something to say at all times.
    fn hear_beside(&mut self, ears: &mut Ears) {
        while let Ok(answer) = ears.answers.try_recv() {
            self.answer(&answer);
        }
        while let Ok(admitted) = ears.admitted.try_recv() {
            self.telling.add(&admitted);
        }
        while let Ok(took) = ears.took.try_recv() {
            self.answering.add(took);
        }
    }

    /// Answers offers, if it is time.
    fn answer_offers(&mut self) {
        for (to, word) in self.answering.due(Instant::now()) {
            self.say(To::Peer(to), &word);
        }
    }

    /// Blocks were read for a peer.
    fn answer(&mut self, (to, word): &Answer) {
        self.serving.done(*to);
        self.say(To::Peer(*to), word);
    }

    /// Tells the driver what happened, and does what it says.
    async fn tell(&mut self, mut batch: Vec<Event>) -> Result<(), Halt> {
        for event in &batch {
            match event {
                Event::Durable(height) => self.ask(Work::Durable(*height)).await,
                Event::Verified(_) => self.verifying.done(),
                Event::Disconnected(peer) => self.serving.forget(*peer),
                _ => {}
            }
        }
        loop {
            let now = Now {
                tick: self.clock.tick(),
                time: Clock::now(),
            };
            let commands = self.driver.handle(now, std::mem::take(&mut batch))?;
            self.carry_out(commands).await;
            if !self.driver.is_waiting() {
                break;
            }
        }
        self.note_syncing();
        Ok(())
    }

    fn note_syncing(&self) {
        let (driver, is_syncing) = (&self.driver, self.driver.is_syncing());
        let (next, target) = (driver.height(), driver.target());
        if self.syncing.note(next, target, is_syncing) {
            self.metrics.blocksync.set_syncing(is_syncing);
        }
    }

    async fn carry_out(&mut self, commands: Vec<Command>) {
        for command in commands {
            match command {
                Command::Say { to, word } => self.say(to, &word),
                Command::Build { evidence } => {
                    self.gathering.ask(evidence);
                    self.build().await;
                }
                Command::Examine(body) => self.ask(Work::Examine(body)).await,
                Command::Finalize { body, certificate } => {
                    let count = body.block.transactions.len();
                    self.gathering.decided(count, Instant::now());
                    self.ask(Work::Finalize { body, certificate }).await;
                }
                Command::Find {
                    block,
                    transactions,
                } => {
                    let (pool, events) = (self.pool.clone(), self.events.clone());
                    tokio::spawn(async move {
                        let transactions = pool.find(transactions).await;
                        let event = Event::Found {
                            block,
                            transactions,
                        };
                        // Nobody waits for it once the driver has stopped.
                        let _ = events.send(event).await;
                    });
                }
                Command::Serve { to, from, count } => self.serving.ask(to, from, count),
                Command::Verify(answer) => self.verifying.take(answer),
                Command::Blame { peer, blame } => self.blame(peer, &blame.to_string()),
                Command::Warn(warning) => tracing::error!("{warning}"),
            }
        }
    }

    /// Begins a block that has waited long enough.
    async fn build(&mut self) {
        if let Some(evidence) = self.gathering.due(Instant::now()) {
            self.ask(Work::Build { evidence }).await;
        }
    }

    /// If the ledger's thread has ended, it has said why.
    async fn ask(&self, work: Work) {
        let _ = self.work.send(work).await;
    }

    fn say(&mut self, to: To, word: &Word) {
        let Some(network) = &self.network else {
            return;
        };
        let bytes: Arc<[u8]> = word.encode().into();
        match to {
            To::All => {
                self.answering.spoken();
                let missed = network.publish(bytes).missed;
                if missed > 0 {
                    tracing::debug!(missed, "peers are slow to listen");
                }
            }
            To::Peer(peer) => {
                if let Err(error) = network.send(peer, bytes) {
                    tracing::debug!(%peer, "a peer was not told: {error}");
                }
            }
        }
    }

    /// Tells peers of transactions that came to this node first.
    fn offer(&mut self) {
        let Some(network) = &self.network else {
            return;
        };
        while let Some(offer) = self.telling.next(Instant::now()) {
            let transactions = offer.transactions.iter().map(Checked::transaction);
            let transactions = List::new(transactions.cloned().collect());
            let word = Word::Offer {
                number: offer.number,
                transactions: transactions.expect("an offer has no more than a word takes"),
            };
            let bytes: Arc<[u8]> = word.encode().into();
            for peer in offer.to {
                if network.send(peer, Arc::clone(&bytes)).is_err() {
                    self.telling.untold(peer, offer.number, Instant::now());
                }
            }
        }
    }

    fn hear(&mut self, heard: Option<pyralog_p2p::Event>, batch: &mut Vec<Event>) {
        match heard {
            Some(pyralog_p2p::Event::Connected(peer)) => {
                self.telling.connected(peer);
                batch.push(Event::Connected(peer));
            }
            Some(pyralog_p2p::Event::Disconnected(peer)) => {
                self.offers.forget(peer);
                self.telling.disconnected(peer);
                batch.push(Event::Disconnected(peer));
            }
            Some(pyralog_p2p::Event::Heard { from, bytes }) => match Word::decode(&bytes) {
                Ok(Word::Offer {
                    number,
                    transactions,
                }) => {
                    let offered = self.offers.take(from, number, transactions.into_vec());
                    if let Err(error) = offered {
                        self.blame(from, &error.to_string());
                    }
                }
                Ok(Word::Took { number, missed }) => {
                    self.telling.took(from, number, &missed, Instant::now());
                }
                Ok(word) => {
                    let word = Box::new(word);
                    batch.push(Event::Heard { from, word });
                }
                Err(error) => self.blame(from, &format!("no word of ours: {error}")),
            },
            // There is no network any more.
            None => self.network = None,
        }
    }

    /// A peer sent what nobody who keeps the rules sends.
    fn blame(&self, peer: PeerId, what: &str) {
        tracing::warn!(%peer, "a peer sent {what}");
        if let Some(network) = &self.network {
            network.blame(peer, what);
        }
    }
}

/// What comes next from the network; nothing ever, where there is none.
async fn next<N: Network>(network: &mut Option<N>) -> Option<pyralog_p2p::Event> {
    match network {
        Some(network) => network.next().await,
        None => std::future::pending().await,
    }
}

/// What is there at once.
fn poll_once<T>(future: impl Future<Output = T>) -> Poll<T> {
    let mut context = Context::from_waker(Waker::noop());
    pin!(future).poll(&mut context)
}

async fn wait(span: Option<Duration>) {
    match span {
        Some(span) => tokio::time::sleep(span).await,
        None => std::future::pending().await,
    }
}
