//! The execution of a block, transaction by transaction.
//!
//! Invariants:
//! - a transaction either fits, and then pays and uses its nonce whatever its
//!   actions do, or it changes nothing at all;
//! - what its actions do takes effect together or not at all;
//! - no unit of the token appears or goes: what senders lose is what receivers
//!   and proposer gain, and what is burned is counted.
//!
//! The fee is set aside before the actions run, so no action can spend it.
//! Tips are paid at the end of the block.

use pyralog_genesis::Parameters;
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::codec::List;
use pyralog_primitives::receipt::{Event, Outcome, Receipt};
use pyralog_primitives::state::{AccountState, ChainState, OffenceState, StateKey};
use pyralog_primitives::transaction::TransactionBody;
use pyralog_primitives::validators::ValidatorSet;
use pyralog_primitives::vote::Offence;
use pyralog_primitives::write_set::WriteSet;
use pyralog_primitives::{
    Address, Amount, ByteCount, Compute, Height, Nonce, TimestampMs, TransactionId,
};

use crate::action::{ActionError, Actions, Stop};
use crate::attendance;
use crate::compute::{TRANSACTION_COMPUTE, action_compute};
use crate::fees::{Usage, fee, next_base_fee, within};
use crate::overlay::{Overlay, StateError, StateReader};
use crate::unfit::{Conditions, Unfit};

/// What a block is, as far as its transactions can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockContext {
    /// Its height.
    pub height: Height,
    /// Its time.
    pub time: TimestampMs,
    /// Who made it, and gets the tips.
    pub proposer: Address,
}

/// What execution needs to know about a transaction whose signature is good.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// What was signed.
    pub body: &'a TransactionBody,
    /// Its id.
    pub id: TransactionId,
    /// Bytes of the signed transaction.
    pub bytes: ByteCount,
}

/// Why a transaction was not executed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExecuteError<E> {
    /// It does not fit; nothing has changed.
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// The state failed; the block cannot be gone on with.
    #[error(transparent)]
    State(#[from] StateError<E>),
}

/// What a block did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effects {
    /// What changes in the state.
    pub writes: WriteSet,
    /// What its transactions did, in order.
    pub receipts: Vec<Receipt>,
}

/// Executes the transactions of one block, one after the other.
#[derive(Debug)]
pub struct Execution<'a, R> {
    state: Overlay<R>,
    parameters: &'a Parameters,
    context: BlockContext,
    chain: ChainState,
    used: Usage,
    tips: Amount,
    receipts: Vec<Receipt>,
}

impl<'a, R: StateReader> Execution<'a, R> {
    /// Begins a block over the state after its parent.
    pub fn begin(
        state: R,
        parameters: &'a Parameters,
        context: BlockContext,
    ) -> Result<Self, StateError<R::Error>> {
        let state = Overlay::new(state);
        let chain = state.read(&StateKey::Chain)?;
        let chain = chain.ok_or(StateError::Damaged {
            key: StateKey::Chain,
        })?;
        Ok(Self {
            state,
            parameters,
            context,
            chain,
            used: Usage::default(),
            tips: Amount::ZERO,
            receipts: Vec::new(),
        })
    }

    /// What a byte and a unit of compute cost in this block.
    pub fn base_fee(&self) -> Amount {
        self.chain.base_fee
    }

    /// What the block has left for transactions.
    pub fn left(&self) -> Usage {
        Usage::room(self.parameters).minus(self.used)
    }

    /// Executes the next transaction; it leaves a receipt.
    pub fn apply(&mut self, candidate: Candidate<'_>) -> Result<(), ExecuteError<R::Error>> {
        let Candidate { body, id, bytes } = candidate;
        let sender = body.sender.address();
        let before = self.state.account(sender)?;
        let next_nonce = self.check(body, bytes, &before)?;

        let mut account = before;
        account.balance = within(account.balance.checked_sub(body.fee_max));
        let (compute_used, outcome) = self.run(body, sender, &mut account)?;
        let paid = fee(self.chain.base_fee, bytes, compute_used, body.tip);
        let fee_paid = paid.expect("it is at most fee_max, which the check compared it with");
        if let Outcome::Failed { .. } = outcome {
            self.state.take_back();
            account.balance = within(before.balance.checked_sub(body.fee_max));
        }
        let refund = within(body.fee_max.checked_sub(fee_paid));
        account.balance = within(account.balance.checked_add(refund));
        account.nonce = next_nonce;
        self.state.put_account(sender, &account);
        self.charge(fee_paid, body.tip);
        self.used = self.used.plus(bytes, compute_used);
        self.receipts.push(Receipt {
            transaction: id,
            fee_paid,
            compute_used,
            outcome,
        });
        Ok(())
    }

