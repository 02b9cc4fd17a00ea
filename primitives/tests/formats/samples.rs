//! One value of every type that travels, the same in each run.

use pyralog_primitives::action::{Action, Key, Name, Value, Writers};
use pyralog_primitives::block::{Block, Header, Seal, evidence_root, tx_root};
use pyralog_primitives::certificate::{Certificate, Signers};
use pyralog_primitives::chain_proof::{ChainProof, Claim};
use pyralog_primitives::codec::{Bytes, Canonical, List, Version};
use pyralog_primitives::merkle::{ConsistencyProof, InclusionProof, MountainRange, Peaks};
use pyralog_primitives::receipt::{Attribute, Event, Outcome, Receipt};
use pyralog_primitives::state::{
    AccountState, AttendanceState, ChainState, JournalState, NamespaceState, NotarizationState,
    OffenceState, StateKey,
};
use pyralog_primitives::state_proof::{Found, StateProof};
use pyralog_primitives::transaction::{Transaction, TransactionBody};
use pyralog_primitives::validators::{Validator, ValidatorSet};
use pyralog_primitives::vote::{Evidence, SignedProposal, Vote, VoteKind, VotedValue};
use pyralog_primitives::{
    Amount, BlockCount, BlockId, Compute, Domain, FailureCode, GenesisHash, Height, LeafCount,
    LeafIndex, Nonce, ParametersHash, Round, SecretKey, SignBytes, StateRoot, TimestampMs,
    VotingPower, WorkNonce,
};

pub(crate) fn genesis() -> GenesisHash {
    GenesisHash::new(Domain::Genesis.hash(b"a network for tests"))
}

pub(crate) fn key(number: u8) -> SecretKey {
    SecretKey::from_seed(&[number; 32])
}

pub(crate) fn body() -> TransactionBody {
    let name = |text: &str| Name::new(text).unwrap();
    let key_a = Key::new(b"order/1".to_vec()).unwrap();
    let value = Value::new(b"{\"total\":3}".to_vec()).unwrap();
    let actions = vec![
        Action::Transfer {
            to: key(2).public_key().address(),
            amount: Amount::new(1_500_000_000),
        },
        Action::Put {
            namespace: name("com.example"),
            key: key_a.clone(),
            value: value.clone(),
        },
        Action::Delete {
            namespace: name("com.example"),
            key: key_a,
        },
        Action::Append {
            journal: name("audit"),
            entry: value,
        },
        Action::Notarize {
            digest: Domain::Header.hash(b"a document"),
        },
        Action::OpenJournal {
            journal: name("audit"),
            writers: Writers::Anyone,
        },
    ];
    TransactionBody {
        version: Version::V1,
        genesis: genesis(),
        sender: key(1).public_key(),
        nonce: Nonce::new(7),
        valid_until: Height::new(1000),
        fee_max: Amount::new(20_000),
        tip: Amount::new(10),
        compute_max: Compute::new(50_000),
        actions: List::new(actions).unwrap(),
        work: Some(WorkNonce::new(42)),
    }
}

pub(crate) fn transaction() -> Transaction {
    body().sign(&key(1)).unwrap()
}

pub(crate) fn receipt() -> Receipt {
    let value = Bytes::new(vec![0, 1, 2]).unwrap();
    let attribute = Attribute {
        name: Name::new("amount").unwrap(),
        value,
    };
    let event = Event {
        name: Name::new("transfer").unwrap(),
        attributes: List::new(vec![attribute]).unwrap(),
    };
    Receipt {
        transaction: body().id(),
        fee_paid: Amount::new(12_345),
        compute_used: Compute::new(678),
        outcome: Outcome::Applied {
            events: List::new(vec![event]).unwrap(),
        },
    }
}

pub(crate) fn event() -> Event {
    let Outcome::Applied { events } = receipt().outcome else {
        panic!("the receipt is of a success");
    };
    events[0].clone()
}

pub(crate) fn failed_receipt() -> Receipt {
    let outcome = Outcome::Failed {
        action: 2,
        code: FailureCode::new(17),
    };
    Receipt {
        outcome,
        ..receipt()
    }
}

pub(crate) fn validators() -> ValidatorSet {
    let power = |number: u8| VotingPower::new(10 * u64::from(number));
    let member = |number| Validator {
        key: key(number).public_key(),
        power: power(number),
    };
    ValidatorSet::new((11..15).map(member).collect()).unwrap()
}

