//! Agreement on one height: what the core wants, done.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use arc_malachitebft_core_consensus::{
    Effect as Wish, Input, LivenessMsg, MisbehaviorEvidence, Resume, SignedConsensusMsg,
};
use arc_malachitebft_core_types::{
    CertificateError, CommitCertificate, Round as TheirRound, SignedMessage, ThresholdParam,
    Timeout, TimeoutKind, VoteExtensionPolicy,
};
use pyralog_consensus::{
    Abstention, Effect, Message, Place, Record, Start, Statement, Step, Timer, Turn, proposer,
};
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::validators::ValidatorSet;
use pyralog_primitives::vote::{Evidence, VoteKind};
use pyralog_primitives::{Address, Height, Round, Signature};

use crate::admission::Admission;
use crate::checks::Checks;
use crate::context::{self, Context};
use crate::convert;
use crate::core::{Command, Core, Said};
use crate::own_block::OwnBlock;
use crate::replay::{self, Remembered};
use crate::settings::Settings;

/// Messages that may wait for a signature; what comes beyond is lost until it
/// is said again. Fewer, and a slow signer loses votes; more is memory that it
/// costs. What is the engine's own, timers and verdicts, always waits.
pub(crate) const WAITING_COUNT_MAX: usize = 1024;
/// Certificates among those. Anyone may send the same one again and again.
const WAITING_CERTIFICATE_COUNT_MAX: usize = 16;

/// The work on one height.
#[derive(Debug)]
pub(crate) struct Agreement {
    pub(crate) settings: Settings,
    pub(crate) height: Height,
    pub(crate) validators: Arc<ValidatorSet>,
    pub(crate) quorum: ThresholdParam,
    /// The own address; one that is no validator's where there is none.
    pub(crate) own: Address,
    /// `None` once this validator has nothing more to say here.
    core: Option<Core>,
    pub(crate) admission: Admission,
    /// What the core is to be told once it is ready.
    waiting: VecDeque<Command>,
    /// What is being signed, with what the core calls it.
    unsigned: Option<(Statement, Unsigned)>,
    pub(crate) intents: BTreeMap<Place, Statement>,
    round: Round,
    /// Timers that still mean something.
    timers: BTreeSet<(Round, Step)>,
    resend_round: Option<TheirRound>,
    /// Proposals and certificates of this round, to be said again; the core
    /// says its votes again itself.
    said: Vec<Message>,
    pub(crate) checks: Checks,
    pub(crate) own_block: OwnBlock,
    /// What a restart found, until the core has been told all of it.
    pub(crate) remembered: Option<Remembered>,
    pub(crate) is_decided: bool,
}

#[derive(Debug)]
enum Unsigned {
    Vote(context::Vote),
    Proposal(context::Proposal),
}

/// What is to be done after one of the core's wishes.
enum Next {
    /// Tell it how it went.
    Resume(Resume<Context>),
    /// Wait for a signature.
    Wait,
    /// Say nothing more at this height.
    Abstain(Abstention),
}

impl Agreement {
    /// Takes up the work, where a restart left it.
    pub(crate) fn begin(
        settings: Settings,
        quorum: ThresholdParam,
        own: Option<Address>,
        start: Start,
        effects: &mut Vec<Effect>,
    ) -> Self {
        let own = own.unwrap_or_else(|| Address::new([0; Address::BYTES]));
        let height = context::Height(start.height);
        let set = context::ValidatorSet::new(Arc::clone(&start.validators));
        let core = Core::new(context::Address(own), height, set.clone(), quorum);
        let mut agreement = Self {
            settings,
            height: start.height,
            validators: start.validators,
            quorum,
            own,
            core: Some(core),
            admission: Admission::default(),
            waiting: VecDeque::new(),
            unsigned: None,
            intents: BTreeMap::new(),
            round: Round::FIRST,
            timers: BTreeSet::new(),
            resend_round: None,
            said: Vec::new(),
            checks: Checks::default(),
            own_block: OwnBlock {
                wanted: None,
                is_building: false,
                has_reason: start.has_unproved || start.has_waiting,
            },
            remembered: None,
            is_decided: false,
        };
        let begin = Input::StartHeight(height, set, false, None, VoteExtensionPolicy::Disabled);
        agreement.replay(begin, start.records, effects);
        agreement
    }

