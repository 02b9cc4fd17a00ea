//! Signing guards: shown, exported and imported, but never beside a node.

use std::fs;
use std::path::PathBuf;

use pyralog_files::FileDisk;
use pyralog_guard::{Guard, Interchange, guard_file};
use pyralog_primitives::{Address, GenesisHash, Hash};
use serde_json::{Value, json};

use crate::shell::{Shell, nobody_starts};

fn network(number: u8) -> GenesisHash {
    GenesisHash::new(Hash::new([number; 32]))
}

/// The text of an export by another machine.
fn exported(network: GenesisHash, address: Address, height: u64, root: Option<u8>) -> String {
    let signed = |step: &str| {
        json!({
            "height": height.to_string(),
            "round": "2",
            "step": step,
            "signing_root": root.map(|byte| Hash::new([byte; 32])),
        })
    };
    let text = json!({
        "format": "pyralog-guard-interchange",
        "version": 1,
        "genesis_hash": network,
        "address": address,
        "signed": [signed("prevote"), signed("precommit")],
    });
    text.to_string()
}

/// A guard that has signed up to this height, as a node leaves it.
fn plant(shell: &Shell, network: GenesisHash, address: Address, height: u64) -> PathBuf {
    let file = guard_file(&shell.path("home"), network, address);
    let _alone = nobody_starts();
    let (mut guard, _) = Guard::open(FileDisk::open(&file).unwrap(), network, address).unwrap();
    let text = exported(network, address, height, Some(1));
    let signed = Interchange::from_json(text.as_bytes()).unwrap();
    guard.import(&signed).unwrap();
    file
}

#[test]
fn a_guard_moves_from_one_machine_to_another() {
    let (old, new) = (Shell::new(), Shell::new());
    let address = old.plant("alice", 0).public_key().address();
    new.plant("alice", 0);
    let file = plant(&old, network(7), address, 41);
    let shown = old.run(&["validator", "guard", "show", "alice"]);
    for part in [
        address.to_string(),
        network(7).to_string(),
        "signed up to  height 41, round 2, precommit".to_owned(),
        file.display().to_string(),
    ] {
        assert!(shown.data().contains(&part), "{part}");
    }

    let export = old.run(&["validator", "guard", "export", "alice", "out.json"]);
    assert_eq!((export.code, export.stdout.as_str()), (0, ""));
    assert!(
        export
            .stderr
            .contains("this machine must not sign with the key")
    );
    let piped = old.run(&["validator", "guard", "export", "alice"]);
    assert_eq!(piped.stdout, old.read("out.json"));

    let import = ["validator", "guard", "import", "alice", "-"];
    let imported = new.run_with_input(&import, &piped.stdout);
    assert!(imported.data().contains("height 41, round 2, precommit"));
    let show = ["validator", "guard", "show", "--output", "json"];
    let (was, is) = (old.run(&show).json(), new.run(&show).json());
    for field in ["address", "genesis_hash", "signed"] {
        assert_eq!(was[0][field], is[0][field], "{field}");
    }
    assert_eq!(is[0]["signed"][1]["step"], "precommit");
    let again = new.run_with_input(
        &[&import[..], &["--output", "json"]].concat(),
        &piped.stdout,
    );
    assert_eq!(again.json()["raised"], Value::Bool(false));
    assert!(again.stderr.contains("known here already"));
}

#[test]
fn an_import_only_raises_and_says_where_a_key_was_used_twice() {
    let shell = Shell::new();
    let address = shell.plant("alice", 0).public_key().address();
    plant(&shell, network(7), address, 41);
    let import = |text: &str| {
        shell.write("in.json", text);
        let args = [
            "validator",
            "guard",
            "import",
            "alice",
            "in.json",
            "--output",
            "json",
        ];
        shell.run(&args)
    };
    let low = import(&exported(network(7), address, 40, Some(2))).json();
    assert_eq!(low["raised"], Value::Bool(false));
    assert_eq!(low["signed"][1]["height"], "41");
    let twice = import(&exported(network(7), address, 41, Some(2)));
    assert!(
        twice
            .stderr
            .contains("two things at height 41, round 2, prevote")
    );
    assert_eq!(twice.json()["conflicts"].as_array().unwrap().len(), 2);
    let high = import(&exported(network(7), address, 42, None)).json();
    assert_eq!(high["raised"], Value::Bool(true));
    assert_eq!(high["signed"][1]["height"], "42");
}

#[test]
fn nothing_is_done_beside_a_node_that_signs() {
    let shell = Shell::new();
    let address = shell.plant("alice", 0).public_key().address();
    let file = plant(&shell, network(7), address, 41);
    let before = fs::read(&file).unwrap();
    shell.write("in.json", &exported(network(7), address, 50, None));
    let node = FileDisk::open(&file).unwrap();
    for args in ["show", "export alice", "import alice in.json"] {
        let args: Vec<&str> = ["validator", "guard"]
            .into_iter()
            .chain(args.split(' '))
            .collect();
        let run = shell.run(&args);
        run.assert_refused(73, "looks at its guard, right now. Stop it first");
        run.assert_refused(73, &format!("in use by process {}", std::process::id()));
    }
    let starting = nobody_starts();
    drop(node);
    drop(starting);
    assert_eq!(fs::read(&file).unwrap(), before);
    assert_eq!(shell.run(&["validator", "guard", "show"]).code, 0);
}

