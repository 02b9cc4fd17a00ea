//! What peers could say, whether an honest node would or not: blocks, votes and
//! certificates of a network whose keys a test holds.

use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

use pyralog_chain::Application;
use pyralog_consensus::{Message, Proposal, QuorumCertificate};
use pyralog_driver::{Body, Executor, FinalBlock, Order, Word};
use pyralog_genesis::Genesis;
use pyralog_primitives::block::Block;
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::codec::List;
use pyralog_primitives::transaction::Transaction;
use pyralog_primitives::validators::ValidatorSet;
use pyralog_primitives::vote::{Evidence, SignedProposal, Vote, VoteKind};
use pyralog_primitives::{BlockId, Height, Round, SignBytes, TimestampMs};

use crate::setup::{GENESIS_TIME, address, key};
use crate::store::{State, Store};

/// Makes a chain.
pub(crate) struct Maker {
    genesis: Rc<Genesis>,
    store: Store,
    executor: Executor<State>,
}

impl Maker {
    pub(crate) fn new(genesis: &Rc<Genesis>) -> Self {
        let store = Store::new(genesis);
        Self {
            executor: store.executor(genesis),
            store,
            genesis: Rc::clone(genesis),
        }
    }

    /// A block on the last one: by this validator, so many milliseconds after
    /// genesis.
    pub(crate) fn block(
        &mut self,
        proposer: u8,
        millis: u64,
        transactions: Vec<Transaction>,
        evidence: Vec<Evidence>,
    ) -> Arc<Block> {
        let order = Order {
            time: TimestampMs::new(GENESIS_TIME.get() + millis),
            proposer: address(proposer),
            evidence,
        };
        let built = self.executor.build(order, &mut transactions.into_iter());
        built.unwrap().block
    }

    /// Makes a block final with the precommits of all validators.
    pub(crate) fn settle(&mut self, block: &Arc<Block>) -> FinalBlock {
        let certificate = self.certificate(block.header.height, block.id());
        let body = Body::own(Arc::clone(block));
        let settled = self.executor.finalize(&body, certificate.clone()).unwrap();
        let tip = self.executor.ledger().info().clone();
        let height = tip.height;
        self.store.commit(settled.batch, tip);
        self.executor.commit(height);
        FinalBlock {
            block: Box::new(Block::clone(block)),
            certificate,
        }
    }

    /// So many blocks without transactions, one after the other.
    pub(crate) fn grow(&mut self, count: usize) -> Vec<FinalBlock> {
        let one = |_| {
            let height = self.store.height().get() + 1;
            let block = self.block(0, height * 10, Vec::new(), Vec::new());
            self.settle(&block)
        };
        (0..count).map(one).collect()
    }

    pub(crate) fn serve(&self, from: Height, count: usize) -> Vec<FinalBlock> {
        self.store.serve(from, count)
    }

    fn validators(&self) -> ValidatorSet {
        self.genesis.validator_set()
    }

    fn numbers(&self) -> impl Iterator<Item = u8> + use<> {
        0..u8::try_from(self.validators().count()).unwrap()
    }

    /// A certificate of all validators for this block.
    pub(crate) fn certificate(&self, height: Height, block: BlockId) -> Certificate {
        self.quorum(VoteKind::Precommit, height, block).into_final()
    }

    pub(crate) fn quorum(
        &self,
        kind: VoteKind,
        height: Height,
        block: BlockId,
    ) -> QuorumCertificate {
        let votes: Vec<Vote> = self
            .numbers()
            .map(|number| self.vote(number, kind, height, (0, Some(block))))
            .collect();
        QuorumCertificate::assemble(
            kind,
            (height, Round::FIRST, block),
            |voter| votes.iter().find(|vote| vote.validator == *voter),
            &self.validators(),
        )
    }

    pub(crate) fn vote(
        &self,
        number: u8,
        kind: VoteKind,
        height: Height,
        (round, value): (u32, Option<BlockId>),
    ) -> Vote {
        let round = Round::new(round);
        let bytes = SignBytes::vote(self.genesis.hash(), kind, height, round, value);
        Vote {
            kind,
            height,
            round,
            value,
            validator: address(number),
            signature: key(number).sign(&bytes),
        }
    }

    /// The prevotes of these validators.
    pub(crate) fn prevotes(&self, by: &[u8], height: Height, value: BlockId) -> Vec<Message> {
        let vote = |number: &u8| self.vote(*number, VoteKind::Prevote, height, (0, Some(value)));
        by.iter()
            .map(|number| Message::Vote(vote(number)))
            .collect()
    }

    /// The word of a proposer in the first round.
    pub(crate) fn proposal(&self, number: u8, height: Height, value: BlockId) -> Message {
        let round = Round::FIRST;
        let bytes = SignBytes::proposal(self.genesis.hash(), height, round, value, None);
        Message::Proposal(Proposal {
            signed: SignedProposal {
                height,
                round,
                value,
                valid_round: None,
                validator: address(number),
                signature: key(number).sign(&bytes),
            },
            justification: None,
        })
    }

    /// The number of the validator that proposes first at the first height, for
    /// PBFT: the first by address.
    pub(crate) fn first_primary(&self) -> u8 {
        let first = self.validators().indexes().next();
        let first = first.and_then(|index| self.validators().address(index));
        self.numbers()
            .find(|number| Some(address(*number)) == first)
            .unwrap()
    }
}

/// An answer with these blocks.
pub(crate) fn final_word(blocks: impl Into<VecDeque<FinalBlock>>) -> Word {
    Word::Final(List::new(Vec::from(blocks.into())).unwrap())
}
