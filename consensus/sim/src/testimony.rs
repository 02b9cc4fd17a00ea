//! Signed words, put together: who said what about one height.

use std::collections::{BTreeMap, BTreeSet};

use pyralog_consensus::{Justification, Message, QuorumCertificate, Statement};
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::validators::ValidatorSet;
use pyralog_primitives::vote::VoteKind;
use pyralog_primitives::{Address, Height, Round};

/// What validators are known to have said about one height.
///
/// Invariant: nothing stands here that its validator has not signed, because
/// only what was verified is told.
#[derive(Debug, Default)]
pub(crate) struct Testimony {
    said: BTreeMap<Address, BTreeSet<Statement>>,
}

impl Testimony {
    /// This validator said so.
    pub(crate) fn add(&mut self, who: Address, statement: Statement) {
        self.said.entry(who).or_default().insert(statement);
    }

    /// A message came, among validators of its height: it says what its sender
    /// says, and whatever else is signed in it.
    pub(crate) fn hear(&mut self, message: &Message, validators: &ValidatorSet) {
        match message {
            Message::Proposal(proposal) => {
                self.add(proposal.signed.validator, (&proposal.signed).into());
                if let Some(justification) = &proposal.justification {
                    self.hear_reasons(justification, validators);
                }
            }
            Message::Vote(vote) => self.add(vote.validator, vote.into()),
            Message::ViewChange { wish, proof } => {
                self.add(wish.validator, wish.statement());
                if let Some(proof) = proof {
                    self.hear_quorum(proof, validators);
                }
            }
            Message::Polka(polka) => self.hear_quorum(polka, validators),
            Message::RoundOver(over) => {
                for vote in over.votes.iter() {
                    self.add(vote.validator, vote.into());
                }
            }
        }
    }

    fn hear_reasons(&mut self, justification: &Justification, validators: &ValidatorSet) {
        for wish in justification.wishes.iter() {
            self.add(wish.validator, wish.statement());
        }
        if let Some(proof) = &justification.proof {
            self.hear_quorum(proof, validators);
        }
    }

    fn hear_quorum(&mut self, quorum: &QuorumCertificate, validators: &ValidatorSet) {
        let statement = Statement::Vote {
            kind: quorum.kind,
            height: quorum.height,
            round: quorum.round,
            value: Some(quorum.value),
        };
        for (signer, _) in quorum.signatures(validators) {
            self.add(signer, statement);
        }
    }

    /// A block became final by this certificate, which is good.
    pub(crate) fn hear_final(&mut self, certificate: &Certificate, validators: &ValidatorSet) {
        let Certificate::Quorum {
            height,
            round,
            value,
            ..
        } = certificate
        else {
            return;
        };
        let statement = Statement::Vote {
            kind: VoteKind::Precommit,
            height: *height,
            round: *round,
            value: Some(*value),
        };
        for (key, _) in certificate.claims(validators).into_iter().flatten() {
            self.add(key.address(), statement);
        }
    }

    /// Who said anything.
    pub(crate) fn witnesses(&self) -> impl Iterator<Item = &Address> {
        self.said.keys()
    }

    /// All that this validator said.
    pub(crate) fn of<'a>(
        &'a self,
        who: &Address,
    ) -> impl Iterator<Item = &'a Statement> + Clone + use<'a> {
        self.said.get(who).into_iter().flatten()
    }
}

/// The round in which a certificate was made.
pub(crate) fn round_of(certificate: &Certificate) -> Round {
    match certificate {
        Certificate::Quorum { round, .. } => *round,
        Certificate::Solo { .. } => Round::FIRST,
    }
}

/// What is known of each height.
pub(crate) type Testimonies = BTreeMap<Height, Testimony>;
