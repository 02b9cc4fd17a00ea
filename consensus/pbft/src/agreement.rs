//! Agreement on one height: proposal, prevotes, precommits.
//!
//! The change of rounds is next door, in `view_change`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use pyralog_consensus::{
    Abstention, Effect, Justification, Message, Place, Proposal, QuorumCertificate, Record, Start,
    Statement, Timer,
};
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::validators::ValidatorSet;
use pyralog_primitives::vote::{Evidence, SignedProposal, Vote, VoteKind};
use pyralog_primitives::{Address, BlockId, Height, Round, Signature};

use crate::ballots::Ballots;
use crate::rules::Rules;
use crate::settings::Settings;
use crate::view_change::Wishes;

/// The work on one height.
#[derive(Debug)]
pub(crate) struct Agreement {
    pub(crate) settings: Settings,
    pub(crate) height: Height,
    pub(crate) validators: Arc<ValidatorSet>,
    /// The own address, if it is one of the validators.
    pub(crate) own: Option<Address>,
    /// The place of the first round's primary among the validators.
    first_primary: usize,
    pub(crate) round: Round,
    pub(crate) stage: Stage,
    /// The proposal of the round.
    pub(crate) accepted: Option<Accepted>,
    /// Why the own proposal of this round may be made, once it may.
    pub(crate) justification: Option<Justification>,
    ballots: Ballots,
    pub(crate) wishes: Wishes,
    /// The latest block that a quorum prevoted for in a round of ours.
    pub(crate) prepared: Option<QuorumCertificate>,
    /// All that was written down to be signed in this round and later ones.
    intents: BTreeMap<Place, Statement>,
    /// What of it is still to be signed.
    unsigned: BTreeSet<Statement>,
    /// What was said in this round, to be said again.
    said: BTreeMap<Place, Message>,
    /// Whether there is a reason for a block before the interval is over.
    has_reason: bool,
    is_building: bool,
    is_decided: bool,
    accused: BTreeSet<Address>,
}

/// Where in its round a validator is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// In it.
    Inside,
    /// It wishes to enter it. Votes are not cast meanwhile.
    Entering {
        /// Whether a quorum wishes the same: then the clock runs.
        has_quorum: bool,
    },
}

/// A proposal that was accepted.
#[derive(Debug)]
pub(crate) struct Accepted {
    value: BlockId,
    /// The proposer's word, to hold against another one. After a restart it is
    /// not known.
    signed: Option<SignedProposal>,
    is_valid: bool,
    /// A quorum prevoted for it, in this round or an earlier one, or this
    /// validator did before a restart.
    is_backed: bool,
}

impl Agreement {
    pub(crate) fn new(settings: Settings, own: Option<Address>, start: &Start) -> Self {
        let validators = Arc::clone(&start.validators);
        Self {
            settings,
            height: start.height,
            own: own.filter(|own| validators.find(own).is_some()),
            first_primary: first_primary(&validators, start.last_proposer.as_ref()),
            validators,
            round: Round::FIRST,
            stage: Stage::Inside,
            accepted: None,
            justification: None,
            ballots: Ballots::default(),
            wishes: Wishes::default(),
            prepared: None,
            intents: BTreeMap::new(),
            unsigned: BTreeSet::new(),
            said: BTreeMap::new(),
            has_reason: start.has_unproved || start.has_waiting,
            is_building: false,
            is_decided: false,
            accused: BTreeSet::new(),
        }
    }

    pub(crate) fn height(&self) -> Height {
        self.height
    }

