use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field, PrimeField};
use ark_relations::gr1cs::ConstraintSystem;
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

use super::circuit::{Rule, TransferCircuit, Wires};
use super::relation::holds_at_depth;
use super::*;
use crate::gadget::filled::Filled;

/// Deep enough for both sides; shallow enough for many instances.
pub(super) const DEPTH: usize = 2;

pub(super) struct Samples(ChaCha8Rng, NoteHashes);

impl Samples {
    pub(super) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed), NoteHashes::default())
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.0.next_u64() % bound
    }

    fn number(&mut self) -> Fr {
        let mut bytes = [0; 48];
        self.0.fill_bytes(&mut bytes);
        Fr::from_le_bytes_mod_order(&bytes)
    }

    fn spent(&mut self, amount: Units, depth: usize) -> Spent {
        Spent {
            amount,
            blinding: self.number(),
            sides: (0..depth).map(|_| self.below(2) == 1).collect(),
            siblings: (0..depth).map(|_| self.number()).collect(),
        }
    }

    /// A true transfer: the second note lies beside the first on the last level
    /// before the root.
    fn transfer(&mut self, depth: usize) -> (Transfer, TransferSecret) {
        let amounts = [self.below(1 << 62), self.below(1 << 62)].map(Units::new);
        self.transfer_of(amounts, depth)
    }

    pub(super) fn transfer_of(
        &mut self,
        amounts: [Units; 2],
        depth: usize,
    ) -> (Transfer, TransferSecret) {
        let spending = self.number();
        let mut spent = amounts.map(|amount| self.spent(amount, depth));
        let total = amounts
            .map(|units| u128::from(units.get()))
            .iter()
            .sum::<u128>();
        let fee = u64::try_from(total / 100).unwrap();
        let rest = total - u128::from(fee);
        let halves = [rest / 2, rest - rest / 2].map(|half| u64::try_from(half).unwrap());
        let made = halves.map(|amount| Note {
            owner: self.number(),
            amount: Units::new(amount),
            blinding: self.number(),
        });
        let (root, nullifiers) = self.tree(spending, &mut spent);
        let transfer = Transfer {
            root,
            nullifiers,
            commitments: made.map(|made| self.1.commitment(&made)),
            fee: Units::new(fee),
            external: self.number(),
        };
        (
            transfer,
            TransferSecret {
                spending,
                spent,
                made,
            },
        )
    }

    /// Puts both notes into one tree, and returns its root and their nullifiers.
    fn tree(&mut self, spending: Fr, spent: &mut [Spent; 2]) -> (Fr, [Fr; 2]) {
        let owner = self.1.owner(spending);
        let commitments = spent.each_ref().map(|spent| {
            self.1.commitment(&Note {
                owner,
                amount: spent.amount,
                blinding: spent.blinding,
            })
        });
        let last = spent[0].sides.len() - 1;
        let below = |spent: &Spent| Spent {
            sides: spent.sides[..last].to_vec(),
            siblings: spent.siblings[..last].to_vec(),
            ..spent.clone()
        };
        let nodes = [0, 1].map(|place| self.1.root(commitments[place], &below(&spent[place])));
        spent[1].sides[last] = !spent[0].sides[last];
        (spent[0].siblings[last], spent[1].siblings[last]) = (nodes[1], nodes[0]);
        let root = self.1.root(commitments[0], &spent[0]);
        let nullifiers = commitments.map(|one| self.1.nullifier(spending, one));
        (root, nullifiers)
    }
}

fn filled(wires: &Wires, depth: usize) -> Filled<Rule> {
    let circuit = TransferCircuit::of(wires.clone(), depth);
    Filled::of(|system| circuit.constrain(system))
}

/// The rules that the wires offend.
fn offended(wires: &Wires, depth: usize) -> Vec<Rule> {
    filled(wires, depth).offended_rules()
}

fn satisfied(wires: &Wires) -> bool {
    let system = ConstraintSystem::<Fr>::new_ref();
    let circuit = TransferCircuit::of(wires.clone(), DEPTH);
    circuit.constrain(&system).unwrap();
    system.is_satisfied().unwrap()
}

