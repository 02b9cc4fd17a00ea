//! The bounds and the default of every number in a document, in one table.
//!
//! Each row says what breaks below and above its bounds. Parsing, validation,
//! the comments of a new document and the tables of the specification follow
//! these rows.

use pyralog_primitives::block::Header;
use pyralog_primitives::block::{
    BLOCK_BYTES_MAX as BLOCK_BYTES_ANYWHERE, BLOCK_EVIDENCE_COUNT_MAX,
};
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::codec::Canonical;
use pyralog_primitives::transaction::TRANSACTION_BYTES_MAX as TRANSACTION_BYTES_ANYWHERE;
use pyralog_primitives::vote::Evidence;

use crate::parameters::BLOCK_OVERHEAD_BYTES;
use crate::problem::Problem;
use crate::quantity::{Quantity, Unit};

const KIB: u128 = 1024;
const MIB: u128 = 1024 * KIB;

/// One number of the document: its key, what it may be, and what it is when
/// nobody says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Limit {
    pub(crate) key: &'static str,
    pub(crate) unit: Unit,
    min: u128,
    default: u128,
    max: u128,
    /// What it means, for the comment in a new document.
    pub(crate) about: &'static str,
}

impl Limit {
    const fn new(
        key: &'static str,
        unit: Unit,
        [min, default, max]: [u128; 3],
        about: &'static str,
    ) -> Self {
        assert!(min <= default && default <= max);
        Self {
            key,
            unit,
            min,
            default,
            max,
            about,
        }
    }

    pub(crate) fn check(&self, number: u128) -> Result<(), Problem> {
        if number < self.min {
            Err(Problem::BelowMin { min: self.min() })
        } else if number > self.max {
            Err(Problem::AboveMax { max: self.max() })
        } else {
            Ok(())
        }
    }

    pub(crate) const fn min(&self) -> Quantity {
        Quantity::new(self.min, self.unit)
    }

    pub(crate) const fn max(&self) -> Quantity {
        Quantity::new(self.max, self.unit)
    }

    pub(crate) const fn default(&self) -> Quantity {
        Quantity::new(self.default, self.unit)
    }

    pub(crate) const fn default_number(&self) -> u128 {
        self.default
    }
}

/// Lower, and a transaction of full size no longer fits beside the largest
/// certificate; higher than the codec allows, and no node could decode it.
const BLOCK_BYTES_MAX: Limit = Limit::new(
    "block_bytes_max",
    Unit::Bytes,
    [128 * KIB, 2 * MIB, 16 * MIB],
    "The longest block, encoded",
);

/// Lower, and a batch of transfers does not fit (the default also fits one value
/// of the largest size); higher than the codec allows,
/// and no node could decode it.
const TRANSACTION_BYTES_MAX: Limit = Limit::new(
    "transaction_bytes_max",
    Unit::Bytes,
    [KIB, 128 * KIB, 256 * KIB],
    "The longest transaction, encoded",
);

/// Lower, and no useful transaction fits a block; higher, and one block takes
/// longer to execute than a round of voting.
const BLOCK_COMPUTE_MAX: Limit = Limit::new(
    "block_compute_max",
    Unit::Plain,
    [1_000_000, 50_000_000, 10_000_000_000],
    "The compute units that the transactions of a block may use together",
);

/// An eighth of less than eight units is nothing: the fee would never move.
/// Higher than a token, and a typing error makes the network unusable.
const BASE_FEE: (u128, u128) = (8, 1_000_000_000);

const BASE_FEE_INITIAL: Limit = Limit::new(
    "base_fee_initial",
    Unit::Plain,
    [BASE_FEE.0, 100, BASE_FEE.1],
    "The fee per byte and per compute unit in the first block, in smallest units",
);

const BASE_FEE_MIN: Limit = Limit::new(
    "base_fee_min",
    Unit::Plain,
    [BASE_FEE.0, 10, BASE_FEE.1],
    "The fee never falls below this, in smallest units",
);

/// Lower, and a transaction is void before slow clients get it to a block;
/// higher, and mempools hold what was long given up.
const TRANSACTION_LIFETIME_BLOCKS_MAX: Limit = Limit::new(
    "transaction_lifetime_blocks_max",
    Unit::Plain,
    [10, 1_000, 100_000],
    "How far ahead of the chain the last height of a transaction may lie, in blocks",
);

/// Lower than clocks of real machines agree, and good proposals are refused;
/// higher, and a proposer sets the time as it likes.
const TIME_DRIFT_MAX: Limit = Limit::new(
    "time_drift_max",
    Unit::Milliseconds,
    [10, 500, 60_000],
    "How far ahead of a validator's clock the time of a proposal may lie",
);

