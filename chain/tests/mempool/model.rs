//! The rules once more: a list, searched from end to end for every answer.

use std::collections::BTreeMap;

use pyralog_chain::mempool::{
    BlockSpace, Checked, Departure, Eviction, Included, Left, Limits, Priority, REMEMBERED_FOR,
    Rejection, Standing, Status,
};
use pyralog_genesis::Parameters;
use pyralog_primitives::state::AccountState;
use pyralog_primitives::{Address, Amount, ByteCount, Height, Nonce, TimestampMs, TransactionId};

#[derive(Clone, Debug)]
pub(crate) struct Pending {
    pub(crate) checked: Checked,
    pub(crate) arrival: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct Model {
    pub(crate) pending: Vec<Pending>,
    accounts: BTreeMap<Address, AccountState>,
    pub(crate) height: Height,
    pub(crate) base_fee: Amount,
    limits: Limits,
    parameters: Parameters,
    past: BTreeMap<TransactionId, (TimestampMs, Status)>,
    arrivals: u64,
}

/// What the model says of an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Admitted(Vec<Left>),
    Known,
    Rejected(Rejection),
}

/// The order in which queues lose their ends: the least first.
type Worth = (Standing, u128, std::cmp::Reverse<u64>);

impl Model {
    pub(crate) fn new(limits: Limits, height: Height, base_fee: Amount) -> Self {
        Self {
            pending: Vec::new(),
            accounts: BTreeMap::new(),
            height,
            base_fee,
            limits,
            parameters: Parameters::default(),
            past: BTreeMap::new(),
            arrivals: 0,
        }
    }

    pub(crate) fn queue(&self, sender: Address) -> Vec<&Pending> {
        let own = |one: &&Pending| one.checked.sender() == sender;
        let mut queue: Vec<&Pending> = self.pending.iter().filter(own).collect();
        queue.sort_by_key(|one| one.checked.nonce());
        queue
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.pending
            .iter()
            .map(|one| one.checked.weight().get())
            .sum()
    }

    pub(crate) fn gapped_bytes(&self) -> u64 {
        let gapped = self
            .standings()
            .into_iter()
            .filter(|(_, at)| *at == Standing::Gapped);
        gapped.map(|(one, _)| one.checked.weight().get()).sum()
    }

    /// All that is pending, each with where it stands: by sender and nonce.
    pub(crate) fn standings(&self) -> Vec<(&Pending, Standing)> {
        let mut all: Vec<&Pending> = self.pending.iter().collect();
        all.sort_by_key(|one| (one.checked.sender(), one.checked.nonce()));
        let mut standings: Vec<(&Pending, Standing)> = Vec::new();
        for one in all {
            let sender = one.checked.sender();
            let before = standings
                .last()
                .filter(|(other, _)| other.checked.sender() == sender);
            let (expected, least) = match before {
                None => (self.accounts[&sender].nonce, Standing::Offered),
                Some((other, at)) => (other.checked.nonce().next().unwrap(), *at),
            };
            let own = if one.checked.nonce() != expected {
                Standing::Gapped
            } else if covers(&one.checked, self.base_fee) {
                Standing::Offered
            } else {
                Standing::Held
            };
            standings.push((one, own.min(least)));
        }
        standings
    }

    pub(crate) fn standing(&self, one: &Pending) -> Standing {
        let all = self.standings();
        let own = all.iter().find(|(other, _)| other.arrival == one.arrival);
        own.unwrap().1
    }

    pub(crate) fn next_nonce(&self, sender: Address, account: AccountState) -> Nonce {
        let mut next = self.account(sender, account).nonce;
        while self.at(sender, next).is_some() {
            next = next.next().unwrap();
        }
        next
    }

    fn at(&self, sender: Address, nonce: Nonce) -> Option<&Pending> {
        let same = |one: &&Pending| one.checked.sender() == sender && one.checked.nonce() == nonce;
        self.pending.iter().find(same)
    }

    fn account(&self, sender: Address, account: AccountState) -> AccountState {
        if self.queue(sender).is_empty() {
            account
        } else {
            self.accounts[&sender]
        }
    }

    pub(crate) fn status(&self, id: TransactionId) -> Status {
        if let Some(one) = self.pending.iter().find(|one| one.checked.id() == id) {
            let standing = self.standing(one);
            return Status::Pending { standing };
        }
        let past = self.past.get(&id);
        past.map_or(Status::Unknown, |(_, status)| status.clone())
    }

    fn forget(&mut self, now: TimestampMs) {
        self.past
            .retain(|_, (time, _)| now.get() - time.get() < REMEMBERED_FOR.get());
    }

