//! How fast PBFT and Tendermint are, in delays of a link.

use pyralog_primitives::Round;

use super::protocols::{PBFT, TENDERMINT, VOTE_TIMEOUT_MILLIS};
use crate::{Options, Outcome, Protocol, Seed, Simulation, Span};

const DELAY: Span = Span::from_millis(20);
const VOTE_TIMEOUT: Span = Span::from_millis(VOTE_TIMEOUT_MILLIS);

fn run<P: Protocol>(protocol: &P, validators: usize, crashed: usize, seed: u64) -> Outcome {
    let options = Options::calm(validators, crashed, DELAY, Seed::new(seed));
    match Simulation::new(protocol, options).run() {
        Ok(outcome) => outcome,
        Err(violation) => panic!("{violation}"),
    }
}

fn takes_three_delays<P: Protocol>(protocol: &P) {
    for validators in [4, 16, 64, 100] {
        let outcome = run(protocol, validators, 0, 1);
        let expected = Span::new(3 * DELAY.get());
        for finality in &outcome.finalities {
            assert_eq!(finality.since_built, expected, "{validators}: {finality:?}");
        }
    }
}

/// In tenths, to stay with whole numbers.
fn delays(span: Span) -> String {
    let tenths = 10 * span.get() / DELAY.get();
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// Where a third less one never came up: blocks take three delays, `more` for
/// each proposer that was passed, and the time that those were given to propose;
/// that is no more than five delays and `vote_timeout` for each of them. Says
/// what 99 of 100 blocks took.
fn with_a_third_down<P: Protocol>(
    protocol: &P,
    more: u64,
    vote_timeout: Span,
) -> Vec<(usize, Span)> {
    let (mut all, mut all_late) = (Vec::new(), 0);
    for (validators, crashed, seeds) in [(4, 1, 20), (16, 5, 10), (64, 21, 2), (100, 33, 1)] {
        let (mut spans, mut late) = (Vec::new(), 0);
        for seed in 0..seeds {
            for finality in run(protocol, validators, crashed, seed).finalities {
                let span = finality.without_timeouts();
                let most = 3 + more * u64::from(finality.round.get());
                assert!(span.get() <= most * DELAY.get(), "{finality:?}");
                let votes = vote_timeout.get() * u64::from(finality.round.get());
                assert!(span.get() <= 5 * DELAY.get() + votes, "{finality:?}");
                late += u64::from(finality.round > Round::FIRST);
                spans.push(span);
            }
        }
        spans.sort_unstable();
        let at = |permille: usize| spans[(spans.len() - 1) * permille / 1000];
        println!(
            "{}, {validators} validators, {crashed} crashed: p50 {} p99 {} most {} delays, {late} \
             of {} after a timeout",
            protocol.name(),
            delays(at(500)),
            delays(at(990)),
            delays(at(1000)),
            spans.len()
        );
        all_late += late;
        all.push((validators, at(990)));
    }
    assert!(all_late > 0, "nobody who was down had a turn");
    all
}

#[test]
fn a_block_is_final_three_delays_after_it_was_built() {
    takes_three_delays(&PBFT);
}

#[test]
fn with_a_third_less_one_crashed_it_takes_five_delays_and_the_timeouts() {
    for (validators, p99) in with_a_third_down(&PBFT, 1, VOTE_TIMEOUT) {
        assert!(p99.get() <= 5 * DELAY.get(), "{validators}");
    }
}

#[test]
fn tendermint_takes_three_delays_too() {
    takes_three_delays(&TENDERMINT);
}

#[test]
fn tendermint_takes_two_more_for_each_proposer_that_is_down() {
    // Where one in three is down, two in a row are not rare: the turns differ
    // with every block. So a bound for all heights together says little. The two
    // delays are the votes that there was no block; the timeout that they may
    // take is not waited for.
    with_a_third_down(&TENDERMINT, 2, VOTE_TIMEOUT);
}
