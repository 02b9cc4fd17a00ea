//! Each rule at its edge: what just fits is taken, one more is refused by
//! name, and nothing else changes.

use std::sync::Arc;

use pyralog_chain::{ActionError, Application, CheckError, InvalidBlock, Ledger, Unfit};
use pyralog_genesis::{Genesis, Parameters};
use pyralog_primitives::action::{Action, Key, Name, Value, Writers};
use pyralog_primitives::block::{Block, tx_root};
use pyralog_primitives::codec::{Canonical, List};
use pyralog_primitives::receipt::{Event, Outcome};
use pyralog_primitives::state::{AccountState, StateKey};
use pyralog_primitives::transaction::{Transaction, TransactionBody, TransactionError};
use pyralog_primitives::{
    Address, Amount, BlockId, ByteCount, Compute, Domain, GenesisHash, Height, Nonce, PublicKey,
};

use crate::world::{Memory, address, begin, body, draft, genesis, key, settle, unsigned};

const PLENTY: ByteCount = ByteCount::new(1 << 30);

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn pay(to: u8, units: u128) -> Action {
    Action::Transfer {
        to: address(to),
        amount: Amount::new(units),
    }
}

fn put(namespace: &str, bytes: usize) -> Action {
    Action::Put {
        namespace: name(namespace),
        key: Key::new(vec![1]).unwrap(),
        value: Value::new(vec![7; bytes]).unwrap(),
    }
}

/// A network of three accounts with a million tokens each.
fn network(parameters: Parameters) -> Genesis {
    genesis(3, Amount::from_tokens(1_000_000), parameters)
}

/// What the ledger says to a transaction in the next block, built and checked.
/// If it does not fit, neither changes anything.
fn offer(
    genesis: &Genesis,
    ledger: &mut Ledger<Memory>,
    transaction: Transaction,
) -> Option<Unfit> {
    let (parent, height) = (ledger.info().block, ledger.info().height);
    let frame = |ledger: &mut Ledger<Memory>, transactions: Vec<Transaction>| {
        let draft = draft(genesis, parent, height);
        ledger
            .prepare_proposal(&parent, draft, &mut transactions.into_iter())
            .unwrap()
    };
    let empty = frame(ledger, vec![]);
    let built = frame(ledger, vec![transaction.clone()]);
    let mut block = Block::clone(&empty.block);
    block.header.tx_root = tx_root([transaction.signed_id()]);
    block.transactions = List::new(vec![transaction]).unwrap();
    let checked = ledger.process_proposal(Arc::new(block), &|_| true);
    let Some((_, reason)) = built.left_out.first() else {
        assert_eq!(checked, Ok(built.id));
        return None;
    };
    assert_eq!(built.id, empty.id, "nothing else changes");
    let refused = InvalidBlock::Transaction {
        index: 0,
        reason: reason.clone(),
    };
    assert_eq!(checked, Err(CheckError::Invalid(refused)));
    Some(reason.clone())
}

/// The reason that a fresh ledger gives for a changed body.
fn reason(change: impl FnOnce(&mut TransactionBody)) -> Option<Unfit> {
    let genesis = network(Parameters::default());
    let (mut ledger, _) = begin(&genesis, PLENTY);
    let mut body = body(&genesis, 1, 0, vec![pay(2, 5)]);
    change(&mut body);
    offer(&genesis, &mut ledger, unsigned(body))
}

#[test]
fn what_fits_is_taken() {
    assert_eq!(reason(|_| {}), None);
}

#[test]
fn nonces_follow_each_other() {
    let (nonce, next) = (Nonce::new(1), Nonce::new(0));
    let ahead = reason(|body| body.nonce = nonce);
    assert_eq!(ahead, Some(Unfit::NonceAhead { nonce, next }));
    let last = reason(|body| body.nonce = Nonce::new(u64::MAX));
    assert!(
        matches!(last, Some(Unfit::NonceUsed { .. })),
        "there is none after it"
    );

    let genesis = network(Parameters::default());
    let (mut ledger, memory) = begin(&genesis, PLENTY);
    let first = unsigned(body(&genesis, 1, 0, vec![pay(2, 5)]));
    settle(&genesis, &mut ledger, &memory, vec![first.clone()]);
    let again = offer(&genesis, &mut ledger, first);
    let (nonce, next) = (Nonce::new(0), Nonce::new(1));
    assert_eq!(again, Some(Unfit::NonceUsed { nonce, next }));
}

