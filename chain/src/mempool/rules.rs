//! What a transaction must be on this network, whoever's it is.

use pyralog_genesis::Parameters;
use pyralog_primitives::transaction::{
    TRANSACTION_BYTES_MAX, Transaction, TransactionBody, TransactionError,
};
use pyralog_primitives::{Amount, BadSignature, GenesisHash, Height};

use super::checked::Checked;
use super::rejection::Rejection;
use super::small_order::refuse_small_order;
use crate::compute::TRANSACTION_COMPUTE;
use crate::fees::worst_fee;

/// The network, and what it allows.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Which network.
    pub genesis: GenesisHash,
    /// The parameters in force.
    pub parameters: Parameters,
}

impl Rules {
    /// What can be seen without encoding or hashing anything. Together with a
    /// good signature it says what [`Transaction::check`] says.
    pub(super) fn check_form(&self, body: &TransactionBody) -> Result<(), Rejection> {
        if body.genesis != self.genesis {
            let (expected, found) = (self.genesis, body.genesis);
            return Err(TransactionError::WrongNetwork { expected, found }.into());
        }
        if body.actions.is_empty() {
            return Err(TransactionError::NoAction.into());
        }
        let (tip, fee_max) = (body.tip, body.fee_max);
        if tip > fee_max {
            return Err(TransactionError::TipAboveFee { tip, fee_max }.into());
        }
        refuse_small_order(&body.sender).map_err(TransactionError::from)?;
        Ok(())
    }

    /// Length, compute, fee and last height, for a pool whose next block has
    /// the height `next`.
    pub(super) fn check_terms(&self, checked: &Checked, next: Height) -> Result<(), Rejection> {
        self.check_length(checked)?;
        self.check_compute(checked.body())?;
        self.check_fee(checked)?;
        self.check_height(checked.body().valid_until, next)
    }

    fn check_length(&self, checked: &Checked) -> Result<(), Rejection> {
        let (bytes, max) = (checked.bytes(), self.parameters.transaction_bytes_max);
        if bytes.get() > TRANSACTION_BYTES_MAX as u64 {
            let bytes = usize::try_from(bytes.get()).unwrap_or(usize::MAX);
            return Err(TransactionError::TooLong { bytes }.into());
        }
        if bytes > max {
            return Err(Rejection::TooLarge { bytes, max });
        }
        Ok(())
    }

    fn check_compute(&self, body: &TransactionBody) -> Result<(), Rejection> {
        let (given, min) = (body.compute_max, TRANSACTION_COMPUTE);
        if given < min {
            return Err(Rejection::TooLittleCompute { given, min });
        }
        let max = self.parameters.block_compute_max;
        if given > max {
            return Err(Rejection::ComputeAboveBlock { given, max });
        }
        Ok(())
    }

    fn check_fee(&self, checked: &Checked) -> Result<(), Rejection> {
        let base_fee = self.parameters.base_fee_min;
        if checked.base_fee_limit() >= base_fee {
            return Ok(());
        }
        let needed = worst_fee(checked.body(), checked.bytes(), base_fee);
        Err(Rejection::FeeTooLow {
            fee_max: checked.body().fee_max,
            needed: needed.unwrap_or(Amount::MAX),
            base_fee,
        })
    }

    fn check_height(&self, valid_until: Height, next: Height) -> Result<(), Rejection> {
        if valid_until < next {
            return Err(Rejection::Expired {
                valid_until,
                height: next,
            });
        }
        let lifetime = self.parameters.transaction_lifetime_blocks_max;
        let max = Height::new(next.get().saturating_add(lifetime.get()));
        if valid_until > max {
            return Err(Rejection::ValidTooLong { valid_until, max });
        }
        Ok(())
    }

    /// What is wrong with a transaction whose signature does not verify: the
    /// signature, or that the sender's key is no point of the curve.
    pub(super) fn blame(transaction: &Transaction) -> Rejection {
        let signer = transaction.body.sender;
        match signer.check_strength() {
            Err(weak) => TransactionError::from(weak).into(),
            Ok(()) => TransactionError::BadSignature(BadSignature { signer }).into(),
        }
    }
}
