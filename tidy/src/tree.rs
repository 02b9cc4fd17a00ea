//! The files of the repository, read once, or given in memory by a test.
//!
//! Git says which files count: those it tracks and those it would track. Where
//! there is no git (an unpacked archive) every file counts but what a build
//! writes.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::{fs, io};

use crate::paths;

/// Folders that a walk without git leaves out.
const BUILD_FOLDERS: &[&str] = &[".git", "target", "docs/book"];

/// Files by path, in order. A path is relative to the root and uses `/`.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// `None` where the bytes are not text: such a file can be linked to, but
    /// not read.
    files: BTreeMap<String, Option<String>>,
}

impl Tree {
    /// Reads the repository at `root` from the disk.
    pub fn read(root: &Path) -> io::Result<Self> {
        let paths = match listed_by_git(root) {
            Some(paths) => paths,
            None => walked(root)?,
        };
        let mut files = BTreeMap::new();
        for path in paths {
            let file = root.join(&path);
            // Git also lists files deleted since, and folders that are links.
            if file.is_file() {
                files.insert(path, String::from_utf8(fs::read(file)?).ok());
            }
        }
        Ok(Self { files })
    }

    /// A tree in memory, from pairs of path and text.
    pub fn of(files: &[(&str, &str)]) -> Self {
        let mut tree = Self::default();
        for (path, text) in files {
            tree.plant(path, text);
        }
        tree
    }

    /// Puts a file into the tree, over the one that was there.
    pub fn plant(&mut self, path: &str, text: &str) {
        self.files.insert(path.to_owned(), Some(text.to_owned()));
    }

    /// Path and text of each text file, in order of the paths.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files
            .iter()
            .filter_map(|(path, text)| Some((path.as_str(), text.as_deref()?)))
    }

    /// The text files whose name ends in a dot and `extension`.
    pub fn with_extension(&self, extension: &str) -> impl Iterator<Item = (&str, &str)> {
        self.texts()
            .filter(move |(path, _)| paths::extension(path) == Some(extension))
    }

    /// The text of one file.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path)?.as_deref()
    }

    /// Whether `path` is a file of the tree, text or not.
    pub fn has_file(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    /// Whether some file of the tree lies below the folder `path`.
    pub fn has_folder(&self, path: &str) -> bool {
        let below = format!("{path}/");
        path.is_empty()
            || self
                .files
                .range(below.clone()..)
                .next()
                .is_some_and(|(file, _)| file.starts_with(&below))
    }
}

/// `None` where git does not answer, or answers for a repository around ours.
fn listed_by_git(root: &Path) -> Option<Vec<String>> {
    let output = Command::new("git")
        .args(["ls-files", "-z", "-co", "--exclude-standard"])
        .current_dir(root)
        .output()
        .ok()?;
    let listing = String::from_utf8(output.stdout).ok()?;
    let paths: Vec<String> = listing.split_terminator('\0').map(str::to_owned).collect();
    let is_ours = paths.iter().any(|path| path == "Cargo.toml");
    (output.status.success() && is_ours).then_some(paths)
}

fn walked(root: &Path) -> io::Result<Vec<String>> {
    let mut paths = Vec::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root.join(&folder))? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if folder.is_empty() {
                name
            } else {
                format!("{folder}/{name}")
            };
            if !entry.file_type()?.is_dir() {
                paths.push(path);
            } else if !BUILD_FOLDERS.contains(&path.as_str()) {
                folders.push(path);
            }
        }
    }
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder_with(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (path, bytes) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        folder
    }

    fn init(folder: &Path) {
        let made = Command::new("git")
            .args(["init", "--quiet"])
            .current_dir(folder)
            .status();
        assert!(
            made.is_ok_and(|status| status.success()),
            "git is needed here"
        );
    }

    #[test]
    fn git_says_which_files_count() {
        let folder = folder_with(&[
            (".gitignore", b"/ignored\n"),
            ("Cargo.toml", b""),
            ("ignored/a.rs", b""),
            ("docs/icon.png", &[0xff, 0xfe]),
        ]);
        init(folder.path());
        let tree = Tree::read(folder.path()).unwrap();
        let texts: Vec<&str> = tree.texts().map(|(path, _)| path).collect();
        assert_eq!(texts, [".gitignore", "Cargo.toml"]);
        assert!(tree.has_file("docs/icon.png") && tree.has_folder("docs"));
        assert!(!tree.has_folder("ignored"));
    }

    #[test]
    fn a_repository_around_ours_is_not_asked() {
        let folder = folder_with(&[(".gitignore", b"/unpacked\n"), ("unpacked/Cargo.toml", b"")]);
        init(folder.path());
        let tree = Tree::read(&folder.path().join("unpacked")).unwrap();
        assert!(tree.has_file("Cargo.toml"));
    }

    #[test]
    fn a_walk_leaves_out_what_a_build_writes() {
        let folder = folder_with(&[
            (".git/config", b""),
            ("chain/src/lib.rs", b""),
            ("docs/book/index.md", b""),
            ("target/debug/out.rs", b""),
        ]);
        assert_eq!(walked(folder.path()).unwrap(), ["chain/src/lib.rs"]);
    }
}