    fn remember(&mut self, now: TimestampMs, left: &[Left]) {
        for Left { id, departure } in left {
            let status = match departure.clone() {
                Departure::Evicted { reason } => Status::Evicted { reason },
                Departure::Replaced { by } => Status::Replaced { by },
                Departure::Expired { valid_until } => Status::Expired { valid_until },
                Departure::Included { height } => Status::Included { height },
            };
            self.past.insert(*id, (now, status));
        }
    }

    pub(crate) fn admit(
        &mut self,
        now: TimestampMs,
        checked: &Checked,
        account: AccountState,
    ) -> Answer {
        self.forget(now);
        self.offer(now, checked, account, true)
    }

    fn offer(
        &mut self,
        now: TimestampMs,
        checked: &Checked,
        account: AccountState,
        make_room: bool,
    ) -> Answer {
        let id = checked.id();
        let pending = self.pending.iter().any(|one| one.checked.id() == id);
        if pending || matches!(self.status(id), Status::Included { .. }) {
            return Answer::Known;
        }
        let before = (self.pending.clone(), self.accounts.clone(), self.arrivals);
        match self.try_offer(checked, account, make_room) {
            Ok(left) => {
                self.past.remove(&id);
                self.remember(now, &left);
                Answer::Admitted(left)
            }
            Err(rejection) => {
                (self.pending, self.accounts, self.arrivals) = before;
                let reason = rejection.clone();
                self.past.insert(id, (now, Status::Rejected { reason }));
                Answer::Rejected(rejection)
            }
        }
    }

    fn try_offer(
        &mut self,
        checked: &Checked,
        account: AccountState,
        make_room: bool,
    ) -> Result<Vec<Left>, Rejection> {
        let account = self.account(checked.sender(), account);
        self.check_terms(checked)?;
        check_nonce(checked, account.nonce)?;
        let mut left = Vec::new();
        let gone = self.place(checked)?;
        let sum = |queue: Vec<&Pending>| {
            let before = queue
                .into_iter()
                .filter(|one| one.checked.nonce() < checked.nonce());
            let spends = before.map(|one| one.checked.spends());
            let mut sum = 0u128;
            for spends in spends.chain([checked.spends()]) {
                sum = sum.checked_add(spends?.get())?;
            }
            Some(sum)
        };
        let needed = sum(self.queue(checked.sender()));
        if needed.is_none_or(|needed| needed > account.balance.get()) {
            return Err(Rejection::BalanceTooLow {
                needed: needed.map_or(Amount::MAX, Amount::new),
                balance: account.balance,
            });
        }
        if let Some((arrival, departure)) = gone {
            left.push(self.remove(arrival, departure));
        }
        let arrival = self.arrivals;
        self.arrivals += 1;
        self.pending.push(Pending {
            checked: checked.clone(),
            arrival,
        });
        self.accounts.insert(checked.sender(), account);
        left.extend(self.drop_unpayable(checked.sender()));
        if make_room {
            left.extend(self.make_room(Some((arrival, checked)))?);
        }
        Ok(left)
    }

    fn check_terms(&self, checked: &Checked) -> Result<(), Rejection> {
        let body = checked.body();
        let (valid_until, next) = (body.valid_until, Height::new(self.height.get() + 1));
        if valid_until < next {
            let height = next;
            return Err(Rejection::Expired {
                valid_until,
                height,
            });
        }
        let lifetime = self.parameters.transaction_lifetime_blocks_max.get();
        let max = Height::new(next.get() + lifetime);
        if valid_until > max {
            return Err(Rejection::ValidTooLong { valid_until, max });
        }
        Ok(())
    }

    /// What must leave the sender's queue for it.
    fn place(&self, checked: &Checked) -> Result<Option<(u64, Departure)>, Rejection> {
        if let Some(old) = self.at(checked.sender(), checked.nonce()) {
            let raised = |old: Amount| {
                let tenth = old.get() / 10 + u128::from(!old.get().is_multiple_of(10));
                Amount::new(old.get() + tenth.max(1))
            };
            let tip_min = raised(old.checked.body().tip);
            let fee_max_min = raised(old.checked.body().fee_max);
            let body = checked.body();
            if body.tip < tip_min || body.fee_max < fee_max_min {
                return Err(Rejection::ReplacementTooCheap {
                    tip_min,
                    fee_max_min,
                });
            }
            let by = checked.id();
            return Ok(Some((old.arrival, Departure::Replaced { by })));
        }
        let queue = self.queue(checked.sender());
        let max = self.limits.sender_count_max;
        if queue.len() < max {
            return Ok(None);
        }
        let last = queue[queue.len() - 1];
        if self.standing(last) == Standing::Gapped && checked.nonce() < last.checked.nonce() {
            let reason = Eviction::SenderFull;
            return Ok(Some((last.arrival, Departure::Evicted { reason })));
        }
        Err(Rejection::TooManyOfSender { max })
    }