#[test]
fn a_transaction_lives_until_its_last_height() {
    let genesis = network(Parameters::default());
    let (mut ledger, memory) = begin(&genesis, PLENTY);
    settle(&genesis, &mut ledger, &memory, vec![]);
    let with = |height| {
        let mut body = body(&genesis, 1, 0, vec![pay(2, 5)]);
        body.valid_until = Height::new(height);
        unsigned(body)
    };
    // The next block has height 2.
    assert_eq!(offer(&genesis, &mut ledger, with(2)), None);
    let expired = Unfit::Expired {
        valid_until: Height::new(1),
        height: Height::new(2),
    };
    assert_eq!(offer(&genesis, &mut ledger, with(1)), Some(expired));
    assert_eq!(offer(&genesis, &mut ledger, with(1002)), None);
    let too_long = Unfit::ValidTooLong {
        valid_until: Height::new(1003),
        max: Height::new(1002),
    };
    assert_eq!(offer(&genesis, &mut ledger, with(1003)), Some(too_long));
}

#[test]
fn the_fee_covers_the_worst_case_and_the_balance_the_fee() {
    let genesis = network(Parameters::default());
    let sample = unsigned(body(&genesis, 1, 0, vec![pay(2, 5)]));
    let worst = 100 * (u128::from(sample.encoded_bytes().get()) + 50_000) + 10;
    assert_eq!(reason(|body| body.fee_max = Amount::new(worst)), None);
    let low = Unfit::FeeTooLow {
        fee_max: Amount::new(worst - 1),
        needed: Amount::new(worst),
        base_fee: Amount::new(100),
    };
    let refused = reason(|body| body.fee_max = Amount::new(worst - 1));
    assert_eq!(refused, Some(low));
    // The worst case of so much compute is more than any amount.
    let refused = reason(|body| {
        body.tip = Amount::MAX;
        body.fee_max = Amount::MAX;
    });
    let Some(Unfit::FeeTooLow { needed, .. }) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(needed, Amount::MAX);
    let all = Amount::from_tokens(1_000_000);
    assert_eq!(reason(|body| body.fee_max = all), None);
    let more = Amount::new(all.get() + 1);
    let cannot = Unfit::CannotPay {
        balance: all,
        fee_max: more,
    };
    assert_eq!(reason(|body| body.fee_max = more), Some(cannot));
}

#[test]
fn compute_fits_the_transaction_and_the_block() {
    let least = |given| {
        reason(move |body| {
            body.compute_max = Compute::new(given);
            body.fee_max = Amount::from_tokens(900_000);
        })
    };
    assert_eq!(least(2000), None);
    let (given, min) = (Compute::new(1999), Compute::new(2000));
    assert_eq!(least(1999), Some(Unfit::TooLittleCompute { given, min }));
    let left = Compute::new(50_000_000);
    assert_eq!(least(left.get()), None);
    let given = Compute::new(left.get() + 1);
    assert_eq!(
        least(given.get()),
        Some(Unfit::NoComputeLeft { given, left })
    );
}

#[test]
fn bytes_fit_the_transaction_and_the_block() {
    let parameters = Parameters {
        block_bytes_max: ByteCount::new(128 * 1024),
        transaction_bytes_max: ByteCount::new(40_000),
        ..Parameters::default()
    };
    let genesis = network(parameters);
    let (mut ledger, _) = begin(&genesis, PLENTY);
    let of_length = |sender, nonce, length: u64| {
        let with = |value| {
            let mut body = body(&genesis, sender, nonce, vec![put("a", value)]);
            body.fee_max = Amount::from_tokens(10);
            body.compute_max = Compute::new(1_000_000);
            unsigned(body)
        };
        let around = with(0).encoded_bytes().get();
        with(usize::try_from(length - around).unwrap())
    };
    let max = ByteCount::new(40_000);
    assert_eq!(offer(&genesis, &mut ledger, of_length(1, 0, 40_000)), None);
    let bytes = ByteCount::new(40_001);
    let refused = offer(&genesis, &mut ledger, of_length(1, 0, 40_001));
    assert_eq!(refused, Some(Unfit::TooLarge { bytes, max }));

    // The block has 88 KiB for transactions.
    let left = 88 * 1024 - 2 * 40_000;
    let mut last = |length| {
        let transactions = vec![
            of_length(1, 0, 40_000),
            of_length(1, 1, 40_000),
            of_length(1, 2, length),
        ];
        let parent = BlockId::ZERO;
        let draft = draft(&genesis, parent, Height::new(0));
        let built = ledger
            .prepare_proposal(&parent, draft, &mut transactions.into_iter())
            .unwrap();
        built.left_out.into_iter().next().map(|(_, reason)| reason)
    };
    assert_eq!(last(left), None);
    let no_room = Unfit::NoRoomLeft {
        bytes: ByteCount::new(left + 1),
        left: ByteCount::new(left),
    };
    assert_eq!(last(left + 1), Some(no_room));
}