    /// Takes up the work, where a restart left it.
    pub(crate) fn begin(&mut self, records: Vec<Record>, effects: &mut Vec<Effect>) {
        for record in records {
            self.remember(record);
        }
        self.set_timers(effects);
        if self.intents.is_empty() {
            self.seek_block(effects);
            return;
        }
        // Said again, so that it counts even if it was lost with the process.
        let round = self.round;
        let intents = self.intents.values().copied();
        let intents: Vec<Statement> = intents.filter(|said| said.round() == round).collect();
        let has_proposed = |said: &Statement| matches!(said, Statement::Proposal { .. });
        if !intents.iter().any(has_proposed) {
            // It was written down, and what it was for was not.
            self.justification = None;
        }
        self.unsigned.extend(intents.iter().copied());
        // In the order of places: a guard signs nothing before what it signed.
        effects.extend(intents.into_iter().map(Effect::Sign));
        self.check_accepted(effects);
    }

    fn remember(&mut self, record: Record) {
        match record {
            Record::Intent(statement) => {
                self.intents.insert(statement.place(), statement);
                if statement.round() > self.round {
                    self.turn_to(statement.round());
                }
                match statement {
                    Statement::ViewChange { .. } => {
                        self.stage = Stage::Entering { has_quorum: false };
                    }
                    Statement::Proposal { value, .. } => self.take_up(value),
                    Statement::Vote { value, .. } => {
                        if let Some(value) = value {
                            self.take_up(value);
                        }
                    }
                }
            }
            Record::Prepared(proof) => self.prepared = Some(proof),
            Record::Justified(justification) => self.justification = Some(justification),
            // This engine writes none of these.
            Record::Heard(_) | Record::Judged { .. } | Record::Elapsed { .. } => {}
        }
    }

    /// Goes on with the block that was proposed before a restart.
    fn take_up(&mut self, value: BlockId) {
        self.stage = Stage::Inside;
        self.accepted = Some(Accepted {
            value,
            signed: None,
            is_valid: false,
            is_backed: true,
        });
    }

    fn set_timers(&self, effects: &mut Vec<Effect>) {
        let height = self.height;
        if self.stage == Stage::Inside {
            self.set_round_timer(effects);
        }
        effects.push(Effect::SetTimer {
            timer: Timer::Resend { height },
            after: self.settings.resend_interval,
        });
    }

    pub(crate) fn set_round_timer(&self, effects: &mut Vec<Effect>) {
        let (height, round) = (self.height, self.round);
        effects.push(Effect::SetTimer {
            timer: Timer::Round { height, round },
            after: self.settings.timeout(round),
        });
    }

    /// Whose turn it is in a round.
    pub(crate) fn primary(&self, round: Round) -> Address {
        let count = self.validators.count();
        let place = (self.first_primary + round.get() as usize % count) % count;
        let index = self.validators.indexes().nth(place);
        index
            .and_then(|index| self.validators.address(index))
            .expect("the place is less than the count of validators")
    }

    pub(crate) fn is_primary(&self) -> bool {
        self.own == Some(self.primary(self.round))
    }

    /// The primary's first act: a block at once if there is a reason, else
    /// after the interval.
    pub(crate) fn seek_block(&mut self, effects: &mut Vec<Effect>) {
        if !self.is_primary() || self.is_building {
            return;
        }
        let height = self.height;
        // In a later round everyone has waited long enough.
        if self.has_reason || self.round > Round::FIRST {
            self.is_building = true;
            effects.push(Effect::Build { height });
        } else {
            effects.push(Effect::SetTimer {
                timer: Timer::EmptyBlock { height },
                after: self.settings.block_interval,
            });
        }
    }

    /// There is a reason for a block now.
    pub(crate) fn give_reason(&mut self, effects: &mut Vec<Effect>) {
        self.has_reason = true;
        let waits = self.round == Round::FIRST && self.stage == Stage::Inside;
        if waits && self.accepted.is_none() && !self.is_decided {
            self.seek_block(effects);
        }
    }

    /// The block that was asked for is there.
    pub(crate) fn propose_built(&mut self, block: BlockId, effects: &mut Vec<Effect>) {
        let may_propose = self.round == Round::FIRST || self.justification.is_some();
        if !self.is_building || self.is_decided || !may_propose || !self.is_primary() {
            return;
        }
        self.is_building = false;
        self.propose(block, true, effects);
    }

