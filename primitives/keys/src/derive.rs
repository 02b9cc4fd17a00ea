//! SLIP-0010 for ed25519: from a master seed along a path to a signing key.
//!
//! Only hardened children exist, so a leaked child key says nothing about its
//! parent or siblings.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use pyralog_primitives::SecretKey;
use sha2::Sha512;
use zeroize::{Zeroize, Zeroizing};

use crate::path::DerivationPath;

/// What SLIP-0010 calls the curve; the key of the first HMAC.
const CURVE: &[u8] = b"ed25519 seed";

/// The secret that all keys of a person come from. Wiped from memory when
/// dropped; never printed.
#[derive(Clone)]
pub struct MasterSeed(Zeroizing<Vec<u8>>);

impl MasterSeed {
    /// The shortest seed that SLIP-0010 takes.
    pub const BYTES_MIN: usize = 16;
    /// The longest; a mnemonic gives this many.
    pub const BYTES_MAX: usize = 64;

    /// A seed of 16 to 64 bytes, which must be unguessable.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SeedLengthError> {
        if (Self::BYTES_MIN..=Self::BYTES_MAX).contains(&bytes.len()) {
            Ok(Self(Zeroizing::new(bytes.to_vec())))
        } else {
            Err(SeedLengthError { bytes: bytes.len() })
        }
    }

    /// The raw bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for MasterSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterSeed(not shown)")
    }
}

/// A seed too short to be safe or too long to be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a master seed has {} to {} bytes, not {bytes}",
    MasterSeed::BYTES_MIN,
    MasterSeed::BYTES_MAX
)]
pub struct SeedLengthError {
    bytes: usize,
}

/// The key at the end of `path`.
pub fn derive(seed: &MasterSeed, path: &DerivationPath) -> SecretKey {
    let mut node = Node::master(seed);
    for step in path.hardened_steps() {
        node = node.child(step);
    }
    SecretKey::from_seed(&node.key)
}

/// A key with what its children need besides.
struct Node {
    key: Zeroizing<[u8; 32]>,
    chain_code: Zeroizing<[u8; 32]>,
}

impl Node {
    fn master(seed: &MasterSeed) -> Self {
        Self::from_hmac(CURVE, &[seed.as_bytes()])
    }

    /// SLIP-0010: HMAC(chain code, 0x00 ‖ key ‖ index), for a hardened index.
    fn child(&self, step: u32) -> Self {
        let data: [&[u8]; 3] = [&[0], &*self.key, &step.to_be_bytes()];
        Self::from_hmac(&*self.chain_code, &data)
    }

    fn from_hmac(key: &[u8], data: &[&[u8]]) -> Self {
        let mut mac =
            Hmac::<Sha512>::new_from_slice(key).expect("HMAC takes a key of any length at all");
        for part in data {
            mac.update(part);
        }
        let mut output = mac.finalize().into_bytes();
        let mut node = Self {
            key: Zeroizing::default(),
            chain_code: Zeroizing::default(),
        };
        node.key.copy_from_slice(&output[..32]);
        node.chain_code.copy_from_slice(&output[32..]);
        output.as_mut_slice().zeroize();
        node
    }
}

#[cfg(test)]
mod tests {
    use pyralog_primitives::text::{decode_hex, encode_hex};

    use super::*;

    #[derive(serde::Deserialize)]
    struct Vector {
        seed: String,
        chains: Vec<Child>,
    }

    #[derive(serde::Deserialize)]
    struct Child {
        path: String,
        chain_code: String,
        private: String,
        public: String,
    }

    fn vectors() -> Vec<Vector> {
        let text = include_str!("../testdata/outside/slip10-ed25519.json");
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn outside_vectors_give_their_keys_and_chain_codes() {
        let mut count = 0;
        for vector in vectors() {
            let seed = MasterSeed::from_bytes(&decode_hex(&vector.seed).unwrap()).unwrap();
            for chain in vector.chains {
                let path: DerivationPath = chain.path.parse().unwrap();
                let node = path
                    .hardened_steps()
                    .fold(Node::master(&seed), |node, step| node.child(step));
                let key = derive(&seed, &path);
                assert_eq!(encode_hex(&*node.key), chain.private, "{path}");
                assert_eq!(encode_hex(&*node.chain_code), chain.chain_code, "{path}");
                assert_eq!(encode_hex(&*key.to_seed()), chain.private, "{path}");
                assert_eq!(format!("00{}", key.public_key()), chain.public, "{path}");
                count += 1;
            }
        }
        assert_eq!(count, 12);
    }

    #[test]
    fn one_bit_of_the_seed_changes_every_key() {
        for vector in vectors() {
            let mut bytes = decode_hex(&vector.seed).unwrap();
            let last = bytes.len() - 1;
            bytes[last] ^= 1;
            let seed = MasterSeed::from_bytes(&bytes).unwrap();
            for chain in vector.chains {
                let key = derive(&seed, &chain.path.parse().unwrap());
                assert_ne!(format!("00{}", key.public_key()), chain.public);
            }
        }
    }

    #[test]
    fn a_step_that_is_not_hardened_is_refused() {
        for chain in vectors().into_iter().flat_map(|vector| vector.chains) {
            if let Some(soft) = chain.path.strip_suffix('\'') {
                assert!(soft.parse::<DerivationPath>().is_err(), "{soft}");
            }
        }
    }

    #[test]
    fn a_seed_has_16_to_64_bytes_and_is_not_printed() {
        for bytes in [0, 15, 65, 1000] {
            let error = MasterSeed::from_bytes(&vec![7; bytes]).unwrap_err();
            assert_eq!(error, SeedLengthError { bytes });
        }
        let seed = MasterSeed::from_bytes(&[0xab; 16]).unwrap();
        assert_eq!(format!("{seed:?}"), "MasterSeed(not shown)");
    }
}
