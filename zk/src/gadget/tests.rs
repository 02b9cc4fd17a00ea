//! For each constraint that holds a number below the order, bits that offend it
//! and no other.

use super::filled::Filled;
use super::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    Bits,
    Below,
}

fn filled(bits: &[Fr]) -> Filled<Rule> {
    Filled::of(|system| {
        let mut plan = Plan::new(system);
        let bits = plan.bits(bits)?;
        plan.close(Rule::Bits);
        enforce_below_order(&bits)?;
        plan.close(Rule::Below);
        Ok(plan.finish())
    })
}

/// The bits of the largest number down to a place, and then none.
fn largest_down_to(place: usize) -> Vec<Fr> {
    let mut bits = bits_of(-Fr::ONE);
    bits[..place].fill(Fr::ZERO);
    bits
}

#[test]
fn numbers_below_the_order_are_taken() {
    for number in [0, 1, 77].map(Fr::from) {
        assert_eq!(filled(&bits_of(number)).offended(), []);
        assert_eq!(filled(&bits_of(-Fr::ONE - number)).offended(), []);
    }
}

#[test]
fn each_constraint_that_holds_a_number_below_the_order_refuses_one_alone() {
    let largest = bits_of(-Fr::ONE);
    let places: Vec<usize> = (0..NUMBER_BITS).rev().collect();
    // Of the highest bit nothing is asked: it is as the largest has it, or not.
    let rows = filled(&largest).range(Rule::Below);
    assert_eq!(rows.len(), NUMBER_BITS - 1);
    for (place, row) in places[1..].iter().zip(rows) {
        let mut bits = largest_down_to(*place);
        let forged = if largest[*place] == Fr::ZERO {
            bits[*place] = Fr::ONE;
            filled(&bits)
        } else {
            // Too large further down, where nobody looks if this place is said to
            // differ.
            let below = (0..*place).rev().find(|place| largest[*place] == Fr::ZERO);
            let below = below.unwrap();
            bits = largest_down_to(below);
            bits[below] = Fr::ONE;
            let mut forged = filled(&bits);
            let wire = forged.follows(row);
            forged.values[wire] = Fr::ZERO;
            forged.solve(row + 1..forged.range(Rule::Below).end);
            forged
        };
        assert_eq!(forged.offended_rows(), [row], "place {place}");
    }
}
