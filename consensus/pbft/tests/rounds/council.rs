//! A few validators on a table: messages wait until a test lets them through.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use pyralog_consensus::{
    Ed25519, Effect, Engine, Input, Message, Record, Start, Statement, Tick, Timer,
};
use pyralog_pbft::{Pbft, Settings};
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::validators::{Validator, ValidatorSet};
use pyralog_primitives::vote::{Evidence, VoteKind};
use pyralog_primitives::{
    Address, BlockId, DurationMs, GenesisHash, Hash, Height, Round, SecretKey, VotingPower,
};

pub(crate) const GENESIS: GenesisHash = GenesisHash::new(Hash::new([9; 32]));
pub(crate) const HEIGHT: Height = Height::new(7);

pub(crate) fn settings() -> Settings {
    Settings {
        block_interval: DurationMs::new(1000),
        round_timeout: DurationMs::new(3000),
        resend_interval: DurationMs::new(2000),
    }
}

/// A validator and all that surrounds its engine.
pub(crate) struct Seat {
    pub(crate) key: SecretKey,
    pub(crate) engine: Pbft,
    pub(crate) records: Vec<Record>,
    pub(crate) signed: Vec<Statement>,
    pub(crate) decision: Option<Certificate>,
    pub(crate) reports: Vec<Evidence>,
    pub(crate) round_timer: Option<(Timer, DurationMs)>,
    pub(crate) timers: Vec<Timer>,
    is_absent: bool,
}

/// Validators in order of address, so that the first is the first primary.
pub(crate) struct Council {
    pub(crate) seats: Vec<Seat>,
    pub(crate) validators: Arc<ValidatorSet>,
    mail: VecDeque<(usize, usize, Message)>,
    /// What each built block is called.
    pub(crate) built: Vec<(usize, BlockId)>,
    /// Blocks that break the rules.
    pub(crate) invalid: Vec<BlockId>,
}

pub(crate) fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; 32])
}

impl Council {
    /// So many validators of equal power, at the start of a height.
    pub(crate) fn new(count: u8) -> Self {
        let mut council = Self::seated(&vec![1; usize::from(count)]);
        council.start();
        council
    }

    /// Validators of these powers, in order of address, before the start.
    pub(crate) fn seated(powers: &[u64]) -> Self {
        let count = u8::try_from(powers.len()).unwrap();
        let mut keys: Vec<SecretKey> = (1..=count).map(key).collect();
        keys.sort_by_key(|key| key.public_key().address());
        let member = |(key, power): (&SecretKey, &u64)| Validator {
            key: key.public_key(),
            power: VotingPower::new(*power),
        };
        let members = keys.iter().zip(powers).map(member).collect();
        let seat = |key: SecretKey| Seat {
            engine: Pbft::new(settings(), Some(key.public_key().address())),
            key,
            records: Vec::new(),
            signed: Vec::new(),
            decision: None,
            reports: Vec::new(),
            round_timer: None,
            timers: Vec::new(),
            is_absent: false,
        };
        Self {
            validators: Arc::new(ValidatorSet::new(members).unwrap()),
            seats: keys.into_iter().map(seat).collect(),
            mail: VecDeque::new(),
            built: Vec::new(),
            invalid: Vec::new(),
        }
    }

    pub(crate) fn start(&mut self) {
        for seat in 0..self.seats.len() {
            self.start_one(seat);
        }
    }

    fn start_one(&mut self, seat: usize) {
        let start = Start {
            height: HEIGHT,
            validators: Arc::clone(&self.validators),
            last_proposer: None,
            has_unproved: false,
            has_waiting: true,
            records: self.seats[seat].records.clone(),
        };
        self.give(seat, Input::Start(start));
    }

    /// The process ends and comes back; what it sent is on its way.
    pub(crate) fn restart(&mut self, seat: usize) {
        let own = self.address(seat);
        self.seats[seat].engine = Pbft::new(settings(), Some(own));
        self.start_one(seat);
    }

    /// From now on it neither hears nor acts.
    pub(crate) fn fall_silent(&mut self, seat: usize) {
        self.seats[seat].is_absent = true;
    }

    pub(crate) fn address(&self, seat: usize) -> Address {
        self.seats[seat].key.public_key().address()
    }

