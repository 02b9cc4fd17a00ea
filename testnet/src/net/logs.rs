//! What nodes have said.

use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::PathBuf;

use super::error::NetError;
use super::{Net, NodeName};

/// Lines of a log that an error shows.
const TAIL_LINES: usize = 20;
/// What is read at most to find them.
const TAIL_BYTES: u64 = 16 * 1024;
/// What is read of a log at once.
const CHUNK_BYTES: u64 = 64 * 1024;

impl Net {
    /// What a node has said since it was there, from the beginning on, piece by
    /// piece.
    pub fn log(&self, node: &str) -> Result<Follower, NetError> {
        let node = self.record.nodes[self.find(node)?].name;
        let path = self.place.log(node);
        let file = File::open(&path).map_err(NetError::io("read", &path))?;
        Ok(Follower { path, file })
    }

    /// The last lines that a node has said.
    pub(crate) fn tail(&self, node: NodeName) -> String {
        let read = || {
            let mut file = File::open(self.place.log(node))?;
            let bytes = file.seek(SeekFrom::End(0))?;
            file.seek(SeekFrom::Start(bytes.saturating_sub(TAIL_BYTES)))?;
            let mut tail = Vec::new();
            file.take(TAIL_BYTES).read_to_end(&mut tail)?;
            Ok(tail)
        };
        match read() {
            Ok(bytes) => last_lines(&String::from_utf8_lossy(&bytes)),
            Err(error) if std::io::Error::kind(&error) == ErrorKind::NotFound => String::new(),
            Err(error) => format!("(its log cannot be read: {error})"),
        }
    }
}

fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let from = lines.len().saturating_sub(TAIL_LINES);
    let lines = lines[from..].iter().map(|line| format!("  {line}"));
    lines.collect::<Vec<_>>().join("\n")
}

/// Reads a log that grows.
#[derive(Debug)]
pub struct Follower {
    path: PathBuf,
    file: File,
}

impl Follower {
    /// The next piece; empty if there is nothing more yet.
    pub fn next_piece(&mut self) -> Result<Vec<u8>, NetError> {
        let mut piece = Vec::new();
        let mut limited = Read::by_ref(&mut self.file).take(CHUNK_BYTES);
        let read = limited.read_to_end(&mut piece);
        read.map_err(NetError::io("read", &self.path))?;
        Ok(piece)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_log_is_read_to_its_end_and_on() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("log");
        let mut log = File::create(&path).unwrap();
        let written = vec![b'x'; 2 * 64 * 1024 + 1];
        log.write_all(&written).unwrap();
        let file = File::open(&path).unwrap();
        let mut follower = Follower { path, file };
        let mut read = Vec::new();
        loop {
            let piece = follower.next_piece().unwrap();
            if piece.is_empty() {
                break;
            }
            read.extend(piece);
        }
        assert_eq!(read, written);
        log.write_all(b"more").unwrap();
        assert_eq!(follower.next_piece().unwrap(), b"more");
        assert_eq!(follower.next_piece().unwrap(), b"");
    }

    #[test]
    fn an_error_shows_the_last_lines() {
        let lines: Vec<String> = (0..30).map(|line| format!("line {line}")).collect();
        let text = lines.join("\n");
        let last = last_lines(&text);
        assert!(last.starts_with("  line 10\n"), "{last}");
        assert!(last.ends_with("\n  line 29"), "{last}");
        assert_eq!(last_lines(""), "");
    }
}
