//! The statements that this program proves and verifies.
//!
//! No network has a registry of statements yet. The numbers here are those of
//! development, and each statement of Groth16 has its unsafe key.

use std::fmt;

use clap::ValueEnum;
use pyralog_primitives::ByteCount;
use pyralog_setup::DevCircuit;
use pyralog_zk::stark::{AIR_PROOF_BYTES_MAX, AirId, OptionsId, PROVEN_BITS_MIN};
use pyralog_zk::statement::{Registry, Statement, StatementId, System};
use serde::{Deserialize, Serialize};

use pyralog_zk::groth16::PROOF_BYTES;

/// A statement, by the name that people use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Known {
    /// Two notes are spent and two are made
    ShieldedTransfer,
    /// A sealed amount lies between two bounds
    SealedBid,
    /// More than two thirds of at most four members signed a block
    QuorumOfFour,
    /// A leaf is at a place under a root
    MerkleInclusion,
    /// Records lead a log from one lead to another
    AppendBatch,
    /// Headers lead from one point of a chain to another
    HeaderLinkage,
}

/// How a statement is proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Means {
    /// Groth16, with the key of this circuit.
    Circuit(DevCircuit, u16),
    /// A STARK over these constraints.
    Air(AirId),
}

impl Known {
    pub(crate) const ALL: [Self; 6] = [
        Self::ShieldedTransfer,
        Self::SealedBid,
        Self::QuorumOfFour,
        Self::MerkleInclusion,
        Self::AppendBatch,
        Self::HeaderLinkage,
    ];

    /// The number: its place in the list, from 1.
    pub(crate) const fn id(self) -> StatementId {
        StatementId::new(self as u32 + 1)
    }

    /// The statement with this number.
    pub(crate) fn of(id: StatementId) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.id() == id)
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::ShieldedTransfer => "shielded-transfer",
            Self::SealedBid => "sealed-bid",
            Self::QuorumOfFour => "quorum-of-four",
            Self::MerkleInclusion => "merkle-inclusion",
            Self::AppendBatch => "append-batch",
            Self::HeaderLinkage => "header-linkage",
        }
    }

    /// The means, with the number of public inputs of a circuit.
    pub(crate) const fn means(self) -> Means {
        match self {
            Self::ShieldedTransfer => Means::Circuit(DevCircuit::Transfer, 7),
            Self::SealedBid => Means::Circuit(DevCircuit::SealedBid, 4),
            Self::QuorumOfFour => Means::Circuit(DevCircuit::QuorumOfFour, 2),
            Self::MerkleInclusion => Means::Air(AirId::MerkleInclusion),
            Self::AppendBatch => Means::Air(AirId::AppendBatch),
            Self::HeaderLinkage => Means::Air(AirId::HeaderLinkage),
        }
    }

    /// The circuit, if it is one of Groth16.
    pub(crate) const fn circuit(self) -> Option<DevCircuit> {
        match self.means() {
            Means::Circuit(circuit, _) => Some(circuit),
            Means::Air(_) => None,
        }
    }

    /// The entry of the registry.
    pub(crate) fn statement(self) -> Statement {
        let (system, bytes) = match self.means() {
            Means::Circuit(circuit, inputs) => {
                let key = circuit.record().key;
                (System::Groth16 { key, inputs }, PROOF_BYTES)
            }
            Means::Air(air) => {
                let options = OptionsId::Standard;
                (System::Stark { air, options }, AIR_PROOF_BYTES_MAX)
            }
        };
        Statement {
            id: self.id(),
            system,
            proof_bytes_max: ByteCount::new(bytes as u64),
            compute_max: system.compute(),
        }
    }

    /// All, as a network would hold them.
    pub(crate) fn registry() -> Registry {
        let mut registry = Registry::default();
        for known in Self::ALL {
            let registered = registry.register(known.statement());
            registered.expect("a test registers each of them");
        }
        registry
    }

    /// What a proof of it says.
    pub(crate) const fn says(self) -> &'static str {
        match self {
            Self::ShieldedTransfer => "two notes are spent and two are made, of the same sum",
            Self::SealedBid => "the sealed amount lies between the two bounds",
            Self::QuorumOfFour => "more than two thirds of the power signed the block",
            Self::MerkleInclusion => "the leaf is at that place under the root",
            Self::AppendBatch => "records lead the log from the one lead to the other",
            Self::HeaderLinkage => "headers lead from the one point to the other",
        }
    }

    /// What it is worth.
    pub(crate) fn bits(self) -> String {
        match self.means() {
            Means::Circuit(..) => {
                "about 100 to 110 (pairing of BN254); none against a quantum computer".to_owned()
            }
            Means::Air(_) => format!(
                "at least {PROVEN_BITS_MIN} proven (hashes); about 85 against a quantum computer"
            ),
        }
    }

    /// What is hidden, and from whom.
    pub(crate) const fn hidden(self) -> &'static str {
        match self {
            Self::ShieldedTransfer => "from everybody: which notes, whose, how much, to whom",
            Self::SealedBid => "from everybody: amount, blinding, bidder",
            Self::QuorumOfFour => "from everybody: who signed; not hidden: the set",
            Self::MerkleInclusion | Self::AppendBatch | Self::HeaderLinkage => {
                "nothing, from nobody: not zero-knowledge"
            }
        }
    }

    /// What whoever accepts a proof must see to, in lines.
    pub(crate) const fn not_proved(self) -> &'static [&'static str] {
        match self {
            Self::ShieldedTransfer => &[
                "that the root is one of the pool's, and the network yours",
                "that the nullifiers differ, and from all before",
            ],
            Self::SealedBid => &[
                "that the commitment was sealed in time, by one who may bid",
                "that the bounds, and what it is shown for, are yours",
            ],
            Self::QuorumOfFour => &[
                "that these members may vote at that height",
                "that each owns its key, and signed nothing else",
            ],
            Self::MerkleInclusion => &["that the root is the one you trust"],
            Self::AppendBatch => &[
                "that the log stood at the old lead, all of it",
                "that a record was signed or allowed, or is to be had",
            ],
            Self::HeaderLinkage => &[
                "that both points are of the chain: check certificates",
                "that the validator set is the right one",
            ],
        }
    }
}

impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_statement_is_registered_under_its_number_and_found_by_it() {
        let registry = Known::registry();
        assert_eq!(registry.iter().count(), Known::ALL.len());
        for known in Known::ALL {
            assert_eq!(registry.get(known.id()), Ok(&known.statement()));
            assert_eq!(Known::of(known.id()), Some(known));
        }
        assert_eq!(Known::of(StatementId::new(0)), None);
        assert_eq!(Known::of(StatementId::new(7)), None);
    }

    #[test]
    fn a_statement_has_one_name_everywhere() {
        for known in Known::ALL {
            let value = known.to_possible_value().unwrap();
            assert_eq!(value.get_name(), known.name());
            assert_eq!(serde_json::json!(known), known.name());
        }
    }
}
