//! Who may use whom: the direction between our crates, and the few outside
//! crates that have one home or no place in pure code.
//!
//! The direction holds for tests too; outside crates are free there.

use crate::standing::Standing;
use crate::workspace::{Package, Purpose, Workspace};
use crate::{Tree, Violation};

/// What pure crates do without: async runtimes, the network, databases and
/// randomness from the machine. Each stands for its whole family (`tokio-util`).
const IMPURE: &[&str] = &[
    "async-std",
    "datafusion",
    "getrandom",
    "libp2p",
    "rand",
    "rocksdb",
    "tokio",
];

/// Members of an impure family that are pure: generators that are given a seed.
const PURE: &[&str] = &["rand-core", "rand-chacha"];

/// Outside crates with one home, by the folder of the only crate to name them.
const HOMES: &[(&str, &str)] = &[
    ("anyhow", "cli"),
    ("datafusion", "cluster/query"),
    ("rocksdb", "cluster/store"),
];

/// Finds crates without a standing and dependencies against the direction.
pub fn check(tree: &Tree) -> Vec<Violation> {
    let workspace = Workspace::of(tree);
    let mut found = workspace.unreadable.clone();
    for package in &workspace.packages {
        match Standing::of(package.folder()) {
            Some(standing) => found.extend(check_package(&workspace, package, &standing)),
            None => found.push(Violation::new(
                package.manifest.path,
                1,
                format!(
                    "`{}` has no standing; decide what it may use in tidy/src/standing.rs",
                    package.name()
                ),
            )),
        }
    }
    found
}

fn check_package(
    workspace: &Workspace<'_>,
    package: &Package<'_>,
    standing: &Standing,
) -> Vec<Violation> {
    let mut found = Vec::new();
    for dependency in package.dependencies() {
        let name = workspace.package_name(&dependency);
        let wrong = if name == package.name() {
            None // A crate may test itself with other features.
        } else if is_ours(name) {
            wrong_inside(workspace, standing, name, dependency.purpose)
        } else {
            wrong_outside(package.folder(), standing, name, dependency.purpose)
        };
        found.extend(wrong.map(|wrong| {
            let message = format!("`{}` {wrong}", package.name());
            Violation::new(package.manifest.path, dependency.line, message)
        }));
    }
    found
}

fn is_ours(name: &str) -> bool {
    name == "pyralog" || name.starts_with("pyralog-")
}

fn wrong_inside(
    workspace: &Workspace<'_>,
    standing: &Standing,
    name: &str,
    purpose: Purpose,
) -> Option<String> {
    let Some(used) = workspace.named(name) else {
        return Some(format!(
            "uses `{name}`, which no manifest here defines; remove it"
        ));
    };
    // Without a standing, the used crate is a violation of its own.
    let part = Standing::of(used.folder())?.part;
    let may_use = match purpose {
        Purpose::Product => standing.may_use(part),
        Purpose::Tests => standing.tests_may_use(part),
    };
    (!may_use).then(|| {
        format!(
            "may not use `{name}`; move the code to where both can see it \
             (tidy/src/standing.rs has the table)"
        )
    })
}

fn wrong_outside(
    folder: &str,
    standing: &Standing,
    name: &str,
    purpose: Purpose,
) -> Option<String> {
    if purpose == Purpose::Tests {
        return None;
    }
    if standing.is_pure() && IMPURE.iter().any(|family| belongs(name, family)) {
        return Some(format!(
            "is pure and may not use `{name}`; take time, seeds and bytes as inputs"
        ));
    }
    let (_, home) = HOMES
        .iter()
        .find(|(family, home)| belongs(name, family) && folder != *home)?;
    Some(format!("may not use `{name}`; its only home is {home}"))
}

fn belongs(name: &str, family: &str) -> bool {
    // Cargo takes a dash and an underscore for the same name.
    let name = name.replace('_', "-");
    let member = name
        .strip_prefix(family)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
    member && !PURE.contains(&name.as_str())
}
