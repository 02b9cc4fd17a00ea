//! What can go wrong, where, and who must act.

use pyralog_disk::DiskError;
use pyralog_primitives::{ByteCount, Height};

/// Why a log was not opened. It is as it was. The operator must act.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The file is something else.
    #[error("the file is no write-ahead log of Pyralog; see who wrote it, and give another name")]
    NotALog,
    /// Made by a later version of this program.
    #[error("the write-ahead log has format {found}, this program reads {ours}: update it")]
    Newer {
        /// The format it has.
        found: u16,
        /// The format that is read here.
        ours: u16,
    },
    /// Made by an earlier version of this program.
    #[error(
        "the write-ahead log has format {found}, this program reads {ours}. Let the version that \
         wrote it go on until the chain is past the height that was being decided, or let the node \
         run without its validator key until then; then remove the file"
    )]
    Older {
        /// The format it has.
        found: u16,
        /// The format that is read here.
        ours: u16,
    },
    /// The first bytes changed, so that not even the height is known.
    #[error(
        "the header of the write-ahead log is damaged, which no loss of power explains; what this \
         validator recorded is lost. Check the disk. Let the node run without its validator key \
         until the chain is past the height that was being decided, then remove the file"
    )]
    DamagedHeader,
    /// Bytes changed that were durable.
    #[error(
        "the write-ahead log of height {height} is damaged at byte {at}, which no loss of power \
         explains: {what}. Records of this validator are lost. Check the disk. Let the node run \
         without its validator key until the chain is past height {height}, then remove the file"
    )]
    Damaged {
        /// Whose records they were.
        height: Height,
        /// Where the disorder begins.
        at: ByteCount,
        /// Why it is no torn tail.
        what: Damage,
    },
    /// The file could not be read, or not be cut.
    #[error(transparent)]
    Disk(#[from] DiskError),
}

/// Why disorder is no torn tail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// A frame was begun behind it.
    #[error("a frame that was written later begins at byte {at}")]
    FrameBehind {
        /// Where that one begins.
        at: ByteCount,
    },
    /// More bytes than were to be written.
    #[error("the frame was to end at byte {end}, and more bytes follow")]
    Longer {
        /// Where it was to end.
        end: ByteCount,
    },
    /// Checksums hold, but the content has no sense.
    #[error("its checksum is right, and its content makes no sense")]
    Senseless,
    /// More records than a log holds.
    #[error("it has more records than a log may hold")]
    TooManyRecords,
}

/// Why something was not written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WalError {
    /// The caller has to begin a height first.
    #[error("the log has no height yet; begin one before anything is appended")]
    NotBegun,
    /// The caller gave too long a record. The log goes on.
    #[error("a record of {bytes} bytes is longer than the {bytes_max} that a log takes")]
    RecordTooLong {
        /// How long it is.
        bytes: ByteCount,
        /// How long it may be.
        bytes_max: ByteCount,
    },
    /// The height has gone on for too long. The log goes on for shorter
    /// records, and at the next height; the node should not vote without it.
    #[error(
        "the log of height {height} is full; this validator cannot vote safely until the height is \
         decided without it"
    )]
    Full {
        /// The height.
        height: Height,
    },
    /// An earlier write failed. The operator must act, as that error said.
    #[error("nothing is logged any more, because an earlier write failed; start again")]
    Poisoned,
    /// A write failed; nothing is written any more. The operator must act.
    #[error(transparent)]
    Disk(#[from] DiskError),
}
