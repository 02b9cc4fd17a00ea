//! How a secret that a person keeps becomes a signing key, and how that key is
//! stored.
//!
//! The way down: a [`Mnemonic`] of words gives a [`MasterSeed`] (BIP-39), the
//! seed and a [`DerivationPath`] give a signing key ([`derive()`], SLIP-0010), and
//! a [`Keystore`] holds that key encrypted under a [`Password`].
//!
//! Nothing here does IO, reads a clock or draws randomness: entropy, salt,
//! nonce and identifier come in as bytes.
//!
//! Invariants:
//! - no secret is ever printed: `Debug` of a secret shows that it is one, and
//!   no error repeats a password, a seed or the words of a mnemonic;
//! - what holds a secret wipes it when dropped. Copies that a library makes on
//!   the stack are beyond our reach;
//! - a keystore that was damaged by accident is told from a wrong password,
//!   and no file can make a machine spend more than [`KdfCost::DEAREST`].

mod derive;
mod development;
mod keystore;
mod mnemonic;
mod password;
mod path;

pub use derive::{MasterSeed, SeedLengthError, derive};
pub use development::{DEVELOPMENT_ACCOUNT_COUNT, DEVELOPMENT_MNEMONIC, development_key};
pub use keystore::{
    CostError, Description, DescriptionError, EncryptOptions, EncryptRandomness, ForeignFile,
    KdfCost, Keystore, KeystoreError, OutOfMemory, UnlockError, Uuid, UuidError,
};
pub use mnemonic::{Mnemonic, MnemonicError};
pub use password::{Password, PasswordError};
pub use path::{AccountIndex, AccountIndexError, DerivationPath, PathError};