    fn remove(&mut self, arrival: u64, departure: Departure) -> Left {
        let place = self.pending.iter().position(|one| one.arrival == arrival);
        let id = self.pending.remove(place.unwrap()).checked.id();
        Left { id, departure }
    }

    fn drop_unpayable(&mut self, sender: Address) -> Vec<Left> {
        let balance = self
            .accounts
            .get(&sender)
            .copied()
            .unwrap_or_default()
            .balance;
        let mut sum = Some(0u128);
        let mut too_much = Vec::new();
        for one in self.queue(sender) {
            sum = sum.and_then(|sum| sum.checked_add(one.checked.spends()?.get()));
            if sum.is_none_or(|sum| sum > balance.get()) {
                too_much.push(one.arrival);
            }
        }
        let reason = Eviction::BalanceTooLow { balance };
        let drop = |arrival| self.remove(arrival, Departure::Evicted { reason });
        too_much.into_iter().rev().map(drop).collect()
    }

    /// The end of a queue that goes next: what it is worth, and which.
    fn cheapest(&self) -> (Worth, Priority, u64) {
        let all = self.standings();
        let ends =
            all.chunk_by(|(one, _), (other, _)| one.checked.sender() == other.checked.sender());
        ends.map(worth_of_end).min_by_key(|worth| worth.0).unwrap()
    }

    fn make_room(&mut self, newcomer: Option<(u64, &Checked)>) -> Result<Vec<Left>, Rejection> {
        let (mut left, mut owed, mut refused, mut price) = (Vec::new(), 0, None, Amount::ZERO);
        loop {
            let reason = if self.bytes() + owed > self.limits.bytes_max.get() {
                Eviction::PoolFull
            } else if self.gapped_bytes() > self.limits.gapped_bytes_max.get() {
                Eviction::GapsFull
            } else {
                break;
            };
            let ((standing, _, _), priority, arrival) = self.cheapest();
            if let Some((_, checked)) = newcomer.filter(|(own, _)| *own == arrival) {
                owed = checked.weight().get();
                refused = Some(standing);
            } else if let (Some(_), Some((_, checked))) = (refused, newcomer) {
                price = match standing {
                    Standing::Offered => least_tip_above(priority, checked),
                    Standing::Held | Standing::Gapped => Amount::ZERO,
                };
            }
            left.push(self.remove(arrival, Departure::Evicted { reason }));
        }
        match refused {
            None => Ok(left),
            Some(standing) => Err(Rejection::PoolFull {
                standing,
                tip_min: price,
            }),
        }
    }

    pub(crate) fn on_block(
        &mut self,
        now: TimestampMs,
        (height, base_fee): (Height, Amount),
        included: &[Included],
        accounts: &BTreeMap<Address, AccountState>,
    ) -> Vec<Left> {
        self.forget(now);
        let mut left = self.follow((height, base_fee), included, accounts);
        left.extend(self.make_room(None).unwrap());
        self.remember(now, &left);
        left
    }

    pub(crate) fn on_reorg(
        &mut self,
        now: TimestampMs,
        tip: (Height, Amount),
        included: &[Included],
        given_back: &[Checked],
        accounts: &BTreeMap<Address, AccountState>,
    ) -> (Vec<Left>, Vec<Answer>) {
        self.forget(now);
        for checked in given_back {
            self.past.remove(&checked.id());
        }
        let mut left = self.follow(tip, included, accounts);
        self.remember(now, &left);
        let mut answers = Vec::new();
        for checked in given_back {
            let account = accounts.get(&checked.sender()).copied().unwrap_or_default();
            answers.push(self.offer(now, checked, account, false));
        }
        let victims = self.make_room(None).unwrap();
        self.remember(now, &victims);
        left.extend(victims);
        (left, answers)
    }

