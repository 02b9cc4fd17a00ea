//! The habits of this repository, as a test that reads our own sources.
//!
//! A rule that no machine checks drifts. Each rule here is one function from a
//! [`Tree`] (the text files of the repository) to the [`Violation`]s it holds.
//! `tests/repository.rs` runs all of them on the real tree; `tests/planted.rs`
//! plants one violation for each and sees it found, so that tidy can fail.
//!
//! Invariant: a rule reads nothing but the tree it is given, so it says the
//! same about the same files on every machine.
//!
//! Failure model: a file that a rule cannot read (broken Rust, broken TOML) is
//! itself a violation. Nothing is skipped in silence.
//!
//! Rules read tokens and syntax where strings and comments would fool a text
//! search, and plain text where that is enough. What a macro expands to is out
//! of their sight.

mod document;
mod markdown;
mod modules;
mod paths;
mod rules;
mod source;
mod standing;
mod test_code;
mod tokens;
mod tree;
mod violation;
mod workspace;

pub use rules::{
    clippy_bans, direction, links, lints, machine_paths, module_docs, orphans, placeholders,
    public_integers, size, unwrap, versions,
};
pub use tree::Tree;
pub use violation::Violation;
