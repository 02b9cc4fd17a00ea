//! The few rules that safety rests on.
//!
//! They stand apart so that the simulator can break one at a time and must
//! notice. Nothing but a test of the simulator has other rules than [`Paper`].

use pyralog_consensus::Justification;
use pyralog_primitives::validators::ValidatorSet;
use pyralog_primitives::vote::{Prepared, Vote};
use pyralog_primitives::{Address, VotingPower};

/// What an engine takes for granted.
pub trait Rules {
    /// Whether so much power is a quorum.
    fn is_quorum(validators: &ValidatorSet, power: VotingPower) -> bool;

    /// The weight of a voter; `None` for one that has no vote.
    fn weight(validators: &ValidatorSet, voter: &Address) -> Option<VotingPower>;

    /// The block that must be proposed after these wishes; `None` if the
    /// proposer is free.
    fn chosen(justification: &Justification) -> Option<Prepared>;

    /// Whether two votes of one validator, in one place, prove a fault.
    fn contradict(one: &Vote, other: &Vote) -> bool;
}

/// The rules of the paper, by weight.
#[derive(Clone, Copy, Debug)]
pub enum Paper {}

impl Rules for Paper {
    fn is_quorum(validators: &ValidatorSet, power: VotingPower) -> bool {
        validators.is_quorum(power)
    }

    fn weight(validators: &ValidatorSet, voter: &Address) -> Option<VotingPower> {
        let index = validators.find(voter)?;
        validators.get(index).map(|validator| validator.power)
    }

    fn chosen(justification: &Justification) -> Option<Prepared> {
        // By round, which comes first in the order.
        let wishes = justification.wishes.iter();
        wishes.filter_map(|wish| wish.prepared).max()
    }

    fn contradict(one: &Vote, other: &Vote) -> bool {
        one.value != other.value
    }
}
