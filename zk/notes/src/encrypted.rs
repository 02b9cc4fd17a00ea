//! A note encrypted to its owner.
//!
//! ```text
//! public key 32, drawn for this note alone │ ciphertext of amount 8 and blinding 32 │ tag 16
//! ```
//!
//! The key is a hash over the shared secret, both public keys and the commitment
//! of the note; the nonce is zero, because no key is used twice: a secret is drawn
//! for each note. The commitment is bound, so that a ciphertext beside another one
//! does not open.

use chacha20poly1305::aead::Aead;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit};
use pyralog_primitives::Domain;
use pyralog_zk::transfer::{Note, NoteHashes, Units};
use rand_core::CryptoRng;
use x25519_dalek::{X25519_BASEPOINT_BYTES, x25519};
use zeroize::Zeroizing;

use ark_bn254::Fr;

use crate::keys::{NoteAddress, ViewingKey, shared};
use crate::number::{NUMBER_BYTES, read, write};

const KEY_BYTES: usize = 32;
const AMOUNT_BYTES: usize = 8;
const PLAIN_BYTES: usize = AMOUNT_BYTES + NUMBER_BYTES;
const TAG_BYTES: usize = 16;

/// Bytes of an encrypted note, whatever it holds.
pub const ENCRYPTED_NOTE_BYTES: usize = KEY_BYTES + PLAIN_BYTES + TAG_BYTES;

/// A note that only its owner reads. Any bytes have the form of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncryptedNote([u8; ENCRYPTED_NOTE_BYTES]);

/// The address has a key of small order: whoever made it is to blame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the key of the address is a point of small order: everybody would read the note")]
pub struct EncryptError;

impl EncryptedNote {
    /// The note with these bytes.
    pub const fn new(bytes: [u8; ENCRYPTED_NOTE_BYTES]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; ENCRYPTED_NOTE_BYTES] {
        &self.0
    }

    /// Encrypts what the owner of the address must know of a note of theirs.
    pub fn seal(
        to: &NoteAddress,
        amount: Units,
        blinding: Fr,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, EncryptError> {
        let owner = to.owner();
        let commitment = NoteHashes::default().commitment(&Note {
            owner,
            amount,
            blinding,
        });
        let mut secret = Zeroizing::new([0; KEY_BYTES]);
        rng.fill_bytes(secret.as_mut_slice());
        let public = x25519(*secret, X25519_BASEPOINT_BYTES);
        let shared = Zeroizing::new(shared(*secret, to.key()).ok_or(EncryptError)?);
        let mut plain = Zeroizing::new([0; PLAIN_BYTES]);
        plain[..AMOUNT_BYTES].copy_from_slice(&amount.get().to_le_bytes());
        plain[AMOUNT_BYTES..].copy_from_slice(&write(blinding));
        let sealed = cipher(&shared, public, to.key(), commitment)
            .encrypt(&NONCE.into(), plain.as_slice())
            .expect("40 bytes are far below the cipher's limit");
        let mut bytes = [0; ENCRYPTED_NOTE_BYTES];
        bytes[..KEY_BYTES].copy_from_slice(&public);
        bytes[KEY_BYTES..].copy_from_slice(&sealed);
        Ok(Self(bytes))
    }

    /// The note, if it is for this key and has this commitment.
    pub fn open(&self, key: &ViewingKey, commitment: Fr) -> Option<Note> {
        let (public, sealed) = self.0.split_first_chunk::<KEY_BYTES>()?;
        let shared = Zeroizing::new(key.shared(*public)?);
        let own = key.address().key();
        let cipher = cipher(&shared, *public, own, commitment);
        let plain = Zeroizing::new(cipher.decrypt(&NONCE.into(), sealed).ok()?);
        let (amount, blinding) = plain.split_first_chunk::<AMOUNT_BYTES>()?;
        let note = Note {
            owner: key.address().owner(),
            amount: Units::new(u64::from_le_bytes(*amount)),
            blinding: read(blinding.try_into().ok()?)?,
        };
        // A sender may encrypt anything; what counts is what stands in the tree.
        (NoteHashes::default().commitment(&note) == commitment).then_some(note)
    }
}

const NONCE: [u8; 12] = [0; 12];

fn cipher(shared: &[u8; 32], public: [u8; 32], to: [u8; 32], commitment: Fr) -> ChaCha20Poly1305 {
    let mut hasher = Domain::NoteCipher.hasher();
    hasher
        .update(shared)
        .update(&public)
        .update(&to)
        .update(&write(commitment));
    let key = Zeroizing::new(*hasher.finish().as_bytes());
    ChaCha20Poly1305::new(
        key.as_slice()
            .try_into()
            .expect("a hash has the length of a key"),
    )
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_core::SeedableRng;

    use super::*;
    use crate::keys::{Keys, WalletSeed};

    fn sealed(keys: &Keys) -> (EncryptedNote, Note, Fr) {
        let address = keys.viewing().address();
        let note = Note {
            owner: address.owner(),
            amount: Units::new(7),
            blinding: Fr::from(8),
        };
        let commitment = NoteHashes::default().commitment(&note);
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let sealed = EncryptedNote::seal(address, note.amount, note.blinding, &mut rng);
        (sealed.unwrap(), note, commitment)
    }

    #[test]
    fn a_note_opens_for_its_owner_and_for_nobody_else() {
        let [keys, other] = [1, 2].map(|seed| Keys::new(&WalletSeed::new([seed; 32])));
        let (sealed, note, commitment) = sealed(&keys);
        assert_eq!(sealed.open(keys.viewing(), commitment), Some(note));
        assert_eq!(sealed.open(other.viewing(), commitment), None);
        let beside = commitment + Fr::from(1);
        assert_eq!(sealed.open(keys.viewing(), beside), None);
    }

    #[test]
    fn a_note_with_any_bit_flipped_does_not_open() {
        let keys = Keys::new(&WalletSeed::new([1; 32]));
        let (sealed, _, commitment) = sealed(&keys);
        for bit in 0..8 * ENCRYPTED_NOTE_BYTES {
            let mut bytes = *sealed.as_bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let flipped = EncryptedNote::new(bytes);
            // RFC 7748 ignores the highest bit of a key; the hash does not.
            assert_eq!(flipped.open(keys.viewing(), commitment), None, "{bit}");
        }
    }

    #[test]
    fn an_amount_that_is_not_in_the_tree_is_not_believed() {
        // A sender who encrypts another amount than that of the commitment.
        let keys = Keys::new(&WalletSeed::new([1; 32]));
        let (sealed, note, commitment) = sealed(&keys);
        assert!(sealed.open(keys.viewing(), commitment).is_some());
        let real = Note {
            amount: Units::new(1),
            ..note
        };
        let real = NoteHashes::default().commitment(&real);
        let public = x25519([9; 32], X25519_BASEPOINT_BYTES);
        let to = keys.viewing().address().key();
        let shared = shared([9; 32], to).unwrap();
        let mut plain = 7u64.to_le_bytes().to_vec();
        plain.extend(write(note.blinding));
        let cipher = cipher(&shared, public, to, real);
        let mut bytes = public.to_vec();
        bytes.extend(cipher.encrypt(&NONCE.into(), plain.as_slice()).unwrap());
        let lie = EncryptedNote::new(bytes.try_into().unwrap());
        assert_eq!(lie.open(keys.viewing(), real), None);
    }
}
