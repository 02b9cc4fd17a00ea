//! The ledger once more, as plainly as it can be said: maps and sums.

use std::collections::BTreeMap;
use std::rc::Rc;

use pyralog_chain::ActionError;
use pyralog_genesis::{Genesis, Parameters};
use pyralog_primitives::action::{Action, Writers};
use pyralog_primitives::codec::Canonical;
use pyralog_primitives::merkle::{MountainRange, Peaks};
use pyralog_primitives::state::{
    AccountState, ChainState, JournalState, NamespaceState, NotarizationState, StateKey,
};
use pyralog_primitives::transaction::{Transaction, TransactionBody};
use pyralog_primitives::write_set::StateValue;
use pyralog_primitives::{Address, Amount, Hash, Height, LeafIndex, Nonce, TimestampMs};

#[derive(Clone, Debug)]
pub(crate) struct Model {
    parameters: Parameters,
    pub(crate) height: u64,
    pub(crate) time: u64,
    /// Balance and nonce.
    pub(crate) accounts: BTreeMap<Address, (u128, u64)>,
    owners: BTreeMap<String, Address>,
    entries: BTreeMap<(String, Vec<u8>), Vec<u8>>,
    journals: BTreeMap<String, Journal>,
    notarized: BTreeMap<Hash, (Address, u64, u64)>,
    base_fee: u128,
    burned: u128,
}

/// Entries are shared: models are cloned often.
#[derive(Clone, Debug)]
struct Journal {
    owner: Address,
    open: bool,
    entries: Vec<Rc<[u8]>>,
    peaks: Peaks,
}

/// What a transaction did: fee, compute, and which action failed how.
pub(crate) type Did = (u128, u64, Option<(u16, ActionError)>);

impl Model {
    pub(crate) fn new(genesis: &Genesis) -> Self {
        let accounts = genesis.accounts().iter();
        let parameters = *genesis.parameters();
        Self {
            parameters,
            height: 0,
            time: genesis.time().get(),
            accounts: accounts.map(|(a, b)| (*a, (b.get(), 0))).collect(),
            owners: BTreeMap::new(),
            entries: BTreeMap::new(),
            journals: BTreeMap::new(),
            notarized: BTreeMap::new(),
            base_fee: parameters.base_fee_initial.get(),
            burned: 0,
        }
    }

    /// Balances and what was burned.
    pub(crate) fn supply(&self) -> u128 {
        self.accounts
            .values()
            .map(|(balance, _)| balance)
            .sum::<u128>()
            + self.burned
    }

    /// One block; `None` where a transaction is not taken.
    pub(crate) fn block(
        &mut self,
        proposer: Address,
        time: u64,
        transactions: &[Transaction],
    ) -> Vec<Option<Did>> {
        self.height += 1;
        self.time = time.max(self.time + 1);
        let (mut bytes, mut compute, mut tips) = (0, 0, 0);
        let mut done = Vec::new();
        let bytes_max = self.parameters.block_bytes_max.get() - 40 * 1024;
        let compute_max = self.parameters.block_compute_max.get();
        for transaction in transactions {
            let length = transaction.encode().len() as u64;
            let body = &transaction.body;
            let fits = body.compute_max.get() <= compute_max - compute
                && length <= bytes_max - bytes
                && self.takes(body, length);
            done.push(fits.then(|| {
                let did = self.transaction(body, length);
                bytes += length;
                compute += did.1;
                tips += body.tip.get();
                did
            }));
        }
        if tips > 0 {
            self.accounts.entry(proposer).or_default().0 += tips;
        }
        let share = |used: u64, max: u64| u128::from(used * 1000 / max);
        let full = share(bytes, bytes_max).max(share(compute, compute_max));
        let before = self.base_fee;
        if full > 500 {
            self.base_fee += (before * (full - 500) / 500 / 8).max(1);
        } else if full < 500 {
            self.base_fee -= (before * (500 - full) / 500 / 8).max(1);
        }
        self.base_fee = self.base_fee.max(self.parameters.base_fee_min.get());
        done
    }

    fn takes(&self, body: &TransactionBody, length: u64) -> bool {
        let (balance, nonce) = self.account(body.sender.address());
        let lifetime = self.parameters.transaction_lifetime_blocks_max.get();
        let units = u128::from(length) + u128::from(body.compute_max.get());
        length <= self.parameters.transaction_bytes_max.get()
            && body.compute_max.get() >= 2000
            && (self.height..=self.height + lifetime).contains(&body.valid_until.get())
            && body.nonce.get() == nonce
            && self.base_fee * units + body.tip.get() <= body.fee_max.get()
            && body.fee_max.get() <= balance
    }

    fn account(&self, address: Address) -> (u128, u64) {
        self.accounts.get(&address).copied().unwrap_or_default()
    }

    fn transaction(&mut self, body: &TransactionBody, length: u64) -> Did {
        let sender = body.sender.address();
        // Only what several actions, or none, can change needs a way back.
        let before = (body.actions.len() > 1).then(|| self.clone());
        // What the fee may take cannot be spent.
        self.accounts.get_mut(&sender).unwrap().0 -= body.fee_max.get();
        let mut compute = 2000;
        let mut failure = None;
        for (number, action) in body.actions.iter().enumerate() {
            let limit = body.compute_max.get();
            let needed = compute + cost(action);
            let result = if needed > limit {
                compute = limit;
                Err(ActionError::ComputeExceeded)
            } else {
                compute = needed;
                self.action(sender, action)
            };
            if let Err(error) = result {
                failure = Some((u16::try_from(number).unwrap(), error));
                break;
            }
        }
        if let (Some(_), Some(before)) = (&failure, before) {
            *self = before;
            self.accounts.get_mut(&sender).unwrap().0 -= body.fee_max.get();
        }
        let burned = self.base_fee * (u128::from(length) + u128::from(compute));
        let fee = burned + body.tip.get();
        let account = self.accounts.get_mut(&sender).unwrap();
        account.0 += body.fee_max.get() - fee;
        account.1 += 1;
        self.burned += burned;
        (fee, compute, failure)
    }

