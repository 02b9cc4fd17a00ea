//! Proofs, checked without any node.

use std::fs;

use pyralog_primitives::chain_proof::{ChainProof, Claim};
use pyralog_primitives::codec::{Bytes, Canonical};
use pyralog_primitives::merkle::MountainRange;
use pyralog_primitives::state::{AttendanceState, StateKey};
use pyralog_primitives::state_proof::Found;
use pyralog_primitives::{BlockCount, Hash, StateRoot, TimestampMs, TransactionId};

use crate::chain::{self, Chain};
use crate::shell::{Run, Shell};

const CHECK: [&str; 5] = ["light", "verify", "a.proof", "--genesis", "net.toml"];

/// A shell with the genesis document of a network, and no node anywhere.
fn shell_of(chain: &Chain) -> Shell {
    let shell = Shell::new();
    shell.write("net.toml", &chain.document);
    shell
}

fn check(shell: &Shell, proof: &[u8]) -> Run {
    fs::write(shell.path("a.proof"), proof).unwrap();
    shell.run(&CHECK)
}

#[test]
fn a_good_proof_says_what_is_true_when_and_who_says_so() {
    let chain = Chain::solo("my-net");
    let shell = shell_of(&chain);
    let run = check(&shell, &chain.account_proof().encode());
    let hash = chain.genesis.hash();
    for part in [
        &format!("what the state holds of account {}\n", chain::account()),
        "balance       7 tokens\n",
        "nonce         3\n",
        "after block 41\n",
        "header        height 42, ",
        &format!("network       my-net ({hash})\n"),
        "power signed  10 of 10\n",
        "signed by     validator 0 (pyr1",
    ] {
        assert!(run.data().contains(part), "{part}\n{}", run.stdout);
    }
    let json = shell
        .run(&[&CHECK[..], &["--output", "json"]].concat())
        .json();
    assert_eq!(json["proved"], true);
    assert_eq!(json["height"], "41");
    assert_eq!(
        json["claim"]["key"]["account"]["address"],
        chain::account().to_string()
    );
    assert_eq!(json["claim"]["value"]["balance"], "7000000000");
    assert_eq!(json["signed_by"][0]["name"], "validator 0");
}

#[test]
fn each_kind_of_claim_is_put_into_words() {
    let chain = Chain::solo("my-net");
    let shell = shell_of(&chain);
    let id = TransactionId::new(Hash::new([5; 32]));
    let run = check(&shell, &chain.receipt_proof(id).encode());
    assert!(run.data().contains(&format!("what transaction {id} did")));
    assert!(run.data().contains("1.5 tokens") && run.data().contains("applied"));

    let validator = chain::account();
    let state = AttendanceState {
        missed: BlockCount::new(9),
        missed_in_row: BlockCount::new(2),
    };
    let missed = chain.state_proof(&StateKey::Attendance { validator }, &state);
    let run = check(&shell, &missed.encode());
    assert!(
        run.data()
            .contains(&format!("blocks that {validator} did not sign for\n"))
    );
    assert!(
        run.data().contains("missed        9\nin a row      2\n"),
        "{run:?}"
    );

    // Nothing is in an empty state.
    let Claim::State { mut proof } = chain.account_proof().claim else {
        panic!("the sample is about the state");
    };
    proof.found = Found::Nothing;
    let header = chain.header(StateRoot::ZERO, MountainRange::new().root());
    let absent = chain.prove(Claim::State { proof }, header);
    let run = check(&shell, &absent.encode());
    assert!(run.data().contains("found         nothing\n"), "{run:?}");
}

#[test]
fn the_signers_of_a_quorum_are_those_of_its_bitmap() {
    let chain = Chain::of_four("my-net");
    let shell = shell_of(&chain);
    let run = check(&shell, &chain.account_proof().encode());
    assert!(run.data().contains("power signed  30 of 40\n"), "{run:?}");
    assert!(!run.data().contains("validator 0"), "it did not sign");
    for number in 1..4 {
        assert!(
            run.data()
                .contains(&format!("signed by     validator {number} (pyr1"))
        );
    }
}

#[test]
fn a_proof_with_any_flipped_bit_is_refused() {
    // Coprime to 8, so that all places in a byte come up.
    const STEP: usize = 53;
    let chain = Chain::solo("my-net");
    let shell = shell_of(&chain);
    let good = chain.account_proof().encode();
    for bit in (0..good.len() * 8).step_by(STEP) {
        let mut bad = good.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        let run = check(&shell, &bad);
        assert_eq!(
            (run.code, run.stdout.as_str()),
            (1, ""),
            "bit {bit}: {run:?}"
        );
        assert!(
            run.stderr.starts_with("error: a.proof "),
            "bit {bit}: {run:?}"
        );
    }
}

