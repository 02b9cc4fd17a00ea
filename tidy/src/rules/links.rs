//! Documents lead somewhere: each relative link to a file that exists, each
//! fragment to a heading, and the summary to every page of the book.

use std::collections::BTreeSet;

use crate::markdown::{self, Link};
use crate::{Tree, Violation, paths};

const BOOK: &str = "docs/src";
const SUMMARY: &str = "docs/src/SUMMARY.md";

/// Finds broken links and pages that the book does not list.
pub fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for (path, text) in pages(tree) {
        for link in markdown::links(text) {
            found.extend(
                wrong_link(tree, path, &link)
                    .map(|message| Violation::new(path, link.line, message)),
            );
        }
    }
    found.extend(unlisted(tree));
    found
}

fn pages(tree: &Tree) -> impl Iterator<Item = (&str, &str)> {
    tree.with_extension("md")
        .filter(|(path, _)| !paths::passes(path, "testdata"))
}

fn wrong_link(tree: &Tree, page: &str, link: &Link) -> Option<String> {
    if is_outside(&link.target) {
        return None;
    }
    let (file, fragment) = match link.target.split_once('#') {
        Some((file, fragment)) => (file, Some(fragment)),
        None => (link.target.as_str(), None),
    };
    let Some(target) = resolve(page, file).filter(|path| exists(tree, path)) else {
        return Some(format!("`{file}` does not exist; mend the link"));
    };
    // A bare `#` leads to the top.
    let heading = fragment.filter(|heading| !heading.is_empty())?;
    let text = tree
        .text(&target)
        .filter(|_| paths::extension(&target) == Some("md"))?;
    (!markdown::anchors(text).contains(heading))
        .then(|| format!("`{target}` has no heading `#{heading}`; mend the link"))
}

/// Whether a link has a scheme, and so leads out of the repository.
fn is_outside(target: &str) -> bool {
    let scheme = target.split(['/', '#']).next().unwrap_or("");
    target.starts_with("//") || scheme.contains(':')
}

fn resolve(page: &str, file: &str) -> Option<String> {
    match file.strip_prefix('/') {
        _ if file.is_empty() => Some(page.to_owned()),
        Some(from_root) => paths::join("", from_root),
        None => paths::join(paths::folder(page), file),
    }
}

fn exists(tree: &Tree, path: &str) -> bool {
    tree.has_file(path) || tree.has_folder(path)
}

fn unlisted(tree: &Tree) -> Vec<Violation> {
    let listed: BTreeSet<String> = markdown::links(tree.text(SUMMARY).unwrap_or(""))
        .iter()
        .filter_map(|link| resolve(SUMMARY, &link.target))
        .collect();
    pages(tree)
        .map(|(path, _)| path)
        .filter(|path| paths::below(path, BOOK).is_some() && *path != SUMMARY)
        .filter(|path| !listed.contains(*path))
        .map(|path| {
            Violation::new(
                path,
                1,
                format!("no reader finds this page; list it in {SUMMARY}"),
            )
        })
        .collect()
}
