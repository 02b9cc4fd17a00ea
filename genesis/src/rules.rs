//! The rules of a genesis, run over what could be read of it.
//!
//! They are the same for text, bytes and parts. A rule reports the field that
//! it names; where the rule joins two fields, the one that its message tells
//! to change.

use std::collections::BTreeMap;

use pyralog_primitives::validators::{TOTAL_POWER_MAX, VALIDATOR_COUNT_MAX};
use pyralog_primitives::{Amount, PublicKey, SignBytes};

use crate::collector::Collector;
use crate::consensus::ConsensusKind;
use crate::draft::{AccountDraft, Draft, ValidatorDraft};
use crate::genesis::{ACCOUNT_COUNT_MAX, BOOTSTRAP_COUNT_MAX, whole_tokens};
use crate::limits::{Limit, PARAMETERS};
use crate::mistakes::Place;
use crate::names::ChainId;
use crate::parameters::BLOCK_OVERHEAD_BYTES;
use crate::peer::PeerAddress;
use crate::problem::Problem;
use crate::quantity::{Quantity, Unit};
use crate::time::check_time;

/// Reports every rule that the draft breaks.
pub(crate) fn check(draft: &Draft, report: &mut Collector<'_>) {
    if let Some(time) = draft.time {
        report.take(&Place::of("time"), check_time(time));
    }
    if let Some(consensus) = &draft.consensus {
        check_limits(
            "consensus",
            consensus.kind.limits(),
            &consensus.numbers,
            report,
        );
    }
    check_parameters(&draft.parameters, report);
    check_accounts(&draft.accounts, report);
    check_validators(draft, report);
    check_supply(draft, report);
    check_bootstrap(&draft.bootstrap, report);
}

fn check_limits(
    section: &'static str,
    limits: &[Limit],
    numbers: &[Option<u128>],
    report: &mut Collector<'_>,
) {
    for (limit, number) in limits.iter().zip(numbers) {
        if let Some(number) = number {
            report.take(&Place::of(section).key(limit.key), limit.check(*number));
        }
    }
}

/// The parameters on their own and against each other.
pub(crate) fn check_parameters(
    numbers: &[Option<u128>; PARAMETERS.len()],
    report: &mut Collector<'_>,
) {
    check_limits("parameters", &PARAMETERS, numbers, report);
    // Numbers out of bounds were reported and are not compared.
    let within = |place: usize| numbers[place].filter(|n| PARAMETERS[place].check(*n).is_ok());
    let [block, transaction, _, initial, min, _, _, age, unbonding] = std::array::from_fn(within);
    let mut compare = |place: usize, broken: bool, problem: Problem| {
        if broken {
            report.report(&Place::of("parameters").key(PARAMETERS[place].key), problem);
        }
    };
    if let (Some(block), Some(transaction)) = (block, transaction) {
        let room = block.saturating_sub(BLOCK_OVERHEAD_BYTES.get().into());
        let max = Quantity::new(room, Unit::Bytes);
        compare(
            1,
            transaction > room,
            Problem::TransactionAboveBlock { max },
        );
    }
    if let (Some(initial), Some(min)) = (initial, min) {
        let shown = Quantity::new(min, Unit::Plain);
        compare(3, initial < min, Problem::BaseFeeBelowMin { min: shown });
    }
    if let (Some(age), Some(unbonding)) = (age, unbonding) {
        let min = Quantity::new(age, Unit::Plain);
        compare(8, unbonding < age, Problem::UnbondingTooShort { min });
    }
}

fn check_accounts(accounts: &[AccountDraft], report: &mut Collector<'_>) {
    let place = |index: usize| Place::of("accounts").index(index);
    check_count("accounts", accounts.len(), ACCOUNT_COUNT_MAX, report);
    let mut seen = BTreeMap::new();
    for (index, account) in accounts.iter().enumerate().take(ACCOUNT_COUNT_MAX) {
        if account.balance == Some(Amount::ZERO) {
            report.report(&place(index).key("balance"), Problem::ZeroBalance);
        }
        let Some(address) = account.address else {
            continue;
        };
        let first = *seen.entry(address).or_insert(index);
        if first != index {
            let problem = Problem::DuplicateAccount { first };
            report.report(&place(index).key("address"), problem);
        }
    }
}

