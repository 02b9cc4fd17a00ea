//! One phase of load: calls go out by answers or by the clock.
//!
//! Invariants:
//! - nothing is signed here, and what is sent again is sent as it was;
//! - by the clock, a late answer moves nothing: the next call goes out when it
//!   is due, until [`UNANSWERED_MAX`] are without an answer; what cannot go out
//!   then is counted;
//! - a phase ends by itself: with its time, and before if nothing is left to
//!   send.

use std::collections::BTreeMap;
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

/// Calls without an answer, each on a connection of its own. Lower, and a node
/// that answers late is offered less than it should be; higher, and the
/// connections that a node gives one caller do not suffice.
const UNANSWERED_MAX: usize = 512;

/// Who goes by answers waits so long where something was shed.
const SHED_PAUSE: Duration = Duration::from_millis(5);

/// One phase of load.
#[derive(Clone, Copy, Debug)]
pub(super) struct Phase {
    pub(super) name: &'static str,
    pub(super) pace: Pace,
    /// Transfers in one call.
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

/// What became of what was sent while it was measured.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outcomes {
    /// Transfers that went out, again and again if they were shed.
    pub(crate) offered: u64,
    /// Transfers that were due and could not go out, because too many calls
    /// had no answer, or too few accounts had theirs.
    pub(crate) held: u64,
    pub(crate) taken: u64,
    /// By the word for the reason, and whether it may work later.
    pub(crate) refused: BTreeMap<(String, bool), u64>,
}

impl Outcomes {
    /// A refusal that will be repeated, if there was one.
    pub(super) fn refused_for_good(&self) -> Option<(&str, u64)> {
        let mut refused = self.refused.iter();
        let found = refused.find(|((_, retryable), _)| !retryable);
        found.map(|((reason, _), count)| (reason.as_str(), *count))
    }

    fn refuse(&mut self, reason: &str, retryable: bool, count: u64) {
        let reason = (reason.to_owned(), retryable);
        *self.refused.entry(reason).or_default() += count;
    }
}

/// What a node said to one call.
struct Answered {
    senders: Vec<usize>,
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
    let start = Instant::now();
    let mut sending = Sending {
        client,
        accounts,
        phase,
        answers_in,
        unanswered: 0,
        due: start,
        measured_from: start + phase.lead,
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
        while self.unanswered > 0 {
            let answered = answers.recv().await;
            self.settle(answered.expect("we hold a sender ourselves"))?;
        }
        Ok(())
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
        let batch = self.phase.batch;
        if let Pace::Clock { rate } = self.phase.pace {
            self.due += Duration::from_secs(1) * batch / rate;
        }
        let is_measured = now >= self.measured_from;
        let room = if self.unanswered < UNANSWERED_MAX {
            batch
        } else {
            0
        };
        let call = self.accounts.take(room as usize);
        let count = call.senders.len() as u64;
        if is_measured {
            self.outcomes.offered += count;
            self.outcomes.held += u64::from(batch) - count;
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
                is_measured,
                answer,
            };
            // It has room for all calls; gone, it means that the phase failed.
            let _ = answers.send(answered).await;
        });
    }

    fn settle(&mut self, answered: Answered) -> Result<(), LoadError> {
        self.unanswered -= 1;
        let Answered {
            senders,
            is_measured,
            answer,
        } = answered;
        let mut ignored = Outcomes::default();
        let noted = if is_measured {
            &mut self.outcomes
        } else {
            &mut ignored
        };
        let mut has_shed = false;
        match answer {
            Ok(outcomes) => {
                for (sender, outcome) in senders.into_iter().zip(&outcomes) {
                    self.accounts.settle(sender, outcome);
                    match outcome {
                        SubmitOutcome::Taken(_) => noted.taken += 1,
                        SubmitOutcome::Refused {
                            reason, retryable, ..
                        } => {
                            has_shed |= *retryable;
                            noted.refuse(reason, *retryable, 1);
                        }
                    }
                }
            }
            Err(error) => {
                // The whole call was shed, or it failed.
                let Some(failure) = Failure::of(&error).filter(|failure| failure.retryable) else {
                    return Err(error.into());
                };
                has_shed = true;
                noted.refuse(&failure.reason, true, senders.len() as u64);
                self.accounts.give_back(&senders);
            }
        }
        if has_shed && matches!(self.phase.pace, Pace::Answers { .. }) {
            self.due = Instant::now() + SHED_PAUSE;
        }
        Ok(())
    }
}
