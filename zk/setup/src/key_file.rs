//! A key for development as a file, so that it is not made anew for each proof.
//!
//! ```text
//! "pyralog UNSAFE key of a circuit, version 1\n" │ circuit 32
//! │ constraints (u64) │ wires (u64) │ the key as ark-groth16 writes it, uncompressed
//! ```
//!
//! The first line is for people. Keys of ceremonies stay in their zkey.
//!
//! Invariants:
//! - what is read is the key of the circuit that was asked for: the hash of the
//!   circuit and that of the verifying half are those of its record, and each list
//!   of points has the length that the circuit gives it;
//! - every point is on its curve and in its subgroup;
//! - lengths are compared with the bytes that are there before anything is
//!   reserved.
//!
//! Nobody compares the other points with those that the seed gives. It need not be:
//! a proof is checked against the verifying half before it is handed out, and one
//! that holds for an honest verifying half tells nothing of the witness, whatever
//! else was in the file. Wrong points only make proofs fail.

use ark_bn254::Bn254;
use ark_groth16::ProvingKey;
use ark_serialize::{CanonicalDeserialize, CanonicalSerialize};
use pyralog_primitives::Hash;
use pyralog_zk::groth16::KeyHash;

use crate::constraints::CircuitHash;
use crate::key::{CircuitKey, Origin};
use crate::unsafe_setup::DevCircuit;

/// Bytes of the longest file. Lower, and the largest circuit has no file (the
/// quorum of a hundred takes some 200 MB); higher, and a wrong file is read for
/// long.
pub const KEY_FILE_BYTES_MAX: usize = 512 * 1024 * 1024;

const HEAD: &[u8] = b"pyralog UNSAFE key of a circuit, version 1\n";
const FIRST: usize = 64;
const SECOND: usize = 128;

/// Why bytes are not the key. Whoever has the file makes it anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFileError {
    /// It is another kind of file, or of another version.
    #[error("it does not begin as a key for development of version 1")]
    OtherFile,
    /// It is one of another circuit, or of this one before it was changed.
    #[error("it is a key of circuit {found}, and this one is {expected}")]
    OtherCircuit {
        /// The circuit that was asked for.
        expected: CircuitHash,
        /// The one that the file names.
        found: CircuitHash,
    },
    /// Something ends too soon or goes on behind its end.
    #[error("it is shorter or longer than what it says to hold")]
    Length,
    /// A list of points has another length than the circuit gives it.
    #[error("it has another number of points than its circuit")]
    Count,
    /// A point is none.
    #[error("a point is not on its curve or not in its subgroup")]
    Point,
    /// Its verifying half is not the recorded one.
    #[error("its verifying half is {found}; that of this circuit is {expected}")]
    OtherKey {
        /// The recorded one.
        expected: KeyHash,
        /// The one in the file.
        found: KeyHash,
    },
}

impl CircuitKey {
    /// The file of a key for development; `None` of one from a ceremony.
    pub fn to_unsafe_file(&self) -> Option<Vec<u8>> {
        if !self.is_unsafe() {
            return None;
        }
        let mut bytes = HEAD.to_vec();
        bytes.extend(self.circuit.get().as_bytes());
        for count in [self.constraints(), self.wires] {
            bytes.extend((count as u64).to_le_bytes());
        }
        let written = self.key.serialize_uncompressed(&mut bytes);
        written.expect("memory accepts every byte");
        Some(bytes)
    }

    /// Reads the key of this circuit.
    pub fn from_unsafe_file(bytes: &[u8], of: DevCircuit) -> Result<Self, KeyFileError> {
        let rest = bytes.strip_prefix(HEAD).ok_or(KeyFileError::OtherFile)?;
        let mut rest = Rest(rest);
        let record = of.record();
        let found = rest.take::<32>().ok_or(KeyFileError::Length)?;
        let (expected, found) = (record.circuit, CircuitHash::new(Hash::new(found)));
        if found != expected {
            return Err(KeyFileError::OtherCircuit { expected, found });
        }
        let counts = [rest.count(), rest.count()];
        let [Some(constraints), Some(wires)] = counts else {
            return Err(KeyFileError::Length);
        };
        check_lists(rest, constraints, wires)?;
        let key = ProvingKey::<Bn254>::deserialize_uncompressed(rest.0);
        let key = key.map_err(|_| KeyFileError::Point)?;
        let circuit = of.constraints();
        let circuit = circuit.expect("its record was made from these constraints");
        let key = Self::of(&circuit, Origin::Unsafe, key);
        let (expected, found) = (record.key, key.hash());
        if found == expected {
            Ok(key)
        } else {
            Err(KeyFileError::OtherKey { expected, found })
        }
    }
}

