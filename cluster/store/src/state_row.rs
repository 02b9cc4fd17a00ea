//! Keys of the state as keys of rows.
//!
//! The canonical encoding of a key puts lengths first, least significant byte
//! first, so it does not sort as keys do. Rows do: kind, name, a zero byte
//! (names have none), then the rest as it is. So the entries of one namespace
//! lie together, in the order of their keys, and a write set, which is sorted
//! by key, is sorted by row.
//!
//! Invariant: one key has one row, and sorting rows sorts keys, for all kinds
//! but offences.

use pyralog_primitives::action::Key;
use pyralog_primitives::action::Name;
use pyralog_primitives::codec::Canonical;
use pyralog_primitives::state::StateKey;
use pyralog_primitives::{Address, Hash, LeafIndex};

use crate::rows::Damage;

// The first byte is the number of the variant, as in the canonical encoding.
const ACCOUNT: u8 = 1;
const NAMESPACE: u8 = 2;
const ENTRY: u8 = 3;
const JOURNAL: u8 = 4;
const JOURNAL_ENTRY: u8 = 5;
const NOTARIZATION: u8 = 7;
const ATTENDANCE: u8 = 9;
/// Stands between a name and what follows.
const END_OF_NAME: u8 = 0;

/// The row of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct StateRow<'a>(pub(crate) &'a [u8]);

/// Appends the row of a key.
pub(crate) fn write_state_row(key: &StateKey, row: &mut Vec<u8>) {
    match key {
        StateKey::Account { address } => {
            row.push(ACCOUNT);
            row.extend_from_slice(address.as_bytes());
        }
        StateKey::Namespace { namespace } => {
            row.push(NAMESPACE);
            row.extend_from_slice(namespace.as_str().as_bytes());
        }
        StateKey::Entry { namespace, key } => {
            write_named(ENTRY, namespace, row);
            row.extend_from_slice(key);
        }
        StateKey::Journal { journal } => {
            row.push(JOURNAL);
            row.extend_from_slice(journal.as_str().as_bytes());
        }
        StateKey::JournalEntry { journal, index } => {
            write_named(JOURNAL_ENTRY, journal, row);
            row.extend_from_slice(&index.get().to_be_bytes());
        }
        StateKey::Notarization { digest } => {
            row.push(NOTARIZATION);
            row.extend_from_slice(digest.as_bytes());
        }
        StateKey::Attendance { validator } => {
            row.push(ATTENDANCE);
            row.extend_from_slice(validator.as_bytes());
        }
        // The others are few, or never read in order.
        other => row.extend_from_slice(&other.encode()),
    }
}

fn write_named(kind: u8, name: &Name, row: &mut Vec<u8>) {
    row.push(kind);
    row.extend_from_slice(name.as_str().as_bytes());
    row.push(END_OF_NAME);
}

/// What the rows of all entries of a namespace begin with.
pub(crate) fn entries_prefix(namespace: &Name) -> Vec<u8> {
    let mut prefix = Vec::new();
    write_named(ENTRY, namespace, &mut prefix);
    prefix
}

impl StateRow<'_> {
    /// The key that this is the row of.
    pub(crate) fn key(self) -> Result<StateKey, Damage> {
        let (kind, rest) = self.0.split_first().ok_or(Damage::Length)?;
        Ok(match *kind {
            ACCOUNT => StateKey::Account {
                address: Address::new(fixed(rest)?),
            },
            NAMESPACE => StateKey::Namespace {
                namespace: name(rest)?,
            },
            ENTRY => {
                let (namespace, key) = named(rest)?;
                let key = Key::new(key.to_vec()).map_err(|_| Damage::Length)?;
                StateKey::Entry { namespace, key }
            }
            JOURNAL => StateKey::Journal {
                journal: name(rest)?,
            },
            JOURNAL_ENTRY => {
                let (journal, index) = named(rest)?;
                let index = LeafIndex::new(u64::from_be_bytes(fixed(index)?));
                StateKey::JournalEntry { journal, index }
            }
            NOTARIZATION => StateKey::Notarization {
                digest: Hash::new(fixed(rest)?),
            },
            ATTENDANCE => StateKey::Attendance {
                validator: Address::new(fixed(rest)?),
            },
            _ => StateKey::decode(self.0)?,
        })
    }
}

fn fixed<const N: usize>(bytes: &[u8]) -> Result<[u8; N], Damage> {
    bytes.try_into().map_err(|_| Damage::Length)
}

fn name(bytes: &[u8]) -> Result<Name, Damage> {
    let text = std::str::from_utf8(bytes).map_err(|_| Damage::Name)?;
    Name::new(text).map_err(|_| Damage::Name)
}

fn named(bytes: &[u8]) -> Result<(Name, &[u8]), Damage> {
    let end = bytes.iter().position(|byte| *byte == END_OF_NAME);
    let (text, rest) = bytes.split_at(end.ok_or(Damage::Length)?);
    Ok((name(text)?, &rest[1..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pyralog_primitives::action::KEY_BYTES_MAX;

    fn row(key: &StateKey) -> Vec<u8> {
        let mut row = Vec::new();
        write_state_row(key, &mut row);
        row
    }

    fn samples() -> Vec<StateKey> {
        let name = |text: &str| Name::new(text).unwrap();
        let mut keys = vec![StateKey::Chain];
        for byte in [0, 1, 255] {
            let address = Address::new([byte; 20]);
            keys.push(StateKey::Account { address });
            let digest = Hash::new([byte; 32]);
            keys.push(StateKey::Notarization { digest });
            let validator = address;
            keys.push(StateKey::Attendance { validator });
        }
        for text in ["a", "a.b", "a-b", "aa", "b"] {
            keys.push(StateKey::Namespace {
                namespace: name(text),
            });
            keys.push(StateKey::Journal {
                journal: name(text),
            });
            for index in [0, 1, 255, 256, u64::MAX] {
                let (journal, index) = (name(text), LeafIndex::new(index));
                keys.push(StateKey::JournalEntry { journal, index });
            }
            for key in [
                vec![],
                vec![0],
                vec![0, 0],
                vec![1],
                vec![255; KEY_BYTES_MAX],
            ] {
                let (namespace, key) = (name(text), Key::new(key).unwrap());
                keys.push(StateKey::Entry { namespace, key });
            }
        }
        keys
    }

    #[test]
    fn a_row_reads_as_the_key_it_was_written_for() {
        for key in samples() {
            assert_eq!(StateRow(&row(&key)).key(), Ok(key));
        }
    }

    #[test]
    fn rows_sort_as_keys_do() {
        let mut keys = samples();
        keys.sort();
        assert!(keys.is_sorted_by(|one, next| row(one) < row(next)));
    }

    #[test]
    fn the_first_byte_is_the_number_of_the_variant() {
        for key in samples() {
            assert_eq!(row(&key)[0], key.encode()[0]);
        }
    }

    #[test]
    fn bytes_that_are_no_row_are_damage() {
        for bytes in [
            &[][..],
            &[1, 2],
            &[2, 0xff],
            &[3, b'a'],
            &[5, b'a', 0, 1],
            &[200],
        ] {
            assert!(StateRow(bytes).key().is_err(), "{bytes:?}");
        }
    }
}
