//! What peers say.

use pyralog_consensus::{Ed25519, Engine, Input, Message};
use pyralog_disk::Disk;
use pyralog_p2p::PeerId;
use pyralog_primitives::validators::ValidatorSet;
use pyralog_primitives::{BlockCount, BlockId, Height};

use super::{Driver, Stage};
use crate::error::{Blame, Halt};
use crate::events::{Command, To};
use crate::signer::Signer;
use crate::word::Word;

/// What an answer with final blocks counts as, against what a peer may ask for:
/// how long it is, only the host knows. Lower, and one peer has the disk read at
/// all times; higher, and who catches up is made to wait.
const SERVED_BYTES: usize = 512 * 1024;

impl<E: Engine, S: Signer, D: Disk> Driver<E, S, D> {
    /// A peer said something besides what validators say.
    pub(super) fn hear(&mut self, from: PeerId, word: Word) -> Result<(), Halt> {
        match word {
            Word::Block(compact) => self.be_offered(*compact, from)?,
            Word::WantBlock { block } => self.give(&block, from),
            Word::WantTransactions { block, places } => {
                self.give_transactions(block, &places, from);
            }
            Word::Transactions {
                block,
                transactions,
            } => self.be_given(block, transactions.into_vec(), from)?,
            Word::Tip { height } => {
                self.peers.note_tip(from, height);
                self.look_ahead();
                self.check_joined()?;
            }
            Word::WantFinal {
                from: height,
                count,
            } => {
                let is_here = (Height::FIRST..=self.durable).contains(&height) && count.get() > 0;
                if is_here {
                    self.serve(from, height, count);
                }
            }
            Word::Busy { from: height } => self.be_put_off(from, height)?,
            Word::Final(blocks) => self.be_given_final(from, blocks.into_vec())?,
            // The pool's, and those that are heard together.
            Word::Offer { .. } | Word::Took { .. } | Word::Consensus(_) => {}
        }
        Ok(())
    }

    /// Has the host give final blocks, unless the peer was given much lately.
    fn serve(&mut self, to: PeerId, from: Height, count: BlockCount) {
        if self.peers.may_ask(to, self.now.tick) {
            self.peers.charge(to, SERVED_BYTES, self.now.tick);
            self.commands.push(Command::Serve { to, from, count });
        } else {
            self.say(To::Peer(to), Word::Busy { from });
        }
    }

    /// Validators said these. Their signatures are checked together.
    pub(super) fn hear_messages(&mut self, messages: Vec<(PeerId, Message)>) {
        let mut near = Vec::new();
        for (from, message) in messages {
            if self.peers.says_too_much(from, self.now.tick) {
                self.blame(from, Blame::Flood);
                continue;
            }
            let height = message.height();
            if height < self.next.height {
                self.tell_who_is_behind(from);
                continue;
            }
            // Who speaks about a height has the one two before it durable. What
            // is not durable is given to nobody.
            let tip = height.previous().and_then(Height::previous);
            self.peers.note_tip(from, tip.unwrap_or_default());
            if self.validators_at(height).is_some() {
                near.push((from, message));
            }
        }
        self.look_ahead();
        if near.is_empty() {
            return;
        }
        let senders: Vec<(PeerId, Option<BlockId>)> = near
            .iter()
            .map(|(from, message)| (*from, block_of(message)))
            .collect();
        let with_validators = near.into_iter().filter_map(|(_, message)| {
            let validators = self.validators_at(message.height())?;
            Some((message, validators))
        });
        let genesis = self.settings.genesis;
        let verified = Message::verify_all(with_validators, genesis, &Ed25519);
        for ((from, block), verified) in senders.into_iter().zip(verified) {
            match verified {
                Ok(message) => {
                    if let Some(block) = block {
                        self.note_holder(block, from);
                    }
                    self.inputs.push_back(Input::Message(message));
                }
                Err(error) => self.blame(from, Blame::Message(error)),
            }
        }
    }

    /// Who may speak about a height, if the engine would hear of it now.
    fn validators_at(&self, height: Height) -> Option<&ValidatorSet> {
        let next = &self.next;
        let is_open = matches!(self.stage, Stage::Waiting | Stage::Deciding);
        let is_after = Some(height) == next.height.next();
        let is_begun = !matches!(self.stage, Stage::Waiting);
        if height == next.height && is_open && !self.is_joining() {
            Some(&next.validators)
        } else if is_after && is_begun {
            Some(&next.next_validators)
        } else {
            None
        }
    }

    fn tell_who_is_behind(&mut self, peer: PeerId) {
        if self.peers.may_tell(peer, self.now.tick) {
            self.say(To::Peer(peer), self.own_tip());
        }
    }
}

/// The block that a message is about.
const fn block_of(message: &Message) -> Option<BlockId> {
    match message {
        Message::Proposal(proposal) => Some(proposal.signed.value),
        Message::Vote(vote) => vote.value,
        Message::Polka(polka) => Some(polka.value),
        Message::ViewChange { .. } | Message::RoundOver(_) => None,
    }
}
