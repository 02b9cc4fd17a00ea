//! Paths inside the tree: relative to its root, parts separated by `/`.

/// The folder that holds `path`; empty at the root.
pub(crate) fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The last part of `path`.
pub(crate) fn name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// `path` without the dot and what follows it in the last part.
pub(crate) fn without_extension(path: &str) -> &str {
    path.rsplit_once('.').map_or(path, |(stem, _)| stem)
}

/// What follows the last dot of `path`.
pub(crate) fn extension(path: &str) -> Option<&str> {
    Some(name(path).rsplit_once('.')?.1)
}

/// Whether one of the folders on the way to `path` is called `folder`.
pub(crate) fn passes(path: &str, folder: &str) -> bool {
    path.split('/').rev().skip(1).any(|part| part == folder)
}

/// `path` as seen from `folder`, if it lies below it.
pub(crate) fn below<'path>(path: &'path str, folder: &str) -> Option<&'path str> {
    if folder.is_empty() {
        return Some(path);
    }
    path.strip_prefix(folder)?.strip_prefix('/')
}

/// What `relative` names when it is read in `folder`; `None` if that lies
/// outside the tree.
pub(crate) fn join(folder: &str, relative: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(relative.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn join_resolves_dots_and_stays_in_the_tree() {
        assert_eq!(
            join("docs/src", "../adr/0001.md").as_deref(),
            Some("docs/adr/0001.md")
        );
        assert_eq!(
            join("docs", "./src//a.md").as_deref(),
            Some("docs/src/a.md")
        );
        assert_eq!(join("docs", "../../a.md"), None);
    }

    #[test]
    fn a_folder_is_passed_only_above_the_file() {
        assert!(passes("chain/tests/replay.rs", "tests"));
        assert!(!passes("chain/src/tests", "tests"));
    }

    #[test]
    fn below_wants_whole_parts() {
        assert_eq!(below("node/api/src/lib.rs", "node/api"), Some("src/lib.rs"));
        assert_eq!(below("node-old/src/lib.rs", "node"), None);
    }
}
