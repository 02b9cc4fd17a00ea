//! Blocks on their way: built, fetched, examined, made final.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use pyralog_consensus::{Engine, Input};
use pyralog_disk::Disk;
use pyralog_p2p::PeerId;
use pyralog_primitives::block::Block;
use pyralog_primitives::codec::List;
use pyralog_primitives::transaction::{TRANSACTION_BYTES_MAX, Transaction};
use pyralog_primitives::{BlockId, DurationMs, Hash, LeafIndex};

use super::{Ahead, Check, CheckState, Driver, Stage, Wake, Want};
use crate::bodies::{Added, Body};
use crate::error::{Blame, Halt};
use crate::events::{Command, To};
use crate::logs::Entry;
use crate::signer::Signer;
use crate::word::{CompactBlock, PORTION_BYTES_MAX, Word};

/// How long an answer may take before another peer is asked. Lower, and a slow
/// link carries everything twice; higher, and a peer that is gone costs a round.
pub(super) const ASK_INTERVAL: DurationMs = DurationMs::new(250);
/// Blocks of which it is known who spoke of them. Fewer, and inventions drive
/// out what is asked for next; more are memory.
const HOLDER_BLOCK_COUNT_MAX: usize = 64;
/// Transactions that are asked for at once. Fewer, and small ones do not fill an
/// answer; more, and a long question is asked for what does not fit the answer.
const ASKED_COUNT_MAX: usize = 16_384;
/// What a transaction takes in a block that travels without them.
const ID_BYTES: usize = Hash::BYTES;

impl<E: Engine, S: Signer, D: Disk> Driver<E, S, D> {
    /// The block that was asked for stands in the ledger.
    pub(super) fn built(&mut self, block: &Arc<Block>) -> Result<(), Halt> {
        let (height, id) = (block.header.height, block.id());
        if height != self.next.height || !matches!(self.stage, Stage::Deciding) {
            return Ok(());
        }
        self.has_waiting = false;
        self.bodies.put(Body::own(Arc::clone(block)), false);
        // Without a signature it binds to nothing; the others look it up and
        // execute it while this node makes durable that it proposes it.
        self.tell_block(id);
        self.log_body(id)?;
        let block = id;
        self.inputs.push_back(Input::Built { height, block });
        Ok(())
    }

    /// Writes a block down, so that it is held by whoever votes for it. Says
    /// whether it is here to be written.
    fn log_body(&mut self, block: BlockId) -> Result<bool, Halt> {
        if self.bodies.is_logged(&block) || self.signer.is_none() {
            return Ok(true);
        }
        let Some(body) = self.bodies.get(&block) else {
            return Ok(false);
        };
        let body = Arc::clone(&body.block);
        if self.write_down(Entry::Block(&body))? {
            self.bodies.set_logged(&block);
        }
        Ok(true)
    }

    /// Goes on with a block that the engine asks about.
    pub(super) fn pursue(&mut self, block: BlockId) -> Result<(), Halt> {
        let check = self.checks.get(&block);
        let Some(check) = check.filter(|check| check.state == CheckState::Open) else {
            return Ok(());
        };
        let is_backed = check.is_backed;
        let Some(body) = self.bodies.get(&block) else {
            if self.bodies.is_too_long(&block) {
                self.judge(block, false);
            } else {
                self.want(block);
            }
            return Ok(());
        };
        let early = self.earliness(body);
        if early.get() > 0 && !is_backed {
            self.set(Wake::Early(block), early);
            return Ok(());
        }
        let body = body.clone();
        self.timers.remove(&Wake::Early(block));
        if let Some(check) = self.checks.get_mut(&block) {
            check.state = CheckState::Examining;
        }
        match self.ahead.filter(|ahead| ahead.block == block) {
            None => self.commands.push(Command::Examine(body)),
            Some(ahead) => {
                let known = ahead
                    .is_valid
                    .map(|is_valid| self.examined(block, is_valid));
                known.transpose()?;
            }
        }
        Ok(())
    }

    /// How far a block is ahead of the clock, beyond what clocks may differ.
    fn earliness(&self, body: &Body) -> DurationMs {
        let time = body.block.header.time.get();
        let early = time.saturating_sub(self.now.time.get());
        DurationMs::new(early.saturating_sub(self.settings.drift_max.get()))
    }

    /// Examines the first block of the height that is here whole, before its
    /// proposal has come.
    fn examine_ahead(&mut self, block: BlockId) {
        let is_open = matches!(self.stage, Stage::Deciding) && self.ahead.is_none();
        let is_asked = self.checks.contains_key(&block);
        let body = self.bodies.get(&block).filter(|_| is_open && !is_asked);
        let is_due = |body: &&Body| {
            body.block.header.height == self.next.height && self.earliness(body).get() == 0
        };
        if let Some(body) = body.filter(is_due).cloned() {
            self.commands.push(Command::Examine(body));
            let is_valid = None;
            self.ahead = Some(Ahead { block, is_valid });
        }
    }

