//! Reads: of blocks, of the state, of proofs.

use pyralog_api::{
    AccountView, BlockView, EntriesView, EntryView, Failure, FailureKind, Limits, NodeStatus,
    ReceiptView, Simulated, StateView, Subject, ValidatorView, ValidatorsView,
};
use pyralog_chain::Trial;
use pyralog_primitives::action::{Key, Name};
use pyralog_primitives::chain_proof::ChainProof;
use pyralog_primitives::codec::Canonical;
use pyralog_primitives::receipt::Receipt;
use pyralog_primitives::state::{
    AccountState, AttendanceState, ChainState, JournalState, NamespaceState, NotarizationState,
    OffenceState, StateKey,
};
use pyralog_primitives::transaction::TransactionBody;
use pyralog_primitives::{Address, Height, TransactionId};
use pyralog_replica::StateOfView;
use pyralog_store::ViewError;
use serde_json::{Value, json};

use super::context::Context;
use super::failures::{
    internal, no_block, no_transaction, of_at, of_proof, of_simulation, unreadable,
};
use super::prices::PRICES;
use super::submit::SUBMIT_COUNT_MAX;
use super::wait::{WAIT_MAX, failure_of};

/// Entries of one answer.
const ENTRIES_COUNT_MAX: u32 = 100;

pub(super) async fn node_status(context: &Context) -> NodeStatus {
    // In this order: what is pending no more is in a block up to the head.
    let counts = context.pool.counts().await.unwrap_or_default();
    let pending = counts.transactions + counts.settling;
    let head = context.head();
    NodeStatus {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        chain_id: context.genesis.chain_id().to_string(),
        genesis: context.genesis.hash(),
        consensus: context.genesis.consensus().kind().to_string(),
        height: head.height,
        block: head.block,
        time: head.time,
        state_root: head.state_root,
        oldest: context.store.oldest(),
        syncing: context.is_syncing(),
        peers: u32::try_from(context.peers().len()).unwrap_or(u32::MAX),
        pending: u32::try_from(pending).unwrap_or(u32::MAX),
        base_fee: head.chain.base_fee,
        validator: context.validator,
    }
}

pub(super) fn block(context: &Context, height: Option<Height>) -> Result<BlockView, Failure> {
    let head = context.head().height;
    let height = height.unwrap_or(head);
    let missing = || no_block(height, head, context.store.oldest());
    let block = context.store.block(height).map_err(unreadable)?;
    let certificate = context.store.certificate(height).map_err(unreadable)?;
    let (block, certificate) = block.zip(certificate).ok_or_else(missing)?;
    Ok(BlockView {
        id: certificate.value(),
        block,
        certificate,
    })
}

pub(super) fn receipts(context: &Context, height: Height) -> Result<Vec<Receipt>, Failure> {
    let receipts = context.store.receipts(height).map_err(unreadable)?;
    receipts.ok_or_else(|| no_block(height, context.head().height, context.store.oldest()))
}

pub(super) fn receipt(context: &Context, id: TransactionId) -> Result<ReceiptView, Failure> {
    let missing = || no_transaction(context.store.oldest());
    let place = context.store.transaction_place(id).map_err(unreadable)?;
    let place = place.ok_or_else(missing)?;
    let receipt = context.store.receipt(place).map_err(unreadable)?;
    let receipt = receipt.ok_or_else(missing)?;
    Ok(ReceiptView {
        height: place.height,
        position: place.position,
        failure: failure_of(&receipt),
        receipt,
    })
}

pub(super) fn account(context: &Context, address: Address) -> Result<AccountView, Failure> {
    let view = view(context)?;
    let value = view
        .get(&StateKey::Account { address })
        .map_err(unreadable)?;
    let account = value.map_or(Ok(AccountState::default()), |value| {
        AccountState::decode(&value).map_err(|error| internal("reading an account", &error))
    })?;
    Ok(AccountView {
        address,
        balance: account.balance,
        nonce: account.nonce,
        height: view.head().height,
    })
}

fn view(context: &Context) -> Result<pyralog_store::View<'_>, Failure> {
    context.store.view().map_err(|error| match error {
        ViewError::Read(error) => unreadable(error),
        ViewError::NotInitialized => internal("reading the store", &error),
    })
}

pub(super) fn state(
    context: &Context,
    key: StateKey,
    height: Option<Height>,
) -> Result<StateView, Failure> {
    let view = view(context)?;
    let head = view.head().height;
    let height = height.unwrap_or(head);
    let value = view.get_at(&key, height);
    let value = value.map_err(|error| of_at(&error, head))?;
    let decoded = value.as_ref().and_then(|value| decoded(&key, value));
    Ok(StateView {
        key,
        value,
        decoded,
        height,
    })
}

