//! What became final of what was taken, where, and how late.
//!
//! While load is made, one only notes when each transfer was due, and when each
//! node told of each block. Which transfers the blocks hold is read afterwards:
//! so every transfer is traced, and tracing takes nothing from the nodes that
//! are measured.
//!
//! Invariants:
//! - a transfer is final on a node once that node has told of its block, and
//!   final everywhere once the last of all nodes has;
//! - the time counts from when the call that was taken was due, not from when
//!   it went out.

use std::sync::Arc;
use std::time::Instant;

use pyralog_api::PyralogClient;
use pyralog_primitives::transaction::Transaction;
use pyralog_primitives::{Height, TransactionId};
use tokio::task::JoinSet;

use super::LoadError;
use super::latencies::Latencies;
use super::targets::Target;
use super::watch::{Seen, SeenBlock};

/// Blocks that are asked for at one time.
const ASKED_COUNT: usize = 4;

/// A transfer that a node took.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taken {
    pub(super) transaction: TransactionId,
    /// When its call was due.
    pub(super) due: Instant,
    /// Who took it, by the place among all nodes.
    pub(super) by: usize,
}

/// What became final.
#[derive(Clone, Debug, Default)]
pub(crate) struct Finals {
    /// Transactions that became final in the measured time, on the node on
    /// which these were fewest; whoever sent them. Those of a block became so
    /// little by little since the one before, or a block more or less in the
    /// time would be what is measured.
    pub(crate) transactions: u64,
    /// Blocks that this node told of in the time.
    pub(crate) blocks: u64,
    /// Transactions that became final in the whole time.
    pub(crate) all: u64,
    /// Of the transfers that were taken, how many are final on none of the
    /// nodes, on one, and so on up to all.
    pub(crate) on_nodes: Vec<u64>,
    /// Until the node that took it told of it.
    pub(crate) here: Latencies,
    /// Until all nodes had.
    pub(crate) everywhere: Latencies,
}

/// Finds each transfer that was taken in the blocks that were told of.
pub(super) async fn trace(
    targets: &[Target],
    seen: &[Seen],
    mut taken: Vec<Taken>,
    (from, to): (Instant, Instant),
) -> Result<Finals, LoadError> {
    let heights = heights(seen)?;
    let mut finals = Finals {
        on_nodes: vec![0; targets.len() + 1],
        ..Finals::default()
    };
    (finals.transactions, finals.blocks) = within(seen, from, to);
    taken.sort_unstable_by_key(|taken| taken.transaction);
    let (mut here, mut everywhere) = (Vec::new(), Vec::new());
    let mut found: u64 = 0;
    for (height, transactions) in read(targets, heights).await? {
        finals.all += transactions.len() as u64;
        let told: Vec<Option<Instant>> = seen
            .iter()
            .map(|seen| seen.block(height).map(|block| block.at))
            .collect();
        let count = told.iter().flatten().count();
        let last = told.iter().flatten().max();
        for transaction in transactions {
            let place = taken.binary_search_by_key(&transaction, |taken| taken.transaction);
            let Ok(place) = place else {
                continue;
            };
            let Taken { due, by, .. } = taken[place];
            found += 1;
            finals.on_nodes[count] += 1;
            here.extend(told[by].map(|at| at.saturating_duration_since(due)));
            if count == told.len() {
                everywhere.extend(last.map(|at| at.saturating_duration_since(due)));
            }
        }
    }
    finals.on_nodes[0] += (taken.len() as u64).saturating_sub(found);
    finals.here = Latencies::new(here);
    finals.everywhere = Latencies::new(everywhere);
    Ok(finals)
}

/// Transactions and blocks of a time, on the node of which fewest were told.
/// One that stopped telling does not count, unless all have.
fn within(seen: &[Seen], from: Instant, to: Instant) -> (u64, u64) {
    let any_is_whole = seen.iter().any(|seen| seen.is_whole);
    let counted = seen.iter().filter(|seen| seen.is_whole || !any_is_whole);
    let counts = counted.map(|seen| {
        let blocks = &seen.blocks;
        let told = blocks
            .iter()
            .filter(|block| from <= block.at && block.at < to);
        let shares = blocks.windows(2).map(|pair| share(pair, from, to));
        (shares.sum(), told.count() as u64)
    });
    counts.min().unwrap_or_default()
}

/// Of the transactions of the second of two blocks, those that count for a time.
fn share(pair: &[SeenBlock], from: Instant, to: Instant) -> u64 {
    let [before, block] = [pair[0], pair[1]];
    let both = block
        .at
        .min(to)
        .saturating_duration_since(before.at.max(from));
    let whole = block.at.saturating_duration_since(before.at);
    let part = u128::from(block.transactions) * both.as_nanos() / whole.as_nanos().max(1);
    u64::try_from(part).expect("it is a part of the block's")
}