/// The reason for which a block with this signed transaction is refused, when
/// nobody has checked it before.
fn unchecked(
    transaction: Transaction,
    genesis: &Genesis,
) -> Result<BlockId, CheckError<std::convert::Infallible>> {
    let (mut ledger, _) = begin(genesis, PLENTY);
    let draft = draft(genesis, BlockId::ZERO, Height::new(0));
    let empty = ledger
        .prepare_proposal(&BlockId::ZERO, draft, &mut std::iter::empty())
        .unwrap();
    let mut block = Block::clone(&empty.block);
    block.header.tx_root = tx_root([transaction.signed_id()]);
    block.transactions = List::new(vec![transaction]).unwrap();
    ledger.process_proposal(Arc::new(block), &|_| false)
}

/// A block of two transactions, the first checked before, the second forged.
fn second_forged(
    genesis: &Genesis,
    first: TransactionBody,
) -> Result<BlockId, CheckError<std::convert::Infallible>> {
    let (mut ledger, _) = begin(genesis, PLENTY);
    let draft = draft(genesis, BlockId::ZERO, Height::new(0));
    let empty = ledger.prepare_proposal(&BlockId::ZERO, draft, &mut std::iter::empty());
    let mut second = first.clone();
    second.nonce = Nonce::new(1);
    let pair = vec![unsigned(first), unsigned(second)];
    let mut block = Block::clone(&empty.unwrap().block);
    let checked = pair[0].signed_id();
    block.header.tx_root = tx_root(pair.iter().map(Transaction::signed_id));
    block.transactions = List::new(pair).unwrap();
    ledger.process_proposal(Arc::new(block), &move |id| *id == checked)
}

#[test]
fn form_and_signature_are_checked_where_nobody_has() {
    let genesis = network(Parameters::default());
    let good = body(&genesis, 1, 0, vec![pay(2, 5)]);
    assert!(unchecked(good.clone().sign(&key(1)).unwrap(), &genesis).is_ok());
    let reason = |transaction| match unchecked(transaction, &genesis) {
        Err(CheckError::Invalid(InvalidBlock::Transaction { index: 0, reason })) => reason,
        other => panic!("{other:?}"),
    };
    let signed = |change: &dyn Fn(&mut TransactionBody)| {
        let mut body = good.clone();
        change(&mut body);
        body.sign(&key(1)).unwrap()
    };
    let refused = second_forged(&genesis, good.clone());
    let Err(CheckError::Invalid(InvalidBlock::Transaction { index, .. })) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(index, 1, "the first was checked before");
    let foreign = reason(signed(&|body| body.genesis = GenesisHash::ZERO));
    assert!(matches!(
        foreign,
        Unfit::Form(TransactionError::WrongNetwork { .. })
    ));
    let idle = reason(signed(&|body| body.actions = List::default()));
    assert_eq!(idle, Unfit::Form(TransactionError::NoAction));
    let tip = reason(signed(&|body| {
        body.tip = Amount::new(body.fee_max.get() + 1);
    }));
    assert!(matches!(
        tip,
        Unfit::Form(TransactionError::TipAboveFee { .. })
    ));
    let forged = reason(unsigned(good.clone()));
    assert!(matches!(
        forged,
        Unfit::Form(TransactionError::BadSignature(_))
    ));
    let mut other = good;
    // The neutral element, for which everything is signed.
    let mut neutral = [0; 32];
    neutral[0] = 1;
    other.sender = PublicKey::new(neutral);
    let weak = reason(unsigned(other));
    assert!(matches!(weak, Unfit::Form(TransactionError::WeakSender(_))));
}

