//! The part of a keystore that is readable but must not change.
//!
//! Its bytes are the associated data of the cipher, so a key decrypts only
//! under the header it was encrypted with, and the first part of what the
//! checksum covers.

use pyralog_primitives::PublicKey;
use sha2::{Digest, Sha256};

use super::CIPHERTEXT_BYTES;
use super::cost::KdfCost;
use super::uuid::Uuid;
use crate::path::DerivationPath;

pub(super) const SALT_BYTES: usize = 32;
pub(super) const NONCE_BYTES: usize = 24;
pub(super) const CHECKSUM_BYTES: usize = 32;

pub(super) const FORMAT: &str = "pyralog-keystore-v1";
pub(super) const VERSION: u32 = 1;

/// Everything that the ciphertext is bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) cost: KdfCost,
    pub(super) salt: [u8; SALT_BYTES],
    pub(super) nonce: [u8; NONCE_BYTES],
    pub(super) public_key: PublicKey,
    pub(super) uuid: Uuid,
    pub(super) path: Option<DerivationPath>,
}

impl Header {
    /// The canonical bytes. All is of fixed length but the path, which comes
    /// last with its length before it, so no two headers share their bytes.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let path = self.path_text();
        let path_bytes = u8::try_from(path.len()).expect("a path has at most 193 bytes of text");
        let mut bytes = Vec::new();
        bytes.extend(FORMAT.as_bytes());
        bytes.push(0);
        for number in [
            VERSION,
            self.cost.memory_kib(),
            self.cost.passes(),
            self.cost.lanes(),
        ] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend(self.salt);
        bytes.extend(self.nonce);
        bytes.extend(self.public_key.as_bytes());
        bytes.extend(self.uuid.as_bytes());
        bytes.push(path_bytes);
        bytes.extend(path.as_bytes());
        bytes
    }

    /// The path as the file has it: empty where there is none.
    pub(super) fn path_text(&self) -> String {
        self.path
            .as_ref()
            .map_or_else(String::new, ToString::to_string)
    }

    /// SHA-256 over these bytes and the ciphertext.
    pub(super) fn checksum(&self, ciphertext: &[u8; CIPHERTEXT_BYTES]) -> [u8; CHECKSUM_BYTES] {
        Sha256::new()
            .chain_update(self.to_bytes())
            .chain_update(ciphertext)
            .finalize()
            .into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_field_stands_where_the_specification_puts_it() {
        let header = Header {
            cost: KdfCost::new(0x2345, 6, 2).unwrap(),
            salt: [1; SALT_BYTES],
            nonce: [2; NONCE_BYTES],
            public_key: PublicKey::new([3; 32]),
            uuid: Uuid::from_random([4; 16]),
            path: Some("m/44'".parse().unwrap()),
        };
        let bytes = header.to_bytes();
        assert_eq!(&bytes[..20], b"pyralog-keystore-v1\0");
        assert_eq!(bytes[20..24], [1, 0, 0, 0]);
        assert_eq!(bytes[24..28], [0x45, 0x23, 0, 0]);
        assert_eq!(bytes[28..32], [6, 0, 0, 0]);
        assert_eq!(bytes[32..36], [2, 0, 0, 0]);
        assert_eq!(bytes[36..68], [1; 32]);
        assert_eq!(bytes[68..92], [2; 24]);
        assert_eq!(bytes[92..124], [3; 32]);
        assert_eq!(&bytes[124..140], header.uuid.as_bytes());
        assert_eq!(bytes[140], 5);
        assert_eq!(&bytes[141..], b"m/44'");
        let pathless = Header {
            path: None,
            ..header
        };
        assert_eq!(pathless.to_bytes()[..140], bytes[..140]);
        assert_eq!(pathless.to_bytes()[140..], [0]);
    }
}
