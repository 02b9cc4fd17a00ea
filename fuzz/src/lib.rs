//! Every decoder of Pyralog, by name, as a function over bytes.
//!
//! A decoder fails its fuzzing if it panics, if it accepts bytes that it would
//! not have written itself, or if it takes memory out of proportion, which
//! libFuzzer watches.

use pyralog_consensus::{Message, Record};
use pyralog_driver::Word;
use pyralog_genesis::Genesis;
use pyralog_keys::{Keystore, Mnemonic};
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

/// Takes any bytes; panics if they show a defect.
pub type Decoder = fn(&[u8]);

/// All decoders. The names of the binary ones are those of the golden values.
pub const DECODERS: [(&str, Decoder); 25] = [
    ("block", strict::<Block>),
    ("certificate", strict::<Certificate>),
    ("chain_proof", strict::<ChainProof>),
    ("consistency_proof", strict::<ConsistencyProof>),
    ("event", strict::<Event>),
    ("evidence", strict::<Evidence>),
    ("genesis", strict::<Genesis>),
    ("genesis_text", genesis_text),
    ("header", strict::<Header>),
    ("inclusion_proof", strict::<InclusionProof>),
    ("keystore", keystore),
    ("message", strict::<Message>),
    ("mnemonic", mnemonic),
    ("receipt", strict::<Receipt>),
    ("receipt_summary", strict::<ReceiptSummary>),
    ("record", strict::<Record>),
    ("state_key", strict::<StateKey>),
    ("state_proof", strict::<StateProof>),
    ("journal_state", strict::<JournalState>),
    ("text", text),
    ("transaction", strict::<Transaction>),
    ("transaction_body", strict::<TransactionBody>),
    ("validator_set", strict::<ValidatorSet>),
    ("vote", strict::<Vote>),
    ("word", strict::<Word>),
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
    // Amounts may be written with zeros at the end.
    if let Ok(amount) = text.parse::<Amount>() {
        assert_eq!(amount.to_string().parse(), Ok(amount));
    }
}
