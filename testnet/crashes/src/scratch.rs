//! A place for images: in memory where there is such a place.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// A file system in memory that most Linux systems have.
const MEMORY: &str = "/dev/shm";

/// An empty folder that goes when the value goes.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// Makes a folder in memory, or else where temporary files are.
    pub fn new() -> io::Result<Self> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!(
            "pyralog-crashes-{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let mut path = Path::new(MEMORY).join(&name);
        if fs::create_dir(&path).is_err() {
            path = std::env::temp_dir().join(name);
            fs::create_dir(&path)?;
        }
        Ok(Self(path))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Removes all that is in it.
    pub fn clear(&self) -> io::Result<()> {
        fs::remove_dir_all(&self.0)?;
        fs::create_dir(&self.0)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Whoever removed it before did our work.
        let _ = fs::remove_dir_all(&self.0);
    }
}
