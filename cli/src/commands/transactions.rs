//! `pyralog tx …`: send transactions, and learn what became of them.

use std::cell::OnceCell;

use pyralog_api::{PyralogClient, Submitted, TransactionStatus};
use pyralog_primitives::action::{Action, VALUE_BYTES_MAX, Value};
use pyralog_primitives::codec::List;
use pyralog_primitives::receipt::Outcome;
use pyralog_primitives::{
    Address, Amount, ByteCount, Compute, GenesisHash, Height, Nonce, SecretKey, TransactionId,
};
use serde::Serialize;

use crate::args::{Sending, TransactionWait, TxVerb};
use crate::context::Context;
use crate::describe::{Row, receipt_rows, rows_text, status_rows};
use crate::error::CliError;
use crate::input::Source;
use crate::node::Node;
use crate::party::Party;
use crate::sending::{
    Draft, Network, Plan, SendError, Signer, Wanted, check_settled, submit, wait,
};

/// How often a transaction is signed, if others of the sender take its nonce
/// meanwhile. Of those that race, one wins each time; more than these at once
/// should be told their nonces.
const ATTEMPT_COUNT_MAX: u32 = 5;

pub(super) fn run(verb: &TxVerb, context: &Context<'_>) -> Result<(), CliError> {
    match verb {
        TxVerb::Transfer(args) => {
            let to = args.to.address(|| context.keyring())?;
            let amount = args.amount;
            let action = Action::Transfer { to, amount };
            send(action, Some(&args.to), &args.sending, context)
        }
        TxVerb::Put(args) => {
            let action = Action::Put {
                namespace: args.namespace.clone(),
                key: args.key.0.clone(),
                value: content(args.source(), &args.sending, context)?,
            };
            send(action, None, &args.sending, context)
        }
        TxVerb::Delete(args) => {
            let action = Action::Delete {
                namespace: args.namespace.clone(),
                key: args.key.0.clone(),
            };
            send(action, None, &args.sending, context)
        }
        TxVerb::OpenJournal(args) => {
            let action = Action::OpenJournal {
                journal: args.journal.clone(),
                writers: args.writers,
            };
            send(action, None, &args.sending, context)
        }
        TxVerb::Append(args) => {
            let action = Action::Append {
                journal: args.journal.clone(),
                entry: content(args.source(), &args.sending, context)?,
            };
            send(action, None, &args.sending, context)
        }
        TxVerb::Notarize(args) => {
            args.document.check(args.sending.password_file())?;
            let digest = args.document.digest()?;
            let action = Action::Notarize { digest };
            send(action, None, &args.sending, context)
        }
        TxVerb::Status(args) => status(args.transaction, context),
        TxVerb::Wait(args) => wait_for(args, context),
    }
}

/// The bytes that a verb stores.
fn content(
    source: Source<'_>,
    sending: &Sending,
    context: &Context<'_>,
) -> Result<Value, CliError> {
    source.check(sending.password_file())?;
    let bytes = match source.read(context.console, VALUE_BYTES_MAX) {
        Err(CliError::TooLarge { .. }) => return Err(SendError::ValueTooLong.into()),
        read => read?,
    };
    Value::new(bytes.to_vec()).map_err(|_| SendError::ValueTooLong.into())
}

/// A transaction, sent or not.
#[derive(Serialize)]
struct DraftView {
    chain_id: String,
    genesis: GenesisHash,
    sender: Address,
    nonce: Nonce,
    valid_until: Height,
    bytes: ByteCount,
    compute_max: Compute,
    base_fee: Amount,
    fee_now: Amount,
    fee_max: Amount,
    tip: Amount,
}

impl DraftView {
    fn of(draft: &Draft, network: Network) -> Self {
        let body = &draft.body;
        Self {
            chain_id: network.chain_id,
            genesis: body.genesis,
            sender: body.sender.address(),
            nonce: body.nonce,
            valid_until: body.valid_until,
            bytes: draft.bytes,
            compute_max: body.compute_max,
            base_fee: draft.simulated.base_fee,
            fee_now: draft.simulated.receipt.fee_paid,
            fee_max: body.fee_max,
            tip: body.tip,
        }
    }

    fn rows(&self) -> Vec<Row> {
        vec![
            ("network", format!("{} ({})", self.chain_id, self.genesis)),
            ("sender", self.sender.to_string()),
            ("nonce", self.nonce.to_string()),
            ("valid until", format!("height {}", self.valid_until)),
            ("fee now", format!("{} tokens", self.fee_now)),
            ("fee limit", format!("{} tokens", self.fee_max)),
        ]
    }
}

#[derive(Serialize)]
struct DryRunView<'a> {
    sent: bool,
    #[serde(flatten)]
    draft: &'a DraftView,
    outcome: &'a Outcome,
}

#[derive(Serialize)]
struct SentView<'a> {
    sent: bool,
    /// Whether the node had it already.
    known: bool,
    transaction: TransactionId,
    #[serde(flatten)]
    draft: &'a DraftView,
    status: Option<&'a TransactionStatus>,
}

