//! Who spends.

use std::sync::LazyLock;

use pyralog_api::NodeStatus;
use pyralog_keys::{AccountIndex, DEVELOPMENT_ACCOUNT_COUNT, development_key};
use pyralog_primitives::action::Action;
use pyralog_primitives::codec::{List, Version};
use pyralog_primitives::transaction::{Transaction, TransactionBody};
use pyralog_primitives::{Address, Amount, BlockCount, Compute, Nonce, SecretKey};

/// Enough for the bytes and the work of a full transaction, whatever the base
/// fee rises to in a test.
const FEE_MAX: Amount = Amount::from_tokens(10);
/// What a transaction takes, and each of its actions at most, if it stores
/// little.
const COMPUTE: u64 = 2_000;
const ACTION_COMPUTE: u64 = 10_000;
/// Long enough for whatever a test does meanwhile, and within the lifetime that
/// networks allow.
const LIFETIME: BlockCount = BlockCount::new(900);

/// Derived once: it takes thousands of hashes for each.
static KEYS: LazyLock<Vec<SecretKey>> = LazyLock::new(|| {
    let index = |index| AccountIndex::new(index).expect("there are few");
    let indexes = (0..DEVELOPMENT_ACCOUNT_COUNT).map(index);
    indexes.map(development_key).collect()
});

/// An account of a network for development, and its key.
#[derive(Clone)]
pub struct Account {
    key: SecretKey,
}

impl Account {
    /// The account `dev-N`, one of those that begin with tokens.
    pub fn development(index: usize) -> Self {
        Self::of(KEYS[index].clone())
    }

    /// The account of a key.
    pub fn of(key: SecretKey) -> Self {
        Self { key }
    }

    /// Its address.
    pub fn address(&self) -> Address {
        self.key.public_key().address()
    }

    /// A transaction that is not signed yet, for the network as it stands.
    pub fn body(&self, status: &NodeStatus, nonce: Nonce, actions: Vec<Action>) -> TransactionBody {
        let compute = COMPUTE + ACTION_COMPUTE * actions.len() as u64;
        let valid_until = status.height.after(LIFETIME);
        TransactionBody {
            version: Version::V1,
            genesis: status.genesis,
            sender: self.key.public_key(),
            nonce,
            valid_until: valid_until.expect("chains of tests are short"),
            fee_max: FEE_MAX,
            tip: Amount::ZERO,
            compute_max: Compute::new(compute),
            actions: List::new(actions).expect("tests give few actions"),
            work: None,
        }
    }

    /// Signs what [`Self::body`] gave, changed or not.
    pub fn sign(&self, body: TransactionBody) -> Transaction {
        body.sign(&self.key).expect("the body names this account")
    }

    /// A signed payment.
    pub fn pay(
        &self,
        status: &NodeStatus,
        nonce: Nonce,
        to: Address,
        amount: Amount,
    ) -> Transaction {
        self.sign(self.body(status, nonce, vec![Action::Transfer { to, amount }]))
    }

    /// As many signed payments of one unit in one transaction, for many events.
    pub fn pay_often(
        &self,
        status: &NodeStatus,
        nonce: Nonce,
        to: Address,
        count: usize,
    ) -> Transaction {
        let amount = Amount::new(1);
        let actions = vec![Action::Transfer { to, amount }; count];
        self.sign(self.body(status, nonce, actions))
    }
}
