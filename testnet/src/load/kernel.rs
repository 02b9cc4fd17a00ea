//! What this machine does at most, for comparison.

use std::fmt;
use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use pyralog_limit::Costs;
use pyralog_primitives::action::Action;
use pyralog_primitives::transaction::Transaction;
use pyralog_primitives::{Amount, Nonce, SecretKey};

use super::LoadError;
use super::accounts::{Terms, signed};

/// Transfers with which it is measured.
const TRANSFER_COUNT: u64 = 8 * 1024;

/// What this machine does at most.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kernel {
    /// Transfers that one core signs in a second.
    signed: u64,
    /// What one of them costs each node.
    pub(crate) costs: Costs,
}

impl Kernel {
    /// Transfers in a second, each processed by so many nodes of this machine.
    pub(crate) fn limit(&self, nodes: usize) -> u64 {
        let nodes = NonZeroUsize::new(nodes).unwrap_or(NonZeroUsize::MIN);
        self.costs.limit(nodes)
    }
}

impl fmt::Display for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verified = self.costs.verified();
        writeln!(f, "{}", self.costs)?;
        write!(
            f,
            "one core alone: {} signed/s, {verified} verified/s",
            self.signed
        )
    }
}

/// Signs transfers, and measures what they cost.
pub(super) fn measure(terms: Terms) -> Result<Kernel, LoadError> {
    let key = SecretKey::from_seed(&[1; 32]);
    let to = key.public_key().address();
    let amount = Amount::new(1);
    let start = Instant::now();
    let transfers = (0..TRANSFER_COUNT).map(|number| {
        // Not one signer: a key that comes again is cheaper to verify.
        let mut seed = [2; 32];
        seed[..8].copy_from_slice(&number.to_le_bytes());
        let key = SecretKey::from_seed(&seed);
        let action = Action::Transfer { to, amount };
        signed(&key, Nonce::new(0), vec![action], terms)
    });
    let transfers: Vec<Transaction> = transfers.collect();
    let signing = start.elapsed();
    Ok(Kernel {
        signed: per_second(TRANSFER_COUNT, signing),
        costs: Costs::measure(&transfers)?,
    })
}

fn per_second(count: u64, time: Duration) -> u64 {
    let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    count * 1_000_000 / micros.max(1)
}
