//! Whoever makes honest validators disagree can be named.
//!
//! Put together is all that honest validators signed or were given, of signed
//! words. At one height it accuses a validator of
//! - *equivocation*: it said two things in one place;
//! - *amnesia*: it precommitted a block and in a later round prevoted another
//!   one, and no quorum had let it: none had prevoted that other block from the
//!   first of these rounds on and before the second (Tendermint), and none had
//!   wished to enter the second and said with it what was prepared (PBFT);
//! - *hidden preparation*: it precommitted a block and wished to enter a later
//!   round as if it had prepared that block never (PBFT).
//!
//! Invariants, as long as less than two thirds of the power is faulty:
//! - where honest validators disagree, those accused hold at least a third; if
//!   it was in one round, those accused of equivocation do;
//! - nobody who is honest is ever accused.
//!
//! Why the first holds. Let a quorum precommit `v` in round `r`, and another one
//! another block in `r` or later. In one and the same round, all who are in both
//! equivocated. Otherwise: in each quorum is someone honest, who had heard a
//! quorum of prevotes; so there is a first round `s`, not before `r`, in which a
//! quorum prevoted another block `w`. If `s` is `r`, all who are in it and in the
//! quorum of prevotes for `v` equivocated. If it is later, then in Tendermint no
//! quorum prevoted `w` from `r` on and before `s`: all who precommitted `v` and
//! prevoted `w` are amnesic. In PBFT someone honest prevoted `w`, upon the wishes
//! of a quorum. All of those who had precommitted `v` hid it, or said that they
//! prepared in `r` or later; then the latest such claim has its proof, a quorum
//! of prevotes before `s`, which can only be for `v`, and `w` would not have been
//! prevoted.
//!
//! Why the second holds: an honest validator lets go what binds it for just
//! these reasons, and hears of them first.
//!
//! After `Accountability`, `EquivocationBy` and `AmnesiaBy` in
//! `spec/light-client/accountability/TendermintAcc_004_draft.tla`, and
//! `accountable_safety_1.ivy` and `accountable_safety_2.ivy` in
//! `spec/ivy-proofs`, of `cometbft/cometbft`. What stands here of PBFT has no
//! such source.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use pyralog_consensus::Statement;
use pyralog_primitives::validators::ValidatorSet;
use pyralog_primitives::vote::{Prepared, VoteKind};
use pyralog_primitives::{Address, BlockId, Height, Round, VotingPower};

use super::{Broken, Invariant};
use crate::testimony::Testimony;

#[cfg(test)]
mod tests;

/// What a validator is accused of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Charge {
    /// It said two things in one place.
    Equivocation,
    /// It precommitted a block and later prevoted another one, without a reason.
    Amnesia,
    /// It precommitted a block and later said that it had prepared none since.
    HiddenPreparation,
}

impl fmt::Display for Charge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Equivocation => "equivocation",
            Self::Amnesia => "amnesia",
            Self::HiddenPreparation => "hidden preparation",
        })
    }
}

/// What this testimony accuses a validator of.
pub(crate) fn charges(
    who: &Address,
    testimony: &Testimony,
    validators: &ValidatorSet,
) -> Vec<Charge> {
    let mut charges = Vec::new();
    if has_equivocated(who, testimony) {
        charges.push(Charge::Equivocation);
    }
    if is_amnesic(who, testimony, validators) {
        charges.push(Charge::Amnesia);
    }
    if has_hidden(who, testimony) {
        charges.push(Charge::HiddenPreparation);
    }
    charges
}

/// Whom this testimony accuses, and of what.
pub(crate) fn accuse(
    testimony: &Testimony,
    validators: &ValidatorSet,
) -> BTreeMap<Address, Vec<Charge>> {
    let each = testimony
        .witnesses()
        .map(|who| (*who, charges(who, testimony, validators)));
    each.filter(|(_, charges)| !charges.is_empty()).collect()
}

fn has_equivocated(who: &Address, testimony: &Testimony) -> bool {
    // In their order, statements of one place stand side by side.
    let said = testimony.of(who);
    let next = said.clone().skip(1);
    said.zip(next)
        .any(|(one, next)| one.place() == next.place())
}

fn is_amnesic(who: &Address, testimony: &Testimony, validators: &ValidatorSet) -> bool {
    let mut precommits = votes(who, VoteKind::Precommit, testimony);
    precommits.any(|(bound, block)| {
        let mut prevotes = votes(who, VoteKind::Prevote, testimony);
        prevotes.any(|(round, other)| {
            let is_contrary = round > bound && other != block;
            is_contrary && !is_released(bound..round, other, testimony, validators)
        })
    })
}