fn honest(seed: u64) -> (Transfer, TransferSecret, Wires) {
    let (transfer, secret) = Samples::new(seed).transfer(DEPTH);
    let wires = Wires::new(&transfer, &secret);
    assert_eq!(holds_at_depth(&transfer, &secret, DEPTH), Ok(()));
    assert_eq!(offended(&wires, DEPTH), []);
    (transfer, secret, wires)
}

/// How many instances are tried: `PYRALOG_TRANSFERS=10000` for a night.
fn instance_count() -> u64 {
    let count = std::env::var_os("PYRALOG_TRANSFERS");
    count.map_or(40, |count| count.to_str().unwrap().parse().unwrap())
}

#[test]
fn program_and_constraints_agree_on_random_instances() {
    let mut samples = Samples::new(1);
    let mut truths = 0;
    for instance in 0..instance_count() {
        let (mut transfer, mut secret) = samples.transfer(DEPTH);
        let place = usize::try_from(samples.below(2)).unwrap();
        let number = samples.number();
        match samples.below(18) {
            0 => transfer.root = number,
            1 => transfer.nullifiers[place] = number,
            2 => transfer.commitments[place] = number,
            3 => transfer.fee = Units::new(transfer.fee.get() + 1),
            4 => secret.spending = number,
            5 => secret.spent[place].blinding = number,
            6 => secret.spent[place].siblings[1] = number,
            7 => secret.spent[place].sides[0] ^= true,
            8 => secret.made[place].owner = number,
            9 => secret.made[place].amount = Units::new(5),
            10 => secret.spent[place].amount = Units::new(0),
            _ => {}
        }
        let program = holds_at_depth(&transfer, &secret, DEPTH).is_ok();
        let constraints = satisfied(&Wires::new(&transfer, &secret));
        assert_eq!(program, constraints, "instance {instance}, {transfer:?}");
        truths += u64::from(program);
    }
    assert!(truths > instance_count() / 4, "{truths} true transfers");
    assert!(truths < instance_count(), "{truths} true transfers");
}

#[test]
fn a_transfer_at_full_depth_holds_in_both_and_has_a_known_size() {
    let (transfer, secret) = Samples::new(2).transfer(TREE_DEPTH);
    assert_eq!(holds(&transfer, &secret), Ok(()));
    let system = ConstraintSystem::<Fr>::new_ref();
    let circuit = TransferCircuit::new(&transfer, &secret);
    let rules = circuit.constrain(&system).unwrap();
    assert!(system.is_satisfied().unwrap());
    assert_eq!(system.num_instance_variables(), 8);
    // Changed only on purpose: another count is another circuit, for which no
    // key made before is good.
    assert_eq!(system.num_constraints(), 18_833, "{rules:?}");
}

#[test]
fn a_note_without_an_amount_may_be_nowhere() {
    let mut samples = Samples::new(3);
    let amounts = [1_000, 0].map(Units::new);
    let (mut transfer, mut secret) = samples.transfer_of(amounts, DEPTH);
    secret.spent[1].siblings[0] = samples.number();
    assert_eq!(holds_at_depth(&transfer, &secret, DEPTH), Ok(()));
    assert_eq!(offended(&Wires::new(&transfer, &secret), DEPTH), []);
    secret.spent[0].siblings[0] = samples.number();
    let error = Err(TransferError::NotInTree { place: 0 });
    assert_eq!(holds_at_depth(&transfer, &secret, DEPTH), error);
    let wires = Wires::new(&transfer, &secret);
    assert_eq!(offended(&wires, DEPTH), [Rule::InTree(0)]);
    transfer.root = samples.number();
    assert!(holds_at_depth(&transfer, &secret, DEPTH).is_err());
}

#[test]
fn each_public_number_is_bound_by_its_rule_alone() {
    let (_, _, wires) = honest(4);
    let expected = [
        vec![Rule::InTree(0), Rule::InTree(1)],
        vec![Rule::Nullifier(0)],
        vec![Rule::Nullifier(1)],
        vec![Rule::Commitment(0)],
        vec![Rule::Commitment(1)],
        vec![Rule::Balance],
        vec![Rule::External],
    ];
    for (place, expected) in expected.into_iter().enumerate() {
        let mut wires = wires.clone();
        wires.public[place] += Fr::ONE;
        assert_eq!(offended(&wires, DEPTH), expected);
    }
}