/// Lower, and a proof of double voting comes too late; higher, and validators
/// of the past must be remembered for years.
const EVIDENCE_AGE_BLOCKS_MAX: Limit = Limit::new(
    "evidence_age_blocks_max",
    Unit::Plain,
    [100, 100_000, 10_000_000],
    "How old evidence against a validator may be, in blocks",
);

/// Never below the age of evidence, or stake leaves before it can be punished.
const UNBONDING_BLOCKS: Limit = Limit::new(
    "unbonding_blocks",
    Unit::Plain,
    [100, 120_000, 10_000_000],
    "How long stake stays bound after it is withdrawn, in blocks, never less than evidence may be old",
);

/// The section `[parameters]`, in the order of its encoding.
pub(crate) const PARAMETERS: [Limit; 9] = [
    BLOCK_BYTES_MAX,
    TRANSACTION_BYTES_MAX,
    BLOCK_COMPUTE_MAX,
    BASE_FEE_INITIAL,
    BASE_FEE_MIN,
    TRANSACTION_LIFETIME_BLOCKS_MAX,
    TIME_DRIFT_MAX,
    EVIDENCE_AGE_BLOCKS_MAX,
    UNBONDING_BLOCKS,
];

/// The section `[consensus]` of kind `solo`. A shorter interval only spins;
/// over a longer one a user believes that the node has stopped.
pub(crate) const SOLO: [Limit; 1] = [Limit::new(
    "block_interval",
    Unit::Milliseconds,
    [10, 1_000, 60_000],
    "The time between blocks",
)];

/// The section `[consensus]` of kinds `pbft` and `tendermint`. Timeouts
/// shorter than a packet travels waste rounds; over longer ones a single
/// silent proposer stops the network for a minute. The step is never nothing:
/// timeouts that do not grow may never be long enough.
pub(crate) const ROUND: [Limit; 4] = [
    Limit::new(
        "timeout_propose",
        Unit::Milliseconds,
        [50, 3_000, 60_000],
        "How long to wait for the proposal of round 0",
    ),
    Limit::new(
        "timeout_vote",
        Unit::Milliseconds,
        [50, 1_000, 60_000],
        "How long to wait in round 0 for missing votes, once two thirds have voted",
    ),
    Limit::new(
        "timeout_step",
        Unit::Milliseconds,
        [10, 500, 10_000],
        "What each further round adds to both timeouts",
    ),
    Limit::new(
        "empty_block_interval",
        Unit::Milliseconds,
        [10, 5_000, 600_000],
        "How long a proposer waits for transactions before it proposes an empty block",
    ),
];

// Limits of this table never promise what the codec refuses.
const _: () = {
    assert!(BLOCK_BYTES_MAX.max == BLOCK_BYTES_ANYWHERE as u128);
    assert!(TRANSACTION_BYTES_MAX.max == TRANSACTION_BYTES_ANYWHERE as u128);
    let counts_and_option = 4 + 4 + 1;
    let evidence = BLOCK_EVIDENCE_COUNT_MAX * Evidence::ENCODED_BYTES_MAX;
    let rest = Header::ENCODED_BYTES_MAX + Certificate::ENCODED_BYTES_MAX;
    assert!(BLOCK_OVERHEAD_BYTES.get() >= (counts_and_option + evidence + rest) as u64);
};

#[cfg(test)]
mod tests {
    use super::*;

    const SPECIFICATION: &str = include_str!("../../docs/src/spec/genesis.md");

    #[test]
    fn a_limit_holds_at_its_ends_and_not_beyond() {
        for limit in PARAMETERS.iter().chain(&SOLO).chain(&ROUND) {
            let (min, max) = (limit.min(), limit.max());
            assert_eq!(limit.check(limit.min), Ok(()));
            assert_eq!(limit.check(limit.max), Ok(()));
            let below = limit.check(limit.min - 1);
            assert_eq!(below, Err(Problem::BelowMin { min }));
            let above = limit.check(limit.max + 1);
            assert_eq!(above, Err(Problem::AboveMax { max }));
        }
    }

    #[test]
    fn the_specification_has_a_row_for_each_limit() {
        for limit in PARAMETERS.iter().chain(&SOLO).chain(&ROUND) {
            let (min, default, max) = (limit.min(), limit.default(), limit.max());
            let row = format!("| `{}` | {default} | {min} | {max} |", limit.key);
            let has_row = SPECIFICATION.contains(&row);
            assert!(has_row, "docs/src/spec/genesis.md needs the row: {row}");
        }
    }
}
