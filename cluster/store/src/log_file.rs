//! The storage engine's logs, checked before the engine sees them.
//!
//! The write-ahead log and the manifest have one format: blocks of 32 KiB, in
//! which lie fragments of records.
//!
//! ```text
//! fragment = checksum u32 ‖ length u16 ‖ kind u8 ‖ bytes
//! kind     = 1 whole record, 2 first, 3 middle, 4 last fragment
//! ```
//!
//! The engine checks the same, but it does not say where; it takes a length
//! that leads past the end for an unfinished write; and where garbage has the
//! kind of a recycled log (5 to 8), which is one bit away from ours, it reads
//! the same bytes for ever (`RocksDB` 11.8.1, `ReadPhysicalRecord`).

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::crc32c::masked_crc32c;

const BLOCK: usize = 32 * 1024;
const HEADER: usize = 7;

/// How much of a log is in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LogCheck {
    /// The end of the last whole record before any disorder.
    pub(crate) valid: u64,
    /// What is behind it, if anything.
    pub(crate) disorder: Option<Disorder>,
}

/// What is behind the last whole record of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Disorder {
    /// At which byte it begins.
    pub(crate) at: u64,
    /// What it is.
    pub(crate) cause: &'static str,
    /// How many whole records follow it.
    pub(crate) followed_by: u32,
}

/// Reads a log from its beginning to its end.
pub(crate) fn check_log(path: &Path) -> std::io::Result<LogCheck> {
    check(File::open(path)?)
}

fn check(mut log: impl Read) -> std::io::Result<LogCheck> {
    let mut walk = Walk::default();
    let mut block = Vec::with_capacity(BLOCK);
    loop {
        block.clear();
        let mut part = log.by_ref().take(BLOCK as u64);
        part.read_to_end(&mut block)?;
        walk.block(&block);
        if block.len() < BLOCK {
            return Ok(walk.finish());
        }
    }
}

/// The way through a log.
#[derive(Default)]
struct Walk {
    /// Where the block begins.
    at: u64,
    /// The end of the last whole record in order.
    valid: u64,
    /// Whether the record that has begun has not ended.
    in_record: bool,
    disorder: Option<Disorder>,
}

impl Walk {
    fn block(&mut self, block: &[u8]) {
        let mut rest = block;
        // Fewer bytes than a header, at the end of a block, are no fragment.
        while rest.len() >= HEADER {
            let at = self.at + (block.len() - rest.len()) as u64;
            match fragment(rest) {
                Ok((kind, length)) => {
                    rest = &rest[length..];
                    self.fragment(kind, at, at + length as u64);
                }
                Err(cause) => {
                    self.disorder(at, cause);
                    rest = behind(rest);
                }
            }
        }
        if block.len() < BLOCK && !rest.is_empty() {
            let at = self.at + (block.len() - rest.len()) as u64;
            self.disorder(at, "a fragment begins and ends inside its header");
        }
        self.at += block.len() as u64;
    }

    fn fragment(&mut self, kind: Kind, start: u64, end: u64) {
        let fits = self.in_record == matches!(kind, Kind::Middle | Kind::Last);
        if !fits {
            self.disorder(start, "a fragment does not continue the one before");
        }
        self.in_record = fits && matches!(kind, Kind::First | Kind::Middle) || kind == Kind::First;
        let ends_record = kind == Kind::Whole || (fits && kind == Kind::Last);
        if !ends_record {
            return;
        }
        match &mut self.disorder {
            None => self.valid = end,
            Some(disorder) => disorder.followed_by += 1,
        }
    }

    fn disorder(&mut self, at: u64, cause: &'static str) {
        self.in_record = false;
        if self.disorder.is_none() {
            self.disorder = Some(Disorder {
                at,
                cause,
                followed_by: 0,
            });
        }
    }

    fn finish(mut self) -> LogCheck {
        if self.in_record {
            let end = self.at;
            self.disorder(end, "the last record has no end");
        }
        LogCheck {
            valid: self.valid,
            disorder: self.disorder,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Whole,
    First,
    Middle,
    Last,
}

/// What follows a fragment that is none: where its length leads, if it may
/// be right; otherwise the place from which on all are fragments.
fn behind(rest: &[u8]) -> &[u8] {
    let length = usize::from(u16::from_le_bytes([rest[4], rest[5]]));
    let next = rest.get(HEADER + length..).unwrap_or_default();
    if fragment(next).is_ok() {
        return next;
    }
    // Garbage may hold what looks like a fragment, but no row of them.
    (1..rest.len())
        .map(|start| &rest[start..])
        .find(|rest| are_fragments(rest))
        .unwrap_or_default()
}

/// Whether there are fragments, and nothing else.
fn are_fragments(mut rest: &[u8]) -> bool {
    let mut count = 0;
    while rest.len() >= HEADER {
        let Ok((_, length)) = fragment(rest) else {
            return false;
        };
        rest = &rest[length..];
        count += 1;
    }
    count > 0 && rest.iter().all(|byte| *byte == 0)
}

/// The kind and the length, with its header, of the fragment at the beginning
/// of the bytes.
fn fragment(bytes: &[u8]) -> Result<(Kind, usize), &'static str> {
    let (header, rest) = bytes
        .split_first_chunk::<HEADER>()
        .ok_or("a fragment ends inside its header")?;
    let [c0, c1, c2, c3, l0, l1, kind] = *header;
    let length = usize::from(u16::from_le_bytes([l0, l1]));
    let kind = match kind {
        1 => Kind::Whole,
        2 => Kind::First,
        3 => Kind::Middle,
        4 => Kind::Last,
        _ => return Err("a fragment of no known kind"),
    };
    if rest.len() < length {
        return Err("a fragment is longer than what is there");
    }
    // The kind is part of what is checked.
    let checked = &bytes[HEADER - 1..HEADER + length];
    if masked_crc32c(checked) == u32::from_le_bytes([c0, c1, c2, c3]) {
        Ok((kind, HEADER + length))
    } else {
        Err("a checksum is wrong")
    }
}

#[cfg(test)]
mod tests;