#[test]
fn of_several_networks_one_has_to_be_named() {
    let shell = Shell::new();
    let address = shell.plant("alice", 0).public_key().address();
    let bob = shell.plant("bob", 1).public_key().address();
    for (network, address, height) in [
        (network(7), address, 41),
        (network(8), address, 3),
        (network(7), bob, 9),
    ] {
        plant(&shell, network, address, height);
    }
    let shown = |args: &[&str]| {
        let show = [&["validator", "guard", "show", "--output", "json"], args].concat();
        shell.run(&show).json().as_array().unwrap().len()
    };
    assert_eq!([shown(&[]), shown(&["alice"]), shown(&["bob"])], [3, 2, 1]);
    shell
        .run(&["validator", "guard", "export", "alice"])
        .assert_refused(2, "validates on several networks; give --genesis HASH");
    let genesis = network(8).to_string();
    let export = shell.run(&[
        "validator",
        "guard",
        "export",
        "alice",
        "--genesis",
        &genesis,
    ]);
    assert_eq!(export.json()["signed"][0]["height"], "3");
    let address = bob.to_string();
    let export = shell.run(&["validator", "guard", "export", &address]);
    assert_eq!(export.json()["signed"][0]["height"], "9");
}

#[test]
fn what_is_foreign_damaged_or_missing_is_named() {
    let shell = Shell::new();
    let address = shell.plant("alice", 0).public_key().address();
    let bob = shell.plant("bob", 1).public_key().address();
    let none = shell.run(&["validator", "guard", "show"]);
    assert_eq!((none.code, none.stdout.as_str()), (0, ""));
    assert!(none.stderr.contains("there is no guard in"));
    shell.write("bob.json", &exported(network(7), bob, 5, None));
    shell.write("none.json", "{}");
    for (args, code, sentence) in [
        ("export alice", 1, "there is no guard of pyr1"),
        (
            "import alice bob.json",
            1,
            "the interchange is of the key of pyr1",
        ),
        (
            "import alice none.json",
            1,
            "none.json: the text is no interchange of Pyralog",
        ),
        ("import alice missing.json", 74, "cannot read missing.json"),
        ("import carol bob.json", 1, "there is no key 'carol'"),
        ("import alice", 2, "<FILE>"),
        ("export alice --genesis 00", 2, "expected 32 bytes"),
    ] {
        let args: Vec<&str> = ["validator", "guard"]
            .into_iter()
            .chain(args.split(' '))
            .collect();
        shell.run(&args).assert_refused(code, sentence);
    }
    assert!(
        !shell.path("home/guard").exists(),
        "a refusal began a guard"
    );

    let file = plant(&shell, network(7), address, 41);
    let name = file.file_name().unwrap().to_str().unwrap();
    let whole = fs::read(&file).unwrap();
    let mut bytes = whole.clone();
    bytes[300] ^= 1;
    fs::write(&file, &bytes).unwrap();
    let mended = shell.run(&["validator", "guard", "show"]);
    assert_eq!(mended.code, 0);
    assert!(
        mended
            .stderr
            .contains("was mended; damaged copies in it: 1")
    );
    assert_eq!(fs::read(&file).unwrap(), whole);
    // Both copies of the header.
    (bytes[100], bytes[228]) = (1, 1);
    fs::write(&file, &bytes).unwrap();
    for args in [&["show"][..], &["export", "alice"]] {
        let args = [&["validator", "guard"], args].concat();
        let run = shell.run(&args);
        run.assert_refused(
            74,
            &format!("{name}: the signing guard is damaged at byte 0"),
        );
        run.assert_refused(74, "Do not delete the file");
    }
    fs::write(&file, "something else").unwrap();
    shell
        .run(&["validator", "guard", "show"])
        .assert_refused(1, "the file is no signing guard of Pyralog");
}

#[test]
fn an_export_does_not_overwrite_by_accident() {
    let shell = Shell::new();
    let address = shell.plant("alice", 0).public_key().address();
    plant(&shell, network(7), address, 41);
    shell.write("out.json", "mine");
    let args = ["validator", "guard", "export", "alice", "out.json"];
    shell.run(&args).assert_refused(1, "out.json exists");
    assert_eq!(shell.read("out.json"), "mine");
    let forced = shell.run(&[&args[..], &["--force", "--output", "json"]].concat());
    assert_eq!(
        forced.json(),
        serde_json::from_str::<Value>(&shell.read("out.json")).unwrap()
    );
}

#[test]
fn a_guard_that_cannot_be_opened_hides_no_other() {
    let shell = Shell::new();
    let address = shell.plant("alice", 0).public_key().address();
    let damaged = plant(&shell, network(7), address, 41);
    plant(&shell, network(8), address, 42);
    fs::write(&damaged, b"nothing of ours").unwrap();
    let run = shell.run(&["validator", "guard", "show"]);
    assert_ne!(run.code, 0);
    assert!(run.stdout.contains("height 42"), "{}", run.stdout);
    assert!(
        run.stderr.contains(damaged.to_str().unwrap()),
        "{}",
        run.stderr
    );
}
