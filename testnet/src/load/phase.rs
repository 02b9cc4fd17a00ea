//! One phase of load on one node: calls go out by answers or by the clock.
//!
//! Invariants:
//! - nothing is signed here, and what is sent again is sent as it was;
//! - by the clock, a late answer moves nothing: the next call goes out when it
//!   is due, until [`UNANSWERED_MAX`] are without an answer; what cannot go out
//!   then is counted;
//! - every call is answered, or counted as lost;
//! - a phase ends by itself: with its time, and before if nothing is left to
//!   send.

use std::time::Duration;

use jsonrpsee::core::ClientError;
use jsonrpsee::core::JsonRawValue;
use jsonrpsee::core::client::ClientT;
use jsonrpsee::core::traits::ToRpcParams;
use jsonrpsee::http_client::HttpClient;
use pyralog_api::{Failure, SubmitOutcome};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::LoadError;
use super::accounts::Accounts;
use super::outcomes::Outcomes;

/// Calls without an answer, each on a connection of its own. Lower, and a node
/// that answers late is offered less than it should be; higher, and the
/// connections that a node gives one caller do not suffice.
const UNANSWERED_MAX: usize = 512;

/// Who goes by answers waits so long where something was shed.
const SHED_PAUSE: Duration = Duration::from_millis(5);

/// Calls in a second by the clock, if each has room for what is due in between.
/// Fewer, and transfers come in heaps; more, and calls are what is measured.
const CALLS_PER_SECOND: u32 = 50;
/// Between two of them.
pub(super) const BETWEEN_CALLS: Duration = Duration::from_millis(20);

/// One phase of load.
#[derive(Clone, Copy, Debug)]
pub(super) struct Phase {
    pub(super) pace: Pace,
    pub(super) start: Instant,
    /// Transfers in one call, at most.
    pub(super) batch: u32,
    /// Load comes before it is measured.
    pub(super) lead: Duration,
    pub(super) measured: Duration,
}

/// When calls go out.
#[derive(Clone, Copy, Debug)]
pub(super) enum Pace {
    /// So many callers, each of which waits for its answer.
    Answers { callers: usize },
    /// So many transfers in a second, whatever the answers.
    Clock { rate: u32 },
}

/// What a node said to one call.
struct Answered {
    senders: Vec<usize>,
    /// When the call was due.
    due: Instant,
    is_measured: bool,
    answer: Result<Vec<SubmitOutcome>, ClientError>,
}

/// Parameters that are text already.
struct Raw(String);

impl ToRpcParams for Raw {
    fn to_rpc_params(self) -> Result<Option<Box<JsonRawValue>>, serde_json::Error> {
        JsonRawValue::from_string(self.0).map(Some)
    }
}

/// Sends until the phase is over and all is answered.
pub(super) async fn run(
    client: &HttpClient,
    accounts: &mut Accounts,
    phase: &Phase,
) -> Result<Outcomes, LoadError> {
    let (answers_in, answers) = mpsc::channel(UNANSWERED_MAX);
    let mut sending = Sending {
        client,
        accounts,
        phase,
        answers_in,
        unanswered: 0,
        due: phase.start,
        measured_from: phase.start + phase.lead,
        outcomes: Outcomes::default(),
    };
    sending.run(answers).await?;
    Ok(sending.outcomes)
}

struct Sending<'a> {
    client: &'a HttpClient,
    accounts: &'a mut Accounts,
    phase: &'a Phase,
    answers_in: mpsc::Sender<Answered>,
    unanswered: usize,
    /// When the next call goes out.
    due: Instant,
    measured_from: Instant,
    outcomes: Outcomes,
}

