//! Accounts that send, funded from those of development.

use std::time::Duration;

use jsonrpsee::http_client::HttpClient;
use pyralog_api::{Hex, PyralogClient, SubmitOutcome, TransactionStatus};
use pyralog_keys::{AccountIndex, DEVELOPMENT_ACCOUNT_COUNT, development_key};
use pyralog_primitives::action::{ACTION_COUNT_MAX, Action};
use pyralog_primitives::codec::{List, Version};
use pyralog_primitives::transaction::{Transaction, TransactionBody};
use pyralog_primitives::{
    Address, Amount, Compute, Domain, DurationMs, GenesisHash, Height, Nonce, SecretKey,
    TransactionId,
};

use super::LoadError;

/// What each account gets: enough for high fees under load.
const FUNDS: Amount = Amount::from_tokens(500);
/// What a transfer may cost. Unused, it comes back.
const FEE_MAX: Amount = Amount::from_tokens(2);
/// What one transfer takes; see the specification of execution.
const TRANSFER_COMPUTE: u64 = 6_000;
/// Blocks for which transfers are valid, within the default of networks.
const VALID_BLOCKS: u64 = 900;

/// One account that sends.
pub(super) struct Account {
    pub(super) key: SecretKey,
    pub(super) next: u64,
}

/// All accounts that send.
pub(super) struct Accounts {
    pub(super) genesis: GenesisHash,
    pub(super) valid_until: Height,
    pub(super) all: Vec<Account>,
}

impl Accounts {
    /// Funds those that have nothing, and waits until all have something.
    pub(super) async fn fund(client: &HttpClient, count: u32) -> Result<Self, LoadError> {
        let status = client.node_status().await?;
        if !status.chain_id.starts_with("dev-") {
            return Err(LoadError::NotDevelopment(status.chain_id));
        }
        let mut poor = Vec::new();
        let mut all = Vec::new();
        for number in 0..count {
            let seed = Domain::SignatureBatch.hash(&number.to_le_bytes());
            let key = SecretKey::from_seed(seed.as_bytes());
            let address = key.public_key().address();
            let account = client.account(address).await?;
            if account.balance < FEE_MAX {
                poor.push(address);
            }
            all.push(Account {
                key,
                next: account.nonce.get(),
            });
        }
        let valid_until = Height::new(status.height.get() + VALID_BLOCKS);
        give(client, status.genesis, valid_until, &poor).await?;
        // Blocks have come meanwhile.
        let height = client.node_status().await?.height;
        Ok(Self {
            genesis: status.genesis,
            valid_until: Height::new(height.get() + VALID_BLOCKS),
            all,
        })
    }

    /// The next transfer of an account: one unit, to another one.
    pub(super) fn transfer(&mut self, from: usize) -> Transaction {
        let to = self.all[(from * 7 + 1) % self.all.len()].key.public_key();
        let action = Action::Transfer {
            to: to.address(),
            amount: Amount::new(1),
        };
        let account = &mut self.all[from];
        let nonce = account.next;
        account.next += 1;
        let terms = (self.genesis, self.valid_until);
        signed(&account.key, nonce, vec![action], terms)
    }
}

/// Pays all in turn from the accounts of development, many at once.
async fn give(
    client: &HttpClient,
    genesis: GenesisHash,
    valid_until: Height,
    poor: &[Address],
) -> Result<(), LoadError> {
    let mut last: Vec<TransactionId> = Vec::new();
    let funding = |error: String| LoadError::Funding(error);
    let rich: Vec<SecretKey> = (0..DEVELOPMENT_ACCOUNT_COUNT)
        .map(|index| development_key(AccountIndex::new(index).expect("far below the bound")))
        .collect();
    let mut nonces = Vec::new();
    for key in &rich {
        let nonce = client.next_nonce(key.public_key().address()).await?;
        nonces.push(nonce.get());
    }
    for (number, together) in poor.chunks(ACTION_COUNT_MAX).enumerate() {
        let payer = number % rich.len();
        let actions = together.iter().map(|to| Action::Transfer {
            to: *to,
            amount: FUNDS,
        });
        let transaction = signed(
            &rich[payer],
            nonces[payer],
            actions.collect(),
            (genesis, valid_until),
        );
        nonces[payer] += 1;
        last.push(transaction.id());
        let outcome = client.submit_transactions(vec![Hex(transaction)]).await?;
        if let Some(SubmitOutcome::Refused { message, .. }) = outcome.first() {
            return Err(funding(message.clone()));
        }
    }
    for id in last {
        let wait = DurationMs::new(30_000);
        match client.wait_transaction(id, wait, None).await? {
            TransactionStatus::Final { failure: None, .. } => {}
            other => return Err(funding(format!("{other:?}"))),
        }
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    Ok(())
}

fn signed(
    key: &SecretKey,
    nonce: u64,
    actions: Vec<Action>,
    (genesis, valid_until): (GenesisHash, Height),
) -> Transaction {
    let compute = 2_000 + 4_000 * actions.len() as u64;
    let body = TransactionBody {
        version: Version::V1,
        genesis,
        sender: key.public_key(),
        nonce: Nonce::new(nonce),
        valid_until,
        fee_max: FEE_MAX,
        tip: Amount::new(10),
        compute_max: Compute::new(compute.max(TRANSFER_COMPUTE)),
        actions: List::new(actions).expect("no more than one transaction holds"),
        work: None,
    };
    body.sign(key).expect("the sender signs, and it is short")
}
