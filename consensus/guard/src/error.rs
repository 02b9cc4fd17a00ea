//! What can go wrong, where, and who must act.

use pyralog_consensus::Place;
use pyralog_disk::DiskError;
use pyralog_primitives::{Address, ByteCount, GenesisHash};

use crate::place::PlaceText;
use crate::signed::SigningRoot;

/// Why a guard was not opened. Its file is as it was. The operator must act,
/// and must not sign with the key meanwhile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The file is something else.
    #[error("the file is no signing guard of Pyralog; see who wrote it, and move it away")]
    NotAGuard,
    /// Made by a later version of this program.
    #[error("the signing guard has format {found}, this program reads {ours}: update it")]
    Newer {
        /// The format it has.
        found: u16,
        /// The format that is read here.
        ours: u16,
    },
    /// The guard of another network.
    #[error(
        "this is the signing guard for the network of genesis {found}, not of {expected}; each \
         network has a file of its own"
    )]
    ForeignGenesis {
        /// The network it is for.
        found: GenesisHash,
        /// The network that was meant.
        expected: GenesisHash,
    },
    /// The guard of another key.
    #[error(
        "this is the signing guard of {found}, not of {expected}; each key has a file of its own"
    )]
    ForeignKey {
        /// The key it is for.
        found: Address,
        /// The key that was meant.
        expected: Address,
    },
    /// Bytes that were durable have changed.
    #[error(
        "the signing guard is damaged at byte {at}, which no loss of power explains: {what}. It \
         may have forgotten signatures, so nothing is signed. Check the disk. Do not delete the \
         file and do not put an old copy in its place: both lead to signing twice. Move it away only \
         to import an interchange that is as late as the last signature; else retire the key"
    )]
    Damaged {
        /// Where.
        at: ByteCount,
        /// What is wrong.
        what: Damage,
    },
    /// The file could not be read or mended.
    #[error(transparent)]
    Disk(#[from] DiskError),
}

/// What is wrong with a file that was in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// The file was cut to nothing.
    #[error("the file is empty")]
    Empty,
    /// Neither copy of the header is whole.
    #[error("neither copy of the header is whole")]
    Header,
    /// Neither copy of a record is whole that was durable, because another one
    /// was written behind it.
    #[error("neither copy of a record is whole, and others were written behind it")]
    Durable,
    /// Both copies are whole.
    #[error("the two copies of a record contradict each other")]
    Copies,
    /// Records are written in the order of their places.
    #[error("a record is behind one with a later place")]
    Order,
}

/// Why nothing was signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GuardError {
    /// The node does not know yet how far the chain is. Nobody is to blame:
    /// release the guard once it does.
    #[error("the signing guard is held; it is released once the node has caught up")]
    Held,
    /// Something else was signed there. The caller is to blame, or whoever gave
    /// it a past that is not the key's.
    #[error(
        "at {} something else has been signed ({}), so {asked} is not; nothing is lost but this \
         vote, if it happens once. If it goes on, the key is used in two places, or the log of \
         the engine is older than the guard",
        PlaceText(place), signed_as(signed.as_ref())
    )]
    Conflict {
        /// Where.
        place: Place,
        /// What was signed; `None` if that is not known.
        signed: Option<SigningRoot>,
        /// What was to be signed.
        asked: SigningRoot,
    },
    /// Something later was signed.
    #[error(
        "{} is below {}, up to which this key has signed, so nothing is signed there; if that \
         goes on, wait until the chain is beyond",
        PlaceText(place),
        PlaceText(watermark)
    )]
    Regression {
        /// Where it was to be signed.
        place: Place,
        /// The highest place that was signed.
        watermark: Place,
    },
    /// An earlier write failed. The operator must act, as that error said.
    #[error("nothing is signed any more, because writing to the guard failed earlier; start again")]
    Poisoned,
    /// A write failed; nothing is signed any more. The operator must act.
    #[error(transparent)]
    Disk(#[from] DiskError),
}

fn signed_as(root: Option<&SigningRoot>) -> String {
    root.map_or_else(
        || "it is not known what".to_owned(),
        |root| format!("signing root {root}"),
    )
}

/// Why an interchange was not taken in. Nothing on disk was changed, but where
/// the disk failed that is not known, and the guard signs no more.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// What was signed on another network.
    #[error("the interchange is of the network of genesis {found}, the guard of {expected}")]
    ForeignGenesis {
        /// The network of the interchange.
        found: GenesisHash,
        /// The network of the guard.
        expected: GenesisHash,
    },
    /// What another key signed.
    #[error("the interchange is of the key of {found}, the guard of {expected}")]
    ForeignKey {
        /// The key of the interchange.
        found: Address,
        /// The key of the guard.
        expected: Address,
    },
    /// An earlier write failed.
    #[error(
        "nothing is written any more, because writing to the guard failed earlier; start again"
    )]
    Poisoned,
    /// A write failed; nothing is signed any more. The operator must act.
    #[error(transparent)]
    Disk(#[from] DiskError),
}

/// Why a text is no interchange. Who made it is to blame.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InterchangeError {
    /// More text than any interchange has.
    #[error("{bytes} bytes are more than the {bytes_max} that an interchange may have")]
    TooLong {
        /// How much it is.
        bytes: ByteCount,
        /// How much it may be.
        bytes_max: ByteCount,
    },
    /// JSON of another kind.
    #[error(
        "the text is no interchange of Pyralog, which has \"format\": \"pyralog-guard-interchange\""
    )]
    NotOurs,
    /// Made by a later version of this program.
    #[error("the interchange has version {found}, this program reads {ours}: update it")]
    Newer {
        /// The version it has.
        found: u32,
        /// The version that is read here.
        ours: u32,
    },
    /// No JSON, or not the fields of an interchange.
    #[error("the interchange is malformed: {problem}; export it again")]
    Malformed {
        /// What the parser says, with line and column.
        problem: String,
    },
    /// More places than a guard ever exports.
    #[error("the interchange has {found} signed places, at most {max} are read")]
    TooMany {
        /// How many there are.
        found: usize,
        /// How many there may be.
        max: usize,
    },
}
