//! A disk in memory that crashes and fails when its owner says so.
//!
//! Nothing in here is random: what a crash leaves and what fails is said by the
//! owner, so equal orders give equal disks.

use std::sync::{Arc, Mutex, MutexGuard};

use pyralog_primitives::ByteCount;

use crate::disk::{Disk, DiskError, Doing};

/// How the file is called in errors.
const FILE: &str = "the disk in memory";

/// What a loss of power leaves of the bytes that were not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crash {
    /// Nothing, and what an unsynced truncation cut off is back.
    Lost,
    /// All of them.
    Kept,
    /// The first of them.
    Torn {
        /// How many; more than there are means all.
        kept: ByteCount,
    },
    /// The first of them, then zeros: the length reached the disk, the bytes
    /// did not.
    Zeroed {
        /// How many are kept.
        kept: ByteCount,
        /// How many zeros follow; never beyond what was appended.
        zeros: ByteCount,
    },
    /// The first of them, then bytes that nobody wrote.
    Garbled {
        /// How many are kept.
        kept: ByteCount,
        /// How much garbage follows; never beyond what was appended.
        garbage: ByteCount,
        /// Which garbage.
        seed: u64,
    },
}

/// What fails at its next use. From then on the disk is poisoned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The next append, which writes only the first bytes.
    Append {
        /// How many; more than there are means all.
        written: ByteCount,
    },
    /// The next sync; nothing has become durable.
    Sync,
    /// The next replacement.
    Replace {
        /// Whether the new content is in place all the same.
        is_done: bool,
    },
}

impl Fault {
    const fn doing(self) -> Doing {
        match self {
            Self::Append { .. } => Doing::Appending,
            Self::Sync => Doing::Syncing,
            Self::Replace { .. } => Doing::Replacing,
        }
    }
}

/// A handle to a disk. Clones share the disk, so it outlives the process that
/// used it: keep one, give the other away.
#[derive(Clone, Debug, Default)]
pub struct MemoryDisk(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// What a reader sees; `None` if there is no file.
    bytes: Option<Vec<u8>>,
    /// So many of the first bytes are durable.
    durable: usize,
    /// Durable bytes behind those, which an unsynced truncation hides.
    cut: Vec<u8>,
    fault: Option<Fault>,
    poisoned: Option<Doing>,
}

impl MemoryDisk {
    /// A disk without a file.
    pub fn new() -> Self {
        Self::default()
    }

    /// A disk with a durable file.
    pub fn holding(bytes: Vec<u8>) -> Self {
        let state = State {
            durable: bytes.len(),
            bytes: Some(bytes),
            ..State::default()
        };
        Self(Arc::new(Mutex::new(state)))
    }

    /// What a reader would see, a poisoned disk or not.
    pub fn content(&self) -> Option<Vec<u8>> {
        self.state().bytes.clone()
    }

    /// How many bytes are not durable yet.
    pub fn unsynced(&self) -> ByteCount {
        let state = self.state();
        let length = state.bytes.as_ref().map_or(0, Vec::len);
        byte_count(length - state.durable)
    }

    /// The power goes and comes back. What is there then is durable, and the
    /// disk works again.
    pub fn crash(&self, how: Crash) {
        let mut state = self.state();
        state.crash(how);
        state.fault = None;
        state.poisoned = None;
    }

    /// The process ends and another one opens the disk. All bytes are there,
    /// but those that were not synced still are not.
    pub fn restart(&self) {
        let mut state = self.state();
        state.fault = None;
        state.poisoned = None;
    }

    /// Lets the next use fail.
    pub fn fail_next(&self, fault: Fault) {
        self.state().fault = Some(fault);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0
            .lock()
            .expect("no holder of the lock panics: it is held for a copy")
    }
}

impl State {
    fn crash(&mut self, how: Crash) {
        let Some(bytes) = &mut self.bytes else {
            return;
        };
        let pending = bytes.len() - self.durable;
        let first = |kept: ByteCount| size(kept).min(pending);
        let (kept, rest) = match how {
            Crash::Lost => {
                bytes.truncate(self.durable);
                bytes.append(&mut self.cut);
                self.durable = bytes.len();
                return;
            }
            Crash::Kept => (pending, Vec::new()),
            Crash::Torn { kept } => (first(kept), Vec::new()),
            Crash::Zeroed { kept, zeros } => {
                let kept = first(kept);
                (kept, vec![0; size(zeros).min(pending - kept)])
            }
            Crash::Garbled {
                kept,
                garbage: length,
                seed,
            } => {
                let kept = first(kept);
                (kept, garbage(seed, size(length).min(pending - kept)))
            }
        };
        bytes.truncate(self.durable + kept);
        bytes.extend(rest);
        self.durable = bytes.len();
        self.cut.clear();
    }

