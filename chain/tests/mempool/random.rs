//! Random operations, with the slow model beside the pool: after each, both
//! say the same of everything.

use std::collections::BTreeMap;
use std::ops::Range;

use pyralog_chain::mempool::{Checked, Departure, Fate, Included, Left, Limits, Mempool, Status};
use pyralog_primitives::state::AccountState;
use pyralog_primitives::{Address, Amount, ByteCount, Height, Nonce, TimestampMs, TransactionId};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

use crate::model::{Answer, Model, space};
use crate::world::{
    Draft, Ledger, SMALL_POOL_BYTES, Unreadable, address, draft, dump, included, rules, tip,
    transfer,
};

const PEOPLE: u64 = 14;
const SEEDS: u64 = 20;
const OPERATIONS: usize = 5_100;

#[test]
fn the_pool_says_what_the_model_says() {
    agree(0..SEEDS / 2);
}

#[test]
fn the_pool_says_what_the_model_says_of_other_seeds() {
    agree(SEEDS / 2..SEEDS);
}

fn agree(seeds: Range<u64>) {
    let mut seen = Seen::default();
    for seed in seeds {
        let mut run = Run::new(seed);
        for step in 0..OPERATIONS {
            run.step(&mut seen);
            run.compare(&format!("seed {seed}, step {step}"));
        }
    }
    seen.check();
}

