//! Funds for accounts that send, from those of development.

use std::time::Duration;

use jsonrpsee::http_client::HttpClient;
use pyralog_api::PyralogClient;
use pyralog_keys::{AccountIndex, DEVELOPMENT_ACCOUNT_COUNT, development_key};
use pyralog_primitives::action::{ACTION_COUNT_MAX, Action};
use pyralog_primitives::{Address, Amount, Height, SecretKey};
use tokio::task::JoinSet;

use super::accounts::{Account, Accounts, FEE_MAX, Terms};
use super::phase::{self, Pace, Phase};
use super::{LoadError, MEASURED_MAX};

/// What each account gets: enough for high fees under load. All accounts that
/// may be asked for get it from what those of development have.
const FUNDS: Amount = Amount::from_tokens(90);
/// Blocks for which transfers are valid, within the default of networks.
const VALID_BLOCKS: u64 = 900;
/// Accounts that are asked for at one time.
const ASKED_COUNT: usize = 16;
/// How often one looks whether everything is in a block.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// The terms for what is signed now.
pub(super) async fn terms(client: &HttpClient) -> Result<Terms, LoadError> {
    let status = client.node_status().await?;
    if !status.chain_id.starts_with("dev-") {
        return Err(LoadError::NotDevelopment(status.chain_id));
    }
    Ok(Terms {
        genesis: status.genesis,
        valid_until: Height::new(status.height.get() + VALID_BLOCKS),
    })
}

/// Waits until nothing is pending any more.
pub(super) async fn settle(client: &HttpClient) -> Result<(), LoadError> {
    let end = tokio::time::Instant::now() + MEASURED_MAX;
    while tokio::time::Instant::now() < end {
        if client.node_status().await?.pending == 0 {
            return Ok(());
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    let pending = client.node_status().await?.pending;
    Err(LoadError::Pending(pending))
}

/// So many accounts, each with enough to send. Who has it already gets nothing.
pub(super) async fn funded(client: &HttpClient, count: u32) -> Result<Accounts, LoadError> {
    let terms = terms(client).await?;
    let keys: Vec<SecretKey> = (0..count).map(key).collect();
    let share = keys.len().div_ceil(ASKED_COUNT);
    let mut asked = JoinSet::new();
    for (number, part) in keys.chunks(share).enumerate() {
        let (client, part) = (client.clone(), part.to_vec());
        asked.spawn(async move { Ok((number, read(&client, part).await?)) });
    }
    let mut parts = Vec::new();
    while let Some(part) = asked.join_next().await {
        let part: Result<_, LoadError> = part.map_err(std::io::Error::other)?;
        parts.push(part?);
    }
    parts.sort_unstable_by_key(|(number, _)| *number);
    let (mut all, mut poor) = (Vec::new(), Vec::new());
    for (account, is_poor) in parts.into_iter().flat_map(|(_, part)| part) {
        if is_poor {
            poor.push(account.key().public_key().address());
        }
        all.push(account);
    }
    give(client, &poor, terms).await?;
    Ok(Accounts::new(all))
}

/// The same keys each time, so that accounts are funded once.
fn key(number: u32) -> SecretKey {
    let mut seed = *b"pyralog load generator, account ";
    seed[28..].copy_from_slice(&number.to_le_bytes());
    SecretKey::from_seed(&seed)
}

/// Each account, and whether it has too little.
async fn read(
    client: &HttpClient,
    keys: Vec<SecretKey>,
) -> Result<Vec<(Account, bool)>, LoadError> {
    let mut accounts = Vec::new();
    for key in keys {
        let view = client.account(key.public_key().address()).await?;
        accounts.push((Account::new(key, view.nonce), view.balance < FEE_MAX));
    }
    Ok(accounts)
}

/// Pays all in turn from the accounts of development, many at once.
async fn give(client: &HttpClient, poor: &[Address], terms: Terms) -> Result<(), LoadError> {
    let mut rich = Vec::new();
    for index in 0..DEVELOPMENT_ACCOUNT_COUNT {
        let index = AccountIndex::new(index).expect("far below the bound");
        let key = development_key(index);
        let nonce = client.next_nonce(key.public_key().address()).await?;
        rich.push(Account::new(key, nonce));
    }
    for (number, together) in poor.chunks(ACTION_COUNT_MAX).enumerate() {
        let amount = FUNDS;
        let transfer = |to: &Address| Action::Transfer { to: *to, amount };
        let payer = number % rich.len();
        rich[payer].sign(together.iter().map(transfer).collect(), terms);
    }
    let mut rich = Accounts::new(rich);
    rich.line_up();
    let phase = Phase {
        name: "funding",
        pace: Pace::Answers { callers: 4 },
        batch: 8,
        lead: Duration::ZERO,
        measured: MEASURED_MAX,
    };
    let outcomes = phase::run(client, &mut rich, &phase).await?;
    if let Some((reason, _)) = outcomes.refused_for_good() {
        return Err(LoadError::Funding(reason.to_owned()));
    }
    settle(client).await
}
