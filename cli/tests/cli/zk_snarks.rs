//! Statements of Groth16, over files: keys, networks, and witnesses that are
//! nobody's business.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::sync::LazyLock;

use pyralog_primitives::text::encode_hex;
use pyralog_primitives::{BlockId, GenesisHash, Hash, Height};
use pyralog_zk::eddsa::AttestationSecret;
use pyralog_zk::groth16::PublicInput;
use pyralog_zk::quorum::attested;
use pyralog_zk::transfer::{Note, NoteHashes, Units};
use serde_json::{Value, json};

use crate::chain::Chain;
use crate::shell::{Run, Shell};
use crate::zk::number;

/// In no output. As a number in JSON it would be found too.
const AMOUNT: &str = "4207133";

const PROVE: &str = "prove bid.proof --claim bid.json --witness secret.json --key bid.key \
                     --save-claim all.json";

/// The keys of the sealed bid, made by the program, once for all tests.
static KEYS: LazyLock<Shell> = LazyLock::new(|| {
    let shell = Shell::new();
    let run = shell.zk("setup sealed-bid --key bid.key --verifying-key bid.vk.json");
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stderr.contains("this key is UNSAFE"), "{run:?}");
    shell
});

/// A bid between two bounds, shown on this network.
fn bid(shell: &Shell, network: &str) {
    for file in ["bid.key", "bid.vk.json"] {
        fs::copy(KEYS.path(file), shell.path(file)).unwrap();
    }
    let claim = json!({
        "from": "1", "to": "5000000", "network": network, "shown": number(9),
    });
    shell.document("bid.json", "claim", "sealed-bid", &claim);
    let witness = json!({ "secret": number(7), "amount": AMOUNT, "blinding": number(8) });
    shell.document("secret.json", "witness", "sealed-bid", &witness);
}

fn proved_bid() -> Shell {
    let shell = Shell::new();
    bid(&shell, &number(1));
    let run = shell.zk(PROVE);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(!run.stderr.contains("warning"), "{run:?}");
    shell
}

fn verify(shell: &Shell, network: &str) -> Run {
    let line = format!("verify bid.proof --claim all.json --verifying-key bid.vk.json {network}");
    shell.zk(&line)
}

#[test]
fn both_halves_of_a_key_for_development_say_that_it_is_unsafe() {
    let head = fs::read(KEYS.path("bid.key")).unwrap();
    assert!(head.starts_with(b"pyralog UNSAFE key"));
    assert!(
        KEYS.read("bid.vk.json")
            .contains("UNSAFE: made from a public seed")
    );
    let again = KEYS.zk("setup sealed-bid --key bid.key --verifying-key other.json");
    again.assert_refused(1, "bid.key exists");
    let line = "setup append-batch --key a --verifying-key b";
    KEYS.zk(line)
        .assert_refused(2, "append-batch is proved without a key");
}

#[test]
fn a_bid_is_proved_for_networks_of_development_alone() {
    let shell = proved_bid();
    let held = verify(&shell, "--chain-id dev-net");
    assert!(
        held.data().contains("the sealed amount lies between"),
        "{held:?}"
    );
    assert!(held.data().contains("was not compared"), "{held:?}");
    let refused = verify(&shell, "--chain-id real-net");
    refused.assert_refused(1, "Only chain ids that begin with dev- take it");
    let view = verify(&shell, "--chain-id real-net --output json");
    let view: Value = serde_json::from_str(&view.stdout).unwrap();
    assert_eq!(view["step"], "key");
    verify(&shell, "").assert_refused(2, "give --genesis FILE, or --chain-id ID");
    let line = "verify bid.proof --claim all.json --chain-id dev-net";
    shell
        .zk(line)
        .assert_refused(2, "sealed-bid needs its verifying key");
}

#[test]
fn a_bid_shown_on_another_network_or_for_something_else_is_refused() {
    let shell = proved_bid();
    let claim = shell.read("all.json");
    for (from, to) in [
        (number(1), number(2)),
        (number(9), number(8)),
        ("\"5000000\"".to_owned(), "\"5000001\"".to_owned()),
    ] {
        assert!(claim.contains(&from));
        shell.write("all.json", &claim.replace(&from, &to));
        let sentence = "bid.proof proves nothing: the proof does not hold for these inputs";
        verify(&shell, "--chain-id dev-net").assert_refused(1, sentence);
    }
}

