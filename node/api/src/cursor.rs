//! Where a reader of events stands.

use std::fmt;
use std::str::FromStr;

use pyralog_primitives::text::excerpt;
use pyralog_primitives::{Height, NumberError};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The place of an event: the height, the transaction in its block, the event
/// in its transaction. Written `7.0.2`. Reading goes on *after* it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cursor {
    /// The height of the block.
    pub height: Height,
    /// The place of the transaction in the block, counted from 0.
    pub position: u32,
    /// The place of the event in the transaction, counted from 0.
    pub event: u32,
}

/// Why a text is no cursor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CursorError {
    /// It has not three parts.
    #[error("{0} is no cursor; one looks like 7.0.2: height, transaction, event")]
    Parts(String),
    /// A part is no number.
    #[error(transparent)]
    Number(#[from] NumberError),
}

impl Cursor {
    /// The end of a height: reading goes on with the block after it.
    pub const fn end_of(height: Height) -> Self {
        Self {
            height,
            position: u32::MAX,
            event: u32::MAX,
        }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.height, self.position, self.event)
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, CursorError> {
        let parts: Vec<&str> = text.split('.').collect();
        let [height, position, event] = parts[..] else {
            return Err(CursorError::Parts(excerpt(text)));
        };
        let small = |part: &str| -> Result<u32, CursorError> {
            // In the one spelling of a number, like a height.
            let number: Height = part.parse()?;
            let too_large = |_| NumberError::TooLarge(excerpt(part));
            Ok(u32::try_from(number.get()).map_err(too_large)?)
        };
        Ok(Self {
            height: height.parse()?,
            position: small(position)?,
            event: small(event)?,
        })
    }
}

impl Serialize for Cursor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_what_it_prints_and_sorts_as_events_happen() {
        let cursor = |text: &str| text.parse::<Cursor>().unwrap();
        for text in [
            "0.0.0",
            "7.0.2",
            "18446744073709551615.4294967295.4294967295",
        ] {
            assert_eq!(cursor(text).to_string(), text);
        }
        assert!(cursor("7.0.2") < cursor("7.1.0") && cursor("7.9.9") < cursor("10.0.0"));
        assert!(Cursor::end_of(Height::new(7)) < cursor("8.0.0"));
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        for text in [
            "",
            "7",
            "7.0",
            "7.0.0.0",
            "7..0",
            "a.0.0",
            "07.0.0",
            "7.0.4294967296",
        ] {
            assert!(text.parse::<Cursor>().is_err(), "{text}");
        }
    }
}
