//! When a lone validator decides, and what.

use std::sync::Arc;

use pyralog_consensus::{Ed25519, verify_certificate};
use pyralog_primitives::validators::{Validator, ValidatorSet};
use pyralog_primitives::{GenesisHash, Hash, SecretKey, VotingPower};

use super::*;

const INTERVAL: DurationMs = DurationMs::new(1000);
const GENESIS: GenesisHash = GenesisHash::new(Hash::new([3; 32]));
const BLOCK: BlockId = BlockId::ZERO;
const SIGNATURE: Signature = Signature::new([7; Signature::BYTES]);

fn height(raw: u64) -> Height {
    Height::new(raw)
}

fn key() -> SecretKey {
    SecretKey::from_seed(&[1; 32])
}

fn validators() -> ValidatorSet {
    let key = key().public_key();
    let power = VotingPower::new(1);
    ValidatorSet::new(vec![Validator { key, power }]).unwrap()
}

fn start(raw: u64, has_unproved: bool, has_waiting: bool) -> Input {
    Input::Start(Start {
        height: height(raw),
        validators: Arc::new(validators()),
        last_proposer: None,
        has_unproved,
        has_waiting,
        records: Vec::new(),
    })
}

fn timer(raw: u64) -> Timer {
    let height = height(raw);
    Timer::EmptyBlock { height }
}

fn built(raw: u64) -> Input {
    let height = height(raw);
    Input::Built {
        height,
        block: BLOCK,
    }
}

fn signed(raw: u64) -> Input {
    Input::Signed {
        statement: statement(height(raw), BLOCK),
        signature: SIGNATURE,
    }
}

/// The effects of each input in turn.
fn run(inputs: &[Input]) -> Vec<Vec<Effect>> {
    let mut engine = Solo::new(INTERVAL, Some(key().public_key().address()));
    let mut step = |input: &Input| {
        let mut effects = Vec::new();
        engine.step(Tick::default(), input.clone(), &mut effects);
        effects
    };
    inputs.iter().map(&mut step).collect()
}

fn build(raw: u64) -> Vec<Effect> {
    let height = height(raw);
    vec![Effect::Build { height }]
}

fn wait(raw: u64) -> Vec<Effect> {
    vec![Effect::SetTimer {
        timer: timer(raw),
        after: INTERVAL,
    }]
}

fn certificate(raw: u64, signature: Signature) -> Certificate {
    Certificate::Solo {
        height: height(raw),
        value: BLOCK,
        signature,
    }
}

fn finalize(raw: u64, signature: Signature) -> Effect {
    let certificate = certificate(raw, signature);
    Effect::Finalize { certificate }
}

fn sign(raw: u64) -> Vec<Effect> {
    let statement = statement(height(raw), BLOCK);
    let intent = Record::Intent(statement);
    vec![Effect::Persist(intent), Effect::Sign(statement)]
}

#[test]
fn what_was_to_be_signed_before_a_restart_is_signed_after_it_and_nothing_else() {
    let Input::Start(mut again) = start(1, true, true) else {
        unreachable!("it is one");
    };
    let statement = statement(height(1), BLOCK);
    again.records = vec![Record::Intent(statement)];
    let check = Effect::Check {
        height: height(1),
        block: BLOCK,
        is_backed: true,
    };
    let checked = Input::Checked {
        height: height(1),
        block: BLOCK,
        is_valid: true,
    };
    let other = Input::Built {
        height: height(1),
        block: BlockId::new(Hash::new([7; 32])),
    };
    let effects = run(&[Input::Start(again), Input::Waiting, other, checked]);
    let expected = [vec![check], vec![], vec![], vec![Effect::Sign(statement)]];
    assert_eq!(effects, expected);
}

#[test]
fn an_idle_height_is_decided_after_the_interval() {
    let effects = run(&[
        start(1, false, false),
        Input::Timer(timer(1)),
        built(1),
        signed(1),
    ]);
    let sign = sign(1);
    let finalize = finalize(1, SIGNATURE);
    assert_eq!(effects, [wait(1), build(1), sign, vec![finalize]]);
}

#[test]
fn what_waits_or_is_to_be_proved_gets_a_block_at_once() {
    assert_eq!(run(&[start(1, true, false)]), [build(1)]);
    assert_eq!(run(&[start(1, false, true)]), [build(1)]);
    let later = run(&[start(1, false, false), Input::Waiting]);
    assert_eq!(later, [wait(1), build(1)]);
}

#[test]
fn a_height_is_built_once_whatever_comes_meanwhile() {
    let effects = run(&[
        start(1, false, true),
        Input::Waiting,
        Input::Timer(timer(1)),
        start(1, true, true),
    ]);
    assert_eq!(effects, [build(1), vec![], vec![], vec![]]);
}

#[test]
fn inputs_of_other_heights_or_out_of_turn_change_nothing() {
    let nothing: Vec<Effect> = Vec::new();
    for late in [
        Input::Timer(timer(1)),
        built(1),
        signed(1),
        start(1, true, true),
    ] {
        let effects = run(&[start(2, false, false), late.clone()]);
        assert_eq!(effects, [wait(2), nothing.clone()], "{late:?}");
    }
    // Right height, wrong phase.
    for early in [built(2), signed(2)] {
        assert_eq!(
            run(&[start(2, false, false), early.clone()])[1],
            nothing,
            "{early:?}"
        );
    }
    assert_eq!(run(&[Input::Waiting]), [nothing]);
}

#[test]
fn what_was_final_before_a_restart_is_final_after_it_and_nothing_is_signed() {
    let signature = |raw| key().sign(&statement(height(raw), BLOCK).sign_bytes(GENESIS));
    let certified = |raw| {
        let certificate = certificate(raw, signature(raw));
        let verified = verify_certificate(certificate, GENESIS, &validators(), &Ed25519);
        Input::Certified(verified.unwrap())
    };
    let effects = run(&[
        start(2, false, false),
        certified(1),
        certified(2),
        certified(2),
        Input::Waiting,
    ]);
    let finalize = finalize(2, signature(2));
    assert_eq!(effects[1..], [vec![], vec![finalize], vec![], vec![]]);
}

#[test]
fn who_only_follows_builds_nothing_and_takes_what_is_decided() {
    let mut engine = Solo::new(INTERVAL, None);
    let signature = key().sign(&statement(height(1), BLOCK).sign_bytes(GENESIS));
    let certificate = certificate(1, signature);
    let verified = verify_certificate(certificate, GENESIS, &validators(), &Ed25519);
    let mut effects = Vec::new();
    for input in [
        start(1, true, true),
        Input::Waiting,
        Input::Timer(timer(1)),
        Input::Certified(verified.unwrap()),
    ] {
        engine.step(Tick::default(), input, &mut effects);
    }
    assert_eq!(effects, [finalize(1, signature)]);
}

#[test]
fn a_second_signature_does_not_decide_again() {
    let effects = run(&[start(1, true, false), built(1), signed(1), signed(1)]);
    assert_eq!(effects[3], []);
}
