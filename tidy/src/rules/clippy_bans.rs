//! Clippy reads only the `clippy.toml` nearest to a crate. So that file has to
//! repeat the bans of the root, and that of a pure crate bans clocks, threads
//! and unstable map order besides.

use std::collections::BTreeSet;

use crate::document::Document;
use crate::standing::Standing;
use crate::workspace::Workspace;
use crate::{Tree, Violation, paths};

const FILE: &str = "clippy.toml";
const LISTS: &[&str] = &[
    "disallowed-methods",
    "disallowed-types",
    "disallowed-macros",
];

/// What each pure crate bans at least.
const PURE_BANS: &[&str] = &[
    "std::collections::HashMap",
    "std::collections::HashSet",
    "std::thread::spawn",
    "std::time::Instant::now",
    "std::time::SystemTime::now",
];

/// Finds crates whose `clippy.toml` lost a ban.
pub fn check(tree: &Tree) -> Vec<Violation> {
    let root_bans = match Document::find(tree, FILE) {
        Ok(document) => bans(&document),
        Err(violation) => return vec![violation],
    };
    let workspace = Workspace::of(tree);
    let mut found = BTreeSet::new();
    for package in workspace.members() {
        let is_pure = Standing::of(package.folder()).is_some_and(|standing| standing.is_pure());
        let mut wanted = root_bans.clone();
        if is_pure {
            wanted.extend(PURE_BANS.iter().map(|ban| (*ban).to_owned()));
        }
        found.extend(missing(tree, package.folder(), &wanted));
    }
    // A file that several crates share is told once.
    found.into_iter().collect()
}

fn missing(tree: &Tree, folder: &str, wanted: &BTreeSet<String>) -> Vec<Violation> {
    let path = nearest(tree, folder);
    let present = match Document::find(tree, &path) {
        Ok(document) => bans(&document),
        Err(violation) => return vec![violation],
    };
    wanted
        .difference(&present)
        .map(|ban| {
            let message = format!("{folder} does not ban `{ban}`; add it to {folder}/{FILE}");
            Violation::new(&path, 1, message)
        })
        .collect()
}

/// The file that Clippy reads for a crate: its own or the first one above.
fn nearest(tree: &Tree, folder: &str) -> String {
    let mut folder = folder;
    while !folder.is_empty() {
        let path = format!("{folder}/{FILE}");
        if tree.has_file(&path) {
            return path;
        }
        folder = paths::folder(folder);
    }
    FILE.to_owned()
}

/// The banned paths, written as a string or as a table with a reason.
fn bans(document: &Document<'_>) -> BTreeSet<String> {
    LISTS
        .iter()
        .filter_map(|list| document.get(&[list])?.get_ref().as_array())
        .flat_map(|list| list.iter())
        .filter_map(|ban| {
            let ban = ban.get_ref();
            let path = ban.get("path").map_or(ban, |path| path.get_ref());
            path.as_str().map(str::to_owned)
        })
        .collect()
}
