//! Headers and blocks.
//!
//! A header's state and receipts roots are those after its *parent*, so that
//! execution overlaps agreement. A header holds no round: it does not change
//! when it is proposed again.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::certificate::Certificate;
use crate::codec::{Canonical, List, Version, required_option};
use crate::hash::{Domain, Hash};
use crate::ids::{
    BlockId, CertificateHash, GenesisHash, ParametersHash, SignedTransactionId, StateRoot,
};
use crate::keys::Address;
use crate::merkle::{MerkleRoot, merkle_root};
use crate::numbers::{Height, TimestampMs};
use crate::receipt::{Receipt, ReceiptSummary};
use crate::transaction::Transaction;
use crate::vote::Evidence;

/// Lower, and full blocks of small transfers do not fit; higher, and one peer
/// could hold a node's memory. Genesis may set a smaller limit.
pub const BLOCK_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Transfers, which have some 230 bytes, nearly fill the bytes above; more and
/// smaller ones only cost more to verify.
pub const BLOCK_TRANSACTION_COUNT_MAX: usize = 65_536;
/// More accusations wait for the next block.
pub const BLOCK_EVIDENCE_COUNT_MAX: usize = 64;

/// What a block commits to. Its hash is the block's id.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// The rules it follows.
    pub version: Version,
    /// The network it belongs to.
    pub genesis: GenesisHash,
    /// Its place.
    pub height: Height,
    /// When it was made; later than its parent's.
    pub time: TimestampMs,
    /// The block before it; zero for the first.
    pub parent: BlockId,
    /// Who made it.
    pub proposer: Address,
    /// Commits to the transactions: their signed ids, in order.
    pub tx_root: MerkleRoot,
    /// Commits to the evidence.
    pub evidence_root: MerkleRoot,
    /// The hash of the parent's certificate; zero for the first.
    pub parent_certificate: CertificateHash,
    /// The state after the parent.
    pub state_root: StateRoot,
    /// The receipts of the parent.
    pub receipts_root: MerkleRoot,
    /// Who votes on this block.
    pub validators_root: MerkleRoot,
    /// Who votes on the next one.
    pub next_validators_root: MerkleRoot,
    /// The parameters in force.
    pub parameters: ParametersHash,
    /// What makes it acceptable besides votes.
    pub seal: Seal,
}

/// What makes a block acceptable besides votes. Work and stake append theirs.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Seal {
    /// Nothing: votes decide.
    Empty,
}

impl Canonical for Header {
    const ENCODED_BYTES_MAX: usize = 1 + 10 * Hash::BYTES + 2 * 8 + Address::BYTES + 1;
}

impl Header {
    /// The id of the block.
    pub fn id(&self) -> BlockId {
        BlockId::new(Domain::Header.hash_encoded(self))
    }
}

/// A block, whole.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Block {
    /// What it commits to.
    pub header: Header,
    /// The transactions, in order of execution.
    pub transactions: List<Transaction, BLOCK_TRANSACTION_COUNT_MAX>,
    /// Proofs that validators broke the rules.
    pub evidence: List<Evidence, BLOCK_EVIDENCE_COUNT_MAX>,
    /// Why the parent is final; absent in the first block only.
    #[serde(deserialize_with = "required_option")]
    pub parent_certificate: Option<Certificate>,
}

impl Canonical for Block {
    const ENCODED_BYTES_MAX: usize = BLOCK_BYTES_MAX;
}

/// How a block contradicts its own header. Who sent it is to blame.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BlockError {
    /// Heights begin with 1.
    #[error("there is no block of height 0")]
    Height,
    /// The transactions are not those of the header.
    #[error("the transactions are not those that the header commits to")]
    Transactions,
    /// The evidence is not that of the header.
    #[error("the evidence is not that which the header commits to")]
    Evidence,
    /// One list has one order, and no proof twice.
    #[error("the evidence is not in ascending order of its encoding")]
    EvidenceOrder,
    /// The first block alone has no parent, and it has none.
    #[error("a block has a parent and its certificate, unless its height is 1")]
    Parent,
    /// The certificate is not that of the header.
    #[error("the parent certificate is not the one that the header commits to")]
    ParentCertificate,
    /// The certificate is for another block than the parent.
    #[error(
        "the parent certificate is for block {certified} of height {height}, not for the parent"
    )]
    OtherParent {
        /// The block of the certificate.
        certified: BlockId,
        /// Its height.
        height: Height,
    },
}

impl Block {
    /// The id, which is that of the header.
    pub fn id(&self) -> BlockId {
        self.header.id()
    }

    /// Whether the body is the one that the header commits to, and the
    /// certificate is about the parent. Who signed it is not looked at here.
    pub fn check_body(&self) -> Result<(), BlockError> {
        self.check_body_with_ids(self.transactions.iter().map(Transaction::signed_id))
    }

    /// The same, for those who know the signed ids of its transactions.
    pub fn check_body_with_ids(
        &self,
        ids: impl IntoIterator<Item = SignedTransactionId>,
    ) -> Result<(), BlockError> {
        if tx_root(ids) != self.header.tx_root {
            return Err(BlockError::Transactions);
        }
        if evidence_root(&self.evidence) != self.header.evidence_root {
            return Err(BlockError::Evidence);
        }
        let encoded = |evidence: &Evidence| evidence.encode();
        if !self
            .evidence
            .is_sorted_by(|one, next| encoded(one) < encoded(next))
        {
            return Err(BlockError::EvidenceOrder);
        }
        self.check_parent()
    }

    fn check_parent(&self) -> Result<(), BlockError> {
        let header = &self.header;
        if header.height < Height::FIRST {
            return Err(BlockError::Height);
        }
        let has_parent = header.parent != BlockId::ZERO;
        match (header.height.previous(), &self.parent_certificate) {
            (None, None) if !has_parent => match header.parent_certificate {
                CertificateHash::ZERO => Ok(()),
                _ => Err(BlockError::ParentCertificate),
            },
            (Some(previous), Some(certificate)) if has_parent => {
                let (certified, height) = (certificate.value(), certificate.height());
                if certificate.hash() != header.parent_certificate {
                    Err(BlockError::ParentCertificate)
                } else if (certified, height) != (header.parent, previous) {
                    Err(BlockError::OtherParent { certified, height })
                } else {
                    Ok(())
                }
            }
            _ => Err(BlockError::Parent),
        }
    }
}

/// The commitment to a block's transactions.
pub fn tx_root(ids: impl IntoIterator<Item = SignedTransactionId>) -> MerkleRoot {
    let ids: Vec<Hash> = ids.into_iter().map(SignedTransactionId::get).collect();
    merkle_root(ids.iter().map(|id| id.as_bytes().as_slice()))
}

/// The commitment to what a block's transactions did, for its child's header.
pub fn receipts_root(receipts: &[Receipt]) -> MerkleRoot {
    let summaries: Vec<ReceiptSummary> = receipts.iter().map(Receipt::summary).collect();
    encoded_root(&summaries)
}

/// The commitment to a block's evidence.
pub fn evidence_root(evidence: &[Evidence]) -> MerkleRoot {
    encoded_root(evidence)
}

fn encoded_root<T: Canonical>(items: &[T]) -> MerkleRoot {
    let encoded: Vec<Vec<u8>> = items.iter().map(Canonical::encode).collect();
    merkle_root(encoded.iter().map(Vec::as_slice))
}
