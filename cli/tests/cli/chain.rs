//! A small network, and what is proved about it.

use pyralog_api::NodeStatus;
use pyralog_genesis::document::{NewDocument, account_entry, new_document, validator_entry};
use pyralog_genesis::{ConsensusKind, Genesis, parse_time};
use pyralog_primitives::block::{Header, Seal};
use pyralog_primitives::certificate::{Certificate, Signers};
use pyralog_primitives::chain_proof::{ChainProof, Claim};
use pyralog_primitives::codec::{Bytes, Canonical, List, Version};
use pyralog_primitives::merkle::{MerkleRoot, MountainRange};
use pyralog_primitives::receipt::{Outcome, Receipt};
use pyralog_primitives::state::{AccountState, StateKey};
use pyralog_primitives::state_proof::{Found, StateProof, leaf};
use pyralog_primitives::validators::Validator;
use pyralog_primitives::vote::VoteKind;
use pyralog_primitives::{
    Address, Amount, BlockId, CertificateHash, Compute, Domain, Hash, Height, LeafIndex, Nonce,
    ParametersHash, Round, SecretKey, SignBytes, StateRoot, TimestampMs, TransactionId,
};

/// The height of the header in each proof.
pub(crate) const HEIGHT: Height = Height::new(42);

/// A network whose validators have the keys 11, 12, …
pub(crate) struct Chain {
    pub(crate) document: String,
    pub(crate) genesis: Genesis,
    kind: ConsensusKind,
}

fn key(number: u8) -> SecretKey {
    SecretKey::from_seed(&[number; 32])
}

/// The account that proofs are about.
pub(crate) fn account() -> Address {
    key(1).public_key().address()
}

impl Chain {
    /// One validator, who decides alone.
    pub(crate) fn solo(chain_id: &str) -> Self {
        Self::new(chain_id, ConsensusKind::Solo, 1)
    }

    /// Four validators.
    pub(crate) fn of_four(chain_id: &str) -> Self {
        Self::new(chain_id, ConsensusKind::Tendermint, 4)
    }

    fn new(chain_id: &str, kind: ConsensusKind, validators: u8) -> Self {
        let mut document = new_document(&NewDocument {
            chain_id: chain_id.parse().unwrap(),
            time: parse_time("2026-11-21T00:00:00Z").unwrap(),
            consensus: kind,
        });
        document.push_str(&account_entry(&account(), Amount::from_tokens(5)));
        for number in 0..validators {
            let secret = key(11 + number);
            let public = secret.public_key();
            let possession = secret.sign(&SignBytes::possession(chain_id, &public));
            let name = format!("validator {number}").parse().unwrap();
            let stake = Amount::from_tokens(10);
            document.push_str(&validator_entry(&name, &public, stake, &possession));
        }
        let genesis = Genesis::parse(&document).unwrap();
        Self {
            document,
            genesis,
            kind,
        }
    }

    /// How a node of this network stands.
    pub(crate) fn status(&self) -> NodeStatus {
        NodeStatus {
            version: "0.1.0".to_owned(),
            chain_id: self.genesis.chain_id().to_string(),
            genesis: self.genesis.hash(),
            consensus: self.kind.to_string(),
            height: HEIGHT,
            block: BlockId::ZERO,
            time: self.genesis.time(),
            state_root: StateRoot::ZERO,
            oldest: Height::new(0),
            syncing: false,
            peers: 0,
            pending: 0,
            base_fee: Amount::new(100),
            validator: None,
        }
    }

    /// A header that commits to this state and these receipts.
    pub(crate) fn header(&self, state: StateRoot, receipts: MerkleRoot) -> Header {
        let set = self.genesis.validator_set();
        Header {
            version: Version::V1,
            genesis: self.genesis.hash(),
            height: HEIGHT,
            time: TimestampMs::new(1_795_219_200_000),
            parent: BlockId::new(Domain::Header.hash(b"the parent")),
            proposer: key(11).public_key().address(),
            tx_root: MountainRange::new().root(),
            evidence_root: MountainRange::new().root(),
            parent_certificate: CertificateHash::new(Hash::new([1; 32])),
            state_root: state,
            receipts_root: receipts,
            validators_root: set.root(),
            next_validators_root: set.root(),
            parameters: ParametersHash::new(Hash::new([2; 32])),
            seal: Seal::Empty,
        }
    }

