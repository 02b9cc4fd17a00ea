//! What outlasts the process: `peers`, in the directory of the network.
//!
//! ```text
//! 1 byte     version
//! 32 bytes   genesis hash
//! list       peers that were met
//! list       bans in force
//! 32 bytes   BLAKE3 of all before, keyed by its purpose
//! ```
//!
//! It is replaced whole: written beside its name, synced, renamed, and the
//! directory synced. So a crash leaves the old file or the new one. A file that
//! is neither is refused: whoever lost it to a bad disk should know.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use borsh::{BorshDeserialize, BorshSerialize};
use pyralog_primitives::GenesisHash;
use pyralog_primitives::codec::{Canonical, DecodeError, List, Version};

use crate::book::{BANS_MAX, PLACES_MAX, REASON_BYTES_MAX, StoredBan, StoredPlace};

const NAME: &str = "peers";
const NEW_NAME: &str = "peers.new";
const CONTEXT: &str = "pyralog 2026-11-30 peers file v1";
const SUM_BYTES: usize = 32;

/// The file, as a value.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Stored {
    pub(crate) version: Version,
    pub(crate) genesis: GenesisHash,
    pub(crate) places: List<StoredPlace, PLACES_MAX>,
    pub(crate) bans: List<StoredBan, BANS_MAX>,
}

/// Bytes of a peer at most: key, four addresses, and three options.
const PLACE_BYTES_MAX: usize = 32 + 4 + 4 * 19 + 9 + 1 + 33;
/// Bytes of a ban at most: key, time, host, reason.
const BAN_BYTES_MAX: usize = 32 + 8 + 1 + 17 + 4 + REASON_BYTES_MAX;

impl Canonical for Stored {
    const ENCODED_BYTES_MAX: usize =
        1 + 32 + 4 + PLACES_MAX * PLACE_BYTES_MAX + 4 + BANS_MAX * BAN_BYTES_MAX;
}

/// Why the file of peers cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The disk or its rights.
    #[error("{path} cannot be read or written: {source}", path = path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is not what was written.
    #[error(
        "{path} is damaged ({reason}); check the disk, then remove the file: bans and known peers are lost with it, nothing else",
        path = path.display()
    )]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The file is of another network.
    #[error(
        "{path} is of the network {genesis}; choose another directory",
        path = path.display()
    )]
    OtherNetwork {
        /// Which file.
        path: PathBuf,
        /// Whose it is.
        genesis: GenesisHash,
    },
}

/// What lies in the directory, which is made if it is missing. `None` if there
/// is nothing yet.
pub(crate) fn load(directory: &Path, genesis: GenesisHash) -> Result<Option<Stored>, FileError> {
    fs::create_dir_all(directory).map_err(at(directory))?;
    let path = directory.join(NAME);
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(at(&path)(error)),
    };
    let mut bytes = Vec::new();
    let bytes_max = Stored::ENCODED_BYTES_MAX + SUM_BYTES;
    let limit = u64::try_from(bytes_max + 1).expect("a few megabytes");
    file.take(limit)
        .read_to_end(&mut bytes)
        .map_err(at(&path))?;
    let stored = parse(&bytes).map_err(|reason| FileError::Damaged {
        path: path.clone(),
        reason,
    })?;
    if stored.genesis != genesis {
        let genesis = stored.genesis;
        return Err(FileError::OtherNetwork { path, genesis });
    }
    Ok(Some(stored))
}

fn parse(bytes: &[u8]) -> Result<Stored, String> {
    let Some(end) = bytes.len().checked_sub(SUM_BYTES) else {
        return Err("it is cut off".to_owned());
    };
    let (body, sum) = bytes.split_at(end);
    if sum != sum_of(body) {
        return Err("its check sum is wrong".to_owned());
    }
    Stored::decode(body).map_err(|error: DecodeError| error.to_string())
}

