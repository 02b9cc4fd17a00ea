//! Keys and values: text where they are text, hex where not.

use std::str::FromStr;

use pyralog_primitives::action::Key;
use pyralog_primitives::codec::BoundError;
use pyralog_primitives::text::{HexError, decode_hex, encode_hex};

/// What bytes that are no text are written with.
const HEX: &str = "hex:";

/// The key of an entry, as users write it: text, or `hex:…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EntryKey(pub(crate) Key);

/// Why a text is no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum EntryKeyError {
    #[error("after {HEX} {0}")]
    Hex(#[from] HexError),
    #[error("a key is a {0}")]
    Bound(#[from] BoundError),
}

impl FromStr for EntryKey {
    type Err = EntryKeyError;

    fn from_str(text: &str) -> Result<Self, EntryKeyError> {
        let bytes = match text.strip_prefix(HEX) {
            Some(digits) => decode_hex(digits)?,
            None => text.as_bytes().to_vec(),
        };
        Ok(Self(Key::new(bytes)?))
    }
}

/// A key as it can be given to a verb: it reads back as the same bytes.
pub(crate) fn key_text(key: &[u8]) -> String {
    match std::str::from_utf8(key) {
        Ok(text) if is_plain(text) && !text.is_empty() && !text.starts_with(HEX) => text.to_owned(),
        _ => format!("{HEX}{}", encode_hex(key)),
    }
}

/// A value of one or many lines.
pub(crate) fn value_text(value: &[u8]) -> String {
    match std::str::from_utf8(value) {
        Ok(text) if text.split(['\n', '\t']).all(is_plain) => text.to_owned(),
        _ => format!("{HEX}{}", encode_hex(value)),
    }
}

/// The beginning of a value, on one line of a table.
pub(crate) fn value_line(value: &[u8]) -> String {
    /// More, and a table is no table.
    const CHARS_MAX: usize = 80;
    let whole = value_text(value).replace(['\n', '\t'], " ");
    let mut line: String = whole.chars().take(CHARS_MAX).collect();
    if line.len() < whole.len() {
        line.push('…');
    }
    line
}

/// What a node said, without what could harm a terminal.
pub(crate) fn harmless(text: &str) -> String {
    text.chars()
        .map(|c| if is_hidden(c) { '\u{fffd}' } else { c })
        .collect()
}

fn is_plain(text: &str) -> bool {
    !text.chars().any(is_hidden)
}

/// Whether a character moves the cursor, is invisible, or turns around the
/// text about it.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reads_what_it_prints() {
        for (bytes, text) in [
            (&b"order/1"[..], "order/1"),
            ("größe 5".as_bytes(), "größe 5"),
            (b"hex:00", "hex:6865783a3030"),
            (b"", "hex:"),
            (b"\xff\x00", "hex:ff00"),
            (b"a\nb", "hex:610a62"),
            ("a\u{202e}b".as_bytes(), "hex:61e280ae62"),
        ] {
            assert_eq!(key_text(bytes), text);
            let read: EntryKey = text.parse().unwrap();
            assert_eq!(&*read.0, bytes, "{text}");
        }
    }

    #[test]
    fn what_is_no_key_is_named() {
        for (text, expected) in [
            ("hex:f", "after hex: the count of hex digits is odd"),
            ("hex:XY", "after hex: 'X' at position 1"),
            (&"x".repeat(257), "at most 256 are allowed"),
        ] {
            let problem = text.parse::<EntryKey>().unwrap_err().to_string();
            assert!(problem.contains(expected), "{problem}");
        }
    }

    #[test]
    fn a_value_is_text_if_it_cannot_harm_a_terminal() {
        assert_eq!(
            value_text(b"two\nlines\tand a tab"),
            "two\nlines\tand a tab"
        );
        assert_eq!(value_line(b"two\nlines"), "two lines");
        for harmful in [&b"\x1b[2J"[..], b"a\rb", b"\xff", "a\u{2066}b".as_bytes()] {
            let hex = format!("hex:{}", encode_hex(harmful));
            assert_eq!(value_text(harmful), hex);
            assert_eq!(value_line(harmful), hex);
        }
        assert_eq!(harmless("a\u{1b}[2Jb\n"), "a\u{fffd}[2Jb\u{fffd}");
        let long = value_line(&[b'x'; 81]);
        assert_eq!(long, format!("{}…", "x".repeat(80)));
    }
}