/// The heights at which there are transactions; none may have two blocks.
fn heights(seen: &[Seen]) -> Result<Vec<Height>, LoadError> {
    let blocks = seen.iter().flat_map(|seen| &seen.blocks);
    let mut all: Vec<_> = blocks
        .map(|block| (block.height, block.id, block.transactions))
        .collect();
    all.sort_unstable();
    all.dedup();
    if let Some(pair) = all.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        return Err(LoadError::TwoBlocks(pair[0].0));
    }
    let full = all
        .into_iter()
        .filter(|(_, _, transactions)| *transactions > 0);
    Ok(full.map(|(height, ..)| height).collect())
}

/// What the blocks of these heights hold, from whichever node shows them.
async fn read(
    targets: &[Target],
    heights: Vec<Height>,
) -> Result<Vec<(Height, Vec<TransactionId>)>, LoadError> {
    let (targets, heights): (Arc<[Target]>, Arc<[Height]>) = (targets.into(), heights.into());
    let mut asking = JoinSet::new();
    for lane in 0..ASKED_COUNT {
        let (targets, heights) = (Arc::clone(&targets), Arc::clone(&heights));
        asking.spawn(async move {
            let mut blocks = Vec::new();
            for height in heights.iter().skip(lane).step_by(ASKED_COUNT) {
                blocks.push((*height, transactions(&targets, *height).await?));
            }
            Ok::<_, LoadError>(blocks)
        });
    }
    let mut all = Vec::new();
    while let Some(blocks) = asking.join_next().await {
        all.extend(blocks.map_err(std::io::Error::other)??);
    }
    Ok(all)
}

async fn transactions(targets: &[Target], height: Height) -> Result<Vec<TransactionId>, LoadError> {
    let mut failed = LoadError::Blocks;
    for target in targets {
        match target.client.block(Some(height)).await {
            Ok(view) => {
                let transactions = view.block.transactions.iter();
                return Ok(transactions.map(Transaction::id).collect());
            }
            Err(error) => failed = error.into(),
        }
    }
    Err(failed)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use pyralog_primitives::{BlockId, Hash};

    use super::*;

    fn told(start: Instant, blocks: &[(u64, u8, u32, u64)]) -> Seen {
        let blocks = blocks
            .iter()
            .map(|&(height, id, transactions, millis)| SeenBlock {
                height: Height::new(height),
                id: BlockId::new(Hash::new([id; 32])),
                transactions,
                at: start + Duration::from_millis(millis),
            });
        Seen {
            blocks: blocks.collect(),
            is_whole: true,
        }
    }

    #[test]
    fn the_node_on_which_fewest_became_final_in_the_time_counts() {
        let start = Instant::now();
        let fast = told(start, &[(1, 1, 5, 0), (2, 2, 10, 10), (3, 3, 20, 20)]);
        let late = told(start, &[(1, 1, 5, 5), (2, 2, 10, 15), (3, 3, 20, 35)]);
        let at = |millis| start + Duration::from_millis(millis);
        let seen = [fast, late];
        assert_eq!(within(&seen, at(5), at(20)), (15, 2));
        assert_eq!(within(&seen, at(15), at(36)), (10, 1));
        // Who stopped telling is passed over.
        let mut seen = seen;
        seen[1].is_whole = false;
        assert_eq!(within(&seen, at(0), at(25)), (30, 3));
    }

    #[test]
    fn a_block_counts_for_the_time_since_the_one_before() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let blocks = [
            (1, 1, 0, 0),
            (2, 2, 100, 100),
            (3, 3, 100, 200),
            (4, 4, 0, 300),
        ];
        let seen = [told(start, &blocks)];
        // Ten a time, wherever the time begins and ends.
        for from in 0..190 {
            assert_eq!(within(&seen, at(from), at(from + 10)).0, 10, "{from}");
        }
        assert_eq!(within(&seen, at(150), at(400)).0, 50);
    }

    #[test]
    fn two_blocks_at_one_height_are_no_measurement() {
        let start = Instant::now();
        let one = told(start, &[(1, 1, 5, 0), (2, 2, 0, 0), (3, 3, 9, 0)]);
        let same = heights(&[one.clone(), one.clone()]).unwrap();
        assert_eq!(same, [Height::new(1), Height::new(3)]);
        let other = told(start, &[(3, 4, 9, 0)]);
        let failed = heights(&[one, other]);
        assert!(matches!(failed, Err(LoadError::TwoBlocks(height)) if height.get() == 3));
    }
}
