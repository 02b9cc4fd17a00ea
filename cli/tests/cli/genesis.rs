//! Writing and checking genesis documents.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use pyralog_genesis::Genesis;
use pyralog_primitives::{Amount, PublicKey, SignBytes};

use crate::shell::Shell;

/// A shell with `net.toml`, which still lacks a validator.
fn started() -> Shell {
    let shell = Shell::new();
    let args = "genesis new --chain-id my-net --time 2026-11-21T00:00:00Z net.toml";
    let new = shell.run(&args.split(' ').collect::<Vec<_>>());
    assert_eq!((new.code, new.stdout.as_str()), (0, ""), "{new:?}");
    assert!(new.stderr.starts_with("wrote net.toml"));
    shell
}

const ADD_ALICE: [&str; 9] = [
    "genesis",
    "add-validator",
    "net.toml",
    "--name",
    "Alice",
    "--key",
    "alice",
    "--stake",
    "1000",
];

#[test]
fn the_way_from_nothing_to_a_valid_document() {
    let shell = started();
    let key = shell.plant("alice", 0).public_key();
    shell
        .run(&["genesis", "validate", "net.toml"])
        .assert_refused(78, "add a [[validators]] entry");

    let address = key.address().to_string();
    let account = shell.run(&["genesis", "add-account", "net.toml", &address, "0.25"]);
    assert_eq!((account.code, account.stdout.as_str()), (0, ""));
    assert!(account.stderr.contains("it is not valid yet"));
    let validator = shell.unlock(&ADD_ALICE);
    assert_eq!(validator.code, 0, "{validator:?}");
    assert_eq!(
        validator.stderr,
        "added validator 'Alice' with 1000 tokens to net.toml\n"
    );

    let text = shell.read("net.toml");
    assert!(text.starts_with("# The genesis of the network my-net."));
    let genesis = Genesis::parse(&text).unwrap();
    assert_eq!(genesis.accounts()[&key.address()], Amount::new(250_000_000));
    assert_eq!(genesis.validators()[0].public_key, key);

    let hash = genesis.hash().to_string();
    let printed = shell.run(&["genesis", "hash", "net.toml"]);
    assert_eq!(printed.data(), format!("{hash}\n"));
    let valid = shell.run(&["genesis", "validate", "net.toml"]);
    assert!(valid.data().contains(&hash) && valid.data().contains("1000.25 tokens"));
    let json = shell.run(&["genesis", "validate", "net.toml", "--output", "json"]);
    assert_eq!(json.json()["hash"], hash);
    assert_eq!(json.json()["valid"], true);
    let piped = ["genesis", "hash", "-", "--output", "json"];
    assert_eq!(shell.run_with_input(&piped, &text).json()["hash"], hash);
}

#[test]
fn a_validator_whose_key_is_elsewhere_joins_by_its_proof() {
    let shell = started();
    let (elsewhere, network) = (Shell::new(), "my-net");
    let secret = elsewhere.plant("bob", 0);
    let proof = "keys possession bob --output json --chain-id".split(' ');
    let proof: Vec<&str> = proof.chain([network]).collect();
    let proof = elsewhere.unlock(&proof).json();
    let (key, possession) = (&proof["public_key"], &proof["possession"]);
    let add = |possession: &str| {
        let args = [
            "genesis",
            "add-validator",
            "net.toml",
            "--name",
            "Bob",
            "--stake",
            "7",
            "--output",
            "json",
            "--public-key",
            key.as_str().unwrap(),
            "--possession",
            possession,
        ];
        shell.run(&args)
    };
    let foreign = secret.sign(&SignBytes::possession("other-net", &secret.public_key()));
    let before = shell.read("net.toml");
    add(&foreign.to_string()).assert_refused(78, "nothing was added");
    assert_eq!(shell.read("net.toml"), before);
    let added = add(possession.as_str().unwrap()).json();
    assert_eq!(added["stake"], "7000000000");
    assert_eq!(&added["public_key"], key);
    assert!(Genesis::parse(&shell.read("net.toml")).is_ok());
}

