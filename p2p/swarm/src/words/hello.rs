//! The first frame in each direction: which network, and whose node.

use borsh::{BorshDeserialize, BorshSerialize};
use pyralog_p2p::PeerId;
use pyralog_primitives::codec::{Canonical, Version};
use pyralog_primitives::{BadSignature, GenesisHash, PublicKey, SecretKey, SignBytes, Signature};

/// A validator's word that a node is its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ValidatorProof {
    /// Whose node it is.
    pub validator: PublicKey,
    /// Its signature over [`SignBytes::node_of_validator`].
    pub signature: Signature,
}

impl ValidatorProof {
    /// Made with the key of the validator.
    pub fn sign(validator: &SecretKey, genesis: GenesisHash, node: PeerId) -> Self {
        let message = SignBytes::node_of_validator(genesis, &node.get());
        Self {
            validator: validator.public_key(),
            signature: validator.sign(&message),
        }
    }

    /// Whether it is of this node, in this network.
    pub fn verify(&self, genesis: GenesisHash, node: PeerId) -> Result<(), BadSignature> {
        let message = SignBytes::node_of_validator(genesis, &node.get());
        self.validator.verify(&message, &self.signature)
    }
}

/// What a node says before anything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Hello {
    /// Of these bytes.
    pub version: Version,
    /// All of it; the name of the protocol has the beginning.
    pub genesis: GenesisHash,
    /// Whose node it is, if it is a validator's. It says nothing until it is
    /// [verified](ValidatorProof::verify).
    pub proof: Option<ValidatorProof>,
}

impl Canonical for Hello {
    const ENCODED_BYTES_MAX: usize = 1 + 32 + 1 + 32 + Signature::BYTES;
}

#[cfg(test)]
mod tests {
    use pyralog_primitives::{Hash, SecretKey};

    use super::*;

    fn hello(node: PeerId) -> Hello {
        let validator = SecretKey::from_seed(&[5; SecretKey::SEED_BYTES]);
        let genesis = GenesisHash::new(Hash::new([1; 32]));
        Hello {
            version: Version::V1,
            genesis,
            proof: Some(ValidatorProof::sign(&validator, genesis, node)),
        }
    }

    #[test]
    fn a_proof_is_of_one_node_in_one_network() {
        let node = |number| PeerId::new(PublicKey::new([number; 32]));
        let hello = hello(node(2));
        let proof = hello.proof.unwrap();
        assert_eq!(proof.verify(hello.genesis, node(2)), Ok(()));
        assert!(proof.verify(hello.genesis, node(3)).is_err());
        assert!(proof.verify(GenesisHash::ZERO, node(2)).is_err());
    }

    #[test]
    fn a_hello_has_one_encoding_and_a_known_length() {
        let hello = hello(PeerId::new(PublicKey::new([2; 32])));
        let bytes = hello.encode();
        assert_eq!(bytes.len(), Hello::ENCODED_BYTES_MAX);
        assert_eq!(bytes[..2], [0, 1]);
        assert_eq!(Hello::decode(&bytes), Ok(hello));
        for end in 0..bytes.len() {
            assert!(Hello::decode(&bytes[..end]).is_err(), "{end}");
        }
        let longer = [&bytes[..], &[0]].concat();
        assert!(Hello::decode(&longer).is_err());
        for version in 1..=u8::MAX {
            let mut later = bytes.clone();
            later[0] = version;
            assert!(Hello::decode(&later).is_err());
        }
    }
}
