//! The engine of a lone validator, under crashes, pauses and bad disks.

use super::protocols::SoloProtocol;
use crate::{Coverage, FaultKind, Landmark, Options, Seed, Simulation};

#[test]
fn a_lone_validator_goes_on_after_every_crash() {
    let mut coverage = Coverage::default();
    for seed in 0..100 {
        let options = Options::chaos(1, Seed::new(seed));
        match Simulation::new(&SoloProtocol, options).run() {
            Ok(outcome) => coverage.add(&outcome.coverage),
            Err(violation) => panic!("{violation}"),
        }
    }
    assert!(coverage.of(FaultKind::Crash) > 0 && coverage.of(FaultKind::Pause) > 0);
    assert!(coverage.passed(Landmark::FinalBlock) >= 2_000);
}
