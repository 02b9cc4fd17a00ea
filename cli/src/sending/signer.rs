//! Who signs: a key of the keyring, or one of development.

use std::path::PathBuf;

use pyralog_primitives::{PublicKey, SecretKey};

use super::SendError;
use crate::error::CliError;
use crate::keyring::{Keyring, StoredKey};
use crate::output::Console;
use crate::party::{DevelopmentKey, Party};
use crate::password::{self, Purpose};

/// A key that can sign. One that is stored is still encrypted.
pub(crate) enum Signer {
    Stored(Box<StoredKey>),
    Development(DevelopmentKey),
}

impl Signer {
    /// Finds the key that is meant.
    pub(crate) fn find(
        from: &Party,
        keyring: impl FnOnce() -> Result<Keyring, CliError>,
    ) -> Result<Self, CliError> {
        match from {
            Party::Development(key) => Ok(Self::Development(*key)),
            Party::Name(name) => Ok(Self::Stored(Box::new(keyring()?.load(name)?))),
            Party::Address(address) => match keyring()?.find(address) {
                Err(CliError::NoKeyForAddress(address)) => Err(SendError::NoKey(address).into()),
                found => Ok(Self::Stored(Box::new(found?))),
            },
        }
    }

    pub(crate) fn public_key(&self) -> PublicKey {
        match self {
            Self::Stored(key) => key.keystore.public_key(),
            Self::Development(key) => key.secret().public_key(),
        }
    }

    /// Opens the key; asks for the password of one that is stored.
    pub(crate) fn unlock(
        &self,
        password_file: Option<&PathBuf>,
        console: &Console,
    ) -> Result<SecretKey, CliError> {
        match self {
            Self::Development(key) => Ok(key.secret()),
            Self::Stored(key) => {
                let name = key.name.as_str();
                let password = password::get(console, password_file, name, Purpose::Open)?;
                key.unlock(&password)
            }
        }
    }
}
