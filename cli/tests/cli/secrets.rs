//! Making, importing and exporting keys.
//!
//! The program stretches passwords at its full cost here, so runs are few.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;

use pyralog_primitives::text::encode_hex;

use crate::shell::{MNEMONIC, PASSWORD, Shell, key_file};

#[test]
fn a_new_key_comes_back_from_its_mnemonic() {
    let shell = Shell::new();
    let new = shell.unlock(&["keys", "new", "alice"]);
    assert_eq!(new.code, 0, "{new:?}");
    assert!(
        new.stderr
            .starts_with("warning: write the mnemonic on paper")
    );
    let mnemonic = new.stdout.lines().last().unwrap();
    assert_eq!(mnemonic.split(' ').count(), 24);
    assert!(!new.stderr.contains(mnemonic));

    let file = shell.read(&key_file("alice"));
    assert!(!file.contains(PASSWORD) && !file.contains(mnemonic));
    let mode = |path: &str| fs::metadata(shell.path(path)).unwrap().permissions().mode();
    assert_eq!(mode("home/keys/alice.json") & 0o777, 0o600);
    assert_eq!(mode("home/keys") & 0o777, 0o700);
    assert!(file.contains("\"memory_kib\": 65536") && file.contains("\"passes\": 3"));

    let args = ["keys", "import", "again", "--password-file", "password"];
    let import = shell.run_with_input(&args, &format!("{mnemonic}\n"));
    let address = shell.run(&["keys", "show", "alice", "--address"]);
    assert!(import.data().contains(address.data().trim_end()));
    assert!(!import.stdout.contains(mnemonic));
    let again = shell.run(&["keys", "show", "again", "--public-key"]);
    assert!(new.stdout.contains(again.data().trim_end()));
}

#[test]
fn a_new_key_as_json_has_the_words_and_account_asked_for() {
    let shell = Shell::new();
    let args = "keys new bob --words 12 --account 5 --description savings --output json";
    let args: Vec<&str> = args.split(' ').collect();
    let new = shell.unlock(&args).json();
    let words = new["mnemonic"].as_str().unwrap().split(' ').count();
    assert_eq!(words, 12);
    assert_eq!(new["path"], "m/44'/9797'/5'/0'/0'");
    assert_eq!(new["description"], "savings");
    let shown = shell
        .run(&["keys", "show", "bob", "--output", "json"])
        .json();
    for field in [
        "name",
        "address",
        "public_key",
        "path",
        "description",
        "file",
    ] {
        assert_eq!(new[field], shown[field], "{field}");
    }
    assert!(shown.get("mnemonic").is_none());
}

#[test]
fn a_key_whose_mnemonic_cannot_be_shown_is_not_made() {
    let shell = Shell::new();
    let (reader, writer) = io::pipe().unwrap();
    drop(reader);
    let args = ["keys", "new", "alice", "--password-file", "password"];
    let starting = crate::shell::nobody_starts();
    let output = shell.command(&args).stdout(writer).output().unwrap();
    drop(starting);
    assert_eq!(output.status.code(), Some(74));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("could not be shown, so no key was made"),
        "{said}"
    );
    assert_eq!(fs::read_dir(shell.path("home/keys")).unwrap().count(), 0);
}

#[test]
fn a_key_is_never_overwritten() {
    let shell = Shell::new();
    shell.plant("alice", 0);
    let before = shell.read(&key_file("alice"));
    let sentence = "a key 'alice' exists in ";
    shell
        .unlock(&["keys", "new", "alice"])
        .assert_refused(1, sentence);
    let args = ["keys", "import", "alice", "--password-file", "password"];
    shell
        .run_with_input(&args, MNEMONIC)
        .assert_refused(1, sentence);
    assert_eq!(shell.read(&key_file("alice")), before);
}

#[test]
fn bad_mnemonics_are_refused_without_repeating_them() {
    let shell = Shell::new();
    for (text, sentence) in [
        ("", "a mnemonic has 12, 15, 18, 21 or 24 words, not 0"),
        (
            &MNEMONIC.replace("sausage", "susage"),
            "word 6 is not in the English word list; is it 'sausage'?",
        ),
        (
            &MNEMONIC.replace("yellow", "zoo"),
            "the checksum does not match",
        ),
        (
            &"zoo ".repeat(300),
            "standard input has more than the 1024 bytes",
        ),
    ] {
        let args = ["keys", "import", "alice", "--password-file", "password"];
        let run = shell.run_with_input(&args, text);
        let code = if text.len() > 1024 { 74 } else { 1 };
        run.assert_refused(code, sentence);
        assert!(!run.stderr.contains("winner"), "{run:?}");
    }
    assert!(!shell.path("home/keys/alice.json").exists());
}

