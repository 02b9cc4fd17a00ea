//! Proofs of statements, over files.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::shell::{Run, Shell};

/// A number, and a digest, with this first byte.
pub(crate) fn number(byte: u8) -> String {
    format!("{byte:02x}{}", "00".repeat(31))
}

impl Shell {
    /// Writes a document that only its owner reads.
    pub(crate) fn document(&self, file: &str, kind: &str, statement: &str, content: &Value) {
        let document = json!({
            "document": kind,
            "version": 1,
            "statement": statement,
            "content": content,
        });
        let path = self.write(file, &document.to_string());
        fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
    }

    pub(crate) fn zk(&self, line: &str) -> Run {
        let args: Vec<&str> = ["zk"].into_iter().chain(line.split_whitespace()).collect();
        self.run(&args)
    }
}

/// What a batch of so many records needs.
pub(crate) fn batch(shell: &Shell, records: u32) {
    let from = json!({ "digest": number(0), "count": "0", "last": "0", "totals": ["0", "0"] });
    let record = |place: u32| {
        json!({
            "sequence": (3 * place + 1).to_string(),
            "amounts": [7 * place, place],
            "content": number(u8::try_from(place % 256).unwrap()),
        })
    };
    let records: Vec<Value> = (0..records).map(record).collect();
    shell.document(
        "claim.json",
        "claim",
        "append-batch",
        &json!({ "from": from }),
    );
    let witness = json!({ "records": records });
    shell.document("witness.json", "witness", "append-batch", &witness);
}

/// What an inclusion needs.
fn inclusion(shell: &Shell) {
    let claim = json!({ "leaf": number(5), "index": "3", "depth": 16 });
    shell.document("claim.json", "claim", "merkle-inclusion", &claim);
    let path: Vec<String> = (0..16).map(number).collect();
    let witness = json!({ "path": path });
    shell.document("witness.json", "witness", "merkle-inclusion", &witness);
}

const PROVE: &str = "prove a.proof --claim claim.json --witness witness.json --save-claim all.json";
const VERIFY: &str = "verify a.proof --claim all.json";

/// A shell with a batch that was proved.
fn proved_batch() -> Shell {
    let shell = Shell::new();
    batch(&shell, 3);
    assert_eq!(shell.zk(PROVE).code, 0);
    shell
}

/// Changes the proof, its head and all, and verifies it.
fn changed(shell: &Shell, change: impl FnOnce(&mut Vec<u8>)) -> Run {
    let mut bytes = fs::read(shell.path("a.proof")).unwrap();
    change(&mut bytes);
    fs::write(shell.path("b.proof"), bytes).unwrap();
    shell.zk("verify b.proof --claim all.json")
}

#[test]
fn records_are_proved_and_the_claim_is_completed() {
    let shell = Shell::new();
    batch(&shell, 3);
    let run = shell.zk(PROVE);
    assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{run:?}");
    let hint = "pyralog zk verify a.proof --claim all.json";
    assert!(run.stderr.contains(hint), "{run:?}");
    let claim: Value = serde_json::from_str(&shell.read("all.json")).unwrap();
    assert_eq!(claim["content"]["to"]["count"], "3");
    assert_eq!(claim["content"]["to"]["totals"], json!(["21", "3"]));
    let held = shell.zk(VERIFY);
    assert!(held.data().contains("not zero-knowledge"), "{held:?}");
    let json = shell.zk(&format!("{VERIFY} --output json")).json();
    assert_eq!(json["proved"], true);
    assert_eq!(json["statement"], "append-batch");
    assert!(json["proof_bytes"].as_u64().unwrap() > 10_000);
    // The file has a head in front of the proof.
    let bytes = fs::read(shell.path("a.proof")).unwrap();
    assert_eq!(&bytes[..12], b"PYRZKP\x01\0\x05\0\0\0");
}

#[test]
fn inclusion_and_linkage_are_proved_too() {
    let shell = Shell::new();
    inclusion(&shell);
    let made = shell.zk(&format!("{PROVE} --output json")).json();
    assert_eq!(made["claim_file"], "all.json");
    let root = made["claim"]["content"]["root"].as_str().unwrap();
    assert_eq!(root.len(), 64);
    assert!(
        shell
            .zk(VERIFY)
            .data()
            .contains("the leaf is at that place")
    );

    let from = json!({ "link": number(1), "height": "7", "time": "1000" });
    shell.document(
        "claim.json",
        "claim",
        "header-linkage",
        &json!({ "from": from }),
    );
    let header =
        |time: u32| json!({ "state": number(2), "time": time.to_string(), "set": number(3) });
    let witness = json!({ "headers": [header(1001), header(1002)] });
    shell.document("witness.json", "witness", "header-linkage", &witness);
    let made = shell.zk(&format!("{PROVE} --force --output json")).json();
    assert_eq!(made["claim"]["content"]["to"]["height"], "9");
    assert!(shell.zk(VERIFY).data().contains("headers lead"));
}

