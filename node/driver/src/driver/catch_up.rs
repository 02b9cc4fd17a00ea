//! Blocks that others have made final already.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use pyralog_consensus::{Ed25519, Engine, Input, verify_certificate};
use pyralog_disk::Disk;
use pyralog_p2p::PeerId;
use pyralog_primitives::transaction::Transaction;
use pyralog_primitives::{ByteCount, DurationMs, Height};

use super::{Driver, Stage, Wake};
use crate::bodies::Body;
use crate::error::{Blame, Halt};
use crate::events::{Command, To};
use crate::signer::Signer;
use crate::word::{FINAL_COUNT_MAX, FinalBlock, PORTION_BYTES_MAX, Word};

/// How long the others may be one block ahead before it is asked for. Lower,
/// and blocks that are decided anyway are sent twice; higher, and who missed a
/// vote stands still for longer.
const AHEAD_PATIENCE: DurationMs = DurationMs::new(150);
/// How long a peer may take to answer before another one is asked. Its answer
/// counts even then.
const ANSWER_PATIENCE: DurationMs = DurationMs::new(1_000);
/// Blocks that wait to be made final before more are asked for. Fewer, and the
/// node waits for the network; more are memory.
const INCOMING_COUNT_LOW: usize = FINAL_COUNT_MAX / 4;
/// The same in bytes of their transactions: where blocks are large, fewer wait.
const INCOMING_BYTES_LOW: u64 = PORTION_BYTES_MAX.get();

/// What there is to know about blocks that others have made final.
#[derive(Debug, Default)]
pub(super) struct CatchingUp {
    /// Who was asked from which height on, and has not answered.
    asked: BTreeMap<PeerId, Height>,
    /// The one of them whose answer is waited for.
    awaited: Option<PeerId>,
    turn: usize,
    /// Blocks that came, one height after the other.
    incoming: VecDeque<Incoming>,
    /// The height of the last of them that the engine was told of.
    told: Option<Height>,
}

/// A block that came.
#[derive(Debug)]
struct Incoming {
    from: PeerId,
    block: FinalBlock,
    bytes: u64,
}

impl Incoming {
    fn new(from: PeerId, block: FinalBlock) -> Self {
        let transactions = block.block.transactions.iter();
        let bytes = transactions.map(Transaction::encoded_bytes);
        let bytes = bytes.map(ByteCount::get).sum();
        Self { from, block, bytes }
    }

    fn height(&self) -> Height {
        self.block.certificate.height()
    }
}

impl CatchingUp {
    fn is_low(&self) -> bool {
        let bytes = self.incoming.iter().map(|incoming| incoming.bytes);
        self.incoming.len() <= INCOMING_COUNT_LOW && bytes.sum::<u64>() <= INCOMING_BYTES_LOW
    }

    fn last(&self) -> Option<Height> {
        self.incoming.back().map(Incoming::height)
    }
}

impl<E: Engine, S: Signer, D: Disk> Driver<E, S, D> {
    /// Whether others have made final what is to be decided here.
    pub(super) fn is_behind(&self) -> bool {
        let highest = self.peers.highest(self.now.tick);
        highest.is_some_and(|highest| highest >= self.next.height)
    }

    /// Asks for final blocks, if others have them: at once if they are far
    /// ahead, else after a while.
    pub(super) fn look_ahead(&mut self) {
        if !self.is_behind() || self.timers.contains_key(&Wake::CatchUp) {
            return;
        }
        let highest = self.peers.highest(self.now.tick);
        let is_far = highest > self.next.height.next() || self.is_joining();
        let patience = if is_far {
            DurationMs::default()
        } else {
            AHEAD_PATIENCE
        };
        self.set(Wake::CatchUp, patience);
    }

    /// Time to ask, or to ask another one.
    pub(super) fn catch_up(&mut self) -> Result<(), Halt> {
        if let Some(peer) = self.catching_up.awaited.take() {
            self.peers.distrust(peer, self.now.tick);
            self.catching_up.turn += 1;
        }
        self.ask_for_final();
        self.check_joined()
    }

    /// A peer has gone: nothing is to be waited for from it.
    pub(super) fn lose_peer(&mut self, peer: PeerId) {
        self.catching_up.asked.remove(&peer);
        if self.catching_up.awaited == Some(peer) {
            self.catching_up.awaited = None;
            self.set(Wake::CatchUp, DurationMs::default());
        }
    }