/// The outcome of one transaction's actions after those of others have run.
fn outcome(
    before: Vec<(u8, Action)>,
    sender: u8,
    actions: Vec<Action>,
) -> Result<(), (u16, ActionError)> {
    let genesis = network(Parameters::default());
    let (mut ledger, memory) = begin(&genesis, PLENTY);
    let mut nonces = [0; 4];
    let mut send = |sender: u8, actions| {
        let nonce = &mut nonces[usize::from(sender)];
        *nonce += 1;
        unsigned(body(&genesis, sender, *nonce - 1, actions))
    };
    let mut transactions: Vec<Transaction> = before
        .into_iter()
        .map(|(sender, action)| send(sender, vec![action]))
        .collect();
    transactions.push(send(sender, actions));
    let batch = settle(&genesis, &mut ledger, &memory, transactions);
    match &batch.receipts.last().unwrap().outcome {
        Outcome::Applied { .. } => Ok(()),
        Outcome::Failed { action, code } => Err((*action, ActionError::from_code(*code).unwrap())),
    }
}

#[test]
fn what_the_fee_may_take_cannot_be_sent() {
    // A million tokens, less the most that the fee takes.
    let spendable = 1_000_000_000_000_000 - 100_000_000;
    assert_eq!(outcome(vec![], 1, vec![pay(2, spendable)]), Ok(()));
    let all = outcome(vec![], 1, vec![pay(2, spendable + 1)]);
    assert_eq!(all, Err((0, ActionError::BalanceTooLow)));
    let in_parts = outcome(vec![], 1, vec![pay(2, spendable), pay(3, 1)]);
    assert_eq!(in_parts, Err((1, ActionError::BalanceTooLow)));
    let overflow = outcome(vec![], 1, vec![pay(2, u128::MAX), pay(2, u128::MAX)]);
    assert_eq!(overflow, Err((0, ActionError::BalanceTooLow)));
    assert_eq!(outcome(vec![], 1, vec![pay(1, spendable)]), Ok(()));
    let to_oneself = outcome(vec![], 1, vec![pay(1, spendable + 1)]);
    assert_eq!(to_oneself, Err((0, ActionError::BalanceTooLow)));
}

#[test]
fn the_first_writer_owns_a_namespace() {
    let mine = vec![(1, put("a", 3))];
    let delete = || Action::Delete {
        namespace: name("a"),
        key: Key::new(vec![1]).unwrap(),
    };
    let foreign = Err((0, ActionError::ForeignNamespace));
    assert_eq!(outcome(mine.clone(), 1, vec![put("a", 4)]), Ok(()));
    assert_eq!(outcome(mine.clone(), 2, vec![put("a", 4)]), foreign);
    assert_eq!(outcome(mine.clone(), 2, vec![put("b", 4)]), Ok(()));
    assert_eq!(outcome(mine.clone(), 2, vec![delete()]), foreign);
    assert_eq!(outcome(mine, 1, vec![delete()]), Ok(()));
    let unknown = Err((0, ActionError::UnknownKey));
    assert_eq!(outcome(vec![], 1, vec![delete()]), unknown);
    let twice = outcome(vec![(1, put("a", 3))], 1, vec![delete(), delete()]);
    assert_eq!(twice, Err((1, ActionError::UnknownKey)));
}

#[test]
fn journals_are_opened_and_then_appended_to() {
    let open = |writers| Action::OpenJournal {
        journal: name("j"),
        writers,
    };
    let append = || Action::Append {
        journal: name("j"),
        entry: Value::new(vec![1]).unwrap(),
    };
    let unknown = Err((0, ActionError::UnknownJournal));
    assert_eq!(outcome(vec![], 1, vec![append()]), unknown);
    assert_eq!(
        outcome(vec![], 1, vec![open(Writers::Owner), append()]),
        Ok(())
    );
    let owned = vec![(1, open(Writers::Owner))];
    let foreign = Err((0, ActionError::ForeignJournal));
    assert_eq!(outcome(owned.clone(), 2, vec![append()]), foreign);
    let exists = Err((0, ActionError::JournalExists));
    assert_eq!(outcome(owned, 2, vec![open(Writers::Anyone)]), exists);
    let shared = vec![(1, open(Writers::Anyone))];
    assert_eq!(outcome(shared, 2, vec![append(), append()]), Ok(()));
}

