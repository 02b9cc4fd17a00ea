//! The keys of a network, and its signatures.
//!
//! A keyed hash stands in for a signature where cryptography is not what is
//! looked at: it costs a hundredth. Anyone in here could make one in another's
//! name, so nothing in here does but through [`Keyring::sign`].

use pyralog_consensus::{Claim, Ed25519, Verifier};
use pyralog_primitives::{Address, BadSignature, PublicKey, SecretKey, SignBytes, Signature};

/// What stands for a signature.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Signatures {
    /// A keyed hash.
    #[default]
    Hashes,
    /// The signatures of the network.
    Ed25519,
}

/// The keys of all validators, and of one who is none.
#[derive(Debug)]
pub(crate) struct Keyring {
    keys: Vec<Key>,
    signatures: Signatures,
}

#[derive(Debug)]
struct Key {
    secret: SecretKey,
    public: PublicKey,
    address: Address,
}

impl Keyring {
    pub(crate) fn new(validators: usize, signatures: Signatures) -> Self {
        let key = |index: usize| {
            let mut seed = [0x5a; SecretKey::SEED_BYTES];
            seed[..8].copy_from_slice(&(index as u64).to_le_bytes());
            let secret = SecretKey::from_seed(&seed);
            let public = secret.public_key();
            Key {
                secret,
                public,
                address: public.address(),
            }
        };
        Self {
            keys: (0..=validators).map(key).collect(),
            signatures,
        }
    }

    /// How many validators there are.
    pub(crate) fn count(&self) -> usize {
        self.keys.len() - 1
    }

    /// The number of the key that is no validator's.
    pub(crate) fn stranger(&self) -> usize {
        self.count()
    }

    pub(crate) fn public(&self, who: usize) -> PublicKey {
        self.keys[who].public
    }

    pub(crate) fn address(&self, who: usize) -> Address {
        self.keys[who].address
    }

    /// Whose address this is.
    pub(crate) fn find(&self, address: &Address) -> Option<usize> {
        self.keys.iter().position(|key| key.address == *address)
    }

    pub(crate) fn sign(&self, who: usize, bytes: &SignBytes) -> Signature {
        let key = &self.keys[who];
        match self.signatures {
            Signatures::Hashes => keyed_hash(&key.public, bytes),
            Signatures::Ed25519 => key.secret.sign(bytes),
        }
    }
}

impl Verifier for Keyring {
    fn verify(&self, claims: &[Claim]) -> Result<(), BadSignature> {
        if self.signatures == Signatures::Ed25519 {
            return Ed25519.verify(claims);
        }
        let is_wrong = |claim: &&Claim| keyed_hash(&claim.key, &claim.bytes) != claim.signature;
        match claims.iter().find(is_wrong) {
            Some(claim) => Err(BadSignature { signer: claim.key }),
            None => Ok(()),
        }
    }
}

fn keyed_hash(key: &PublicKey, bytes: &SignBytes) -> Signature {
    let mut hasher = blake3::Hasher::new_keyed(key.as_bytes());
    hasher.update(bytes.as_bytes());
    let mut signature = [0; Signature::BYTES];
    hasher.finalize_xof().fill(&mut signature);
    Signature::new(signature)
}