    fn check(
        &self,
        body: &TransactionBody,
        bytes: ByteCount,
        account: &AccountState,
    ) -> Result<Nonce, Unfit> {
        let conditions = Conditions {
            parameters: self.parameters,
            height: self.context.height,
            base_fee: self.chain.base_fee,
        };
        let next_nonce = conditions.check(body, bytes, account)?;
        let left = self.left();
        if body.compute_max > left.compute {
            return Err(Unfit::NoComputeLeft {
                given: body.compute_max,
                left: left.compute,
            });
        }
        if bytes > left.bytes {
            return Err(Unfit::NoRoomLeft {
                bytes,
                left: left.bytes,
            });
        }
        Ok(next_nonce)
    }

    /// Runs the actions until one fails. Returns the compute they took.
    fn run(
        &mut self,
        body: &TransactionBody,
        sender: Address,
        account: &mut AccountState,
    ) -> Result<(Compute, Outcome), StateError<R::Error>> {
        self.state.mark();
        let mut actions = Actions {
            state: &mut self.state,
            sender,
            account,
            height: self.context.height,
            time: self.context.time,
        };
        let mut used = TRANSACTION_COMPUTE.get();
        let mut events: Vec<Event> = Vec::with_capacity(body.actions.len());
        for (number, action) in body.actions.iter().enumerate() {
            let next = used.saturating_add(action_compute(action).get());
            let stop = if next > body.compute_max.get() {
                used = body.compute_max.get();
                Stop::Action(ActionError::ComputeExceeded)
            } else {
                used = next;
                match actions.run(action) {
                    Ok(event) => {
                        events.push(event);
                        continue;
                    }
                    Err(stop) => stop,
                }
            };
            return match stop {
                Stop::State(error) => Err(error),
                Stop::Action(error) => Ok((Compute::new(used), failed(number, error))),
            };
        }
        let events = List::new(events).expect("one for each action, and those are fewer");
        Ok((Compute::new(used), Outcome::Applied { events }))
    }

    fn charge(&mut self, fee_paid: Amount, tip: Amount) {
        let burned = within(fee_paid.checked_sub(tip));
        self.chain.burned = within(self.chain.burned.checked_add(burned));
        self.tips = within(self.tips.checked_add(tip));
    }

    /// Notes who did not sign for the parent, by the certificate that the block
    /// shows of it. `voters` are those who voted on the parent: the set that the
    /// certificate is verified against. Comes before all else.
    pub fn note_attendance(
        &mut self,
        certificate: &Certificate,
        voters: &ValidatorSet,
    ) -> Result<(), StateError<R::Error>> {
        attendance::note(&mut self.state, certificate, voters)
    }

    /// Notes a breach of the rules whose proof the block holds. Returns whether
    /// it is new; a block must not prove the same offence again.
    pub fn note_offence(&mut self, offence: Offence) -> Result<bool, StateError<R::Error>> {
        let key = StateKey::Offence { offence };
        if self.state.get(&key)?.is_some() {
            return Ok(false);
        }
        let height = self.context.height;
        self.state.put(key, &OffenceState { height });
        Ok(true)
    }

    /// What the last transaction did, of a block that is given up.
    pub fn into_last_receipt(mut self) -> Option<Receipt> {
        self.receipts.pop()
    }

    /// Ends the block: pays the tips and sets the next base fee.
    pub fn finish(mut self) -> Result<Effects, StateError<R::Error>> {
        let proposer = self.context.proposer;
        if self.tips > Amount::ZERO {
            let mut account = self.state.account(proposer)?;
            account.balance = within(account.balance.checked_add(self.tips));
            self.state.put_account(proposer, &account);
        }
        let before = self.chain;
        self.chain.base_fee = next_base_fee(before.base_fee, self.used, self.parameters);
        self.state.put(StateKey::Chain, &self.chain);
        Ok(Effects {
            writes: self.state.into_writes(),
            receipts: self.receipts,
        })
    }
}

fn failed(action: usize, error: ActionError) -> Outcome {
    Outcome::Failed {
        action: u16::try_from(action).expect("a transaction has at most 64 actions"),
        code: error.code(),
    }
}
