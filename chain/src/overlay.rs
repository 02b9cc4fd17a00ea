//! What a block has changed so far, over a state that is only read.

use pyralog_primitives::Address;
use pyralog_primitives::codec::Canonical;
use pyralog_primitives::state::{AccountState, StateKey};
use pyralog_primitives::write_set::{StateValue, WriteSet};

/// Reads the state after some block. Reading twice gives the same.
pub trait StateReader {
    /// Why the state cannot be read. Never a reason to refuse a transaction:
    /// the operator must act.
    type Error: std::error::Error;

    /// What is stored under a key.
    fn get(&self, key: &StateKey) -> Result<Option<StateValue>, Self::Error>;
}

impl<R: StateReader + ?Sized> StateReader for &R {
    type Error = R::Error;

    fn get(&self, key: &StateKey) -> Result<Option<StateValue>, R::Error> {
        (**self).get(key)
    }
}

/// A state that cannot be gone on with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateError<E> {
    /// It cannot be read.
    #[error("the state cannot be read: {0}")]
    Read(E),
    /// What is stored has no meaning: the database is damaged.
    #[error("what is stored under {key:?} is not a value of its kind")]
    Damaged {
        /// The place.
        key: StateKey,
    },
}

/// Changes over a state, with a way back to where a transaction began.
#[derive(Debug)]
pub(crate) struct Overlay<R> {
    below: R,
    writes: WriteSet,
    /// What the writes since the last mark have replaced, in order.
    replaced: Vec<(StateKey, Before)>,
}

/// What stood among the writes before another one.
#[derive(Debug)]
enum Before {
    Nothing,
    Write(Option<StateValue>),
}

impl<R: StateReader> Overlay<R> {
    pub(crate) fn new(below: R) -> Self {
        Self {
            below,
            writes: WriteSet::new(),
            replaced: Vec::new(),
        }
    }

    pub(crate) fn get(&self, key: &StateKey) -> Result<Option<StateValue>, StateError<R::Error>> {
        match self.writes.get(key) {
            Some(written) => Ok(written.cloned()),
            None => self.below.get(key).map_err(StateError::Read),
        }
    }

    /// A value of one of the types of the state.
    pub(crate) fn read<T: Canonical>(
        &self,
        key: &StateKey,
    ) -> Result<Option<T>, StateError<R::Error>> {
        let Some(bytes) = self.get(key)? else {
            return Ok(None);
        };
        let value = T::decode(&bytes);
        let damaged = |_| StateError::Damaged { key: key.clone() };
        value.map(Some).map_err(damaged)
    }

    pub(crate) fn account(&self, address: Address) -> Result<AccountState, StateError<R::Error>> {
        let account = self.read(&StateKey::Account { address })?;
        Ok(account.unwrap_or_default())
    }

    pub(crate) fn set(&mut self, key: StateKey, value: Option<StateValue>) {
        let before = match self.writes.get(&key) {
            Some(write) => Before::Write(write.cloned()),
            None => Before::Nothing,
        };
        self.replaced.push((key.clone(), before));
        self.writes.set(key, value);
    }

    pub(crate) fn put(&mut self, key: StateKey, value: &impl Canonical) {
        let value = StateValue::new(value.encode()).expect("values of the state are within bounds");
        self.set(key, Some(value));
    }

    pub(crate) fn put_account(&mut self, address: Address, account: &AccountState) {
        // Nothing that never held anything takes room.
        if *account != AccountState::default() {
            self.put(StateKey::Account { address }, account);
        }
    }

    /// What is written from here on can be taken back.
    pub(crate) fn mark(&mut self) {
        self.replaced.clear();
    }

    /// Takes back what was written since the mark.
    pub(crate) fn take_back(&mut self) {
        while let Some((key, before)) = self.replaced.pop() {
            match before {
                Before::Write(value) => self.writes.set(key, value),
                Before::Nothing => self.writes.forget(&key),
            }
        }
    }

    pub(crate) fn into_writes(self) -> WriteSet {
        self.writes
    }
}
