//! Blocks that others have made final already.

use std::sync::Arc;

use pyralog_consensus::{Ed25519, Engine, Input, verify_certificate};
use pyralog_disk::Disk;
use pyralog_p2p::PeerId;
use pyralog_primitives::{DurationMs, Height};

use super::{Driver, Stage, Wake};
use crate::bodies::Body;
use crate::error::{Blame, Halt};
use crate::events::{Command, To};
use crate::signer::Signer;
use crate::word::{FINAL_COUNT_MAX, FinalBlock, Word};

/// How long the others may be one block ahead before it is asked for. Lower,
/// and blocks that are decided anyway are sent twice; higher, and who missed a
/// vote stands still for longer.
const AHEAD_PATIENCE: DurationMs = DurationMs::new(150);
/// How long a peer may take to answer before another one is asked.
const ANSWER_PATIENCE: DurationMs = DurationMs::new(1_000);
/// Blocks that wait to be made final before more are asked for. Fewer, and the
/// node waits for the network; more are memory.
const INCOMING_COUNT_LOW: usize = FINAL_COUNT_MAX / 4;

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
        let is_far = highest > self.next.height.next() || self.is_joining;
        let patience = if is_far {
            DurationMs::default()
        } else {
            AHEAD_PATIENCE
        };
        self.set(Wake::CatchUp, patience);
    }

    /// Time to ask, or to ask another one.
    pub(super) fn catch_up(&mut self) -> Result<(), Halt> {
        if let Some(peer) = self.catching_up.asked.take() {
            self.peers.distrust(peer, self.now.tick);
            self.catching_up.turn += 1;
        }
        self.ask_for_final();
        self.check_joined()
    }

    fn ask_for_final(&mut self) {
        let is_asked = self.catching_up.asked.is_some();
        if is_asked || self.catching_up.incoming.len() > INCOMING_COUNT_LOW {
            return;
        }
        let last = self.catching_up.incoming.back();
        let last = last.map(|(_, last)| last.certificate.height());
        // What is being settled is known.
        let is_open = matches!(self.stage, Stage::Waiting | Stage::Deciding);
        let first = if is_open || self.decided().is_some() {
            Some(self.next.height)
        } else {
            self.next.height.next()
        };
        let Some(from) = last.map_or(first, Height::next) else {
            return;
        };
        let turn = self.catching_up.turn;
        if let Some(peer) = self.peers.to_ask(from, self.now.tick, turn) {
            self.catching_up.asked = Some(peer);
            self.say(To::Peer(peer), Word::WantFinal { from });
            self.set(Wake::CatchUp, ANSWER_PATIENCE);
        }
    }

    /// A peer gives final blocks. They count if it was asked for them.
    pub(super) fn be_given_final(
        &mut self,
        from: PeerId,
        blocks: Vec<FinalBlock>,
    ) -> Result<(), Halt> {
        if self.catching_up.asked != Some(from) {
            return Ok(());
        }
        self.catching_up.asked = None;
        self.timers.remove(&Wake::CatchUp);
        if blocks.is_empty() {
            self.peers.distrust(from, self.now.tick);
        }
        for block in blocks {
            let incoming = &mut self.catching_up.incoming;
            let last = incoming.back().map(|(_, last)| last.certificate.height());
            let height = block.certificate.height();
            let is_next = match last {
                Some(last) => last.next() == Some(height),
                None => height >= self.next.height,
            };
            if is_next {
                incoming.push_back((from, block));
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
        incoming.retain(|(_, block)| block.certificate.height() >= height);
        let is_open = match self.stage {
            Stage::Deciding | Stage::Decided(_) => true,
            Stage::Waiting => self.is_joining,
            Stage::Settling => false,
        };
        if !is_open {
            return Ok(());
        }
        let first = incoming.front();
        if first.is_some_and(|(_, first)| first.certificate.height() > height) {
            // What comes before it has gone.
            incoming.clear();
        }
        if let Some((from, first)) = incoming.pop_front() {
            self.take_final(from, first)?;
        }
        self.ask_for_final_if_behind();
        Ok(())
    }

    fn ask_for_final_if_behind(&mut self) {
        let highest = self.peers.highest(self.now.tick);
        let is_far = highest > Some(self.next.height) || self.is_joining;
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
                self.bodies.put(Body::unchecked(Arc::from(block)), false);
                match self.stage {
                    Stage::Deciding => self.inputs.push_back(Input::Certified(certificate)),
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
