//! Taking a transaction into the pool: what is checked, and in which order.

use pyralog_primitives::state::AccountState;
use pyralog_primitives::transaction::NONCE_GAP_MAX;
use pyralog_primitives::{Amount, Nonce, TimestampMs};

use super::checked::Checked;
use super::pool::{Mempool, Taken};
use super::queue::{Arrival, Entry, Queue};
use super::rejection::Rejection;
use super::status::{Departure, Eviction, Left};
use super::{Accounts, Fate};

/// A tenth. Less, and each replacement is sent to everyone for nothing; more,
/// and a stuck transaction is dear to free.
const REPLACEMENT_DIVISOR: u128 = 10;

/// What taking a transaction did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Admitted {
    /// What left for it: the one that it replaced, and what had to make room.
    pub left: Vec<Left>,
}

/// What must give way in the sender's own queue.
enum Place {
    Free,
    /// The nonce is taken.
    Replaces,
    /// The queue is full; the last one, which is behind a gap, goes.
    Displaces(Nonce),
}

impl Mempool {
    /// Takes a transaction, if it fits the rules. The account is read only if
    /// the sender has nothing pending; an error of reading changes nothing.
    pub fn admit<A: Accounts>(
        &mut self,
        now: TimestampMs,
        checked: Checked,
        accounts: &A,
    ) -> Result<Fate, A::Error> {
        let account = match self.account_of(&checked) {
            Some(account) => account,
            None => accounts.account(&checked.sender())?,
        };
        Ok(self.admit_from(now, checked, account))
    }

    /// The account of its sender, if the pool knows it.
    pub(super) fn account_of(&self, checked: &Checked) -> Option<AccountState> {
        Some(self.senders.get(&checked.sender())?.account)
    }

    /// Takes a transaction whose sender has this account.
    pub(super) fn admit_from(
        &mut self,
        now: TimestampMs,
        checked: Checked,
        account: AccountState,
    ) -> Fate {
        self.past.forget(now);
        let id = checked.id();
        if self.is_known(&id) {
            return Fate::Known;
        }
        match self.place_and_make_room(checked, account) {
            Ok(left) => {
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

    fn place_and_make_room(
        &mut self,
        checked: Checked,
        account: AccountState,
    ) -> Result<Vec<Left>, Rejection> {
        let arrival = self.next_arrival;
        let gone = self.insert(checked, account)?;
        match self.make_room(arrival) {
            Ok(victims) => {
                let mut left: Vec<Left> = gone.into_iter().map(|(_, left)| left).collect();
                left.extend(victims.iter().map(super::eviction::Victim::left));
                Ok(left)
            }
            Err(rejection) => {
                self.put_back(gone.into_iter().map(|(taken, _)| taken));
                self.next_arrival = arrival;
                Err(rejection)
            }
        }
    }

    /// Puts a transaction into its sender's queue, whatever the room. Returns
    /// what had to leave that queue.
    pub(super) fn insert(
        &mut self,
        checked: Checked,
        account: AccountState,
    ) -> Result<Vec<(Taken, Left)>, Rejection> {
        self.rules.check_terms(&checked, self.next_height())?;
        let (id, sender, nonce) = (checked.id(), checked.sender(), checked.nonce());
        let place = {
            let queue = self.senders.get(&sender);
            let account = queue.map_or(account, |queue| queue.account);
            check_nonce(nonce, account.nonce)?;
            let place = self.find_place(queue, &checked)?;
            check_balance(queue, &checked, &account)?;
            place
        };
        let mut gone = Vec::new();
        let (nonce_gone, departure) = match place {
            Place::Free => (None, Departure::Replaced { by: id }),
            Place::Replaces => (Some(nonce), Departure::Replaced { by: id }),
            Place::Displaces(last) => {
                let reason = Eviction::SenderFull;
                (Some(last), Departure::Evicted { reason })
            }
        };
        if let Some(taken) = nonce_gone.and_then(|nonce| self.take(sender, nonce)) {
            let id = taken.id();
            gone.push((taken, Left { id, departure }));
        }
        let arrival = self.next_arrival;
        self.next_arrival = Arrival(arrival.0 + 1);
        self.put(Entry::new(checked, arrival), account);
        gone.extend(self.take_unpayable(sender));
        Ok(gone)
    }

    fn find_place(&self, queue: Option<&Queue>, checked: &Checked) -> Result<Place, Rejection> {
        let Some(queue) = queue else {
            return Ok(Place::Free);
        };
        let nonce = checked.nonce();
        if let Some(pending) = queue.get(nonce) {
            check_replacement(&pending.checked, checked)?;
            return Ok(Place::Replaces);
        }
        let max = self.limits.sender_count_max;
        if queue.entries().len() < max {
            return Ok(Place::Free);
        }
        match queue.last_nonce() {
            Some(last) if nonce < last && queue.marks.gapped_tail.is_some() => {
                Ok(Place::Displaces(last))
            }
            _ => Err(Rejection::TooManyOfSender { max }),
        }
    }
}

fn check_nonce(nonce: Nonce, next: Nonce) -> Result<(), Rejection> {
    // The very last one is never used, so that there always is a next.
    if nonce < next || nonce.next().is_none() {
        return Err(Rejection::NonceUsed { nonce, next });
    }
    let max = Nonce::new(next.get().saturating_add(NONCE_GAP_MAX));
    if nonce > max {
        return Err(Rejection::NonceGap { nonce, next, max });
    }
    Ok(())
}

fn check_balance(
    queue: Option<&Queue>,
    checked: &Checked,
    account: &AccountState,
) -> Result<(), Rejection> {
    let before = queue.map_or(Some(Amount::ZERO), |queue| {
        queue.spent_before(checked.nonce())
    });
    let needed = before
        .zip(checked.spends())
        .and_then(|(before, spends)| before.checked_add(spends));
    let balance = account.balance;
    match needed {
        Some(needed) if needed <= balance => Ok(()),
        _ => Err(Rejection::BalanceTooLow {
            needed: needed.unwrap_or(Amount::MAX),
            balance,
        }),
    }
}

fn check_replacement(pending: &Checked, newcomer: &Checked) -> Result<(), Rejection> {
    let tip_min = raised(pending.body().tip);
    let fee_max_min = raised(pending.body().fee_max);
    if newcomer.body().tip < tip_min || newcomer.body().fee_max < fee_max_min {
        return Err(Rejection::ReplacementTooCheap {
            tip_min,
            fee_max_min,
        });
    }
    Ok(())
}

/// A tenth more, rounded up, and one unit more at least.
fn raised(amount: Amount) -> Amount {
    let more = amount.get().div_ceil(REPLACEMENT_DIVISOR).max(1);
    Amount::new(amount.get().saturating_add(more))
}