/// Whether a quorum let validators who were bound to a block in the first of
/// these rounds prevote another one in the round after the last.
fn is_released(
    rounds: Range<Round>,
    block: BlockId,
    testimony: &Testimony,
    validators: &ValidatorSet,
) -> bool {
    let mut backed: BTreeMap<Round, u64> = BTreeMap::new();
    let mut wished = 0;
    for who in testimony.witnesses() {
        let power = power_of(who, validators);
        let prevotes = votes(who, VoteKind::Prevote, testimony);
        for (round, _) in
            prevotes.filter(|(round, value)| rounds.contains(round) && *value == block)
        {
            *backed.entry(round).or_default() += power;
        }
        if wishes(who, testimony).any(|(round, _)| round == rounds.end) {
            wished += power;
        }
    }
    let mut powers = backed.into_values().chain([wished]);
    powers.any(|power| validators.is_quorum(VotingPower::new(power)))
}

fn has_hidden(who: &Address, testimony: &Testimony) -> bool {
    let mut precommits = votes(who, VoteKind::Precommit, testimony);
    precommits.any(|(bound, block)| {
        let is_told = |prepared: Prepared| match prepared.round.cmp(&bound) {
            std::cmp::Ordering::Less => false,
            std::cmp::Ordering::Equal => prepared.value == block,
            std::cmp::Ordering::Greater => true,
        };
        let mut later = wishes(who, testimony).filter(|(round, _)| *round > bound);
        later.any(|(_, prepared)| !prepared.is_some_and(is_told))
    })
}

/// The blocks for which a validator voted, and in which round.
fn votes<'a>(
    who: &Address,
    wanted: VoteKind,
    testimony: &'a Testimony,
) -> impl Iterator<Item = (Round, BlockId)> + use<'a> {
    testimony.of(who).filter_map(move |said| match *said {
        Statement::Vote {
            kind,
            round,
            value: Some(value),
            ..
        } if kind == wanted => Some((round, value)),
        _ => None,
    })
}

/// The rounds that a validator wished to enter, and what it said it had prepared.
fn wishes<'a>(
    who: &Address,
    testimony: &'a Testimony,
) -> impl Iterator<Item = (Round, Option<Prepared>)> + use<'a> {
    testimony.of(who).filter_map(|said| match *said {
        Statement::ViewChange {
            round, prepared, ..
        } => Some((round, prepared)),
        _ => None,
    })
}

fn power_of(who: &Address, validators: &ValidatorSet) -> u64 {
    let index = validators.find(who);
    let member = index.and_then(|index| validators.get(index));
    member.map_or(0, |member| member.power.get())
}

/// The power of some of the validators.
fn power<'a>(some: impl Iterator<Item = &'a Address>, validators: &ValidatorSet) -> VotingPower {
    // Cannot wrap: distinct members of a set whose total is bounded.
    VotingPower::new(some.map(|who| power_of(who, validators)).sum())
}

/// An honest validator is not accused.
pub(crate) fn check_innocence(
    who: usize,
    height: Height,
    charges: &[Charge],
) -> Result<(), Broken> {
    let Some(charge) = charges.first() else {
        return Ok(());
    };
    let what = format!(
        "what honest validators heard at height {height} accuses honest validator {who} of {charge}"
    );
    Err(Broken::new(Invariant::Framing, what))
}

/// Honest validators disagree at this height, in these rounds, and those who
/// break the rules have the power to make them: then a third of it is accused;
/// if the rounds are one, of equivocation.
pub(crate) fn check_accountability(
    (height, rounds): (Height, [Round; 2]),
    faulty: &[Address],
    accused: &BTreeMap<Address, Vec<Charge>>,
    validators: &ValidatorSet,
) -> Result<(), Broken> {
    let faulty = power(faulty.iter(), validators);
    if !validators.has_honest(faulty) || validators.is_quorum(faulty) {
        return Ok(());
    }
    let must_equivocate = rounds[0] == rounds[1];
    let named = accused
        .iter()
        .filter(|(_, charges)| !must_equivocate || charges.contains(&Charge::Equivocation));
    let named = power(named.map(|(who, _)| who), validators);
    if validators.has_honest(named) {
        return Ok(());
    }
    let [one, other] = rounds;
    let total = validators.total_power();
    let what = format!(
        "honest validators disagree at height {height}, by rounds {one} and {other}, and what they \
         heard accuses {named} of {total}: less than a third"
    );
    Err(Broken::new(Invariant::Accountability, what))
}
