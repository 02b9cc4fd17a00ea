use ark_bn254::Fr;
use ark_ff::{Field, PrimeField};
use ark_relations::gr1cs::ConstraintSystem;
use pyralog_primitives::{GenesisHash, Hash};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

use super::circuit::{Rule, SealedBidCircuit, Wires};
use super::*;
use crate::gadget::filled::Filled;
use crate::transfer::Units;

struct Samples(ChaCha8Rng);

impl Samples {
    fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    fn number(&mut self) -> Fr {
        let mut bytes = [0; 48];
        self.0.fill_bytes(&mut bytes);
        Fr::from_le_bytes_mod_order(&bytes)
    }

    fn bid(&mut self, [from, amount, to]: [u64; 3]) -> (BidRange, Bid) {
        let bid = Bid {
            secret: self.number(),
            amount: Units::new(amount),
            blinding: self.number(),
        };
        let range = BidRange {
            commitment: bid.commitment(),
            from: Units::new(from),
            to: Units::new(to),
            external: self.number(),
        };
        (range, bid)
    }
}

fn filled(wires: &Wires) -> Filled<Rule> {
    let circuit = SealedBidCircuit::of(wires.clone());
    Filled::of(|system| circuit.constrain(system))
}

fn offended(wires: &Wires) -> Vec<Rule> {
    filled(wires).offended_rules()
}

fn satisfied(range: &BidRange, bid: &Bid) -> bool {
    let system = ConstraintSystem::<Fr>::new_ref();
    let circuit = SealedBidCircuit::new(range, bid);
    circuit.constrain(&system).unwrap();
    system.is_satisfied().unwrap()
}

/// How many instances are tried: `PYRALOG_BIDS=10000` for a night.
fn instance_count() -> u64 {
    let count = std::env::var_os("PYRALOG_BIDS");
    count.map_or(200, |count| count.to_str().unwrap().parse().unwrap())
}

#[test]
fn program_and_constraints_agree_on_random_instances() {
    let mut samples = Samples::new(1);
    let mut truths = 0;
    for number in 0..instance_count() {
        // Small numbers, which meet, and large ones.
        let shift = [0, 61][usize::from(samples.0.next_u32() & 1 == 1)];
        let mut bounds = [0; 3].map(|_: u64| (samples.0.next_u64() % 8) << shift);
        if samples.0.next_u32() & 1 == 1 {
            bounds.sort_unstable();
        }
        let (mut range, mut bid) = samples.bid(bounds);
        match samples.0.next_u32() % 12 {
            0 => range.commitment = samples.number(),
            1 => bid.secret = samples.number(),
            2 => bid.blinding = samples.number(),
            3 => bid.amount = Units::new(bid.amount.get() ^ 1),
            4 => range.external = samples.number(),
            _ => {}
        }
        let program = holds(&range, &bid);
        let constraints = satisfied(&range, &bid);
        assert_eq!(program.is_ok(), constraints, "{number}: {range:?}");
        truths += u64::from(program.is_ok());
    }
    assert!(truths > instance_count() / 5, "{truths} true bids");
    assert!(truths < instance_count(), "{truths} true bids");
}

#[test]
fn a_bid_between_its_bounds_holds_and_has_a_known_size() {
    for bounds in [[0, 0, 0], [3, 7, 9], [7, 7, 7], [0, u64::MAX, u64::MAX]] {
        let (range, bid) = Samples::new(2).bid(bounds);
        assert_eq!(holds(&range, &bid), Ok(()));
        let filled = filled(&Wires::new(&range, &bid));
        assert_eq!(filled.offended(), []);
    }
    let system = ConstraintSystem::<Fr>::new_ref();
    SealedBidCircuit::blank().constrain(&system).unwrap();
    assert_eq!(system.num_instance_variables(), 5);
    // Changed only on purpose: another count is another circuit, for which no
    // key made before is good.
    assert_eq!(system.num_constraints(), 727);
}

