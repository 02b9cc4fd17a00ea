//! Funds for accounts that send, from those of development.

use std::time::Duration;

use jsonrpsee::http_client::HttpClient;
use pyralog_api::PyralogClient;
use pyralog_genesis::Genesis;
use pyralog_keys::{AccountIndex, DEVELOPMENT_ACCOUNT_COUNT, development_key};
use pyralog_primitives::action::{ACTION_COUNT_MAX, Action};
use pyralog_primitives::{Address, Amount, Height, SecretKey};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use super::accounts::{Account, Accounts, FEE_MAX, Terms};
use super::phase::{self, Pace, Phase};
use super::targets::Target;
use super::{LoadError, MEASURED_MAX};

/// What each account gets: enough for high fees under load. All accounts that
/// may be asked for get it from what those of development have.
const FUNDS: Amount = Amount::from_tokens(90);
/// Blocks by which a node may be ahead of the one that was asked: transfers are
/// valid for so many fewer than the network allows.
const AHEAD_BLOCKS: u64 = 100;
/// Blocks for which transfers are valid at most: more than a phase has.
const VALID_BLOCKS_MAX: u64 = 19_900;
/// Accounts that are asked for at one time.
const ASKED_COUNT: usize = 16;
/// A node that does not say by then how it stands is passed over. Lower, and a
/// busy one is; higher, and one that is paused is waited for.
const STATUS_MAX: Duration = Duration::from_secs(10);
/// How often one looks whether everything is in a block.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// The terms for what is signed now, by the first node that answers.
pub(super) async fn terms(targets: &[Target]) -> Result<Terms, LoadError> {
    let mut failed = LoadError::Blocks;
    for target in targets {
        match terms_of(&target.client).await {
            Err(error @ LoadError::Node(_)) => failed = error,
            terms => return terms,
        }
    }
    Err(failed)
}

async fn terms_of(client: &HttpClient) -> Result<Terms, LoadError> {
    let status = client.node_status().await?;
    if !status.chain_id.starts_with("dev-") {
        return Err(LoadError::NotDevelopment(status.chain_id));
    }
    let genesis = client.genesis().await?;
    let genesis = Genesis::parse(&genesis.document).map_err(LoadError::Genesis)?;
    let lifetime = genesis.parameters().transaction_lifetime_blocks_max;
    let lifetime = lifetime.get().saturating_sub(AHEAD_BLOCKS);
    let lifetime = lifetime.clamp(1, VALID_BLOCKS_MAX);
    Ok(Terms {
        genesis: status.genesis,
        valid_until: Height::new(status.height.get() + lifetime),
    })
}

/// Waits until nothing is pending any more on the nodes that answer, and all of
/// them have the blocks in which it went; returns the last of those.
pub(super) async fn settle(targets: &[Target]) -> Result<Height, LoadError> {
    let end = Instant::now() + MEASURED_MAX;
    let mut last = None;
    let mut pending = 0;
    while Instant::now() < end {
        let mut stands = Vec::new();
        for target in targets {
            let status = timeout(STATUS_MAX, target.client.node_status()).await;
            if let Ok(Ok(status)) = status {
                stands.push((status.pending, status.height));
            }
        }
        pending = stands
            .iter()
            .map(|(pending, _)| *pending)
            .max()
            .unwrap_or(0);
        let heights = stands.iter().map(|(_, height)| *height);
        // What is not pending on a node is in a block up to its height.
        if let (0, Some(highest), Some(lowest)) = (pending, heights.clone().max(), heights.min()) {
            let last = *last.get_or_insert(highest);
            if lowest >= last {
                return Ok(last);
            }
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    Err(LoadError::Pending(pending))
}

/// So many accounts, each with enough to send. Who has it already gets nothing.
/// All nodes that answer know of it.
pub(super) async fn funded(targets: &[Target], count: u32) -> Result<Accounts, LoadError> {
    let terms = terms(targets).await?;
    let first = targets.iter().find(|target| target.is_offered);
    let client = &first.expect("there is one who is offered transfers").client;
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
    settle(targets).await?;
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
        pace: Pace::Answers { callers: 4 },
        start: Instant::now(),
        batch: 8,
        lead: Duration::ZERO,
        measured: MEASURED_MAX,
    };
    let outcomes = phase::run(client, &mut rich, &phase).await?;
    match outcomes.refused_for_good() {
        Some(reason) => Err(LoadError::Funding(reason.to_owned())),
        None if outcomes.lost > 0 => Err(LoadError::Funding("without an answer".to_owned())),
        None => Ok(()),
    }
}