#[test]
fn a_refusal_names_the_step_that_fails_and_whom_not_to_believe() {
    let chain = Chain::solo("my-net");
    let shell = shell_of(&chain);
    let good = chain.account_proof();
    let refused = |proof: &ChainProof, sentence: &str| {
        check(&shell, &proof.encode()).assert_refused(1, sentence);
    };

    let foreign = Chain::solo("other-net").account_proof();
    refused(
        &foreign,
        "step 1 of 5, from the header to the genesis document",
    );

    let mut lie = good.clone();
    if let Claim::State { proof } = &mut lie.claim {
        proof.found = Found::Value {
            value: Bytes::new(vec![9; 24]).unwrap(),
        };
    }
    refused(&lie, "step 2 of 5, from the claim to a root in the header");
    refused(&lie, "Do not believe who gave you the file");

    let mut other = good.clone();
    other.header.time = TimestampMs::new(good.header.time.get() + 1);
    refused(&other, "step 3 of 5, from the header to the certificate");

    let mut header = good.header.clone();
    header.validators_root = MountainRange::new().root();
    let other = chain.prove(good.claim.clone(), header);
    refused(
        &other,
        "step 4 of 5, from the header to the validators of genesis",
    );
    refused(&other, "Unless the validators have changed since genesis");

    let forged = Chain::of_four("my-net").prove(good.claim.clone(), good.header.clone());
    refused(
        &forged,
        "step 5 of 5, from the certificate to their signatures",
    );

    let json = shell.run(&[&CHECK[..], &["--output", "json"]].concat());
    assert_eq!(json.code, 1, "{json:?}");
    let said: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(
        (&said["proved"], &said["step"]),
        (&false.into(), &"signatures".into())
    );
}

#[test]
fn what_is_no_proof_file_of_this_version_is_told_apart() {
    let chain = Chain::solo("my-net");
    let shell = shell_of(&chain);
    let good = chain.account_proof().encode();
    for other in [&b""[..], b"PYR", b"[package]\n", b"\x89PNG\r\n\x1a\n"] {
        check(&shell, other).assert_refused(1, "a.proof is no proof file");
    }
    let mut newer = good.clone();
    newer[6] = 2;
    check(&shell, &newer).assert_refused(1, "a proof file of version 2, and this program reads");
    for length in [6, 7, 8, 100, good.len() - 1] {
        let cut = check(&shell, &good[..length]);
        cut.assert_refused(1, "the input ends before the value does");
    }
    let longer = [&good[..], b"\n"].concat();
    check(&shell, &longer).assert_refused(1, "1 bytes follow the value");
}

#[test]
fn files_that_cannot_be_read_are_named() {
    let chain = Chain::solo("my-net");
    let shell = shell_of(&chain);
    shell.run(&CHECK).assert_refused(74, "cannot read a.proof");
    fs::write(shell.path("a.proof"), chain.account_proof().encode()).unwrap();
    shell.write("net.toml", "chain_id = 7");
    shell
        .run(&CHECK)
        .assert_refused(78, "net.toml is not a valid genesis document");
    shell
        .run(&["light", "verify", "-", "--genesis", "-"])
        .assert_refused(2, "standard input cannot give both");
    shell
        .run(&["light", "verify", "a.proof"])
        .assert_refused(2, "--genesis <FILE>");
}

#[test]
fn a_key_that_a_stranger_chose_cannot_harm_a_terminal() {
    let chain = Chain::solo("my-net");
    let shell = shell_of(&chain);
    let Claim::State { mut proof } = chain.account_proof().claim else {
        panic!("the sample is about the state");
    };
    let key = StateKey::Entry {
        namespace: "com.example".parse().unwrap(),
        key: Bytes::new(b"a\x1b[2Jb".to_vec()).unwrap(),
    };
    proof.key = Bytes::new(key.encode()).unwrap();
    proof.found = Found::Nothing;
    let header = chain.header(StateRoot::ZERO, MountainRange::new().root());
    let run = check(
        &shell,
        &chain.prove(Claim::State { proof }, header).encode(),
    );
    assert!(
        run.data()
            .contains("entry 'hex:611b5b324a62' in the namespace 'com.example'")
    );
}
