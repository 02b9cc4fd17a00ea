//! The file that convinces a stranger: one claim, and the way from it to the
//! signatures of validators.
//!
//! ```text
//! claim ─ path ─▶ root in a header ─▶ block id ─▶ certificate ─▶ validators
//! ```
//!
//! Roots in a header are those after its parent, so what a block did is proved
//! by the header of the next one. Who the validators of that height are, the
//! reader must know: from genesis, or by following their changes.
//!
//! Invariant: if [`ChainProof::verify`] accepts, the claim is true on the chain
//! whose validators more than two thirds of power signed, and nothing in the
//! file but the claim decides what is read out of it.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::action::Value;
use crate::block::Header;
use crate::certificate::{Certificate, CertificateError};
use crate::codec::{BoundError, Canonical};
use crate::ids::{BlockId, GenesisHash, SignedTransactionId};
use crate::merkle::{InclusionProof, MerkleError, MerkleRoot};
use crate::numbers::Height;
use crate::receipt::{Event, OutcomeSummary, Receipt, ReceiptSummary};
use crate::state::{JournalState, StateKey};
use crate::state_proof::{StateProof, StateProofError};
use crate::validators::ValidatorSet;

/// The first bytes of every proof file. The last two are the version of the
/// format, so that a newer file is named as such.
const MAGIC: [u8; 8] = *b"PYRPRF\x01\x00";

/// A claim about the chain with all that is needed to check it, apart from the
/// validators' keys.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChainProof {
    #[serde(skip)]
    magic: Magic,
    /// What is claimed.
    pub claim: Claim,
    /// The header that commits to it.
    pub header: Header,
    /// Why that header is final.
    pub certificate: Certificate,
}

impl Canonical for ChainProof {
    const ENCODED_BYTES_MAX: usize = MAGIC.len()
        + 1
        + Receipt::ENCODED_BYTES_MAX
        + InclusionProof::ENCODED_BYTES_MAX
        + Header::ENCODED_BYTES_MAX
        + Certificate::ENCODED_BYTES_MAX;
}

