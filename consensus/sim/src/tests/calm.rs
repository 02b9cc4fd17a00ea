//! How fast PBFT is, in delays of a link.

use pyralog_primitives::Round;

use super::protocols::PBFT;
use crate::{Options, Outcome, Seed, Simulation, Span};

const DELAY: Span = Span::from_millis(20);

fn run(validators: usize, crashed: usize, seed: u64) -> Outcome {
    let options = Options::calm(validators, crashed, DELAY, Seed::new(seed));
    match Simulation::new(&PBFT, options).run() {
        Ok(outcome) => outcome,
        Err(violation) => panic!("{violation}"),
    }
}

#[test]
fn a_block_is_final_three_delays_after_it_was_built() {
    for validators in [4, 16, 64, 100] {
        let outcome = run(validators, 0, 1);
        let expected = Span::new(3 * DELAY.get());
        for finality in &outcome.finalities {
            assert_eq!(finality.since_built, expected, "{validators}: {finality:?}");
        }
        let blocks = usize::try_from(outcome.height.get()).unwrap();
        println!(
            "{validators} validators: 3 delays, {} messages a block",
            outcome.messages / blocks
        );
    }
}

#[test]
fn with_a_third_less_one_crashed_it_takes_five_delays_and_the_timeouts() {
    for (validators, crashed, seeds) in [(4, 1, 20), (16, 5, 20), (64, 21, 6), (100, 33, 6)] {
        let (mut spans, mut late) = (Vec::new(), 0);
        for seed in 0..seeds {
            for finality in run(validators, crashed, seed).finalities {
                let span = finality.without_timeouts();
                // Each primary that never came up costs one more.
                let delays = 3 + u64::from(finality.round.get());
                assert!(span.get() <= delays * DELAY.get(), "{finality:?}");
                late += u64::from(finality.round > Round::FIRST);
                spans.push(span);
            }
        }
        spans.sort_unstable();
        let at = |permille: usize| spans[(spans.len() - 1) * permille / 1000];
        // In tenths, to stay with whole numbers.
        let delays = |span: Span| {
            let tenths = 10 * span.get() / DELAY.get();
            format!("{}.{}", tenths / 10, tenths % 10)
        };
        println!(
            "{validators} validators, {crashed} crashed: p50 {} p99 {} most {} delays, {late} of {} \
             after a timeout",
            delays(at(500)),
            delays(at(990)),
            delays(at(1000)),
            spans.len()
        );
        assert!(late > 0 && at(990).get() <= 5 * DELAY.get(), "{validators}");
    }
}
