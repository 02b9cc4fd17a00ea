//! The way into the mempool beside the bare verification of signatures.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use ed25519_zebra::{VerificationKeyBytes, batch};
use pyralog_chain::mempool::{
    Accounts, Admission, Batch, BlockSpace, Checked, Fate, Limits, Mempool, Offered, Outcome,
    Rules, Source, Verified,
};
use pyralog_genesis::Parameters;
use pyralog_measure::{Comparison, compare, state};
use pyralog_primitives::action::Action;
use pyralog_primitives::batch::BATCH_COUNT_MAX;
use pyralog_primitives::codec::{List, Version};
use pyralog_primitives::state::AccountState;
use pyralog_primitives::transaction::{Transaction, TransactionBody};
use pyralog_primitives::{
    Address, Amount, ByteCount, Compute, GenesisHash, Height, Nonce, SecretKey, Signature,
    TimestampMs,
};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;

const SENDER_COUNT: usize = 10_000;
const SOURCE_COUNT: usize = 100;
const NOW: TimestampMs = TimestampMs::new(1_000);
const BASE_FEE: Amount = Amount::new(100);

/// Runs the rows.
pub(crate) fn measure() {
    let honest = transactions();
    let units = u32::try_from(SENDER_COUNT).expect("a small constant");
    let claim = |what, floor, goal| Comparison {
        what,
        reference: "bare ZIP-215 batches",
        units,
        floor,
        goal,
    };
    let accounts = Rich::of(&honest);
    let reference = || assert!(bare_kernel(&honest));
    let good = claim("admission, all good", Some(0.6), Some(0.9));
    compare(
        &good,
        || assert_eq!(admit(&honest, &accounts), SENDER_COUNT),
        reference,
    );

    let per_source = SENDER_COUNT / SOURCE_COUNT;
    let mut one_forger = honest.clone();
    one_forger
        .iter_mut()
        .skip(41)
        .step_by(SOURCE_COUNT)
        .for_each(forge);
    let forged = claim("admission, 1 of 100 sources forges", Some(0.6), Some(0.9));
    let rest = SENDER_COUNT - per_source;
    compare(
        &forged,
        || assert_eq!(admit(&one_forger, &accounts), rest),
        reference,
    );

    let mut spread = honest.clone();
    spread.iter_mut().step_by(per_source + 1).for_each(forge);
    let admitted = admit(&spread, &accounts);
    let what = format!("admission, 1 % forged, in all sources ({admitted} admitted)");
    let forged = claim(&what, None, None);
    compare(&forged, || admit(&spread, &accounts), reference);

    parts(&honest, &accounts);
    two_threads(&honest, &accounts);
}

/// Where the time goes that the kernel does not take.
fn parts(honest: &[Transaction], accounts: &Rich) {
    let units = u32::try_from(SENDER_COUNT).expect("a small constant");
    let pieces = || honest.chunks(BATCH_COUNT_MAX);
    state("admission: offer and take batches", units, || {
        let (mut admission, pool) = empty();
        for piece in pieces() {
            offer_all(&mut admission, &pool, piece);
            drop(next_batch(&mut admission, &pool));
        }
    });
    let checked = |transaction: &Transaction| Checked::from_block(transaction.clone());
    let checked: Vec<Checked> = honest.iter().map(checked).collect();
    state("admission: into the pool, and freed", units, || {
        let (_, mut pool) = empty();
        for one in &checked {
            let fate = pool.admit(NOW, one.clone(), accounts);
            assert!(matches!(fate, Ok(Fate::Admitted(_))));
        }
        assert_eq!(pool.len(), SENDER_COUNT);
    });
    let (_, mut pool) = empty();
    for one in &checked {
        let fate = pool.admit(NOW, one.clone(), accounts);
        assert!(matches!(fate, Ok(Fate::Admitted(_))));
    }
    let space = BlockSpace {
        bytes: ByteCount::new(2 * 1024 * 1024),
        compute: Compute::new(50_000_000),
    };
    let chosen = u32::try_from(pool.candidates(BASE_FEE, space).count()).expect("it is small");
    let what = format!("mempool: choose {chosen} of 10,000 for a block");
    state(&what, chosen, || pool.candidates(BASE_FEE, space).count());
}

fn transactions() -> Vec<Transaction> {
    let one = |index: usize| {
        let mut seed = [7; SecretKey::SEED_BYTES];
        seed[..8].copy_from_slice(&index.to_le_bytes());
        let key = SecretKey::from_seed(&seed);
        let transfer = Action::Transfer {
            to: Address::new([index.to_le_bytes()[0]; Address::BYTES]),
            amount: Amount::new(5),
        };
        let body = TransactionBody {
            version: Version::V1,
            genesis: GenesisHash::ZERO,
            sender: key.public_key(),
            nonce: Nonce::new(0),
            valid_until: Height::new(500),
            fee_max: Amount::new(10_000_000),
            // The last two digits name the source.
            tip: Amount::new((index * 7919 % 101 * SOURCE_COUNT + index % SOURCE_COUNT) as u128),
            compute_max: Compute::new(20_000),
            actions: List::new(vec![transfer]).expect("one action"),
            work: None,
        };
        body.sign(&key).expect("its own key")
    };
    (0..SENDER_COUNT).map(one).collect()
}

fn forge(transaction: &mut Transaction) {
    let mut bytes = *transaction.signature.as_bytes();
    bytes[40] ^= 1;
    transaction.signature = Signature::new(bytes);
}

/// Accounts in memory, all with enough.
struct Rich(BTreeMap<Address, AccountState>);