    fn action(&mut self, sender: Address, action: &Action) -> Result<(), ActionError> {
        match action {
            Action::Transfer { to, amount } => {
                let balance = self.account(sender).0;
                if amount.get() > balance {
                    return Err(ActionError::BalanceTooLow);
                }
                self.accounts.entry(sender).or_default().0 -= amount.get();
                self.accounts.entry(*to).or_default().0 += amount.get();
            }
            Action::Put {
                namespace,
                key,
                value,
            } => {
                let name = namespace.to_string();
                if *self.owners.entry(name.clone()).or_insert(sender) != sender {
                    return Err(ActionError::ForeignNamespace);
                }
                self.entries.insert((name, key.to_vec()), value.to_vec());
            }
            Action::Delete { namespace, key } => {
                let name = namespace.to_string();
                if self.owners.get(&name).is_some_and(|owner| *owner != sender) {
                    return Err(ActionError::ForeignNamespace);
                }
                let removed = self.entries.remove(&(name, key.to_vec()));
                removed.ok_or(ActionError::UnknownKey)?;
            }
            Action::OpenJournal { journal, writers } => {
                let name = journal.to_string();
                if self.journals.contains_key(&name) {
                    return Err(ActionError::JournalExists);
                }
                let journal = Journal {
                    owner: sender,
                    open: *writers == Writers::Anyone,
                    entries: Vec::new(),
                    peaks: Peaks::default(),
                };
                self.journals.insert(name, journal);
            }
            Action::Append { journal, entry } => {
                let journal = self.journals.get_mut(journal.as_str());
                let journal = journal.ok_or(ActionError::UnknownJournal)?;
                if !journal.open && journal.owner != sender {
                    return Err(ActionError::ForeignJournal);
                }
                journal.entries.push(Rc::from(&entry[..]));
                journal.peaks.append(entry).unwrap();
            }
            Action::Notarize { digest } => {
                if self.notarized.contains_key(digest) {
                    return Err(ActionError::AlreadyNotarized);
                }
                let known = (sender, self.height, self.time);
                self.notarized.insert(*digest, known);
            }
        }
        Ok(())
    }

    /// The state that this model stands for, without what journals keep beside
    /// the tree.
    pub(crate) fn state(&self) -> BTreeMap<StateKey, StateValue> {
        let mut state = BTreeMap::new();
        let mut put = |key: StateKey, bytes: Vec<u8>| {
            state.insert(key, StateValue::new(bytes).unwrap());
        };
        let chain = ChainState {
            base_fee: Amount::new(self.base_fee),
            burned: Amount::new(self.burned),
        };
        put(StateKey::Chain, chain.encode());
        for (address, (balance, nonce)) in &self.accounts {
            let account = AccountState {
                balance: Amount::new(*balance),
                nonce: Nonce::new(*nonce),
            };
            if (*balance, *nonce) != (0, 0) {
                put(StateKey::Account { address: *address }, account.encode());
            }
        }
        for (name, owner) in &self.owners {
            let namespace = name.parse().unwrap();
            let owner = NamespaceState { owner: *owner };
            put(StateKey::Namespace { namespace }, owner.encode());
        }
        for ((name, key), value) in &self.entries {
            let entry = StateKey::Entry {
                namespace: name.parse().unwrap(),
                key: pyralog_primitives::codec::Bytes::new(key.clone()).unwrap(),
            };
            put(entry, value.clone());
        }
        for (name, journal) in &self.journals {
            let head = JournalState {
                owner: journal.owner,
                writers: if journal.open {
                    Writers::Anyone
                } else {
                    Writers::Owner
                },
                entries: journal.peaks.clone(),
            };
            let journal = name.parse().unwrap();
            put(StateKey::Journal { journal }, head.encode());
        }
        for (digest, (by, height, time)) in &self.notarized {
            let known = NotarizationState {
                by: *by,
                height: Height::new(*height),
                time: TimestampMs::new(*time),
            };
            put(StateKey::Notarization { digest: *digest }, known.encode());
        }
        state
    }

    /// The last entry of each journal.
    pub(crate) fn last_entries(&self) -> Vec<(StateKey, Rc<[u8]>)> {
        let last = |(name, journal): (&String, &Journal)| {
            let entry = journal.entries.last()?;
            let key = StateKey::JournalEntry {
                journal: name.parse().unwrap(),
                index: LeafIndex::new(journal.entries.len() as u64 - 1),
            };
            Some((key, Rc::clone(entry)))
        };
        self.journals.iter().filter_map(last).collect()
    }

    /// Peaks that grew are those of a list that is hashed at once.
    pub(crate) fn check_peaks(&self) {
        for journal in self.journals.values() {
            let mut range = MountainRange::new();
            range.extend(journal.entries.iter().map(|entry| &entry[..]));
            assert_eq!(journal.peaks.root(), range.root());
        }
    }
}

/// The table of the specification.
fn cost(action: &Action) -> u64 {
    match action {
        Action::Transfer { .. } => 4000,
        Action::Put { key, value, .. } => 6000 + 20 * (key.len() + value.len()) as u64,
        Action::Append { entry, .. } => 8000 + 20 * entry.len() as u64,
        Action::Delete { .. } | Action::Notarize { .. } | Action::OpenJournal { .. } => 6000,
    }
}
