//! What the tests are made of: transactions, accounts, pools.

use std::cell::Cell;
use std::collections::BTreeMap;

use pyralog_chain::mempool::{
    Accounts, BlockSpace, Checked, Fate, Included, Limits, Mempool, NewTip, Rejection, Rules,
    Standing, Status,
};
use pyralog_genesis::Parameters;
use pyralog_primitives::action::{Action, Name};
use pyralog_primitives::codec::{Bytes, List, Version};
use pyralog_primitives::state::AccountState;
use pyralog_primitives::transaction::{Transaction, TransactionBody};
use pyralog_primitives::{
    Address, Amount, ByteCount, Compute, Domain, GenesisHash, Height, Nonce, PublicKey, Signature,
    TimestampMs,
};

pub(crate) const NOW: TimestampMs = TimestampMs::new(1_000_000);
pub(crate) const BASE_FEE: Amount = Amount::new(100);
pub(crate) const HEIGHT: Height = Height::new(10);
/// A little more than the largest transaction: some hundred small ones.
pub(crate) const SMALL_POOL_BYTES: ByteCount = ByteCount::new(300_000);

pub(crate) fn genesis() -> GenesisHash {
    GenesisHash::new(Domain::Genesis.hash(b"test"))
}

pub(crate) fn rules() -> Rules {
    Rules {
        genesis: genesis(),
        parameters: Parameters::default(),
    }
}

pub(crate) fn pool() -> Mempool {
    Mempool::new(rules(), Limits::default(), HEIGHT, BASE_FEE).unwrap()
}

pub(crate) fn small_limits() -> Limits {
    Limits {
        bytes_max: SMALL_POOL_BYTES,
        gapped_bytes_max: ByteCount::new(60_000),
        sender_count_max: 65,
    }
}

pub(crate) fn small_pool() -> Mempool {
    Mempool::new(rules(), small_limits(), HEIGHT, BASE_FEE).unwrap()
}

/// The key of a person; nobody signs with it.
pub(crate) fn person(number: u64) -> PublicKey {
    let mut bytes = *Domain::Address.hash(&number.to_le_bytes()).as_bytes();
    bytes[31] &= 0x7f;
    PublicKey::new(bytes)
}

pub(crate) fn address(number: u64) -> Address {
    person(number).address()
}

/// A transaction to be filled in, good as it is.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) body: TransactionBody,
    pub(crate) signature: u8,
}

pub(crate) fn transfer(amount: u128) -> Action {
    Action::Transfer {
        to: address(999),
        amount: Amount::new(amount),
    }
}

/// From this person, with this nonce.
pub(crate) fn draft(number: u64, nonce: u64) -> Draft {
    Draft {
        body: TransactionBody {
            version: Version::V1,
            genesis: genesis(),
            sender: person(number),
            nonce: Nonce::new(nonce),
            valid_until: Height::new(500),
            fee_max: Amount::new(10_000_000),
            tip: Amount::new(1_000),
            compute_max: Compute::new(10_000),
            actions: List::new(vec![transfer(5)]).unwrap(),
            work: None,
        },
        signature: 0,
    }
}

impl Draft {
    pub(crate) fn tip(mut self, tip: u128) -> Self {
        self.body.tip = Amount::new(tip);
        self
    }

    pub(crate) fn fee_max(mut self, fee_max: u128) -> Self {
        self.body.fee_max = Amount::new(fee_max);
        self
    }

    pub(crate) fn compute(mut self, compute: u64) -> Self {
        self.body.compute_max = Compute::new(compute);
        self
    }

    pub(crate) fn valid_until(mut self, height: u64) -> Self {
        self.body.valid_until = Height::new(height);
        self
    }

    pub(crate) fn actions(mut self, actions: Vec<Action>) -> Self {
        self.body.actions = List::new(actions).unwrap();
        self
    }

    /// With a value that makes it as long as this.
    pub(crate) fn bytes(self, bytes: usize) -> Self {
        let put = |length: usize| {
            vec![Action::Put {
                namespace: Name::from_static("n"),
                key: Bytes::default(),
                value: Bytes::new(vec![0; length]).unwrap(),
            }]
        };
        let around = self.clone().actions(put(0)).checked().bytes().get();
        self.actions(put(bytes - usize::try_from(around).unwrap()))
    }

