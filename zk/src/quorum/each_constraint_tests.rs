//! For each constraint, numbers that offend it and no other: if it were dropped,
//! they would be taken.
//!
//! Forged are the constraints of the second of two places, and those of the set and
//! the margin. Each place has the same constraints. That the bits of a hash stand
//! for a number below the order is forged where it is written, in `gadget`: nobody
//! finds a hash so small that it has two spellings.

use std::collections::BTreeMap;

use ark_bn254::Fr;
use ark_ed_on_bn254::Fr as Scalar;
use ark_ff::{AdditiveGroup, Field, PrimeField};
use pyralog_primitives::VotingPower;

use super::circuit::{QuorumCircuit, Rule, Wires};
use super::samples::Samples;
use super::*;
use crate::baby_jubjub::Point;
use crate::eddsa::AttestationKey;
use crate::field::write_number;
use crate::gadget::filled::Filled;
use crate::gadget::{bits_of, bits_within};

/// Of what is many, only one in so many is tried; all with `PYRALOG_FORGERIES=all`.
fn step() -> usize {
    match std::env::var_os("PYRALOG_FORGERIES") {
        None => 41,
        Some(asked) => {
            assert_eq!(asked, "all");
            1
        }
    }
}

fn filled(wires: &Wires) -> Filled<Rule> {
    let circuit = QuorumCircuit::of(wires.clone());
    Filled::of(|system| circuit.constrain(system))
}

/// The first place signs, and that is enough; the second signs or does not.
fn wires(signs: bool) -> Wires {
    wires_of(30, signs)
}

fn wires_of(seed: u64, signs: bool) -> Wires {
    let sample = Samples::new(seed).quorum(2, &[(3, true), (1, signs)]);
    Wires::new(&sample.quorum, &sample.set, &sample.attestations)
}

/// What the wires of a rule, which are bits, stand for.
fn number(filled: &Filled<Rule>, bits: Rule) -> Fr {
    let bits = filled.bits(bits).into_iter().rev();
    bits.fold(Fr::ZERO, |sum, bit| sum.double() + filled.values[bit])
}

/// Puts the bits with which a sum holds.
fn put_bits(filled: &mut Filled<Rule>, bits: Rule, sum: Rule) {
    let excess = filled.excess(filled.range(sum).start);
    let wires = filled.bits(bits);
    let number = number(filled, bits) - excess;
    for (wire, bit) in wires.iter().zip(bits_within(number, wires.len())) {
        filled.values[*wire] = bit;
    }
}

/// Forges a constraint from which a wire follows. Everything behind it is made to
/// fit, as far as it can be.
fn forge(filled: &mut Filled<Rule>, row: usize) {
    filled.forge(row);
    let behind = filled.range(Rule::ChallengeSum(1)).start;
    if row < behind {
        put_bits(filled, Rule::ChallengeBits(1), Rule::ChallengeSum(1));
        filled.solve(behind..filled.range(Rule::Margin).end);
    }
    put_bits(filled, Rule::MarginBits, Rule::Margin);
    filled.fit(1, filled.range(Rule::Set).start);
}

/// Which constraints have been forged, each alone.
struct Forged(BTreeMap<usize, Rule>);

impl Forged {
    fn add(&mut self, filled: &Filled<Rule>, rule: Rule, row: usize) {
        assert_eq!(filled.offended_rows(), [row], "{rule:?}");
        assert!(filled.range(rule).contains(&row));
        self.0.insert(row, rule);
    }

    /// How many of a rule.
    fn count(&self, rule: Rule) -> usize {
        self.0.values().filter(|other| **other == rule).count()
    }
}

/// What follows from a constraint is put otherwise, for all that are such.
fn forge_what_follows(forged: &mut Forged) {
    let honest = filled(&wires(false));
    for rule in [Rule::MemberHash(1), Rule::ChallengeHash(1), Rule::Points(1)] {
        let rows = honest.defining(rule);
        assert_eq!(rows.len(), honest.range(rule).len(), "{rule:?}");
        for row in rows.into_iter().step_by(step()) {
            let mut other = honest.clone();
            forge(&mut other, row);
            forged.add(&other, rule, row);
        }
    }
    // The power of one who did not sign.
    let row = honest.range(Rule::Counted(1)).start;
    let mut other = honest.clone();
    forge(&mut other, row);
    forged.add(&other, Rule::Counted(1), row);
}

/// A bit that is none: the one above it changes, and it makes up for that.
fn with_no_bit(honest: &Filled<Rule>, rule: Rule, place: usize) -> Filled<Rule> {
    let bits = honest.bits(rule);
    let (neighbour, factor) = if place + 1 == bits.len() {
        (bits[place - 1], Fr::from(2).inverse().unwrap())
    } else {
        (bits[place + 1], Fr::from(2))
    };
    let mut other = honest.clone();
    let before = other.values[neighbour];
    other.values[neighbour] = Fr::ONE - before;
    other.values[bits[place]] += (before.double() - Fr::ONE) * factor;
    other.solve(honest.range(rule).end..honest.range(Rule::Set).start);
    other
}

