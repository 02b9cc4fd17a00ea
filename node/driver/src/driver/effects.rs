//! What an engine asks for, done in order.

use pyralog_consensus::{Effect, Engine, Input, Message, Statement};
use pyralog_disk::Disk;
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::vote::Evidence;
use pyralog_primitives::{BlockId, Height};
use pyralog_wal::WalError;

use super::{Check, CheckState, Driver, Stage, Wake};
use crate::error::{Halt, Warning};
use crate::events::{Command, To};
use crate::logs::Entry;
use crate::signer::{SignError, Signer};
use crate::word::{CompactBlock, Word};

/// Offences that wait for a block. Evidence is small, and a faulty validator
/// has few places to offend in; what is beyond waits with others. More are
/// checked anew whenever a block is built.
const EVIDENCE_COUNT_MAX: usize = 64;

impl<E: Engine, S: Signer, D: Disk> Driver<E, S, D> {
    pub(super) fn execute(&mut self, effect: Effect) -> Result<(), Halt> {
        match effect {
            Effect::Persist(record) => {
                self.write_down(Entry::Record(&record))?;
            }
            Effect::Sign(statement) => self.sign(statement)?,
            Effect::Broadcast(message) => {
                self.sync()?;
                self.broadcast(message);
            }
            Effect::SetTimer { timer, after } => self.set(Wake::Engine(timer), after),
            Effect::Build { height } => self.build(height),
            Effect::Check {
                height,
                block,
                is_backed,
            } => {
                if height == self.next.height {
                    self.check(block, is_backed)?;
                }
            }
            Effect::Finalize { certificate } => self.decide(certificate)?,
            Effect::Report(evidence) => self.report(&evidence),
            Effect::Abstain { height, reason } => {
                // Where nothing is signed anyway, that has been said.
                if !self.is_silent {
                    self.warn(Warning::Abstained { height, reason });
                }
            }
        }
        Ok(())
    }

    /// Whether this is not done before the disk has done something.
    pub(super) fn waits_for_disk(&self, effect: &Effect) -> bool {
        matches!(effect, Effect::Sign(_) | Effect::Broadcast(_)) && self.logs.owes_sync()
    }

    /// Writes something down; it is durable before anything that rests on it
    /// leaves. Where there is no room, nothing more is signed at this height.
    /// Says whether there was.
    pub(super) fn write_down(&mut self, entry: Entry<'_>) -> Result<bool, Halt> {
        match self.logs.append(entry) {
            Ok(()) => Ok(true),
            Err(error @ (WalError::Full { .. } | WalError::RecordTooLong { .. })) => {
                if !self.is_silent {
                    let height = self.next.height;
                    self.warn(Warning::LogFull { height, error });
                }
                self.is_silent = true;
                Ok(false)
            }
            Err(error) => Err(Halt::Log(error)),
        }
    }

    /// Has a block built. A height that is not decided for many rounds would
    /// fill the log with the blocks of all of them: where room is short, one
    /// that is there already is taken, which is as good.
    fn build(&mut self, height: Height) {
        let logged = self.bodies.last_logged(height);
        if let Some(block) = logged.filter(|_| self.logs.is_short_of_room()) {
            self.inputs.push_back(Input::Built { height, block });
            return;
        }
        let evidence = self.evidence.values().copied().collect();
        self.commands.push(Command::Build { evidence });
    }

    pub(super) fn sync(&mut self) -> Result<(), Halt> {
        self.logs.sync().map_err(Halt::Log)
    }

    fn sign(&mut self, statement: Statement) -> Result<(), Halt> {
        let may_sign = !self.is_silent && statement.height() == self.next.height;
        let Some(signer) = self.signer.as_mut().filter(|_| may_sign) else {
            self.inputs.push_back(Input::Refused(statement));
            return Ok(());
        };
        self.logs.sync().map_err(Halt::Log)?;
        let input = match signer.sign(&statement) {
            Ok(signature) => Input::Signed {
                statement,
                signature,
            },
            Err(SignError::Refused(error)) => {
                self.warn(Warning::Refused(error));
                Input::Refused(statement)
            }
            Err(broken @ SignError::Broken(_)) => return Err(Halt::Signer(broken)),
        };
        self.inputs.push_back(input);
        Ok(())
    }

    /// Tells all validators. A proposal is of no use without its block. When it
    /// is said again, who still lacks the block asks for it.
    fn broadcast(&mut self, message: Message) {
        if let Message::Proposal(proposal) = &message {
            self.tell_block(proposal.signed.value);
        }
        self.say(To::All, Word::Consensus(message));
    }

    /// Tells all of a block, once.
    pub(super) fn tell_block(&mut self, block: BlockId) {
        if let Some(compact) = self.bodies.compact(&block)
            && self.told.insert(block)
        {
            let compact = CompactBlock::clone(&compact);
            self.say(To::All, Word::Block(Box::new(compact)));
        }
    }

    /// The engine asks about a block: it may ask again in each round.
    fn check(&mut self, block: BlockId, is_backed: bool) -> Result<(), Halt> {
        let check = self.checks.entry(block).or_insert(Check {
            is_backed,
            state: CheckState::Open,
        });
        check.is_backed |= is_backed;
        match check.state {
            CheckState::Open => self.pursue(block)?,
            CheckState::Examining => {}
            CheckState::Known { is_valid } => self.answer(block, is_valid),
        }
        Ok(())
    }

    /// The height is decided.
    pub(super) fn decide(&mut self, certificate: Certificate) -> Result<(), Halt> {
        let is_open = matches!(self.stage, Stage::Waiting | Stage::Deciding);
        if certificate.height() == self.next.height && is_open {
            self.stage = Stage::Decided(certificate);
            self.settle()?;
        }
        Ok(())
    }

    fn report(&mut self, evidence: &Evidence) {
        let offence = evidence.offence();
        if self.evidence.len() >= EVIDENCE_COUNT_MAX {
            // The oldest: it may have come too late for any block.
            let oldest = self.evidence.keys().min_by_key(|offence| offence.height);
            let oldest = oldest
                .copied()
                .filter(|oldest| oldest.height <= offence.height);
            oldest.map(|oldest| self.evidence.remove(&oldest));
        }
        if self.evidence.len() < EVIDENCE_COUNT_MAX {
            self.evidence.insert(offence, *evidence);
        }
        self.warn(Warning::Offence(offence));
    }
}
