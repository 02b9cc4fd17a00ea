//! Transactions: what a user signs and the chain executes.
//!
//! Three names of one transaction, for three purposes:
//! - [`TransactionId`], the hash of the body: known before it is signed, the
//!   same for every valid signature; what users wait for;
//! - [`SignedTransactionId`], the hash of id and signature: what blocks and
//!   caches of verified signatures go by, because one body has many valid
//!   signatures and a cache must not confuse them;
//! - sender and nonce, which at most one transaction of the chain has.

use std::io::Read;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::action::{ACTION_COUNT_MAX, Action};
use crate::amount::Amount;
use crate::codec::{BoundError, Canonical, List, Version, required_option};
use crate::hash::Domain;
use crate::ids::{GenesisHash, SignedTransactionId, TransactionId};
use crate::keys::{BadSignature, PublicKey, SecretKey, Signature, WeakKey};
use crate::numbers::{ByteCount, Compute, Height, Nonce, WorkNonce};
use crate::sign_bytes::{Purpose, SignBytes};

/// Lower, and no useful value fits; higher, and one transaction fills a block.
/// Genesis may set a smaller limit.
pub const TRANSACTION_BYTES_MAX: usize = 256 * 1024;

/// Further ahead, a sender could fill the mempool with what cannot run yet.
/// Lower, and parallel senders wait for each other.
pub const NONCE_GAP_MAX: u64 = 64;

/// What the sender signs.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransactionBody {
    /// The format of what follows.
    pub version: Version,
    /// The network it is for; on any other it is void.
    pub genesis: GenesisHash,
    /// Who signs and pays.
    pub sender: PublicKey,
    /// The sender's count of earlier transactions.
    pub nonce: Nonce,
    /// The last height at which it may be included. After that it is void,
    /// and the sender knows it.
    pub valid_until: Height,
    /// The most that the sender pays in all.
    pub fee_max: Amount,
    /// Of that, what goes to the proposer.
    pub tip: Amount,
    /// The most work that execution may take.
    pub compute_max: Compute,
    /// What to do: all of it, or nothing.
    pub actions: List<Action, ACTION_COUNT_MAX>,
    /// The solution of a work puzzle, where a network asks for one.
    #[serde(deserialize_with = "required_option")]
    pub work: Option<WorkNonce>,
}

impl Canonical for TransactionBody {
    const ENCODED_BYTES_MAX: usize = TRANSACTION_BYTES_MAX - Signature::BYTES;
}

impl TransactionBody {
    /// The id: known before there is a signature.
    pub fn id(&self) -> TransactionId {
        TransactionId::new(Domain::TransactionBody.hash_encoded(self))
    }

    /// What the sender signs.
    pub fn sign_bytes(&self) -> SignBytes {
        SignBytes::encoded(Purpose::Transaction, self)
    }

    /// Signs with the sender's key.
    pub fn sign(self, key: &SecretKey) -> Result<Transaction, SignError> {
        let (sender, key_given) = (self.sender, key.public_key());
        if key_given != sender {
            return Err(SignError::NotTheSender {
                sender,
                key: key_given,
            });
        }
        let bytes = encoded_length(&self);
        if bytes > Self::ENCODED_BYTES_MAX {
            return Err(SignError::TooLong { bytes });
        }
        let signature = key.sign(&self.sign_bytes());
        Ok(Transaction {
            body: self,
            signature,
        })
    }
}

/// Why a body is not signed. Whoever put it together must change it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// The key given is not the one named as sender.
    #[error("the transaction names {sender} as sender; the key given is {key}")]
    NotTheSender {
        /// The sender that the body names.
        sender: PublicKey,
        /// The public half of the key that was to sign.
        key: PublicKey,
    },
    /// No node would read it.
    #[error(
        "the body has {bytes} bytes; at most {} fit a transaction",
        TransactionBody::ENCODED_BYTES_MAX
    )]
    TooLong {
        /// Bytes of the body.
        bytes: usize,
    },
}

/// A signed transaction. Never decodes to one longer than the bound, also not
/// inside a block.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transaction {
    /// What was signed.
    pub body: TransactionBody,
    /// The sender's signature over [`TransactionBody::sign_bytes`].
    pub signature: Signature,
}