fn check_validators(draft: &Draft, report: &mut Collector<'_>) {
    let validators = draft.validators.as_slice();
    check_count("validators", validators.len(), VALIDATOR_COUNT_MAX, report);
    if validators.is_empty() {
        report.report(&Place::of("validators"), Problem::NoValidator);
    }
    let is_solo = |kind| kind == Some(ConsensusKind::Solo);
    if validators.len() > 1 && is_solo(draft.consensus.as_ref().map(|consensus| consensus.kind)) {
        report.report(&Place::of("validators").index(1), Problem::SoloWithMany);
    }
    // Verifying signatures is slow: never more than a set has.
    let validators = &validators[..validators.len().min(VALIDATOR_COUNT_MAX)];
    check_distinct(validators, report);
    check_power(validators, report);
    for (index, validator) in validators.iter().enumerate() {
        let place = Place::of("validators").index(index);
        check_key(validator, draft.chain_id.as_ref(), &place, report);
    }
}

fn check_distinct(validators: &[ValidatorDraft], report: &mut Collector<'_>) {
    let place = |index: usize| Place::of("validators").index(index);
    let (mut names, mut keys) = (BTreeMap::new(), BTreeMap::new());
    for (index, validator) in validators.iter().enumerate() {
        if let Some(name) = &validator.name {
            let first = *names.entry(name).or_insert(index);
            if first != index {
                report.report(&place(index).key("name"), Problem::DuplicateName { first });
            }
        }
        if let Some(key) = &validator.public_key {
            // By address: that is what sets, votes and stakes go by.
            let first = *keys.entry(key.address()).or_insert(index);
            if first != index {
                report.report(
                    &place(index).key("public_key"),
                    Problem::DuplicateKey { first },
                );
            }
        }
    }
}

fn check_power(validators: &[ValidatorDraft], report: &mut Collector<'_>) {
    let max = u128::from(TOTAL_POWER_MAX.get());
    let mut total: u128 = 0;
    for (index, validator) in validators.iter().enumerate() {
        let power = validator.stake.map_or(0, whole_tokens);
        let place = || Place::of("validators").index(index).key("stake");
        if validator.stake.is_some() && power == 0 {
            report.report(&place(), Problem::StakeTooSmall);
        }
        let before = total;
        total = total.saturating_add(power);
        if before <= max && total > max {
            let max = Quantity::new(max, Unit::Plain);
            report.report(&place(), Problem::PowerTooLarge { max });
        }
    }
}

/// A weak key is refused before its signature is looked at: anyone can sign
/// for such a key.
fn check_key(
    validator: &ValidatorDraft,
    chain_id: Option<&ChainId>,
    place: &Place,
    report: &mut Collector<'_>,
) {
    let Some(key) = &validator.public_key else {
        return;
    };
    if let Err(weak) = key.check_strength() {
        report.report(&place.clone().key("public_key"), Problem::WeakKey(weak));
        return;
    }
    let (Some(possession), Some(chain_id)) = (&validator.possession, chain_id) else {
        return;
    };
    let message = SignBytes::possession(chain_id.as_str(), key);
    if PublicKey::verify(key, &message, possession).is_err() {
        let chain_id = chain_id.clone();
        let problem = Problem::PossessionRefused { chain_id };
        report.report(&place.clone().key("possession"), problem);
    }
}

/// Reports the first balance or stake at which the sum no longer fits.
fn check_supply(draft: &Draft, report: &mut Collector<'_>) {
    let balances = draft.accounts.iter().enumerate();
    let balances = balances.map(|(index, account)| ("accounts", index, "balance", account.balance));
    let stakes = draft.validators.iter().enumerate();
    let stakes = stakes.map(|(index, validator)| ("validators", index, "stake", validator.stake));
    let mut total = Amount::ZERO;
    for (list, index, key, amount) in balances.chain(stakes) {
        let Some(sum) = total.checked_add(amount.unwrap_or_default()) else {
            let place = Place::of(list).index(index).key(key);
            report.report(&place, Problem::SupplyTooLarge);
            return;
        };
        total = sum;
    }
}

fn check_bootstrap(peers: &[Option<PeerAddress>], report: &mut Collector<'_>) {
    let place = || Place::of("network").key("bootstrap");
    if peers.len() > BOOTSTRAP_COUNT_MAX {
        let max = BOOTSTRAP_COUNT_MAX;
        report.report(&place().index(max), Problem::TooMany { max });
    }
    let mut seen = BTreeMap::new();
    for (index, peer) in peers.iter().enumerate() {
        let Some(peer) = peer else { continue };
        let first = *seen.entry(peer).or_insert(index);
        if first != index {
            report.report(&place().index(index), Problem::DuplicatePeer { first });
        }
    }
}

/// The first entry too many is the place.
fn check_count(list: &'static str, found: usize, max: usize, report: &mut Collector<'_>) {
    if found > max {
        report.report(&Place::of(list).index(max), Problem::TooMany { max });
    }
}