pub(crate) fn solo_validator() -> ValidatorSet {
    let member = Validator {
        key: key(11).public_key(),
        power: VotingPower::new(1),
    };
    ValidatorSet::new(vec![member]).unwrap()
}

pub(crate) fn vote(kind: VoteKind, value: VotedValue) -> Vote {
    let (height, round) = (Height::new(41), Round::new(1));
    let message = SignBytes::vote(genesis(), kind, height, round, value);
    let validator = key(12).public_key().address();
    Vote {
        kind,
        height,
        round,
        value,
        validator,
        signature: key(12).sign(&message),
    }
}

pub(crate) fn proposal(value: BlockId, valid_round: Option<Round>) -> SignedProposal {
    let (height, round) = (Height::new(41), Round::new(1));
    let message = SignBytes::proposal(genesis(), height, round, value, valid_round);
    SignedProposal {
        height,
        round,
        value,
        valid_round,
        validator: key(12).public_key().address(),
        signature: key(12).sign(&message),
    }
}

pub(crate) fn sample_proposal() -> SignedProposal {
    proposal(block().id(), Some(Round::FIRST))
}

/// Two contradicting precommits, in order.
pub(crate) fn double_vote() -> (Vote, Vote) {
    let other = BlockId::new(Domain::Header.hash(b"another block"));
    (
        vote(VoteKind::Precommit, None),
        vote(VoteKind::Precommit, Some(other)),
    )
}

pub(crate) fn evidence() -> Evidence {
    let (first, second) = double_vote();
    Evidence::double_vote(second, first)
}

pub(crate) fn double_proposal() -> Evidence {
    let other = BlockId::new(Domain::Header.hash(b"another block"));
    Evidence::double_proposal(proposal(other, None), proposal(block().id(), None))
}

pub(crate) fn quorum_certificate(height: Height, value: BlockId) -> Certificate {
    let round = Round::new(3);
    let message = SignBytes::vote(genesis(), VoteKind::Precommit, height, round, Some(value));
    let set = validators();
    let absent = key(11).public_key();
    let signers = Signers::of(&set, |member| member.key != absent);
    let secret = |member: &Validator| (11..15).map(key).find(|k| k.public_key() == member.key);
    let signatures = set
        .iter()
        .filter(|member| member.key != absent)
        .map(|member| secret(member).unwrap().sign(&message))
        .collect();
    Certificate::Quorum {
        height,
        round,
        value,
        signers,
        signatures: List::new(signatures).unwrap(),
    }
}

pub(crate) fn solo_certificate(height: Height, value: BlockId) -> Certificate {
    let message = SignBytes::vote(genesis(), VoteKind::Solo, height, Round::FIRST, Some(value));
    Certificate::Solo {
        height,
        value,
        signature: key(11).sign(&message),
    }
}

pub(crate) fn range() -> MountainRange {
    let mut range = MountainRange::new();
    for number in 0..11u8 {
        range.append(&[number; 20]);
    }
    range
}

pub(crate) fn inclusion_proof() -> InclusionProof {
    range().prove(LeafIndex::new(6)).unwrap()
}

pub(crate) fn consistency_proof() -> ConsistencyProof {
    range().prove_consistency(LeafCount::new(6)).unwrap()
}

/// The proof of the only entry of a state tree: its leaf is the root.
pub(crate) fn state_proof() -> StateProof {
    StateProof {
        key: Bytes::new(b"account/alice".to_vec()).unwrap(),
        found: Found::Value {
            value: Bytes::new(b"balance 7".to_vec()).unwrap(),
        },
        siblings: List::new(vec![Domain::StateNode.hash(b"a sibling")]).unwrap(),
    }
}

pub(crate) fn absence_proof() -> StateProof {
    let found = Found::OtherKey {
        key: Domain::StateKey.hash(b"account/bob"),
        value: Domain::StateValue.hash(b"balance 8"),
    };
    StateProof {
        found,
        siblings: List::default(),
        ..state_proof()
    }
}

