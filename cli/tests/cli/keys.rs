//! Showing keys, signing and checking.

use pyralog_primitives::SignBytes;

use crate::shell::Shell;

#[test]
fn keys_are_listed_in_order_of_name() {
    let shell = Shell::new();
    let empty = shell.run(&["keys", "list"]);
    assert_eq!((empty.code, empty.stdout.as_str()), (0, ""));
    assert!(
        empty
            .stderr
            .contains("make one with: pyralog keys new NAME")
    );
    assert_eq!(
        shell.run(&["keys", "list", "--output", "json"]).stdout,
        "[]\n"
    );

    let bob = shell.plant("bob", 1).public_key();
    let alice = shell.plant("al", 0).public_key();
    shell.write("home/keys/notes.txt", "not a key");
    shell.write("home/keys/Not A Name.json", "not a key");
    let expected = format!(
        "al   {}  for tests\nbob  {}  for tests\n",
        alice.address(),
        bob.address()
    );
    assert_eq!(shell.run(&["keys", "list"]).data(), expected);
    let json = shell.run(&["keys", "list", "--output", "json"]).json();
    assert_eq!(json[0]["name"], "al");
    assert_eq!(json[1]["public_key"], bob.to_string());
    assert_eq!(json[1]["path"], "m/44'/9797'/1'/0'/0'");
}

#[test]
fn a_damaged_key_hides_no_other() {
    let shell = Shell::new();
    shell.plant("alice", 0);
    shell.write("home/keys/broken.json", "{");
    let run = shell.run(&["keys", "list"]);
    assert_eq!(run.code, 74);
    assert!(run.stdout.starts_with("alice  pyr1"));
    assert!(
        run.stderr
            .contains("broken.json: the file is cut off after 1 bytes")
    );
    shell
        .run(&["keys", "show", "broken"])
        .assert_refused(74, "broken.json: the file is cut off");
}

#[test]
fn the_parts_of_a_key_are_shown_without_a_password() {
    let shell = Shell::new();
    let key = shell.plant("alice", 0).public_key();
    let text = shell.run(&["keys", "show", "alice"]);
    for part in [key.to_string(), key.address().to_string()] {
        assert!(text.data().contains(&part));
    }
    let one = |flag| {
        shell
            .run(&["keys", "show", "alice", flag])
            .data()
            .to_owned()
    };
    assert_eq!(one("--public-key"), format!("{key}\n"));
    assert_eq!(one("--address"), format!("{}\n", key.address()));
    let args = ["keys", "show", "alice", "--address", "--output", "json"];
    assert_eq!(shell.run(&args).json(), key.address().to_string());
    shell
        .run(&["keys", "show", "carol"])
        .assert_refused(1, "there is no key 'carol' in ");
}

#[test]
fn a_signature_is_over_the_text_from_wherever_it_comes() {
    let shell = Shell::new();
    let secret = shell.plant("alice", 0);
    let expected = format!("{}\n", secret.sign(&SignBytes::text(b"hello")));
    shell.write("text", "hello");
    assert_eq!(
        shell.unlock(&["keys", "sign", "alice", "hello"]).data(),
        expected
    );
    let file = shell.unlock(&["keys", "sign", "alice", "--file", "text"]);
    assert_eq!(file.data(), expected);
    for dash in [&["-"][..], &[]] {
        let args = [
            &["keys", "sign", "alice", "--password-file", "password"],
            dash,
        ]
        .concat();
        assert_eq!(shell.run_with_input(&args, "hello").data(), expected);
    }
    let json = shell.unlock(&["keys", "sign", "alice", "hello", "--output", "json"]);
    assert_eq!(json.json()["signature"], expected.trim_end());
    assert_eq!(json.json()["public_key"], secret.public_key().to_string());
}

#[test]
fn a_signature_verifies_for_its_text_and_key_only() {
    let shell = Shell::new();
    let secret = shell.plant("alice", 0);
    shell.plant("bob", 1);
    let signature = secret.sign(&SignBytes::text(b"hello")).to_string();
    let key = secret.public_key().to_string();
    let address = secret.public_key().address().to_string();
    for signer in ["alice", &key, &address] {
        let run = shell.run(&["keys", "verify", signer, &signature, "hello"]);
        assert_eq!(run.data(), format!("the signature is that of key {key}\n"));
    }
    let args = ["keys", "verify", "alice", &signature];
    let piped = shell.run_with_input(&args, "hello");
    assert!(piped.data().contains(&key));

    let sentence = "the signature does not verify";
    for (signer, text) in [("alice", "hello\n"), ("bob", "hello")] {
        let args = ["keys", "verify", signer, &signature, text];
        shell.run(&args).assert_refused(1, sentence);
        let json = shell.run(&[&args[..], &["--output", "json"]].concat());
        assert_eq!(
            (json.code, json.stdout.contains("\"valid\": false")),
            (1, true)
        );
    }
}

#[test]
fn bad_signers_and_signatures_are_named() {
    let shell = Shell::new();
    let secret = shell.plant("alice", 0);
    let signature = secret.sign(&SignBytes::text(b"hello")).to_string();
    let small_order = format!("01{}", "00".repeat(31));
    let upper = secret.public_key().to_string().to_uppercase();
    let unknown = pyralog_primitives::PublicKey::new([0; 32])
        .address()
        .to_string();
    for (signer, signature, code, sentence) in [
        (
            "alice",
            "00ff",
            2,
            "expected 64 bytes (128 hex digits), found 2 bytes",
        ),
        ("carol", &signature, 1, "there is no key 'carol'"),
        (
            &small_order,
            &signature,
            1,
            "small order: anyone could sign",
        ),
        (
            &unknown,
            &signature,
            1,
            "an address is a hash, so give the public key itself",
        ),
        ("pyr1qqq", &signature, 2, "is not a valid address"),
        (&upper, &signature, 2, "not a public key"),
    ] {
        shell
            .run(&["keys", "verify", signer, signature, "hello"])
            .assert_refused(code, sentence);
    }
}

#[test]
fn a_possession_is_for_one_chain_and_key() {
    let shell = Shell::new();
    let secret = shell.plant("alice", 0);
    let key = secret.public_key();
    let possession = secret.sign(&SignBytes::possession("my-net", &key));
    let args = ["keys", "possession", "alice", "--chain-id", "my-net"];
    let text = shell.unlock(&args);
    assert_eq!(
        text.data(),
        format!("public key  {key}\npossession  {possession}\n")
    );
    let json = shell
        .unlock(&[&args[..], &["--output", "json"]].concat())
        .json();
    assert_eq!(json["chain_id"], "my-net");
    assert_eq!(json["public_key"], key.to_string());
    assert_eq!(json["possession"], possession.to_string());
    shell
        .unlock(&["keys", "possession", "alice", "--chain-id", "My_net"])
        .assert_refused(2, "may not stand in a chain id");
}