    pub(crate) fn give(&mut self, seat: usize, input: Input) {
        if self.seats[seat].is_absent {
            return;
        }
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            let mut effects = Vec::new();
            let engine = &mut self.seats[seat].engine;
            engine.step(Tick::default(), input, &mut effects);
            for effect in effects {
                inputs.extend(self.execute(seat, effect));
            }
        }
    }

    fn execute(&mut self, at: usize, effect: Effect) -> Option<Input> {
        let built = self.built.len();
        let seat = &mut self.seats[at];
        match effect {
            Effect::Persist(record) => seat.records.push(record),
            Effect::Sign(statement) => {
                let intent = Record::Intent(statement);
                assert!(
                    seat.records.contains(&intent),
                    "{statement:?} was not written down"
                );
                seat.signed.push(statement);
                let signature = seat.key.sign(&statement.sign_bytes(GENESIS));
                return Some(Input::Signed {
                    statement,
                    signature,
                });
            }
            Effect::Broadcast(message) => {
                let others = (0..self.seats.len()).filter(|to| *to != at);
                let letters = others.map(|to| (at, to, message.clone()));
                self.mail.extend(letters);
            }
            Effect::SetTimer { timer, after } => {
                seat.timers.push(timer);
                if matches!(timer, Timer::Round { .. }) {
                    seat.round_timer = Some((timer, after));
                }
            }
            Effect::Build { height } => {
                let block = BlockId::new(Hash::new([u8::try_from(built).unwrap() + 1; 32]));
                self.built.push((at, block));
                return Some(Input::Built { height, block });
            }
            Effect::Check { height, block } => {
                let is_valid = !self.invalid.contains(&block);
                return Some(Input::Checked {
                    height,
                    block,
                    is_valid,
                });
            }
            Effect::Finalize { certificate } => {
                assert!(seat.decision.is_none(), "{at} decided twice");
                certificate.verify(GENESIS, &self.validators).unwrap();
                seat.decision = Some(certificate);
            }
            Effect::Report(evidence) => seat.reports.push(evidence),
        }
        None
    }

    /// Delivers what `passes`, in order, and all that follows from it; the rest
    /// is lost.
    pub(crate) fn deliver(&mut self, passes: impl Fn(usize, usize, &Message) -> bool) {
        while let Some((from, to, message)) = self.mail.pop_front() {
            if passes(from, to, &message) && !self.seats[from].is_absent {
                self.hand(to, message);
            }
        }
    }

    pub(crate) fn deliver_all(&mut self) {
        self.deliver(|_, _, _| true);
    }

    /// Gives a message to one validator, if its signatures are good.
    pub(crate) fn hand(&mut self, to: usize, message: Message) {
        let verified = message.verify(GENESIS, &self.validators, &Ed25519).unwrap();
        self.give(to, Input::Message(verified));
    }

    /// The time of the round is over for these, if its clock runs.
    pub(crate) fn expire(&mut self, seats: impl IntoIterator<Item = usize>) {
        for seat in seats {
            if let Some((timer, _)) = self.seats[seat].round_timer.take() {
                self.give(seat, Input::Timer(timer));
            }
        }
    }

    pub(crate) fn expire_all(&mut self) {
        self.expire(0..self.seats.len());
    }

    /// All say again what they said.
    pub(crate) fn resend(&mut self) {
        for seat in 0..self.seats.len() {
            self.give(seat, Input::Timer(Timer::Resend { height: HEIGHT }));
        }
    }

    /// The block each has decided for.
    pub(crate) fn decisions(&self) -> BTreeMap<usize, BlockId> {
        let seats = self.seats.iter().enumerate();
        let decided = |(at, seat): (usize, &Seat)| Some((at, seat.decision.as_ref()?.value()));
        seats.filter_map(decided).collect()
    }

    /// Who has a proof that a block was prepared in this round.
    pub(crate) fn prepared_in(&self, round: u32) -> Vec<usize> {
        let round = Round::new(round);
        let has = |records: &[Record]| {
            records
                .iter()
                .any(|record| matches!(record, Record::Prepared(proof) if proof.round == round))
        };
        let seats = self.seats.iter().enumerate();
        let has = seats.filter(|(_, seat)| has(&seat.records));
        has.map(|(at, _)| at).collect()
    }

    /// Lets rounds end until all who are present have decided, with perfect
    /// links; fails if they need more than `rounds_max` of them.
    pub(crate) fn settle(&mut self, rounds_max: usize) {
        for _ in 0..=rounds_max {
            self.resend();
            self.deliver_all();
            let present = self.seats.iter().filter(|seat| !seat.is_absent);
            // A driver passes certificates on to those who lack them.
            let certificate = self.seats.iter().find_map(|seat| seat.decision.clone());
            if certificate.is_some() || present.clone().all(|seat| seat.decision.is_some()) {
                let mut values = self.decisions().into_values().collect::<Vec<_>>();
                values.dedup();
                assert_eq!(values.len(), 1, "one height, one block");
                return;
            }
            self.expire_all();
        }
        panic!("no decision within {rounds_max} rounds");
    }
}

pub(crate) fn is_vote(message: &Message, kind: VoteKind) -> bool {
    matches!(message, Message::Vote(vote) if vote.kind == kind)
}

pub(crate) fn in_round(message: &Message, round: u32) -> bool {
    message.round() == Round::new(round)
}
