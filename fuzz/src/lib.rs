//! Every decoder of Pyralog, by name, as a function over bytes.
//!
//! A decoder fails its fuzzing if it panics, if it accepts bytes that it would
//! not have written itself, or if it takes memory out of proportion, which
//! libFuzzer watches.

pub mod proofs;

use pyralog_consensus::{Message, Record};
use pyralog_driver::Word;
use pyralog_genesis::Genesis;
use pyralog_keys::{Keystore, Mnemonic};
use pyralog_p2p::MESSAGE_BYTES_MAX;
use pyralog_primitives::block::{Block, Header};
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::chain_proof::ChainProof;
use pyralog_primitives::codec::Canonical;
use pyralog_primitives::merkle::{ConsistencyProof, InclusionProof};
use pyralog_primitives::receipt::{Event, Receipt, ReceiptSummary};
use pyralog_primitives::state::{JournalState, StateKey};
use pyralog_primitives::state_proof::StateProof;
use pyralog_primitives::transaction::{Transaction, TransactionBody};
use pyralog_primitives::validators::ValidatorSet;
use pyralog_primitives::vote::{Evidence, Vote};
use pyralog_primitives::{Address, Amount, Hash, Height, PublicKey, Signature};
use pyralog_swarm::{FrameError, Hello, PeerAddress, frames};
use pyralog_zk::statement::Statement;

/// Takes any bytes; panics if they show a defect.
pub type Decoder = fn(&[u8]);

/// All decoders. The names of the binary ones are those of the golden values.
pub const DECODERS: [(&str, Decoder); 39] = [
    ("append_proof", proofs::append_proof),
    ("attestation", proofs::attestation),
    ("block", strict::<Block>),
    ("certificate", strict::<Certificate>),
    ("chain_proof", strict::<ChainProof>),
    ("consistency_proof", strict::<ConsistencyProof>),
    ("encrypted_note", proofs::encrypted_note),
    ("event", strict::<Event>),
    ("evidence", strict::<Evidence>),
    ("frames", said),
    ("genesis", strict::<Genesis>),
    ("genesis_text", genesis_text),
    ("header", strict::<Header>),
    ("groth16_key", proofs::groth16_key),
    ("groth16_proof", proofs::groth16_proof),
    ("hello", strict::<Hello>),
    ("inclusion_proof", strict::<InclusionProof>),
    ("keystore", keystore),
    ("linkage_proof", proofs::linkage_proof),
    ("message", strict::<Message>),
    ("mnemonic", mnemonic),
    ("note_address", proofs::note_address),
    ("receipt", strict::<Receipt>),
    ("receipt_summary", strict::<ReceiptSummary>),
    ("record", strict::<Record>),
    ("shielded", proofs::shielded),
    ("stark_proof", proofs::stark_proof),
    ("state_key", strict::<StateKey>),
    ("state_proof", strict::<StateProof>),
    ("statement", strict::<Statement>),
    ("journal_state", strict::<JournalState>),
    ("text", text),
    ("time_lock", proofs::time_lock),
    ("transaction", strict::<Transaction>),
    ("transaction_body", strict::<TransactionBody>),
    ("validator_set", strict::<ValidatorSet>),
    ("vote", strict::<Vote>),
    ("word", strict::<Word>),
    ("zkey", proofs::zkey),
];

fn strict<T: Canonical>(bytes: &[u8]) {
    if let Ok(value) = T::decode(bytes) {
        assert_eq!(value.encode(), bytes, "two encodings of one value");
    }
}

fn genesis_text(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    match Genesis::parse(text) {
        Ok(genesis) => assert_eq!(Genesis::decode(&genesis.encode()).as_ref(), Ok(&genesis)),
        Err(mistakes) => assert!(!mistakes.to_string().is_empty()),
    }
}

fn keystore(bytes: &[u8]) {
    if let Ok(keystore) = Keystore::from_json(bytes) {
        let written = keystore.to_json();
        let again = Keystore::from_json(written.as_bytes()).expect("it was written by us");
        assert_eq!(again.to_json(), written);
    }
}

/// What a peer says on its stream: a hello, then words. What was heard is what
/// was said, and no byte of it is passed over.
fn said(bytes: &[u8]) {
    let hello = frames(bytes, Hello::ENCODED_BYTES_MAX);
    if let Some(first) = hello.0.first() {
        strict::<Hello>(first);
    }
    let (words, end) = frames(bytes, MESSAGE_BYTES_MAX);
    let mut heard = Vec::new();
    for word in &words {
        let length = u32::try_from(word.len()).expect("a word has at most 17 MiB");
        heard.extend(length.to_le_bytes());
        heard.extend_from_slice(word);
    }
    let rest = bytes.strip_prefix(&heard[..]).expect("another was heard");
    match end {
        FrameError::Ended => assert!(rest.is_empty(), "bytes were passed over"),
        FrameError::Broken(_) => assert!(!rest.is_empty(), "it ended between frames"),
        FrameError::TooLong { announced, .. } => {
            assert!(rest.starts_with(&announced.to_le_bytes()));
        }
        FrameError::Over => panic!("there is no other connection"),
    }
}

fn mnemonic(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(mnemonic) = text.parse::<Mnemonic>() {
        let phrase = mnemonic.to_phrase();
        let again = phrase.parse::<Mnemonic>().expect("it was written by us");
        assert_eq!(*again.to_phrase(), *phrase);
    }
}

/// Every value with one spelling prints what it has read.
fn text(bytes: &[u8]) {
    fn one_spelling<T: std::str::FromStr + ToString>(text: &str) {
        if let Ok(value) = text.parse::<T>() {
            assert_eq!(value.to_string(), text);
        }
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    one_spelling::<Address>(text);
    one_spelling::<Hash>(text);
    one_spelling::<Height>(text);
    one_spelling::<PublicKey>(text);
    one_spelling::<Signature>(text);
    // Amounts may be written with zeros at the end, and so may addresses.
    if let Ok(amount) = text.parse::<Amount>() {
        assert_eq!(amount.to_string().parse(), Ok(amount));
    }
    if let Ok(address) = text.parse::<PeerAddress>() {
        assert_eq!(address.to_string().parse(), Ok(address));
    }
}
