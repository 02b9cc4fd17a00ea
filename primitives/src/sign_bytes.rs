//! What exactly is signed.
//!
//! Invariant: signatures for different purposes, networks or contents are
//! over different bytes. Each message begins with a tag that ends in a zero
//! byte, so no tag is the beginning of another; what follows is either of
//! fixed length or a canonical encoding.

use crate::hash::GenesisHash;
use crate::keys::PublicKey;
use crate::numbers::{Height, Round};
use crate::vote::{VoteKind, VotedValue};

/// A message that may be signed. Only the constructors of this type make one,
/// so nobody signs bytes of unknown meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignBytes(Vec<u8>);

const TRANSACTION: &[u8] = b"pyralog transaction v1\0";
const VOTE: &[u8] = b"pyralog vote v1\0";
const POSSESSION: &[u8] = b"pyralog validator possession v1\0";
const TEXT: &[u8] = b"pyralog text v1\0";

impl SignBytes {
    /// A transaction body, canonically encoded. The body names its network.
    pub(crate) fn transaction(encoded_body: &[u8]) -> Self {
        Self([TRANSACTION, encoded_body].concat())
    }

    /// A validator's vote: domain ‖ genesis ‖ kind ‖ height ‖ round ‖ value.
    pub fn vote(
        genesis: GenesisHash,
        kind: VoteKind,
        height: Height,
        round: Round,
        value: VotedValue,
    ) -> Self {
        let fields = borsh::to_vec(&(genesis, kind, height, round, value))
            .expect("memory accepts every byte");
        Self([VOTE, fields.as_slice()].concat())
    }

    /// A validator's claim, before there is a genesis hash, that it holds the
    /// secret of the key it registers for the chain of this name.
    pub fn possession(chain_id: &str, key: &PublicKey) -> Self {
        let fields =
            borsh::to_vec(&(chain_id, key)).expect("memory accepts every byte; names are short");
        Self([POSSESSION, fields.as_slice()].concat())
    }

    /// Any text or file that a person signs, on no network at all.
    pub fn text(text: &[u8]) -> Self {
        Self([TEXT, text].concat())
    }

    /// The bytes that ed25519 sees.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Bytes of an outside test vector.
    #[cfg(test)]
    pub(crate) fn outside_vector(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }
}