#[test]
fn a_proof_that_does_not_hold_is_refused_for_its_reason() {
    let shell = proved_batch();
    let sentence = "a.proof proves nothing: the proof does not hold for these public inputs";
    let claim = shell.read("all.json");
    shell.write("all.json", &claim.replace(&number(0), &number(1)));
    let refused = "the new digest does not follow from the old one and the batch";
    shell.zk(VERIFY).assert_refused(1, refused);
    let other = Shell::new();
    inclusion(&other);
    other.zk(PROVE);
    let inclusion = other.read("all.json");
    other.write("all.json", &inclusion.replace("\"3\"", "\"4\""));
    other.zk(VERIFY).assert_refused(1, sentence);
    let json = other.zk(&format!("{VERIFY} --output json"));
    let view: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!((json.code, &view["proved"]), (1, &json!(false)));
    assert_eq!(view["step"], "proof");
    assert!(view["problem"].as_str().unwrap().contains(sentence));
    shell.write("all.json", &inclusion);
    let sentence = "a.proof is a proof of append-batch, and the claim is one of merkle-inclusion";
    shell.zk(VERIFY).assert_refused(1, sentence);
    let sentence = "all.json: it is a claim, and a verifying key is needed";
    let bid = json!({ "commitment": number(1), "from": "0", "to": "1", "network": number(1),
        "shown": number(1) });
    shell.document("all.json", "claim", "sealed-bid", &bid);
    let line = format!("{VERIFY} --verifying-key all.json --chain-id dev-net");
    shell.zk(&line).assert_refused(2, sentence);
}

#[test]
fn a_file_that_is_cut_padded_or_another_is_refused_by_name() {
    let shell = proved_batch();
    let refuse = |change: &dyn Fn(&mut Vec<u8>), sentence| {
        changed(&shell, change).assert_refused(1, sentence);
    };
    refuse(&|bytes| bytes[0] = b'p', "b.proof is no file of a proof");
    refuse(&|bytes| bytes.truncate(11), "b.proof is no file of a proof");
    refuse(
        &|bytes| bytes[6] = 2,
        "of version 2, and this program reads",
    );
    refuse(
        &|bytes| bytes[8] = 99,
        "a proof of statement 99, which this",
    );
    refuse(&|bytes| bytes.truncate(12), "b.proof proves nothing");
    refuse(
        &|bytes| bytes.truncate(bytes.len() - 1),
        "b.proof proves nothing",
    );
    refuse(&|bytes| bytes.push(0), "b.proof proves nothing");
    refuse(
        &|bytes| bytes.resize(12 + 512 * 1024 + 1, 0),
        "b.proof is not looked at: the proof has 524289 bytes; the statement allows 524288",
    );
    let line = "verify b.proof --claim all.json --output json";
    let view: Value = serde_json::from_str(&shell.zk(line).stdout).unwrap();
    assert_eq!(view["step"], "admission");
    shell
        .zk("verify none --claim all.json")
        .assert_refused(74, "cannot read none");
}

#[test]
fn what_is_not_so_is_refused_before_any_proof() {
    let shell = Shell::new();
    batch(&shell, 3);
    let witness = shell.read("witness.json");
    shell.write(
        "witness.json",
        &witness.replace("\"sequence\":\"7\"", "\"sequence\":\"4\""),
    );
    let sentence = "claim.json is not so, by witness.json: record 2 has sequence number 4 after 4";
    shell.zk(PROVE).assert_refused(1, sentence);
    shell.write("witness.json", &witness);
    assert_eq!(shell.zk(PROVE).code, 0);
    let claim = shell.read("all.json");
    shell.write("claim.json", &claim.replace("\"21\"", "\"22\""));
    let sentence = "'to' of the claim is not what follows from the witness";
    shell
        .zk(&format!("{PROVE} --force"))
        .assert_refused(1, sentence);
}

