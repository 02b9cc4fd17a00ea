//! Exit codes: who must act.
//!
//! | code | meaning |
//! |---|---|
//! | 0 | done |
//! | 1 | it did not work: a wrong password, a signature that does not verify |
//! | 2 | the command line is wrong |
//! | 69 | no node answers: start one, or ask another |
//! | 73 | another process has the file: stop it first |
//! | 74 | reading or writing failed, or a stored file is damaged |
//! | 78 | the genesis document or the configuration is wrong |
//! | 128 + n | the signal n came before the work was done |

use std::process::ExitCode;

use pyralog_guard::ImportError;
use pyralog_keys::KeystoreError;

use crate::endpoint::Origin;
use crate::error::CliError;
use crate::zk::worker::Interruption;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done.
    Ok,
    /// It did not work.
    Runtime,
    /// The command line is wrong.
    Usage,
    /// No node answers.
    Unavailable,
    /// Another process has the file.
    InUse,
    /// Reading or writing failed, or a stored file is damaged.
    Io,
    /// The genesis document or the configuration is wrong.
    Config,
    /// Somebody did not want to wait.
    Interrupted(Interruption),
}

impl Exit {
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Runtime => 1,
            Self::Usage => 2,
            Self::Unavailable => 69,
            Self::InUse => 73,
            Self::Io => 74,
            Self::Config => 78,
            // As shells say it of a program that a signal ended.
            Self::Interrupted(by) => 128 + by.signal(),
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

impl CliError {
    /// The exit code of each error.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::NoHome
            | Self::NoTerminal
            | Self::StdinTwice
            | Self::StdinForTwo
            | Self::NeedsYes
            | Self::SeveralGuards { .. }
            | Self::BadTime(_) => Exit::Usage,
            Self::GuardInUse { .. } => Exit::InUse,
            Self::Guard { problem, .. } => exit_of_guard(problem),
            Self::Import(problem) => exit_of_import(problem),
            Self::BadNode { origin, .. } => exit_of_origin(origin),
            Self::Node(problem) | Self::LostEvents { problem, .. } => problem.exit(),
            Self::Send(problem) => problem.exit(),
            Self::Zk(problem) => problem.exit(),
            Self::Io { .. }
            | Self::Stdin(_)
            | Self::Stdout(_)
            | Self::MnemonicNotShown(_)
            | Self::NotText { .. }
            | Self::TooLarge { .. }
            | Self::SomeKeysUnreadable { .. }
            | Self::GuardFile(_)
            | Self::Runtime(_)
            | Self::Randomness(_) => Exit::Io,
            Self::Mistakes { .. } | Self::NewMistakes(_) | Self::NoChainId => Exit::Config,
            Self::Keystore { problem, .. } => exit_of_keystore(problem),
            Self::FileExists { .. }
            | Self::KeyExists { .. }
            | Self::NoSuchKey { .. }
            | Self::NoKeyForAddress(_)
            | Self::NoGuard { .. }
            | Self::Interchange { .. }
            | Self::WeakKey(_)
            | Self::Password(_)
            | Self::PasswordsDiffer
            | Self::Mnemonic(_)
            | Self::Unlock { .. }
            | Self::OutOfMemory(_)
            | Self::DoesNotVerify(_)
            | Self::OtherGenesis { .. }
            | Self::NothingThere { .. }
            | Self::Undecodable { .. }
            | Self::OtherProof
            | Self::NetworkChanged { .. }
            | Self::Proof(_) => Exit::Runtime,
        }
    }
}

/// Who wrote the URL of a node that is none.
const fn exit_of_origin(origin: &Origin) -> Exit {
    match origin {
        Origin::File(_) => Exit::Io,
        Origin::Flag | Origin::Variable | Origin::Default => Exit::Usage,
    }
}

/// Damage is told from a whole file that this program does not take.
const fn exit_of_keystore(problem: &KeystoreError) -> Exit {
    match problem {
        KeystoreError::Foreign { .. }
        | KeystoreError::Newer { .. }
        | KeystoreError::UnknownKdf { .. }
        | KeystoreError::UnknownCipher { .. }
        | KeystoreError::UnknownChecksum { .. }
        | KeystoreError::Cost(_) => Exit::Runtime,
        _ => Exit::Io,
    }
}

/// The same for a guard.
const fn exit_of_guard(problem: &pyralog_guard::OpenError) -> Exit {
    use pyralog_guard::OpenError;
    match problem {
        OpenError::NotAGuard
        | OpenError::Newer { .. }
        | OpenError::ForeignGenesis { .. }
        | OpenError::ForeignKey { .. } => Exit::Runtime,
        OpenError::Damaged { .. } | OpenError::Disk(_) => Exit::Io,
    }
}

const fn exit_of_import(problem: &ImportError) -> Exit {
    match problem {
        ImportError::ForeignGenesis { .. } | ImportError::ForeignKey { .. } => Exit::Runtime,
        ImportError::Poisoned | ImportError::Disk(_) => Exit::Io,
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Error, ErrorKind};
    use std::path::PathBuf;

    use pyralog_keys::{ForeignFile, PasswordError, UnlockError};

    use super::*;

    fn keystore(problem: KeystoreError) -> CliError {
        CliError::Keystore {
            path: PathBuf::new(),
            problem,
        }
    }

    #[test]
    fn each_kind_of_error_has_its_code() {
        let denied = || Error::from(ErrorKind::PermissionDenied);
        for (error, code) in [
            (CliError::NoTerminal, 2),
            (CliError::NeedsYes, 2),
            (CliError::Stdout(denied()), 74),
            (CliError::Password(PasswordError::Empty), 1),
            (CliError::PasswordsDiffer, 1),
            (
                CliError::Unlock {
                    name: "a".to_owned(),
                    problem: UnlockError::WrongPassword,
                },
                1,
            ),
            (CliError::NoChainId, 78),
            (keystore(KeystoreError::Damaged), 74),
            (keystore(KeystoreError::Truncated { bytes: 3 }), 74),
            (
                keystore(KeystoreError::Foreign {
                    kind: ForeignFile::Solana,
                }),
                1,
            ),
            (
                keystore(KeystoreError::Newer {
                    found: "v2".to_owned(),
                }),
                1,
            ),
        ] {
            assert_eq!(error.exit().code(), code, "{error}");
        }
    }

    #[test]
    fn codes_are_those_of_the_convention() {
        let all = [
            Exit::Ok,
            Exit::Runtime,
            Exit::Usage,
            Exit::Unavailable,
            Exit::InUse,
            Exit::Io,
            Exit::Config,
            Exit::Interrupted(Interruption::Interrupted),
        ];
        assert_eq!(all.map(Exit::code), [0, 1, 2, 69, 73, 74, 78, 130]);
    }
}
