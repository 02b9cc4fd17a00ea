//! For each rule, numbers that offend it and no other: without it they would be
//! taken. Where it can be done, they are a quorum that is none.

use ark_bn254::Fr;
use ark_ed_on_bn254::Fr as Scalar;
use ark_ff::{BigInteger, Field, PrimeField};
use pyralog_primitives::VotingPower;

use super::circuit::{QuorumCircuit, Rule, SlotWires, Wires};
use super::samples::{Sample, Samples};
use super::*;
use crate::baby_jubjub::Point;
use crate::eddsa::{AttestationKey, challenge_hash};
use crate::field::write_number;
use crate::gadget::filled::Filled;
use crate::gadget::{bits_of, bits_within};
use crate::poseidon::Poseidon;

/// The first place signed, the second did not; that is enough.
fn honest() -> Wires {
    wires(&Samples::new(20).quorum(2, &[(3, true), (1, false)]))
}

fn wires(sample: &Sample) -> Wires {
    Wires::new(&sample.quorum, &sample.set, &sample.attestations)
}

fn filled(wires: &Wires) -> Filled<Rule> {
    let circuit = QuorumCircuit::of(wires.clone());
    Filled::of(|system| circuit.constrain(system))
}

fn offended(wires: &Wires) -> Vec<Rule> {
    filled(wires).offended_rules()
}

/// The hash of R, key and message, also of an R that is no point.
fn challenge(slot: &SlotWires, message: Fr) -> Fr {
    let inputs = [slot.r[0], slot.r[1], slot.key[0], slot.key[1], message];
    Poseidon::circomlib(5).unwrap().hash(&inputs).unwrap()
}

/// R and S for which the equation holds if the hash is `hash`; nobody needs the
/// secret for that.
fn answer(slot: &mut SlotWires, hash: Fr) {
    let key = Point::new(slot.key[0], slot.key[1]).unwrap();
    let s = Scalar::from(77);
    let eight = Scalar::from_le_bytes_mod_order(&write_number(hash)) * Scalar::from(8);
    let r = Point::base().times(s).plus(key.times(-eight));
    slot.flag = Fr::ONE;
    slot.r = [r.x(), r.y()];
    slot.response = bits_within(s, slot.response.len());
}

/// A quorum of one, who did not sign; a flag is put all the same.
fn unsigned() -> Wires {
    let mut wires = wires(&Samples::new(21).quorum(1, &[(1, false)]));
    wires.slots[0].flag = Fr::ONE;
    wires.margin = bits_within(Fr::from(0), wires.margin.len());
    wires
}

#[test]
fn what_is_honest_offends_nothing() {
    assert_eq!(offended(&honest()), []);
}

#[test]
fn a_member_who_did_not_sign_is_not_counted() {
    assert_eq!(offended(&unsigned()), [Rule::Equation(0)]);
}

#[test]
fn a_signature_for_another_hash_is_refused_by_its_rule_alone() {
    let mut wires = unsigned();
    let forged = Fr::from(1_000_003);
    answer(&mut wires.slots[0], forged);
    wires.slots[0].challenge = bits_of(forged);
    assert_eq!(offended(&wires), [Rule::ChallengeSum(0)]);
    // The hash itself made to be that one.
    let mut filled = filled(&wires);
    let last = *filled.defining(Rule::ChallengeHash(0)).last().unwrap();
    let sum = filled.range(Rule::ChallengeSum(0)).start;
    filled.fit(filled.follows(last), sum);
    assert_eq!(filled.offended(), [(Rule::ChallengeHash(0), 1)]);
}

#[test]
fn a_sum_of_points_that_is_none_is_refused_by_its_rule_alone() {
    let mut filled = filled(&unsigned());
    let rows = filled.defining(Rule::Points(0));
    let equation = filled.range(Rule::Equation(0)).start;
    for (row, place) in rows.iter().rev().zip([1, 0]) {
        filled.fit(filled.follows(*row), equation + place);
    }
    assert_eq!(filled.offended(), [(Rule::Points(0), 2)]);
}