    /// A proof by this header, signed by all validators but the one with the
    /// key 11, unless that is the only one.
    pub(crate) fn prove(&self, claim: Claim, header: Header) -> ChainProof {
        let certificate = match self.kind {
            ConsensusKind::Solo => self.solo_certificate(header.id()),
            _ => self.quorum_certificate(header.id()),
        };
        ChainProof::new(claim, header, certificate)
    }

    fn solo_certificate(&self, value: BlockId) -> Certificate {
        let genesis = self.genesis.hash();
        let message = SignBytes::vote(genesis, VoteKind::Solo, HEIGHT, Round::FIRST, Some(value));
        Certificate::Solo {
            height: HEIGHT,
            value,
            signature: key(11).sign(&message),
        }
    }

    fn quorum_certificate(&self, value: BlockId) -> Certificate {
        let (set, round) = (self.genesis.validator_set(), Round::new(1));
        let genesis = self.genesis.hash();
        let message = SignBytes::vote(genesis, VoteKind::Precommit, HEIGHT, round, Some(value));
        let absent = key(11).public_key();
        let signed = |member: &Validator| member.key != absent;
        let secret = |member: &Validator| {
            let mut all = (11..15).map(key);
            all.find(|key| key.public_key() == member.key).unwrap()
        };
        let signatures = set.iter().filter(|member| signed(member));
        let signatures = signatures.map(|member| secret(member).sign(&message));
        Certificate::Quorum {
            height: HEIGHT,
            round,
            value,
            signers: Signers::of(&set, signed),
            signatures: List::new(signatures.collect()).unwrap(),
        }
    }

    /// That the account holds 7 tokens.
    pub(crate) fn account_proof(&self) -> ChainProof {
        let key = StateKey::Account { address: account() };
        let state = AccountState {
            balance: Amount::from_tokens(7),
            nonce: Nonce::new(3),
        };
        self.state_proof(&key, &state)
    }

    /// That this is stored: its leaf is the whole state tree.
    pub(crate) fn state_proof(&self, key: &StateKey, state: &impl Canonical) -> ChainProof {
        let value = Domain::StateValue.hash(&state.encode());
        let root = leaf(key.hash().as_bytes(), value.as_bytes());
        let proof = StateProof {
            key: Bytes::new(key.encode()).unwrap(),
            found: Found::Value {
                value: Bytes::new(state.encode()).unwrap(),
            },
            siblings: List::default(),
        };
        let root = StateRoot::new(Hash::new(root));
        let header = self.header(root, MountainRange::new().root());
        self.prove(Claim::State { proof }, header)
    }

    /// What the second transaction of a block did.
    pub(crate) fn receipt_proof(&self, transaction: TransactionId) -> ChainProof {
        let mut receipts = MountainRange::new();
        receipts.append(&receipt(TransactionId::ZERO).summary().encode());
        receipts.append(&receipt(transaction).summary().encode());
        let claim = Claim::Receipt {
            receipt: receipt(transaction),
            place: receipts.prove(LeafIndex::new(1)).unwrap(),
        };
        let header = self.header(StateRoot::ZERO, receipts.root());
        self.prove(claim, header)
    }
}

/// That a transaction was applied, and nothing happened.
pub(crate) fn receipt(transaction: TransactionId) -> Receipt {
    Receipt {
        transaction,
        fee_paid: Amount::new(1_500_000_000),
        compute_used: Compute::new(6000),
        outcome: Outcome::Applied {
            events: List::default(),
        },
    }
}
