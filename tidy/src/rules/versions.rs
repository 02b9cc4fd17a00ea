//! One version of each direct dependency: members take theirs from the
//! workspace, and the lock file holds that crate once.
//!
//! What cannot be had once stands in a list with its reason. The list may only
//! shrink: an entry that is no longer needed is a violation too.

use std::collections::{BTreeMap, BTreeSet};

use toml::Spanned;
use toml::de::DeString;

use crate::document::{Document, Value};
use crate::workspace::{Dependency, Package, Workspace, package_name};
use crate::{Tree, Violation};

const MANIFEST: &str = "Cargo.toml";
const LOCK: &str = "Cargo.lock";

/// Crates locked in several versions, and who pulls in the others. The list may
/// only shrink.
pub const SEVERAL_VERSIONS: &[(&str, &str)] = &[
    ("base64", "0.23 is for the gossip of libp2p"),
    ("chacha20poly1305", "0.10 is for the Noise of libp2p"),
    ("curve25519-dalek", "4 is for the Noise of libp2p"),
    ("getrandom", "0.3 is for the rand of jsonrpsee"),
    ("hmac", "0.12 is for the peer ids of Malachite's core"),
    ("rand_chacha", "0.9 is for the rand of jsonrpsee"),
    ("rand_core", "0.9 is for the rand of jsonrpsee"),
    ("sha2", "0.10 is for the peer ids of Malachite's core"),
    (
        "syn",
        "2 is for the derives of curve25519-dalek and zeroize",
    ),
    ("thiserror", "1 is for soketto, the WebSockets of jsonrpsee"),
];

/// Finds versions outside the workspace table and crates locked twice.
pub fn check(tree: &Tree) -> Vec<Violation> {
    check_against(tree, SEVERAL_VERSIONS)
}

/// [`check`] with another list of crates that may be locked twice.
pub fn check_against(tree: &Tree, several_versions: &[(&str, &str)]) -> Vec<Violation> {
    let workspace = Workspace::of(tree);
    let mut found = workspace.unreadable.clone();
    found.extend(own_versions(&workspace));
    match (Document::find(tree, MANIFEST), Document::find(tree, LOCK)) {
        (Ok(manifest), Ok(lock)) => {
            let locked = locked_lines(&lock);
            found.extend(unused(&manifest, &workspace));
            found.extend(locked_again(&manifest, &locked, several_versions));
            found.extend(no_longer_needed(several_versions, &locked));
        }
        (manifest, lock) => found.extend(manifest.err().into_iter().chain(lock.err())),
    }
    found
}

fn own_versions(workspace: &Workspace<'_>) -> Vec<Violation> {
    let mut found = Vec::new();
    for package in workspace.members() {
        for dependency in package.dependencies() {
            if !is_shared(&dependency) {
                let message = format!(
                    "`{}` names a version of its own; move it to [workspace.dependencies] \
                     and write `workspace = true`",
                    dependency.package
                );
                let path = package.manifest.path;
                found.push(Violation::new(path, dependency.line, message));
            }
        }
    }
    found
}

fn is_shared(dependency: &Dependency<'_>) -> bool {
    let spec = dependency.value.get_ref();
    let from_workspace = spec
        .get("workspace")
        .is_some_and(|value| value.get_ref().as_bool() == Some(true));
    from_workspace || is_ours(dependency.value)
}

fn is_ours(value: &Value<'_>) -> bool {
    value.get_ref().get("path").is_some()
}

/// Outside crates that the workspace names and no member takes.
fn unused(manifest: &Document<'_>, workspace: &Workspace<'_>) -> Vec<Violation> {
    let used: BTreeSet<&str> = workspace
        .members()
        .flat_map(Package::dependencies)
        .map(|dependency| dependency.package)
        .collect();
    shared(manifest)
        .filter(|(key, value)| !is_ours(value) && !used.contains(key.get_ref().as_ref()))
        .map(|(key, _)| {
            let message = format!("no member uses `{}`; remove it", key.get_ref());
            Violation::new(MANIFEST, manifest.line_of(key), message)
        })
        .collect()
}

fn locked_again(
    manifest: &Document<'_>,
    locked: &BTreeMap<&str, Vec<usize>>,
    several_versions: &[(&str, &str)],
) -> Vec<Violation> {
    shared(manifest)
        .map(|(key, value)| package_name(key.get_ref(), value))
        .filter(|name| !several_versions.iter().any(|(known, _)| known == name))
        .filter_map(|name| {
            let second = locked.get(name)?.get(1)?;
            let message = format!("a second version of `{name}`; take the one its users share");
            Some(Violation::new(LOCK, *second, message))
        })
        .collect()
}

/// The lines of the workspace's dependency table.
fn shared<'manifest>(
    manifest: &'manifest Document<'_>,
) -> impl Iterator<
    Item = (
        &'manifest Spanned<DeString<'manifest>>,
        &'manifest Value<'manifest>,
    ),
> {
    let table = manifest.table(&["workspace", "dependencies"]);
    table.into_iter().flat_map(|table| table.iter())
}

/// The lines of each locked package, by its name.
fn locked_lines<'lock>(lock: &'lock Document<'_>) -> BTreeMap<&'lock str, Vec<usize>> {
    let mut lines: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let packages = lock
        .get(&["package"])
        .and_then(|list| list.get_ref().as_array());
    for package in packages.into_iter().flat_map(|list| list.iter()) {
        let Some(place) = package.get_ref().get("name") else {
            continue;
        };
        let name = place.get_ref().as_str().unwrap_or("");
        lines.entry(name).or_default().push(lock.line_of(place));
    }
    lines
}

fn no_longer_needed(
    several_versions: &[(&str, &str)],
    locked: &BTreeMap<&str, Vec<usize>>,
) -> Vec<Violation> {
    several_versions
        .iter()
        .filter(|(name, _)| locked.get(name).is_none_or(|lines| lines.len() < 2))
        .map(|(name, _)| {
            let message = format!("`{name}` is locked once; remove it from SEVERAL_VERSIONS");
            Violation::new(LOCK, 1, message)
        })
        .collect()
}
