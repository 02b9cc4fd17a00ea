//! A transaction before it is signed: priced, and tried out.

use pyralog_api::{AccountView, Hex, NodeStatus, PyralogClient, Simulated};
use pyralog_chain::fees::fee;
use pyralog_chain::transaction_compute;
use pyralog_primitives::action::{ACTION_COUNT_MAX, Action};
use pyralog_primitives::codec::{Canonical, List, Version};
use pyralog_primitives::receipt::Outcome;
use pyralog_primitives::transaction::TransactionBody;
use pyralog_primitives::{Amount, BlockCount, ByteCount, Height, Nonce, PublicKey, Signature};

use super::SendError;
use crate::error::CliError;
use crate::node::Node;

/// By how much the base fee may rise before a transaction no longer covers it.
/// It rises by an eighth at most for each block, so five full blocks in a row
/// may come first. Less, and a busy network outruns what was signed; more, and
/// more of the account is set aside meanwhile.
const BASE_FEE_MARGIN: u128 = 2;

/// What is wanted of a transaction.
pub(crate) struct Plan {
    pub(crate) sender: PublicKey,
    pub(crate) actions: List<Action, ACTION_COUNT_MAX>,
    pub(crate) tip: Amount,
    pub(crate) fee_max: Option<Amount>,
    pub(crate) nonce: Option<Nonce>,
    pub(crate) valid_for: BlockCount,
}

/// A transaction that is ready to be signed.
pub(crate) struct Draft {
    pub(crate) body: TransactionBody,
    /// Of the signed transaction.
    pub(crate) bytes: ByteCount,
    /// What the node says that it would do in the next block.
    pub(crate) simulated: Simulated,
}

impl Plan {
    /// Prices the transaction and lets the node try it out. Refuses one that
    /// would fail.
    pub(crate) fn draft(&self, node: &Node, status: &NodeStatus) -> Result<Draft, CliError> {
        let sender = self.sender.address();
        let account = node.ask(|client| client.account(sender))?;
        let nonce = match self.nonce {
            Some(nonce) => nonce,
            None => node.ask(|client| client.next_nonce(sender))?,
        };
        let mut body = self.body(status, &account);
        let bytes = signed_bytes(&body);
        let now = cost(status.base_fee, bytes, &body);
        body.fee_max = match self.fee_max {
            Some(fee_max) => fee_max,
            None => cost(with_margin(status.base_fee), bytes, &body).unwrap_or(Amount::MAX),
        };
        let moved = moved_by(&self.actions).unwrap_or(Amount::MAX);
        check_balance(&account, moved, body.fee_max, now)?;
        // A trial takes no other nonce than the account's. What is pending
        // before it changes neither the fee nor the size.
        let trial = Hex(body.clone());
        let simulated = node.ask(|client| client.simulate_transaction(trial));
        let simulated = simulated.map_err(SendError::unfit)?;
        if let Outcome::Failed { action, code } = simulated.receipt.outcome {
            let word = simulated.failure.clone();
            return Err(SendError::WouldFail {
                action,
                reason: word.unwrap_or_else(|| format!("code_{code}")),
                pending: pending(account.nonce, nonce),
            }
            .into());
        }
        // What execution costs is known before it runs; this is that number as
        // the network counts it.
        body.compute_max = simulated.receipt.compute_used;
        body.nonce = nonce;
        Ok(Draft {
            body,
            bytes,
            simulated,
        })
    }

    /// The body as it is tried out, with no limit to its fee yet.
    fn body(&self, status: &NodeStatus, account: &AccountView) -> TransactionBody {
        let last = status.height.after(self.valid_for);
        TransactionBody {
            version: Version::V1,
            genesis: status.genesis,
            sender: self.sender,
            nonce: account.nonce,
            valid_until: last.unwrap_or(Height::new(u64::MAX)),
            fee_max: Amount::MAX,
            tip: self.tip,
            compute_max: transaction_compute(self.actions.iter()),
            actions: self.actions.clone(),
            work: None,
        }
    }
}

