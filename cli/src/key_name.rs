//! What a user calls a key, and other ways to say which key is meant.

use std::fmt;
use std::str::FromStr;

use pyralog_primitives::text::HexError;
use pyralog_primitives::{Address, AddressError, PublicKey};

use crate::party::DevelopmentKey;

/// The name of a key: 1 to 64 of `a-z 0-9 . _ -`, beginning with a letter or
/// digit. It is also the name of its file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct KeyName(String);

impl KeyName {
    /// Longer names do not fit tables and, with their ending, file systems.
    const BYTES_MAX: usize = 64;

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for KeyName {
    type Err = KeyNameError;

    fn from_str(text: &str) -> Result<Self, KeyNameError> {
        let allowed = |c: &char| matches!(c, 'a'..='z' | '0'..='9' | '.' | '_' | '-');
        if text.is_empty() || text.len() > Self::BYTES_MAX {
            return Err(KeyNameError::Length { bytes: text.len() });
        }
        if let Some(found) = text.chars().find(|c| !allowed(c)) {
            return Err(KeyNameError::Character { found });
        }
        if text.starts_with(['.', '_', '-']) {
            return Err(KeyNameError::Start);
        }
        // Otherwise one could not say which of the two is meant.
        if text.parse::<PublicKey>().is_ok() || text.parse::<Address>().is_ok() {
            return Err(KeyNameError::LooksLikeAKey);
        }
        if DevelopmentKey::named(text).is_some() {
            return Err(KeyNameError::OfDevelopment);
        }
        Ok(Self(text.to_owned()))
    }
}

/// Why a text is not the name of a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum KeyNameError {
    #[error("a name has 1 to {} characters, not {bytes}", KeyName::BYTES_MAX)]
    Length { bytes: usize },
    #[error("{found:?} may not stand in a name; use a-z, 0-9, '.', '_' and '-'")]
    Character { found: char },
    #[error("a name begins with a letter or digit")]
    Start,
    #[error("this is a public key or an address; choose a name that tells people something")]
    LooksLikeAKey,
    #[error("this is the name of a key for development, which everybody has; choose another one")]
    OfDevelopment,
}

/// Whose signature is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Signer {
    Key(PublicKey),
    Address(Address),
    Name(KeyName),
}

impl FromStr for Signer {
    type Err = SignerError;

    fn from_str(text: &str) -> Result<Self, SignerError> {
        if text.starts_with("pyr1") {
            return Ok(Self::Address(text.parse()?));
        }
        if text.len() == 2 * PublicKey::BYTES {
            return Ok(Self::Key(text.parse()?));
        }
        Ok(Self::Name(text.parse()?))
    }
}

/// Why a text names no signer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SignerError {
    #[error(transparent)]
    Address(#[from] AddressError),
    #[error("not a public key: {0}")]
    Key(#[from] HexError),
    #[error("neither a public key (64 hex digits) nor the name of a key: {0}")]
    Name(#[from] KeyNameError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_rule() {
        for good in [
            "a",
            "0",
            "alice",
            "val-1.main_net",
            "dev-10",
            &"x".repeat(64),
        ] {
            assert!(good.parse::<KeyName>().is_ok(), "{good}");
        }
        let address = PublicKey::new([7; 32]).address().to_string();
        for (bad, problem) in [
            ("", KeyNameError::Length { bytes: 0 }),
            (&"x".repeat(65), KeyNameError::Length { bytes: 65 }),
            ("Alice", KeyNameError::Character { found: 'A' }),
            ("a/b", KeyNameError::Character { found: '/' }),
            ("..", KeyNameError::Start),
            ("-a", KeyNameError::Start),
            (&"ab".repeat(32), KeyNameError::LooksLikeAKey),
            (&address, KeyNameError::LooksLikeAKey),
            ("dev-0", KeyNameError::OfDevelopment),
            ("dev-9", KeyNameError::OfDevelopment),
        ] {
            assert_eq!(bad.parse::<KeyName>(), Err(problem), "{bad}");
        }
    }

    #[test]
    fn a_signer_is_a_key_an_address_or_a_name() {
        let key = PublicKey::new([7; 32]);
        assert_eq!(key.to_string().parse(), Ok(Signer::Key(key)));
        let address = key.address();
        assert_eq!(address.to_string().parse(), Ok(Signer::Address(address)));
        assert_eq!("alice".parse(), Ok(Signer::Name("alice".parse().unwrap())));
        assert!(matches!(
            "pyr1x".parse::<Signer>(),
            Err(SignerError::Address(_))
        ));
        let upper = key.to_string().replace('7', "A");
        assert!(matches!(upper.parse::<Signer>(), Err(SignerError::Key(_))));
        assert!(matches!(
            "no name".parse::<Signer>(),
            Err(SignerError::Name(_))
        ));
    }
}
