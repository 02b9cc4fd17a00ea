//! The costs together.

use std::fmt;
use std::io;
use std::num::NonZeroUsize;
use std::thread::available_parallelism;
use std::time::Duration;

use pyralog_primitives::ByteCount;
use pyralog_primitives::transaction::Transaction;

use crate::kernels::{self, Transfers};

/// What one transfer costs one node, in time of one core.
#[derive(Clone, Copy, Debug)]
pub struct Costs {
    /// Its signature, in batches.
    pub verify: Duration,
    /// Its bytes to a transaction with an id.
    pub decode: Duration,
    /// In from one peer and out to another one, in large pieces.
    pub wire: Duration,
    /// Two entries of the state tree, in large batches.
    pub root: Duration,
    /// Into a file, in large pieces, without a sync.
    pub write: Duration,
    /// The length of a transfer.
    pub bytes: ByteCount,
}

/// Why costs could not be measured.
#[derive(Debug, thiserror::Error)]
pub enum CostsError {
    /// There are none, or not all of one length, or not signed by their senders.
    #[error("give some transfers of one length, each signed by its sender")]
    Transfers,
    /// The machine did not let us.
    #[error("no file or no connection of our own: {0}")]
    Io(#[from] io::Error),
}

impl Costs {
    /// Measures with these transfers, a second's worth or so.
    pub fn measure(transfers: &[Transaction]) -> Result<Self, CostsError> {
        let transfers = Transfers::new(transfers)?;
        Ok(Self {
            verify: kernels::verify(&transfers)?,
            decode: kernels::decode(&transfers)?,
            wire: kernels::wire(&transfers)?,
            root: kernels::root(),
            write: kernels::write(&transfers)?,
            bytes: transfers.bytes(),
        })
    }

    /// All of them.
    pub fn sum(&self) -> Duration {
        self.verify + self.decode + self.wire + self.root + self.write
    }

    /// Signatures that one core verifies in a second, if it does nothing else.
    pub fn verified(&self) -> u64 {
        per_second(self.verify)
    }

    /// Transfers in a second on all cores, each processed by so many nodes.
    pub fn limit(&self, nodes: NonZeroUsize) -> u64 {
        per_second(self.sum()) * cores() / nodes.get() as u64
    }
}

/// The cores that we are given.
fn cores() -> u64 {
    available_parallelism().map_or(1, |cores| cores.get() as u64)
}

fn per_second(cost: Duration) -> u64 {
    let nanos = u64::try_from(cost.as_nanos()).unwrap_or(u64::MAX);
    1_000_000_000 / nanos.max(1)
}

impl fmt::Display for Costs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = |cost: Duration| format!("{:.2}", cost.as_secs_f64() * 1e6);
        write!(
            f,
            "a transfer of {} bytes costs a core at least {} µs: verify {}, decode {}, wire {}, root {}, write {}",
            self.bytes.get(),
            micros(self.sum()),
            micros(self.verify),
            micros(self.decode),
            micros(self.wire),
            micros(self.root),
            micros(self.write),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn costs() -> Costs {
        let micro = Duration::from_micros(1);
        Costs {
            verify: 6 * micro,
            decode: micro,
            wire: micro,
            root: micro,
            write: micro,
            bytes: ByteCount::new(250),
        }
    }

    #[test]
    fn the_limit_is_what_all_cores_do_shared_by_all_nodes() {
        let costs = costs();
        assert_eq!(costs.sum(), Duration::from_micros(10));
        assert_eq!(costs.verified(), 166_666);
        let limit = |nodes| costs.limit(NonZeroUsize::new(nodes).unwrap());
        assert_eq!(limit(1), 100_000 * cores());
        assert_eq!(limit(4), 25_000 * cores());
    }

    #[test]
    fn a_cost_that_no_clock_sees_is_no_division_by_zero() {
        assert_eq!(per_second(Duration::ZERO), 1_000_000_000);
    }
}
