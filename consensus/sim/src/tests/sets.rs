//! A thousand heights, with other validators at each.

use pyralog_primitives::BlockCount;

use super::protocols::{PBFT, TENDERMINT};
use crate::plan::Plan;
use crate::{Coverage, Landmark, Options, Protocol, Seed, Simulation};

const HEIGHT_COUNT: BlockCount = BlockCount::new(1000);
/// Runs for each engine.
const RUN_COUNT: usize = 3;

/// Runs among seven in which the set changes at every height, and in which two
/// break the rules all the time.
fn holds<P: Protocol>(protocol: &P) {
    let mut coverage = Coverage::default();
    let options = (0..).map(|seed| Options {
        heights: HEIGHT_COUNT,
        ..Options::chaos(7, Seed::new(seed))
    });
    let fitting = options.filter(|options| {
        let plan = Plan::draw(options);
        let mut faulty: Vec<_> = plan.faulty().map(|(who, _)| who).collect();
        faulty.dedup();
        plan.epoch == Some(BlockCount::new(1)) && faulty.len() == 2
    });
    for options in fitting.take(RUN_COUNT) {
        match Simulation::new(protocol, options).run() {
            Ok(outcome) => {
                assert!(outcome.height.get() >= HEIGHT_COUNT.get());
                coverage.add(&outcome.coverage);
            }
            Err(violation) => panic!("{violation}"),
        }
    }
    let heights = RUN_COUNT as u64 * HEIGHT_COUNT.get();
    // Now and then a set is drawn that is like the last one.
    let changes = coverage.passed(Landmark::ChangedSet);
    assert!(changes >= heights - heights / 100, "{coverage}");
    assert!(coverage.passed(Landmark::LateBlock) > 0, "{coverage}");
}

#[test]
fn pbft_holds_for_a_thousand_heights_with_other_validators_at_each() {
    holds(&PBFT);
}

#[test]
fn tendermint_holds_for_a_thousand_heights_with_other_validators_at_each() {
    holds(&TENDERMINT);
}
