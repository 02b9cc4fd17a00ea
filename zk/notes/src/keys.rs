//! Keys of a wallet: one spends, one sees, and an address is for others.

use std::fmt;

use ark_bn254::Fr;
use ark_ff::PrimeField;
use pyralog_primitives::{Domain, Hash};
use pyralog_zk::transfer::NoteHashes;
use x25519_dalek::{X25519_BASEPOINT_BYTES, x25519};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::number::{NUMBER_BYTES, read, write};

/// Bytes of an address: owner, then the key to encrypt to.
pub const ADDRESS_BYTES: usize = NUMBER_BYTES + 32;

/// 32 random bytes, from which all keys of a wallet follow.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct WalletSeed([u8; 32]);

impl WalletSeed {
    /// The seed with these bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

/// All keys of a wallet. Printing them shows none.
#[derive(ZeroizeOnDrop)]
pub struct Keys {
    spending: Fr,
    viewing: ViewingKey,
}

/// Sees which notes come in, and how much. Printing it does not show it.
#[derive(Clone, ZeroizeOnDrop)]
pub struct ViewingKey {
    secret: [u8; 32],
    #[zeroize(skip)]
    address: NoteAddress,
}

/// Where a note can be sent. Two payments to one address show nobody that they
/// are to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoteAddress {
    owner: Fr,
    key: [u8; 32],
}

/// Why bytes are no address. Whoever gave them is to blame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressRefused {
    /// Another encoding stands for the same owner.
    #[error("the owner of the address is not below the order of the field")]
    NotCanonical,
    /// What is encrypted to it, everybody reads.
    #[error("the key of the address is a point of small order")]
    WeakKey,
}

impl Keys {
    /// The keys of a seed.
    pub fn new(seed: &WalletSeed) -> Self {
        let spending = Fr::from_le_bytes_mod_order(
            // Twice the bits of the order, so that no number is likelier.
            [part(seed, 0), part(seed, 1)]
                .map(|part| *part.as_bytes())
                .as_flattened(),
        );
        let secret = *part(seed, 2).as_bytes();
        let address = NoteAddress {
            owner: NoteHashes::default().owner(spending),
            key: x25519(secret, X25519_BASEPOINT_BYTES),
        };
        Self {
            spending,
            viewing: ViewingKey { secret, address },
        }
    }

    /// The key that sees.
    pub const fn viewing(&self) -> &ViewingKey {
        &self.viewing
    }

    pub(crate) const fn spending(&self) -> Fr {
        self.spending
    }
}

impl ViewingKey {
    /// Where notes can be sent.
    pub const fn address(&self) -> &NoteAddress {
        &self.address
    }

    pub(crate) fn shared(&self, public: [u8; 32]) -> Option<[u8; 32]> {
        shared(self.secret, public)
    }
}

impl NoteAddress {
    /// Reads an address.
    pub fn decode(bytes: &[u8; ADDRESS_BYTES]) -> Result<Self, AddressRefused> {
        let (owner, key) = bytes.split_first_chunk().expect("it is longer");
        let owner = read(owner).ok_or(AddressRefused::NotCanonical)?;
        let key = key.try_into().expect("32 bytes are left");
        // Any secret does to find a point of small order.
        shared([1; 32], key).ok_or(AddressRefused::WeakKey)?;
        Ok(Self { owner, key })
    }

    /// Its bytes.
    pub fn encode(&self) -> [u8; ADDRESS_BYTES] {
        let mut bytes = [0; ADDRESS_BYTES];
        bytes[..NUMBER_BYTES].copy_from_slice(&write(self.owner));
        bytes[NUMBER_BYTES..].copy_from_slice(&self.key);
        bytes
    }

    /// Whose notes they are.
    pub const fn owner(&self) -> Fr {
        self.owner
    }

    pub(crate) const fn key(&self) -> [u8; 32] {
        self.key
    }
}

/// What both sides know; nothing if the public key is of small order, with which
/// everybody would know it.
pub(crate) fn shared(secret: [u8; 32], public: [u8; 32]) -> Option<[u8; 32]> {
    let shared = x25519(secret, public);
    (shared != [0; 32]).then_some(shared)
}

fn part(seed: &WalletSeed, number: u8) -> Hash {
    let mut hasher = Domain::NoteSecret.hasher();
    hasher.update(&seed.0).update(&[number]).finish()
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").finish_non_exhaustive()
    }
}

impl fmt::Debug for ViewingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ViewingKey").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(seed: u8) -> Keys {
        Keys::new(&WalletSeed::new([seed; 32]))
    }

    #[test]
    fn a_seed_has_one_address_and_no_other_has_it() {
        let address = *keys(1).viewing().address();
        assert_eq!(*keys(1).viewing().address(), address);
        assert_ne!(*keys(2).viewing().address(), address);
        assert_eq!(NoteAddress::decode(&address.encode()), Ok(address));
    }

    #[test]
    fn an_address_to_which_everybody_reads_is_refused() {
        let mut bytes = keys(1).viewing().address().encode();
        bytes[NUMBER_BYTES..].fill(0);
        let refused = NoteAddress::decode(&bytes);
        assert_eq!(refused, Err(AddressRefused::WeakKey));
        bytes.fill(255);
        let refused = NoteAddress::decode(&bytes);
        assert_eq!(refused, Err(AddressRefused::NotCanonical));
    }

    #[test]
    fn keys_are_not_printed() {
        let keys = keys(1);
        assert_eq!(format!("{keys:?}"), "Keys { .. }");
        assert_eq!(format!("{:?}", keys.viewing()), "ViewingKey { .. }");
    }

    #[test]
    fn shared_secrets_are_those_of_rfc_7748() {
        // Section 6.1.
        let hex = |text: &str| -> [u8; 32] {
            pyralog_primitives::text::decode_hex(text)
                .unwrap()
                .try_into()
                .unwrap()
        };
        let secret = hex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
        let public = hex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
        let expected = hex("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
        assert_eq!(shared(secret, public), Some(expected));
        let mut flipped = public;
        flipped[0] ^= 1;
        assert_ne!(shared(secret, flipped), Some(expected));
    }
}
