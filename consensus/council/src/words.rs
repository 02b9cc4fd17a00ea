//! What a validator could say, whether its engine would or not.

use pyralog_consensus::{Engine, Justification, Message, Proposal, QuorumCertificate, ViewChange};
use pyralog_primitives::codec::List;
use pyralog_primitives::vote::{Prepared, SignedProposal, Vote, VoteKind, VotedValue};
use pyralog_primitives::{BlockId, Height, Round, SignBytes};

use crate::council::{Council, GENESIS, HEIGHT};

impl<E: Engine> Council<E> {
    /// A vote at the height, for a block or for none, whatever its validator said
    /// before.
    pub fn vote(
        &self,
        seat: usize,
        kind: VoteKind,
        round: u32,
        value: impl Into<VotedValue>,
    ) -> Vote {
        self.vote_at(seat, kind, HEIGHT, (round, value))
    }

    /// The same, at any height.
    pub fn vote_at(
        &self,
        at: usize,
        kind: VoteKind,
        height: Height,
        (round, value): (u32, impl Into<VotedValue>),
    ) -> Vote {
        let (round, value) = (Round::new(round), value.into());
        let bytes = SignBytes::vote(GENESIS, kind, height, round, value);
        Vote {
            kind,
            height,
            round,
            value,
            validator: self.address(at),
            signature: self.seats[at].key.sign(&bytes),
        }
    }

    /// A proposer's word, which may not be the proposer.
    pub fn signed_proposal(
        &self,
        at: usize,
        round: u32,
        value: BlockId,
        valid_round: Option<Round>,
    ) -> SignedProposal {
        let (height, round) = (HEIGHT, Round::new(round));
        let bytes = SignBytes::proposal(GENESIS, height, round, value, valid_round);
        SignedProposal {
            height,
            round,
            value,
            valid_round,
            validator: self.address(at),
            signature: self.seats[at].key.sign(&bytes),
        }
    }

    /// A wish to enter a round.
    pub fn wish(&self, at: usize, round: u32, prepared: Option<Prepared>) -> ViewChange {
        let (height, round) = (HEIGHT, Round::new(round));
        let bytes = SignBytes::view_change(GENESIS, height, round, prepared);
        ViewChange {
            height,
            round,
            prepared,
            validator: self.address(at),
            signature: self.seats[at].key.sign(&bytes),
        }
    }

    /// The prevotes of these for a block.
    pub fn proof(&self, round: u32, value: BlockId, seats: &[usize]) -> QuorumCertificate {
        let vote = |at: &usize| self.vote(*at, VoteKind::Prevote, round, value);
        let votes: Vec<Vote> = seats.iter().map(vote).collect();
        QuorumCertificate::assemble(
            VoteKind::Prevote,
            (HEIGHT, Round::new(round), value),
            |voter| votes.iter().find(|vote| vote.validator == *voter),
            &self.validators,
        )
    }

    /// A proposal, with the wishes and the proof that justify it.
    pub fn proposal(
        &self,
        at: usize,
        round: u32,
        value: BlockId,
        justification: Option<(Vec<ViewChange>, Option<QuorumCertificate>)>,
    ) -> Message {
        let justification = justification.map(|(wishes, proof)| Justification {
            wishes: List::new(wishes).expect("a council is small"),
            proof,
        });
        Message::Proposal(Proposal {
            signed: self.signed_proposal(at, round, value, None),
            justification,
        })
    }
}