#[test]
fn a_note_of_another_owner_or_in_no_tree_is_refused_by_its_rule_alone() {
    let (transfer, mut secret, wires) = honest(5);
    for place in [0, 1] {
        let mut wires = wires.clone();
        wires.spent[place].siblings[0] += Fr::ONE;
        assert_eq!(offended(&wires, DEPTH), [Rule::InTree(place)]);
    }
    // Another secret, with the nullifiers that are its own.
    secret.spending += Fr::ONE;
    let mut hashes = NoteHashes::default();
    let owner = hashes.owner(secret.spending);
    let nullifiers = secret.spent.each_ref().map(|spent| {
        let (amount, blinding) = (spent.amount, spent.blinding);
        let commitment = hashes.commitment(&Note {
            owner,
            amount,
            blinding,
        });
        hashes.nullifier(secret.spending, commitment)
    });
    let stolen = Transfer {
        nullifiers,
        ..transfer
    };
    let refused = holds_at_depth(&stolen, &secret, DEPTH);
    assert_eq!(refused, Err(TransferError::NotInTree { place: 0 }));
    let wires = Wires::new(&stolen, &secret);
    assert_eq!(offended(&wires, DEPTH), [Rule::InTree(0), Rule::InTree(1)]);
}

/// The root that a way reaches if its first side is neither 0 nor 1.
#[test]
fn a_side_that_is_no_bit_is_refused_by_its_rule_alone() {
    let mut samples = Samples::new(6);
    let amounts = [1_000, 0].map(Units::new);
    let (mut transfer, secret) = samples.transfer_of(amounts, DEPTH);
    let mut wires = Wires::new(&transfer, &secret);
    wires.spent[0].sides[0] = Fr::from(2);
    let mut hashes = NoteHashes::default();
    let (amount, blinding) = (secret.spent[0].amount, secret.spent[0].blinding);
    let owner = hashes.owner(secret.spending);
    let node = hashes.commitment(&Note {
        owner,
        amount,
        blinding,
    });
    let sibling = secret.spent[0].siblings[0];
    let change = (sibling - node).double();
    let mut node_hash = crate::poseidon::Poseidon::new(crate::poseidon::Purpose::TreeNode);
    let node = node_hash.hash(&[node + change, sibling - change]).unwrap();
    let above = Spent {
        sides: secret.spent[0].sides[1..].to_vec(),
        siblings: secret.spent[0].siblings[1..].to_vec(),
        ..secret.spent[0].clone()
    };
    transfer.root = hashes.root(node, &above);
    wires.public[0] = transfer.root;
    assert_eq!(offended(&wires, DEPTH), [Rule::Sides(0)]);
    // The other note, which may be nowhere.
    let (transfer, secret) = samples.transfer_of(amounts, DEPTH);
    let mut wires = Wires::new(&transfer, &secret);
    wires.spent[1].sides[0] = Fr::from(2);
    assert_eq!(offended(&wires, DEPTH), [Rule::Sides(1)]);
}

#[test]
fn an_amount_of_more_than_64_bits_is_refused_by_its_bits_alone() {
    // Made: the highest bit is 2, and the other note has what is left.
    let mut samples = Samples::new(7);
    let most = Units::new(u64::MAX);
    let spending = samples.number();
    let mut spent = [most; 2].map(|amount| samples.spent(amount, DEPTH));
    let (root, nullifiers) = samples.tree(spending, &mut spent);
    let notes = [0, u64::MAX - 1].map(|amount| Note {
        owner: samples.number(),
        amount: Units::new(amount),
        blinding: samples.number(),
    });
    let mut transfer = Transfer {
        root,
        nullifiers,
        commitments: notes.map(|made| samples.1.commitment(&made)),
        fee: Units::new(0),
        external: samples.number(),
    };
    let two_to_64 = Fr::from(u64::MAX) + Fr::ONE;
    for place in [0, 1] {
        let mut made = notes;
        made.swap(0, place);
        let secret = TransferSecret {
            spending,
            spent: spent.clone(),
            made,
        };
        transfer.commitments = made.map(|made| samples.1.commitment(&made));
        let mut wires = Wires::new(&transfer, &secret);
        let large = &mut wires.made[place];
        large.bits = vec![Fr::ZERO; 64];
        large.bits[63] = Fr::from(2);
        let inputs = [large.owner, two_to_64, large.blinding];
        let mut hash = crate::poseidon::Poseidon::new(crate::poseidon::Purpose::Note);
        wires.public[3 + place] = hash.hash(&inputs).unwrap();
        assert_eq!(offended(&wires, DEPTH), [Rule::MadeBits(place)]);
    }
}

