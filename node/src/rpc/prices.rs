//! What calls cost, and who has spent too much.
//!
//! Each address that calls has a bucket of price, filled at a constant rate up
//! to what comes in two seconds. A call that costs more than is left is
//! refused, with the time after which it would not be.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use pyralog_consensus::Tick;
use pyralog_primitives::DurationMs;

/// What a call costs that is not in the table: a read of one row.
const PRICE: u32 = 1;

/// What other calls cost: about as many times the cheapest read.
pub(crate) const PRICES: [(&str, u32); 13] = [
    ("pyralog_submitTransaction", 2),
    ("pyralog_submitTransactions", 64),
    ("pyralog_simulateTransaction", 5),
    ("pyralog_waitTransaction", 2),
    ("pyralog_block", 20),
    ("pyralog_receipts", 20),
    ("pyralog_entries", 20),
    ("pyralog_prove", 10),
    ("pyralog_subscribeEvents", 20),
    ("pyralog_subscribeBlocks", 20),
    ("block", 20),
    ("block_results", 20),
    ("commit", 20),
];

/// Addresses with a bucket that is not full. More at once, and those that have
/// spent least are forgotten; each takes some 100 bytes.
const BUCKET_COUNT_MAX: usize = 16_384;
/// How much a caller that was quiet may spend at once, in seconds of the rate.
const BURST_SECONDS: u64 = 2;
const MICROS: u64 = 1_000_000;

/// What a call of this method costs.
pub(crate) fn price_of(method: &str) -> u32 {
    let row = PRICES.iter().find(|(name, _)| *name == method);
    row.map_or(PRICE, |(_, price)| *price)
}

/// What each address has spent lately.
pub(crate) struct Buckets {
    /// Price in a second; 0 is no limit.
    rate: u32,
    spent: Mutex<BTreeMap<IpAddr, Bucket>>,
}

/// Spent price in millionths, as of a moment.
#[derive(Clone, Copy)]
struct Bucket {
    spent: u64,
    at: Tick,
}

impl Buckets {
    pub(crate) fn new(rate: u32) -> Self {
        Self {
            rate,
            spent: Mutex::default(),
        }
    }

    /// Spends, or says after how long there is enough.
    pub(crate) fn spend(&self, who: IpAddr, price: u32, now: Tick) -> Result<(), DurationMs> {
        if self.rate == 0 {
            return Ok(());
        }
        let rate = u64::from(self.rate);
        let most = rate * BURST_SECONDS * MICROS;
        // What costs more than a full bucket empties it.
        let price = (u64::from(price) * MICROS).min(most);
        let mut buckets = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        let who = network_of(who);
        let spent = buckets
            .get(&who)
            .map_or(0, |bucket| bucket.left_spent(rate, now));
        if spent + price > most {
            let missing = spent + price - most;
            return Err(DurationMs::new((missing / rate).div_ceil(1000)));
        }
        let spent = spent + price;
        buckets.insert(who, Bucket { spent, at: now });
        if buckets.len() > BUCKET_COUNT_MAX {
            forget(&mut buckets, rate, now);
        }
        Ok(())
    }
}

impl Bucket {
    /// What is still spent after it has filled up to now.
    fn left_spent(self, rate: u64, now: Tick) -> u64 {
        let micros = now.get().saturating_sub(self.at.get());
        self.spent.saturating_sub(micros.saturating_mul(rate))
    }
}

/// Who has one address of a version 6 network has them all.
fn network_of(who: IpAddr) -> IpAddr {
    match who.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// Forgets full buckets, and if all are in use, the half that spent least.
fn forget(buckets: &mut BTreeMap<IpAddr, Bucket>, rate: u64, now: Tick) {
    buckets.retain(|_, bucket| bucket.left_spent(rate, now) > 0);
    if buckets.len() <= BUCKET_COUNT_MAX / 2 {
        return;
    }
    let mut spent: Vec<u64> = buckets
        .values()
        .map(|bucket| bucket.left_spent(rate, now))
        .collect();
    let middle = spent.len() / 2;
    let (_, median, _) = spent.select_nth_unstable(middle);
    let median = *median;
    buckets.retain(|_, bucket| bucket.left_spent(rate, now) > median);
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHO: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    fn second(number: u64) -> Tick {
        Tick::new(number * MICROS)
    }

    #[test]
    fn a_caller_spends_a_burst_and_then_the_rate() {
        let buckets = Buckets::new(10);
        for _ in 0..20 {
            buckets.spend(WHO, 1, second(0)).unwrap();
        }
        assert_eq!(buckets.spend(WHO, 1, second(0)), Err(DurationMs::new(100)));
        for _ in 0..10 {
            buckets.spend(WHO, 1, second(1)).unwrap();
        }
        assert_eq!(buckets.spend(WHO, 1, second(1)), Err(DurationMs::new(100)));
    }

    #[test]
    fn one_caller_does_not_spend_for_another() {
        let buckets = Buckets::new(1);
        let other = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));
        buckets.spend(WHO, 2, second(0)).unwrap();
        assert!(buckets.spend(WHO, 1, second(0)).is_err());
        buckets.spend(other, 2, second(0)).unwrap();
        // All addresses of one version 6 network are one caller.
        let six = |last| IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, last));
        buckets.spend(six(1), 2, second(0)).unwrap();
        assert!(buckets.spend(six(2), 1, second(0)).is_err());
    }

    #[test]
    fn a_call_dearer_than_a_full_bucket_empties_it_and_no_rate_is_no_limit() {
        let buckets = Buckets::new(1);
        buckets.spend(WHO, 64, second(0)).unwrap();
        assert!(buckets.spend(WHO, 1, second(0)).is_err());
        let free = Buckets::new(0);
        for _ in 0..1000 {
            free.spend(WHO, u32::MAX, second(0)).unwrap();
        }
    }

    #[test]
    fn callers_without_end_take_no_memory_without_end() {
        let buckets = Buckets::new(1);
        for number in 0..100_000u32 {
            let who = IpAddr::V4(number.into());
            buckets.spend(who, 1 + number % 2, second(0)).unwrap();
        }
        assert!(buckets.spent.lock().unwrap().len() <= BUCKET_COUNT_MAX);
    }
}
