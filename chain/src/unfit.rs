//! Why a transaction cannot stand in a block.

use pyralog_genesis::Parameters;
use pyralog_primitives::state::AccountState;
use pyralog_primitives::transaction::{TransactionBody, TransactionError};
use pyralog_primitives::{Amount, ByteCount, Compute, Height, Nonce};

use crate::compute::TRANSACTION_COMPUTE;
use crate::fees::worst_fee;

/// Why a transaction cannot stand in the next block. It changes nothing and
/// pays nothing; a block that holds it is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
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
    /// Its last height has passed.
    #[error("valid until height {valid_until}; the next block has height {height}")]
    Expired {
        /// Its last height.
        valid_until: Height,
        /// The height of the block.
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
    #[error("nonce {nonce} is used; the next one is {next}")]
    NonceUsed {
        /// The nonce given.
        nonce: Nonce,
        /// The account's next.
        next: Nonce,
    },
    /// Earlier transactions of the sender are missing.
    #[error("nonce {nonce} is ahead; the next one is {next}")]
    NonceAhead {
        /// The nonce given.
        nonce: Nonce,
        /// The account's next.
        next: Nonce,
    },
    /// What the sender offers does not cover the worst case.
    #[error("fee_max is {fee_max}; at the base fee of {base_fee} it must be {needed} or more")]
    FeeTooLow {
        /// What the sender pays at most.
        fee_max: Amount,
        /// What the transaction may cost; the largest amount if more.
        needed: Amount,
        /// The base fee of the block.
        base_fee: Amount,
    },
    /// The sender cannot pay the fee.
    #[error("the account holds {balance}; the fee may take {fee_max}")]
    CannotPay {
        /// What the account holds.
        balance: Amount,
        /// What the sender promised to pay at most.
        fee_max: Amount,
    },
    /// Not even an empty transaction runs on so little.
    #[error("compute_max is {given}; a transaction takes at least {min}")]
    TooLittleCompute {
        /// The limit given.
        given: Compute,
        /// The least that a transaction takes.
        min: Compute,
    },
    /// It may use more than the block has left.
    #[error("compute_max is {given}; the block has {left} left")]
    NoComputeLeft {
        /// The limit given.
        given: Compute,
        /// What the block has left.
        left: Compute,
    },
    /// It is longer than the room that the block has left.
    #[error("the transaction has {bytes} bytes; the block has room for {left}")]
    NoRoomLeft {
        /// Bytes it has.
        bytes: ByteCount,
        /// Bytes left.
        left: ByteCount,
    },
}

impl Unfit {
    /// A word for programs; it never changes its meaning.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Form(TransactionError::WrongNetwork { .. }) => "wrong_network",
            Self::Form(TransactionError::NoAction) => "no_action",
            Self::Form(TransactionError::TooLong { .. }) | Self::TooLarge { .. } => "too_large",
            Self::Form(TransactionError::TipAboveFee { .. }) => "tip_above_fee",
            Self::Form(TransactionError::WeakSender(_)) => "weak_key",
            Self::Form(TransactionError::BadSignature(_)) => "bad_signature",
            Self::Expired { .. } => "expired",
            Self::ValidTooLong { .. } => "valid_too_long",
            Self::NonceUsed { .. } => "nonce_used",
            Self::NonceAhead { .. } => "nonce_ahead",
            Self::FeeTooLow { .. } => "fee_too_low",
            Self::CannotPay { .. } => "cannot_pay",
            Self::TooLittleCompute { .. } => "too_little_compute",
            Self::NoComputeLeft { .. } => "no_compute_left",
            Self::NoRoomLeft { .. } => "no_room_left",
        }
    }
}

/// What a transaction must fit, besides its sender's account.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Conditions<'a> {
    pub(crate) parameters: &'a Parameters,
    pub(crate) height: Height,
    pub(crate) base_fee: Amount,
}

impl Conditions<'_> {
    /// Whether a transaction of so many bytes could be the next one of its
    /// sender. Returns the nonce after it.
    pub(crate) fn check(
        &self,
        body: &TransactionBody,
        bytes: ByteCount,
        account: &AccountState,
    ) -> Result<Nonce, Unfit> {
        let max = self.parameters.transaction_bytes_max;
        if bytes > max {
            return Err(Unfit::TooLarge { bytes, max });
        }
        let (given, min) = (body.compute_max, TRANSACTION_COMPUTE);
        if given < min {
            return Err(Unfit::TooLittleCompute { given, min });
        }
        self.check_height(body.valid_until)?;
        let next_nonce = check_nonce(body.nonce, account.nonce)?;
        let (fee_max, base_fee) = (body.fee_max, self.base_fee);
        let needed = worst_fee(body, bytes, base_fee);
        if needed.is_none_or(|needed| fee_max < needed) {
            return Err(Unfit::FeeTooLow {
                fee_max,
                needed: needed.unwrap_or(Amount::MAX),
                base_fee,
            });
        }
        let balance = account.balance;
        if balance < fee_max {
            return Err(Unfit::CannotPay { balance, fee_max });
        }
        Ok(next_nonce)
    }

    fn check_height(&self, valid_until: Height) -> Result<(), Unfit> {
        let height = self.height;
        if valid_until < height {
            return Err(Unfit::Expired {
                valid_until,
                height,
            });
        }
        let lifetime = self.parameters.transaction_lifetime_blocks_max;
        let max = Height::new(height.get().saturating_add(lifetime.get()));
        if valid_until > max {
            return Err(Unfit::ValidTooLong { valid_until, max });
        }
        Ok(())
    }
}

/// Returns the nonce after it. The very last one is never used, so that there
/// always is a next.
fn check_nonce(nonce: Nonce, next: Nonce) -> Result<Nonce, Unfit> {
    match nonce.next() {
        Some(after) if nonce == next => Ok(after),
        Some(_) if nonce > next => Err(Unfit::NonceAhead { nonce, next }),
        _ => Err(Unfit::NonceUsed { nonce, next }),
    }
}
