//! Following the chain: what a block, or a change of branch, does to the pool.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use pyralog_primitives::state::AccountState;
use pyralog_primitives::{Address, Amount, Height, Nonce, TimestampMs, TransactionId};

use super::checked::Checked;
use super::eviction::Victim;
use super::pool::{Mempool, Taken};
use super::status::{Departure, Eviction, Left};
use super::{Accounts, Admitted, Fate};

/// The block that the pool stands behind from now on.
#[derive(Clone, Copy, Debug)]
pub struct NewTip<'a> {
    /// Its height.
    pub height: Height,
    /// The base fee of the block after it.
    pub base_fee: Amount,
    /// What it holds; after a change of branch, what all blocks of the new
    /// branch hold.
    pub included: &'a [Included],
    /// All accounts that differ from before, of senders and receivers.
    pub touched: &'a [Address],
}

/// A transaction in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Included {
    /// Its id.
    pub id: TransactionId,
    /// Whose it is.
    pub sender: Address,
    /// Its nonce.
    pub nonce: Nonce,
    /// The height of its block.
    pub height: Height,
}

/// What a change of branch did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reorganized {
    /// What left the pool.
    pub left: Vec<Left>,
    /// What became of each transaction that was given back, in their order.
    pub given_back: Vec<(TransactionId, Fate)>,
}

impl Mempool {
    /// Follows the chain to a new block. Looks only at senders whose accounts
    /// it touched, and at what expires with it. An error of reading changes
    /// nothing.
    pub fn on_block<A: Accounts>(
        &mut self,
        now: TimestampMs,
        tip: &NewTip<'_>,
        accounts: &A,
    ) -> Result<Vec<Left>, A::Error> {
        let read = self.read_touched(tip, accounts)?;
        self.past.forget(now);
        let mut left = self.follow(tip, read);
        left.extend(self.trim().iter().map(Victim::left));
        self.past.record(now, &left);
        Ok(left)
    }

    /// Follows the chain to another branch. Transactions of blocks that are no
    /// longer part of it are given back, in their order, and offered again,
    /// if the new branch leaves them possible. An error of reading changes
    /// nothing.
    pub fn on_reorg<A: Accounts>(
        &mut self,
        now: TimestampMs,
        tip: &NewTip<'_>,
        given_back: Vec<Checked>,
        accounts: &A,
    ) -> Result<Reorganized, A::Error> {
        let read = self.read_touched(tip, accounts)?;
        let mut senders = BTreeMap::new();
        for checked in &given_back {
            let sender = checked.sender();
            if let Entry::Vacant(place) = senders.entry(sender) {
                place.insert(accounts.account(&sender)?);
            }
        }
        self.past.forget(now);
        for checked in &given_back {
            self.past.erase(&checked.id());
        }
        let mut left = self.follow(tip, read);
        self.past.record(now, &left);
        let given_back = self.take_back(now, given_back, &senders);
        // Only now: what was given back may close the gaps of what is pending.
        let victims: Vec<Left> = self.trim().iter().map(Victim::left).collect();
        self.past.record(now, &victims);
        left.extend(victims);
        Ok(Reorganized { left, given_back })
    }

    fn read_touched<A: Accounts>(
        &self,
        tip: &NewTip<'_>,
        accounts: &A,
    ) -> Result<BTreeMap<Address, AccountState>, A::Error> {
        let senders = tip.included.iter().map(|included| &included.sender);
        let mut read = BTreeMap::new();
        for address in tip.touched.iter().chain(senders) {
            if self.senders.contains_key(address) && !read.contains_key(address) {
                read.insert(*address, accounts.account(address)?);
            }
        }
        Ok(read)
    }

