//! How a round is given up and the next one entered.

use std::collections::BTreeMap;

use pyralog_consensus::{Effect, Justification, Message, QuorumCertificate, Statement, ViewChange};
use pyralog_primitives::codec::List;
use pyralog_primitives::vote::SignedProposal;
use pyralog_primitives::{Address, Round, Signature, VotingPower};

use crate::agreement::{Agreement, Stage};
use crate::rules::Rules;

/// The latest wish of each validator.
///
/// Invariant: a wish never gives way to one for an earlier round.
#[derive(Debug, Default)]
pub(crate) struct Wishes {
    latest: BTreeMap<Address, (ViewChange, Option<QuorumCertificate>)>,
}

impl Wishes {
    /// Keeps a wish if it is for a later round than the one that is held.
    fn keep(&mut self, wish: ViewChange, proof: Option<QuorumCertificate>) -> bool {
        let held = self.latest.get(&wish.validator);
        let is_later = held.is_none_or(|(held, _)| wish.round > held.round);
        if is_later {
            self.latest.insert(wish.validator, (wish, proof));
        }
        is_later
    }

    fn for_round(
        &self,
        round: Round,
    ) -> impl Iterator<Item = &(ViewChange, Option<QuorumCertificate>)> {
        let latest = self.latest.values();
        latest.filter(move |(wish, _)| wish.round == round)
    }

    fn after(&self, round: Round) -> impl Iterator<Item = &ViewChange> {
        let latest = self.latest.values();
        latest
            .map(|(wish, _)| wish)
            .filter(move |wish| wish.round > round)
    }

    pub(crate) fn held_count(&self) -> usize {
        let held = |(_, proof): &(_, Option<_>)| 1 + usize::from(proof.is_some());
        self.latest.values().map(held).sum()
    }
}

impl Agreement {
    /// The time of a round is over, or it cannot come to a good end.
    pub(crate) fn end_round<R: Rules>(&mut self, round: Round, effects: &mut Vec<Effect>) {
        let is_waiting = self.stage == Stage::Entering { has_quorum: false };
        if round != self.round || is_waiting || self.is_decided() {
            return;
        }
        if let Some(next) = round.next() {
            self.wish_for::<R>(next, effects);
        }
    }

    /// Stops voting and asks all to enter a later round.
    fn wish_for<R: Rules>(&mut self, round: Round, effects: &mut Vec<Effect>) {
        self.turn_to(round);
        self.stage = Stage::Entering { has_quorum: false };
        let prepared = self.prepared.as_ref().map(QuorumCertificate::prepared);
        let statement = Statement::ViewChange {
            height: self.height,
            round,
            prepared,
        };
        self.intend(statement, effects);
        self.try_to_enter::<R>(effects);
    }

    /// The own wish, signed; `None` if it was granted meanwhile.
    pub(crate) fn wish(
        &self,
        statement: Statement,
        validator: Address,
        signature: Signature,
    ) -> Option<Message> {
        let Statement::ViewChange {
            height,
            round,
            prepared,
        } = statement
        else {
            return None;
        };
        let held = self.prepared.as_ref().map(QuorumCertificate::prepared);
        // What is prepared changes only inside of a round.
        (self.stage != Stage::Inside && held == prepared).then(|| Message::ViewChange {
            wish: ViewChange {
                height,
                round,
                prepared,
                validator,
                signature,
            },
            proof: self.prepared.clone(),
        })
    }

    /// A validator wishes to enter a round.
    pub(crate) fn note_wish<R: Rules>(
        &mut self,
        wish: ViewChange,
        proof: Option<QuorumCertificate>,
        effects: &mut Vec<Effect>,
    ) {
        let is_possible = wish
            .prepared
            .is_none_or(|prepared| prepared.round < wish.round);
        if !is_possible || R::weight(&self.validators, &wish.validator).is_none() {
            return;
        }
        if wish.round < self.round || !self.wishes.keep(wish, proof) {
            return;
        }
        if let Some(round) = self.round_to_join::<R>() {
            self.wish_for::<R>(round, effects);
        } else {
            self.try_to_enter::<R>(effects);
        }
    }

    /// The first later round that some correct validator may have asked for.
    fn round_to_join<R: Rules>(&self) -> Option<Round> {
        let power = self.power::<R>(self.wishes.after(self.round));
        let is_honest = self.validators.has_honest(power);
        let rounds = self.wishes.after(self.round).map(|wish| wish.round);
        rounds.min().filter(|_| is_honest)
    }

    fn power<'a, R: Rules>(&self, wishes: impl Iterator<Item = &'a ViewChange>) -> VotingPower {
        let weight = |wish: &ViewChange| R::weight(&self.validators, &wish.validator);
        let weights = wishes.filter_map(weight).map(VotingPower::get);
        // Cannot wrap: one wish of each validator of a bounded set.
        VotingPower::new(weights.sum())
    }

    /// Starts the clock of the round once a quorum wishes to enter it or a later
    /// one; its primary proposes once a quorum wishes to enter just this one.
    fn try_to_enter<R: Rules>(&mut self, effects: &mut Vec<Effect>) {
        let Stage::Entering { has_quorum } = self.stage else {
            return;
        };
        let here = self.wishes.for_round(self.round).map(|(wish, _)| wish);
        let power = self.power::<R>(here.chain(self.wishes.after(self.round)));
        if !has_quorum && R::is_quorum(&self.validators, power) {
            self.stage = Stage::Entering { has_quorum: true };
            self.set_round_timer(effects);
        }
        let here = self.wishes.for_round(self.round).map(|(wish, _)| wish);
        let may_propose = R::is_quorum(&self.validators, self.power::<R>(here));
        if may_propose && self.is_primary() && self.justification.is_none() {
            let justification = self.justify();
            let chosen = R::chosen(&justification);
            self.justification = Some(justification);
            match chosen {
                Some(prepared) => self.propose(prepared.value, false, effects),
                None => self.seek_block(effects),
            }
        }
    }

    fn justify(&self) -> Justification {
        let wishes = || self.wishes.for_round(self.round);
        let latest = wishes().max_by_key(|(wish, _)| wish.prepared);
        let proof = latest.and_then(|(_, proof)| proof.clone());
        let wishes = wishes().map(|(wish, _)| *wish).collect();
        let wishes = List::new(wishes).expect("one wish of each validator of a bounded set");
        Justification { wishes, proof }
    }

    /// Whether a proposer may propose this.
    pub(crate) fn is_justified<R: Rules>(
        &self,
        proposal: &SignedProposal,
        justification: Option<&Justification>,
    ) -> bool {
        let round = proposal.round;
        let Some(justification) = justification else {
            return round == Round::FIRST;
        };
        let wishes = &justification.wishes;
        let latest = wishes.iter().filter_map(|wish| wish.prepared).max();
        let proved = justification
            .proof
            .as_ref()
            .map(QuorumCertificate::prepared);
        let is_in_order = wishes.is_sorted_by(|one, next| one.validator < next.validator);
        let is_for_round = wishes.iter().all(|wish| wish.round == round);
        let power = self.power::<R>(wishes.iter());
        round > Round::FIRST
            && is_in_order
            && is_for_round
            && R::is_quorum(&self.validators, power)
            && latest == proved
            && latest.is_none_or(|latest| latest.round < round)
            && R::chosen(justification).is_none_or(|chosen| chosen.value == proposal.value)
    }
}
