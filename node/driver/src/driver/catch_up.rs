//! Blocks that others have made final already.

use std::sync::Arc;

use pyralog_consensus::{Engine, Input};
use pyralog_disk::Disk;
use pyralog_p2p::PeerId;
use pyralog_primitives::{DurationMs, Height};

use super::{Driver, Stage, Wake};
use crate::answer::{Answer, FinalBody, VerifiedAnswer, shape};
use crate::error::{Blame, Halt};
use crate::events::{Command, To};
use crate::planner::{Heard, Piece, Planner};
use crate::signer::Signer;
use crate::word::{FinalBlock, Word};

/// How long the others may be one block ahead before it is asked for. Lower,
/// and blocks that are decided anyway are sent twice; higher, and who missed a
/// vote stands still for longer.
const AHEAD_PATIENCE: DurationMs = DurationMs::new(150);

/// What there is to know about blocks that others have made final.
#[derive(Debug, Default)]
pub(super) struct CatchingUp {
    planner: Planner<FinalBody>,
    /// The height of the last of them that the engine was told of.
    told: Option<Height>,
}

impl CatchingUp {
    /// Whether the block of this height has come.
    pub(super) fn has(&self, height: Height) -> bool {
        self.planner.has(height)
    }
}

impl<E: Engine, S: Signer, D: Disk> Driver<E, S, D> {
    /// Whether others have made final what is to be decided here.
    pub(super) fn is_behind(&self) -> bool {
        let highest = self.peers.highest_believed();
        highest.is_some_and(|highest| highest >= self.next.height)
    }

    /// Asks for final blocks, if others have them: at once if they are far
    /// ahead, else after a while.
    pub(super) fn look_ahead(&mut self) {
        let highest = self.peers.highest(self.now.tick);
        if highest < Some(self.next.height) {
            return;
        }
        let is_far = highest > self.next.height.next() || self.is_joining();
        if is_far {
            self.ask_for_final();
        } else if self.catching_up.planner.is_idle() && !self.timers.contains_key(&Wake::CatchUp) {
            self.set(Wake::CatchUp, AHEAD_PATIENCE);
        }
    }

    /// Time to ask, or to ask another one.
    pub(super) fn catch_up(&mut self) -> Result<(), Halt> {
        let CatchingUp { planner, .. } = &mut self.catching_up;
        planner.expire(&mut self.peers, self.now.tick);
        self.ask_for_final();
        self.check_joined()
    }

    /// A peer has gone: nothing is to be waited for from it.
    pub(super) fn lose_peer(&mut self, peer: PeerId) {
        self.catching_up.planner.lose(peer);
        self.note_deadline();
        self.look_ahead();
    }

    fn ask_for_final(&mut self) {
        let height = self.next.height;
        let is_settling = matches!(self.stage, Stage::Settling);
        let is_here = is_settling || self.catching_up.told == Some(height);
        let lacking = if is_here { height.next() } else { Some(height) };
        let CatchingUp { planner, .. } = &mut self.catching_up;
        planner.advance(lacking.unwrap_or(height));
        for ask in planner.plan(&mut self.peers, self.now.tick) {
            let (from, count) = (ask.from, ask.count);
            self.say(To::Peer(ask.peer), Word::WantFinal { from, count });
        }
        self.note_deadline();
    }

    fn note_deadline(&mut self) {
        match self.catching_up.planner.next_deadline() {
            Some(at) => self.timers.insert(Wake::CatchUp, at),
            None => self.timers.remove(&Wake::CatchUp),
        };
    }

    /// A peer gives final blocks. They count if it was asked for them, once they
    /// have been verified.
    pub(super) fn be_given_final(
        &mut self,
        from: PeerId,
        blocks: Vec<FinalBlock>,
    ) -> Result<(), Halt> {
        let CatchingUp { planner, .. } = &mut self.catching_up;
        let heard = planner.hear(&mut self.peers, from, &shape(&blocks), self.now.tick);
        match heard {
            Heard::Nothing => {}
            Heard::Unlike => self.blame(from, Blame::OtherAnswer),
            Heard::Verify(ticket) => self.commands.push(Command::Verify(Answer {
                ticket,
                genesis: self.settings.genesis,
                validators: Arc::clone(&self.next.validators),
                blocks,
            })),
        }
        self.note_deadline();
        self.look_ahead();
        self.check_joined()
    }

    /// A peer gives no final blocks now.
    pub(super) fn be_put_off(&mut self, from: PeerId, height: Height) -> Result<(), Halt> {
        let CatchingUp { planner, .. } = &mut self.catching_up;
        planner.busy(&mut self.peers, from, height, self.now.tick);
        self.note_deadline();
        self.look_ahead();
        self.check_joined()
    }

    /// What a peer gave was verified.
    pub(super) fn be_verified(&mut self, answer: VerifiedAnswer) -> Result<(), Halt> {
        let VerifiedAnswer {
            ticket,
            good,
            fault,
        } = answer;
        let good = good.into_iter().map(|one| (one.height, one.bytes, one));
        let good = (good.collect(), fault.is_some());
        let CatchingUp { planner, .. } = &mut self.catching_up;
        let giver = planner.verified(&mut self.peers, ticket, good, self.now.tick);
        if let (Some(peer), Some(blame)) = (giver, fault) {
            self.blame(peer, blame);
        }
        self.use_incoming()?;
        self.start_if_due()?;
        self.look_ahead();
        self.check_joined()
    }

    /// Makes final what others have made final, once it is its turn.
    pub(super) fn use_incoming(&mut self) -> Result<(), Halt> {
        let height = self.next.height;
        let is_open = match self.stage {
            Stage::Deciding => self.catching_up.told != Some(height),
            Stage::Decided(_) => true,
            Stage::Waiting => self.may_go_on(),
            Stage::Settling => false,
        };
        if is_open && let Some(piece) = self.catching_up.planner.take(height) {
            self.take_final(piece)?;
        }
        let highest = self.peers.highest(self.now.tick);
        let is_far = highest > Some(height) || self.is_joining();
        if is_far && highest >= Some(height) {
            self.ask_for_final();
        }
        Ok(())
    }

    fn take_final(&mut self, piece: Piece<FinalBody>) -> Result<(), Halt> {
        let Piece { from, block, .. } = piece;
        match block.proof(self.settings.genesis, &self.next.validators) {
            Err(error) => self.refuse_incoming(from, Blame::Certificate(error)),
            Ok(certificate) => {
                self.bodies.put(block.body, false);
                match self.stage {
                    Stage::Deciding => {
                        self.catching_up.told = Some(certificate.height());
                        self.inputs.push_back(Input::Certified(certificate));
                    }
                    Stage::Decided(_) => self.settle()?,
                    // The engine has not begun: it need not know. What the log
                    // holds is of a height that is over.
                    _ => {
                        self.logs.seal().map_err(Halt::Log)?;
                        self.decide(certificate.into_inner())?;
                    }
                }
                Ok(())
            }
        }
    }

    /// What a peer gave is not so: none of it counts.
    fn refuse_incoming(&mut self, from: PeerId, blame: Blame) -> Result<(), Halt> {
        let height = self.next.height;
        let CatchingUp { planner, .. } = &mut self.catching_up;
        planner.refuse(&mut self.peers, from, height, self.now.tick);
        self.blame(from, blame);
        self.look_ahead();
        self.check_joined()
    }
}
