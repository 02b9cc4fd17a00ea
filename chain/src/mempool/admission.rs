//! The way into the pool: one line for each source, batches taken fairly from
//! all lines, and each signature verified once.
//!
//! Invariants:
//! - a source waits only for its own: each turn takes one transaction from
//!   each line that has one, and no line keeps another from growing to its
//!   bound;
//! - what a forger sent before an honest source cannot push that source's
//!   transaction out: who offers what already waits is noted, and gets it
//!   examined in its own name if the first source turns out to forge;
//! - a signature that was found good is not examined again while it is
//!   remembered, nor is one that was found forged.

mod lines;

use pyralog_primitives::batch::Verdict;
use pyralog_primitives::state::AccountState;
use pyralog_primitives::transaction::Transaction;
use pyralog_primitives::{SignedTransactionId, TimestampMs, TransactionId};

use self::lines::{Lines, Release};
use super::batch::{Batch, JudgedGroup, Need, Verified, Waiting};
use super::checked::{Checked, Unverified};
use super::key::IdKey;
use super::pool::Mempool;
use super::recent::Recent;
use super::rejection::Rejection;
use super::rules::Rules;
use super::{Accounts, Admitted};

pub use self::lines::{SOURCE_BYTES_MAX, SOURCE_COUNT_MAX, VOUCHER_COUNT_MAX};

/// Signatures whose verdict is remembered, good or forged. Lower than what a
/// full pool holds, and a proposal's are verified again; each takes some 150
/// bytes. A forger adds one in a batch, which pushes out few.
pub const JUDGED_COUNT_MAX: usize = 262_144;

/// Lower, and forgers that take turns spoil the batches of others; each takes
/// some 100 bytes.
pub const SUSPECT_COUNT_MAX: usize = 4_096;

/// Where transactions come from: a peer, or a client of this node. The caller
/// gives out the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Source(u64);

impl Source {
    /// The source of this number.
    pub const fn new(raw: u64) -> Self {
        Self(raw)
    }

    /// The number without its meaning.
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// What became of an offer, at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Offered {
    /// It stands in line; an [`Outcome`] follows.
    Queued {
        /// Its id.
        id: TransactionId,
    },
    /// The same one stands in line already; an [`Outcome`] follows for the
    /// source that was first.
    Waiting {
        /// Its id.
        id: TransactionId,
    },
    /// It is pending or in a block: see [`Mempool::status`]. Not an error.
    Known {
        /// Its id.
        id: TransactionId,
    },
    /// It can never be taken as it is, or not now.
    Rejected(Rejection),
    /// The source has too much in line: it may try again once it has less.
    Busy,
}

/// What became of a transaction that stood in line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Who offered it.
    pub source: Source,
    /// Its id.
    pub id: TransactionId,
    /// Its id with the signature.
    pub signed_id: SignedTransactionId,
    /// What became of it.
    pub fate: Fate,
}

/// What became of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is pending.
    Admitted(Admitted),
    /// It was pending already, or is in a block.
    Known,
    /// It is not taken. Remembered under its id only if its signature is good:
    /// else anyone could give a bad name to what others sign.
    Rejected(Rejection),
    /// Not examined, because its source sent a forgery before it. It may be
    /// offered again.
    Unchecked,
}

/// Accounts could not be read. Nothing has changed; the batch can be completed
/// again.
#[derive(Debug)]
pub struct ReadFailed<E> {
    /// Why.
    pub error: E,
    /// The batch.
    pub verified: Verified,
}

/// Where transactions wait for the verification of their signatures.
#[derive(Clone, Debug)]
pub struct Admission {
    rules: Rules,
    lines: Lines,
    judged: Recent<IdKey, Judged>,
    suspects: Suspects,
}

/// What a signature was found to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Judged {
    Good,
    Forged,
}

/// Sources that sent a forgery lately.
type Suspects = Recent<Source, ()>;

impl Admission {
    /// One with nothing in line.
    pub fn new(rules: Rules) -> Self {
        Self {
            rules,
            lines: Lines::new(),
            judged: Recent::new(JUDGED_COUNT_MAX),
            suspects: Recent::new(SUSPECT_COUNT_MAX),
        }
    }

    /// Takes a transaction into its source's line, after all checks that need
    /// neither its signature nor its account.
    pub fn offer(
        &mut self,
        now: TimestampMs,
        source: Source,
        transaction: Transaction,
        pool: &Mempool,
    ) -> Offered {
        if self.lines.is_full(source) {
            return Offered::Busy;
        }
        if let Err(rejection) = self.rules.check_form(&transaction.body) {
            return Offered::Rejected(rejection);
        }
        let transaction = Unverified::new(transaction);
        let facts = transaction.facts();
        let (id, signed_id) = (facts.id(), facts.signed_id());
        if pool.is_known(&id) {
            return Offered::Known { id };
        }
        self.judged.forget(now);
        let judged = self.judged.get(&signed_id.into()).copied();
        if judged == Some(Judged::Forged) {
            return Offered::Rejected(Rules::blame(facts.transaction()));
        }
        if let Some(noted) = self.lines.vouch(source, &signed_id) {
            return if noted {
                Offered::Waiting { id }
            } else {
                Offered::Busy
            };
        }
        if let Err(rejection) = self.rules.check_terms(facts, pool.next_height()) {
            return Offered::Rejected(rejection);
        }
        let signature = match judged {
            Some(Judged::Good) => Need::Good,
            _ => Need::Unknown,
        };
        let waiting = Waiting {
            transaction,
            signature,
        };
        if self.lines.push(source, waiting) {
            Offered::Queued { id }
        } else {
            Offered::Busy
        }
    }

