//! Callers that wait to be told what became of their transactions.

use std::collections::{BTreeMap, HashMap};

use pyralog_chain::mempool::{Fate, Outcome, Rejection, Source};
use pyralog_primitives::{SignedTransactionId, TransactionId};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::handle::{Answer, Novelty, Refused};

/// The answers to one call, as they come in.
struct Call {
    answers: Vec<Option<Answer>>,
    missing: usize,
    /// What its transactions take of what callers may have in line.
    _room: OwnedSemaphorePermit,
    reply: oneshot::Sender<Vec<Answer>>,
}

/// One transaction of a call.
#[derive(Clone, Copy)]
struct Waiter {
    source: Source,
    call: u64,
    place: usize,
}

/// All calls that are not answered. Bounded by what may stand in line.
#[derive(Default)]
pub(super) struct Waiters {
    calls: BTreeMap<u64, Call>,
    next_call: u64,
    by_transaction: HashMap<SignedTransactionId, Vec<Waiter>>,
}

impl Waiters {
    /// Begins a call with so many transactions; returns its number.
    pub(super) fn begin(
        &mut self,
        count: usize,
        room: OwnedSemaphorePermit,
        reply: oneshot::Sender<Vec<Answer>>,
    ) -> u64 {
        let call = self.next_call;
        self.next_call += 1;
        self.calls.insert(
            call,
            Call {
                answers: vec![None; count],
                missing: count,
                _room: room,
                reply,
            },
        );
        self.finish_if_complete(call);
        call
    }

    /// The transaction at a place of a call is answered.
    pub(super) fn answer(&mut self, call: u64, place: usize, answer: Answer) {
        if let Some(open) = self.calls.get_mut(&call)
            && open.answers[place].is_none()
        {
            open.answers[place] = Some(answer);
            open.missing -= 1;
        }
        self.finish_if_complete(call);
    }

    /// The transaction at a place of a call is answered once it is verified.
    pub(super) fn wait(
        &mut self,
        transaction: SignedTransactionId,
        source: Source,
        (call, place): (u64, usize),
    ) {
        let waiters = self.by_transaction.entry(transaction).or_default();
        waiters.push(Waiter {
            source,
            call,
            place,
        });
    }

    /// Tells all whom an outcome is for.
    pub(super) fn settle(&mut self, outcome: &Outcome) {
        let Some(waiting) = self.by_transaction.remove(&outcome.signed_id) else {
            return;
        };
        // One that was not examined stays in line for others who sent it.
        let is_for = |waiter: &Waiter| match outcome.fate {
            Fate::Unchecked => waiter.source == outcome.source,
            Fate::Admitted(_) | Fate::Known | Fate::Rejected(_) => true,
        };
        let (told, left): (Vec<Waiter>, Vec<Waiter>) = waiting.into_iter().partition(is_for);
        if !left.is_empty() {
            self.by_transaction.insert(outcome.signed_id, left);
        }
        for waiter in told {
            let answer = answer_of(outcome.id, &outcome.fate);
            self.answer(waiter.call, waiter.place, answer);
        }
    }

    fn finish_if_complete(&mut self, call: u64) {
        let is_complete = self.calls.get(&call).is_some_and(|call| call.missing == 0);
        if let Some(call) = is_complete.then(|| self.calls.remove(&call)).flatten() {
            // A caller that has gone away is told nothing.
            let _ = call
                .reply
                .send(call.answers.into_iter().flatten().collect());
        }
    }
}

fn answer_of(id: TransactionId, fate: &Fate) -> Answer {
    match fate {
        Fate::Admitted(_) => Answer::Taken {
            id,
            novelty: Novelty::News,
        },
        Fate::Known => Answer::Taken {
            id,
            novelty: Novelty::Known,
        },
        Fate::Rejected(rejection) => rejected(rejection.clone()),
        Fate::Unchecked => Answer::Refused(Refused::Unchecked),
    }
}

pub(super) fn rejected(rejection: Rejection) -> Answer {
    Answer::Refused(Refused::Rejected(Box::new(rejection)))
}