#[test]
fn what_would_be_a_new_mistake_is_not_added() {
    let shell = started();
    shell.plant("alice", 0);
    assert_eq!(shell.unlock(&ADD_ALICE).code, 0);
    let before = shell.read("net.toml");
    let again = shell.unlock(&ADD_ALICE);
    again.assert_refused(
        78,
        "nothing was added, because the document would get new mistakes:",
    );
    assert!(again.stderr.contains(": validators[1]"), "{again:?}");
    let address = PublicKey::new([0; 32]).address().to_string();
    let add = ["genesis", "add-account", "net.toml", &address];
    assert_eq!(shell.run(&[&add[..], &["1"]].concat()).code, 0);
    shell
        .run(&[&add[..], &["1"]].concat())
        .assert_refused(78, "accounts[1].address");
    assert!(shell.read("net.toml").starts_with(&before));
}

#[test]
fn a_document_that_cannot_be_read_is_not_appended_to() {
    let shell = Shell::new();
    let address = shell.plant("alice", 0).public_key().address().to_string();
    for text in [
        "format = 1\nchain_id = ",
        "format = 2\nchain_id = \"my-net\"\n",
    ] {
        shell.write("net.toml", text);
        shell
            .run(&["genesis", "add-account", "net.toml", &address, "1"])
            .assert_refused(78, "net.toml is not a valid genesis document, 1 mistake");
        assert_eq!(shell.read("net.toml"), text);
    }
    shell.write("net.toml", "format = 1\n");
    shell
        .unlock(&ADD_ALICE)
        .assert_refused(78, "the document has no valid chain_id");
}

#[test]
fn all_mistakes_are_listed_with_their_lines() {
    let shell = Shell::new();
    let text = "format = 1\nchain_id = \"My\"\ntime = \"soon\"\ncolour = 3\n";
    shell.write("net.toml", text);
    let run = shell.run(&["genesis", "validate", "net.toml"]);
    for line in ["line 2: chain_id: ", "line 3: time: ", "line 4: colour: "] {
        run.assert_refused(78, line);
    }
    let json = shell.run(&["genesis", "validate", "net.toml", "--output", "json"]);
    assert_eq!(json.code, 78);
    let data: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    let mistakes = data["mistakes"].as_array().unwrap();
    let chain_id = mistakes
        .iter()
        .find(|mistake| mistake["field"] == "chain_id");
    assert_eq!(chain_id.unwrap()["line"], 2);
    assert_eq!(data["valid"], false);
    shell
        .run(&["genesis", "hash", "net.toml"])
        .assert_refused(78, "line 3: time: ");
}

