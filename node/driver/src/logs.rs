//! What must not be forgotten at the heights that are not durable yet.
//!
//! A height may be final, and its block not yet durable, while the next one is
//! being decided. Until it is durable, what was said about it must be known
//! after a restart, or validators that all lost power at once would decide it
//! again, and perhaps otherwise. So there are two logs, and a height writes into
//! the one that its parity names.
//!
//! Invariants:
//! - what was recorded at a height is there until the height after the next one
//!   begins, and that begins only once this one is durable;
//! - the log of a height says why the block before is final, as long as that is
//!   not durable: who has signed at a later height signs no more at that one, and
//!   could not decide it again;
//! - what is in a log is all that was written down at first: where something has
//!   no room, nothing comes after it;
//! - a log of a later height is never overwritten for an earlier one: who lost
//!   the chain and not the logs finds them again where they were.

use borsh::{BorshDeserialize, BorshSerialize};
use pyralog_consensus::Record;
use pyralog_disk::Disk;
use pyralog_primitives::Height;
use pyralog_primitives::block::Block;
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::codec::{Canonical, DecodeError};
use pyralog_wal::{LOG_BYTES_MAX, OpenError, RECORD_BYTES_MAX, Wal, WalError};

/// A log that holds more is short of room. Lower, and blocks are proposed again
/// where new ones would do; higher, and the blocks of a few rounds that come to
/// nothing fill the log, and with it every validator falls silent.
const ROOMY_BYTES_MAX: usize = LOG_BYTES_MAX / 2;

/// What is written down.
#[derive(Clone, Copy, Debug, BorshSerialize)]
pub(crate) enum Entry<'a> {
    /// Of the engine.
    Record(&'a Record),
    /// A block that was checked or built: it is voted for only once it is here.
    Block(&'a Block),
    /// Why the block before is final, as long as that one is not durable.
    Certificate(&'a Certificate),
}

/// The same, read again.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) enum Found {
    Record(Box<Record>),
    Block(Box<Block>),
    Certificate(Box<Certificate>),
}

impl Canonical for Found {
    const ENCODED_BYTES_MAX: usize = RECORD_BYTES_MAX;
}

const _: () = assert!(Block::ENCODED_BYTES_MAX < RECORD_BYTES_MAX);
const _: () = assert!(Record::ENCODED_BYTES_MAX < RECORD_BYTES_MAX);

/// The two logs.
#[derive(Debug)]
pub struct Logs<D> {
    by_parity: [Log<D>; 2],
    /// The one of the height that is being decided; none if its place is taken
    /// by a later height.
    current: Option<usize>,
    /// In which of them something is written that has to be durable before the
    /// next thing is said.
    owed: [bool; 2],
    /// Why nothing more is written at this height: there was no room for
    /// something. What comes after it would not make sense without it.
    full: Option<WalError>,
}

#[derive(Debug)]
struct Log<D> {
    wal: Wal<D>,
    /// What was found at the start, until its height begins.
    found: Vec<Found>,
    /// How long the records of its height are.
    bytes: usize,
}

/// Why logs were not opened. The operator must act.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogsError {
    /// A log cannot be read.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// What it holds was written by something else.
    #[error(
        "entry {index} of the log of height {height} is none of ours: {error}; see who wrote it"
    )]
    Entry {
        /// Whose log it is.
        height: Height,
        /// Its place, counted from 0.
        index: usize,
        /// What is wrong.
        error: DecodeError,
    },
}

/// How a height begins.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Begun {
    /// Nothing was written down about it, or this.
    With(Vec<Found>),
    /// A later height was begun before: nothing can be written down here.
    Later(Height),
}

impl<D: Disk> Logs<D> {
    /// Opens the logs on these disks.
    pub fn open([even, odd]: [D; 2]) -> Result<Self, LogsError> {
        Ok(Self {
            by_parity: [Log::open(even)?, Log::open(odd)?],
            current: None,
            owed: [false; 2],
            full: None,
        })
    }