#[test]
fn the_first_notarization_counts() {
    let notarize = || Action::Notarize {
        digest: Domain::MerkleLeaf.hash(b"a document"),
    };
    assert_eq!(outcome(vec![], 1, vec![notarize()]), Ok(()));
    let again = Err((0, ActionError::AlreadyNotarized));
    assert_eq!(outcome(vec![(1, notarize())], 2, vec![notarize()]), again);
}

#[test]
fn compute_runs_out_at_the_action_that_would_pass_the_limit() {
    let genesis = network(Parameters::default());
    let with = |compute| {
        let (mut ledger, memory) = begin(&genesis, PLENTY);
        let mut body = body(&genesis, 1, 0, vec![pay(2, 5), pay(3, 5)]);
        body.compute_max = Compute::new(compute);
        let batch = settle(&genesis, &mut ledger, &memory, vec![unsigned(body)]);
        let receipt = batch.receipts[0].clone();
        (receipt.compute_used.get(), receipt.outcome)
    };
    let (used, outcome) = with(10_000);
    assert_eq!(used, 10_000);
    assert!(matches!(outcome, Outcome::Applied { .. }));
    let failed = Outcome::Failed {
        action: 1,
        code: ActionError::ComputeExceeded.code(),
    };
    assert_eq!(with(9_999), (9_999, failed));
}

#[test]
fn codes_and_reasons_are_those_of_the_page() {
    let page = include_str!("../../../docs/src/spec/execution.md");
    for error in ActionError::ALL {
        let row = format!("| {} | `{}` |", error.code(), error.reason());
        assert!(page.contains(&row), "{row}");
        assert_eq!(ActionError::from_code(error.code()), Some(error));
    }
}

type Attributes<S> = Vec<(S, Vec<u8>)>;

/// The events of a transaction of account 1: names, and the attributes' names
/// with their values.
fn events(actions: Vec<Action>) -> Vec<(String, Attributes<String>)> {
    let genesis = network(Parameters::default());
    let (mut ledger, memory) = begin(&genesis, PLENTY);
    let transaction = unsigned(body(&genesis, 1, 0, actions));
    let batch = settle(&genesis, &mut ledger, &memory, vec![transaction]);
    let Outcome::Applied { events } = &batch.receipts[0].outcome else {
        panic!("{:?}", batch.receipts[0]);
    };
    let attributes = |event: &Event| {
        let attributes = event.attributes.iter();
        attributes
            .map(|a| (a.name.to_string(), a.value.to_vec()))
            .collect()
    };
    let events = events.iter();
    events
        .map(|event| (event.name.to_string(), attributes(event)))
        .collect()
}