    fn working(&self) -> Result<(), DiskError> {
        match self.poisoned {
            Some(doing) => Err(DiskError::Poisoned {
                doing,
                file: FILE.to_owned(),
            }),
            None => Ok(()),
        }
    }

    /// Takes the fault that is meant for what is done now.
    fn fault(&mut self, doing: Doing) -> Option<Fault> {
        let fault = self.fault.take_if(|fault| fault.doing() == doing)?;
        self.poisoned = Some(doing);
        Some(fault)
    }
}

fn failed(doing: Doing, cause: &str) -> DiskError {
    DiskError::Failed {
        doing,
        file: FILE.to_owned(),
        cause: cause.to_owned(),
    }
}

impl Disk for MemoryDisk {
    fn read(&mut self, bytes_max: ByteCount) -> Result<Option<Vec<u8>>, DiskError> {
        let state = self.state();
        state.working()?;
        let length = state.bytes.as_ref().map_or(0, Vec::len);
        if length > size(bytes_max) {
            return Err(DiskError::TooLarge {
                file: FILE.to_owned(),
                bytes: byte_count(length),
                bytes_max,
            });
        }
        Ok(state.bytes.clone())
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), DiskError> {
        let mut state = self.state();
        state.working()?;
        let written = match state.fault(Doing::Appending) {
            Some(Fault::Append { written }) => Some(size(written).min(bytes.len())),
            _ => None,
        };
        let Some(file) = &mut state.bytes else {
            state.poisoned = Some(Doing::Appending);
            return Err(failed(Doing::Appending, "there is no file"));
        };
        file.extend_from_slice(&bytes[..written.unwrap_or(bytes.len())]);
        match written {
            Some(_) => Err(failed(Doing::Appending, "the owner wanted it to fail")),
            None => Ok(()),
        }
    }

    fn sync(&mut self) -> Result<(), DiskError> {
        let mut state = self.state();
        state.working()?;
        if state.fault(Doing::Syncing).is_some() {
            return Err(failed(Doing::Syncing, "the owner wanted it to fail"));
        }
        state.durable = state.bytes.as_ref().map_or(0, Vec::len);
        state.cut.clear();
        Ok(())
    }

    fn truncate(&mut self, length: ByteCount) -> Result<(), DiskError> {
        let mut state = self.state();
        state.working()?;
        let State {
            bytes: Some(bytes),
            durable,
            cut,
            ..
        } = &mut *state
        else {
            state.poisoned = Some(Doing::Truncating);
            return Err(failed(Doing::Truncating, "there is no file"));
        };
        let length = size(length).min(bytes.len());
        if length < *durable {
            let hidden = bytes[length..*durable].to_vec();
            cut.splice(0..0, hidden);
            *durable = length;
        }
        bytes.truncate(length);
        Ok(())
    }

    fn replace(&mut self, bytes: &[u8]) -> Result<(), DiskError> {
        let mut state = self.state();
        state.working()?;
        let fault = state.fault(Doing::Replacing);
        if fault != Some(Fault::Replace { is_done: false }) {
            state.bytes = Some(bytes.to_vec());
            state.durable = bytes.len();
            state.cut.clear();
        }
        match fault {
            Some(_) => Err(failed(Doing::Replacing, "the owner wanted it to fail")),
            None => Ok(()),
        }
    }
}

