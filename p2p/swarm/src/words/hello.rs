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
pub(crate) struct Hello {
    pub(crate) version: Version,
    /// All of it; the name of the protocol has the beginning.
    pub(crate) genesis: GenesisHash,
    pub(crate) proof: Option<ValidatorProof>,
}

impl Canonical for Hello {
    const ENCODED_BYTES_MAX: usize = 1 + 32 + 1 + 32 + Signature::BYTES;
}
