//! Who is meant: an address, a key that is here, or a key of development.
//!
//! `dev-0` to `dev-9` are the accounts that a network for development funds.
//! Everybody knows their keys, so tokens sent to them on any other network are
//! anyone's: who uses one must ask first what network it is
//! ([`crate::sending::Network`]).

use std::fmt;
use std::str::FromStr;

use pyralog_keys::{AccountIndex, DEVELOPMENT_ACCOUNT_COUNT, development_key};
use pyralog_primitives::{Address, AddressError, SecretKey};

use crate::error::CliError;
use crate::key_name::{KeyName, KeyNameError};
use crate::keyring::Keyring;

/// A key of a network for development.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DevelopmentKey(AccountIndex);

impl DevelopmentKey {
    /// What the names of these keys begin with.
    const PREFIX: &str = "dev-";

    /// The key of that name; `None` if the text is no such name.
    pub(crate) fn named(text: &str) -> Option<Self> {
        let number: u32 = text.strip_prefix(Self::PREFIX)?.parse().ok()?;
        let key = Self(AccountIndex::new(number).ok()?);
        // One name for each: not dev-00 or dev-+1.
        (number < DEVELOPMENT_ACCOUNT_COUNT && key.to_string() == text).then_some(key)
    }

    pub(crate) fn secret(self) -> SecretKey {
        development_key(self.0)
    }
}

impl fmt::Display for DevelopmentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", Self::PREFIX, self.0.get())
    }
}

/// An account, as users name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Party {
    Address(Address),
    Development(DevelopmentKey),
    Name(KeyName),
}

impl Party {
    /// Whether its key is one that everybody knows.
    pub(crate) fn development(&self) -> Option<DevelopmentKey> {
        match self {
            Self::Development(key) => Some(*key),
            Self::Address(_) | Self::Name(_) => None,
        }
    }

    /// The address of the account. The keyring is opened only for a name.
    pub(crate) fn address(
        &self,
        keyring: impl FnOnce() -> Result<Keyring, CliError>,
    ) -> Result<Address, CliError> {
        match self {
            Self::Address(address) => Ok(*address),
            Self::Development(key) => Ok(key.secret().public_key().address()),
            Self::Name(name) => Ok(keyring()?.load(name)?.keystore.address()),
        }
    }
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Development(key) => key.fmt(f),
            Self::Name(name) => name.fmt(f),
        }
    }
}

/// Why a text names nobody.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PartyError {
    #[error(
        "as the checksum in it tells, this is no address: a character is wrong, missing or one \
         too many; compare it with where you have it from"
    )]
    Mistyped,
    #[error(transparent)]
    Address(AddressError),
    #[error("neither an address (pyr1…) nor the name of a key: {0}")]
    Name(#[from] KeyNameError),
}

impl FromStr for Party {
    type Err = PartyError;

    fn from_str(text: &str) -> Result<Self, PartyError> {
        if let Some(key) = DevelopmentKey::named(text) {
            return Ok(Self::Development(key));
        }
        let begins = text.get(.."pyr1".len()).unwrap_or("");
        let meant_as_address = begins.eq_ignore_ascii_case("pyr1");
        match text.parse() {
            Ok(address) => Ok(Self::Address(address)),
            Err(AddressError::Mistyped { .. }) if meant_as_address => Err(PartyError::Mistyped),
            // A whole address, of another network's kind or of another form.
            Err(error) if !matches!(error, AddressError::Mistyped { .. }) => {
                Err(PartyError::Address(error))
            }
            Err(_) => Ok(Self::Name(text.parse()?)),
        }
    }
}

#[cfg(test)]
mod tests {
    use pyralog_primitives::PublicKey;

    use super::*;

    #[test]
    fn a_party_is_an_address_a_key_of_development_or_a_name() {
        let address = PublicKey::new([7; 32]).address();
        assert_eq!(address.to_string().parse(), Ok(Party::Address(address)));
        for name in ["alice", "dev", "dev-10", "dev-00", "dev-a", "dev-01"] {
            let party = Party::Name(name.parse().unwrap());
            assert_eq!(name.parse(), Ok(party), "{name}");
        }
        for number in 0..DEVELOPMENT_ACCOUNT_COUNT {
            let name = format!("dev-{number}");
            let party: Party = name.parse().unwrap();
            assert_eq!(party.to_string(), name);
            let secret = party.development().unwrap().secret();
            let expected = development_key(AccountIndex::new(number).unwrap());
            assert_eq!(secret.public_key(), expected.public_key());
        }
    }

    #[test]
    fn each_kind_of_wrong_party_is_named() {
        let address = PublicKey::new([7; 32]).address().to_string();
        let last = address.chars().last().unwrap();
        let other = if last == 'q' { "p" } else { "q" };
        let mistyped = format!("{}{other}", &address[..address.len() - 1]);
        for (text, expected) in [
            (mistyped.as_str(), "compare it with where you have it from"),
            ("pyr1", "compare it with where you have it from"),
            (&address.to_uppercase(), "write it in lower case"),
            ("a/b", "neither an address (pyr1…) nor the name of a key"),
        ] {
            let problem = text.parse::<Party>().unwrap_err().to_string();
            assert!(problem.contains(expected), "{text}: {problem}");
        }
    }
}