    /// Says which block is to be agreed on in this round.
    pub(crate) fn propose(&mut self, value: BlockId, is_valid: bool, effects: &mut Vec<Effect>) {
        self.stage = Stage::Inside;
        self.accepted = Some(Accepted {
            value,
            signed: None,
            is_valid,
            // One that is not valid yet was prepared in an earlier round.
            is_backed: true,
        });
        if let Some(justification) = &self.justification {
            effects.push(Effect::Persist(Record::Justified(justification.clone())));
        }
        if self.round > Round::FIRST {
            self.set_round_timer(effects);
        }
        let proposal = Statement::Proposal {
            height: self.height,
            round: self.round,
            value,
            valid_round: None,
        };
        self.intend(proposal, effects);
        if is_valid {
            self.intend(self.vote(VoteKind::Prevote, value), effects);
        } else {
            self.check_accepted(effects);
        }
    }

    fn vote(&self, kind: VoteKind, value: BlockId) -> Statement {
        Statement::Vote {
            kind,
            height: self.height,
            round: self.round,
            value: Some(value),
        }
    }

    /// Writes down what is to be said, then has it signed. Nothing else is ever
    /// said in its place.
    pub(crate) fn intend(&mut self, statement: Statement, effects: &mut Vec<Effect>) {
        if self.own.is_none() || self.intents.contains_key(&statement.place()) {
            return;
        }
        self.intents.insert(statement.place(), statement);
        self.unsigned.insert(statement);
        effects.push(Effect::Persist(Record::Intent(statement)));
        effects.push(Effect::Sign(statement));
    }

    /// A signature is there: says it to all, and hears it.
    pub(crate) fn say<R: Rules>(
        &mut self,
        statement: Statement,
        signature: Signature,
        effects: &mut Vec<Effect>,
    ) {
        let Some(validator) = self.own else {
            return;
        };
        let is_current = statement.round() == self.round && !self.is_decided;
        if !self.unsigned.remove(&statement) || !is_current {
            return;
        }
        let message = match statement {
            Statement::ViewChange { .. } => self.wish(statement, validator, signature),
            Statement::Proposal {
                height,
                round,
                value,
                valid_round,
            } => Some(Message::Proposal(Proposal {
                signed: SignedProposal {
                    height,
                    round,
                    value,
                    valid_round,
                    validator,
                    signature,
                },
                justification: self.justification.clone(),
            })),
            Statement::Vote {
                kind,
                height,
                round,
                value,
            } => Some(Message::Vote(Vote {
                kind,
                height,
                round,
                value,
                validator,
                signature,
            })),
        };
        let Some(message) = message else {
            return;
        };
        self.said.insert(statement.place(), message.clone());
        effects.push(Effect::Broadcast(message.clone()));
        match message {
            Message::Proposal(proposal) => {
                if let Some(accepted) = &mut self.accepted {
                    accepted.signed = Some(proposal.signed);
                }
            }
            Message::Vote(vote) => self.count::<R>(vote, effects),
            Message::ViewChange { wish, proof } => self.note_wish::<R>(wish, proof, effects),
            // Words of another engine.
            Message::Polka(_) | Message::RoundOver(_) => {}
        }
    }

    /// The guard refused: it knows of something that this engine has forgotten,
    /// so nothing that it says now can be trusted to fit. It only follows.
    pub(crate) fn fall_silent(&mut self, statement: Statement, effects: &mut Vec<Effect>) {
        if self.unsigned.contains(&statement) {
            self.own = None;
            self.unsigned.clear();
            self.said.clear();
            effects.push(Effect::Abstain {
                height: self.height,
                reason: Abstention::Refused(statement),
            });
        }
    }

    pub(crate) fn resend(&mut self, effects: &mut Vec<Effect>) {
        if self.is_decided {
            return;
        }
        effects.extend(self.said.values().cloned().map(Effect::Broadcast));
        effects.push(Effect::SetTimer {
            timer: Timer::Resend {
                height: self.height,
            },
            after: self.settings.resend_interval,
        });
    }