    /// A block was examined: if it is valid, it is written down, and may be
    /// voted for.
    pub(super) fn examined(&mut self, block: BlockId, is_valid: bool) -> Result<(), Halt> {
        if let Some(ahead) = self.ahead.as_mut().filter(|ahead| ahead.block == block) {
            ahead.is_valid = Some(is_valid);
        }
        let is_asked = self.checks.contains_key(&block);
        if !matches!(self.stage, Stage::Deciding) || !is_asked {
            return Ok(());
        }
        if is_valid && !self.log_body(block)? {
            // It is not voted for before it is here again.
            if let Some(check) = self.checks.get_mut(&block) {
                check.state = CheckState::Open;
            }
            return self.pursue(block);
        }
        self.judge(block, is_valid);
        Ok(())
    }

    /// Tells the engine, now and whenever it asks again.
    fn judge(&mut self, block: BlockId, is_valid: bool) {
        if let Some(check) = self.checks.get_mut(&block) {
            check.state = CheckState::Known { is_valid };
            self.answer(block, is_valid);
        }
    }

    pub(super) fn answer(&mut self, block: BlockId, is_valid: bool) {
        self.inputs.push_back(Input::Checked {
            height: self.next.height,
            block,
            is_valid,
        });
    }

    /// Makes the decided block final, once it is here.
    pub(super) fn settle(&mut self) -> Result<(), Halt> {
        let Stage::Decided(certificate) = &self.stage else {
            return Ok(());
        };
        let block = certificate.value();
        let Some(body) = self.bodies.get(&block).cloned() else {
            self.want(block);
            return Ok(());
        };
        let certificate = certificate.clone();
        self.stage = Stage::Settling;
        // It may have been decided without this validator's vote. Until it is
        // durable, the log must know it.
        self.log_body(block)?;
        self.last = Some(block);
        self.unsettled = Some(certificate.clone());
        self.commands.push(Command::Finalize { body, certificate });
        Ok(())
    }

    /// A block is lacking: asks for it until it comes or its height is over.
    fn want(&mut self, block: BlockId) {
        if !self.wants.contains_key(&block) {
            self.wants.entry(block).or_default();
            self.ask_again(block);
        }
    }

    /// Asks the next one for what is lacking of a block. One that is wanted is
    /// asked for until it comes.
    pub(super) fn ask_again(&mut self, block: BlockId) {
        let want = self.wants.get(&block);
        let turn = want.map_or(0, |want| want.turn);
        if want.is_some() {
            self.set(Wake::Ask(block), ASK_INTERVAL);
        }
        let peer = self.holder(&block, turn);
        let is_asked = peer.is_some_and(|peer| self.ask(block, peer));
        // Whose turn it is has not been passed over while the pool was asked.
        if is_asked && let Some(want) = self.wants.get_mut(&block) {
            want.turn += 1;
        }
    }

    /// Who is to be asked for a block: first those who spoke of it, one after
    /// the other, then anyone.
    fn holder(&self, block: &BlockId, turn: usize) -> Option<PeerId> {
        let spoke = self.holders.get(block);
        let spoke: Vec<PeerId> = spoke.into_iter().flatten().copied().collect();
        let others = self.peers.iter().filter(|peer| !spoke.contains(peer));
        let all: Vec<PeerId> = spoke.iter().copied().chain(others).collect();
        let place = turn.checked_rem(all.len())?;
        Some(all[place])
    }

    /// Asks a peer for what is lacking of a block, unless the pool is still being
    /// asked. Says whether it did.
    fn ask(&mut self, block: BlockId, peer: PeerId) -> bool {
        let word = match self.bodies.lacking(&block) {
            Some(mut places) => {
                places.truncate(ASKED_COUNT_MAX);
                Word::WantTransactions {
                    block,
                    places: List::new(places).expect("a block has no more places"),
                }
            }
            None if self.bodies.ids(&block).is_some() => return false,
            None => Word::WantBlock { block },
        };
        self.say(To::Peer(peer), word);
        true
    }

    /// A peer spoke of a block, so it probably has it.
    pub(super) fn note_holder(&mut self, block: BlockId, peer: PeerId) {
        if !self.peers.is_known(&peer) {
            return;
        }
        let is_noted = self.holders.contains_key(&block);
        if !is_noted && self.holders.len() >= HOLDER_BLOCK_COUNT_MAX {
            // Of what is neither here nor asked for, much may be invented.
            let is_idle = |block: &&BlockId| !self.bodies.has(block) && !self.is_needed(block);
            let Some(idle) = self.holders.keys().find(is_idle).copied() else {
                return;
            };
            self.holders.remove(&idle);
        }
        self.holders.entry(block).or_default().insert(peer);
    }

    /// Whether the engine waits for this block, or for what becomes of it.
    fn is_needed(&self, block: &BlockId) -> bool {
        is_needed(&self.wants, &self.checks, block)
    }

