//! Schedules written out by hand: who hears what, and when time is over.
//!
//! Among them are those of Malachite's own model of Tendermint, in
//! `specs/consensus/quint/tests` of `circlefin/malachite`, each in our words and
//! by what can be seen from outside of an engine:
//!
//! | there | here |
//! |---|---|
//! | `consensus/consensusTest`: `DecideNonProposerTest` | `steps::who_hears_all_in_order_prevotes_precommits_and_decides` |
//! | `consensus/consensusTest`: `DecideNonProposerAtHeight2Test` | `steps::each_step_that_takes_too_long_ends_in_a_vote_for_nothing` |
//! | `decideForPastRound` | `decisions::who_left_a_round_before_it_learned_its_decision_is_told_by_certificate` |
//! | `disagreement` | `decisions::two_faulty_of_four_make_two_honest_ones_disagree` |
//! | `hiddenlock` | `hidden_lock::who_never_saw_the_lock_of_the_others_joins_them_by_their_certificate` |
//! | `line26` | `lines::who_is_locked_prevotes_no_other_block` |
//! | `line28`, with four and with seven | `lines::who_is_locked_prevotes_its_block_when_it_is_proposed_again` |
//! | `line32`: `line32InvalidTest` | `lines::a_quorum_of_prevotes_makes_no_block_valid` |
//! | `line32`: `line32LockedTest` | `lines::a_later_lock_outweighs_an_earlier_quorum` |
//! | `line42` | `lines::who_learns_late_of_a_quorum_proposes_its_block_again_and_is_not_locked` |
//! | `multi-round`: `AllButOneTest`, `DecideFutureRoundTest` | `decisions::who_is_behind_decides_in_a_later_round_by_proposal_and_precommits` |
//! | `multi-round`: `DecideForFutureRoundPrecommitFirstTest` | `decisions::who_is_behind_decides_as_well_if_the_precommits_come_first` |
//! | `multi-round`: `RoundswitchTest` | `decisions::who_is_behind_goes_to_the_round_of_two_others_and_of_no_one_alone` |
//! | `newheightlogic`: `fastProcessesDecidesAtHeight0SlowOneCatchesUpTest` | `decisions::who_hears_all_at_once_and_late_decides` |
//! | `newheightlogic`: `everyoneIsFastInRound0Test`; `state-machine/statemachineTest`: `DecidingRunTest` | `schedules::without_faults_all_decide_for_the_proposers_block_in_the_first_round` |
//! | `newheightlogic`: `multiHeightRunTest` | `heights::one_height_follows_the_other` |
//! | `newheightlogic`: `slowProcessAtHeight1Test` | `heights::who_was_told_ahead_decides_as_soon_as_it_begins` |
//! | `newheightlogic`: `catchUpToHigherRoundTest` | `decisions::who_is_behind_catches_up_with_a_round_that_is_not_over` |
//! | `newheightlogic`: `catchUpToHigherRoundAfterHeightChangeTest` | `heights::who_was_told_ahead_of_a_later_round_begins_there` |
//! | `newheightlogic`: `preloadVotekeeperOnlyTest` | `heights::who_was_told_ahead_of_a_quorum_precommits_as_soon_as_it_begins` |
//! | `state-machine/parameterizedTest`: `oneOneRoundTest`, `multiRoundTest`; `state-machine/statemachineTest`: `TimeoutRunTest` | `steps::rounds_in_which_only_the_proposer_sees_its_block_pass_one_by_one` |
//! | `votekeeper/votekeeperTest`, all ten | `thresholds` |
//!
//! What differs, and what cannot be said here:
//!
//! - `decideForPastRound` also expects evidence in the end. Of a height that a
//!   certificate decides this engine reports none, as its docs say.
//! - The models look at `lockedValue`, `validValue`, the step, and at which output
//!   of the vote keeper came of which vote. None of that is seen from outside: it
//!   shows in what is voted for, proposed, and waited for. Where two outputs show
//!   alike (a quorum for a block that is not known, and one for different blocks),
//!   one test stands for both.
//! - `votekeeper/votekeeperModels`, `spells` and the runs of
//!   `state-machine` and `consensus` that pick steps at random are no schedules;
//!   the simulator does that.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod decisions;
mod heights;
mod hidden_lock;
mod hostile;
mod lines;
mod locks;
mod restarts;
mod schedules;
mod steps;
mod thresholds;