#[test]
fn a_bit_of_a_spent_amount_that_is_no_bit_is_refused_by_its_rule_alone() {
    // 2 in place 0 instead of 1 in place 1: the same amount.
    for place in [0, 1] {
        let mut amounts = [4, 4].map(Units::new);
        amounts[place] = Units::new(2);
        let (transfer, secret) = Samples::new(8).transfer_of(amounts, DEPTH);
        let mut wires = Wires::new(&transfer, &secret);
        wires.spent[place].bits[0] = Fr::from(2);
        wires.spent[place].bits[1] = Fr::ZERO;
        assert_eq!(offended(&wires, DEPTH), [Rule::SpentBits(place)]);
    }
}

#[test]
fn value_neither_appears_nor_vanishes() {
    let (transfer, secret, _) = honest(9);
    for change in [1, u64::MAX] {
        let mut secret = secret.clone();
        let mut transfer = transfer;
        let made = &mut secret.made[1];
        made.amount = Units::new(made.amount.get().wrapping_add(change));
        transfer.commitments[1] = NoteHashes::default().commitment(made);
        let refused = holds_at_depth(&transfer, &secret, DEPTH);
        assert_eq!(refused, Err(TransferError::Balance));
        let wires = Wires::new(&transfer, &secret);
        assert_eq!(offended(&wires, DEPTH), [Rule::Balance]);
    }
}

#[test]
fn every_wire_is_bound_and_every_constraint_binds() {
    // Another number in any wire offends a constraint, and each constraint is
    // offended by another number in one of its wires.
    let (_, _, wires) = honest(10);
    let filled = filled(&wires, DEPTH);
    assert_eq!(filled.free_wires(), Vec::<usize>::new());
    assert_eq!(filled.idle_constraints(), Vec::<usize>::new());
}

#[test]
fn a_transfer_secret_is_not_printed() {
    let (_, secret, _) = honest(11);
    assert_eq!(format!("{secret:?}"), "TransferSecret { .. }");
}

#[test]
fn the_fee_is_held_in_range_by_its_type_and_not_by_the_constraints() {
    // A fee of −1 makes value out of nothing, if somebody takes it for a fee.
    let (transfer, mut secret, _) = honest(12);
    let made = &mut secret.made[0];
    made.amount = Units::new(made.amount.get() + transfer.fee.get() + 1);
    let commitments = secret
        .made
        .map(|made| NoteHashes::default().commitment(&made));
    let mut wires = Wires::new(
        &Transfer {
            commitments,
            ..transfer
        },
        &secret,
    );
    assert_eq!(offended(&wires, DEPTH), [Rule::Balance]);
    wires.public[5] = -Fr::ONE;
    assert_eq!(offended(&wires, DEPTH), []);
}

#[test]
fn one_note_spent_twice_in_one_transfer_is_for_the_acceptor_to_refuse() {
    let (mut transfer, mut secret, _) = honest(13);
    secret.spent[1] = secret.spent[0].clone();
    transfer.nullifiers[1] = transfer.nullifiers[0];
    let amount = secret.spent[0].amount.get() - transfer.fee.get() / 2;
    transfer.fee = Units::new(2 * (transfer.fee.get() / 2));
    secret.made = secret.made.map(|made| Note {
        amount: Units::new(amount),
        ..made
    });
    transfer.commitments = secret
        .made
        .map(|made| NoteHashes::default().commitment(&made));
    assert_eq!(holds_at_depth(&transfer, &secret, DEPTH), Ok(()));
    assert_eq!(offended(&Wires::new(&transfer, &secret), DEPTH), []);
}
