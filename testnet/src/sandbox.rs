//! Where a node lives while it is tested.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A directory with the home of a node and, beside it, what its processes say.
/// It goes when it is dropped.
#[derive(Debug)]
pub struct Sandbox {
    directory: TempDir,
}

impl Sandbox {
    /// An empty one.
    pub fn new() -> Self {
        let directory = tempfile::tempdir().expect("there is a directory for temporary files");
        Self { directory }
    }

    /// The home of the node.
    pub fn home(&self) -> PathBuf {
        self.path("home")
    }

    /// A path beside the home.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes a file beside the home, or below it.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        let parent = path.parent().expect("it lies below the sandbox");
        fs::create_dir_all(parent).expect("the sandbox can be written to");
        fs::write(&path, text).expect("the sandbox can be written to");
        path
    }

    /// All files below the home with what is in them, but for those of a name.
    pub fn files_but(&self, name: &str) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        collect(&self.home(), name, &mut files);
        files
    }
}

impl Default for Sandbox {
    fn default() -> Self {
        Self::new()
    }
}

fn collect(directory: &Path, but: &str, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(directory).expect("the home can be read") {
        let path = entry.expect("the home can be read").path();
        if path.is_dir() {
            collect(&path, but, files);
        } else if path.file_name().is_none_or(|name| name != but) {
            let bytes = fs::read(&path).expect("the home can be read");
            files.insert(path, bytes);
        }
    }
}
