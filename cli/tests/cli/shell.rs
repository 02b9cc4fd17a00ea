//! Runs the program in a home of its own, without a terminal.

use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use pyralog_keys::{
    AccountIndex, DerivationPath, EncryptOptions, EncryptRandomness, KdfCost, Keystore, Mnemonic,
    Password, derive,
};
use pyralog_primitives::SecretKey;
use serde_json::Value;
use tempfile::TempDir;

pub(crate) const PASSWORD: &str = "tr0ub4dor and three";

/// The mnemonic of the keys that [`Shell::plant`] makes.
pub(crate) const MNEMONIC: &str =
    "legal winner thank year wave sausage worth useful legal winner thank yellow";

/// Where a key is stored.
pub(crate) fn key_file(name: &str) -> String {
    format!("home/keys/{name}.json")
}

/// A directory to work in, with a home and a password file.
pub(crate) struct Shell {
    directory: TempDir,
}

/// What a run left.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Shell {
    pub(crate) fn new() -> Self {
        let shell = Self {
            directory: tempfile::tempdir().unwrap(),
        };
        let file = shell.write("password", &format!("{PASSWORD}\n"));
        fs::set_permissions(file, Permissions::from_mode(0o600)).unwrap();
        shell
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        fs::write(self.path(name), text).unwrap();
        self.path(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Stores a key at the lowest cost, which tests can afford.
    pub(crate) fn plant(&self, name: &str, account: u32) -> SecretKey {
        let path = DerivationPath::account(AccountIndex::new(account).unwrap());
        let secret = derive(&MNEMONIC.parse::<Mnemonic>().unwrap().to_seed(""), &path);
        let options = EncryptOptions {
            path: Some(path),
            description: "for tests".parse().unwrap(),
            cost: KdfCost::CHEAPEST,
            randomness: EncryptRandomness::from_bytes(&[7; EncryptRandomness::BYTES]),
        };
        let password = Password::new(PASSWORD).unwrap();
        let keystore = Keystore::encrypt(&secret, &password, options).unwrap();
        fs::create_dir_all(self.path("home/keys")).unwrap();
        self.write(&key_file(name), &keystore.to_json());
        secret
    }

    /// The program, to be run in this directory.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pyralog"));
        command
            .args(args)
            .current_dir(self.directory.path())
            .env_clear()
            .env("PYRALOG_HOME", self.path("home"))
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Run {
        Run::of(&mut self.command(args), "")
    }

    pub(crate) fn run_with_input(&self, args: &[&str], input: &str) -> Run {
        Run::of(self.command(args).stdin(Stdio::piped()), input)
    }

    /// Runs a verb that needs the password.
    pub(crate) fn unlock(&self, args: &[&str]) -> Run {
        self.run(&[args, &["--password-file", "password"]].concat())
    }
}

/// Held while a program is started, and by whoever takes a lock on a file in
/// this process. For a moment, until it becomes its program, a child holds all
/// that its parent has open: also a lock that the parent lets go of meanwhile.
pub(crate) fn nobody_starts() -> MutexGuard<'static, ()> {
    static STARTING: Mutex<()> = Mutex::new(());
    STARTING.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Run {
    pub(crate) fn of(command: &mut Command, input: &str) -> Self {
        let starting = nobody_starts();
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(starting);
        if let Some(mut stdin) = child.stdin.take() {
            // A program that refuses its arguments reads no input.
            let _ = stdin.write_all(input.as_bytes());
        }
        let output = child.wait_with_output().unwrap();
        let run = Self {
            code: output.status.code().expect("the program was not killed"),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        };
        for text in [&run.stdout, &run.stderr] {
            assert!(!text.contains(PASSWORD), "a password was shown: {run:?}");
            assert!(!text.contains("panicked"), "{run:?}");
        }
        run
    }

    /// The data of a run that worked and had nothing else to say.
    #[track_caller]
    pub(crate) fn data(&self) -> &str {
        assert_eq!((self.code, self.stderr.as_str()), (0, ""), "{self:?}");
        &self.stdout
    }

    /// The same, as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.code, 0, "{self:?}");
        serde_json::from_str(&self.stdout).unwrap()
    }

    /// Checks that a run failed with this code, gave no data, and said this.
    #[track_caller]
    pub(crate) fn assert_refused(&self, code: i32, sentence: &str) {
        assert_eq!((self.code, self.stdout.as_str()), (code, ""), "{self:?}");
        assert!(
            self.stderr.contains(sentence),
            "{sentence}\n{}",
            self.stderr
        );
    }
}
