//! The encrypted key file: one signing key under a password.
//!
//! JSON in the layout of EIP-2335, with a format name of its own. The password
//! becomes a key by argon2id; XChaCha20-Poly1305 encrypts the seed under that
//! key and binds the whole header to it ([`Header`]): cost, salt, nonce, public
//! key, path and identifier.
//!
//! Differs from EIP-2335, besides the algorithms: the checksum covers header
//! and ciphertext but nothing of the password. There it tells whether the
//! password is right, which the cipher does here. So damage is found before a
//! password is asked for, and what fails later is the password.
//!
//! What the password does not protect: who holds the file can read public key,
//! address, path and description, and change the description.

mod cost;
mod description;
mod document;
mod error;
mod foreign;
mod header;
mod json;
mod uuid;

use chacha20poly1305::aead::inout::InOutBuf;
use chacha20poly1305::{AeadInOut, KeyInit, XChaCha20Poly1305};
use pyralog_primitives::{Address, PublicKey, SecretKey};
use zeroize::Zeroizing;

pub use cost::{CostError, KdfCost, OutOfMemory};
pub use description::{Description, DescriptionError};
pub use error::{KeystoreError, UnlockError};
pub use foreign::ForeignFile;
pub use uuid::{Uuid, UuidError};

use crate::password::Password;
use crate::path::DerivationPath;
use header::{Header, NONCE_BYTES, SALT_BYTES};

const SEED_BYTES: usize = SecretKey::SEED_BYTES;
const TAG_BYTES: usize = 16;
const CIPHERTEXT_BYTES: usize = SEED_BYTES + TAG_BYTES;

/// A signing key that only its password opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keystore {
    header: Header,
    ciphertext: [u8; CIPHERTEXT_BYTES],
    description: Description,
}

/// How to encrypt, besides key and password.
#[derive(Clone, Debug)]
pub struct EncryptOptions {
    /// Where the key comes from; `None` for a key that no mnemonic gives.
    pub path: Option<DerivationPath>,
    /// What its owner says of it. Readable, and not protected.
    pub description: Description,
    /// What each guess at the password costs.
    pub cost: KdfCost,
    /// Never used twice.
    pub randomness: EncryptRandomness,
}

/// The random part of a keystore: salt, nonce and identifier.
#[derive(Clone, Debug)]
pub struct EncryptRandomness {
    salt: [u8; SALT_BYTES],
    nonce: [u8; NONCE_BYTES],
    uuid: Uuid,
}

impl EncryptRandomness {
    /// How much randomness a keystore needs.
    pub const BYTES: usize = SALT_BYTES + NONCE_BYTES + Uuid::BYTES;

    /// Splits fresh random bytes.
    pub fn from_bytes(bytes: &[u8; Self::BYTES]) -> Self {
        let (mut salt, mut nonce, mut uuid) = ([0; SALT_BYTES], [0; NONCE_BYTES], [0; Uuid::BYTES]);
        salt.copy_from_slice(&bytes[..SALT_BYTES]);
        nonce.copy_from_slice(&bytes[SALT_BYTES..SALT_BYTES + NONCE_BYTES]);
        uuid.copy_from_slice(&bytes[SALT_BYTES + NONCE_BYTES..]);
        Self {
            salt,
            nonce,
            uuid: Uuid::from_random(uuid),
        }
    }
}

impl Keystore {
    /// Bytes of the largest file that is read. A keystore has about 900;
    /// higher only lets a foreign file take memory.
    pub const FILE_BYTES_MAX: usize = 16 * 1024;

    /// Encrypts a key. Takes as long and as much memory as the cost says.
    pub fn encrypt(
        secret: &SecretKey,
        password: &Password,
        options: EncryptOptions,
    ) -> Result<Self, OutOfMemory> {
        let header = Header {
            cost: options.cost,
            salt: options.randomness.salt,
            nonce: options.randomness.nonce,
            public_key: secret.public_key(),
            uuid: options.randomness.uuid,
            path: options.path,
        };
        let ciphertext = seal(&header, password, &secret.to_seed())?;
        Ok(Self {
            header,
            ciphertext,
            description: options.description,
        })
    }

    /// Decrypts the key. Takes as long and as much memory as the cost says.
    pub fn decrypt(&self, password: &Password) -> Result<SecretKey, UnlockError> {
        let mut seed = Zeroizing::new([0; SEED_BYTES]);
        seed.copy_from_slice(&self.ciphertext[..SEED_BYTES]);
        let mut tag = [0; TAG_BYTES];
        tag.copy_from_slice(&self.ciphertext[SEED_BYTES..]);
        cipher(&self.header, password)?
            .decrypt_inout_detached(
                &self.header.nonce.into(),
                &self.header.to_bytes(),
                InOutBuf::from(seed.as_mut_slice()),
                &tag.into(),
            )
            .map_err(|_| UnlockError::WrongPassword)?;
        let secret = SecretKey::from_seed(&seed);
        // Signing with a secret under the name of another key would leak the
        // secret, and its owner would not know which key this is.
        if secret.public_key() == self.header.public_key {
            Ok(secret)
        } else {
            Err(UnlockError::KeyMismatch {
                public_key: self.header.public_key,
                found: secret.public_key(),
            })
        }
    }

    /// Reads a key file. Strict: each field is known, present, in its one
    /// spelling and within its bounds, and the checksum is right.
    pub fn from_json(bytes: &[u8]) -> Result<Self, KeystoreError> {
        document::read(bytes)
    }

    /// The key file.
    pub fn to_json(&self) -> String {
        document::write(self)
    }

    /// The public half of the key.
    pub fn public_key(&self) -> PublicKey {
        self.header.public_key
    }

    /// The address of the key.
    pub fn address(&self) -> Address {
        self.header.public_key.address()
    }

    /// Where the key comes from, if a mnemonic gives it.
    pub fn path(&self) -> Option<&DerivationPath> {
        self.header.path.as_ref()
    }

    /// The identifier of this file. Encrypting again gives another one.
    pub fn uuid(&self) -> Uuid {
        self.header.uuid
    }

    /// What each guess at the password costs.
    pub fn cost(&self) -> KdfCost {
        self.header.cost
    }

    /// What its owner says of the key. Anyone may have changed it.
    pub fn description(&self) -> &Description {
        &self.description
    }
}

/// The ciphertext of a seed: 32 encrypted bytes, then the tag.
fn seal(
    header: &Header,
    password: &Password,
    seed: &[u8; SEED_BYTES],
) -> Result<[u8; CIPHERTEXT_BYTES], OutOfMemory> {
    let mut body = Zeroizing::new(*seed);
    let tag = cipher(header, password)?
        .encrypt_inout_detached(
            &header.nonce.into(),
            &header.to_bytes(),
            InOutBuf::from(body.as_mut_slice()),
        )
        .expect("XChaCha20 encrypts far more than 32 bytes");
    let mut ciphertext = [0; CIPHERTEXT_BYTES];
    ciphertext[..SEED_BYTES].copy_from_slice(&*body);
    ciphertext[SEED_BYTES..].copy_from_slice(&tag);
    Ok(ciphertext)
}

fn cipher(header: &Header, password: &Password) -> Result<XChaCha20Poly1305, OutOfMemory> {
    let key = header.cost.stretch(password, &header.salt)?;
    Ok(XChaCha20Poly1305::new((&*key).into()))
}

#[cfg(test)]
mod tests;
