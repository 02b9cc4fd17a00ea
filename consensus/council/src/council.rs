//! The table.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use pyralog_consensus::{
    Abstention, Ed25519, Effect, Engine, Input, Message, Record, Start, Statement, Tick, Timer,
};
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::validators::{Validator, ValidatorSet};
use pyralog_primitives::vote::{Evidence, VoteKind};
use pyralog_primitives::{
    Address, BlockId, DurationMs, GenesisHash, Hash, Height, Round, SecretKey, VotingPower,
};

/// The network that messages are signed for.
pub const GENESIS: GenesisHash = GenesisHash::new(Hash::new([9; 32]));
/// The only height that is decided.
pub const HEIGHT: Height = Height::new(7);

/// A validator and all that surrounds its engine.
pub struct Seat<E> {
    /// Signs what the engine asks for.
    pub key: SecretKey,
    /// The engine.
    pub engine: E,
    /// All that the engine wrote down.
    pub records: Vec<Record>,
    /// All that was signed, in order.
    pub signed: Vec<Statement>,
    /// Why the block is final, if it is.
    pub decision: Option<Certificate>,
    /// The breaches that the engine reported.
    pub reports: Vec<Evidence>,
    /// Why it says nothing more.
    pub abstentions: Vec<Abstention>,
    /// The timers that run.
    pub timers: BTreeMap<Timer, DurationMs>,
    /// What its guard refused to sign.
    pub refused: Option<Statement>,
    is_refused: bool,
    is_absent: bool,
}

/// Validators in order of address, so that the first is the first primary.
pub struct Council<E> {
    /// The validators.
    pub seats: Vec<Seat<E>>,
    make: fn(Option<Address>) -> E,
    /// The same, as a set.
    pub validators: Arc<ValidatorSet>,
    mail: VecDeque<(usize, usize, Message)>,
    /// The blocks that were built, with who built each.
    pub built: Vec<(usize, BlockId)>,
    /// Blocks that break the rules.
    pub invalid: Vec<BlockId>,
}

fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; 32])
}

impl<E: Engine> Council<E> {
    /// So many validators of equal power, at the start of a height.
    pub fn new(make: fn(Option<Address>) -> E, count: u8) -> Self {
        let mut council = Self::seated(make, &vec![1; usize::from(count)]);
        council.start();
        council
    }

    /// Validators of these powers, in order of address, before the start.
    /// Bare integer: a schedule is read more easily with plain powers.
    pub fn seated(make: fn(Option<Address>) -> E, powers: &[u64]) -> Self {
        let count = u8::try_from(powers.len()).expect("a council is small");
        let mut keys: Vec<SecretKey> = (1..=count).map(key).collect();
        keys.sort_by_key(|key| key.public_key().address());
        let member = |(key, power): (&SecretKey, &u64)| Validator {
            key: key.public_key(),
            power: VotingPower::new(*power),
        };
        let members = keys.iter().zip(powers).map(member).collect();
        let seat = |key: SecretKey| Seat {
            engine: make(Some(key.public_key().address())),
            key,
            records: Vec::new(),
            signed: Vec::new(),
            decision: None,
            reports: Vec::new(),
            abstentions: Vec::new(),
            timers: BTreeMap::new(),
            refused: None,
            is_refused: false,
            is_absent: false,
        };
        Self {
            validators: Arc::new(
                ValidatorSet::new(members).expect("different keys with some power"),
            ),
            seats: keys.into_iter().map(seat).collect(),
            make,
            mail: VecDeque::new(),
            built: Vec::new(),
            invalid: Vec::new(),
        }
    }

    /// All begin the height.
    pub fn start(&mut self) {
        for seat in 0..self.seats.len() {
            self.start_one(seat);
        }
    }

    /// The beginning of the height, with transactions that wait, and nothing
    /// written down.
    pub fn beginning(&self) -> Start {
        Start {
            height: HEIGHT,
            validators: Arc::clone(&self.validators),
            last_proposer: None,
            has_unproved: false,
            has_waiting: true,
            records: Vec::new(),
        }
    }

    fn start_one(&mut self, seat: usize) {
        let start = Start {
            records: self.seats[seat].records.clone(),
            ..self.beginning()
        };
        self.give(seat, Input::Start(start));
    }

    /// The process ends and comes back; what it sent is on its way.
    pub fn restart(&mut self, seat: usize) {
        let own = self.address(seat);
        self.seats[seat].engine = (self.make)(Some(own));
        self.start_one(seat);
    }

    /// From now on its guard signs nothing.
    pub fn refuse(&mut self, seat: usize) {
        self.seats[seat].is_refused = true;
    }