/// Bytes that nobody wrote: `SplitMix64`.
fn garbage(seed: u64, length: usize) -> Vec<u8> {
    let words = (1..).map(|step: u64| {
        let mut word = seed.wrapping_add(step.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    });
    words.flat_map(u64::to_le_bytes).take(length).collect()
}

fn size(count: ByteCount) -> usize {
    usize::try_from(count.get()).unwrap_or(usize::MAX)
}

fn byte_count(length: usize) -> ByteCount {
    ByteCount::new(u64::try_from(length).expect("a length in memory fits 64 bits"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A disk with `synced` durable and `pending` not.
    fn disk(synced: &[u8], pending: &[u8]) -> MemoryDisk {
        let mut disk = MemoryDisk::holding(synced.to_vec());
        disk.append(pending).unwrap();
        disk
    }

    fn count(bytes: u64) -> ByteCount {
        ByteCount::new(bytes)
    }

    #[test]
    fn a_crash_takes_only_what_was_not_synced() {
        let kept = count(2);
        for (how, expected) in [
            (Crash::Lost, &b"abc"[..]),
            (Crash::Kept, b"abcdefgh"),
            (Crash::Torn { kept }, b"abcde"),
            (Crash::Torn { kept: count(99) }, b"abcdefgh"),
            (
                Crash::Zeroed {
                    kept,
                    zeros: count(2),
                },
                b"abcde\0\0",
            ),
            (
                Crash::Zeroed {
                    kept,
                    zeros: count(99),
                },
                b"abcde\0\0\0",
            ),
        ] {
            let disk = disk(b"abc", b"defgh");
            assert_eq!(disk.unsynced(), count(5));
            disk.crash(how);
            assert_eq!(disk.content().unwrap(), expected, "{how:?}");
            disk.crash(Crash::Lost);
            assert_eq!(disk.content().unwrap(), expected, "durable since: {how:?}");
        }
    }

    #[test]
    fn garbage_is_that_of_its_seed_and_never_longer_than_what_was_written() {
        let garbled = |seed, garbage| {
            let disk = disk(b"abc", b"defgh");
            let kept = count(1);
            disk.crash(Crash::Garbled {
                kept,
                garbage,
                seed,
            });
            disk.content().unwrap()
        };
        let (one, other) = (garbled(1, count(99)), garbled(2, count(99)));
        assert_eq!(one, garbled(1, count(99)));
        assert_eq!((one.len(), &one[..4]), (8, &b"abcd"[..]));
        assert_ne!(one, other);
        assert_eq!(garbled(1, count(2)), one[..6]);
    }

    #[test]
    fn what_is_synced_or_replaced_outlives_every_crash() {
        let mut disk = disk(b"abc", b"def");
        disk.sync().unwrap();
        disk.crash(Crash::Lost);
        assert_eq!(disk.content().unwrap(), b"abcdef");
        disk.append(b"g").unwrap();
        disk.replace(b"new").unwrap();
        disk.crash(Crash::Lost);
        assert_eq!(disk.content().unwrap(), b"new");
    }

    #[test]
    fn a_truncation_counts_once_it_is_synced() {
        let mut disk = disk(b"abcdef", b"gh");
        disk.truncate(count(5)).unwrap();
        disk.truncate(count(2)).unwrap();
        disk.append(b"xy").unwrap();
        assert_eq!(disk.content().unwrap(), b"abxy");
        let survivor = disk.clone();
        survivor.crash(Crash::Lost);
        assert_eq!(disk.content().unwrap(), b"abcdef");
        disk.truncate(count(2)).unwrap();
        disk.sync().unwrap();
        survivor.crash(Crash::Lost);
        assert_eq!(disk.content().unwrap(), b"ab");
    }

    #[test]
    fn a_killed_process_loses_nothing_and_makes_nothing_durable() {
        let disk = disk(b"abc", b"def");
        disk.restart();
        assert_eq!(disk.content().unwrap(), b"abcdef");
        disk.crash(Crash::Lost);
        assert_eq!(disk.content().unwrap(), b"abc");
    }

    #[test]
    fn after_a_fault_nothing_works_until_the_disk_is_opened_again() {
        let written = count(1);
        for fault in [
            Fault::Append { written },
            Fault::Sync,
            Fault::Replace { is_done: false },
        ] {
            let mut disk = disk(b"abc", b"");
            disk.fail_next(fault);
            let results = [disk.append(b"de"), disk.sync(), disk.replace(b"new")];
            let failures = results.iter().filter(|result| {
                matches!(result, Err(DiskError::Failed { doing, .. }) if *doing == fault.doing())
            });
            assert_eq!(failures.count(), 1, "{results:?}");
            for result in [
                disk.append(b"x"),
                disk.sync(),
                disk.truncate(count(0)),
                disk.replace(b"x"),
                disk.read(count(99)).map(|_| ()),
            ] {
                assert!(matches!(result, Err(DiskError::Poisoned { .. })));
            }
            disk.restart();
            assert_eq!(disk.sync(), Ok(()), "{fault:?}");
        }
    }

    #[test]
    fn a_failed_replacement_may_have_happened() {
        for (is_done, expected) in [(false, b"old"), (true, b"new")] {
            let mut disk = disk(b"old", b"");
            disk.fail_next(Fault::Replace { is_done });
            disk.replace(b"new").unwrap_err();
            disk.crash(Crash::Lost);
            assert_eq!(disk.content().unwrap(), expected);
        }
    }

    #[test]
    fn no_file_is_not_an_empty_file_and_neither_is_read_beyond_the_bound() {
        let mut none = MemoryDisk::new();
        assert_eq!(none.read(count(0)), Ok(None));
        none.replace(b"").unwrap();
        assert_eq!(none.read(count(0)), Ok(Some(Vec::new())));
        none.append(b"abcd").unwrap();
        let error = none.read(count(3)).unwrap_err();
        assert!(error.to_string().contains("has 4 bytes, at most 3"));
        assert_eq!(none.read(count(4)), Ok(Some(b"abcd".to_vec())));
        let missing = MemoryDisk::new().append(b"x").unwrap_err();
        assert!(missing.to_string().contains("there is no file"));
    }
}