#[test]
fn a_bid_beyond_a_bound_is_refused_by_that_bound_alone() {
    for (bounds, error, bits, sum) in [
        ([8, 7, 9], BidRefused::TooLow, Rule::AboveBits, Rule::Above),
        (
            [3, 10, 9],
            BidRefused::TooHigh,
            Rule::BelowBits,
            Rule::Below,
        ),
    ] {
        let (range, bid) = Samples::new(3).bid(bounds);
        assert_eq!(holds(&range, &bid), Err(error));
        let mut wires = Wires::new(&range, &bid);
        assert_eq!(offended(&wires), [sum]);
        // One less than nothing, as bits that are none.
        let difference = match bits {
            Rule::AboveBits => &mut wires.above,
            _ => &mut wires.below,
        };
        difference.fill(Fr::from(0));
        difference[0] = -Fr::ONE;
        assert_eq!(offended(&wires), [bits]);
    }
}

#[test]
fn an_amount_of_more_than_64_bits_is_refused_by_its_bits_alone() {
    // 2 in place 0 instead of 1 in place 1: the same amount.
    let (range, bid) = Samples::new(4).bid([0, 2, 9]);
    let mut wires = Wires::new(&range, &bid);
    wires.amount[0] = Fr::from(2);
    wires.amount[1] = Fr::from(0);
    assert_eq!(offended(&wires), [Rule::AmountBits]);
}

#[test]
fn another_commitment_or_another_external_is_refused_by_its_rule_alone() {
    let (range, bid) = Samples::new(5).bid([3, 7, 9]);
    let wires = Wires::new(&range, &bid);
    for (place, rule) in [
        (0, Rule::Commitment),
        (1, Rule::Above),
        (2, Rule::Below),
        (3, Rule::External),
    ] {
        let mut wires = wires.clone();
        wires.public[place] += Fr::ONE;
        assert_eq!(offended(&wires), [rule]);
    }
    // Somebody who copied the commitment, and the amount, has another secret.
    let thief = Bid {
        secret: bid.secret + Fr::ONE,
        ..bid
    };
    assert_eq!(holds(&range, &thief), Err(BidRefused::Commitment));
    assert_eq!(offended(&Wires::new(&range, &thief)), [Rule::Commitment]);
}

#[test]
fn a_hash_worked_out_wrongly_is_refused_by_its_rule_alone() {
    let (range, bid) = Samples::new(6).bid([3, 7, 9]);
    let honest = filled(&Wires::new(&range, &bid));
    let rows = honest.defining(Rule::Hashes);
    for row in rows.iter().step_by(rows.len() / 8) {
        let mut filled = honest.clone();
        filled.forge(*row);
        filled.fit(1, filled.range(Rule::Commitment).start);
        assert_eq!(filled.offended(), [(Rule::Hashes, 1)], "constraint {row}");
    }
}

#[test]
fn every_wire_is_bound_and_every_constraint_binds() {
    let (range, bid) = Samples::new(7).bid([3, 7, 9]);
    let filled = filled(&Wires::new(&range, &bid));
    assert_eq!(filled.free_wires(), Vec::<usize>::new());
    assert_eq!(filled.idle_constraints(), Vec::<usize>::new());
}

#[test]
fn a_proof_is_bound_to_its_network_and_to_what_it_is_shown_for() {
    let bound = |network, shown| {
        let [network, shown] = [network, shown].map(|byte| Hash::new([byte; 32]));
        bound_to(GenesisHash::new(network), shown)
    };
    assert_ne!(bound(1, 1), bound(2, 1));
    assert_ne!(bound(1, 1), bound(1, 2));
}

#[test]
fn a_bid_is_not_printed() {
    let (_, bid) = Samples::new(8).bid([3, 7, 9]);
    assert_eq!(format!("{bid:?}"), "Bid { .. }");
}