    /// Begins a height, or goes on with it. That it has begun is durable once
    /// something is synced.
    pub(crate) fn begin(&mut self, height: Height) -> Result<Begun, WalError> {
        let place = place(height);
        let log = &mut self.by_parity[place];
        self.current = None;
        self.full = None;
        match log.wal.height() {
            Some(later) if later > height => return Ok(Begun::Later(later)),
            Some(same) if same == height => {}
            _ => {
                log.wal.begin(height)?;
                log.found.clear();
                log.bytes = 0;
            }
        }
        self.current = Some(place);
        Ok(Begun::With(std::mem::take(&mut log.found)))
    }

    /// What the engine wrote down in earlier lives, by height.
    pub(crate) fn records(&self) -> impl Iterator<Item = &Record> {
        let mut logs: Vec<&Log<D>> = self.by_parity.iter().collect();
        logs.sort_by_key(|log| log.wal.height());
        let found = logs.into_iter().flat_map(|log| &log.found);
        found.filter_map(|found| match found {
            Found::Record(record) => Some(record.as_ref()),
            _ => None,
        })
    }

    /// Writes nothing more about the height that was begun.
    pub(crate) fn seal(&mut self) -> Result<(), WalError> {
        self.sync()?;
        self.current = None;
        Ok(())
    }

    /// Why the block of this height is final, if the next height had begun.
    pub(crate) fn certificate(&self, height: Height) -> Option<&Certificate> {
        let log = &self.by_parity[place(height.next()?)];
        let mut certificates = log.found.iter().filter_map(|found| match found {
            Found::Certificate(certificate) => Some(certificate),
            _ => None,
        });
        certificates
            .find(|certificate| certificate.height() == height)
            .map(AsRef::as_ref)
    }

    /// Writes down something about the height that was begun. Once there was no
    /// room, there is none before the next height.
    pub(crate) fn append(&mut self, entry: Entry<'_>) -> Result<(), WalError> {
        let Some(place) = self.current else {
            return Ok(());
        };
        if let Some(full) = &self.full {
            return Err(full.clone());
        }
        let bytes = borsh::to_vec(&entry);
        let bytes = bytes.expect("memory accepts every byte, and lengths are within u32");
        let log = &mut self.by_parity[place];
        let appended = log.wal.append(&bytes);
        match &appended {
            Ok(()) => {
                self.owed[place] = true;
                log.bytes += bytes.len();
            }
            Err(error @ (WalError::Full { .. } | WalError::RecordTooLong { .. })) => {
                self.full = Some(error.clone());
            }
            Err(_) => {}
        }
        appended
    }

    /// Whether the height that was begun has written so much that it should
    /// write no more blocks than it must.
    pub(crate) fn is_short_of_room(&self) -> bool {
        self.current
            .is_some_and(|place| self.by_parity[place].bytes > ROOMY_BYTES_MAX)
    }

    /// Whether a [sync](Self::sync) has something to do.
    pub(crate) fn owes_sync(&self) -> bool {
        self.owed.contains(&true)
    }

    /// Makes durable what was written down, also about the height before: what
    /// is said at this one rests on it.
    pub(crate) fn sync(&mut self) -> Result<(), WalError> {
        for (log, is_owed) in self.by_parity.iter_mut().zip(&mut self.owed) {
            if std::mem::take(is_owed) {
                log.wal.sync()?;
            }
        }
        Ok(())
    }
}

fn place(height: Height) -> usize {
    usize::from(height.get() % 2 == 1)
}

impl<D: Disk> Log<D> {
    fn open(disk: D) -> Result<Self, LogsError> {
        let (wal, recovered) = Wal::open(disk)?;
        let height = recovered.height.unwrap_or_default();
        let decode = |(index, bytes): (usize, &Vec<u8>)| {
            let entry = Found::decode(bytes);
            entry.map_err(|error| LogsError::Entry {
                height,
                index,
                error,
            })
        };
        let found = recovered.records.iter().enumerate().map(decode);
        let found = found.collect::<Result<_, _>>()?;
        let bytes = recovered.records.iter().map(Vec::len).sum();
        Ok(Self { wal, found, bytes })
    }
}

#[cfg(test)]
mod tests;
