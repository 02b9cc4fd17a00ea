//! Accounts that send, each one transaction at a time.
//!
//! Invariants:
//! - an account has at most one transaction without an answer, and what is shed
//!   is the next that it sends: so nothing shed leaves a gap of nonces before
//!   what was signed after it;
//! - accounts send in turn: who was shed waits a whole turn before it tries
//!   again.

use std::collections::VecDeque;

use pyralog_api::{Hex, SubmitOutcome};
use pyralog_primitives::action::Action;
use pyralog_primitives::codec::{List, Version};
use pyralog_primitives::transaction::{Transaction, TransactionBody};
use pyralog_primitives::{Amount, Compute, GenesisHash, Height, Nonce, SecretKey};

/// What a transaction may cost. Unused, it comes back.
pub(super) const FEE_MAX: Amount = Amount::from_tokens(2);
const TIP: Amount = Amount::new(10);
/// What a transaction and each transfer in it take; see the specification of
/// execution.
const TRANSACTION_COMPUTE: u64 = 2_000;
const TRANSFER_COMPUTE: u64 = 4_000;

/// For which blocks of which chain transactions are signed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    pub(super) genesis: GenesisHash,
    pub(super) valid_until: Height,
}

/// One account that sends.
pub(super) struct Account {
    key: SecretKey,
    /// That of the first of `signed`.
    nonce: u64,
    /// In the order of nonces, as they cross.
    signed: VecDeque<Box<str>>,
    /// What it sent last has no answer, so its nonce is not known any more.
    is_lost: bool,
}

/// All accounts that send.
pub(super) struct Accounts {
    all: Vec<Account>,
    /// Those that have something to send and no answer to wait for.
    turns: VecDeque<usize>,
}

/// What crosses in one call.
pub(super) struct Call {
    pub(super) senders: Vec<usize>,
    /// The parameters as JSON.
    pub(super) parameters: String,
}

impl Account {
    pub(super) fn new(key: SecretKey, nonce: Nonce) -> Self {
        Self {
            key,
            nonce: nonce.get(),
            signed: VecDeque::new(),
            is_lost: false,
        }
    }

    pub(super) fn key(&self) -> &SecretKey {
        &self.key
    }

    /// Signs one more, after all that are signed.
    pub(super) fn sign(&mut self, actions: Vec<Action>, terms: Terms) {
        let nonce = self.nonce + self.signed.len() as u64;
        let transaction = signed(&self.key, Nonce::new(nonce), actions, terms);
        let text = Hex(transaction).to_string();
        self.signed.push_back(text.into_boxed_str());
    }
}

impl Accounts {
    pub(super) fn new(all: Vec<Account>) -> Self {
        let turns = VecDeque::new();
        Self { all, turns }
    }

    /// In so many groups, each of which sends by itself.
    pub(super) fn split(self, count: usize) -> Vec<Self> {
        let mut groups: Vec<Vec<Account>> = (0..count).map(|_| Vec::new()).collect();
        for (place, account) in self.all.into_iter().enumerate() {
            groups[place % count].push(account);
        }
        groups.into_iter().map(Self::new).collect()
    }

    /// Everybody who has something to send comes into line. Nobody may be
    /// waiting for an answer.
    pub(super) fn line_up(&mut self) {
        let accounts = self.all.iter().enumerate();
        let able = accounts.filter(|(_, account)| !account.signed.is_empty());
        self.turns = able.map(|(place, _)| place).collect();
    }

    /// Signs so many transfers of one unit, those of each account in the order
    /// of nonces, on all cores. What was signed before and not taken is signed
    /// anew, because it may have expired.
    pub(super) fn sign_transfers(&mut self, count: usize, terms: Terms) {
        if self.all.is_empty() {
            return;
        }
        let keys = self.all.iter().map(|account| account.key.public_key());
        let addresses: Vec<_> = keys.map(|key| key.address()).collect();
        let each = count.div_ceil(self.all.len());
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let share = self.all.len().div_ceil(threads);
        std::thread::scope(|scope| {
            for (number, part) in self.all.chunks_mut(share).enumerate() {
                let addresses = &addresses;
                scope.spawn(move || {
                    for (place, account) in part.iter_mut().enumerate() {
                        // Any other one: receivers are spread over all accounts.
                        let to = (number * share + place) * 7 + 1;
                        let to = addresses[to % addresses.len()];
                        let amount = Amount::new(1);
                        account.signed.clear();
                        if account.is_lost {
                            continue;
                        }
                        for _ in 0..each {
                            account.sign(vec![Action::Transfer { to, amount }], terms);
                        }
                    }
                });
            }
        });
        self.line_up();
    }

    /// Whether nobody can send before an answer comes.
    pub(super) fn is_idle(&self) -> bool {
        self.turns.is_empty()
    }

