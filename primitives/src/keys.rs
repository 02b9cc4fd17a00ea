//! Keys, signatures and addresses.
//!
//! Signing is RFC 8032. Verification is ZIP-215, alone and in batches (see
//! [`crate::batch`]): of the rules in use it is the one under which both
//! always agree, so that no two nodes can differ about a block.
//!
//! ZIP-215 accepts keys of small order, for which anyone can sign. They are
//! refused where a key gains power: [`PublicKey::check_strength`].

use std::fmt;
use std::str::FromStr;

use bech32::primitives::decode::CheckedHrpstring;
use bech32::{Bech32m, Hrp};
use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use ed25519_zebra::VerificationKey;
use zeroize::Zeroizing;

use crate::hash::Domain;
use crate::ids::GenesisHash;
use crate::sign_bytes::{Purpose, SignBytes};
use crate::text::{excerpt, fixed_bytes, json_as_text, text_as_hex};

fixed_bytes!(
    /// The bytes of an ed25519 public key, not yet known to be a point.
    PublicKey(32)
);
text_as_hex!(PublicKey);

impl PublicKey {
    /// The address of this key.
    pub fn address(&self) -> Address {
        let hash = Domain::Address.hash(&self.0);
        let mut bytes = [0; Address::BYTES];
        bytes.copy_from_slice(&hash.as_bytes()[..Address::BYTES]);
        Address(bytes)
    }

    /// Refuses keys for which anyone, or nobody, can sign. Called wherever a
    /// key is registered: accounts and validators of genesis, stake, senders.
    pub fn check_strength(&self) -> Result<(), WeakKey> {
        let key = VerifyingKey::from_bytes(&self.0).map_err(|_| WeakKey::NotAPoint)?;
        if key.is_weak() {
            Err(WeakKey::SmallOrder)
        } else {
            Ok(())
        }
    }

    /// Whether `signature` over `message` is this key's, under ZIP-215.
    pub fn verify(&self, message: &SignBytes, signature: &Signature) -> Result<(), BadSignature> {
        VerificationKey::try_from(self.0)
            .and_then(|key| key.verify(&signature.to_zebra(), message.as_bytes()))
            .map_err(|_| BadSignature { signer: *self })
    }
}

impl SignBytes {
    /// A validator's claim, before there is a genesis hash, that it holds the
    /// secret of the key it registers for the chain of this name.
    pub fn possession(chain_id: &str, key: &PublicKey) -> Self {
        Self::encoded(Purpose::Possession, &(chain_id, key))
    }

    /// A validator's word that the node with this key is its own. It names the
    /// node, so no other node can show it as its proof.
    pub fn node_of_validator(genesis: GenesisHash, node: &PublicKey) -> Self {
        Self::encoded(Purpose::NodeOfValidator, &(genesis, node))
    }
}

/// A key that must not gain power.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeakKey {
    /// The bytes are no point of the curve: nobody can sign.
    #[error("the bytes are not an ed25519 public key")]
    NotAPoint,
    /// The point has small order: anyone can sign.
    #[error("the key has small order: anyone could sign for it")]
    SmallOrder,
}

/// A signature that does not verify. Who relayed it is to blame, not the signer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the signature is not that of key {signer}")]
pub struct BadSignature {
    /// Whose signature it should have been.
    pub signer: PublicKey,
}

fixed_bytes!(
    /// The bytes of an ed25519 signature. Never an id: two valid signatures of
    /// one message exist.
    Signature(64)
);
text_as_hex!(Signature);

impl Signature {
    pub(crate) fn to_zebra(self) -> ed25519_zebra::Signature {
        ed25519_zebra::Signature::from_bytes(&self.0)
    }
}

/// A secret key. Wiped from memory when dropped; never printed.
#[derive(Clone)]
pub struct SecretKey(SigningKey);

impl SecretKey {
    /// Length of the seed that the key is made from.
    pub const SEED_BYTES: usize = 32;

    /// The key of a seed, which must be unguessable.
    pub fn from_seed(seed: &[u8; Self::SEED_BYTES]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The seed, to be stored encrypted.
    pub fn to_seed(&self) -> Zeroizing<[u8; Self::SEED_BYTES]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// The public half.
    pub fn public_key(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    /// Signs.
    pub fn sign(&self, message: &SignBytes) -> Signature {
        Signature(self.0.sign(message.as_bytes()).to_bytes())
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey(of {})", self.public_key())
    }
}

fixed_bytes!(
    /// The name of an account or validator, written `pyr1…`.
    Address(20)
);

impl Address {
    /// What every written address begins with, before the `1`.
    pub const PREFIX: &str = "pyr";
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = bech32::encode::<Bech32m>(Hrp::parse_unchecked(Self::PREFIX), &self.0)
            .expect("an address is shorter than what bech32m can hold");
        f.write_str(&text)
    }
}

/// Why a text is not an address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// A typing error, or no bech32m at all.
    #[error("{text} is not a valid address: {problem}")]
    Mistyped {
        /// The text.
        text: String,
        /// What bech32m says of it.
        problem: String,
    },
    /// An address of something else.
    #[error("{text} begins with '{found}1', a Pyralog address with 'pyr1'")]
    Foreign {
        /// The text.
        text: String,
        /// The prefix it has.
        found: String,
    },
    /// Upper case is valid bech32m, but then an address would have two spellings.
    #[error("{text} is in upper case; write it in lower case")]
    UpperCase {
        /// The text.
        text: String,
    },
    /// Too short or too long.
    #[error("{text} holds {bytes} bytes, an address 20")]
    Length {
        /// The text.
        text: String,
        /// How many bytes it holds.
        bytes: usize,
    },
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let own = || excerpt(text);
        let parsed =
            CheckedHrpstring::new::<Bech32m>(text).map_err(|error| AddressError::Mistyped {
                text: own(),
                problem: error.to_string(),
            })?;
        if parsed.hrp() != Hrp::parse_unchecked(Self::PREFIX) {
            return Err(AddressError::Foreign {
                text: own(),
                found: parsed.hrp().to_string(),
            });
        }
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(AddressError::UpperCase { text: own() });
        }
        let bytes: Vec<u8> = parsed.byte_iter().collect();
        let bytes =
            <[u8; Self::BYTES]>::try_from(bytes.as_slice()).map_err(|_| AddressError::Length {
                text: own(),
                bytes: bytes.len(),
            })?;
        let address = Self(bytes);
        // Bits of padding that are not zero would give a second spelling.
        if address.to_string() == text {
            Ok(address)
        } else {
            Err(AddressError::Mistyped {
                text: own(),
                problem: "padding is not zero".to_owned(),
            })
        }
    }
}

json_as_text!(Address);

#[cfg(test)]
#[allow(clippy::cast_possible_truncation, reason = "what tests count is small")]
mod tests;