/// Replaces what lies in the directory.
pub(crate) fn save(directory: &Path, stored: &Stored) -> Result<(), FileError> {
    let (path, new) = (directory.join(NAME), directory.join(NEW_NAME));
    let mut bytes = stored.encode();
    bytes.extend(sum_of(&bytes));
    let write = || {
        let mut file = File::create(&new)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(&new, &path)?;
        File::open(directory)?.sync_all()
    };
    write().map_err(at(&path))
}

fn sum_of(bytes: &[u8]) -> [u8; SUM_BYTES] {
    blake3::derive_key(CONTEXT, bytes)
}

fn at(path: &Path) -> impl Fn(io::Error) -> FileError {
    let path = path.to_owned();
    move |source| FileError::Io {
        path: path.clone(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use pyralog_p2p::PeerId;
    use pyralog_primitives::{DurationMs, Hash, PublicKey, TimestampMs};

    use super::*;
    use crate::address::{Host, PeerAddress};
    use crate::book::{Book, Finding};

    fn genesis() -> GenesisHash {
        GenesisHash::new(Hash::new([7; 32]))
    }

    fn stored() -> Stored {
        let mut book = Book::default();
        let now = TimestampMs::new(5);
        for number in 1..=3 {
            let peer = PeerId::new(PublicKey::new([number; 32]));
            let at = ([10, 0, 0, number], 1).into();
            book.places
                .note(PeerAddress { peer, at }, Finding::Heard, now);
            book.places.met(peer, Some(peer.get()), now);
            let host = Some(Host::of(at.ip()));
            let duration = DurationMs::new(100);
            book.bans.ban(peer, host, duration, "a reason", now);
        }
        Stored {
            version: Version::V1,
            genesis: genesis(),
            places: List::new(book.places.to_stored(|_| true)).unwrap(),
            bans: List::new(book.bans.to_stored(now)).unwrap(),
        }
    }

    #[test]
    fn what_was_saved_is_loaded() {
        let directory = tempfile::tempdir().unwrap();
        let inside = directory.path().join("new");
        assert_eq!(load(&inside, genesis()).unwrap(), None);
        for _ in 0..2 {
            save(&inside, &stored()).unwrap();
            assert_eq!(load(&inside, genesis()).unwrap(), Some(stored()));
        }
        let other = load(&inside, GenesisHash::ZERO).unwrap_err();
        assert!(matches!(other, FileError::OtherNetwork { .. }), "{other}");
    }

    /// Behind a check sum that is right, as somebody could write it on purpose.
    #[test]
    fn what_decodes_is_the_one_encoding_of_what_it_means() {
        let body = stored().encode();
        let mut decoded = 0;
        for index in 0..body.len() {
            for byte in [0, 1, 2, 0x7f, 0x80, 0xff] {
                let mut bytes = body.clone();
                bytes[index] = byte;
                bytes.extend(sum_of(&bytes));
                if let Ok(stored) = parse(&bytes) {
                    decoded += 1;
                    assert_eq!(stored.encode(), bytes[..body.len()]);
                }
            }
        }
        assert!(decoded > body.len(), "most bytes are keys and times");
    }

    #[test]
    fn a_file_with_any_byte_changed_or_missing_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        save(directory.path(), &stored()).unwrap();
        let path = directory.path().join(NAME);
        let whole = fs::read(&path).unwrap();
        let mut broken: Vec<Vec<u8>> = (0..whole.len()).map(|end| whole[..end].into()).collect();
        broken.extend((0..whole.len()).map(|index| {
            let mut bytes = whole.clone();
            bytes[index] ^= 1;
            bytes
        }));
        broken.push([&whole[..], &[0]].concat());
        for bytes in &broken {
            assert!(parse(bytes).is_err());
        }
        fs::write(&path, &broken[40]).unwrap();
        let error = load(directory.path(), genesis()).unwrap_err();
        assert!(matches!(error, FileError::Damaged { .. }), "{error}");
    }
}