    fn replay(&mut self, begin: Input<Context>, records: Vec<Record>, effects: &mut Vec<Effect>) {
        let height = context::Height(self.height);
        let remembered = Remembered::of(records, height, &self.validators);
        self.intents.clone_from(&remembered.intents);
        for message in &remembered.messages {
            self.admission.admits(message, message.round());
        }
        let inputs = std::iter::once(begin).chain(remembered.inputs.iter().cloned());
        let inputs = inputs.map(|input| Command::Input(Box::new(input)));
        self.waiting
            .push_back(Command::BeginReplay(remembered.inputs.clone()));
        self.waiting.extend(inputs);
        self.waiting.push_back(Command::EndReplay);
        self.remembered = Some(remembered);
        self.go_on(effects);
    }

    /// The core knows again what it knew.
    fn end_replay(&mut self, effects: &mut Vec<Effect>) {
        let Some(remembered) = self.remembered.take() else {
            return;
        };
        for message in &remembered.messages {
            if let Message::Proposal(proposal) = message {
                self.check(proposal.signed.value, proposal.signed.round, effects);
                if proposal.signed.validator == self.own && message.round() == self.round {
                    // It may have been lost with the process.
                    self.said.push(message.clone());
                    effects.push(Effect::Broadcast(message.clone()));
                    self.own_block.wanted = None;
                }
            }
        }
        self.seek_block(effects);
    }

    pub(crate) fn height(&self) -> Height {
        self.height
    }

    /// Tells the core something, now or when it is ready.
    fn tell(&mut self, command: Command, effects: &mut Vec<Effect>) {
        if self.unsigned.is_none() {
            self.run(command, effects);
        } else {
            self.waiting.push_back(command);
        }
    }

    /// Whether there is room for a message.
    fn has_room_for(&self, message: &Message) -> bool {
        let is_certificate = |command: &&Command| match command {
            Command::Input(input) => matches!(
                **input,
                Input::PolkaCertificate(_) | Input::RoundCertificate(_)
            ),
            _ => false,
        };
        match message {
            _ if self.unsigned.is_none() => true,
            Message::Polka(_) | Message::RoundOver(_) => {
                let certificates = self.waiting.iter().filter(is_certificate);
                certificates.count() < WAITING_CERTIFICATE_COUNT_MAX
            }
            _ => self.waiting.len() < WAITING_COUNT_MAX,
        }
    }

    /// Only the proposer of the round proposes. The core would keep the word of
    /// anyone, and soon have no room for the one that counts.
    fn is_in_turn(&self, message: &Message) -> bool {
        let Message::Proposal(proposal) = message else {
            return true;
        };
        let turn = Turn::of(self.height, message.round());
        let proposer = self.validators.address(proposer(&self.validators, turn));
        proposer == Some(proposal.signed.validator)
    }

    pub(crate) fn tell_input(&mut self, input: Input<Context>, effects: &mut Vec<Effect>) {
        self.tell(Command::Input(Box::new(input)), effects);
    }

    fn run(&mut self, command: Command, effects: &mut Vec<Effect>) {
        let is_end_of_replay = matches!(command, Command::EndReplay);
        let Some(core) = &mut self.core else {
            return;
        };
        let said = core.command(command);
        self.obey(said, effects);
        if is_end_of_replay {
            self.end_replay(effects);
        }
    }

    /// Tells the core what waits, until it wants a signature again.
    fn go_on(&mut self, effects: &mut Vec<Effect>) {
        while self.unsigned.is_none()
            && !self.is_decided
            && let Some(command) = self.waiting.pop_front()
        {
            self.run(command, effects);
        }
    }