#[test]
fn the_network_of_a_claim_is_compared_with_a_genesis_document() {
    let shell = Shell::new();
    let chain = Chain::solo("dev-bids");
    shell.write("net.toml", &chain.document);
    let hash = shell.run(&["genesis", "hash", "net.toml"]);
    bid(&shell, hash.data().trim());
    assert_eq!(shell.zk(PROVE).code, 0);
    let held = verify(&shell, "--genesis net.toml --output json").json();
    assert_eq!(
        (&held["proved"], &held["network_compared"]),
        (&json!(true), &json!(true))
    );
    let claim = shell.read("all.json");
    shell.write("all.json", &claim.replace(hash.data().trim(), &number(1)));
    let sentence = "all.json claims something of the network 0100";
    verify(&shell, "--genesis net.toml").assert_refused(1, sentence);
}

#[test]
fn a_damaged_proof_or_key_is_refused_by_name() {
    let shell = proved_bid();
    let proof = fs::read(shell.path("bid.proof")).unwrap();
    let refuse = |bytes: &[u8], sentence| {
        fs::write(shell.path("bid.proof"), bytes).unwrap();
        verify(&shell, "--chain-id dev-net").assert_refused(1, sentence);
    };
    refuse(
        &proof[..proof.len() - 1],
        "a proof has 128 bytes; this has 127",
    );
    let longer = [&proof[..], &[0]].concat();
    refuse(
        &longer,
        "is not looked at: the proof has 129 bytes; the statement allows 128",
    );
    // A number beyond the field: whether a flipped bit gives a point is chance.
    let mut flipped = proof.clone();
    flipped[12..44].fill(0xff);
    refuse(
        &flipped,
        "bid.proof holds no proof: A of the proof is refused",
    );
    fs::write(shell.path("bid.proof"), &proof).unwrap();
    let key = shell.read("bid.vk.json");
    let place = key.find("\"key\": \"").unwrap() + 9;
    let digit = if &key[place..=place] == "0" { "1" } else { "0" };
    let changed = [&key[..place], digit, &key[place + 1..]].concat();
    shell.write("bid.vk.json", &changed);
    verify(&shell, "--chain-id dev-net").assert_refused(1, "the registry names the key 5d91");
    let mut key = fs::read(shell.path("bid.key")).unwrap();
    key.truncate(key.len() - 1);
    fs::write(shell.path("bid.key"), key).unwrap();
    let sentence = "bid.key is not the proving key of sealed-bid: it is shorter or longer";
    shell
        .zk(&format!("{PROVE} --force"))
        .assert_refused(74, sentence);
}

#[test]
fn a_witness_is_never_shown() {
    let shell = Shell::new();
    bid(&shell, &number(1));
    let path = shell.path("secret.json");
    fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
    let run = shell.zk(PROVE);
    let warning = "other users can read secret.json; run: chmod 600 secret.json";
    assert!(run.stderr.contains(warning), "{run:?}");
    let witness = shell.read("secret.json");
    for (from, to) in [
        (format!("\"{AMOUNT}\""), AMOUNT.to_owned()),
        (format!("\"{AMOUNT}\""), format!("\"{AMOUNT}x\"")),
        (number(7), number(7).replace("00", "ff")),
        ("\"secret\"".to_owned(), "\"secert\"".to_owned()),
    ] {
        shell.write("secret.json", &witness.replace(&from, &to));
        let run = shell.zk(&format!("{PROVE} --force"));
        assert_eq!(run.code, 74, "{run:?}");
        assert!(!run.stderr.contains(AMOUNT), "{run:?}");
        assert!(!run.stderr.contains("07ffff"), "{run:?}");
    }
    shell.write("secret.json", &witness.replace(AMOUNT, "5000001"));
    let sentence = "bid.json is not so, by secret.json: the bid is above its upper bound";
    let run = shell.zk(&format!("{PROVE} --force"));
    run.assert_refused(1, sentence);
}

/// What `zk prove` says of a claim, without a key.
fn without_key(shell: &Shell) -> Run {
    shell.zk("prove a.proof --claim claim.json --witness witness.json")
}

/// Sets up, proves and verifies what is in the shell, if whoever runs the tests
/// has the time: with `PYRALOG_SETUP=all`.
fn through_the_gate(shell: &Shell, statement: &str) {
    if std::env::var_os("PYRALOG_SETUP").is_none() {
        return;
    }
    let line = format!("setup {statement} --key key --verifying-key vk.json");
    assert_eq!(shell.zk(&line).code, 0);
    let line = "prove whole.proof --claim claim.json --witness witness.json --key key";
    let proved = shell.zk(line);
    assert_eq!(proved.code, 0, "{proved:?}");
    let line = "verify whole.proof --claim claim.json --verifying-key vk.json --chain-id dev-net";
    assert!(shell.zk(line).data().contains(statement));
}

