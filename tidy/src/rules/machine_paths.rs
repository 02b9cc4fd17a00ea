//! Nothing of the machine that built it: no absolute paths of a workplace, no
//! addresses of package registries. Both break on the next machine.

use crate::{Tree, Violation, paths};

/// Folders at the root of a machine where builds happen.
const ROOT_FOLDERS: &[&str] = &["work", "root"];
/// Words in the host names of package registries.
const REGISTRIES: &[&str] = &["npmjs", "pythonhosted", "golang", "crates", "debian"];
/// A lock file names the registry by design.
const LOCK: &str = "Cargo.lock";

/// Finds paths and hosts that only one machine knows.
pub fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for (path, text) in tree.texts().filter(|(path, _)| paths::name(path) != LOCK) {
        for (index, line) in text.lines().enumerate() {
            found.extend(
                machine_path(line)
                    .or_else(|| registry(line))
                    .map(|message| Violation::new(path, index + 1, message)),
            );
        }
    }
    found
}

fn machine_path(line: &str) -> Option<String> {
    let folder = ROOT_FOLDERS.iter().find(|folder| {
        line.match_indices(&format!("/{folder}/"))
            .any(|(at, _)| !line[..at].ends_with(continues_path))
    })?;
    Some(format!(
        "a path below the `{folder}` of one machine; make it relative"
    ))
}

/// A sign before the slash that makes the path relative.
fn continues_path(sign: char) -> bool {
    sign.is_ascii_lowercase() || sign == '.'
}

fn registry(line: &str) -> Option<String> {
    let host = ["http://", "https://"]
        .iter()
        .flat_map(|scheme| line.split(scheme).skip(1))
        .filter_map(host)
        .find(|host| REGISTRIES.iter().any(|word| host.contains(word)))?;
    Some(format!(
        "the address of a registry, `{host}`; let the tool find its registry"
    ))
}

/// The host name before the first slash, and its port.
fn host(rest: &str) -> Option<&str> {
    let (host, _) = rest.split_once('/')?;
    host.chars()
        .all(|sign| sign.is_ascii_alphanumeric() || matches!(sign, '.' | '-' | ':'))
        .then_some(host)
}