/// What is left of a file.
#[derive(Clone, Copy)]
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    fn skip(&mut self, bytes: usize) -> Option<()> {
        self.0 = self.0.get(bytes..)?;
        Some(())
    }

    fn count(&mut self) -> Option<usize> {
        usize::try_from(u64::from_le_bytes(self.take()?)).ok()
    }

    /// Passes a list; returns how many points it has.
    fn list(&mut self, point: usize) -> Option<usize> {
        let count = self.count()?;
        self.skip(count.checked_mul(point)?)?;
        Some(count)
    }
}

/// Passes over the key without reading a point: its lists are those of a circuit
/// with so many constraints and wires, and nothing follows.
fn check_lists(mut rest: Rest<'_>, constraints: usize, wires: usize) -> Result<(), KeyFileError> {
    let mut lists = || {
        rest.skip(FIRST + 3 * SECOND)?;
        let public = rest.list(FIRST)?;
        rest.skip(2 * FIRST)?;
        let wires = [rest.list(FIRST)?, rest.list(FIRST)?, rest.list(SECOND)?];
        let (powers, secret) = (rest.list(FIRST)?, rest.list(FIRST)?);
        rest.0.is_empty().then_some((public, wires, powers, secret))
    };
    let (public, found, powers, secret) = lists().ok_or(KeyFileError::Length)?;
    // The domain has a place for each constraint and each public wire.
    let domain = constraints.checked_add(public);
    let domain = domain.and_then(usize::checked_next_power_of_two);
    let fits = found == [wires; 3]
        && Some(secret) == wires.checked_sub(public)
        && domain.is_some_and(|domain| powers + 1 == domain);
    if fits {
        Ok(())
    } else {
        Err(KeyFileError::Count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unsafe_setup;

    fn refused(bytes: &[u8]) -> KeyFileError {
        CircuitKey::from_unsafe_file(bytes, DevCircuit::SealedBid).unwrap_err()
    }

    #[test]
    fn a_key_is_read_as_it_was_written_and_for_its_circuit_alone() {
        let key = unsafe_setup(DevCircuit::SealedBid).unwrap();
        let file = key.to_unsafe_file().unwrap();
        let read = CircuitKey::from_unsafe_file(&file, DevCircuit::SealedBid).unwrap();
        assert_eq!(read.key, key.key);
        assert_eq!(read.circuit(), key.circuit());
        assert_eq!(read.wires, key.wires);
        assert_eq!(read.matrices, key.matrices);
        assert!(read.is_unsafe());
        let other = CircuitKey::from_unsafe_file(&file, DevCircuit::Transfer);
        let (expected, found) = (DevCircuit::Transfer.record().circuit, key.circuit());
        let refused = KeyFileError::OtherCircuit { expected, found };
        assert_eq!(other.unwrap_err(), refused);
        let ceremony = CircuitKey {
            origin: Origin::Ceremony,
            ..key
        };
        assert_eq!(ceremony.to_unsafe_file(), None);
    }

    #[test]
    fn a_damaged_key_is_refused_for_what_is_damaged() {
        let key = unsafe_setup(DevCircuit::SealedBid).unwrap();
        let file = key.to_unsafe_file().unwrap();
        assert_eq!(refused(b""), KeyFileError::OtherFile);
        assert_eq!(refused(&file[1..]), KeyFileError::OtherFile);
        for length in [HEAD.len(), HEAD.len() + 31, HEAD.len() + 47, file.len() - 1] {
            assert_eq!(refused(&file[..length]), KeyFileError::Length);
        }
        let longer = [&file[..], &[0]].concat();
        assert_eq!(refused(&longer), KeyFileError::Length);
        let changed = |place: usize, byte: u8| {
            let mut changed = file.clone();
            changed[place] ^= byte;
            refused(&changed)
        };
        let (counts, key) = (HEAD.len() + 32, HEAD.len() + 48);
        // A thousand constraints more, one wire less.
        assert_eq!(changed(counts + 1, 4), KeyFileError::Count);
        assert_eq!(changed(counts + 8, 1), KeyFileError::Count);
        // A count of points that no memory holds.
        let list = key + FIRST + 3 * SECOND;
        assert_eq!(changed(list + 7, 0x80), KeyFileError::Length);
        assert_eq!(changed(key, 1), KeyFileError::Point);
        assert_eq!(changed(file.len() - 40, 1), KeyFileError::Point);
        // Another point of the curve, alpha in place of the last.
        let mut swapped = file.clone();
        swapped.copy_within(key + 448 + 8..key + 448 + 8 + 64, key);
        assert!(matches!(refused(&swapped), KeyFileError::OtherKey { .. }));
    }
}
