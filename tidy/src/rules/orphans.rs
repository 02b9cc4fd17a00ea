//! No file is dead: each Rust file belongs to a crate and is read by the
//! compiler, from a root of that crate along `mod` declarations.
//!
//! Files under `tests/`, `benches/` and `examples/` of a crate are roots.

use crate::source::{Source, Sources};
use crate::workspace::Workspace;
use crate::{Tree, Violation};

/// Finds Rust files that nothing compiles.
pub fn check(tree: &Tree) -> Vec<Violation> {
    let workspace = Workspace::of(tree);
    let sources = Sources::of(tree);
    let mut found = sources.unreadable.clone();
    found.extend(
        sources
            .files
            .iter()
            .filter_map(|source| wrong_place(&workspace, source)),
    );
    found
}

fn wrong_place(workspace: &Workspace<'_>, source: &Source<'_>) -> Option<Violation> {
    let Some(package) = workspace.owner(source.path) else {
        return Some(source.violation(1, "belongs to no crate; move it into one or delete it"));
    };
    source.reach.is_none().then(|| {
        let message = format!(
            "no `mod` in `{}` leads here; declare the module or delete the file",
            package.name()
        );
        source.violation(1, message)
    })
}