    fn follow(&mut self, tip: &NewTip<'_>, read: BTreeMap<Address, AccountState>) -> Vec<Left> {
        self.height = tip.height;
        self.indexes.set_base_fee(tip.base_fee);
        let mut left = Vec::new();
        for included in tip.included {
            left.extend(self.take_included(included));
        }
        for (sender, account) in read {
            self.set_account(sender, account);
            left.extend(self.take_used(sender, account.nonce));
            left.extend(
                self.take_unpayable(sender)
                    .into_iter()
                    .map(|(_, left)| left),
            );
        }
        left.extend(self.take_expired());
        left
    }

    /// Notes the inclusion, also of what was not pending here, and takes out
    /// what had the same sender and nonce.
    fn take_included(&mut self, included: &Included) -> Vec<Left> {
        let Included {
            id,
            sender,
            nonce,
            height,
        } = *included;
        let mut left = vec![Left {
            id,
            departure: Departure::Included { height },
        }];
        let loser = self.take(sender, nonce).map(|taken| taken.id());
        left.extend(loser.filter(|loser| *loser != id).map(|loser| Left {
            id: loser,
            departure: Departure::Replaced { by: id },
        }));
        left
    }

    /// Takes out what the account has gone past.
    fn take_used(&mut self, sender: Address, next: Nonce) -> Vec<Left> {
        let mut left = Vec::new();
        while let Some(nonce) = self.first_nonce(sender).filter(|nonce| *nonce < next) {
            let Some(taken) = self.take(sender, nonce) else {
                break;
            };
            let reason = Eviction::NonceUsed { next };
            left.push(Left {
                id: taken.id(),
                departure: Departure::Evicted { reason },
            });
        }
        left
    }

    fn first_nonce(&self, sender: Address) -> Option<Nonce> {
        let first = self.senders.get(&sender)?.entries().first()?;
        Some(first.checked.nonce())
    }

    /// Takes out the end of a queue that the balance no longer pays for.
    pub(super) fn take_unpayable(&mut self, sender: Address) -> Vec<(Taken, Left)> {
        let mut gone = Vec::new();
        let Some(queue) = self.senders.get(&sender) else {
            return gone;
        };
        let balance = queue.account.balance;
        let Some(first) = queue.first_unpayable() else {
            return gone;
        };
        while self.last_nonce(sender).is_some_and(|last| last >= first) {
            let Some(taken) = self.take_last(sender) else {
                break;
            };
            let reason = Eviction::BalanceTooLow { balance };
            let id = taken.id();
            let departure = Departure::Evicted { reason };
            gone.push((taken, Left { id, departure }));
        }
        gone
    }

    fn last_nonce(&self, sender: Address) -> Option<Nonce> {
        self.senders.get(&sender)?.last_nonce()
    }

    fn take_expired(&mut self) -> Vec<Left> {
        let mut left = Vec::new();
        while let Some((sender, nonce)) = self.first_expired() {
            let Some(taken) = self.take(sender, nonce) else {
                break;
            };
            let valid_until = taken.entry.checked.body().valid_until;
            left.push(Left {
                id: taken.id(),
                departure: Departure::Expired { valid_until },
            });
        }
        left
    }

    fn take_back(
        &mut self,
        now: TimestampMs,
        given_back: Vec<Checked>,
        senders: &BTreeMap<Address, AccountState>,
    ) -> Vec<(TransactionId, Fate)> {
        let mut fates = Vec::with_capacity(given_back.len());
        for checked in given_back {
            let (id, account) = (checked.id(), senders[&checked.sender()]);
            fates.push((id, self.take_one_back(now, checked, account)));
        }
        fates
    }

    fn take_one_back(&mut self, now: TimestampMs, checked: Checked, account: AccountState) -> Fate {
        let id = checked.id();
        if self.is_known(&id) {
            return Fate::Known;
        }
        match self.insert(checked, account) {
            Ok(gone) => {
                let left: Vec<Left> = gone.into_iter().map(|(_, left)| left).collect();
                self.past.erase(&id);
                self.past.record(now, &left);
                Fate::Admitted(Admitted { left })
            }
            Err(rejection) => {
                self.past.record_refusal(now, id, rejection.clone());
                Fate::Rejected(rejection)
            }
        }
    }
}