    /// Does what the core wants until it is ready, or waits for a signature.
    fn obey(&mut self, said: Said, effects: &mut Vec<Effect>) {
        let before = effects.len();
        self.grant_all(said, effects);
        // The core counts its own vote before it tells it, and may decide by it;
        // the others need it all the same.
        let is_final = |effect: &Effect| matches!(effect, Effect::Finalize { .. });
        if let Some(place) = effects[before..].iter().position(is_final) {
            effects[before + place..].rotate_left(1);
        }
    }

    fn grant_all(&mut self, mut said: Said, effects: &mut Vec<Effect>) {
        loop {
            let wish = match said {
                Said::Ready => return,
                Said::Failed(error) => {
                    self.abstain(Abstention::Core(error.to_string()), effects);
                    return;
                }
                Said::Wants(wish) => wish,
            };
            match self.grant(*wish, effects) {
                Next::Resume(resume) => match &mut self.core {
                    Some(core) => said = core.resume(resume),
                    None => return,
                },
                Next::Wait => return,
                Next::Abstain(reason) => {
                    self.abstain(reason, effects);
                    return;
                }
            }
        }
    }

    fn grant(&mut self, wish: Wish<Context>, effects: &mut Vec<Effect>) -> Next {
        match wish {
            Wish::CancelAllTimeouts(_) => self.timers.clear(),
            Wish::CancelTimeout(timeout, _) => self.cancel(timeout),
            Wish::ScheduleTimeout(timeout, _) => self.schedule(timeout, effects),
            Wish::StartRound(_, round, ..) => self.enter(convert::round(round)),
            Wish::PublishConsensusMsg(message, _) => self.publish(&message, effects),
            Wish::PublishLivenessMsg(message, _) => self.publish_for_liveness(message, effects),
            Wish::RepublishVote(vote, _) => {
                let vote = convert::our_vote(&vote);
                effects.push(Effect::Broadcast(Message::Vote(vote)));
            }
            Wish::RepublishRoundCertificate(over, _) => {
                let over = convert::our_round_certificate(&over);
                effects.push(Effect::Broadcast(Message::RoundOver(over)));
            }
            Wish::GetValue(_, round, ..) => {
                self.own_block.wanted = Some(convert::round(round));
                self.seek_block(effects);
            }
            Wish::SignVote(vote, _) => {
                let statement = convert::vote_statement(&vote);
                return self.sign(statement, Unsigned::Vote(vote), effects);
            }
            Wish::SignProposal(proposal, _) => {
                let statement = convert::proposal_statement(&proposal);
                return self.sign(statement, Unsigned::Proposal(proposal), effects);
            }
            // Whatever comes here was verified as a message, or is our own.
            Wish::VerifySignature(..) => return Next::Resume(Resume::SignatureValidity(true)),
            Wish::VerifyPolkaCertificate(..) | Wish::VerifyRoundCertificate(..) => {
                return Next::Resume(Resume::CertificateValidity(Ok(())));
            }
            Wish::VerifyCommitCertificate(certificate, ..) => {
                let verdict = self.has_quorum(&certificate);
                return Next::Resume(Resume::CertificateValidity(verdict));
            }
            Wish::WalAppend(_, input, _) => self.keep(&input, effects),
            Wish::Decide(certificate, ..) => {
                let certificate = convert::our_certificate(&certificate, &self.validators);
                self.decide(certificate, effects);
            }
            Wish::Finalize(_, _, evidence, _) => report(&evidence, effects),
            // The block goes with the proposal.
            Wish::RestreamProposal(..)
            // Blocks final elsewhere do not go through the core.
            | Wish::CertVerifiedSyncValue(..)
            | Wish::CertRejectedSyncValue(..) => {}
            // Neither is in use: the core never asks.
            Wish::VerifyExtendedCommitCertificate(..)
            | Wish::ExtendVote(..)
            | Wish::VerifyVoteExtension(..) => {
                let reason = "it asks for vote extensions, which are off".to_owned();
                return Next::Abstain(Abstention::Core(reason));
            }
        }
        Next::Resume(Resume::Continue)
    }

    fn enter(&mut self, round: Round) {
        self.round = round;
        self.own_block.wanted = None;
        self.said.clear();
        self.admission.enter(round);
    }

