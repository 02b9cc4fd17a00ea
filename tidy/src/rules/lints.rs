//! Every member takes its lints and its licence from the workspace.

use crate::workspace::Workspace;
use crate::{Tree, Violation};

/// What each manifest has to say, as keys and as a reader writes it.
const WANTED: &[(&[&str], &str)] = &[
    (&["lints", "workspace"], "`[lints]` with `workspace = true`"),
    (
        &["package", "license", "workspace"],
        "`license.workspace = true`",
    ),
];

/// Finds manifests that go their own way.
pub fn check(tree: &Tree) -> Vec<Violation> {
    let workspace = Workspace::of(tree);
    let mut found = workspace.unreadable.clone();
    for package in workspace.members() {
        for (keys, written) in WANTED {
            if !package.manifest.is_true(keys) {
                let message = format!("`{}` lacks {written}; add it", package.name());
                found.push(Violation::new(package.manifest.path, 1, message));
            }
        }
    }
    found
}
