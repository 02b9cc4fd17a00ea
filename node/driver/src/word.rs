//! What nodes tell each other about blocks.
//!
//! Blocks travel by the ids of their transactions: who hears of one has most of
//! them already, and asks for the rest.

use borsh::{BorshDeserialize, BorshSerialize};
use pyralog_consensus::Message;
use pyralog_primitives::block::{
    BLOCK_BYTES_MAX, BLOCK_EVIDENCE_COUNT_MAX, BLOCK_TRANSACTION_COUNT_MAX, Block, Header,
};
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::codec::{Canonical, List};
use pyralog_primitives::transaction::Transaction;
use pyralog_primitives::vote::Evidence;
use pyralog_primitives::{BlockCount, BlockId, ByteCount, Height, LeafIndex, SignedTransactionId};

/// Final blocks in one answer. Lower, and who is far behind asks often; higher,
/// and one answer of small blocks takes long to check.
pub const FINAL_COUNT_MAX: usize = 256;
/// Transactions and final blocks are given in portions of this size. Lower, and
/// more round trips; higher, and a large answer holds up the votes behind it.
pub const PORTION_BYTES_MAX: ByteCount = ByteCount::new(4 * 1024 * 1024);
/// Transactions that are offered at once. Lower, and a busy node sends many
/// messages; more than a batch of signatures is checked in two.
pub const OFFERED_COUNT_MAX: usize = 1024;
/// Once an offer has so many bytes of transactions, no more are put into it.
/// Lower, and more answers; higher, and votes wait behind it, and who listens
/// keeps more in line.
pub const OFFERED_BYTES_MAX: ByteCount = ByteCount::new(64 * 1024);
/// What a message takes besides the block in it.
const OVERHEAD_BYTES_MAX: usize = 96 * 1024;

/// Names an offer of one node to its peers.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize,
)]
pub struct OfferNumber(u64);

impl OfferNumber {
    /// That of an offer to which no answer is wanted.
    pub const UNANSWERED: Self = Self(0);

    /// The offer of this number.
    pub const fn new(raw: u64) -> Self {
        Self(raw)
    }

    /// The one after it; the first follows [`Self::UNANSWERED`].
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// A transaction's place in an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct OfferPlace(u16);

impl OfferPlace {
    /// All places, in order.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..=u16::MAX).map(Self)
    }

    /// The place in memory.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

const _: () = assert!(OFFERED_COUNT_MAX <= u16::MAX as usize, "each has a place");

/// Something that one node tells another. New kinds are added at the end.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Word {
    /// What validators tell each other.
    Consensus(Message),
    /// A block that is not final, for a proposal or because it was asked for.
    Block(Box<CompactBlock>),
    /// Asks for that.
    WantBlock {
        /// Which block.
        block: BlockId,
    },
    /// Asks for transactions of a block.
    WantTransactions {
        /// Which block.
        block: BlockId,
        /// Their places in it, in order.
        places: List<LeafIndex, BLOCK_TRANSACTION_COUNT_MAX>,
    },
    /// Transactions of a block: the first of those that were asked for, as far
    /// as they fit.
    Transactions {
        /// Which block.
        block: BlockId,
        /// With their places.
        transactions: List<(LeafIndex, Transaction), BLOCK_TRANSACTION_COUNT_MAX>,
    },
    /// The sender has made durable all blocks up to this height.
    Tip {
        /// The height.
        height: Height,
    },
    /// Asks for final blocks.
    WantFinal {
        /// From which height on.
        from: Height,
        /// How many at most.
        count: BlockCount,
    },
    /// Final blocks, one height after the other.
    Final(List<FinalBlock, FINAL_COUNT_MAX>),
    /// Transactions that wait for a block.
    Offer {
        /// What the answer names.
        number: OfferNumber,
        /// The transactions.
        transactions: List<Transaction, OFFERED_COUNT_MAX>,
    },
    /// An offer was looked at.
    Took {
        /// Which one.
        number: OfferNumber,
        /// What of it found no room now, in order: it may be offered again.
        missed: List<OfferPlace, OFFERED_COUNT_MAX>,
    },
    /// Was asked for final blocks, and has given so much lately that it gives
    /// none now.
    Busy {
        /// From which height on it was asked.
        from: Height,
    },
}

impl Canonical for Word {
    const ENCODED_BYTES_MAX: usize = BLOCK_BYTES_MAX + OVERHEAD_BYTES_MAX;
}

const _: () = assert!(Message::ENCODED_BYTES_MAX < Word::ENCODED_BYTES_MAX);
const _: () = assert!(Certificate::ENCODED_BYTES_MAX < OVERHEAD_BYTES_MAX);
const _: () = assert!(
    PORTION_BYTES_MAX.get() + 8 * (BLOCK_TRANSACTION_COUNT_MAX as u64)
        < Word::ENCODED_BYTES_MAX as u64
);

/// A block without its transactions.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct CompactBlock {
    /// What the block commits to.
    pub header: Header,
    /// Its transactions, by id and signature.
    pub transactions: List<SignedTransactionId, BLOCK_TRANSACTION_COUNT_MAX>,
    /// Its evidence.
    pub evidence: List<Evidence, BLOCK_EVIDENCE_COUNT_MAX>,
    /// Why its parent is final.
    pub parent_certificate: Option<Certificate>,
}

impl CompactBlock {
    /// A block, with the ids of its transactions.
    pub fn of(block: &Block) -> Self {
        let ids = block.transactions.iter().map(Transaction::signed_id);
        Self {
            header: block.header.clone(),
            transactions: List::new(ids.collect()).expect("the block has as many"),
            evidence: block.evidence.clone(),
            parent_certificate: block.parent_certificate.clone(),
        }
    }

    /// The block, with its transactions in order.
    pub(crate) fn with(&self, transactions: Vec<Transaction>) -> Block {
        Block {
            header: self.header.clone(),
            transactions: List::new(transactions).expect("the list of ids is as long"),
            evidence: self.evidence.clone(),
            parent_certificate: self.parent_certificate.clone(),
        }
    }
}

/// A block, and why it is final.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct FinalBlock {
    /// The block.
    pub block: Box<Block>,
    /// Why.
    pub certificate: Certificate,
}
