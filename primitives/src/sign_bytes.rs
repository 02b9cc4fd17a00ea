//! What exactly is signed.
//!
//! Invariant: signatures for different purposes, networks or contents are
//! over different bytes. Each message begins with a tag that ends in a zero
//! byte, so no tag is the beginning of another; what follows is a canonical
//! encoding, or, for text, the rest.
//!
//! The constructors stand with the things that are signed: votes, transactions
//! and keys.

use borsh::BorshSerialize;

/// A message that may be signed. Only constructors of this crate make one, so
/// nobody signs bytes of unknown meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignBytes(Vec<u8>);

/// What is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A transaction body.
    Transaction,
    /// A validator's vote.
    Vote,
    /// A proposer's word for a block.
    Proposal,
    /// A validator's wish to enter another round.
    ViewChange,
    /// That a validator holds the secret of its key.
    Possession,
    /// That a node speaks for a validator.
    NodeOfValidator,
    /// Whatever a person signs.
    Text,
}

impl Purpose {
    const fn tag(self) -> &'static [u8] {
        match self {
            Self::Transaction => b"pyralog transaction v1\0",
            Self::Vote => b"pyralog vote v1\0",
            Self::Proposal => b"pyralog proposal v1\0",
            Self::ViewChange => b"pyralog view change v1\0",
            Self::Possession => b"pyralog validator possession v1\0",
            Self::NodeOfValidator => b"pyralog node of validator v1\0",
            Self::Text => b"pyralog text v1\0",
        }
    }
}

impl SignBytes {
    /// Any text or file that a person signs, on no network at all.
    pub fn text(text: &[u8]) -> Self {
        Self([Purpose::Text.tag(), text].concat())
    }

    /// The canonical encoding of `fields`.
    pub(crate) fn encoded(purpose: Purpose, fields: &impl BorshSerialize) -> Self {
        let mut bytes = purpose.tag().to_vec();
        fields
            .serialize(&mut bytes)
            .expect("memory accepts every byte, and lengths are within u32");
        Self(bytes)
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
