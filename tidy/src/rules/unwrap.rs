//! Product code says why it cannot fail: no `.unwrap()`, and each `.expect`
//! gives a reason instead of repeating that something failed.

use syn::LitStr;

use crate::source::{Source, Sources};
use crate::tokens::{Token, begins};
use crate::{Tree, Violation};

/// Fewer words name a thing, they give no reason.
const REASON_WORDS_MIN: usize = 3;
/// Beginnings of messages that repeat the failure.
const NO_REASON: &[&str] = &["failed", "could not", "should"];

/// Finds unwraps without a reason outside of test code.
pub fn check(tree: &Tree) -> Vec<Violation> {
    let sources = Sources::of(tree);
    let mut found = sources.unreadable.clone();
    for source in sources.product() {
        found.extend(check_source(source));
    }
    found
}

fn check_source(source: &Source<'_>) -> Vec<Violation> {
    let tests = source.test_lines();
    let mut found = Vec::new();
    for (at, token) in source.tokens.iter().enumerate() {
        let wrong = wrong_call(&source.tokens[at..]);
        found.extend(
            wrong
                .filter(|_| !tests.contain(token.line))
                .map(|message| source.violation(token.line, message)),
        );
    }
    found
}

fn wrong_call(tokens: &[Token]) -> Option<String> {
    if begins(tokens, &[".", "unwrap", "(", ")"]) {
        return Some("`.unwrap()` in product code; return the error or `.expect` a reason".into());
    }
    if !begins(tokens, &[".", "expect", "("]) {
        return None;
    }
    // An argument that is no string: not the `expect` we mean.
    let message = syn::parse_str::<LitStr>(&tokens.get(3)?.text).ok()?.value();
    (!is_reason(&message))
        .then(|| format!("`.expect({message:?})` gives no reason; say why it cannot fail"))
}

fn is_reason(message: &str) -> bool {
    let message = message.trim().to_lowercase();
    message.split_whitespace().count() >= REASON_WORDS_MIN
        && !NO_REASON.iter().any(|start| message.starts_with(start))
}