/// Something that a header commits to. New kinds are added at the end.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Claim {
    /// What the state holds under a key, after the header's parent.
    State {
        /// The key, what is found, and the path.
        proof: StateProof,
    },
    /// What a transaction of the header's parent did.
    Receipt {
        /// The receipt.
        receipt: Receipt,
        /// Its place among the receipts.
        place: InclusionProof,
    },
    /// That a transaction is in the header's own block.
    Transaction {
        /// The transaction, by its signed id.
        transaction: SignedTransactionId,
        /// Its place among the transactions.
        place: InclusionProof,
    },
    /// One event of a transaction of the header's parent.
    Event {
        /// The event.
        event: Event,
        /// Its place among the events of the transaction.
        event_place: InclusionProof,
        /// What the transaction did, in short.
        receipt: ReceiptSummary,
        /// Its place among the receipts.
        place: InclusionProof,
    },
    /// An entry of a journal, after the header's parent.
    JournalEntry {
        /// The entry.
        entry: Value,
        /// Its place in the journal.
        place: InclusionProof,
        /// What the state holds under the journal.
        journal: StateProof,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
struct Magic;

impl BorshSerialize for Magic {
    fn serialize<W: std::io::Write>(&self, writer: &mut W) -> std::io::Result<()> {
        writer.write_all(&MAGIC)
    }
}

impl BorshDeserialize for Magic {
    fn deserialize_reader<R: std::io::Read>(reader: &mut R) -> std::io::Result<Self> {
        if <[u8; 8]>::deserialize_reader(reader)? == MAGIC {
            return Ok(Self);
        }
        let rule = "it begins with PYRPRF and version 1; this is another file or a newer version";
        Err(BoundError::Rule {
            what: "proof file",
            rule,
        }
        .into())
    }
}

/// Why a proof file proves nothing. Who made it is to blame.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainProofError {
    /// It is about another network.
    #[error("the proof is about the network {found}, not about {expected}")]
    WrongNetwork {
        /// The network one asks about.
        expected: GenesisHash,
        /// The network of the header.
        found: GenesisHash,
    },
    /// Path and root of a list do not meet.
    #[error("the claim is not what the header commits to: {0}")]
    List(#[from] MerkleError),
    /// Path and root of the state do not meet.
    #[error("the claim is not what the header commits to: {0}")]
    State(#[from] StateProofError),
    /// The key is none of the state tree: its absence there says nothing.
    #[error("the key is none of those that the state root commits to")]
    NotInTree,
    /// The transaction of an event failed, so it has none.
    #[error("the event is of a transaction that failed")]
    EventOfFailure,
    /// What is shown of the state is not a journal.
    #[error("the entry is of something that is not a journal")]
    NotAJournal,
    /// The certificate is for another block.
    #[error("the certificate is for block {certified}, the header is of block {header}")]
    OtherBlock {
        /// The block of the certificate.
        certified: BlockId,
        /// The block of the header.
        header: BlockId,
    },
    /// The validators are not those of this height.
    #[error("the validators given are not those that voted at height {height}")]
    OtherValidators {
        /// The height.
        height: Height,
    },
    /// The certificate is not theirs.
    #[error("the certificate does not hold: {0}")]
    Certificate(#[from] CertificateError),
}

impl ChainProof {
    /// Puts the parts together; nothing is checked.
    pub fn new(claim: Claim, header: Header, certificate: Certificate) -> Self {
        Self {
            magic: Magic,
            claim,
            header,
            certificate,
        }
    }

    /// Whether the claim holds on this network, given the validators of the
    /// header's height. Returns the height of the block after which, or in
    /// which, it holds; 0 is the state of genesis.
    pub fn verify(
        &self,
        genesis: GenesisHash,
        validators: &ValidatorSet,
    ) -> Result<Height, ChainProofError> {
        let header = &self.header;
        if header.genesis != genesis {
            let found = header.genesis;
            return Err(ChainProofError::WrongNetwork {
                expected: genesis,
                found,
            });
        }
        self.verify_claim()?;
        let (id, certified) = (header.id(), self.certificate.value());
        if certified != id || self.certificate.height() != header.height {
            return Err(ChainProofError::OtherBlock {
                certified,
                header: id,
            });
        }
        if validators.root() != header.validators_root {
            return Err(ChainProofError::OtherValidators {
                height: header.height,
            });
        }
        self.certificate.verify(genesis, validators)?;
        Ok(self.height())
    }

    fn height(&self) -> Height {
        match self.claim {
            Claim::Transaction { .. } => self.header.height,
            // The header's roots are those after its parent.
            Claim::State { .. }
            | Claim::Receipt { .. }
            | Claim::Event { .. }
            | Claim::JournalEntry { .. } => Height::new(self.header.height.get().saturating_sub(1)),
        }
    }

    fn verify_claim(&self) -> Result<(), ChainProofError> {
        let header = &self.header;
        match &self.claim {
            Claim::State { proof } => {
                // Entries of journals are beside the tree: that the tree has
                // none is true of those that exist as well.
                let key = StateKey::decode(&proof.key);
                if !key.is_ok_and(|key| key.is_in_tree()) {
                    return Err(ChainProofError::NotInTree);
                }
                Ok(proof.verify(header.state_root)?)
            }
            Claim::Receipt { receipt, place } => {
                Ok(place.verify(header.receipts_root, &receipt.summary().encode())?)
            }
            Claim::Transaction { transaction, place } => {
                Ok(place.verify(header.tx_root, transaction.get().as_bytes())?)
            }
            Claim::Event {
                event,
                event_place,
                receipt,
                place,
            } => {
                place.verify(header.receipts_root, &receipt.encode())?;
                let OutcomeSummary::Applied { events_root } = receipt.outcome else {
                    return Err(ChainProofError::EventOfFailure);
                };
                Ok(event_place.verify(events_root, &event.encode())?)
            }
            Claim::JournalEntry {
                entry,
                place,
                journal,
            } => {
                journal.verify(header.state_root)?;
                let root = journal_root(journal).ok_or(ChainProofError::NotAJournal)?;
                Ok(place.verify(root, entry)?)
            }
        }
    }
}

/// The commitment to the entries of the journal that a proof of state shows.
fn journal_root(proof: &StateProof) -> Option<MerkleRoot> {
    let StateKey::Journal { .. } = StateKey::decode(&proof.key).ok()? else {
        return None;
    };
    let state = JournalState::decode(proof.value()?).ok()?;
    Some(state.entries.root())
}
