//! The hash of a document that stays where it is.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use pyralog_primitives::Hash;

use crate::args::Document;
use crate::error::CliError;
use crate::input;

impl Document {
    /// Refuses to take both the document and a password from standard input.
    pub(super) fn check(&self, password_file: Option<&PathBuf>) -> Result<(), CliError> {
        let is_stdin = |path: Option<&PathBuf>| path.is_some_and(|path| input::is_stdin(path));
        if is_stdin(self.file.as_ref()) && is_stdin(password_file) {
            return Err(CliError::StdinTwice);
        }
        Ok(())
    }

    /// Plain BLAKE3, as other programs compute it: in no domain of ours, so
    /// that everyone can check it.
    pub(super) fn digest(&self) -> Result<Hash, CliError> {
        match (self.digest, &self.file) {
            (Some(digest), _) => Ok(digest),
            (None, Some(file)) if input::is_stdin(file) => {
                hash(io::stdin().lock()).map_err(CliError::Stdin)
            }
            (None, Some(path)) => {
                let opened = File::open(path).and_then(hash);
                opened.map_err(CliError::io("read", path))
            }
            (None, None) => unreachable!("the parser wants a hash or a file"),
        }
    }
}

fn hash(document: impl Read) -> io::Result<Hash> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(document)?;
    Ok(Hash::new(*hasher.finalize().as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_one_that_b3sum_prints() {
        // The first vector of BLAKE3: of nothing.
        let expected = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262";
        assert_eq!(hash(io::empty()).unwrap().to_string(), expected);
        let long = vec![7; 1_000_000];
        let whole = blake3::hash(&long);
        assert_eq!(hash(&*long).unwrap(), Hash::new(*whole.as_bytes()));
    }
}
