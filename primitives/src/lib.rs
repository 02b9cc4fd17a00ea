//! The words that every part of Pyralog speaks.
//!
//! A hash, a key, an amount, a height, a transaction, a block, a vote, a
//! certificate, a proof: what they are, how they are encoded, and how each is
//! checked on its own, without the state of any chain.
//!
//! Nothing here does IO, reads a clock or draws randomness. What a block
//! *means* is the business of the chain; which block is next, of consensus.
//!
//! Rules that hold for every type:
//! - one encoding, strict and bounded ([`codec`]); JSON is only a view;
//! - one hash function, with a domain for each purpose ([`Domain`]);
//! - one rule of signature verification, ZIP-215, alone or in batches
//!   ([`batch`]);
//! - numbers and hashes carry their meaning in their type.

pub mod action;
pub mod amount;
pub mod batch;
pub mod block;
pub mod certificate;
pub mod chain_proof;
pub mod codec;
mod hash;
mod ids;
pub mod kernel;
mod keys;
pub mod merkle;
mod numbers;
pub mod receipt;
mod sign_bytes;
pub mod state;
pub mod state_proof;
pub mod text;
pub mod transaction;
pub mod validators;
pub mod vote;
pub mod write_set;

pub use amount::Amount;
pub use hash::{Domain, DomainHasher, Hash};
pub use ids::{
    BlockId, CertificateHash, GenesisHash, ParametersHash, SignedTransactionId, StateRoot,
    TransactionId,
};
pub use keys::{Address, AddressError, BadSignature, PublicKey, SecretKey, Signature, WeakKey};
pub use numbers::{
    BlockCount, ByteCount, Compute, DurationMs, FailureCode, Height, LeafCount, LeafIndex, Nonce,
    NumberError, Round, TimestampMs, VotingPower, WorkNonce,
};
pub use sign_bytes::SignBytes;
