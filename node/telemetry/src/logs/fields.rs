//! The fields of a line for people.

use std::fmt::{self, Debug, Write};

use tracing::field::Field;
use tracing_subscriber::field::MakeExt;
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::{Writer, debug_fn};

const DIMMED: &str = "\u{1b}[2m";
const PLAIN: &str = "\u{1b}[0m";

/// Writes fields as `name=value`, and the message without its name.
///
/// A value may hold what a peer sent: whatever would break the line or move the
/// cursor is shown by its escape.
pub(super) fn escaped() -> impl for<'writer> FormatFields<'writer> + Send + Sync + 'static {
    debug_fn(write_field).delimited(" ")
}

fn write_field(writer: &mut Writer<'_>, field: &Field, value: &dyn Debug) -> fmt::Result {
    if field.name() != "message" {
        let (dimmed, plain) = if writer.has_ansi_escapes() {
            (DIMMED, PLAIN)
        } else {
            ("", "")
        };
        write!(writer, "{dimmed}{}={plain}", field.name())?;
    }
    write!(Escaping(writer), "{value:?}")
}

/// Passes on what can be shown and escapes the rest. Quotes and backslashes
/// pass: a value in quotes has escaped them itself.
struct Escaping<W>(W);

impl<W: Write> Write for Escaping<W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for sign in text.chars() {
            match sign {
                '"' | '\'' | '\\' => self.0.write_char(sign)?,
                other => write!(self.0, "{}", other.escape_debug())?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escaping(text: &str) -> String {
        let mut shown = String::new();
        Escaping(&mut shown).write_str(text).unwrap();
        shown
    }

    #[test]
    fn only_what_cannot_be_shown_is_escaped() {
        let shown = r#"pyr1… "a\b" 'ü' = 7"#;
        assert_eq!(escaping(shown), shown);
        for (text, expected) in [
            ("a\r\nb", r"a\r\nb"),
            ("\u{1b}[2J", r"\u{1b}[2J"),
            ("\u{9b}2J", r"\u{9b}2J"),
            ("\u{202e}gnp", r"\u{202e}gnp"),
        ] {
            assert_eq!(escaping(text), expected);
        }
    }
}
