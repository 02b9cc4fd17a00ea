//! The password of a keystore, in the one form that reaches the key derivation.
//!
//! Keyboards and systems spell one text in several ways, so a password is
//! normalised as EIP-2335 says: NFKD, then without control characters. Two
//! texts that look the same open the same keystore.

use std::fmt;

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// A normalised password. Wiped from memory when dropped; never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// Bytes before normalisation. Lower refuses long sentences; higher lets
    /// one text keep normalisation busy.
    pub const BYTES_MAX: usize = 1024;

    /// Normalises what a person typed.
    pub fn new(text: &str) -> Result<Self, PasswordError> {
        if text.len() > Self::BYTES_MAX {
            return Err(PasswordError::TooLong { bytes: text.len() });
        }
        // Measured first: a string that grows leaves copies of itself behind.
        let bytes = normal_form(text).map(char::len_utf8).sum();
        if bytes == 0 {
            return Err(PasswordError::Empty);
        }
        let mut normal = Zeroizing::new(String::with_capacity(bytes));
        normal.extend(normal_form(text));
        Ok(Self(normal))
    }

    /// The bytes that the key derivation sees.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// NFKD without the C0 and C1 control characters and Delete.
fn normal_form(text: &str) -> impl Iterator<Item = char> + '_ {
    text.nfkd().filter(|character| !character.is_control())
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(not shown)")
    }
}

/// Why a text cannot be a password. Who typed it chooses another.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Nothing is left after normalisation.
    #[error("the password is empty; choose one of at least one visible character")]
    Empty,
    /// More than [`Password::BYTES_MAX`].
    #[error(
        "the password has {bytes} bytes, at most {} are allowed",
        Password::BYTES_MAX
    )]
    TooLong {
        /// Bytes given.
        bytes: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_eip_2335_gives_its_bytes() {
        let password = Password::new("𝔱𝔢𝔰𝔱𝔭𝔞𝔰𝔰𝔴𝔬𝔯𝔡🔑").unwrap();
        assert_eq!(password.as_bytes(), "testpassword🔑".as_bytes());
    }

    #[test]
    fn spellings_of_one_text_are_one_password() {
        let composed = Password::new("caf\u{e9}").unwrap();
        let decomposed = Password::new("cafe\u{301}").unwrap();
        assert_eq!(composed, decomposed);
        let with_controls = Password::new("\tcaf\u{e9}\u{7f}\u{80}\r\n").unwrap();
        assert_eq!(composed, with_controls);
        assert_ne!(composed, Password::new("cafe").unwrap());
        // A space is part of a password.
        assert_ne!(composed, Password::new("caf\u{e9} ").unwrap());
    }

    #[test]
    fn a_password_of_nothing_is_refused() {
        for text in ["", "\n", "\u{0}\u{7f}\u{9f}"] {
            assert_eq!(Password::new(text), Err(PasswordError::Empty));
        }
    }

    #[test]
    fn a_password_has_a_greatest_length() {
        let longest = "x".repeat(Password::BYTES_MAX);
        assert!(Password::new(&longest).is_ok());
        assert_eq!(
            Password::new(&format!("{longest}x")),
            Err(PasswordError::TooLong { bytes: 1025 })
        );
    }

    #[test]
    fn a_password_is_not_printed() {
        let password = Password::new("hunter2").unwrap();
        assert!(!format!("{password:?}").contains("hunter2"));
    }
}