/// A value as JSON, where the kind of key says what it is.
fn decoded(key: &StateKey, value: &[u8]) -> Option<Value> {
    fn view<T: Canonical + serde::Serialize>(value: &[u8]) -> Option<Value> {
        T::decode(value).ok().map(|value| json!(value))
    }
    match key {
        StateKey::Chain => view::<ChainState>(value),
        StateKey::Account { .. } => view::<AccountState>(value),
        StateKey::Namespace { .. } => view::<NamespaceState>(value),
        StateKey::Journal { .. } => view::<JournalState>(value),
        StateKey::Notarization { .. } => view::<NotarizationState>(value),
        StateKey::Offence { .. } => view::<OffenceState>(value),
        StateKey::Attendance { .. } => view::<AttendanceState>(value),
        // Bytes of whoever wrote them: shown if they are text.
        StateKey::Entry { .. } | StateKey::JournalEntry { .. } => {
            std::str::from_utf8(value).ok().map(|text| json!(text))
        }
        StateKey::JournalNode { .. } => None,
    }
}

pub(super) fn entries(
    context: &Context,
    namespace: &Name,
    start: Option<Key>,
    limit: Option<u32>,
) -> Result<EntriesView, Failure> {
    let limit = limit.unwrap_or(ENTRIES_COUNT_MAX);
    if limit == 0 || limit > ENTRIES_COUNT_MAX {
        let message = format!("limit is {limit}; it must be from 1 to {ENTRIES_COUNT_MAX}");
        let failure = Failure::new(FailureKind::Limit, "too_many_entries", message);
        return Err(failure.with("limit", ENTRIES_COUNT_MAX));
    }
    let view = view(context)?;
    let start = start.unwrap_or_else(|| Key::new(Vec::new()).expect("nothing is short enough"));
    // One more than asked for tells whether there is more.
    let found = view.entries(namespace, &start, limit as usize + 1);
    let mut entries: Vec<EntryView> = found
        .map_err(unreadable)?
        .into_iter()
        .map(|entry| EntryView {
            key: entry.key,
            value: entry.value,
        })
        .collect();
    let next = (entries.len() > limit as usize)
        .then(|| entries.pop())
        .flatten();
    Ok(EntriesView {
        entries,
        next: next.map(|entry| entry.key),
        height: view.head().height,
    })
}

pub(super) fn simulate(context: &Context, body: &TransactionBody) -> Result<Simulated, Failure> {
    let view = view(context)?;
    let height = view.head().height;
    let trial = Trial {
        genesis: context.genesis.hash(),
        parameters: *context.genesis.parameters(),
        height,
        time: context.head().time,
    };
    let simulation = trial.run(StateOfView(view), body);
    let simulation = simulation.map_err(|error| of_simulation(&error))?;
    Ok(Simulated {
        height,
        base_fee: simulation.base_fee,
        failure: failure_of(&simulation.receipt),
        receipt: simulation.receipt,
    })
}

pub(super) fn prove(context: &Context, subject: &Subject) -> Result<ChainProof, Failure> {
    let prover = context.prover();
    let proof = match subject {
        Subject::State { key } => prover.prove_state(key),
        Subject::Transaction { transaction } => prover.prove_transaction(*transaction),
        Subject::Receipt { transaction } => prover.prove_receipt(*transaction),
        Subject::Event { transaction, event } => prover.prove_event(*transaction, *event),
        Subject::JournalEntry { journal, index } => {
            let journal = StateKey::Journal {
                journal: journal.clone(),
            };
            prover.prove_journal_entry(&journal, *index)
        }
    };
    proof.map_err(|error| of_proof(&error, context.head().height))
}

pub(super) fn validators(context: &Context) -> ValidatorsView {
    let set = context.genesis.validator_set();
    let members = set.iter().map(|member| {
        let address = member.key.address();
        let mut all = context.genesis.validators().iter();
        let named = all.find(|validator| validator.public_key == member.key);
        ValidatorView {
            name: named.map_or_else(String::new, |validator| validator.name.to_string()),
            address,
            public_key: member.key,
            power: member.power,
        }
    });
    ValidatorsView {
        height: context.head().height,
        validators: members.collect(),
    }
}

pub(super) fn limits(context: &Context) -> Limits {
    let settings = &context.settings;
    Limits {
        body_bytes_max: settings.body_bytes_max,
        response_bytes_max: settings.response_bytes_max,
        batch_count_max: settings.batch_count_max,
        connection_count_max: settings.connection_count_max,
        subscription_count_max: settings.subscription_count_max,
        subscription_total_max: settings.subscription_total_max,
        price_per_second_max: settings.price_per_second_max,
        prices: PRICES.to_vec(),
        submit_count_max: SUBMIT_COUNT_MAX,
        entries_count_max: ENTRIES_COUNT_MAX as usize,
        wait_max: WAIT_MAX,
        parameters: *context.genesis.parameters(),
    }
}