#[test]
fn events_say_what_the_page_says() {
    let (space, journal) = (name("a"), name("j"));
    let entry_key = Key::new(vec![1]).unwrap();
    let entry = Value::new(vec![9]).unwrap();
    let digest = Domain::MerkleLeaf.hash(b"a document");
    let append = || Action::Append {
        journal: name("j"),
        entry: entry.clone(),
    };
    let found = events(vec![
        pay(2, 5),
        put("a", 3),
        Action::Delete {
            namespace: space.clone(),
            key: entry_key.clone(),
        },
        Action::OpenJournal {
            journal: journal.clone(),
            writers: Writers::Owner,
        },
        append(),
        append(),
        Action::Notarize { digest },
    ]);
    let bytes = |value: &str| {
        let mut bytes = u32::try_from(value.len()).unwrap().to_le_bytes().to_vec();
        bytes.extend(value.as_bytes());
        bytes
    };
    let mut key_bytes = 1u32.to_le_bytes().to_vec();
    key_bytes.push(1);
    let expected: Vec<(&str, Attributes<&str>)> = vec![
        (
            "transfer",
            vec![
                ("from", address(1).as_bytes().to_vec()),
                ("to", address(2).as_bytes().to_vec()),
                ("amount", 5u128.to_le_bytes().to_vec()),
            ],
        ),
        (
            "put",
            vec![("namespace", bytes("a")), ("key", key_bytes.clone())],
        ),
        (
            "delete",
            vec![("namespace", bytes("a")), ("key", key_bytes)],
        ),
        (
            "open_journal",
            vec![
                ("journal", bytes("j")),
                ("owner", address(1).as_bytes().to_vec()),
            ],
        ),
        (
            "append",
            vec![("journal", bytes("j")), ("index", vec![0; 8])],
        ),
        (
            "append",
            vec![
                ("journal", bytes("j")),
                ("index", 1u64.to_le_bytes().to_vec()),
            ],
        ),
        ("notarize", vec![("digest", digest.as_bytes().to_vec())]),
    ];
    let expected: Vec<(String, Attributes<String>)> = expected
        .into_iter()
        .map(|(event, attributes)| {
            let attributes = attributes.into_iter();
            let named = attributes.map(|(name, value)| (name.to_owned(), value));
            (event.to_owned(), named.collect())
        })
        .collect();
    assert_eq!(found, expected);
    let page = include_str!("../../../docs/src/spec/execution.md");
    for (event, attributes) in &found {
        let names: Vec<String> = attributes
            .iter()
            .map(|(name, _)| format!("`{name}`"))
            .collect();
        let cell = format!("`{event}`: {}", names.join(", "));
        assert!(page.contains(&cell), "{cell}");
    }
}

#[test]
fn compute_is_known_before_a_transaction_runs() {
    let genesis = network(Parameters::default());
    let (mut ledger, memory) = begin(&genesis, PLENTY);
    let actions = vec![pay(2, 5), put("a", 77)];
    let known = pyralog_chain::transaction_compute(&actions);
    let transaction = unsigned(body(&genesis, 1, 0, actions));
    let batch = settle(&genesis, &mut ledger, &memory, vec![transaction]);
    assert_eq!(batch.receipts[0].compute_used, known);
}

#[test]
fn an_account_that_never_held_anything_is_not_stored() {
    let genesis = network(Parameters::default());
    let (mut ledger, memory) = begin(&genesis, PLENTY);
    let transaction = unsigned(body(&genesis, 1, 0, vec![pay(99, 0)]));
    let batch = settle(&genesis, &mut ledger, &memory, vec![transaction]);
    let address = address(99);
    assert_eq!(batch.write_set.get(&StateKey::Account { address }), None);
}

#[test]
fn tips_go_to_the_proposer_and_the_rest_of_the_fee_is_burned() {
    let genesis = network(Parameters::default());
    let (mut ledger, memory) = begin(&genesis, PLENTY);
    let transaction = unsigned(body(&genesis, 1, 0, vec![pay(2, 5)]));
    let bytes = u128::from(transaction.encoded_bytes().get());
    settle(&genesis, &mut ledger, &memory, vec![transaction]);
    let burned = 100 * (bytes + 6000);
    let balance = |address: Address| {
        let key = StateKey::Account { address };
        let value = memory.0.borrow().get(&key).cloned().unwrap();
        AccountState::decode(&value).unwrap().balance.get()
    };
    let million = 1_000_000_000_000_000;
    assert_eq!(balance(address(1)), million - 5 - burned - 10);
    assert_eq!(balance(address(2)), million + 5);
    assert_eq!(balance(address(200)), 10);
}

#[test]
fn trying_out_changes_nothing_and_tells_what_will_happen() {
    let genesis = network(Parameters::default());
    let (mut ledger, memory) = begin(&genesis, PLENTY);
    let body = body(&genesis, 1, 0, vec![pay(2, 5), put("a", 100)]);
    let before = ledger.counts();
    let simulation = ledger.check_transaction(&BlockId::ZERO, &body).unwrap();
    assert_eq!(ledger.counts(), before);
    assert_eq!(simulation.base_fee, Amount::new(100));
    let batch = settle(&genesis, &mut ledger, &memory, vec![unsigned(body.clone())]);
    assert_eq!(batch.receipts, [simulation.receipt]);
    let next = ledger.info().block;
    let used = ledger
        .check_transaction(&next, &body)
        .unwrap_err()
        .to_string();
    assert_eq!(used, "nonce 0 is used; the next one is 1");
}
