//! Why a key file cannot be read, and why a keystore does not open.

use pyralog_primitives::text::HexError;
use pyralog_primitives::{PublicKey, WeakKey};

use super::Keystore;
use super::cost::{CostError, OutOfMemory};
use super::description::DescriptionError;
use super::foreign::ForeignFile;
use super::header::FORMAT;
use super::uuid::UuidError;
use crate::path::PathError;

/// Characters of a foreign text that an error repeats.
const SHOWN_COUNT_MAX: usize = 40;

/// A text from outside, short and without anything a terminal would obey.
pub(super) fn shown(text: &str) -> String {
    let mut start: String = text.chars().take(SHOWN_COUNT_MAX).collect();
    if start.len() < text.len() {
        start.push('…');
    }
    start.escape_debug().to_string()
}

/// Why bytes are not a keystore. No password was looked at yet.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeystoreError {
    /// More than [`Keystore::FILE_BYTES_MAX`].
    #[error(
        "{bytes} bytes are more than the {} that a key file may have; this is another file",
        Keystore::FILE_BYTES_MAX
    )]
    TooLarge {
        /// Bytes given.
        bytes: usize,
    },
    /// Not JSON, or not text at all.
    #[error("not JSON (line {line}, column {column}): this is not a key file, or it is damaged")]
    NotJson {
        /// Where reading stopped, counted from 1.
        line: usize,
        /// Where reading stopped.
        column: usize,
    },
    /// The file ends inside the JSON.
    #[error("the file is cut off after {bytes} bytes; restore it from a backup")]
    Truncated {
        /// How much there is.
        bytes: usize,
    },
    /// A key file of another system.
    #[error("this is {kind} cannot be used here; make or import a key with a mnemonic")]
    Foreign {
        /// What it seems to be.
        kind: ForeignFile,
    },
    /// A format that a later release wrote.
    #[error(
        "the file has the newer format '{found}', this program reads '{FORMAT}'; update the program"
    )]
    Newer {
        /// The format it names.
        found: String,
    },
    /// A field that must be there is not.
    #[error("the field '{field}' is missing; restore the file from a backup")]
    MissingField {
        /// Its full name.
        field: String,
    },
    /// A field that no keystore has.
    #[error("the field '{field}' is not known; remove it or restore the file from a backup")]
    UnknownField {
        /// Its full name.
        field: String,
    },
    /// A field that is there twice.
    #[error("the field '{field}' is there twice; restore the file from a backup")]
    DuplicateField {
        /// Its full name.
        field: String,
    },
    /// A text where a number should be, or the like.
    #[error("the field '{field}' is {found} and must be {expected}")]
    WrongType {
        /// Its full name.
        field: String,
        /// What it must be.
        expected: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// A field that has but one value has another.
    #[error("the field '{field}' is '{found}' and must be '{expected}'")]
    WrongValue {
        /// Its full name.
        field: String,
        /// What it must be.
        expected: &'static str,
        /// What it is.
        found: String,
    },
    /// A key derivation that this program does not do.
    #[error(
        "the key derivation '{found}' is not known, only 'argon2id' is; \
         update the program, or export the key again where it was made"
    )]
    UnknownKdf {
        /// Its name.
        found: String,
    },
    /// A cipher that this program does not do.
    #[error(
        "the cipher '{found}' is not known, only 'xchacha20-poly1305' is; \
         update the program, or export the key again where it was made"
    )]
    UnknownCipher {
        /// Its name.
        found: String,
    },
    /// A checksum that this program does not do.
    #[error(
        "the checksum '{found}' is not known, only 'sha256' is; \
         update the program, or export the key again where it was made"
    )]
    UnknownChecksum {
        /// Its name.
        found: String,
    },
    /// The cost is out of bounds, either way.
    #[error(transparent)]
    Cost(#[from] CostError),
    /// A field that is not hex of its length.
    #[error("the field '{field}' is damaged: {problem}")]
    BadHex {
        /// Its full name.
        field: String,
        /// What is wrong with it.
        problem: HexError,
    },
    /// The public key is none that may sign.
    #[error("the field 'pubkey' is no usable key: {0}")]
    WeakKey(#[from] WeakKey),
    /// The address is not that of the public key.
    #[error("the field 'address' is not the address of 'pubkey', which is {expected}")]
    WrongAddress {
        /// The address of the public key.
        expected: pyralog_primitives::Address,
    },
    /// The path is none.
    #[error("the field 'path' is damaged: {0}")]
    BadPath(#[from] PathError),
    /// The identifier is none.
    #[error("the field 'uuid' is damaged: {0}")]
    BadUuid(#[from] UuidError),
    /// The description is too long or not printable.
    #[error("the field 'description' cannot be shown: {0}")]
    BadDescription(#[from] DescriptionError),
    /// Each field is well formed, but not all are as they were written.
    #[error("the key file is damaged: its checksum does not match; restore it from a backup")]
    Damaged,
}

/// Why a keystore did not give its key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnlockError {
    /// The password is another one. Accidental damage was ruled out when the
    /// file was read; only someone who changed it on purpose gets here too.
    #[error("the password is wrong (or someone altered the key file on purpose)")]
    WrongPassword,
    /// The file was written with the public key of another secret.
    #[error(
        "the key file says that its public key is {public_key}, \
         but its secret is that of {found}; do not use it"
    )]
    KeyMismatch {
        /// What the file says.
        public_key: PublicKey,
        /// What its secret gives.
        found: PublicKey,
    },
    /// The machine does not have the memory.
    #[error(transparent)]
    OutOfMemory(#[from] OutOfMemory),
}