    /// From now on it neither hears nor acts.
    pub fn fall_silent(&mut self, seat: usize) {
        self.seats[seat].is_absent = true;
    }

    /// The address of a validator.
    pub fn address(&self, seat: usize) -> Address {
        self.seats[seat].key.public_key().address()
    }

    /// Gives an engine an input, and does what it asks for.
    pub fn give(&mut self, seat: usize, input: Input) {
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
                if seat.is_refused {
                    seat.refused = Some(statement);
                    return Some(Input::Refused(statement));
                }
                seat.signed.push(statement);
                let signature = seat.key.sign(&statement.sign_bytes(GENESIS));
                return Some(Input::Signed {
                    statement,
                    signature,
                });
            }
            Effect::Broadcast(message) => {
                assert!(seat.decision.is_none(), "{at} speaks of what is over");
                let others = (0..self.seats.len()).filter(|to| *to != at);
                let letters = others.map(|to| (at, to, message.clone()));
                self.mail.extend(letters);
            }
            Effect::SetTimer { timer, after } => {
                seat.timers.insert(timer, after);
            }
            Effect::Build { height } => {
                let block = BlockId::new(Hash::new(
                    [u8::try_from(built + 1).expect("few blocks are built"); 32],
                ));
                self.built.push((at, block));
                return Some(Input::Built { height, block });
            }
            Effect::Check { height, block, .. } => {
                let is_valid = !self.invalid.contains(&block);
                return Some(Input::Checked {
                    height,
                    block,
                    is_valid,
                });
            }
            Effect::Finalize { certificate } => {
                assert!(seat.decision.is_none(), "{at} decided twice");
                let verified = certificate.verify(GENESIS, &self.validators);
                assert_eq!(verified, Ok(()), "{at} has no good reason");
                seat.decision = Some(certificate);
            }
            Effect::Report(evidence) => seat.reports.push(evidence),
            Effect::Abstain { reason, .. } => seat.abstentions.push(reason),
        }
        None
    }

    /// Delivers what `passes`, in order, and all that follows from it; the rest
    /// is lost.
    pub fn deliver(&mut self, passes: impl Fn(usize, usize, &Message) -> bool) {
        while let Some((from, to, message)) = self.mail.pop_front() {
            if passes(from, to, &message) && !self.seats[from].is_absent {
                self.hand(to, message);
            }
        }
    }

    /// Delivers everything.
    pub fn deliver_all(&mut self) {
        self.deliver(|_, _, _| true);
    }

    /// Gives a message to one validator, if its signatures are good.
    pub fn hand(&mut self, to: usize, message: Message) {
        let verified = message.verify(GENESIS, &self.validators, &Ed25519);
        let verified = verified.expect("a test gives only what a driver would pass on");
        self.give(to, Input::Message(verified));
    }

    /// The clocks of rounds and steps that run for this validator.
    pub fn clocks(&self, seat: usize) -> Vec<Timer> {
        let is_clock = |timer: &&Timer| matches!(timer, Timer::Round { .. } | Timer::Step { .. });
        let timers = self.seats[seat].timers.keys();
        timers.filter(is_clock).copied().collect()
    }

    /// Time is over for these: all clocks of rounds and steps that run have run
    /// down.
    pub fn expire(&mut self, seats: impl IntoIterator<Item = usize>) {
        for seat in seats {
            for timer in self.clocks(seat) {
                self.seats[seat].timers.remove(&timer);
                self.give(seat, Input::Timer(timer));
            }
        }
    }

    /// Time is over for all.
    pub fn expire_all(&mut self) {
        self.expire(0..self.seats.len());
    }

    /// All say again what they said.
    pub fn resend(&mut self) {
        for seat in 0..self.seats.len() {
            self.give(seat, Input::Timer(Timer::Resend { height: HEIGHT }));
        }
    }

    /// The block each has decided for.
    pub fn decisions(&self) -> BTreeMap<usize, BlockId> {
        let seats = self.seats.iter().enumerate();
        let decided = |(at, seat): (usize, &Seat<E>)| Some((at, seat.decision.as_ref()?.value()));
        seats.filter_map(decided).collect()
    }

    /// Who has a proof that a block was prepared in this round.
    pub fn prepared_in(&self, round: u32) -> Vec<usize> {
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
    pub fn settle(&mut self, rounds_max: usize) {
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

/// Whether this is a vote of this kind.
pub fn is_vote(message: &Message, kind: VoteKind) -> bool {
    matches!(message, Message::Vote(vote) if vote.kind == kind)
}

/// Whether this is about this round.
pub fn in_round(message: &Message, round: u32) -> bool {
    message.round() == Round::new(round)
}