use pyralog_consensus::{Message, Proposal, Statement, Step, Timer, Turn, proposer};
use pyralog_council::{Council, HEIGHT};
use pyralog_primitives::vote::{VoteKind, VotedValue};
use pyralog_primitives::{Address, BlockId, DurationMs, Hash, Round};
use pyralog_tendermint::{Settings, Tendermint};

fn tendermint(own: Option<Address>) -> Tendermint {
    let settings = Settings {
        block_interval: DurationMs::new(1000),
        propose_timeout: DurationMs::new(3000),
        vote_timeout: DurationMs::new(1000),
        timeout_growth: DurationMs::new(500),
        resend_interval: DurationMs::new(2000),
    };
    Tendermint::new(settings, own)
}

/// Whose turn it is in a round.
fn turn(council: &Council<Tendermint>, round: u32) -> usize {
    let turn = Turn::of(HEIGHT, Round::new(round));
    proposer(&council.validators, turn).get()
}

/// A block that nobody here builds.
fn block(byte: u8) -> BlockId {
    BlockId::new(Hash::new([byte; 32]))
}

/// Gives these the votes of those, whatever they said themselves.
fn vote(
    council: &mut Council<Tendermint>,
    (from, to): (&[usize], &[usize]),
    kind: VoteKind,
    round: u32,
    value: impl Into<VotedValue>,
) {
    let value = value.into();
    for to in to {
        for from in from.iter().filter(|from| *from != to) {
            let vote = council.vote(*from, kind, round, value);
            council.hand(*to, Message::Vote(vote));
        }
    }
}

/// Gives these a proposal of the proposer of a round.
fn propose(
    council: &mut Council<Tendermint>,
    to: &[usize],
    round: u32,
    value: BlockId,
    valid_round: Option<u32>,
) {
    let from = turn(council, round);
    for to in to.iter().filter(|to| **to != from) {
        let signed = council.signed_proposal(from, round, value, valid_round.map(Round::new));
        let proposal = Proposal {
            signed,
            justification: None,
        };
        council.hand(*to, Message::Proposal(proposal));
    }
}

/// What a validator voted for; `None` if it did not vote.
fn voted(
    council: &Council<Tendermint>,
    seat: usize,
    wanted: VoteKind,
    at: u32,
) -> Option<VotedValue> {
    let mut signed = council.seats[seat].signed.iter();
    signed.find_map(|said| match *said {
        Statement::Vote {
            kind, round, value, ..
        } if kind == wanted && round == Round::new(at) => Some(value),
        _ => None,
    })
}

/// What a validator proposed in a round, and by which earlier round.
fn proposed(
    council: &Council<Tendermint>,
    seat: usize,
    at: u32,
) -> Option<(BlockId, Option<Round>)> {
    let mut signed = council.seats[seat].signed.iter();
    signed.find_map(|said| match *said {
        Statement::Proposal {
            round,
            value,
            valid_round,
            ..
        } if round == Round::new(at) => Some((value, valid_round)),
        _ => None,
    })
}

/// Whether a clock of this step was set for a validator, and has not run down.
fn waits(council: &Council<Tendermint>, seat: usize, round: u32, step: Step) -> bool {
    let timer = Timer::Step {
        height: HEIGHT,
        round: Round::new(round),
        step,
    };
    council.clocks(seat).contains(&timer)
}

/// Whether a validator has entered a round: it waits for a proposal, or makes
/// one.
fn is_in(council: &Council<Tendermint>, seat: usize, round: u32) -> bool {
    waits(council, seat, round, Step::Proposal) || proposed(council, seat, round).is_some()
}

/// All that is on its way is lost.
fn lose_all(council: &mut Council<Tendermint>) {
    council.deliver(|_, _, _| false);
}