fn send(
    action: Action,
    to: Option<&Party>,
    sending: &Sending,
    context: &Context<'_>,
) -> Result<(), CliError> {
    let signer = Signer::find(&sending.from, || context.keyring())?;
    let sender = Sender {
        node: &context.node()?,
        plan: Plan {
            sender: signer.public_key(),
            actions: List::new(vec![action]).expect("one action is not too many"),
            tip: sending.tip,
            fee_max: sending.fee_max,
            nonce: sending.nonce,
            valid_for: sending.valid_for,
        },
        parties: [Some(&sending.from), to].into_iter().flatten().collect(),
        signer,
        unlocked: OnceCell::new(),
        sending,
        context,
    };
    if sending.dry_run {
        return sender.try_out();
    }
    let mut left = ATTEMPT_COUNT_MAX;
    loop {
        left -= 1;
        match sender.attempt() {
            Err(error) if left > 0 && sending.nonce.is_none() && error.is_nonce_race() => {
                context
                    .console
                    .note("another transaction of this account took the nonce; signing it anew");
            }
            Ok((draft, submitted)) => return sender.follow(&draft, &submitted),
            Err(error) => return Err(error),
        }
    }
}

/// All that sending one transaction takes.
struct Sender<'a> {
    node: &'a Node,
    plan: Plan,
    /// Who signs, and who is paid.
    parties: Vec<&'a Party>,
    signer: Signer,
    /// The opened key: its owner is asked for the password once, and only when
    /// there is something to sign.
    unlocked: OnceCell<SecretKey>,
    sending: &'a Sending,
    context: &'a Context<'a>,
}

impl Sender<'_> {
    fn draft(&self) -> Result<(Draft, Network), CliError> {
        let status = self.node.ask(PyralogClient::node_status)?;
        let network = Network::of(&status);
        network.admit(self.node, self.parties.iter().copied())?;
        Ok((self.plan.draft(self.node, &status)?, network))
    }

    fn try_out(&self) -> Result<(), CliError> {
        let (draft, network) = self.draft()?;
        let view = DraftView::of(&draft, network);
        let mut rows = view.rows();
        let receipt = &draft.simulated.receipt;
        // The fee stands in the rows above.
        let does = receipt_rows(receipt, None).into_iter().skip(1);
        rows.extend(does);
        self.context
            .console
            .note("this is what would happen; nothing was sent");
        let view = DryRunView {
            sent: false,
            draft: &view,
            outcome: &receipt.outcome,
        };
        self.context.console.give(&rows_text(&rows), &view)
    }

    /// Signs and sends.
    fn attempt(&self) -> Result<(DraftView, Submitted), CliError> {
        let (draft, network) = self.draft()?;
        let console = self.context.console;
        let key = if let Some(key) = self.unlocked.get() {
            key
        } else {
            let key = self.signer.unlock(self.sending.password_file(), console)?;
            self.unlocked.get_or_init(|| key)
        };
        let view = DraftView::of(&draft, network);
        let transaction = draft.body.sign(key).map_err(SendError::Sign)?;
        let id = transaction.id();
        console.note(format_args!("sending transaction {id}"));
        let submitted = submit(self.node, transaction)?;
        // The nonce was free a moment ago. So another program has sent the very
        // same, and this one would add nothing to it.
        if submitted.known && self.sending.nonce.is_none() {
            return Err(SendError::Same { id }.into());
        }
        Ok((view, submitted))
    }

    /// Says what was sent, and what became of it if that is wanted.
    fn follow(&self, draft: &DraftView, submitted: &Submitted) -> Result<(), CliError> {
        let console = self.context.console;
        let id = submitted.transaction;
        let give = |status: Option<&TransactionStatus>| {
            let mut rows = vec![("transaction", id.to_string())];
            rows.extend(draft.rows());
            rows.extend(status.map(status_rows).unwrap_or_default());
            let view = SentView {
                sent: true,
                known: submitted.known,
                transaction: id,
                draft,
                status,
            };
            console.give(&rows_text(&rows), &view)
        };
        if !self.sending.wait {
            give(None)?;
            console.note(format_args!("to wait for it: pyralog tx wait {id}"));
            return Ok(());
        }
        let wanted = Wanted {
            provable: self.sending.provable,
            timeout: self.sending.timeout,
        };
        match wait(self.node, id, wanted, console) {
            Ok(status) => {
                give(Some(&status))?;
                Ok(check_settled(id, &status, wanted)?)
            }
            Err(problem) => {
                give(None)?;
                let problem = Box::new(problem);
                Err(SendError::LostWhileWaiting { id, problem }.into())
            }
        }
    }
}

#[derive(Serialize)]
struct StatusView<'a> {
    transaction: TransactionId,
    #[serde(flatten)]
    status: &'a TransactionStatus,
}

fn give_status(
    id: TransactionId,
    status: &TransactionStatus,
    context: &Context<'_>,
) -> Result<(), CliError> {
    let mut rows: Vec<Row> = vec![("transaction", id.to_string())];
    rows.extend(status_rows(status));
    let view = StatusView {
        transaction: id,
        status,
    };
    context.console.give(&rows_text(&rows), &view)
}

fn status(id: TransactionId, context: &Context<'_>) -> Result<(), CliError> {
    let node = context.node()?;
    let status = node.ask(|client| client.transaction_status(id))?;
    give_status(id, &status, context)
}

fn wait_for(args: &TransactionWait, context: &Context<'_>) -> Result<(), CliError> {
    let (id, node) = (args.transaction, context.node()?);
    let wanted = Wanted {
        provable: args.provable,
        timeout: args.timeout,
    };
    let status = wait(&node, id, wanted, context.console)?;
    give_status(id, &status, context)?;
    Ok(check_settled(id, &status, wanted)?)
}