    fn cancel(&mut self, timeout: Timeout) {
        match replay::step(timeout.kind) {
            Some(step) => {
                self.timers.remove(&(convert::round(timeout.round), step));
            }
            None if self.resend_round == Some(timeout.round) => self.resend_round = None,
            None => {}
        }
    }

    fn schedule(&mut self, timeout: Timeout, effects: &mut Vec<Effect>) {
        let (height, round) = (self.height, convert::round(timeout.round));
        let (timer, after) = if let Some(step) = replay::step(timeout.kind) {
            self.timers.insert((round, step));
            let timer = Timer::Step {
                height,
                round,
                step,
            };
            (timer, self.settings.timeout(step, round))
        } else {
            self.resend_round = Some(timeout.round);
            (Timer::Resend { height }, self.settings.resend_interval)
        };
        effects.push(Effect::SetTimer { timer, after });
    }

    fn publish(&mut self, message: &SignedConsensusMsg<Context>, effects: &mut Vec<Effect>) {
        let message = convert::our_message(message);
        if matches!(message, Message::Proposal(_)) {
            self.said.push(message.clone());
        }
        effects.push(Effect::Broadcast(message));
    }

    fn publish_for_liveness(&mut self, message: LivenessMsg<Context>, effects: &mut Vec<Effect>) {
        let message = match message {
            LivenessMsg::Vote(vote) => Message::Vote(convert::our_vote(&vote)),
            LivenessMsg::PolkaCertificate(polka) => {
                let polka = convert::our_polka(&polka, &self.validators);
                self.said.push(Message::Polka(polka.clone()));
                Message::Polka(polka)
            }
            LivenessMsg::SkipRoundCertificate(over) => {
                Message::RoundOver(convert::our_round_certificate(&over))
            }
        };
        effects.push(Effect::Broadcast(message));
    }

    /// Writes down what is to be said, then has it signed. Nothing else is ever
    /// said in its place.
    fn sign(
        &mut self,
        statement: Statement,
        unsigned: Unsigned,
        effects: &mut Vec<Effect>,
    ) -> Next {
        match self.intents.get(&statement.place()) {
            Some(intent) if *intent != statement => {
                return Next::Abstain(Abstention::Contradiction {
                    written: *intent,
                    wanted: statement,
                });
            }
            Some(_) => {}
            None => {
                self.intents.insert(statement.place(), statement);
                effects.push(Effect::Persist(Record::Intent(statement)));
            }
        }
        self.unsigned = Some((statement, unsigned));
        effects.push(Effect::Sign(statement));
        Next::Wait
    }

    /// A signature is there: the core goes on.
    pub(crate) fn say(
        &mut self,
        statement: &Statement,
        signature: Signature,
        effects: &mut Vec<Effect>,
    ) {
        if self.is_decided {
            return;
        }
        let is_asked = |asked: &mut (Statement, _)| asked.0 == *statement;
        let Some((_, unsigned)) = self.unsigned.take_if(is_asked) else {
            return;
        };
        let resume = match unsigned {
            Unsigned::Vote(vote) => Resume::SignedVote(SignedMessage::new(vote, signature)),
            Unsigned::Proposal(proposal) => {
                Resume::SignedProposal(SignedMessage::new(proposal, signature))
            }
        };
        let Some(core) = &mut self.core else {
            return;
        };
        let said = core.resume(resume);
        self.obey(said, effects);
        self.go_on(effects);
    }

    /// The guard refused: others will decide.
    pub(crate) fn fall_silent(&mut self, statement: &Statement, effects: &mut Vec<Effect>) {
        let unsigned = self.unsigned.as_ref();
        if unsigned.is_some_and(|(asked, _)| asked == statement) {
            self.abstain(Abstention::Refused(*statement), effects);
        }
    }

    fn abstain(&mut self, reason: Abstention, effects: &mut Vec<Effect>) {
        self.core = None;
        self.unsigned = None;
        self.waiting.clear();
        let height = self.height;
        effects.push(Effect::Abstain { height, reason });
    }