#[test]
fn a_hash_has_one_spelling_in_bits() {
    // Whoever has the secret signs the hash and the order together.
    let secret = Scalar::from(1_234_567);
    let key = AttestationKey::new(Point::base().times(secret)).unwrap();
    let member = Member {
        key,
        power: VotingPower::new(1),
    };
    let set = AttestationSet::new(vec![member], SlotCount::new(1).unwrap()).unwrap();
    let message = Fr::from(5);
    let spelt = (1u64..).find_map(|nonce| {
        let r = Point::base().times(nonce.into());
        let mut spelling = challenge_hash(r, key.get(), message).into_bigint();
        spelling.add_with_carry(&Fr::MODULUS);
        (spelling.num_bits() <= 254).then_some((nonce, r, spelling))
    });
    let (nonce, r, spelling) = spelt.unwrap();
    let quorum = Quorum {
        set: set.commitment(),
        message,
    };
    let mut wires = Wires::new(&quorum, &set, &[None]);
    let longer = Scalar::from_le_bytes_mod_order(&spelling.to_bytes_le());
    let s = Scalar::from(nonce) + longer * Scalar::from(8) * secret;
    let slot = &mut wires.slots[0];
    slot.flag = Fr::ONE;
    slot.r = [r.x(), r.y()];
    let bits = (0..254).map(|place| Fr::from(u64::from(spelling.get_bit(place))));
    slot.challenge = bits.collect();
    slot.response = bits_within(s, slot.response.len());
    wires.margin = bits_within(Fr::from(0), wires.margin.len());
    assert_eq!(offended(&wires), [Rule::ChallengeBelow(0)]);
}

#[test]
fn power_counts_once_and_only_of_who_signed() {
    let mut samples = Samples::new(22);
    // Half is not enough; a flag of two would make it all.
    let half = samples.quorum(2, &[(1, true), (1, false)]);
    let mut twice = wires(&half);
    twice.slots[0].flag = Fr::from(2);
    twice.margin = bits_within(Fr::from(1), twice.margin.len());
    assert_eq!(offended(&twice), [Rule::Flag(0)]);
    // The power of the other, counted without a flag.
    let mut counted = wires(&half);
    counted.margin = bits_within(Fr::from(1), counted.margin.len());
    let mut counted = filled(&counted);
    let row = counted.range(Rule::Counted(1)).start;
    counted.forge(row);
    assert_eq!(counted.offended(), [(Rule::Counted(1), 1)]);
}

#[test]
fn too_little_power_is_refused_by_the_margin_alone() {
    // Two of three: the margin is one less than nothing.
    let sample = Samples::new(23).quorum(2, &[(2, true), (1, false)]);
    let mut wires = wires(&sample);
    wires.margin = bits_within(Fr::from(0), wires.margin.len());
    assert_eq!(offended(&wires), [Rule::Margin]);
    wires.margin[0] = -Fr::ONE;
    assert_eq!(offended(&wires), [Rule::MarginBits]);
}

#[test]
fn another_set_or_another_message_is_refused_by_its_rule() {
    let mut other = honest();
    other.set += Fr::ONE;
    assert_eq!(offended(&other), [Rule::Set]);
    let mut other = honest();
    other.message += Fr::ONE;
    let expected = [0, 1].map(Rule::ChallengeSum);
    assert_eq!(offended(&other), expected);
    // With the bits of its hash, the signature does not hold.
    for slot in &mut other.slots {
        slot.challenge = bits_of(challenge(slot, other.message));
    }
    assert_eq!(offended(&other), [Rule::Equation(0)]);
}

#[test]
fn points_and_bits_of_a_place_that_did_not_sign_are_bound_too() {
    let mut wires = honest();
    let message = wires.message;
    wires.slots[1].r = [2, 3].map(Fr::from);
    wires.slots[1].challenge = bits_of(challenge(&wires.slots[1], message));
    assert_eq!(offended(&wires), [Rule::OnCurve(1)]);
    let mut wires = honest();
    wires.slots[1].challenge[0] += Fr::from(2);
    wires.slots[1].challenge[1] -= Fr::ONE;
    assert_eq!(offended(&wires), [Rule::ChallengeBits(1)]);
    let mut wires = honest();
    wires.slots[1].response[0] = Fr::from(2);
    assert_eq!(offended(&wires), [Rule::ResponseBits(1)]);
}