impl Rich {
    fn of(transactions: &[Transaction]) -> Self {
        let account = AccountState {
            balance: Amount::from_tokens(1),
            nonce: Nonce::new(0),
        };
        let address = |transaction: &Transaction| transaction.body.sender.address();
        Self(
            transactions
                .iter()
                .map(|one| (address(one), account))
                .collect(),
        )
    }
}

impl Accounts for Rich {
    type Error = Infallible;

    fn account(&self, address: &Address) -> Result<AccountState, Infallible> {
        Ok(self.0.get(address).copied().unwrap_or_default())
    }
}

fn empty() -> (Admission, Mempool) {
    let rules = Rules {
        genesis: GenesisHash::ZERO,
        parameters: Parameters::default(),
    };
    let pool = Mempool::new(rules, Limits::default(), Height::new(9), BASE_FEE);
    (Admission::new(rules), pool.expect("the defaults work"))
}

/// The kernel alone: no verdicts, no blame, its own cheap randomness.
fn bare_kernel(transactions: &[Transaction]) -> bool {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    transactions.chunks(BATCH_COUNT_MAX).all(|chunk| {
        let mut verifier = batch::Verifier::new();
        for one in chunk {
            let key = VerificationKeyBytes::from(*one.body.sender.as_bytes());
            let signature = ed25519_zebra::Signature::from_bytes(one.signature.as_bytes());
            verifier.queue((key, signature, one.body.sign_bytes().as_bytes()));
        }
        verifier.verify(&mut rng).is_ok()
    })
}

fn offer_all(admission: &mut Admission, pool: &Mempool, transactions: &[Transaction]) {
    for transaction in transactions {
        let source = source_of(transaction);
        let offered = admission.offer(NOW, source, transaction.clone(), pool);
        assert!(matches!(offered, Offered::Queued { .. }), "{offered:?}");
    }
}

fn source_of(transaction: &Transaction) -> Source {
    let tip = transaction.body.tip.get() % SOURCE_COUNT as u128;
    Source::new(u64::try_from(tip).expect("a remainder of a hundred"))
}

fn next_batch(admission: &mut Admission, pool: &Mempool) -> Option<Batch> {
    let batch = admission.take_batch(BATCH_COUNT_MAX, pool);
    (!batch.is_empty()).then_some(batch)
}

/// From the offer to the pool; returns how many got there.
fn admit(transactions: &[Transaction], accounts: &Rich) -> usize {
    let (mut admission, mut pool) = empty();
    let mut admitted = 0;
    for piece in transactions.chunks(BATCH_COUNT_MAX) {
        offer_all(&mut admission, &pool, piece);
        while let Some(batch) = next_batch(&mut admission, &pool) {
            admitted += complete(&mut admission, batch.verify(), &mut pool, accounts);
        }
    }
    admitted
}

fn complete(
    admission: &mut Admission,
    verified: Verified,
    pool: &mut Mempool,
    accounts: &Rich,
) -> usize {
    let outcomes = admission.complete(NOW, verified, pool, accounts);
    let outcomes = outcomes.expect("memory is always read");
    let is_in = |outcome: &&Outcome| matches!(outcome.fate, Fate::Admitted(_));
    outcomes.iter().filter(is_in).count()
}

/// Two workers verify, while this thread offers and completes: by the clock on
/// the wall, beside two threads that run the kernel. Stated only: what else
/// the machine does counts too.
fn two_threads(transactions: &[Transaction], accounts: &Rich) {
    let mut ratios: Vec<f64> = (0..5)
        .map(|_| {
            let reference = wall(|| kernel_on_two(transactions));
            let own = wall(|| assert_eq!(admit_on_two(transactions, accounts), transactions.len()));
            reference.as_secs_f64() / own.as_secs_f64()
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    eprintln!(
        "admission, two threads ÷ the kernel on two threads, by the wall clock: {:.2} ({:.2}–{:.2})",
        ratios[2], ratios[0], ratios[4]
    );
}

#[allow(
    clippy::disallowed_methods,
    reason = "a bench of threads goes by the wall clock"
)]
fn wall(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn kernel_on_two(transactions: &[Transaction]) {
    let (one, other) = transactions.split_at(transactions.len() / 2);
    std::thread::scope(|scope| {
        scope.spawn(|| assert!(bare_kernel(one)));
        scope.spawn(|| assert!(bare_kernel(other)));
    });
}

fn admit_on_two(transactions: &[Transaction], accounts: &Rich) -> usize {
    let (mut admission, mut pool) = empty();
    let mut admitted = 0;
    std::thread::scope(|scope| {
        let (done, verified) = sync_channel::<Verified>(16);
        let workers: Vec<_> = (0..2)
            .map(|_| {
                let (give, take) = sync_channel::<Batch>(2);
                let done = done.clone();
                scope.spawn(move || {
                    for batch in take {
                        done.send(batch.verify())
                            .expect("the main thread waits for all");
                    }
                });
                give
            })
            .collect();
        drop(done);
        let mut turn = workers.iter().cycle();
        for piece in transactions.chunks(SOURCE_COUNT * 10) {
            offer_all(&mut admission, &pool, piece);
            while let Some(batch) = next_batch(&mut admission, &pool) {
                let worker = turn.next().expect("a cycle of two has no end");
                worker.send(batch).expect("the worker waits");
            }
            for verified in verified.try_iter() {
                admitted += complete(&mut admission, verified, &mut pool, accounts);
            }
        }
        drop(workers);
        for verified in verified {
            admitted += complete(&mut admission, verified, &mut pool, accounts);
        }
    });
    admitted
}