    /// So that the highest base fee covered is this.
    pub(crate) fn covers(self, base_fee: u128) -> Self {
        let units = self.units();
        let fee_max = base_fee * units + self.body.tip.get();
        self.fee_max(fee_max)
    }

    pub(crate) fn units(&self) -> u128 {
        let checked = self.clone().checked();
        u128::from(checked.bytes().get() + self.body.compute_max.get())
    }

    pub(crate) fn signature(mut self, signature: u8) -> Self {
        self.signature = signature;
        self
    }

    pub(crate) fn transaction(self) -> Transaction {
        Transaction {
            body: self.body,
            signature: Signature::new([self.signature; Signature::BYTES]),
        }
    }

    pub(crate) fn checked(self) -> Checked {
        Checked::from_block(self.transaction())
    }
}

/// Accounts in memory; reading can be made to fail.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) accounts: BTreeMap<Address, AccountState>,
    pub(crate) fails: Cell<bool>,
    pub(crate) reads: Cell<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unreadable;

impl Ledger {
    /// Everyone has this nonce and plenty.
    pub(crate) fn rich(people: u64, nonce: u64) -> Self {
        let mut ledger = Self::default();
        for number in 0..people {
            ledger.set(number, 1 << 100, nonce);
        }
        ledger
    }

    pub(crate) fn set(&mut self, number: u64, balance: u128, nonce: u64) {
        let account = AccountState {
            balance: Amount::new(balance),
            nonce: Nonce::new(nonce),
        };
        self.accounts.insert(address(number), account);
    }
}

impl Accounts for Ledger {
    type Error = Unreadable;

    fn account(&self, address: &Address) -> Result<AccountState, Unreadable> {
        self.reads.set(self.reads.get() + 1);
        if self.fails.get() {
            return Err(Unreadable);
        }
        Ok(self.accounts.get(address).copied().unwrap_or_default())
    }
}

/// Everything in a pool but the memory of the past, which alone a refusal may
/// change.
pub(crate) fn dump(pool: &Mempool) -> String {
    let all = format!("{pool:?}");
    let (before, rest) = all.split_once("past: Past {").unwrap();
    let (_, after) = rest.split_once("next_arrival:").unwrap();
    format!("{before}{after}")
}

/// Offers a transaction that must be taken.
pub(crate) fn take(pool: &mut Mempool, ledger: &Ledger, draft: Draft) -> Checked {
    let checked = draft.checked();
    let fate = pool.admit(NOW, checked.clone(), ledger).unwrap();
    assert!(matches!(fate, Fate::Admitted(_)), "{fate:?}");
    checked
}

/// Offers a transaction that must be refused, and sees that nothing changes.
pub(crate) fn refuse(pool: &mut Mempool, ledger: &Ledger, draft: Draft) -> Rejection {
    let before = dump(pool);
    let checked = draft.checked();
    let fate = pool.admit(NOW, checked.clone(), ledger).unwrap();
    let Fate::Rejected(rejection) = fate else {
        panic!("it was not refused: {fate:?}");
    };
    assert_eq!(dump(pool), before, "a refusal changed the pool");
    let reason = rejection.clone();
    assert_eq!(pool.status(&checked.id()), Status::Rejected { reason });
    rejection
}

pub(crate) fn standing(pool: &Mempool, checked: &Checked) -> Option<Standing> {
    match pool.status(&checked.id()) {
        Status::Pending { standing } => Some(standing),
        _ => None,
    }
}

pub(crate) const LARGE: BlockSpace = BlockSpace {
    bytes: ByteCount::new(1 << 30),
    compute: Compute::new(1 << 50),
};

/// What would go into a block, by sender and nonce.
pub(crate) fn candidates(pool: &mut Mempool, base_fee: Amount, space: BlockSpace) -> Vec<Checked> {
    pool.candidates(base_fee, space).cloned().collect()
}

pub(crate) fn included(checked: &Checked, height: Height) -> Included {
    Included {
        id: checked.id(),
        sender: checked.sender(),
        nonce: checked.nonce(),
        height,
    }
}

pub(crate) fn tip<'a>(
    height: u64,
    base_fee: Amount,
    included: &'a [Included],
    touched: &'a [Address],
) -> NewTip<'a> {
    NewTip {
        height: Height::new(height),
        base_fee,
        included,
        touched,
    }
}
