//! Payments that several nodes agree on.

use pyralog_genesis::ConsensusKind;
use pyralog_primitives::Height;

use super::network::{Running, Several};

/// Transfers in all, and of each sender: the pool takes no more of one.
const TRANSFER_COUNT: usize = 10_000;
const NONCE_COUNT: u64 = 50;
const SENDER_COUNT: u32 = 200;
/// Transfers that are submitted at once.
const PORTION: usize = 500;

/// How many transactions the blocks of a node hold.
pub(super) fn final_count(node: &Running, counted: &mut (Height, usize)) -> usize {
    while let Some(next) = counted
        .0
        .next()
        .filter(|next| *next <= node.feed.head().height)
    {
        let block = node.store.block(next).unwrap().unwrap();
        *counted = (next, counted.1 + block.transactions.len());
    }
    counted.1
}

fn ten_thousand_transfers(kind: ConsensusKind) {
    let directory = tempfile::tempdir().unwrap();
    let mut several = Several::new(kind, directory.path(), 4, SENDER_COUNT);
    several.start_all();
    let mut transfers = Vec::new();
    for nonce in 0..NONCE_COUNT {
        for sender in 0..SENDER_COUNT {
            transfers.push(several.transfer(sender, nonce));
        }
    }
    assert_eq!(transfers.len(), TRANSFER_COUNT);
    for (turn, portion) in transfers.chunks(PORTION).enumerate() {
        let node = several.running().nth(turn % 4).unwrap();
        node.submit_all(portion.to_vec());
    }
    let mut counted = [(Height::new(0), 0); 4];
    several.until("the last transfer", |several| {
        let nodes = several.running().zip(&mut counted);
        let counts = nodes.map(|(node, counted)| final_count(node, counted));
        counts.min() == Some(TRANSFER_COUNT)
    });
    several.assert_one_chain();
    assert!(counted.iter().all(|(_, count)| *count == TRANSFER_COUNT));
    several.end_all();
}

#[test]
fn four_nodes_agree_on_ten_thousand_transfers_by_pbft() {
    ten_thousand_transfers(ConsensusKind::Pbft);
}

#[test]
fn four_nodes_agree_on_ten_thousand_transfers_by_tendermint() {
    ten_thousand_transfers(ConsensusKind::Tendermint);
}