    fn ask_for_final(&mut self) {
        if self.catching_up.awaited.is_some() || !self.catching_up.is_low() {
            return;
        }
        let height = self.next.height;
        let is_settling = matches!(self.stage, Stage::Settling);
        let is_here = is_settling || self.catching_up.told == Some(height);
        let first = if is_here { height.next() } else { Some(height) };
        let last = self.catching_up.last();
        let Some(from) = last.map_or(first, Height::next) else {
            return;
        };
        let turn = self.catching_up.turn;
        if let Some(peer) = self.peers.to_ask(from, self.now.tick, turn) {
            self.catching_up.awaited = Some(peer);
            self.catching_up.asked.insert(peer, from);
            self.say(To::Peer(peer), Word::WantFinal { from });
            self.set(Wake::CatchUp, ANSWER_PATIENCE);
        }
    }

    /// A peer gives final blocks. They count if it was asked for them, and begin
    /// with the height that it was asked for. The next question goes to another
    /// one, so nobody can hold up this node by giving little.
    pub(super) fn be_given_final(
        &mut self,
        from: PeerId,
        blocks: Vec<FinalBlock>,
    ) -> Result<(), Halt> {
        let Some(asked) = self.catching_up.asked.remove(&from) else {
            return Ok(());
        };
        if self.catching_up.awaited == Some(from) {
            self.catching_up.awaited = None;
            self.timers.remove(&Wake::CatchUp);
        }
        self.catching_up.turn += 1;
        let first = blocks.first().map(|first| first.certificate.height());
        if first != Some(asked) {
            self.peers.distrust(from, self.now.tick);
        }
        for block in blocks {
            let height = block.certificate.height();
            let is_next = match self.catching_up.last() {
                Some(last) => last.next() == Some(height),
                None => height >= self.next.height,
            };
            if is_next {
                let incoming = Incoming::new(from, block);
                self.catching_up.incoming.push_back(incoming);
            }
        }
        self.use_incoming()?;
        self.look_ahead();
        self.check_joined()
    }

    /// Makes final what others have made final, once it is its turn.
    pub(super) fn use_incoming(&mut self) -> Result<(), Halt> {
        let height = self.next.height;
        let incoming = &mut self.catching_up.incoming;
        incoming.retain(|incoming| incoming.height() >= height);
        let is_open = match self.stage {
            Stage::Deciding => self.catching_up.told != Some(height),
            Stage::Decided(_) => true,
            Stage::Waiting => self.is_joining() && self.may_go_on(),
            Stage::Settling => false,
        };
        if !is_open {
            return Ok(());
        }
        let incoming = &mut self.catching_up.incoming;
        let first = incoming.front().map(Incoming::height);
        if first.is_some_and(|first| first > height) {
            // What comes before it has gone.
            incoming.clear();
        }
        if let Some(Incoming { from, block, .. }) = incoming.pop_front() {
            self.take_final(from, block)?;
        }
        self.ask_for_final_if_behind();
        Ok(())
    }

    fn ask_for_final_if_behind(&mut self) {
        let highest = self.peers.highest(self.now.tick);
        let is_far = highest > Some(self.next.height) || self.is_joining();
        if is_far && self.is_behind() {
            self.ask_for_final();
        }
    }

    fn take_final(&mut self, from: PeerId, first: FinalBlock) -> Result<(), Halt> {
        let FinalBlock { block, certificate } = first;
        if certificate.value() != block.id() {
            return self.refuse_incoming(from, Blame::OtherBlock);
        }
        let genesis = self.settings.genesis;
        let validators = &self.next.validators;
        match verify_certificate(certificate, genesis, validators, &Ed25519) {
            Err(error) => self.refuse_incoming(from, Blame::Certificate(error)),
            Ok(_) if block.check_body().is_err() => {
                self.refuse_incoming(from, Blame::Block(block.id()))
            }
            Ok(certificate) => {
                self.peers.trust(from);
                self.bodies.put(Body::unchecked(Arc::from(block)), false);
                match self.stage {
                    Stage::Deciding => {
                        self.catching_up.told = Some(certificate.height());
                        self.inputs.push_back(Input::Certified(certificate));
                    }
                    Stage::Decided(_) => self.settle()?,
                    // The engine has not begun: it need not know.
                    _ => self.decide(certificate.into_inner())?,
                }
                Ok(())
            }
        }
    }

    /// What a peer gave is not so: none of it counts.
    fn refuse_incoming(&mut self, from: PeerId, blame: Blame) -> Result<(), Halt> {
        self.catching_up.incoming.clear();
        self.catching_up.turn += 1;
        self.peers.distrust(from, self.now.tick);
        self.commands.push(Command::Blame { peer: from, blame });
        self.look_ahead();
        self.check_joined()
    }
}