    /// Takes out up to `count_max` transactions, in turn from each line.
    /// [`pyralog_primitives::batch::BATCH_COUNT_MAX`] of them cost least. What
    /// the pool knows by now is not verified.
    pub fn take_batch(&mut self, count_max: usize, pool: &Mempool) -> Batch {
        self.lines.take_batch(count_max, &self.suspects, pool)
    }

    /// A transaction that stands in line or is in a batch: nobody has verified it.
    pub fn get(&self, signed_id: &SignedTransactionId) -> Option<&Transaction> {
        self.lines.get(signed_id).map(Checked::transaction)
    }

    /// How many stand in line, without those in batches.
    pub fn waiting_count(&self) -> usize {
        self.lines.waiting_count()
    }

    /// Whether this signature was verified lately, here or as
    /// [`Self::note_verified`] says. Good for proposals that hold it.
    pub fn is_verified(&self, signed_id: &SignedTransactionId) -> bool {
        self.judged.get(&(*signed_id).into()) == Some(&Judged::Good)
    }

    /// Notes what was verified elsewhere, as part of a block.
    pub fn note_verified(&mut self, now: TimestampMs, signed_id: SignedTransactionId) {
        self.judged.insert(now, signed_id.into(), Judged::Good);
    }

    /// Brings a batch back: what is good goes to the pool, each source is told
    /// of its transactions. Only accounts of senders that have nothing pending
    /// are read.
    pub fn complete<A: Accounts>(
        &mut self,
        now: TimestampMs,
        verified: Verified,
        pool: &mut Mempool,
        accounts: &A,
    ) -> Result<Vec<Outcome>, ReadFailed<A::Error>> {
        let read = match read_accounts(&verified, pool, accounts) {
            Ok(read) => read,
            Err(error) => return Err(ReadFailed { error, verified }),
        };
        self.judged.forget(now);
        self.suspects.forget(now);
        let count = verified.groups.iter().map(|group| group.judged.len()).sum();
        let mut outcomes = Vec::with_capacity(count);
        let mut read = read.into_iter();
        for JudgedGroup { source, judged } in verified.groups {
            for (waiting, verdict) in judged {
                let settled = Settled {
                    source,
                    release: self.lines.release(source, &waiting),
                    waiting,
                };
                match verdict {
                    _ if settled.waiting.signature == Need::Needless => {
                        outcomes.push(settled.outcome(source, Fate::Known));
                    }
                    Verdict::Good => {
                        let account = read.next();
                        let account = account.expect("the account of each good one was read");
                        outcomes.push(self.settle_good(now, settled, pool, account));
                    }
                    Verdict::Forged => self.settle_forged(now, &settled, &mut outcomes),
                    Verdict::Unchecked => outcomes.push(self.settle_unchecked(settled)),
                }
            }
        }
        Ok(outcomes)
    }

    fn settle_good(
        &mut self,
        now: TimestampMs,
        settled: Settled,
        pool: &mut Mempool,
        account: AccountState,
    ) -> Outcome {
        let signed_id = settled.facts().signed_id();
        if settled.waiting.signature == Need::Unknown {
            self.judged.insert(now, signed_id.into(), Judged::Good);
        }
        let source = settled.source;
        let checked = settled.waiting.transaction.into_verified();
        let id = checked.id();
        Outcome {
            source,
            id,
            signed_id,
            fate: pool.admit_from(now, checked, account),
        }
    }

    /// Everyone who offered it is told, and to blame.
    fn settle_forged(&mut self, now: TimestampMs, settled: &Settled, outcomes: &mut Vec<Outcome>) {
        let facts = settled.facts();
        self.judged
            .insert(now, facts.signed_id().into(), Judged::Forged);
        let rejection = Rules::blame(facts.transaction());
        let first = std::iter::once(settled.source);
        for source in first.chain(settled.release.vouchers.iter().copied()) {
            self.suspects.insert(now, source, ());
            outcomes.push(settled.outcome(source, Fate::Rejected(rejection.clone())));
        }
    }

    /// Where someone else offered it too, it waits again in that one's line.
    fn settle_unchecked(&mut self, settled: Settled) -> Outcome {
        let outcome = settled.outcome(settled.source, Fate::Unchecked);
        self.lines.hand_over(settled.waiting, settled.release);
        outcome
    }
}

/// A transaction that is no longer in line.
struct Settled {
    source: Source,
    waiting: Waiting,
    release: Release,
}

impl Settled {
    fn facts(&self) -> &Checked {
        self.waiting.transaction.facts()
    }

    fn outcome(&self, source: Source, fate: Fate) -> Outcome {
        Outcome {
            source,
            id: self.facts().id(),
            signed_id: self.facts().signed_id(),
            fate,
        }
    }
}

/// The accounts of the senders of all good ones, in their order, before
/// anything changes.
fn read_accounts<A: Accounts>(
    verified: &Verified,
    pool: &Mempool,
    accounts: &A,
) -> Result<Vec<AccountState>, A::Error> {
    let judged = verified.groups.iter().flat_map(|group| &group.judged);
    judged
        .filter(|(_, verdict)| *verdict == Verdict::Good)
        .map(|(waiting, _)| {
            let checked = waiting.transaction.facts();
            match pool.account_of(checked) {
                Some(account) => Ok(account),
                None => accounts.account(&checked.sender()),
            }
        })
        .collect()
}
