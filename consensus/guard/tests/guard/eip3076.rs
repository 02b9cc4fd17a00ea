//! The block part of the 38 cases of EIP-3076. How they are read, and where
//! ours differs, is in `testdata/eip3076/README.md`.

use std::collections::BTreeMap;

use pyralog_consensus::{Place, Statement, Step};
use pyralog_disk::MemoryDisk;
use pyralog_guard::{Guard, GuardError, Interchange, SignedPlace, SigningRoot};
use pyralog_primitives::{
    Address, BlockId, GenesisHash, Hash, Height, PublicKey, Round, Signature,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    name: String,
    genesis: GenesisHash,
    steps: Vec<CaseStep>,
}

#[derive(Deserialize)]
struct CaseStep {
    should_succeed: bool,
    contains_slashable_data: bool,
    genesis: GenesisHash,
    data: Vec<KeyData>,
    blocks: Vec<Check>,
    attestations: usize,
}

#[derive(Deserialize)]
struct KeyData {
    pubkey: String,
    signed_blocks: Vec<Block>,
    attestations: usize,
}

#[derive(Deserialize)]
struct Block {
    slot: Height,
    signing_root: Option<Hash>,
}

#[derive(Deserialize)]
struct Check {
    pubkey: String,
    slot: Height,
    signing_root: Hash,
    minimal: bool,
    complete: bool,
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("../../testdata/eip3076/cases.json")).unwrap()
}

/// An address in the place of a BLS key.
fn address(pubkey: &str) -> Address {
    PublicKey::new(*blake3::hash(pubkey.as_bytes()).as_bytes()).address()
}

/// A block, as we propose one.
fn proposal(slot: Height, root: Hash) -> Statement {
    Statement::Proposal {
        height: slot,
        round: Round::FIRST,
        value: BlockId::new(root),
        valid_round: None,
    }
}

fn flipped(root: Hash) -> Hash {
    let mut bytes = *root.as_bytes();
    bytes[31] ^= 1;
    Hash::new(bytes)
}

/// The guards of all keys of a case.
struct Guards {
    genesis: GenesisHash,
    guards: BTreeMap<String, Guard<MemoryDisk>>,
}

impl Guards {
    fn get(&mut self, pubkey: &str) -> &mut Guard<MemoryDisk> {
        let genesis = self.genesis;
        self.guards.entry(pubkey.to_owned()).or_insert_with(|| {
            let disk = MemoryDisk::new();
            let (mut guard, _) = Guard::open(disk, genesis, address(pubkey)).unwrap();
            guard.release();
            guard
        })
    }

    /// Whether the whole interchange was taken in.
    fn import(&mut self, step: &CaseStep) -> bool {
        let nobody = KeyData {
            pubkey: "nobody".to_owned(),
            signed_blocks: Vec::new(),
            attestations: 0,
        };
        let all = step.data.iter().chain([&nobody]);
        all.into_iter().all(|data| {
            let signed = data.signed_blocks.iter().map(|block| SignedPlace {
                height: block.slot,
                round: Round::FIRST,
                step: Step::Proposal,
                signing_root: block.signing_root.map(|root| {
                    SigningRoot::of(&proposal(block.slot, root).sign_bytes(step.genesis))
                }),
            });
            let signed = signed.collect();
            let interchange = Interchange::new(step.genesis, address(&data.pubkey), signed);
            let guard = self.get(&data.pubkey);
            let imported = guard.import(&interchange.unwrap());
            let highest = data.signed_blocks.iter().map(|block| block.slot).max();
            imported.is_ok() && guard.watermark().map(|place| place.height) >= highest
        })
    }

    fn sign(&mut self, check: &Check, root: Hash) -> Result<Signature, GuardError> {
        let statement = proposal(check.slot, root);
        let bytes = statement.sign_bytes(self.genesis);
        let place: Place = statement.place();
        // As good as a real one: what is compared is whether there is one.
        let signature = Signature::new([root.as_bytes()[31]; 64]);
        self.get(&check.pubkey).sign(place, &bytes, |_| signature)
    }
}

