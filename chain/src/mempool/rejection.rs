//! Why a transaction is not taken.

use pyralog_primitives::transaction::TransactionError;
use pyralog_primitives::{Amount, ByteCount, Compute, Height, Nonce};

use super::status::Standing;

/// Why a transaction is not taken. Causes that the ledger knows too have the
/// same [`Self::reason`] there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// It is wrong on its own, whatever the state.
    #[error(transparent)]
    Form(#[from] TransactionError),
    /// It is longer than this network takes.
    #[error("the transaction has {bytes} bytes; this network takes at most {max}")]
    TooLarge {
        /// Bytes it has.
        bytes: ByteCount,
        /// Bytes that the parameters allow.
        max: ByteCount,
    },
    /// Not even an empty transaction runs on so little.
    #[error("compute_max is {given}; a transaction takes at least {min}")]
    TooLittleCompute {
        /// The limit given.
        given: Compute,
        /// The least that a transaction takes.
        min: Compute,
    },
    /// No block could hold it.
    #[error("compute_max is {given}; a block has {max} in all")]
    ComputeAboveBlock {
        /// The limit given.
        given: Compute,
        /// What a block has.
        max: Compute,
    },
    /// What the sender offers never covers the worst case.
    #[error(
        "fee_max is {fee_max}; even at the lowest base fee of {base_fee} it must be {needed} or more"
    )]
    FeeTooLow {
        /// What the sender pays at most.
        fee_max: Amount,
        /// What the transaction may cost; the largest amount if more.
        needed: Amount,
        /// The lowest base fee of this network.
        base_fee: Amount,
    },
    /// Its last height has passed.
    #[error("valid until height {valid_until}; the next block has height {height}")]
    Expired {
        /// Its last height.
        valid_until: Height,
        /// The height of the next block.
        height: Height,
    },
    /// Its last height is too far ahead.
    #[error("valid until height {valid_until}; at most {max} is allowed now")]
    ValidTooLong {
        /// Its last height.
        valid_until: Height,
        /// The highest that is allowed.
        max: Height,
    },
    /// A transaction of this sender with this nonce is already on the chain.
    #[error("nonce {nonce} is used; the account's next one is {next}")]
    NonceUsed {
        /// The nonce given.
        nonce: Nonce,
        /// The account's next.
        next: Nonce,
    },
    /// Too many transactions of the sender are missing before it.
    #[error(
        "nonce {nonce} is too far ahead; the account's next one is {next}, at most {max} is held"
    )]
    NonceGap {
        /// The nonce given.
        nonce: Nonce,
        /// The account's next.
        next: Nonce,
        /// The highest that is held.
        max: Nonce,
    },
    /// The sender cannot pay for it beside what it has pending before it.
    #[error(
        "the account holds {balance}; up to this transaction, what is pending may take {needed}"
    )]
    BalanceTooLow {
        /// What it and the sender's pending ones before it may take; the
        /// largest amount if more.
        needed: Amount,
        /// What the account holds.
        balance: Amount,
    },
    /// The sender has as many pending as one may.
    #[error("the sender has {max} transactions pending; no more are held")]
    TooManyOfSender {
        /// How many one sender may have.
        max: usize,
    },
    /// Another transaction of this sender and nonce is pending, and this one
    /// does not pay enough more.
    #[error("a replacement needs a tip of {tip_min} and a fee_max of {fee_max_min} or more")]
    ReplacementTooCheap {
        /// The least tip.
        tip_min: Amount,
        /// The least `fee_max`.
        fee_max_min: Amount,
    },
    /// There is no room, and all that is held is worth more.
    #[error("the pool is full; a tip of {tip_min} or more would have found room")]
    PoolFull {
        /// What it would have been in the pool.
        standing: Standing,
        /// The least tip with which it would have been taken if it could run
        /// at once. Where it offers as much, it waits behind another of its
        /// sender, and that one is too cheap, missing or cannot cover the base
        /// fee.
        tip_min: Amount,
    },
}

impl Rejection {
    /// A word for programs; it never changes its meaning.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Form(TransactionError::WrongNetwork { .. }) => "wrong_network",
            Self::Form(TransactionError::NoAction) => "no_action",
            Self::Form(TransactionError::TooLong { .. }) | Self::TooLarge { .. } => "too_large",
            Self::Form(TransactionError::TipAboveFee { .. }) => "tip_above_fee",
            Self::Form(TransactionError::WeakSender(_)) => "weak_key",
            Self::Form(TransactionError::BadSignature(_)) => "bad_signature",
            Self::TooLittleCompute { .. } => "too_little_compute",
            Self::ComputeAboveBlock { .. } => "compute_above_block",
            Self::FeeTooLow { .. } => "fee_too_low",
            Self::Expired { .. } => "expired",
            Self::ValidTooLong { .. } => "valid_too_long",
            Self::NonceUsed { .. } => "nonce_used",
            Self::NonceGap { .. } => "nonce_gap",
            Self::BalanceTooLow { .. } => "balance_too_low",
            Self::TooManyOfSender { .. } => "too_many_of_sender",
            Self::ReplacementTooCheap { .. } => "replacement_too_cheap",
            Self::PoolFull { .. } => "pool_full",
        }
    }

    /// Whether the same transaction, not changed or signed anew, may be taken
    /// later.
    pub fn retryable(&self) -> bool {
        match self {
            Self::ValidTooLong { .. }
            | Self::NonceGap { .. }
            | Self::BalanceTooLow { .. }
            | Self::TooManyOfSender { .. }
            | Self::PoolFull { .. } => true,
            Self::Form(_)
            | Self::TooLarge { .. }
            | Self::TooLittleCompute { .. }
            | Self::ComputeAboveBlock { .. }
            | Self::FeeTooLow { .. }
            | Self::Expired { .. }
            | Self::NonceUsed { .. }
            | Self::ReplacementTooCheap { .. } => false,
        }
    }

    /// Whether who relayed it is to blame: no honest node passes it on,
    /// whatever state it has seen.
    pub fn is_relays_fault(&self) -> bool {
        matches!(
            self,
            Self::Form(_)
                | Self::TooLarge { .. }
                | Self::TooLittleCompute { .. }
                | Self::ComputeAboveBlock { .. }
                | Self::FeeTooLow { .. }
        )
    }
}