/// Numbers have one width, so the length is known before they are.
fn signed_bytes(body: &TransactionBody) -> ByteCount {
    let bytes = body.encode().len() + Signature::BYTES;
    ByteCount::new(bytes as u64)
}

/// What a transaction costs at a base fee; `None` beyond all amounts.
fn cost(base: Amount, bytes: ByteCount, body: &TransactionBody) -> Option<Amount> {
    fee(base, bytes, body.compute_max, body.tip)
}

fn with_margin(base: Amount) -> Amount {
    Amount::new(base.get().saturating_mul(BASE_FEE_MARGIN))
}

/// The tokens that the actions move.
fn moved_by(actions: &[Action]) -> Option<Amount> {
    Amount::checked_sum(actions.iter().map(Action::moves))
}

/// Says what the account lacks before the node says only that it does. The fee
/// limit is set aside first, so no action can spend it.
fn check_balance(
    account: &AccountView,
    moved: Amount,
    fee_max: Amount,
    fee_now: Option<Amount>,
) -> Result<(), SendError> {
    let needed = moved.checked_add(fee_max);
    if needed.is_some_and(|needed| needed <= account.balance) {
        return Ok(());
    }
    Err(SendError::TooLittle {
        sender: account.address,
        balance: account.balance,
        moved,
        fee_max,
        fee_now: fee_now.unwrap_or(Amount::MAX),
    })
}

/// How many transactions of the sender come before one with this nonce.
fn pending(next: Nonce, nonce: Nonce) -> u64 {
    nonce.get().saturating_sub(next.get())
}

#[cfg(test)]
mod tests {
    use pyralog_primitives::action::Writers;

    use super::*;

    fn account(units: u128) -> AccountView {
        AccountView {
            address: PublicKey::new([7; 32]).address(),
            balance: Amount::new(units),
            nonce: Nonce::new(0),
            height: Height::new(1),
        }
    }

    #[test]
    fn an_account_must_cover_what_moves_and_the_whole_fee_limit() {
        let check = |balance, moved, fee_max: u128| {
            let now = Some(Amount::new(1));
            check_balance(
                &account(balance),
                Amount::new(moved),
                Amount::new(fee_max),
                now,
            )
        };
        assert!(check(10, 7, 3).is_ok());
        assert!(check(9, 7, 3).is_err());
        assert!(
            check(u128::MAX, u128::MAX, 1).is_err(),
            "the sum has no amount"
        );
    }

    #[test]
    fn only_transfers_move_tokens() {
        let to = account(0).address;
        let transfer = |units| Action::Transfer {
            to,
            amount: Amount::new(units),
        };
        let open = Action::OpenJournal {
            journal: "audit".parse().unwrap(),
            writers: Writers::Owner,
        };
        assert_eq!(
            moved_by(&[transfer(2), open.clone(), transfer(3)]),
            Some(Amount::new(5))
        );
        assert_eq!(moved_by(&[open]), Some(Amount::ZERO));
        assert_eq!(moved_by(&[transfer(u128::MAX), transfer(1)]), None);
    }

    #[test]
    fn the_margin_outlasts_five_blocks_that_raise_the_fee_by_an_eighth() {
        let mut base = 8u128.pow(6);
        let covered = with_margin(Amount::new(base)).get();
        for full_blocks in 1..=6 {
            base += base / 8;
            assert_eq!(base <= covered, full_blocks <= 5, "{full_blocks}");
        }
    }

    #[test]
    fn pending_ones_are_those_between_the_two_nonces() {
        let nonce = Nonce::new;
        assert_eq!(pending(nonce(4), nonce(7)), 3);
        assert_eq!(pending(nonce(4), nonce(4)), 0);
        assert_eq!(pending(nonce(4), nonce(2)), 0, "one that is used already");
    }
}
