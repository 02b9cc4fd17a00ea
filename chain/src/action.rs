//! What each action does to the state, and how it fails.

use pyralog_primitives::action::{Action, Key, Name, Value, Writers};
use pyralog_primitives::merkle::Peaks;
use pyralog_primitives::receipt::Event;
use pyralog_primitives::state::{
    AccountState, JournalState, NamespaceState, NotarizationState, StateKey,
};
use pyralog_primitives::write_set::StateValue;
use pyralog_primitives::{Address, Amount, FailureCode, Hash, Height, LeafIndex, TimestampMs};

use crate::events;
use crate::fees::within;
use crate::overlay::{Overlay, StateError, StateReader};

/// Why an action took no effect. The sender has paid for the attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ActionError {
    /// The transaction used up its compute before this action.
    #[error("the compute limit of the transaction is used up")]
    ComputeExceeded,
    /// The sender holds less, besides what the fee may take.
    #[error("the sender holds less than it sends")]
    BalanceTooLow,
    /// Someone else wrote to the namespace first.
    #[error("the namespace belongs to someone else")]
    ForeignNamespace,
    /// Nothing is stored under the key.
    #[error("nothing is stored under this key")]
    UnknownKey,
    /// Nobody opened the journal.
    #[error("there is no such journal; open it first")]
    UnknownJournal,
    /// Only its owner appends to the journal.
    #[error("only the owner appends to this journal")]
    ForeignJournal,
    /// The journal is there already.
    #[error("a journal of this name is open already")]
    JournalExists,
    /// It has as many entries as can be counted.
    #[error("the journal is full")]
    JournalFull,
    /// The hash is notarized already; the first one counts.
    #[error("this hash is notarized already")]
    AlreadyNotarized,
}

impl ActionError {
    /// All of them, in the order of their codes.
    pub const ALL: [Self; 9] = [
        Self::ComputeExceeded,
        Self::BalanceTooLow,
        Self::ForeignNamespace,
        Self::UnknownKey,
        Self::UnknownJournal,
        Self::ForeignJournal,
        Self::JournalExists,
        Self::JournalFull,
        Self::AlreadyNotarized,
    ];

    /// The number in receipts; it never changes its meaning.
    pub fn code(self) -> FailureCode {
        FailureCode::new(match self {
            Self::ComputeExceeded => 1,
            Self::BalanceTooLow => 2,
            Self::ForeignNamespace => 3,
            Self::UnknownKey => 4,
            Self::UnknownJournal => 5,
            Self::ForeignJournal => 6,
            Self::JournalExists => 7,
            Self::JournalFull => 8,
            Self::AlreadyNotarized => 9,
        })
    }

    /// The reason that a receipt names; `None` for a code of a newer program.
    pub fn from_code(code: FailureCode) -> Option<Self> {
        Self::ALL.into_iter().find(|error| error.code() == code)
    }

    /// A word for programs; it never changes its meaning.
    pub fn reason(self) -> &'static str {
        match self {
            Self::ComputeExceeded => "compute_exceeded",
            Self::BalanceTooLow => "balance_too_low",
            Self::ForeignNamespace => "foreign_namespace",
            Self::UnknownKey => "unknown_key",
            Self::UnknownJournal => "unknown_journal",
            Self::ForeignJournal => "foreign_journal",
            Self::JournalExists => "journal_exists",
            Self::JournalFull => "journal_full",
            Self::AlreadyNotarized => "already_notarized",
        }
    }
}

/// An action failed, or the state did.
pub(crate) enum Stop<E> {
    Action(ActionError),
    State(StateError<E>),
}

impl<E> From<ActionError> for Stop<E> {
    fn from(error: ActionError) -> Self {
        Self::Action(error)
    }
}

impl<E> From<StateError<E>> for Stop<E> {
    fn from(error: StateError<E>) -> Self {
        Self::State(error)
    }
}

/// Runs the actions of one transaction. The sender's account is kept apart
/// from the state until the transaction is over.
pub(crate) struct Actions<'a, R> {
    pub(crate) state: &'a mut Overlay<R>,
    pub(crate) sender: Address,
    pub(crate) account: &'a mut AccountState,
    pub(crate) height: Height,
    pub(crate) time: TimestampMs,
}