pub(crate) fn block() -> Block {
    let parent = BlockId::new(Domain::Header.hash(b"the parent"));
    let parent_certificate = quorum_certificate(Height::new(41), parent);
    let receipts = MountainRange::new().root();
    let header = Header {
        version: Version::V1,
        genesis: genesis(),
        height: Height::new(42),
        time: TimestampMs::new(1_800_000_000_000),
        parent,
        proposer: key(13).public_key().address(),
        tx_root: tx_root([transaction().signed_id()]),
        evidence_root: evidence_root(&[evidence()]),
        parent_certificate: parent_certificate.hash(),
        state_root: StateRoot::new(Domain::StateNode.hash(b"a state")),
        receipts_root: receipts,
        validators_root: validators().root(),
        next_validators_root: validators().root(),
        parameters: ParametersHash::new(Domain::Parameters.hash(b"parameters")),
        seal: Seal::Empty,
    };
    Block {
        header,
        transactions: List::new(vec![transaction()]).unwrap(),
        evidence: List::new(vec![evidence()]).unwrap(),
        parent_certificate: Some(parent_certificate),
    }
}

/// That the block's transaction is in the block.
pub(crate) fn chain_proof() -> ChainProof {
    let mut transactions = MountainRange::new();
    let transaction = transaction().signed_id();
    transactions.append(transaction.get().as_bytes());
    let place = transactions.prove(LeafIndex::new(0)).unwrap();
    let header = block().header;
    let certificate = quorum_certificate(header.height, header.id());
    ChainProof::new(
        Claim::Transaction { transaction, place },
        header,
        certificate,
    )
}

pub(crate) fn state_keys() -> Vec<(&'static str, StateKey)> {
    let name = |text: &str| Name::new(text).unwrap();
    let (namespace, journal) = (name("com.example"), name("audit"));
    let address = key(2).public_key().address();
    let completed = peaks_and_last_nodes().1;
    vec![
        ("state_key_chain", StateKey::Chain),
        ("state_key_account", StateKey::Account { address }),
        (
            "state_key_namespace",
            StateKey::Namespace {
                namespace: namespace.clone(),
            },
        ),
        (
            "state_key_entry",
            StateKey::Entry {
                namespace,
                key: Key::new(b"order/1".to_vec()).unwrap(),
            },
        ),
        (
            "state_key_journal",
            StateKey::Journal {
                journal: journal.clone(),
            },
        ),
        (
            "state_key_journal_entry",
            StateKey::JournalEntry {
                journal: journal.clone(),
                index: LeafIndex::new(11),
            },
        ),
        (
            "state_key_journal_node",
            StateKey::JournalNode {
                journal,
                place: completed,
            },
        ),
        (
            "state_key_notarization",
            StateKey::Notarization {
                digest: Domain::Header.hash(b"a document"),
            },
        ),
        (
            "state_key_offence",
            StateKey::Offence {
                offence: evidence().offence(),
            },
        ),
        (
            "state_key_attendance",
            StateKey::Attendance { validator: address },
        ),
    ]
}

fn peaks_and_last_nodes() -> (Peaks, pyralog_primitives::merkle::Place) {
    let mut peaks = Peaks::default();
    let mut last = Vec::new();
    for number in 0..12u8 {
        last = peaks.append(&[number; 20]).unwrap();
    }
    (peaks, last.last().unwrap().0)
}

pub(crate) fn chain_state() -> ChainState {
    ChainState {
        base_fee: Amount::new(100),
        burned: Amount::new(1_234_567),
    }
}

pub(crate) fn account() -> AccountState {
    AccountState {
        balance: Amount::new(1_500_000_000),
        nonce: Nonce::new(7),
    }
}

pub(crate) fn namespace() -> NamespaceState {
    NamespaceState {
        owner: key(1).public_key().address(),
    }
}

pub(crate) fn journal() -> JournalState {
    JournalState {
        owner: key(1).public_key().address(),
        writers: Writers::Owner,
        entries: peaks_and_last_nodes().0,
    }
}

pub(crate) fn notarization() -> NotarizationState {
    NotarizationState {
        by: key(1).public_key().address(),
        height: Height::new(42),
        time: TimestampMs::new(1_800_000_000_000),
    }
}

pub(crate) fn offence() -> OffenceState {
    OffenceState {
        height: Height::new(42),
    }
}

pub(crate) fn attendance() -> AttendanceState {
    AttendanceState {
        missed: BlockCount::new(9),
        missed_in_row: BlockCount::new(2),
    }
}