/// How often each thing happened, so that no test is silently empty.
#[derive(Debug, Default)]
struct Seen(BTreeMap<&'static str, usize>);

impl Seen {
    fn count(&mut self, what: &'static str) {
        *self.0.entry(what).or_default() += 1;
    }

    fn left(&mut self, left: &[Left]) {
        for left in left {
            self.count(match &left.departure {
                Departure::Evicted { reason } => reason.reason(),
                Departure::Replaced { .. } => "replaced",
                Departure::Expired { .. } => "gone: expired",
                Departure::Included { .. } => "included",
            });
        }
    }

    fn check(&self) {
        for what in [
            "admitted",
            "known",
            "replaced",
            "included",
            "gone: expired",
            "pool_full",
            "gaps_full",
            "too_many_of_sender",
            "balance_too_low",
            "nonce_used",
            "reorg",
            "unreadable",
            "given back: admitted",
            "given back: rejected",
            "rejected: pool_full",
            "rejected: balance_too_low",
            "rejected: nonce_used",
            "rejected: nonce_gap",
            "rejected: expired",
            "rejected: valid_too_long",
            "rejected: replacement_too_cheap",
            "rejected: too_many_of_sender",
        ] {
            let times = self.0.get(what).copied().unwrap_or_default();
            let least = if what == "unreadable" { 5 } else { 20 };
            assert!(times >= least, "{what} happened {times} times: {self:?}");
        }
    }
}

struct Block {
    height: u64,
    /// Before it.
    accounts: BTreeMap<Address, AccountState>,
    transactions: Vec<Checked>,
}

struct Run {
    rng: ChaCha8Rng,
    pool: Mempool,
    model: Model,
    ledger: Ledger,
    now: u64,
    blocks: Vec<Block>,
    sent: Vec<Checked>,
}

impl Run {
    fn new(seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let limits = Limits {
            bytes_max: SMALL_POOL_BYTES,
            gapped_bytes_max: ByteCount::new(20_000 + rng.next_u64() % 200_000),
            sender_count_max: [4, 16, 65][usize::try_from(seed % 3).unwrap()],
        };
        let (height, base_fee) = (Height::new(10), Amount::new(100));
        let mut ledger = Ledger::default();
        for number in 0..PEOPLE {
            ledger.set(number, balance(&mut rng), rng.next_u64() % 3);
        }
        Self {
            rng,
            pool: Mempool::new(rules(), limits, height, base_fee).unwrap(),
            model: Model::new(limits, height, base_fee),
            ledger,
            now: 1_000,
            blocks: Vec::new(),
            sent: Vec::new(),
        }
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.rng.next_u64() % bound
    }

    fn one_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    fn step(&mut self, seen: &mut Seen) {
        let slow = self.one_in(50);
        self.now += self.rng.next_u64() % if slow { 40 * 60_000 } else { 100 };
        match self.below(100) {
            0..85 => self.offer(seen),
            85..97 => self.block(seen),
            97..99 => self.reorg(seen),
            // Printing all of a pool takes its time.
            _ if self.one_in(10) => self.unreadable(seen),
            _ => {}
        }
    }

    fn offer(&mut self, seen: &mut Seen) {
        let checked = if !self.sent.is_empty() && self.one_in(10) {
            let place = usize::try_from(self.rng.next_u64()).unwrap() % self.sent.len();
            self.sent[place].clone()
        } else {
            self.any_draft().checked()
        };
        self.sent.push(checked.clone());
        if self.sent.len() > 300 {
            self.sent.remove(0);
        }
        let now = TimestampMs::new(self.now);
        let account = self.account(checked.sender());
        let answer = self.model.admit(now, &checked, account);
        let fate = self.pool.admit(now, checked, &self.ledger).unwrap();
        match &answer {
            Answer::Admitted(left) => {
                seen.count("admitted");
                seen.left(left);
            }
            Answer::Known => seen.count("known"),
            Answer::Rejected(rejection) => seen.count(rejected(rejection.reason())),
        }
        assert_eq!(answer_of(fate), answer);
    }

    fn account(&self, sender: Address) -> AccountState {
        self.ledger
            .accounts
            .get(&sender)
            .copied()
            .unwrap_or_default()
    }

    fn any_draft(&mut self) -> Draft {
        let number = self.below(PEOPLE);
        let account = self.account(address(number));
        let next = self.model.next_nonce(address(number), account).get();
        let nonce = match self.below(20) {
            0..9 => next,
            9 => next.saturating_sub(1),
            10..14 => next + 1 + self.below(4),
            14..16 => account.nonce.get() + self.below(68),
            16 => (account.nonce.get() + self.below(4)).saturating_sub(2),
            _ => account.nonce.get() + self.below(5),
        };
        // Few values, so that there are ties.
        let tip = u128::from(self.below(12)) * 1_000;
        let mut one = draft(number, nonce).tip(tip);
        one = match self.below(30) {
            0 => {
                let bytes = 5_000 + usize::try_from(self.below(40_000)).unwrap();
                one.bytes(bytes)
            }
            1..4 => {
                let count = 1 + self.below(10);
                one.actions((0..count).map(|_| transfer(7)).collect())
            }
            4..6 => one.actions(vec![transfer(u128::from(self.rng.next_u64() >> 20))]),
            6 => one.actions(vec![transfer(u128::MAX), transfer(u128::MAX)]),
            _ => one,
        };
        one = one.compute([2_000, 10_000, 10_000, 30_000][usize::try_from(self.below(4)).unwrap()]);
        one = one.covers(60 + u128::from(self.below(120)));
        let height = self.model.height.get();
        let last = match self.below(30) {
            0 => height,
            1 => height + 1_001 + self.below(2),
            2..20 => height + 1 + self.below(40),
            _ => height + 900,
        };
        one.valid_until(last)
    }

    fn block(&mut self, seen: &mut Seen) {
        let room = space(20_000 + self.below(60_000), 100_000 + self.below(400_000));
        let base_fee = self.model.base_fee;
        let chosen: Vec<Checked> = self.pool.candidates(base_fee, room).cloned().collect();
        let height = self.model.height.get() + 1;
        let before = self.ledger.accounts.clone();
        let mut transactions = Vec::new();
        for checked in chosen {
            // Another proposer may have heard of another one with this nonce.
            let checked = if self.one_in(12) {
                rival(&checked)
            } else {
                checked
            };
            if self.one_in(40) {
                break;
            }
            transactions.push(checked);
        }
        if self.one_in(3) {
            transactions.truncate(1);
        }
        self.execute(&transactions);
        let all = included_at(&transactions, height);
        let next = self.next_base_fee();
        self.blocks.push(Block {
            height,
            accounts: before.clone(),
            transactions,
        });
        let touched = self.touched(&before);
        let now = TimestampMs::new(self.now);
        let at = (Height::new(height), next);
        let expected = self.model.on_block(now, at, &all, &self.ledger.accounts);
        let tip = tip(height, next, &all, &touched);
        let left = self.pool.on_block(now, &tip, &self.ledger).unwrap();
        seen.left(&left);
        assert_eq!(left, expected);
    }

    /// What the transactions of a block do to the accounts; now and then an
    /// account changes besides, and once in a while it goes past what is
    /// pending without a transaction.
    fn execute(&mut self, transactions: &[Checked]) {
        for checked in transactions {
            let account = self.ledger.accounts.entry(checked.sender()).or_default();
            account.nonce = account.nonce.max(Nonce::new(checked.nonce().get() + 1));
            let paid = checked.spends().unwrap().get() / 2;
            account.balance = Amount::new(account.balance.get().saturating_sub(paid));
        }
        if self.one_in(3) {
            let (number, balance) = (self.below(PEOPLE), balance(&mut self.rng));
            let skipped = u64::from(self.one_in(5));
            let nonce = self.account(address(number)).nonce.get();
            self.ledger.set(number, balance, nonce + skipped);
        }
    }

    fn next_base_fee(&mut self) -> Amount {
        let now = u128::from(self.below(60));
        Amount::new(
            (self.model.base_fee.get() + now)
                .saturating_sub(30)
                .clamp(60, 180),
        )
    }

    fn touched(&self, before: &BTreeMap<Address, AccountState>) -> Vec<Address> {
        let accounts = &self.ledger.accounts;
        let changed = |address: &&Address| before.get(address) != accounts.get(address);
        accounts.keys().filter(changed).copied().collect()
    }

    fn reorg(&mut self, seen: &mut Seen) {
        if self.blocks.len() < 4 {
            return;
        }
        seen.count("reorg");
        let before = self.ledger.accounts.clone();
        let depth = 1 + usize::try_from(self.below(3)).unwrap();
        let gone = self.blocks.split_off(self.blocks.len() - depth);
        self.ledger.accounts = gone[0].accounts.clone();
        let given_back: Vec<Checked> = gone
            .iter()
            .flat_map(|block| &block.transactions)
            .cloned()
            .collect();
        // The new branch has one block, with some of the same.
        let height = gone[0].height;
        let kept = given_back.len() / (2 + usize::try_from(self.below(4)).unwrap());
        let kept: Vec<Checked> = given_back[..kept].to_vec();
        self.execute(&kept);
        let all = included_at(&kept, height);
        let next = self.next_base_fee();
        let touched = {
            let mut touched = self.touched(&before);
            touched.extend(given_back.iter().map(Checked::sender));
            touched
        };
        let now = TimestampMs::new(self.now);
        let at = (Height::new(height), next);
        let accounts = &self.ledger.accounts;
        let (left, answers) = self.model.on_reorg(now, at, &all, &given_back, accounts);
        let tip = tip(height, next, &all, &touched);
        let done = self
            .pool
            .on_reorg(now, &tip, given_back, &self.ledger)
            .unwrap();
        assert_eq!(done.left, left);
        let fates = done.given_back.into_iter().map(|(_, fate)| answer_of(fate));
        let fates: Vec<Answer> = fates.collect();
        for fate in &fates {
            match fate {
                Answer::Admitted(_) => seen.count("given back: admitted"),
                Answer::Rejected(_) => seen.count("given back: rejected"),
                Answer::Known => seen.count("given back: known"),
            }
        }
        assert_eq!(fates, answers);
        self.blocks.push(Block {
            height,
            accounts: gone[0].accounts.clone(),
            transactions: kept,
        });
    }

    /// What cannot be read changes nothing, and is an error.
    fn unreadable(&mut self, seen: &mut Seen) {
        let before = format!("{:?}", self.pool);
        self.ledger.fails.set(true);
        let now = TimestampMs::new(self.now);
        let touched: Vec<Address> = (0..PEOPLE).map(address).collect();
        let tip = tip(
            self.model.height.get() + 1,
            self.model.base_fee,
            &[],
            &touched,
        );
        if !self.model.pending.is_empty() {
            seen.count("unreadable");
            assert_eq!(self.pool.on_block(now, &tip, &self.ledger), Err(Unreadable));
            let stranger = draft(500, 0).checked();
            let given_back = vec![stranger.clone()];
            let reorg = self.pool.on_reorg(now, &tip, given_back, &self.ledger);
            assert_eq!(reorg, Err(Unreadable));
            assert_eq!(
                self.pool.admit(now, stranger, &self.ledger),
                Err(Unreadable)
            );
        }
        self.ledger.fails.set(false);
        assert_eq!(format!("{:?}", self.pool), before);
    }

    fn compare(&mut self, step: &str) {
        let (pool, model) = (&mut self.pool, &self.model);
        assert_eq!(pool.bytes().get(), model.bytes(), "{step}");
        assert!(pool.bytes() <= SMALL_POOL_BYTES, "{step}");
        assert_eq!(pool.gapped_bytes().get(), model.gapped_bytes(), "{step}");
        assert_eq!(pool.len(), model.pending.len(), "{step}");
        let ids = |checked: &Checked| checked.id();
        let standings = model.standings();
        let expected = standings.iter().map(|(one, _)| one.checked.id());
        let pending: Vec<TransactionId> = pool.pending().map(ids).collect();
        assert_eq!(pending, expected.collect::<Vec<_>>(), "{step}");
        for (one, standing) in standings {
            let status = pool.status(&one.checked.id());
            assert_eq!(status, Status::Pending { standing }, "{step}");
        }
        if let Some(sent) = self.sent.get(usize::try_from(self.now % 300).unwrap()) {
            assert_eq!(pool.status(&sent.id()), model.status(sent.id()), "{step}");
        }
        let sender = address(self.now % PEOPLE);
        let account = self
            .ledger
            .accounts
            .get(&sender)
            .copied()
            .unwrap_or_default();
        let next = pool.next_nonce(&sender, &self.ledger).unwrap();
        assert_eq!(next, model.next_nonce(sender, account), "{step}");
        let room = space(1_000 + self.now % 60_000, 10_000 + self.now % 700_000);
        let chosen = pool.candidates(model.base_fee, room).map(ids);
        let chosen: Vec<TransactionId> = chosen.collect();
        assert_eq!(chosen, model.candidates(room), "{step}");
    }
}

fn balance(rng: &mut ChaCha8Rng) -> u128 {
    // Some pay for a few transactions only.
    u128::from(rng.next_u64() >> 20) >> (rng.next_u64() % 24)
}

fn rejected(reason: &'static str) -> &'static str {
    match reason {
        "pool_full" => "rejected: pool_full",
        "balance_too_low" => "rejected: balance_too_low",
        "nonce_used" => "rejected: nonce_used",
        "nonce_gap" => "rejected: nonce_gap",
        "expired" => "rejected: expired",
        "valid_too_long" => "rejected: valid_too_long",
        "replacement_too_cheap" => "rejected: replacement_too_cheap",
        "too_many_of_sender" => "rejected: too_many_of_sender",
        _ => "rejected: otherwise",
    }
}

fn answer_of(fate: Fate) -> Answer {
    match fate {
        Fate::Admitted(admitted) => Answer::Admitted(admitted.left),
        Fate::Known => Answer::Known,
        Fate::Rejected(rejection) => Answer::Rejected(rejection),
        Fate::Unchecked => panic!("the pool takes only what is checked"),
    }
}

/// Another transaction of the same sender and nonce.
fn rival(checked: &Checked) -> Checked {
    let mut transaction = checked.transaction().clone();
    transaction.body.tip = Amount::new(transaction.body.tip.get() + 1);
    transaction.body.fee_max = Amount::new(transaction.body.fee_max.get() + 1);
    Checked::from_block(transaction)
}

fn included_at(transactions: &[Checked], height: u64) -> Vec<Included> {
    let height = Height::new(height);
    transactions
        .iter()
        .map(|checked| included(checked, height))
        .collect()
}

#[test]
fn equal_inputs_give_equal_pools() {
    let end = |seed| {
        let mut run = Run::new(seed);
        for _ in 0..500 {
            run.step(&mut Seen::default());
        }
        dump(&run.pool)
    };
    assert_eq!(end(7), end(7));
    assert_ne!(end(7), end(8));
}