    fn follow(
        &mut self,
        (height, base_fee): (Height, Amount),
        included: &[Included],
        accounts: &BTreeMap<Address, AccountState>,
    ) -> Vec<Left> {
        (self.height, self.base_fee) = (height, base_fee);
        let mut left = Vec::new();
        for one in included {
            let (id, height) = (one.id, one.height);
            left.push(Left {
                id,
                departure: Departure::Included { height },
            });
            if let Some(old) = self.at(one.sender, one.nonce) {
                let (arrival, old) = (old.arrival, old.checked.id());
                let lost = self.remove(arrival, Departure::Replaced { by: id });
                left.extend((old != id).then_some(lost));
            }
        }
        let senders: Vec<Address> = self.accounts.keys().copied().collect();
        for sender in senders {
            let account = accounts.get(&sender).copied().unwrap_or_default();
            self.accounts.insert(sender, account);
            let next = account.nonce;
            let used = |one: &&Pending| one.checked.nonce() < next;
            let used: Vec<u64> = self
                .queue(sender)
                .into_iter()
                .filter(used)
                .map(|one| one.arrival)
                .collect();
            for arrival in used {
                let reason = Eviction::NonceUsed { next };
                left.push(self.remove(arrival, Departure::Evicted { reason }));
            }
            left.extend(self.drop_unpayable(sender));
        }
        let mut expired: Vec<(Height, u64)> = self
            .pending
            .iter()
            .map(|one| (one.checked.body().valid_until, one.arrival))
            .filter(|(valid_until, _)| *valid_until <= height)
            .collect();
        expired.sort_unstable();
        for (valid_until, arrival) in expired {
            left.push(self.remove(arrival, Departure::Expired { valid_until }));
        }
        left
    }

    pub(crate) fn candidates(&self, space: BlockSpace) -> Vec<TransactionId> {
        let (mut bytes, mut compute) = (space.bytes.get(), space.compute.get());
        let offered = self
            .standings()
            .into_iter()
            .filter(|(_, at)| *at == Standing::Offered);
        // By sender and nonce.
        let mut open: Vec<&Pending> = offered.map(|(one, _)| one).collect();
        let mut chosen = Vec::new();
        while !open.is_empty() {
            let firsts = open.chunk_by(|one, other| one.checked.sender() == other.checked.sender());
            let best = firsts
                .map(|queue| queue[0])
                .max_by_key(|one| (one.checked.priority(), std::cmp::Reverse(one.arrival)));
            let best = best.unwrap();
            let (more, work) = (best.checked.bytes(), best.checked.body().compute_max);
            if more.get() <= bytes && work.get() <= compute {
                bytes -= more.get();
                compute -= work.get();
                chosen.push(best.checked.id());
                open.retain(|one| one.arrival != best.arrival);
            } else {
                open.retain(|one| one.checked.sender() != best.checked.sender());
            }
        }
        chosen
    }
}

fn check_nonce(checked: &Checked, next: Nonce) -> Result<(), Rejection> {
    let nonce = checked.nonce();
    if nonce < next {
        return Err(Rejection::NonceUsed { nonce, next });
    }
    if nonce.get() - next.get() > 64 {
        let max = Nonce::new(next.get() + 64);
        return Err(Rejection::NonceGap { nonce, next, max });
    }
    Ok(())
}

/// What the end of a queue is worth: as little as the least of those that it
/// waits for.
fn worth_of_end(queue: &[(&Pending, Standing)]) -> (Worth, Priority, u64) {
    let (last, standing) = queue[queue.len() - 1];
    let behind_gap = standing == Standing::Gapped;
    let peers = queue
        .iter()
        .filter(|(_, at)| (*at == Standing::Gapped) == behind_gap);
    let peers = peers.map(|(one, _)| &one.checked);
    let priority = peers.clone().map(Checked::priority).min().unwrap();
    let limit = peers.map(Checked::base_fee_limit).min().unwrap();
    let value = if standing == Standing::Held {
        limit.get()
    } else {
        priority.get()
    };
    let youngest = std::cmp::Reverse(last.arrival);
    ((standing, value, youngest), priority, last.arrival)
}

fn covers(checked: &Checked, base_fee: Amount) -> bool {
    let units = checked.bytes().get() + checked.body().compute_max.get();
    let burned = base_fee.get().checked_mul(units.into());
    let worst = burned.and_then(|burned| burned.checked_add(checked.body().tip.get()));
    worst.is_some_and(|worst| worst <= checked.body().fee_max.get())
}

/// By halving, with the definition of a priority only.
fn least_tip_above(priority: Priority, checked: &Checked) -> Amount {
    let units = u128::from(checked.bytes().get() + checked.body().compute_max.get());
    let is_above = |tip: u128| (tip << 32) / units > priority.get();
    let (mut low, mut high) = (0u128, 1 << 90);
    while low < high {
        let middle = u128::midpoint(low, high);
        if is_above(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Amount::new(low)
}

/// Room for so much.
pub(crate) fn space(bytes: u64, compute: u64) -> BlockSpace {
    BlockSpace {
        bytes: ByteCount::new(bytes),
        compute: pyralog_primitives::Compute::new(compute),
    }
}
