//! Making room: what is worth least goes, end of queue by end of queue.

use pyralog_primitives::Amount;

use super::checked::Checked;
use super::index::Cheapest;
use super::pool::{Mempool, Taken};
use super::queue::Arrival;
use super::rejection::Rejection;
use super::status::{Departure, Eviction, Left, Standing};

/// A transaction that went, and why.
pub(super) struct Victim {
    pub(super) taken: Taken,
    pub(super) why: Eviction,
}

impl Victim {
    pub(super) fn left(&self) -> Left {
        let reason = self.why;
        Left {
            id: self.taken.id(),
            departure: Departure::Evicted { reason },
        }
    }
}

impl Mempool {
    /// Takes out what is worth least until the rest fits. Where that includes
    /// the newcomer, nothing is taken out but the newcomer.
    pub(super) fn make_room(&mut self, newcomer: Arrival) -> Result<Vec<Victim>, Rejection> {
        let mut victims = Vec::new();
        while let Some((cheapest, why)) = self.next_victim(0) {
            let taken = self.take_cheapest(&cheapest);
            if taken.entry.arrival == newcomer {
                let checked = &taken.entry.checked;
                let tip_min = self.price_of_room(checked, &mut victims);
                self.put_back(victims.into_iter().map(|victim| victim.taken));
                let standing = cheapest.standing;
                return Err(Rejection::PoolFull { standing, tip_min });
            }
            victims.push(Victim { taken, why });
        }
        Ok(victims)
    }

    /// Takes out what is worth least until the rest fits, whatever it is.
    pub(super) fn trim(&mut self) -> Vec<Victim> {
        let mut victims = Vec::new();
        while let Some((cheapest, why)) = self.next_victim(0) {
            let taken = self.take_cheapest(&cheapest);
            victims.push(Victim { taken, why });
        }
        victims
    }

    pub(super) fn put_back(&mut self, taken: impl IntoIterator<Item = Taken>) {
        for Taken { entry, account } in taken {
            self.put(entry, account);
        }
    }

    /// What goes next, if so many bytes more must fit.
    fn next_victim(&self, more: u64) -> Option<(Cheapest, Eviction)> {
        if self.bytes().get() + more > self.limits.bytes_max.get() {
            return Some((self.indexes.cheapest()?, Eviction::PoolFull));
        }
        if self.gapped_bytes() > self.limits.gapped_bytes_max {
            return Some((self.indexes.cheapest_gapped()?, Eviction::GapsFull));
        }
        None
    }

    fn take_cheapest(&mut self, cheapest: &Cheapest) -> Taken {
        self.take_last(cheapest.sender)
            .expect("the indexes hold only senders that have something pending")
    }

    /// The least tip with which there would have been room. What is in the way
    /// joins the victims.
    fn price_of_room(&mut self, newcomer: &Checked, victims: &mut Vec<Victim>) -> Amount {
        let mut last = None;
        while let Some((cheapest, why)) = self.next_victim(newcomer.weight().get()) {
            let taken = self.take_cheapest(&cheapest);
            victims.push(Victim { taken, why });
            last = Some(cheapest);
        }
        match last {
            Some(last) if last.standing == Standing::Offered => {
                last.priority.tip_above(newcomer.units())
            }
            _ => Amount::ZERO,
        }
    }
}