    pub(crate) fn hear<R: Rules>(&mut self, message: Message, effects: &mut Vec<Effect>) {
        if self.is_decided {
            return;
        }
        match message {
            Message::Proposal(proposal) => self.consider::<R>(&proposal, effects),
            Message::Vote(vote) => self.count::<R>(vote, effects),
            Message::ViewChange { wish, proof } => self.note_wish::<R>(wish, proof, effects),
            // Words of another engine.
            Message::Polka(_) | Message::RoundOver(_) => {}
        }
    }

    fn consider<R: Rules>(&mut self, proposal: &Proposal, effects: &mut Vec<Effect>) {
        let signed = proposal.signed;
        let is_in_turn = signed.validator == self.primary(signed.round);
        // Tendermint alone proposes with an earlier round.
        if signed.round < self.round || !is_in_turn || signed.valid_round.is_some() {
            return;
        }
        let is_inside = signed.round == self.round && self.stage == Stage::Inside;
        if let Some(accepted) = self.accepted.as_ref().filter(|_| is_inside) {
            if let Some(first) = accepted.signed {
                self.accuse_proposer(first, signed, effects);
            }
            return;
        }
        let justification = proposal.justification.as_ref();
        if !self.is_justified::<R>(&signed, justification) {
            return;
        }
        if signed.round > self.round {
            self.turn_to(signed.round);
        }
        self.stage = Stage::Inside;
        self.accepted = Some(Accepted {
            value: signed.value,
            signed: Some(signed),
            is_valid: false,
            is_backed: justification.is_some_and(|justification| justification.proof.is_some()),
        });
        if self.round > Round::FIRST {
            self.set_round_timer(effects);
        }
        self.check_accepted(effects);
    }

    /// Moves to a later round; what belongs to earlier ones is forgotten.
    pub(crate) fn turn_to(&mut self, round: Round) {
        self.round = round;
        self.accepted = None;
        self.justification = None;
        self.is_building = false;
        self.ballots.enter(round);
        self.intents.retain(|place, _| place.round >= round);
        self.unsigned.retain(|statement| statement.round() >= round);
        self.said.retain(|place, _| place.round >= round);
    }

    fn check_accepted(&self, effects: &mut Vec<Effect>) {
        if let Some(accepted) = &self.accepted {
            effects.push(Effect::Check {
                height: self.height,
                block: accepted.value,
                is_backed: accepted.is_backed,
            });
        }
    }

    /// Has a block checked at once that a quorum has prevoted for.
    fn back<R: Rules>(&mut self, effects: &mut Vec<Effect>) {
        let Some(accepted) = &mut self.accepted else {
            return;
        };
        let power = self
            .ballots
            .power(VoteKind::Prevote, self.round, accepted.value);
        let is_news = !accepted.is_valid && !accepted.is_backed;
        if is_news && R::is_quorum(&self.validators, power) {
            accepted.is_backed = true;
            self.check_accepted(effects);
        }
    }

    /// Whether the proposed block keeps the rules is known now.
    pub(crate) fn judge<R: Rules>(
        &mut self,
        block: BlockId,
        is_valid: bool,
        effects: &mut Vec<Effect>,
    ) {
        let inside = self.stage == Stage::Inside && !self.is_decided;
        let accepted = self
            .accepted
            .as_mut()
            .filter(|accepted| inside && accepted.value == block && !accepted.is_valid);
        let Some(accepted) = accepted else {
            return;
        };
        if is_valid {
            accepted.is_valid = true;
            self.intend(self.vote(VoteKind::Prevote, block), effects);
            self.advance::<R>(effects);
        } else {
            // Its proposer is faulty: nothing good comes of waiting.
            self.end_round::<R>(self.round, effects);
        }
    }

