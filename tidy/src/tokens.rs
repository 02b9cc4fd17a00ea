//! Rust as a flat list of tokens, and the comments between them.
//!
//! Tokens also show what stands inside macro calls, which syntax does not.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};

/// One word, literal, sign or bracket.
#[derive(Debug)]
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) line: usize,
    span: Span,
}

/// The tokens of `stream` in order, brackets included.
pub(crate) fn flatten(stream: TokenStream) -> Vec<Token> {
    let mut tokens = Vec::new();
    add(stream, &mut tokens);
    tokens
}

/// Whether `tokens` begins with the words of `pattern`.
pub(crate) fn begins(tokens: &[Token], pattern: &[&str]) -> bool {
    tokens.len() >= pattern.len()
        && tokens
            .iter()
            .zip(pattern)
            .all(|(token, word)| token.text == *word)
}

/// `text` with all code blanked: what is left is comments, each on its line.
pub(crate) fn comments(text: &str, tokens: &[Token]) -> String {
    let mut left = text.as_bytes().to_vec();
    for token in tokens {
        for byte in &mut left[token.span.byte_range()] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
    }
    // A doc comment reaches us as the tokens of an attribute, most of which
    // span the whole comment.
    for token in tokens {
        let bytes = token.span.byte_range();
        let written = &text.as_bytes()[bytes.clone()];
        if written.starts_with(b"//") || written.starts_with(b"/*") {
            left[bytes].copy_from_slice(written);
        }
    }
    String::from_utf8_lossy(&left).into_owned()
}

fn add(stream: TokenStream, tokens: &mut Vec<Token>) {
    for tree in stream {
        match tree {
            TokenTree::Group(group) => {
                let (open, close) = brackets(group.delimiter());
                tokens.push(token(open.to_owned(), group.span_open()));
                add(group.stream(), tokens);
                tokens.push(token(close.to_owned(), group.span_close()));
            }
            leaf => tokens.push(token(leaf.to_string(), leaf.span())),
        }
    }
}

fn token(text: String, span: Span) -> Token {
    Token {
        text,
        line: span.start().line,
        span,
    }
}

fn brackets(delimiter: Delimiter) -> (&'static str, &'static str) {
    match delimiter {
        Delimiter::Parenthesis => ("(", ")"),
        Delimiter::Brace => ("{", "}"),
        Delimiter::Bracket => ("[", "]"),
        Delimiter::None => ("", ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_comments_are_left_and_they_keep_their_lines() {
        let text = "/// Doc.\n/** Too. */\nfn f() { \"// é\n\" } // end\n/* a\nb */";
        let stream = text.parse().expect("the text is Rust");
        let left = comments(text, &flatten(stream));
        let lines: Vec<&str> = left.lines().map(str::trim).collect();
        assert_eq!(
            lines,
            ["/// Doc.", "/** Too. */", "", "// end", "/* a", "b */"]
        );
    }

    #[test]
    fn brackets_are_tokens_of_their_own() {
        let tokens = flatten("a.unwrap()[0]{}".parse().expect("the text is Rust"));
        assert!(begins(
            &tokens,
            &["a", ".", "unwrap", "(", ")", "[", "0", "]", "{", "}"]
        ));
        assert!(!begins(&tokens, &["a", "."].repeat(8)));
    }
}
