//! What is not done is not committed: no placeholder macros, no ignored
//! tests, no silenced dead code, no notes to self.
//!
//! Rust is read as tokens, so a string may name what a comment may not. This
//! crate's own sources have to name all of it, and are left out.

use crate::source::Sources;
use crate::tokens::{self, Token};
use crate::{Tree, Violation, paths};

const MACROS: &[&str] = &["todo", "unimplemented", "dbg"];
const NOTES: &[&str] = &["TODO", "FIXME", "XXX", "HACK"];
const OWN_FOLDER: &str = "tidy";

/// Finds placeholders in Rust, shell, Make and TOML files.
pub fn check(tree: &Tree) -> Vec<Violation> {
    let sources = Sources::of(tree);
    let mut found = sources.unreadable.clone();
    for source in &sources.files {
        if paths::below(source.path, OWN_FOLDER).is_some() {
            continue;
        }
        found.extend(in_tokens(source.path, &source.tokens));
        let comments = tokens::comments(source.text, &source.tokens);
        found.extend(notes(source.path, comments.lines()));
    }
    for (path, text) in tree
        .texts()
        .filter(|(path, text)| has_hash_comments(path, text))
    {
        found.extend(notes(path, text.lines().map(hash_comment)));
    }
    found
}

fn in_tokens(path: &str, tokens: &[Token]) -> Vec<Violation> {
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let rest = &tokens[at..];
        found.extend(placeholder_macro(rest).map(|name| {
            let message = format!("`{name}!` is a placeholder; write the code");
            Violation::new(path, token.line, message)
        }));
        if let Some(attribute) = attribute(rest) {
            found.extend(silenced(attribute).map(|what| {
                let message = format!("`{what}` silences a check; mend or delete the code");
                Violation::new(path, token.line, message)
            }));
        }
    }
    found
}

fn placeholder_macro(tokens: &[Token]) -> Option<&str> {
    let [name, bang, open, ..] = tokens else {
        return None;
    };
    let is_call = bang.text == "!" && matches!(open.text.as_str(), "(" | "[" | "{");
    (is_call && MACROS.contains(&name.text.as_str())).then_some(name.text.as_str())
}

/// What stands between the brackets, if an attribute begins here.
fn attribute(tokens: &[Token]) -> Option<&[Token]> {
    let inside = if tokens::begins(tokens, &["#", "["]) {
        &tokens[2..]
    } else if tokens::begins(tokens, &["#", "!", "["]) {
        &tokens[3..]
    } else {
        return None;
    };
    let mut open: usize = 1;
    let end = inside.iter().position(|token| {
        match token.text.as_str() {
            "[" => open += 1,
            "]" => open -= 1,
            _ => {}
        }
        open == 0
    })?;
    Some(&inside[..end])
}

/// The check that an attribute turns off, also behind a `cfg_attr`.
fn silenced(attribute: &[Token]) -> Option<String> {
    let first = attribute.first()?.text.as_str();
    if first == "ignore" {
        return Some("ignore".to_owned());
    }
    if first != "cfg_attr" {
        return silenced_lint(attribute);
    }
    let ignored = attribute
        .windows(2)
        .any(|pair| tokens::begins(pair, &[",", "ignore"]));
    if ignored {
        return Some("ignore".to_owned());
    }
    (0..attribute.len()).find_map(|at| silenced_lint(&attribute[at..]))
}

fn silenced_lint(tokens: &[Token]) -> Option<String> {
    let (level, lints) = tokens.split_first()?;
    if !matches!(level.text.as_str(), "allow" | "expect") || !tokens::begins(lints, &["("]) {
        return None;
    }
    let lint = lints
        .windows(2)
        .take_while(|pair| pair[0].text != ")")
        // Clippy's lints follow a colon and are its own matter.
        .filter(|pair| matches!(pair[0].text.as_str(), "(" | ","))
        .map(|pair| pair[1].text.as_str())
        .find(|lint| *lint == "dead_code" || lint.starts_with("unused"))?;
    Some(format!("{}({lint})", level.text))
}

fn notes<'line>(path: &str, lines: impl Iterator<Item = &'line str>) -> Vec<Violation> {
    let mut found = Vec::new();
    for (index, line) in lines.enumerate() {
        let note = line
            .split(|sign: char| !sign.is_alphanumeric() && sign != '_')
            .find(|word| NOTES.contains(word));
        found.extend(note.map(|note| {
            let message = format!("a comment says {note}; do it now or open an issue");
            Violation::new(path, index + 1, message)
        }));
    }
    found
}

fn has_hash_comments(path: &str, text: &str) -> bool {
    let name = paths::name(path);
    let is_script = text
        .lines()
        .next()
        .and_then(|line| line.strip_prefix("#!"))
        .is_some_and(|shell| shell.split_whitespace().any(|word| word.ends_with("sh")));
    is_script
        || name == "Makefile"
        || [".mk", ".sh", ".toml"]
            .iter()
            .any(|ending| name.ends_with(ending))
}

fn hash_comment(line: &str) -> &str {
    // A hash inside a word begins no comment: `${name#prefix}`.
    line.match_indices('#')
        .find(|(at, _)| !line[..*at].ends_with(|sign: char| !sign.is_whitespace()))
        .map_or("", |(at, _)| &line[at..])
}