    /// A peer gives a block without its transactions.
    pub(super) fn be_offered(&mut self, compact: CompactBlock, from: PeerId) -> Result<(), Halt> {
        let height = compact.header.height;
        let is_near = height == self.next.height || Some(height) == self.next.height.next();
        if !is_near {
            return Ok(());
        }
        let block = compact.header.id();
        let (wants, checks) = (&self.wants, &self.checks);
        let is_needed = |id: &BlockId| is_needed(wants, checks, id);
        let added = self.bodies.offer(compact, from, is_needed);
        if added == Added::Bad {
            self.blame(from, Blame::Block(block));
            return Ok(());
        }
        if self.bodies.has(&block) {
            self.note_holder(block, from);
        }
        if added == Added::Begun {
            self.find(block)?;
        }
        Ok(())
    }

    /// Asks the pool for the transactions of a block.
    fn find(&mut self, block: BlockId) -> Result<(), Halt> {
        let transactions = self.bodies.ids(&block).unwrap_or_default();
        if transactions.is_empty() {
            let added = self.bodies.fill_from_pool(&block, Vec::new());
            return self.added(block, &added);
        }
        self.commands.push(Command::Find {
            block,
            transactions,
        });
        Ok(())
    }

    /// Something was added to a block.
    pub(super) fn added(&mut self, block: BlockId, added: &Added) -> Result<(), Halt> {
        match added {
            Added::Whole => {
                self.wants.remove(&block);
                self.timers.remove(&Wake::Ask(block));
                self.examine_ahead(block);
                self.pursue(block)?;
                self.settle()?;
            }
            Added::Lacks => self.ask_again(block),
            Added::TooLong => {
                self.wants.remove(&block);
                self.timers.remove(&Wake::Ask(block));
                self.pursue(block)?;
            }
            Added::Nothing | Added::Begun | Added::Bad => {}
        }
        Ok(())
    }

    /// A peer gives transactions of a block.
    pub(super) fn be_given(
        &mut self,
        block: BlockId,
        transactions: Vec<(LeafIndex, Transaction)>,
        from: PeerId,
    ) -> Result<(), Halt> {
        let is_full = is_full(&transactions);
        let added = self.bodies.fill(&block, transactions);
        match added {
            Added::Bad => self.blame(from, Blame::Block(block)),
            Added::Lacks if is_full => {
                if self.wants.contains_key(&block) {
                    self.set(Wake::Ask(block), ASK_INTERVAL);
                }
                self.ask(block, from);
            }
            // Who gives less than fits has no more, or wants to be asked often.
            Added::Lacks => {}
            added => self.added(block, &added)?,
        }
        Ok(())
    }

    /// Answers who asks for a block.
    pub(super) fn give(&mut self, block: &BlockId, to: PeerId) {
        if !self.peers.may_ask(to, self.now.tick) {
            return;
        }
        if let Some(compact) = self.bodies.compact(block) {
            let bytes = ID_BYTES * compact.transactions.len();
            self.peers.charge(to, bytes, self.now.tick);
            let compact = CompactBlock::clone(&compact);
            self.say(To::Peer(to), Word::Block(Box::new(compact)));
        }
    }

    /// Answers who asks for transactions of a block, as far as they fit.
    pub(super) fn give_transactions(&mut self, block: BlockId, places: &[LeafIndex], to: PeerId) {
        if !self.peers.may_ask(to, self.now.tick) {
            return;
        }
        let Some(body) = self.bodies.get_or_last(&block) else {
            return;
        };
        let body = Arc::clone(&body.block);
        let (mut given, mut bytes, mut seen) = (Vec::new(), 0, BTreeSet::new());
        for place in places {
            let index = usize::try_from(place.get()).unwrap_or(usize::MAX);
            let Some(transaction) = body.transactions.get(index) else {
                continue;
            };
            bytes += transaction.encoded_bytes().get();
            let is_full = !given.is_empty() && bytes > PORTION_BYTES_MAX.get();
            if is_full || !seen.insert(*place) {
                break;
            }
            given.push((*place, transaction.clone()));
        }
        let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
        self.peers.charge(to, bytes, self.now.tick);
        let transactions = List::new(given).expect("a block has no more");
        let word = Word::Transactions {
            block,
            transactions,
        };
        self.say(To::Peer(to), word);
    }

    pub(super) fn blame(&mut self, peer: PeerId, blame: Blame) {
        self.commands.push(Command::Blame { peer, blame });
    }
}

/// Whether these are as many as one answer takes: there may be more.
fn is_full(transactions: &[(LeafIndex, Transaction)]) -> bool {
    let lengths = transactions
        .iter()
        .map(|(_, one)| one.encoded_bytes().get());
    let bytes: u64 = lengths.sum();
    transactions.len() >= ASKED_COUNT_MAX
        || bytes + TRANSACTION_BYTES_MAX as u64 > PORTION_BYTES_MAX.get()
}

fn is_needed(
    wants: &BTreeMap<BlockId, Want>,
    checks: &BTreeMap<BlockId, Check>,
    block: &BlockId,
) -> bool {
    let check = checks.get(block).map(|check| check.state);
    let is_open = matches!(check, Some(CheckState::Open | CheckState::Examining));
    wants.contains_key(block) || is_open
}