#[test]
fn a_quorum_is_compared_with_its_set_before_a_key_is_asked_for() {
    let shell = Shell::new();
    let secrets = [1, 2, 3].map(|byte| AttestationSecret::from_seed(&[byte; 32]));
    let hash = |byte| Hash::new([byte; 32]);
    let (network, block) = (GenesisHash::new(hash(1)), BlockId::new(hash(2)));
    let message = attested(network, Height::new(7), block);
    let member = |secret: &AttestationSecret| json!({ "key": encode_hex(&secret.public().to_bytes()), "power": "10" });
    let members: Vec<Value> = secrets.iter().map(member).collect();
    let claim = json!({
        "network": network, "height": "7", "block": block, "members": members,
    });
    shell.document("claim.json", "claim", "quorum-of-four", &claim);
    let sign = |secret: &AttestationSecret| json!(encode_hex(&secret.sign(message).encode()));
    let mut attestations: Vec<Value> = secrets.iter().map(sign).collect();
    let put = |attestations: &[Value]| {
        let witness = json!({ "attestations": attestations });
        shell.document("witness.json", "witness", "quorum-of-four", &witness);
        without_key(&shell)
    };
    put(&attestations).assert_refused(2, "quorum-of-four needs its proving key");
    through_the_gate(&shell, "quorum-of-four");
    attestations.swap(0, 1);
    put(&attestations).assert_refused(1, "the attestation of member 0 is not one of its key");
    attestations.swap(0, 1);
    attestations[2] = Value::Null;
    put(&attestations).assert_refused(1, "power 20 of 30 signed; more than two thirds");
}

/// Nullifier and commitment of the notes below, by the library.
fn public_of_nothing() -> [String; 2] {
    let read = |byte: u8| {
        let bytes = std::array::from_fn(|place| if place == 0 { byte } else { 0 });
        PublicInput::from_bytes(bytes).unwrap().get()
    };
    let mut hashes = NoteHashes::default();
    let mut note = |owner, blinding| {
        let amount = Units::new(0);
        hashes.commitment(&Note {
            owner,
            amount,
            blinding,
        })
    };
    let made = note(read(4), read(5));
    let owner = NoteHashes::default().owner(read(2));
    let spent = note(owner, read(3));
    let nullifier = hashes.nullifier(read(2), spent);
    [nullifier, made].map(|number| encode_hex(&PublicInput::new(number).to_bytes()))
}

#[test]
fn a_transfer_is_compared_with_its_notes_before_a_key_is_asked_for() {
    let shell = Shell::new();
    // Notes of nothing may be nowhere; they make notes of nothing.
    let spent = json!({
        "amount": "0", "blinding": number(3), "place": "0", "path": vec![number(0); 32],
    });
    let made = json!({ "owner": number(4), "amount": "0", "blinding": number(5) });
    let mut witness = json!({
        "spending": number(2), "spent": [spent, spent], "made": [made, made],
    });
    let [nullifier, commitment] = public_of_nothing();
    let claim = json!({
        "network": number(1), "root": number(0), "nullifiers": [nullifier, nullifier],
        "commitments": [commitment, commitment], "fee": "0", "valid_until": "9",
        "encrypted": ["00".repeat(88), "00".repeat(88)],
    });
    let mut other = claim.clone();
    shell.document("claim.json", "claim", "shielded-transfer", &claim);
    shell.document(
        "witness.json",
        "witness",
        "shielded-transfer",
        &witness.clone(),
    );
    without_key(&shell).assert_refused(2, "shielded-transfer needs its proving key");
    through_the_gate(&shell, "shielded-transfer");
    other["nullifiers"][1] = json!(number(1));
    shell.document("claim.json", "claim", "shielded-transfer", &other);
    without_key(&shell).assert_refused(1, "nullifier 1 is not that of the note");
    witness["spent"][0]["amount"] = json!("5");
    shell.document(
        "witness.json",
        "witness",
        "shielded-transfer",
        &witness.clone(),
    );
    without_key(&shell).assert_refused(1, "spent note 0 is not under the root");
    witness["spent"][0]["place"] = json!("4294967296");
    shell.document("witness.json", "witness", "shielded-transfer", &witness);
    without_key(&shell).assert_refused(1, "the place is beyond the tree");
}