fn forge_bits(forged: &mut Forged) {
    let honest = filled(&wires(false));
    for rule in [
        Rule::ChallengeBits(1),
        Rule::ResponseBits(1),
        Rule::MarginBits,
    ] {
        for (place, row) in honest.range(rule).enumerate().step_by(step()) {
            let mut other = with_no_bit(&honest, rule, place);
            // With a high bit that is none, most hashes also seem too large.
            for seed in 31..60 {
                if other.offended_rows() != [row] {
                    other = with_no_bit(&filled(&wires_of(seed, false)), rule, place);
                }
            }
            forged.add(&other, rule, row);
        }
    }
    // Of one who signed, twice its power.
    let mut twice = filled(&wires(true));
    let row = twice.range(Rule::Flag(1)).start;
    let flag = twice.bits(Rule::Flag(1))[0];
    twice.values[flag] = Fr::from(2);
    twice.solve(row + 1..twice.range(Rule::Set).start);
    put_bits(&mut twice, Rule::MarginBits, Rule::Margin);
    forged.add(&twice, Rule::Flag(1), row);
}

/// R is no point, and one of the numbers by which that would show is that of one.
fn forge_curve(forged: &mut Forged) {
    let honest = filled(&wires(false));
    let rows: Vec<usize> = honest.range(Rule::OnCurve(1)).collect();
    let [x_square, y_square, product, equal] = rows[..].try_into().unwrap();
    for (changed, row) in [(0, x_square), (1, y_square), (0, product), (0, equal)] {
        let mut wires = wires(false);
        wires.slots[1].r[changed] += Fr::ONE;
        wires.slots[1].challenge = bits_of(challenge(&wires));
        let mut other = filled(&wires);
        if row == product {
            other.fit(other.follows(row), equal);
        } else if row != equal {
            let wire = other.follows(row);
            other.values[wire] = honest.values[wire];
            other.solve(product..equal);
        }
        forged.add(&other, Rule::OnCurve(1), row);
    }
}

/// The hash of R, key and message, also of an R that is no point.
fn challenge(wires: &Wires) -> Fr {
    let slot = &wires.slots[1];
    let inputs = [
        slot.r[0],
        slot.r[1],
        slot.key[0],
        slot.key[1],
        wires.message,
    ];
    crate::poseidon::Poseidon::circomlib(5)
        .unwrap()
        .hash(&inputs)
        .unwrap()
}

/// A signature whose sides have the same y, or the same x: −S for S, and for the
/// second R with the point of order two added, which turns both signs.
fn forge_equation(forged: &mut Forged) {
    let secrets = [3, 5].map(Scalar::from);
    let member = |(secret, power): (Scalar, u64)| Member {
        key: AttestationKey::new(Point::base().times(secret)).unwrap(),
        power: VotingPower::new(power),
    };
    let members = secrets.into_iter().zip([1, 3]).map(member).collect();
    let set = AttestationSet::new(members, SlotCount::new(2).unwrap()).unwrap();
    let quorum = Quorum {
        set: set.commitment(),
        message: Fr::from(9),
    };
    let nonce = Scalar::from(77);
    let r = Point::base().times(nonce);
    for (place, sign) in [Fr::ONE, -Fr::ONE].into_iter().enumerate() {
        let mut wires = Wires::new(&quorum, &set, &[None, None]);
        wires.slots[1].flag = Fr::ONE;
        wires.slots[1].r = [r.x(), r.y()].map(|part| part * sign);
        let hash = challenge(&wires);
        wires.slots[1].challenge = bits_of(hash);
        let hash = Scalar::from_le_bytes_mod_order(&write_number(hash));
        let s = -(nonce + hash * Scalar::from(8) * secrets[1]);
        wires.slots[1].response = bits_within(s, wires.slots[1].response.len());
        let mut other = filled(&wires);
        put_bits(&mut other, Rule::MarginBits, Rule::Margin);
        let row = other.range(Rule::Equation(1)).start + place;
        forged.add(&other, Rule::Equation(1), row);
    }
}

/// Bits of another hash, another set, another margin.
fn forge_sums(forged: &mut Forged) {
    let mut other = wires(false);
    other.slots[1].challenge = bits_of(challenge(&other) + Fr::ONE);
    let other = filled(&other);
    let row = other.range(Rule::ChallengeSum(1)).start;
    forged.add(&other, Rule::ChallengeSum(1), row);
    let mut other = wires(false);
    other.set += Fr::ONE;
    let other = filled(&other);
    let row = other.range(Rule::Set).start;
    forged.add(&other, Rule::Set, row);
    let mut other = wires(false);
    other.margin = bits_within(Fr::from(1_000), other.margin.len());
    let other = filled(&other);
    let row = other.range(Rule::Margin).start;
    forged.add(&other, Rule::Margin, row);
}

#[test]
fn each_constraint_has_a_forgery_that_it_alone_refuses() {
    let mut forged = Forged(BTreeMap::new());
    forge_what_follows(&mut forged);
    forge_bits(&mut forged);
    forge_curve(&mut forged);
    forge_equation(&mut forged);
    forge_sums(&mut forged);
    let honest = filled(&wires(false));
    let below = honest.range(Rule::ChallengeBelow(1));
    let of_place = honest.range(Rule::MemberHash(1)).start..honest.range(Rule::Margin).end;
    let all = of_place.filter(|row| !below.contains(row));
    let missing = all.filter(|row| !forged.0.contains_key(row)).count();
    let tried = [Rule::MemberHash(1), Rule::ChallengeHash(1), Rule::Points(1)]
        .into_iter()
        .chain([
            Rule::ChallengeBits(1),
            Rule::ResponseBits(1),
            Rule::MarginBits,
        ]);
    // Of these rules all but one in so many are left out; of others none is.
    let left_out: usize = tried
        .map(|rule| honest.range(rule).len() - forged.count(rule))
        .sum();
    assert_eq!(missing, left_out);
    assert!(step() > 1 || missing == 0);
    println!("{} constraints forged, {missing} left out", forged.0.len());
}