impl<R: StateReader> Actions<'_, R> {
    pub(crate) fn run(&mut self, action: &Action) -> Result<Event, Stop<R::Error>> {
        match action {
            Action::Transfer { to, amount } => self.transfer(*to, *amount),
            Action::Put {
                namespace,
                key,
                value,
            } => self.put(namespace, key, value),
            Action::Delete { namespace, key } => self.delete(namespace, key),
            Action::Append { journal, entry } => self.append(journal, entry),
            Action::Notarize { digest } => self.notarize(*digest),
            Action::OpenJournal { journal, writers } => self.open_journal(journal, *writers),
        }
    }

    fn transfer(&mut self, to: Address, amount: Amount) -> Result<Event, Stop<R::Error>> {
        let left = self.account.balance.checked_sub(amount);
        let left = left.ok_or(ActionError::BalanceTooLow)?;
        // Sending to oneself needs the balance and changes nothing.
        if to != self.sender {
            let mut receiver = self.state.account(to)?;
            receiver.balance = within(receiver.balance.checked_add(amount));
            self.account.balance = left;
            self.state.put_account(to, &receiver);
        }
        Ok(events::transfer(self.sender, to, amount))
    }

    fn put(&mut self, namespace: &Name, key: &Key, value: &Value) -> Result<Event, Stop<R::Error>> {
        let place = StateKey::Namespace {
            namespace: namespace.clone(),
        };
        if self.owner(&place)?.is_none() {
            let owner = self.sender;
            self.state.put(place, &NamespaceState { owner });
        }
        let value = StateValue::new(value.to_vec()).expect("a value of an action fits the state");
        self.state.set(entry(namespace, key), Some(value));
        Ok(events::put(namespace, key))
    }

    fn delete(&mut self, namespace: &Name, key: &Key) -> Result<Event, Stop<R::Error>> {
        let place = StateKey::Namespace {
            namespace: namespace.clone(),
        };
        let entry = entry(namespace, key);
        if self.owner(&place)?.is_none() || self.state.get(&entry)?.is_none() {
            return Err(ActionError::UnknownKey.into());
        }
        self.state.set(entry, None);
        Ok(events::delete(namespace, key))
    }

    /// The namespace's owner, if it has one and it is the sender.
    fn owner(&self, place: &StateKey) -> Result<Option<Address>, Stop<R::Error>> {
        match self.state.read::<NamespaceState>(place)? {
            Some(state) if state.owner != self.sender => Err(ActionError::ForeignNamespace.into()),
            state => Ok(state.map(|state| state.owner)),
        }
    }

    fn open_journal(&mut self, journal: &Name, writers: Writers) -> Result<Event, Stop<R::Error>> {
        let place = journal_place(journal);
        if self.state.get(&place)?.is_some() {
            return Err(ActionError::JournalExists.into());
        }
        let state = JournalState {
            owner: self.sender,
            writers,
            entries: Peaks::default(),
        };
        self.state.put(place, &state);
        Ok(events::open_journal(journal, self.sender))
    }

    fn append(&mut self, journal: &Name, entry: &Value) -> Result<Event, Stop<R::Error>> {
        let place = journal_place(journal);
        let state = self.state.read::<JournalState>(&place)?;
        let mut state = state.ok_or(ActionError::UnknownJournal)?;
        if state.writers == Writers::Owner && state.owner != self.sender {
            return Err(ActionError::ForeignJournal.into());
        }
        let index = LeafIndex::new(state.entries.count().get());
        let nodes = state
            .entries
            .append(entry)
            .ok_or(ActionError::JournalFull)?;
        for (place, root) in nodes {
            let journal = journal.clone();
            let bytes = StateValue::new(root.as_bytes().to_vec()).expect("a hash fits the state");
            let key = StateKey::JournalNode { journal, place };
            self.state.set(key, Some(bytes));
        }
        let value = StateValue::new(entry.to_vec()).expect("an entry of an action fits the state");
        let key = StateKey::JournalEntry {
            journal: journal.clone(),
            index,
        };
        self.state.set(key, Some(value));
        self.state.put(place, &state);
        Ok(events::append(journal, index))
    }

    fn notarize(&mut self, digest: Hash) -> Result<Event, Stop<R::Error>> {
        let place = StateKey::Notarization { digest };
        if self.state.get(&place)?.is_some() {
            return Err(ActionError::AlreadyNotarized.into());
        }
        let state = NotarizationState {
            by: self.sender,
            height: self.height,
            time: self.time,
        };
        self.state.put(place, &state);
        Ok(events::notarize(digest))
    }
}

fn entry(namespace: &Name, key: &Key) -> StateKey {
    StateKey::Entry {
        namespace: namespace.clone(),
        key: key.clone(),
    }
}

fn journal_place(journal: &Name) -> StateKey {
    StateKey::Journal {
        journal: journal.clone(),
    }
}