impl Sending<'_> {
    async fn run(&mut self, mut answers: mpsc::Receiver<Answered>) -> Result<(), LoadError> {
        let end = self.measured_from + self.phase.measured;
        while Instant::now() < end && !self.is_finished() {
            tokio::select! {
                Some(answered) = answers.recv() => self.settle(answered)?,
                () = sleep_until(self.due.min(end)), if self.may_send() => self.send_due(),
                () = sleep_until(end) => {}
            }
        }
        self.hold_what_is_due_until(end);
        while self.unanswered > 0 {
            let answered = answers.recv().await;
            self.settle(answered.expect("we hold a sender ourselves"))?;
        }
        Ok(())
    }

    /// Who has nothing left to send before the time is over, because answers or
    /// signed transfers are missing, does not offer what is due until then.
    fn hold_what_is_due_until(&mut self, end: Instant) {
        if let Pace::Clock { rate } = self.phase.pace
            && self.is_finished()
        {
            let missing = end.saturating_duration_since(self.due.max(self.measured_from));
            let millis = u64::try_from(missing.as_millis()).unwrap_or(u64::MAX);
            self.outcomes.held += millis.saturating_mul(u64::from(rate)) / 1000;
        }
    }

    fn is_finished(&self) -> bool {
        self.unanswered == 0 && self.accounts.is_idle()
    }

    /// By the clock always: what cannot go out then is counted.
    fn may_send(&self) -> bool {
        match self.phase.pace {
            Pace::Answers { callers } => self.unanswered < callers && !self.accounts.is_idle(),
            Pace::Clock { .. } => true,
        }
    }

    fn send_due(&mut self) {
        let now = Instant::now();
        if now < self.due {
            return;
        }
        let batch = self.phase.transfers_of_a_call();
        let due = match self.phase.pace {
            // Whoever waits for answers is never late.
            Pace::Answers { .. } => now,
            Pace::Clock { rate } => {
                let due = self.due;
                self.due += Duration::from_secs(1) * batch / rate;
                due
            }
        };
        let is_measured = due >= self.measured_from;
        let room = if self.unanswered < UNANSWERED_MAX {
            batch
        } else {
            0
        };
        let call = self.accounts.take(room as usize);
        let count = call.senders.len() as u64;
        if is_measured {
            self.outcomes.offer(count, u64::from(batch));
        }
        if count == 0 {
            return;
        }
        self.unanswered += 1;
        let (client, answers) = (self.client.clone(), self.answers_in.clone());
        tokio::spawn(async move {
            let method = "pyralog_submitTransactions";
            let answer = client.request(method, Raw(call.parameters)).await;
            let answered = Answered {
                senders: call.senders,
                due,
                is_measured,
                answer,
            };
            // It has room for all calls; gone, it means that the phase failed.
            let _ = answers.send(answered).await;
        });
    }

    fn settle(&mut self, answered: Answered) -> Result<(), LoadError> {
        self.unanswered -= 1;
        let mut ignored = Outcomes::default();
        let noted = if answered.is_measured {
            &mut self.outcomes
        } else {
            &mut ignored
        };
        let has_shed = note(answered, self.accounts, noted)?;
        if has_shed && matches!(self.phase.pace, Pace::Answers { .. }) {
            self.due = Instant::now() + SHED_PAUSE;
        }
        Ok(())
    }
}

impl Phase {
    /// By the clock at low rates fewer than there is room for, so that they come
    /// one after the other and not in heaps.
    fn transfers_of_a_call(&self) -> u32 {
        match self.pace {
            Pace::Answers { .. } => self.batch,
            Pace::Clock { rate } => (rate / CALLS_PER_SECOND).clamp(1, self.batch),
        }
    }
}

/// Notes what became of a call, and lets its senders go on; says whether
/// something was shed.
fn note(
    answered: Answered,
    accounts: &mut Accounts,
    noted: &mut Outcomes,
) -> Result<bool, LoadError> {
    let Answered {
        senders,
        due,
        answer,
        ..
    } = answered;
    let count = senders.len() as u64;
    let due = due.into_std();
    let outcomes = match answer {
        Ok(outcomes) if outcomes.len() == senders.len() => outcomes,
        // So it is not said what became of which.
        Ok(_) => {
            noted.lose(count);
            accounts.lose(&senders);
            return Ok(false);
        }
        Err(error) => match Failure::of(&error) {
            // The whole call was shed.
            Some(failure) if failure.retryable => {
                noted.answered(due);
                noted.refuse(&failure.reason, true, count);
                accounts.give_back(&senders);
                return Ok(true);
            }
            // All calls are alike.
            Some(_) => return Err(error.into()),
            None => {
                noted.lose(count);
                accounts.lose(&senders);
                return Ok(false);
            }
        },
    };
    noted.answered(due);
    let mut has_shed = false;
    for (sender, outcome) in senders.into_iter().zip(&outcomes) {
        accounts.settle(sender, outcome);
        match outcome {
            SubmitOutcome::Taken(submitted) => noted.take(submitted.transaction, due),
            SubmitOutcome::Refused {
                reason, retryable, ..
            } => {
                has_shed |= *retryable;
                noted.refuse(reason, *retryable, 1);
            }
        }
    }
    Ok(has_shed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_low_rates_calls_are_small_and_at_high_ones_full() {
        let transfers = |rate| {
            let phase = Phase {
                pace: Pace::Clock { rate },
                start: Instant::now(),
                batch: 100,
                lead: Duration::ZERO,
                measured: Duration::ZERO,
            };
            phase.transfers_of_a_call()
        };
        assert_eq!(
            [1, 49, 500, 5_000, 50_000].map(transfers),
            [1, 1, 10, 100, 100]
        );
    }
}
