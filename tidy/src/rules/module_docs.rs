//! Each file says in its first line what it is for.
//!
//! Test modules beside product code are named for the file they test, and need
//! no more; programs under `tests/` and `benches/` do.

use crate::source::rust_files;
use crate::{Tree, Violation, paths};

/// Finds Rust files that do not open with `//!` docs.
pub fn check(tree: &Tree) -> Vec<Violation> {
    rust_files(tree)
        .filter(|(path, text)| !is_sibling_test(path) && !opens_with_docs(text))
        .map(|(path, _)| {
            Violation::new(
                path,
                1,
                "no module docs; open with `//!` and say what it is for",
            )
        })
        .collect()
}

fn opens_with_docs(text: &str) -> bool {
    text.lines()
        .next()
        .and_then(|line| line.strip_prefix("//!"))
        .is_some_and(|doc| !doc.trim().is_empty())
}

fn is_sibling_test(path: &str) -> bool {
    let name = paths::without_extension(paths::name(path));
    paths::passes(path, "src") && (name == "tests" || name.ends_with("_tests"))
}