#[test]
fn files_are_asked_for_before_the_work_and_never_overwritten() {
    let shell = proved_batch();
    shell
        .zk(PROVE)
        .assert_refused(1, "all.json exists; choose another name");
    let line = "prove a.proof --claim all.json --witness witness.json";
    shell
        .zk(line)
        .assert_refused(1, "a.proof exists; choose another name");
    // Not even the claim was read.
    shell
        .zk("prove a.proof --claim none.json --witness witness.json")
        .assert_refused(1, "a.proof exists");
    let before = fs::read(shell.path("a.proof")).unwrap();
    let again = shell.zk(&format!("{line} --force"));
    assert_eq!(again.code, 0, "{again:?}");
    assert_eq!(fs::read(shell.path("a.proof")).unwrap().len(), before.len());
    let sentence = "claim.json leaves out what follows from the witness";
    shell
        .zk("prove b.proof --claim claim.json --witness witness.json")
        .assert_refused(2, sentence);
    let sentence = "all.json claims nothing that can be proved: it leaves out 'to'";
    shell.write("all.json", &shell.read("claim.json"));
    shell.zk(VERIFY).assert_refused(1, sentence);
    let sentence = "append-batch is proved without a key; leave it out";
    shell
        .zk(&format!("{line} --force --key a.proof"))
        .assert_refused(2, sentence);
    shell
        .zk("verify a.proof --claim all.json --verifying-key a.proof")
        .assert_refused(2, sentence);
    let sentence = "standard input cannot give two documents";
    shell
        .zk("prove b.proof --claim - --witness -")
        .assert_refused(2, sentence);
    shell.zk("verify - --claim -").assert_refused(2, sentence);
    let nowhere = "prove no/b.proof --claim claim.json --witness witness.json --save-claim c.json";
    shell
        .zk(nowhere)
        .assert_refused(74, "cannot write no/b.proof");
    assert!(!shell.path("c.json").exists());
}

#[test]
fn documents_are_told_apart_and_faults_have_a_place() {
    let shell = Shell::new();
    batch(&shell, 3);
    let line = "prove a.proof --claim witness.json --witness claim.json --save-claim all.json";
    let sentence = "witness.json: it is a witness, and a claim is needed";
    shell.zk(line).assert_refused(2, sentence);
    let claim = shell.read("claim.json");
    shell.write(
        "claim.json",
        &claim.replace("append-batch", "header-linkage"),
    );
    let sentence = "witness.json: it is one of append-batch, and one of header-linkage is needed";
    shell.zk(PROVE).assert_refused(2, sentence);
    shell.write(
        "claim.json",
        &claim.replace("\"version\":1", "\"version\":2"),
    );
    let sentence = "claim.json: it is of version 2, and this program reads version 1";
    shell.zk(PROVE).assert_refused(74, sentence);
    shell.write("claim.json", &claim.replace("\"last\"", "\n\"lsat\""));
    let sentence = "claim.json: line 2, column 6: unknown field `lsat`, expected one of";
    shell.zk(PROVE).assert_refused(74, sentence);
    shell.write("claim.json", &claim[..40]);
    shell.zk(PROVE).assert_refused(74, "it ends too soon");
    shell.write("claim.json", &claim.replace(&number(0), &"ff".repeat(32)));
    let sentence = "element 0 of the digest is not below 2^64 - 2^32 + 1";
    shell.zk(PROVE).assert_refused(74, sentence);
}

#[test]
fn statements_say_what_a_proof_is_worth() {
    let shell = Shell::new();
    let all = shell.zk("statements --output json").json();
    let all = all.as_array().unwrap();
    assert_eq!(all.len(), 6);
    for (place, one) in all.iter().enumerate() {
        assert_eq!(one["id"], place + 1);
        let is_stark = one["system"]["kind"] == "stark";
        assert_eq!(one["system"]["zero_knowledge"].is_boolean(), is_stark);
        assert_eq!(one["system"]["unsafe"].is_boolean(), !is_stark);
        let name = one["name"].as_str().unwrap();
        let run = shell.zk(&format!("statements {name}"));
        let text = run.data();
        assert!(text.contains(&format!("{name} (statement {})", place + 1)));
        // It is read on a terminal.
        assert!(
            text.lines().all(|line| line.chars().count() <= 80),
            "{text}"
        );
    }
    let text = shell.zk("statements");
    assert_eq!(text.data().matches("UNSAFE").count(), 3);
    assert_eq!(text.data().matches("not zero-knowledge").count(), 3);
    shell
        .zk("statements sealed")
        .assert_refused(2, "'sealed-bid'");
}