/// Runs a case and returns where we differ from the minimal strategy.
fn run(case: &Case) -> Vec<(String, u64)> {
    let mut guards = Guards {
        genesis: case.genesis,
        guards: BTreeMap::new(),
    };
    let mut different = Vec::new();
    for step in &case.steps {
        let name = &case.name;
        assert_eq!(guards.import(step), step.should_succeed, "{name}");
        if !step.should_succeed {
            break;
        }
        for check in &step.blocks {
            let slot = check.slot.get();
            let signed = guards.sign(check, check.signing_root).is_ok();
            if signed != check.minimal {
                different.push((name.clone(), slot));
            }
            assert!(check.complete || !signed, "{name}: slashable at {slot}");
            // With one bit changed it is another block: never in a place that
            // is signed by now.
            let other = guards.sign(check, flipped(check.signing_root));
            assert!(other.is_err(), "{name}: a second block at {slot}");
        }
    }
    different
}

#[test]
fn we_are_as_strict_as_the_minimal_strategy_but_sign_the_same_thing_again() {
    let cases = cases();
    assert_eq!(cases.len(), 38);
    let different: Vec<_> = cases.iter().flat_map(run).collect();
    let resign = ("single_validator_resign_block".to_owned(), 17);
    assert_eq!(different, [resign]);
}

/// What of each case is about blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Applies {
    Checks,
    Imports,
    AttestationsOnly,
    Nothing,
}

#[test]
fn the_table_of_what_applies_is_that_of_the_readme() {
    let mut counts = BTreeMap::new();
    for case in cases() {
        let has_checks = case.steps.iter().any(|step| !step.blocks.is_empty());
        let data = || case.steps.iter().flat_map(|step| &step.data);
        let has_blocks = data().any(|data| !data.signed_blocks.is_empty());
        let has_attestations = data().any(|data| data.attestations > 0)
            || case.steps.iter().any(|step| step.attestations > 0);
        let applies = match (has_checks, has_blocks, has_attestations) {
            (true, ..) => Applies::Checks,
            (false, true, _) => Applies::Imports,
            (false, false, true) => Applies::AttestationsOnly,
            (false, false, false) => Applies::Nothing,
        };
        *counts.entry(applies).or_insert(0) += 1;
        if applies == Applies::Nothing {
            assert_eq!(case.name, "wrong_genesis_validators_root");
        }
    }
    let readme = include_str!("../../testdata/eip3076/README.md");
    for (applies, words) in [
        (Applies::Checks, "with checks of blocks"),
        (Applies::Imports, "that import blocks and check none"),
        (Applies::AttestationsOnly, "with attestations only"),
    ] {
        let row = format!("| {} {words} |", counts[&applies]);
        assert!(readme.contains(&row), "{row}");
    }
}

#[test]
fn an_interchange_with_slashable_data_is_taken_in_and_contradictions_named() {
    let cases = cases();
    let case = cases
        .iter()
        .find(|case| case.name == "single_validator_slashable_blocks")
        .unwrap();
    let step = &case.steps[0];
    assert!(step.contains_slashable_data);
    let data = &step.data[0];
    let signed = data.signed_blocks.iter().map(|block| SignedPlace {
        height: block.slot,
        round: Round::FIRST,
        step: Step::Proposal,
        signing_root: block.signing_root.map(SigningRoot::new),
    });
    let address = address(&data.pubkey);
    let interchange = Interchange::new(case.genesis, address, signed.collect()).unwrap();
    let (mut guard, _) = Guard::open(MemoryDisk::new(), case.genesis, address).unwrap();
    let imported = guard.import(&interchange).unwrap();
    assert_eq!(imported.conflicts, [guard.watermark().unwrap()]);
}