    fn count<R: Rules>(&mut self, vote: Vote, effects: &mut Vec<Effect>) {
        let Some(weight) = R::weight(&self.validators, &vote.validator) else {
            return;
        };
        if let Some(earlier) = self.ballots.count(vote, weight, self.round) {
            self.accuse::<R>(earlier, vote, effects);
            return;
        }
        if vote.kind == VoteKind::Precommit {
            self.conclude::<R>(&vote, effects);
        } else {
            self.back::<R>(effects);
            self.advance::<R>(effects);
        }
    }

    fn accuse<R: Rules>(&mut self, first: Vote, second: Vote, effects: &mut Vec<Effect>) {
        if R::contradict(&first, &second) && self.accused.insert(first.validator) {
            effects.push(Effect::Report(Evidence::double_vote(first, second)));
        }
    }

    fn accuse_proposer(
        &mut self,
        first: SignedProposal,
        second: SignedProposal,
        effects: &mut Vec<Effect>,
    ) {
        if first.value != second.value && self.accused.insert(first.validator) {
            effects.push(Effect::Report(Evidence::double_proposal(first, second)));
        }
    }

    /// Precommits, once the block of the round is valid and prepared.
    fn advance<R: Rules>(&mut self, effects: &mut Vec<Effect>) {
        let inside = self.stage == Stage::Inside && !self.is_decided;
        let valid = self.accepted.as_ref().filter(|accepted| accepted.is_valid);
        let Some(value) = valid.filter(|_| inside).map(|accepted| accepted.value) else {
            return;
        };
        let round = self.round;
        let power = self.ballots.power(VoteKind::Prevote, round, value);
        let precommit = self.vote(VoteKind::Precommit, value);
        let is_done = self.intents.contains_key(&precommit.place());
        if self.own.is_none() || is_done || !R::is_quorum(&self.validators, power) {
            return;
        }
        let proof = self.certify(VoteKind::Prevote, round, value);
        effects.push(Effect::Persist(Record::Prepared(proof.clone())));
        self.prepared = Some(proof);
        self.intend(precommit, effects);
    }

    /// Makes the block final, once a quorum has precommitted it.
    fn conclude<R: Rules>(&mut self, vote: &Vote, effects: &mut Vec<Effect>) {
        let Some(value) = vote.value else {
            return;
        };
        let power = self.ballots.power(VoteKind::Precommit, vote.round, value);
        if R::is_quorum(&self.validators, power) {
            let proof = self.certify(VoteKind::Precommit, vote.round, value);
            self.decide(proof.into_final(), effects);
        }
    }

    fn certify(&self, kind: VoteKind, round: Round, value: BlockId) -> QuorumCertificate {
        let vote_of = |voter: &Address| self.ballots.vote_of(kind, round, voter);
        let what = (self.height, round, value);
        QuorumCertificate::assemble(kind, what, vote_of, &self.validators)
    }

    /// The block of this certificate is final.
    pub(crate) fn decide(&mut self, certificate: Certificate, effects: &mut Vec<Effect>) {
        if self.is_decided {
            return;
        }
        self.is_decided = true;
        effects.push(Effect::Finalize { certificate });
    }

    pub(crate) fn is_decided(&self) -> bool {
        self.is_decided
    }

    pub(crate) fn held_count(&self) -> usize {
        let justification = self.justification.as_ref();
        let shares = justification.map_or(0, |justification| justification.wishes.len());
        let proof = usize::from(self.prepared.is_some());
        self.ballots.held_count() + self.wishes.held_count() + shares + self.said.len() + proof
    }
}

/// The maker of the block before; if it votes no more, the next by address.
fn first_primary(validators: &ValidatorSet, last_proposer: Option<&Address>) -> usize {
    let Some(last) = last_proposer else {
        return 0;
    };
    let mut indexes = validators.indexes();
    let is_next = |address: Option<Address>| address.is_some_and(|address| address >= *last);
    let place = indexes.position(|index| is_next(validators.address(index)));
    place.unwrap_or(0)
}
