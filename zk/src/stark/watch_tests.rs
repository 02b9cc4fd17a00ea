//! Whoever waits hears of each step, and can call a proof off at each.

use std::cell::RefCell;
use std::ops::ControlFlow;

use pyralog_primitives::{Height, LeafIndex, TimestampMs};

use super::append::{self, Lead, Record, Sequence};
use super::linkage::{self, Header, Point};
use super::samples::Samples;
use crate::watch::{CalledOff, Step, Watch};

const STEPS: [Step; 6] = [
    Step::Checked,
    Step::Filled,
    Step::Committed,
    Step::Evaluated,
    Step::Composed,
    Step::Proved,
];

fn record() -> Record {
    Record {
        sequence: Sequence::new(1),
        amounts: [2, 3],
        content: Samples::new(1).digest(),
    }
}

/// What is heard by somebody who calls it off after that step.
fn heard_until(last: Step, prove: impl FnOnce(&Watch<'_>)) -> Vec<Step> {
    let heard = RefCell::new(Vec::new());
    prove(&|step| {
        heard.borrow_mut().push(step);
        if step == last {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    heard.into_inner()
}

#[test]
fn a_proof_is_called_off_after_each_step_and_goes_no_further() {
    for (place, last) in STEPS.into_iter().enumerate() {
        let heard = heard_until(last, |watch| {
            let proved = append::prove_watched(&Lead::EMPTY, &[record()], watch);
            let called_off = append::ProveError::CalledOff(CalledOff);
            assert_eq!(proved, Err(called_off), "{last:?}");
        });
        assert_eq!(heard, STEPS[..=place]);
    }
}

#[test]
fn linkage_and_inclusion_are_called_off_too() {
    let mut samples = Samples::new(2);
    let from = Point::new(samples.digest(), Height::new(1), TimestampMs::new(1)).unwrap();
    let (state, set) = (samples.digest(), samples.digest());
    let header = |time| Header {
        state,
        time: TimestampMs::new(time),
        set,
    };
    let heard = heard_until(Step::Evaluated, |watch| {
        let proved = linkage::prove_watched(&from, &[2, 3].map(header), watch);
        let called_off = linkage::ProveError::CalledOff(CalledOff);
        assert_eq!(proved, Err(called_off));
    });
    assert_eq!(heard, STEPS[..4]);
    let path: Vec<_> = (0..16).map(|_| samples.digest()).collect();
    let claim = |root| super::Inclusion::new(root, state, LeafIndex::new(5), 16).unwrap();
    let root = super::root_of(&claim(state), &path).unwrap();
    let heard = heard_until(Step::Committed, |watch| {
        let proved = super::prove_watched(&claim(root), &path, watch);
        assert_eq!(proved, Err(super::ProveError::CalledOff(CalledOff)));
    });
    assert_eq!(heard, STEPS[..3]);
}