    /// The next transaction of each of the next so many accounts, or of as many
    /// as there are.
    pub(super) fn take(&mut self, count: usize) -> Call {
        let senders: Vec<usize> = self.turns.drain(..count.min(self.turns.len())).collect();
        let mut parameters = String::from("[[");
        for (place, sender) in senders.iter().enumerate() {
            let comma = if place > 0 { "," } else { "" };
            let text = &self.all[*sender].signed[0];
            parameters.push_str(comma);
            parameters.push('"');
            parameters.push_str(text);
            parameters.push('"');
        }
        parameters.push_str("]]");
        Call {
            senders,
            parameters,
        }
    }

    /// What an account sent is answered. It sends the next one in its turn, or
    /// the same one, if that may be taken later.
    pub(super) fn settle(&mut self, sender: usize, outcome: &SubmitOutcome) {
        match outcome {
            SubmitOutcome::Taken(_) => {
                let account = &mut self.all[sender];
                account.signed.pop_front();
                account.nonce += 1;
                if !account.signed.is_empty() {
                    self.turns.push_back(sender);
                }
            }
            SubmitOutcome::Refused {
                retryable: true, ..
            } => self.turns.push_back(sender),
            // It would be refused again, and what comes after it waits for it.
            SubmitOutcome::Refused { .. } => {}
        }
    }

    /// Nobody knows what became of what they sent: they send nothing more.
    pub(super) fn lose(&mut self, senders: &[usize]) {
        for sender in senders {
            let account = &mut self.all[*sender];
            account.signed.clear();
            account.is_lost = true;
        }
    }

    /// Nothing was taken, and it may be later.
    pub(super) fn give_back(&mut self, senders: &[usize]) {
        self.turns.extend(senders);
    }
}

/// Signs a transaction of transfers.
pub(super) fn signed(
    key: &SecretKey,
    nonce: Nonce,
    actions: Vec<Action>,
    terms: Terms,
) -> Transaction {
    let compute = TRANSACTION_COMPUTE + TRANSFER_COMPUTE * actions.len() as u64;
    let body = TransactionBody {
        version: Version::V1,
        genesis: terms.genesis,
        sender: key.public_key(),
        nonce,
        valid_until: terms.valid_until,
        fee_max: FEE_MAX,
        tip: TIP,
        compute_max: Compute::new(compute),
        actions: List::new(actions).expect("no more than one transaction holds"),
        work: None,
    };
    body.sign(key).expect("the sender signs, and it is short")
}

#[cfg(test)]
mod tests {
    use pyralog_api::Submitted;
    use pyralog_primitives::{Hash, TransactionId};

    use super::*;

    fn accounts(count: u8) -> Accounts {
        let key = |number| SecretKey::from_seed(&[number; 32]);
        let account = |number| Account::new(key(number), Nonce::new(0));
        let mut accounts = Accounts::new((0..count).map(account).collect());
        accounts.sign_transfers(3 * usize::from(count), terms());
        accounts
    }

    fn terms() -> Terms {
        Terms {
            genesis: GenesisHash::new(Hash::new([0; 32])),
            valid_until: Height::new(1),
        }
    }

    fn taken() -> SubmitOutcome {
        let transaction = TransactionId::new(Hash::new([0; 32]));
        SubmitOutcome::Taken(Submitted {
            transaction,
            known: false,
        })
    }

    fn refused(retryable: bool) -> SubmitOutcome {
        SubmitOutcome::Refused {
            message: String::new(),
            reason: "busy".to_owned(),
            retryable,
            particulars: serde_json::Map::new(),
        }
    }

    #[test]
    fn an_account_waits_for_its_answer_before_it_sends_again() {
        let mut accounts = accounts(4);
        assert_eq!(accounts.take(3).senders, [0, 1, 2]);
        assert_eq!(accounts.take(3).senders, [3]);
        assert!(accounts.is_idle());
        accounts.settle(2, &taken());
        assert_eq!(accounts.take(3).senders, [2]);
    }

    #[test]
    fn what_is_shed_is_sent_again_before_what_was_signed_after_it() {
        let mut accounts = accounts(1);
        let first = accounts.take(1).parameters;
        accounts.settle(0, &refused(true));
        let again = accounts.take(1).parameters;
        assert_eq!(again, first);
        accounts.settle(0, &taken());
        assert_ne!(accounts.take(1).parameters, first);
    }

    #[test]
    fn what_can_never_be_taken_is_not_sent_again() {
        let mut accounts = accounts(1);
        accounts.take(1);
        accounts.settle(0, &refused(false));
        assert!(accounts.is_idle());
    }

    #[test]
    fn an_account_without_an_answer_never_sends_again() {
        let mut accounts = accounts(2);
        accounts.take(2);
        accounts.lose(&[0]);
        accounts.settle(1, &taken());
        assert_eq!(accounts.take(2).senders, [1]);
        accounts.sign_transfers(6, terms());
        assert_eq!(accounts.take(2).senders, [1]);
    }

    #[test]
    fn an_account_ends_with_what_was_signed() {
        let mut accounts = accounts(1);
        for _ in 0..3 {
            assert_eq!(accounts.take(1).senders, [0]);
            accounts.settle(0, &taken());
        }
        assert!(accounts.is_idle());
    }
}