#[test]
fn a_new_document_goes_to_standard_output_or_to_a_new_file() {
    let shell = Shell::new();
    for kind in ["solo", "pbft", "tendermint"] {
        let args = ["genesis", "new", "--chain-id", "dev-x", "--consensus", kind];
        let text = shell.run(&args);
        assert!(text.data().contains(&format!("kind = \"{kind}\"")));
        let json = shell
            .run(&[&args[..], &["-", "--output", "json"]].concat())
            .json();
        assert!(
            json["document"]
                .as_str()
                .unwrap()
                .starts_with("# The genesis")
        );
    }
    shell.write("net.toml", "mine");
    fs::set_permissions(shell.path("net.toml"), Permissions::from_mode(0o640)).unwrap();
    let args = ["genesis", "new", "--chain-id", "abc", "net.toml"];
    shell
        .run(&args)
        .assert_refused(1, "net.toml exists; choose another name, or give --force");
    assert_eq!(shell.read("net.toml"), "mine");
    assert_eq!(shell.run(&[&args[..], &["--force"]].concat()).code, 0);
    assert!(shell.read("net.toml").contains("chain_id = \"abc\""));
    let mode = fs::metadata(shell.path("net.toml"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o640);
}

#[test]
fn a_document_may_flow_through_pipes() {
    let shell = Shell::new();
    let secret = shell.plant("alice", 0);
    let address = secret.public_key().address().to_string();
    let new = shell.run(&["genesis", "new", "--chain-id", "my-net"]);
    let account = shell.run_with_input(&["genesis", "add-account", "-", &address, "3"], new.data());
    let mut args = ADD_ALICE;
    args[2] = "-";
    let args = [&args[..], &["--password-file", "password"]].concat();
    let validator = shell.run_with_input(&args, account.data());
    assert!(Genesis::parse(validator.data()).is_ok());
    let twice = [&args[..9], &["--password-file", "-"]].concat();
    shell
        .run_with_input(&twice, account.data())
        .assert_refused(2, "standard input cannot give both");
}

#[test]
fn wrong_arguments_are_named() {
    let shell = started();
    shell.plant("alice", 0);
    let address = PublicKey::new([0; 32]).address().to_string();
    let upper = address.to_uppercase();
    for (args, code, sentence) in [
        ("new", 2, "--chain-id <ID>"),
        ("new --chain-id My", 2, "may not stand in a chain id"),
        (
            "new --chain-id abc --consensus pow",
            2,
            "[possible values: solo, pbft, tendermint]",
        ),
        (
            "new --chain-id abc --time 2026-02-30T00:00:00Z",
            2,
            "--time: no such date and time",
        ),
        (
            "new --chain-id abc --time 1999-01-01T00:00:00Z",
            2,
            "--time: ",
        ),
        ("new --chain-id abc --time 1\"\nformat=2", 2, "--time: "),
        (
            "add-account net.toml pyr1oops 1",
            2,
            "is not a valid address",
        ),
        (
            &format!("add-account net.toml {upper} 1"),
            2,
            "write it in lower case",
        ),
        (
            &format!("add-account net.toml {address} 1,5"),
            2,
            "write tokens such as 12 or 0.5",
        ),
        (
            &format!("add-account net.toml {address} 1.0000000001"),
            2,
            "more than nine decimals",
        ),
        (
            "add-validator net.toml --name A --stake 1",
            2,
            "--key <NAME>",
        ),
        (
            "add-validator net.toml --name A --stake 1 --key carol",
            1,
            "there is no key 'carol'",
        ),
        (
            "add-validator net.toml --name A --stake 1 --key alice",
            2,
            "there is no terminal",
        ),
        (
            "add-validator net.toml --name A --stake 1 --public-key 00",
            2,
            "expected 32 bytes",
        ),
    ] {
        let args: Vec<&str> = ["genesis"].into_iter().chain(args.split(' ')).collect();
        shell.run(&args).assert_refused(code, sentence);
    }
    let (stake, key) = ("add-validator net.toml --name A --stake 1", "00".repeat(32));
    let args = format!("genesis {stake} --public-key {key}");
    shell
        .run(&args.split(' ').collect::<Vec<_>>())
        .assert_refused(2, "--possession <HEX>");
}

#[test]
fn files_that_cannot_be_read_or_written_are_named() {
    let shell = Shell::new();
    fs::create_dir(shell.path("directory")).unwrap();
    fs::write(shell.path("binary"), [0xff, 0xfe]).unwrap();
    for (args, sentence) in [
        (
            "new --chain-id abc missing/net.toml",
            "cannot write missing/net.toml: No such file",
        ),
        (
            "new --chain-id abc password/net.toml",
            "cannot write password/net.toml: Not a dir",
        ),
        (
            "validate missing.toml",
            "cannot read missing.toml: No such file",
        ),
        ("validate directory", "cannot read directory: "),
        ("hash binary", "binary is not text in UTF-8"),
        (
            "add-account missing.toml ADDRESS 1",
            "cannot read missing.toml: No such file",
        ),
    ] {
        let address = PublicKey::new([0; 32]).address().to_string();
        let args = args.replace("ADDRESS", &address);
        let args: Vec<&str> = ["genesis"].into_iter().chain(args.split(' ')).collect();
        shell.run(&args).assert_refused(74, sentence);
    }
}
