//! Refuses keys with many dots before the parser sees them.
//!
//! A key `a.b.c` makes a table in a table in a table. The parser allows 80
//! dots in a key and 80 inline tables inside of each other: 6,400 tables deep,
//! and dropping them takes more stack than a thread has. With few dots, the
//! depth stays in the hundreds.
//!
//! Invariant: a key of the parser never has more dots than are counted here,
//! because the text is cut into the same tokens.

/// No key of a document needs more than one.
const DOTS_MAX: usize = 8;

/// Where the parser ends a word that is no string.
const WORD_END: &[u8] = b".=,[]{} \t#\r\n";

/// What a token means for a key around it.
enum Token {
    Dot,
    /// Names, strings and spaces, of which keys with dots are made.
    Part,
    /// Anything that ends a key.
    End,
}

/// The first byte of a key part that lies too deep.
pub(crate) fn find_deep_key(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut at, mut dots) = (0, 0);
    while at < bytes.len() {
        let (token, length) = next_token(&bytes[at..]);
        match token {
            Token::Dot => dots += 1,
            Token::Part => {}
            Token::End => dots = 0,
        }
        if dots > DOTS_MAX {
            return Some(at);
        }
        at += length;
    }
    None
}

/// The token at the beginning of `rest`, which is not empty, and its length.
fn next_token(rest: &[u8]) -> (Token, usize) {
    let until = |ends: &[u8]| {
        let end = rest.iter().position(|byte| ends.contains(byte));
        end.unwrap_or(rest.len())
    };
    match rest[0] {
        b'.' => (Token::Dot, 1),
        b'=' | b',' | b'[' | b']' | b'{' | b'}' | b'\r' | b'\n' => (Token::End, 1),
        b' ' | b'\t' => (Token::Part, 1),
        b'#' => (Token::End, until(b"\r\n")),
        quote @ (b'\'' | b'"') => (Token::Part, string_length(rest, quote)),
        _ => (Token::Part, until(WORD_END)),
    }
}

fn string_length(rest: &[u8], quote: u8) -> usize {
    let delimiter = [quote; 3];
    if !rest.starts_with(&delimiter) {
        // A line's end ends a string that nobody closed.
        return body_length(rest, 1, quote, |rest| match rest[0] {
            b'\n' => Some(0),
            byte => (byte == quote).then_some(1),
        });
    }
    let end = body_length(rest, 3, quote, |rest| {
        rest.starts_with(&delimiter).then_some(3)
    });
    // Up to two more quotes belong to the string.
    let more = rest[end..]
        .iter()
        .take(2)
        .take_while(|byte| **byte == quote);
    end + more.count()
}

/// Where the string ends whose body begins at `start`; `end` gives the length
/// of what closes it.
fn body_length(
    rest: &[u8],
    start: usize,
    quote: u8,
    end: impl Fn(&[u8]) -> Option<usize>,
) -> usize {
    let mut at = start;
    while at < rest.len() {
        if let Some(length) = end(&rest[at..]) {
            return at + length;
        }
        let is_escape = quote == b'"' && rest[at] == b'\\';
        let takes_next = is_escape && matches!(rest.get(at + 1), Some(b'\\' | b'"'));
        at += if takes_next { 2 } else { 1 };
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_of_keys_are_counted() {
        for (text, found) in [
            ("", None),
            ("a.b.c.d.e.f.g.h.i = 1", None),
            ("a.b.c.d.e.f.g.h.i.j = 1", Some(17)),
            ("a . b\t. 'c' . \"d\" .e.f.g.h.i.j = 1", Some(28)),
            ("[a.b.c.d.e.f.g.h.i.j]", Some(18)),
            ("a = { b.c.d.e.f.g.h.i.j.k = 1 }", Some(23)),
            (
                "a = [1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5]",
                None,
            ),
            ("a.b = 1.5\n a.c = 2.5 # .........", None),
        ] {
            assert_eq!(find_deep_key(text), found, "{text}");
        }
    }

    #[test]
    fn dots_in_strings_do_not_count() {
        for string in [
            "'.........'",
            "\".........\"",
            "\"\\\".........\"",
            "\"\\\\\".........\"\"",
            "'''\n.........''.........'''''",
            "\"\"\"\n.........\\\"\"\".........\"\"\"\"\"",
            "'.........",
            "\".........",
            "'''.........",
        ] {
            let dots_after = string.contains("\\\\\"");
            let text = format!("a = {string}");
            assert_eq!(find_deep_key(&text).is_some(), dots_after, "{text}");
        }
    }
}