#[test]
fn an_exported_key_file_is_imported_elsewhere_if_its_password_is_known() {
    let (shell, elsewhere) = (Shell::new(), Shell::new());
    let secret = shell.plant("alice", 0);
    let export = shell.run(&["keys", "export", "alice"]);
    assert_eq!(export.data(), shell.read(&key_file("alice")));
    let file = elsewhere.write("backup.json", export.data());

    let args = [
        "keys",
        "import",
        "bob",
        "--keystore",
        file.to_str().unwrap(),
    ];
    let import = elsewhere.unlock(&args);
    let key = secret.public_key().to_string();
    assert!(import.data().contains(&key) && import.data().contains("for tests"));
    assert_eq!(elsewhere.read(&key_file("bob")), export.data());

    let piped = ["keys", "import", "carol", "--keystore", "-"];
    let args = [
        &piped[..],
        &["--password-file", "password", "--output", "json"],
    ]
    .concat();
    let import = elsewhere.run_with_input(&args, export.data());
    assert_eq!(import.json()["public_key"], key);

    let wrong = elsewhere.write("wrong", "another password\n");
    fs::set_permissions(&wrong, Permissions::from_mode(0o600)).unwrap();
    let args = ["keys", "import", "dave", "--keystore", "backup.json"];
    elsewhere
        .run(&[&args[..], &["--password-file", "wrong"]].concat())
        .assert_refused(1, "the password is wrong");
    assert!(!elsewhere.path("home/keys/dave.json").exists());
    assert_eq!(
        fs::read_dir(elsewhere.path("home/keys")).unwrap().count(),
        2
    );
}

#[test]
fn key_files_of_others_and_damaged_ones_are_told_apart() {
    let shell = Shell::new();
    shell.plant("alice", 0);
    let good = shell.read(&key_file("alice"));
    let salt = good.find("\"salt\": \"").unwrap() + 9;
    let mut flipped = good.clone();
    flipped.replace_range(
        salt..=salt,
        if &good[salt..=salt] == "0" { "1" } else { "0" },
    );
    for (text, code, sentence) in [
        (
            r#"{"crypto":{},"version":3}"#,
            1,
            "an Ethereum account keystore",
        ),
        (
            &good.replace("keystore-v1", "keystore-v9"),
            1,
            "update the program",
        ),
        (
            &good.replace("\"passes\": 1", "\"passes\": 900"),
            1,
            "too expensive",
        ),
        (
            &flipped,
            74,
            "its checksum does not match; restore it from a backup",
        ),
        (&good[..400], 74, "the file is cut off after 400 bytes"),
        (MNEMONIC, 74, "not JSON (line 1, column 1)"),
    ] {
        shell.write("other.json", text);
        shell
            .unlock(&["keys", "import", "bob", "--keystore", "other.json"])
            .assert_refused(code, sentence);
    }
    shell
        .unlock(&["keys", "import", "bob", "--keystore", "missing.json"])
        .assert_refused(74, "cannot read missing.json: No such file");
}

#[test]
fn the_seed_is_shown_only_to_who_insists() {
    let shell = Shell::new();
    let seed = encode_hex(&*shell.plant("alice", 0).to_seed());
    shell
        .unlock(&["keys", "export", "alice", "--unencrypted"])
        .assert_refused(2, "add --yes if that is what you want");
    shell
        .unlock(&["keys", "export", "alice", "--yes"])
        .assert_refused(2, "--unencrypted");
    let text = shell.unlock(&["keys", "export", "alice", "--unencrypted", "--yes"]);
    assert_eq!(text.stdout, format!("{seed}\n"));
    assert!(text.stderr.starts_with("warning: this is the secret key"));
    let args = "keys export alice --unencrypted --yes --output json";
    let json = shell.unlock(&args.split(' ').collect::<Vec<_>>());
    assert_eq!(json.json()["seed"], seed);
}

#[test]
fn a_password_file_that_others_can_read_gives_a_warning() {
    let shell = Shell::new();
    shell.plant("alice", 0);
    fs::set_permissions(shell.path("password"), Permissions::from_mode(0o644)).unwrap();
    let run = shell.unlock(&["keys", "sign", "alice", "text"]);
    assert_eq!(run.code, 0);
    assert!(
        run.stderr
            .starts_with("warning: other users can read password")
    );
}

#[test]
fn bad_password_files_are_named() {
    let shell = Shell::new();
    shell.plant("alice", 0);
    let sign = |file: &str, input: &str| {
        let args = ["keys", "sign", "alice", "text", "--password-file", file];
        shell.run_with_input(&args, input)
    };
    sign("missing", "").assert_refused(74, "cannot read missing");
    sign("-", "\nsecond line\n").assert_refused(1, "the password is empty");
    sign("-", &"x".repeat(5000)).assert_refused(74, "more than the 4096 bytes");
    assert_eq!(sign("-", &format!("{PASSWORD}\r\n")).data().len(), 129);
    let args = ["keys", "sign", "alice", "-", "--password-file", "-"];
    shell
        .run_with_input(&args, PASSWORD)
        .assert_refused(2, "standard input cannot give both");
}

#[test]
fn a_home_that_cannot_be_written_is_named() {
    let shell = Shell::new();
    shell.write("home", "a file where a directory should be");
    shell
        .unlock(&["keys", "new", "alice"])
        .assert_refused(74, "cannot create ");
}
