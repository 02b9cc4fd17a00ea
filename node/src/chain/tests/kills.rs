//! Nodes that are killed at any point and begin again.

use pyralog_genesis::ConsensusKind;

use super::fuse::Fuse;
use super::network::Several;

/// Kills of each engine, unless `PYRALOG_ENDS` says another number.
const KILL_COUNT: u32 = 40;
/// Steps after which a node is killed, at most: some ten heights.
const STEP_COUNT_MAX: u64 = 150;

/// Numbers that look random, the same in each run.
fn draw(state: &mut u64) -> u64 {
    *state = state
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    *state >> 33
}

/// Kills one node after the other, while payments go on, and at times two, and
/// at times all.
fn kill_again_and_again(kind: ConsensusKind) {
    let kills = std::env::var("PYRALOG_ENDS").ok();
    let kills = kills
        .and_then(|kills| kills.parse().ok())
        .unwrap_or(KILL_COUNT);
    let directory = tempfile::tempdir().unwrap();
    let mut several = Several::new(kind, directory.path(), 4, 4);
    several.start_all();
    let (mut chance, mut nonce) = (0, 0);
    for kill in 0..kills {
        let count = match kill % 10 {
            8 => 2,
            9 => 4,
            _ => 1,
        };
        let first = usize::try_from(draw(&mut chance) % 4).unwrap();
        let killed: Vec<usize> = (0..count).map(|step| (first + step) % 4).collect();
        for place in &killed {
            several.end(*place);
            let steps = draw(&mut chance) % STEP_COUNT_MAX;
            several.start(*place, Fuse::after(20 + u32::try_from(steps).unwrap()));
        }
        several.until("the kill", |several| {
            for node in several.running().filter(|node| !node.fuse.is_burnt()) {
                let sender = u32::try_from(nonce % 4).unwrap();
                if node.submit(vec![several.transfer(sender, nonce / 4)]) > 0 {
                    nonce += 1;
                }
            }
            let mut nodes = killed.iter().map(|place| &several.nodes[*place]);
            // The others end at the same moment: without a quorum they would
            // hardly do a step.
            nodes.any(|node| node.running.as_ref().unwrap().fuse.is_burnt())
        });
        for place in &killed {
            several.end(*place);
            several.start(*place, Fuse::never());
        }
        let highest = several.running().map(|node| node.feed.head().height).max();
        let goal = highest.and_then(pyralog_primitives::Height::next).unwrap();
        several.until("the next block", |several| {
            several
                .running()
                .all(|node| node.feed.head().height >= goal)
        });
        several.assert_one_chain();
    }
    println!("{kind}: {} statements left", several.said.count());
    several.end_all();
}

#[test]
fn nodes_that_are_killed_anywhere_never_contradict_themselves_and_go_on_by_pbft() {
    kill_again_and_again(ConsensusKind::Pbft);
}

#[test]
fn nodes_that_are_killed_anywhere_never_contradict_themselves_and_go_on_by_tendermint() {
    kill_again_and_again(ConsensusKind::Tendermint);
}