impl Canonical for Transaction {
    const ENCODED_BYTES_MAX: usize = TRANSACTION_BYTES_MAX;
}

impl BorshDeserialize for Transaction {
    fn deserialize_reader<R: Read>(reader: &mut R) -> std::io::Result<Self> {
        let mut within = reader.take(TRANSACTION_BYTES_MAX as u64);
        let read = <(TransactionBody, Signature)>::deserialize_reader(&mut within);
        if read.is_err() && within.limit() == 0 {
            let (what, max) = ("transaction", TRANSACTION_BYTES_MAX);
            return Err(BoundError::TooMany {
                what,
                found: max + 1,
                max,
            }
            .into());
        }
        let (body, signature) = read?;
        Ok(Self { body, signature })
    }
}

/// What is wrong with a transaction on its own, whatever the chain's state.
/// Who sent it is to blame.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransactionError {
    /// It is for another network.
    #[error("the transaction is for the network {found}, this is {expected}")]
    WrongNetwork {
        /// This network.
        expected: GenesisHash,
        /// The network that the transaction names.
        found: GenesisHash,
    },
    /// It does nothing.
    #[error("the transaction has no action")]
    NoAction,
    /// It is longer than any transaction may be.
    #[error("the transaction has {bytes} bytes, at most {TRANSACTION_BYTES_MAX} are allowed")]
    TooLong {
        /// Bytes it has.
        bytes: usize,
    },
    /// The tip alone is above the most that the sender pays.
    #[error("the tip {tip} is more than fee_max {fee_max}")]
    TipAboveFee {
        /// The tip.
        tip: Amount,
        /// The limit.
        fee_max: Amount,
    },
    /// The sender's key could be anyone's.
    #[error("the sender's key is refused: {0}")]
    WeakSender(#[from] WeakKey),
    /// The signature is wrong.
    #[error(transparent)]
    BadSignature(#[from] BadSignature),
}

impl Transaction {
    /// The id of the body.
    pub fn id(&self) -> TransactionId {
        self.body.id()
    }

    /// The id of body and signature.
    pub fn signed_id(&self) -> SignedTransactionId {
        self.signed_id_with(self.id())
    }

    /// The same, for those who know the id of the body.
    pub fn signed_id_with(&self, id: TransactionId) -> SignedTransactionId {
        let mut hasher = Domain::SignedTransaction.hasher();
        hasher
            .update(id.get().as_bytes())
            .update(self.signature.as_bytes());
        SignedTransactionId::new(hasher.finish())
    }

    /// Bytes of its encoding, counted without making it.
    pub fn encoded_bytes(&self) -> ByteCount {
        ByteCount::new(encoded_length(self) as u64)
    }

    /// All checks that need no state: the form, then the signature.
    pub fn check(&self, genesis: GenesisHash) -> Result<(), TransactionError> {
        self.check_form(genesis)?;
        Ok(self.verify_signature()?)
    }

    /// All checks that need neither state nor signature.
    pub fn check_form(&self, genesis: GenesisHash) -> Result<(), TransactionError> {
        let body = &self.body;
        if body.genesis != genesis {
            return Err(TransactionError::WrongNetwork {
                expected: genesis,
                found: body.genesis,
            });
        }
        let bytes = encoded_length(self);
        if bytes > TRANSACTION_BYTES_MAX {
            return Err(TransactionError::TooLong { bytes });
        }
        if body.actions.is_empty() {
            return Err(TransactionError::NoAction);
        }
        if body.tip > body.fee_max {
            return Err(TransactionError::TipAboveFee {
                tip: body.tip,
                fee_max: body.fee_max,
            });
        }
        body.sender.check_strength()?;
        Ok(())
    }

    /// Whether the sender signed, and nothing else: see [`Self::check`]. Many at
    /// once: [`crate::batch`].
    pub fn verify_signature(&self) -> Result<(), BadSignature> {
        self.body
            .sender
            .verify(&self.body.sign_bytes(), &self.signature)
    }
}

/// How long the encoding is, without making it.
fn encoded_length(value: &impl BorshSerialize) -> usize {
    borsh::object_length(value).expect("counting accepts every byte, and lengths are within u32")
}
