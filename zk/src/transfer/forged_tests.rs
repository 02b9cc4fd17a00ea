//! A hash that is worked out wrongly, with everything behind it made to fit: one
//! constraint of its rule is offended, and no other rule.

use super::circuit::{Rule, TransferCircuit, Wires};
use super::tests::{DEPTH, Samples};
use super::*;
use crate::gadget::filled::Filled;

/// The second note has no amount, so that the root is the first one's.
fn honest() -> Filled<Rule> {
    let amounts = [1_000, 0].map(Units::new);
    let (transfer, secret) = Samples::new(20).transfer_of(amounts, DEPTH);
    let circuit = TransferCircuit::of(Wires::new(&transfer, &secret), DEPTH);
    Filled::of(|system| circuit.constrain(system))
}

#[test]
fn a_hash_worked_out_wrongly_is_refused_by_its_rule_alone() {
    let honest = honest();
    assert_eq!(honest.offended(), []);
    for rule in [
        Rule::OwnerHash,
        Rule::SpentHashes(0),
        Rule::SpentHashes(1),
        Rule::MadeHash(0),
        Rule::MadeHash(1),
    ] {
        let rows = honest.defining(rule);
        for row in [0, rows.len() / 2, rows.len() - 1].map(|place| rows[place]) {
            let mut filled = honest.clone();
            filled.forge(row);
            for (wire, rule) in [
                (1, Rule::InTree(0)),
                (2, Rule::Nullifier(0)),
                (3, Rule::Nullifier(1)),
                (4, Rule::Commitment(0)),
                (5, Rule::Commitment(1)),
            ] {
                filled.fit(wire, filled.range(rule).start);
            }
            assert_eq!(filled.offended(), [(rule, 1)], "constraint {row}");
        }
    }
}
