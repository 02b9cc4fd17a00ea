//! The log itself.

use pyralog_disk::{Disk, DiskError};
use pyralog_primitives::{ByteCount, Height};

use crate::error::{OpenError, WalError};
use crate::frame::{
    Checks, FILE_BYTES_MAX, HEAD, HEADER, LEFT_BYTES_MAX, LENGTH, LOG_BYTES_MAX, RECORD_BYTES_MAX,
    RECORD_COUNT_MAX, beginning, byte_count, frame, header, push_record, read,
};

/// The log of one height. See the [crate].
#[derive(Debug)]
pub struct Wal<D> {
    disk: D,
    current: Option<Current>,
    is_poisoned: bool,
}

/// The height that is being logged.
#[derive(Debug)]
struct Current {
    height: Height,
    checks: Checks,
    /// Where its first frame begins.
    begin: usize,
    /// The end of the durable frames.
    end: usize,
    records: usize,
    /// The body of the next frame.
    body: Vec<u8>,
}

/// What a log held when it was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// Whose records these are; none if nothing was ever begun.
    pub height: Option<Height>,
    /// The records, in order.
    pub records: Vec<Vec<u8>>,
    /// How much of an unfinished frame was cut off. Nobody was told that it was
    /// there.
    pub torn: ByteCount,
}

impl<D: Disk> Wal<D> {
    /// Opens the log on this disk, makes durable what it holds, and returns it.
    pub fn open(mut disk: D) -> Result<(Self, Recovered), OpenError> {
        let Some(log) = disk.read(byte_count(FILE_BYTES_MAX))? else {
            let recovered = Recovered {
                height: None,
                records: Vec::new(),
                torn: ByteCount::default(),
            };
            return Ok((Self::new(disk, None), recovered));
        };
        let found = read(&log)?;
        if found.end < log.len() {
            disk.truncate(byte_count(found.end))?;
        }
        // A process that was killed may have left bytes that are in the file and
        // not on the disk: the engine is about to act on them.
        disk.sync()?;
        let current = Current {
            height: found.height,
            checks: found.checks,
            begin: found.begin,
            end: found.end,
            records: found.records.len(),
            body: Vec::new(),
        };
        let recovered = Recovered {
            height: Some(found.height),
            records: found.records,
            torn: byte_count(log.len() - found.end),
        };
        Ok((Self::new(disk, Some(current)), recovered))
    }

    const fn new(disk: D, current: Option<Current>) -> Self {
        Self {
            disk,
            current,
            is_poisoned: false,
        }
    }

    /// The height whose records these are.
    pub fn height(&self) -> Option<Height> {
        self.current.as_ref().map(|current| current.height)
    }

    /// Begins the log of another height and drops what there was, also what was
    /// not synced. Durable after a [`Self::sync`]: before that, a crash leaves
    /// what there was.
    pub fn begin(&mut self, height: Height) -> Result<(), WalError> {
        self.check_working()?;
        if let Some(current) = &mut self.current
            && current.end <= LEFT_BYTES_MAX
        {
            current.height = height;
            current.begin = current.end;
            current.records = 0;
            current.body = beginning(height);
            return Ok(());
        }
        let (header, checks) = header(height);
        let replaced = self.disk.replace(&header);
        self.poison_unless(replaced)?;
        self.current = Some(Current {
            height,
            checks,
            begin: HEADER,
            end: HEADER,
            records: 0,
            body: Vec::new(),
        });
        Ok(())
    }

    /// Takes a record. Durable only after a [`Self::sync`].
    pub fn append(&mut self, record: &[u8]) -> Result<(), WalError> {
        self.check_working()?;
        let current = self.current.as_mut().ok_or(WalError::NotBegun)?;
        if record.len() > RECORD_BYTES_MAX {
            return Err(WalError::RecordTooLong {
                bytes: byte_count(record.len()),
                bytes_max: byte_count(RECORD_BYTES_MAX),
            });
        }
        let end = current.end + HEAD + current.body.len() + LENGTH + record.len();
        if end - current.begin > LOG_BYTES_MAX || current.records == RECORD_COUNT_MAX {
            let height = current.height;
            return Err(WalError::Full { height });
        }
        push_record(&mut current.body, record);
        current.records += 1;
        Ok(())
    }

    /// Makes durable what was appended.
    pub fn sync(&mut self) -> Result<(), WalError> {
        self.check_working()?;
        let Some(current) = &mut self.current else {
            return Ok(());
        };
        if current.body.is_empty() {
            return Ok(());
        }
        let frame = frame(&current.checks, current.end, &current.body);
        current.end += frame.len();
        current.body.clear();
        let written = self.disk.append(&frame).and_then(|()| self.disk.sync());
        self.poison_unless(written)
    }

    fn check_working(&self) -> Result<(), WalError> {
        if self.is_poisoned {
            Err(WalError::Poisoned)
        } else {
            Ok(())
        }
    }

    fn poison_unless(&mut self, written: Result<(), DiskError>) -> Result<(), WalError> {
        self.is_poisoned |= written.is_err();
        Ok(written?)
    }
}
