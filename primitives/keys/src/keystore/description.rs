//! What the owner of a key says of it.
//!
//! Shown on terminals and never protected, so it must not carry control
//! characters: a terminal would obey them.

use std::fmt;
use std::str::FromStr;

/// A line of text about a key; may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description(String);

impl Description {
    /// Bytes of the longest. Higher only fills the screen.
    pub const BYTES_MAX: usize = 256;

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Description {
    type Err = DescriptionError;

    fn from_str(text: &str) -> Result<Self, DescriptionError> {
        if text.len() > Self::BYTES_MAX {
            Err(DescriptionError::TooLong { bytes: text.len() })
        } else if text.chars().any(char::is_control) {
            Err(DescriptionError::ControlCharacter)
        } else {
            Ok(Self(text.to_owned()))
        }
    }
}

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a text cannot describe a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DescriptionError {
    /// More than [`Description::BYTES_MAX`].
    #[error(
        "{bytes} bytes are more than the {} that a description may have",
        Description::BYTES_MAX
    )]
    TooLong {
        /// Bytes given.
        bytes: usize,
    },
    /// A line break, an escape or the like.
    #[error("a description has no control characters, so also no line breaks")]
    ControlCharacter,
}