/// That the event of the only receipt happened.
pub(crate) fn event_proof() -> ChainProof {
    let only = |record: &[u8]| {
        let mut range = MountainRange::new();
        range.append(record);
        range
    };
    let events = only(&event().encode());
    let receipts = only(&receipt().summary().encode());
    let first = LeafIndex::new(0);
    let claim = Claim::Event {
        event: event(),
        event_place: events.prove(first).unwrap(),
        receipt: receipt().summary(),
        place: receipts.prove(first).unwrap(),
    };
    let mut header = block().header;
    header.receipts_root = receipts.root();
    let certificate = quorum_certificate(header.height, header.id());
    ChainProof::new(claim, header, certificate)
}

/// That an entry is in a journal, which is the only thing in the state.
pub(crate) fn journal_proof() -> ChainProof {
    let place = StateKey::Journal {
        journal: Name::new("audit").unwrap(),
    };
    let proof = StateProof {
        key: Bytes::new(place.encode()).unwrap(),
        found: Found::Value {
            value: Bytes::new(journal().encode()).unwrap(),
        },
        siblings: List::default(),
    };
    let value = Domain::StateValue.hash(&journal().encode());
    let root = pyralog_primitives::state_proof::leaf(place.hash().as_bytes(), value.as_bytes());
    let mut range = range();
    range.append(&[11; 20]);
    let claim = Claim::JournalEntry {
        entry: Value::new(vec![6; 20]).unwrap(),
        place: range.prove(LeafIndex::new(6)).unwrap(),
        journal: proof,
    };
    let mut header = block().header;
    header.state_root = StateRoot::new(pyralog_primitives::Hash::new(root));
    let certificate = quorum_certificate(header.height, header.id());
    ChainProof::new(claim, header, certificate)
}

/// Calls `$visit!(name, Type, value)` for every type that travels.
macro_rules! for_each_sample {
    ($visit:ident) => {
        $visit!("transaction_body", TransactionBody, samples::body());
        $visit!("transaction", Transaction, samples::transaction());
        $visit!("receipt", Receipt, samples::receipt());
        $visit!("receipt_failed", Receipt, samples::failed_receipt());
        $visit!("validator_set", ValidatorSet, samples::validators());
        $visit!("vote", Vote, samples::vote(VoteKind::Prevote, None));
        $visit!(
            "signed_proposal",
            SignedProposal,
            samples::sample_proposal()
        );
        $visit!(
            "evidence_of_proposals",
            Evidence,
            samples::double_proposal()
        );
        $visit!("evidence", Evidence, samples::evidence());
        $visit!(
            "certificate_quorum",
            Certificate,
            samples::block().parent_certificate.unwrap()
        );
        $visit!(
            "certificate_solo",
            Certificate,
            samples::solo_certificate(Height::FIRST, samples::block().id())
        );
        $visit!("header", Header, samples::block().header);
        $visit!("block", Block, samples::block());
        $visit!(
            "inclusion_proof",
            InclusionProof,
            samples::inclusion_proof()
        );
        $visit!(
            "consistency_proof",
            ConsistencyProof,
            samples::consistency_proof()
        );
        $visit!("state_proof", StateProof, samples::state_proof());
        $visit!(
            "state_proof_of_absence",
            StateProof,
            samples::absence_proof()
        );
        $visit!("chain_proof", ChainProof, samples::chain_proof());
        $visit!("chain_proof_of_event", ChainProof, samples::event_proof());
        $visit!("chain_proof_of_entry", ChainProof, samples::journal_proof());
        $visit!("event", Event, samples::event());
        $visit!(
            "receipt_summary",
            ReceiptSummary,
            samples::receipt().summary()
        );
        $visit!("chain_state", ChainState, samples::chain_state());
        $visit!("account_state", AccountState, samples::account());
        $visit!("namespace_state", NamespaceState, samples::namespace());
        $visit!("journal_state", JournalState, samples::journal());
        $visit!(
            "notarization_state",
            NotarizationState,
            samples::notarization()
        );
        $visit!("offence_state", OffenceState, samples::offence());
        $visit!("attendance_state", AttendanceState, samples::attendance());
        for (_name, key) in samples::state_keys() {
            $visit!(_name, StateKey, key.clone());
        }
    };
}
pub(crate) use for_each_sample;

/// Bounds of a type, so that a sample can be compared with them.
pub(crate) fn encoded<T: Canonical>(value: &T) -> Vec<u8> {
    let bytes = value.encode();
    assert!(bytes.len() <= T::ENCODED_BYTES_MAX);
    bytes
}