    /// Writes down what the core heard, unless it reads it from the log. Its own
    /// words may be missing there: if it fell before it had their signature, they
    /// are signed while the log is read. After the next restart, in a later round,
    /// the guard would not sign them again.
    fn keep(&mut self, input: &Input<Context>, effects: &mut Vec<Effect>) {
        let record = replay::record_of(input, &self.validators);
        let is_written = |record: &Record| {
            let remembered = self.remembered.as_ref();
            remembered.is_some_and(|remembered| remembered.holds(record, self.own))
        };
        effects.extend(
            record
                .filter(|record| !is_written(record))
                .map(Effect::Persist),
        );
    }

    fn has_quorum(
        &self,
        certificate: &CommitCertificate<Context>,
    ) -> Result<(), CertificateError<Context>> {
        let signers: BTreeSet<Address> = certificate
            .commit_signatures
            .iter()
            .map(|signature| signature.address.0)
            .collect();
        let power = |signer: &Address| {
            let index = self.validators.find(signer)?;
            self.validators.get(index).map(|member| member.power.get())
        };
        let signed = signers.iter().filter_map(power).sum();
        let total = self.validators.total_power().get();
        if self.quorum.is_met(signed, total) {
            return Ok(());
        }
        Err(CertificateError::NotEnoughVotingPower {
            signed,
            total,
            expected: self.quorum.min_expected(total),
        })
    }

    pub(crate) fn hear(&mut self, message: &Message, effects: &mut Vec<Effect>) {
        if self.is_decided || !self.is_in_turn(message) || !self.has_room_for(message) {
            return;
        }
        if !self.admission.admits(message, self.round) {
            return;
        }
        let Some(input) = replay::input_of(message, &self.validators) else {
            return;
        };
        self.tell_input(input, effects);
        match message {
            Message::Proposal(proposal) => {
                self.check(proposal.signed.value, proposal.signed.round, effects);
            }
            Message::Vote(vote) if vote.kind == VoteKind::Prevote => {
                self.count_prevote(vote, effects);
            }
            Message::Polka(polka) => self.back(polka.value, effects),
            _ => {}
        }
    }

    pub(crate) fn ring(&mut self, timer: Timer, effects: &mut Vec<Effect>) {
        if self.is_decided {
            return;
        }
        match timer {
            Timer::EmptyBlock { .. } => self.give_reason(effects),
            Timer::Step { round, step, .. } => {
                if self.timers.remove(&(round, step)) {
                    let round = convert::their_round(round);
                    let timeout = Timeout::new(round, replay::timeout_kind(step));
                    self.tell_input(Input::TimeoutElapsed(timeout), effects);
                }
            }
            Timer::Resend { .. } => {
                effects.extend(self.said.iter().cloned().map(Effect::Broadcast));
                if let Some(round) = self.resend_round.take() {
                    let timeout = Timeout::new(round, TimeoutKind::Rebroadcast);
                    self.tell_input(Input::TimeoutElapsed(timeout), effects);
                }
            }
            // Another engine's.
            Timer::Round { .. } => {}
        }
    }

    /// The block of this certificate is final.
    pub(crate) fn decide(&mut self, certificate: Certificate, effects: &mut Vec<Effect>) {
        if !self.is_decided {
            self.is_decided = true;
            effects.push(Effect::Finalize { certificate });
        }
    }

    pub(crate) fn held_count(&self) -> usize {
        self.admission.count() + self.waiting.len() + self.said.len()
    }
}

fn report(evidence: &MisbehaviorEvidence<Context>, effects: &mut Vec<Effect>) {
    for (_, pairs) in evidence.proposals.iter() {
        if let Some((one, other)) = pairs.first() {
            let (one, other) = (convert::our_proposal(one), convert::our_proposal(other));
            effects.push(Effect::Report(Evidence::double_proposal(one, other)));
        }
    }
    for (_, pairs) in evidence.votes.iter() {
        if let Some((one, other)) = pairs.first() {
            let (one, other) = (convert::our_vote(one), convert::our_vote(other));
            effects.push(Effect::Report(Evidence::double_vote(one, other)));
        }
    }
}
