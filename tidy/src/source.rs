//! The Rust files of the tree, parsed.

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use syn::File;

use crate::modules::{Modules, Reach};
use crate::test_code::TestLines;
use crate::tokens::{self, Token};
use crate::workspace::Workspace;
use crate::{Tree, Violation, paths};

/// All Rust files but those that are data for tests.
pub(crate) struct Sources<'tree> {
    pub(crate) files: Vec<Source<'tree>>,
    /// Files that are no Rust.
    pub(crate) unreadable: Vec<Violation>,
}

/// One parsed file.
pub(crate) struct Source<'tree> {
    pub(crate) path: &'tree str,
    pub(crate) text: &'tree str,
    pub(crate) tokens: Vec<Token>,
    pub(crate) syntax: File,
    /// `None` if no root of any package leads to the file.
    pub(crate) reach: Option<Reach>,
}

impl<'tree> Sources<'tree> {
    pub(crate) fn of(tree: &'tree Tree) -> Self {
        let mut files = Vec::new();
        let mut unreadable = Vec::new();
        for (path, text) in rust_files(tree) {
            match Source::parse(path, text) {
                Ok(source) => files.push(source),
                Err(violation) => unreadable.push(violation),
            }
        }
        let syntax: BTreeMap<&str, &File> = files
            .iter()
            .map(|source| (source.path, &source.syntax))
            .collect();
        let modules = Modules::of(tree, &Workspace::of(tree), &syntax);
        for source in &mut files {
            source.reach = modules.reach(source.path);
        }
        Self { files, unreadable }
    }

    /// The files that a product is built from.
    pub(crate) fn product(&self) -> impl Iterator<Item = &Source<'tree>> {
        self.files.iter().filter(|source| !source.is_test())
    }
}

impl<'tree> Source<'tree> {
    fn parse(path: &'tree str, text: &'tree str) -> Result<Self, Violation> {
        let unreadable = |error: &syn::Error| {
            let message = format!("not Rust: {error}; mend the file");
            Violation::new(path, error.span().start().line, message)
        };
        let stream: TokenStream = text
            .parse()
            .map_err(|error: proc_macro2::LexError| unreadable(&error.into()))?;
        let syntax = syn::parse2(stream.clone()).map_err(|error| unreadable(&error))?;
        Ok(Self {
            path,
            text,
            tokens: tokens::flatten(stream),
            syntax,
            reach: None,
        })
    }

    /// Whether the file is no part of a product: its name says so, or only
    /// test code declares it.
    pub(crate) fn is_test(&self) -> bool {
        is_named_as_test(self.path) || self.reach == Some(Reach::Tests)
    }

    /// The lines of this file that only tests compile.
    pub(crate) fn test_lines(&self) -> TestLines {
        TestLines::of(&self.syntax)
    }

    /// A violation in this file.
    pub(crate) fn violation(&self, line: usize, message: impl Into<String>) -> Violation {
        Violation::new(self.path, line, message)
    }
}

/// The Rust files that are code: test data may be anything.
pub(crate) fn rust_files(tree: &Tree) -> impl Iterator<Item = (&str, &str)> {
    tree.with_extension("rs")
        .filter(|(path, _)| !paths::passes(path, "testdata"))
}

/// Whether the path alone says that this is no product code. What lies under
/// `tests/`, `benches/` and `examples/` is known by its reach.
fn is_named_as_test(path: &str) -> bool {
    let name = paths::without_extension(paths::name(path));
    name == "tests" || name.ends_with("_tests") || paths::passes(path, "fuzz")
}
