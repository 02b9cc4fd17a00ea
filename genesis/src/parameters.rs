//! The parameters of a network: what its blocks and transactions may be.

use borsh::{BorshDeserialize, BorshSerialize};
use pyralog_primitives::{
    Amount, BlockCount, ByteCount, Compute, Domain, DurationMs, ParametersHash,
};

use crate::collector::Collector;
use crate::limits::PARAMETERS;
use crate::mistakes::Mistakes;
use crate::rules;

/// What a block holds besides its transactions, at most: header, certificate
/// of a full validator set, evidence, and the counts of its lists.
pub const BLOCK_OVERHEAD_BYTES: ByteCount = ByteCount::new(40 * 1024);

/// The parameters in force. Those of a [`crate::Genesis`] are within bounds;
/// others are once [`Parameters::check`] says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, serde::Serialize)]
pub struct Parameters {
    /// The longest block, encoded.
    pub block_bytes_max: ByteCount,
    /// The longest transaction, encoded.
    pub transaction_bytes_max: ByteCount,
    /// The work that the transactions of one block may take together.
    pub block_compute_max: Compute,
    /// The price of a byte and of a compute unit in the first block.
    pub base_fee_initial: Amount,
    /// What that price never falls below.
    pub base_fee_min: Amount,
    /// How far ahead of the chain a transaction's `valid_until` may lie.
    pub transaction_lifetime_blocks_max: BlockCount,
    /// How far ahead of a validator's clock a proposal's time may lie.
    pub time_drift_max: DurationMs,
    /// How old evidence may be.
    pub evidence_age_blocks_max: BlockCount,
    /// How long stake stays bound after it is withdrawn.
    pub unbonding_blocks: BlockCount,
}

impl Parameters {
    /// The commitment that a header carries.
    pub fn hash(&self) -> ParametersHash {
        ParametersHash::new(Domain::Parameters.hash_encoded(self))
    }

    /// Whether they are within bounds and fit each other.
    pub fn check(&self) -> Result<(), Mistakes> {
        let mut report = Collector::without_lines();
        rules::check_parameters(&self.numbers().map(Some), &mut report);
        report.finish()
    }

    /// The numbers in the order of the table of limits.
    pub(crate) fn numbers(&self) -> [u128; PARAMETERS.len()] {
        [
            self.block_bytes_max.get().into(),
            self.transaction_bytes_max.get().into(),
            self.block_compute_max.get().into(),
            self.base_fee_initial.get(),
            self.base_fee_min.get(),
            self.transaction_lifetime_blocks_max.get().into(),
            self.time_drift_max.get().into(),
            self.evidence_age_blocks_max.get().into(),
            self.unbonding_blocks.get().into(),
        ]
    }

    /// The inverse of [`Self::numbers`], for numbers within their limits.
    pub(crate) fn from_numbers(numbers: [u128; PARAMETERS.len()]) -> Self {
        let [
            block,
            transaction,
            compute,
            initial,
            min,
            lifetime,
            drift,
            age,
            unbonding,
        ] = numbers;
        Self {
            block_bytes_max: ByteCount::new(within_u64(block)),
            transaction_bytes_max: ByteCount::new(within_u64(transaction)),
            block_compute_max: Compute::new(within_u64(compute)),
            base_fee_initial: Amount::new(initial),
            base_fee_min: Amount::new(min),
            transaction_lifetime_blocks_max: BlockCount::new(within_u64(lifetime)),
            time_drift_max: DurationMs::new(within_u64(drift)),
            evidence_age_blocks_max: BlockCount::new(within_u64(age)),
            unbonding_blocks: BlockCount::new(within_u64(unbonding)),
        }
    }
}

impl Default for Parameters {
    fn default() -> Self {
        Self::from_numbers(PARAMETERS.map(|limit| limit.default_number()))
    }
}

/// A number that its limit has admitted.
pub(crate) fn within_u64(number: u128) -> u64 {
    u64::try_from(number).expect("every limit of a 64-bit number is far below 2^64")
}
