//! All senders: a group of accounts for each node that is offered transfers.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::accounts::Accounts;
use super::args::LoadArgs;
use super::measured::{Cores, Measured};
use super::outcomes::Outcomes;
use super::phase::{self, BETWEEN_CALLS, Pace, Phase};
use super::targets::Target;
use super::trace::{Taken, trace};
use super::watch::{Seen, Watch};
use super::{LEAD, LoadError, funding, joined, reads, urls, wire};

/// What is signed to find out what can be taken, in a second: more than one
/// machine takes, as far as is known.
const GUESS: u32 = 25_000;

/// How all senders together send.
#[derive(Clone, Copy, Debug)]
pub(super) enum Load {
    /// So many callers, each of which waits for its answer.
    Answers { callers: u32 },
    /// So many transfers in a second, whatever the answers.
    Clock { rate: u32 },
}

/// All senders.
pub(super) struct Senders<'a> {
    args: &'a LoadArgs,
    targets: &'a [Target],
    /// By the place of the node that is sent to.
    groups: Vec<(usize, Accounts)>,
}

impl<'a> Senders<'a> {
    /// Shares the accounts out to the nodes that are offered transfers.
    pub(super) fn new(args: &'a LoadArgs, targets: &'a [Target], accounts: Accounts) -> Self {
        let offered = targets.iter().enumerate();
        let offered = offered.filter(|(_, target)| target.is_offered);
        let offered: Vec<usize> = offered.map(|(place, _)| place).collect();
        let groups = accounts.split(offered.len());
        let groups = offered.into_iter().zip(groups).collect();
        Self {
            args,
            targets,
            groups,
        }
    }

    /// One phase, from signing to the end of what it left pending.
    pub(super) async fn measure(
        &mut self,
        name: &str,
        load: Load,
        measured: Duration,
    ) -> Result<Measured, LoadError> {
        self.sign(load, measured).await?;
        let listening = self.targets.iter().filter_map(|target| target.listens);
        let listening: Vec<_> = listening.collect();
        let ends = wire::ends(&listening).await;
        let urls = urls(self.targets);
        let head = funding::settle(self.targets).await?;
        let watches = urls.iter().map(|url| Watch::start(url, head));
        let watches: Vec<Watch> = watches.collect();
        let reads = reads::start(urls, LEAD, measured);
        let start = Instant::now();
        let pids = self.targets.iter().map(|target| target.pid).collect();
        let from = start + LEAD;
        let cores = tokio::spawn(Cores::between(pids, from, from + measured));
        let (outcomes, taken) = self.send(load, start, measured).await?;
        let reads = joined(reads).await?;
        let cores = cores.await.map_err(std::io::Error::other)?;
        let last = funding::settle(self.targets).await?;
        let mut seen: Vec<Seen> = Vec::new();
        for watch in watches {
            // Who never answered told of nothing.
            seen.push(watch.end(last).await.unwrap_or_default());
        }
        if !seen.iter().any(|seen| seen.is_whole) {
            return Err(LoadError::Blocks);
        }
        let ends = ends.zip(wire::ends(&listening).await);
        let from = from.into_std();
        let finals = trace(self.targets, &seen, taken, (from, from + measured)).await?;
        Ok(Measured {
            name: name.to_owned(),
            time: measured,
            outcomes,
            finals,
            reads,
            cores,
            received: ends.and_then(|(before, after)| wire::received(&before, &after)),
        })
    }

    async fn sign(&mut self, load: Load, measured: Duration) -> Result<(), LoadError> {
        let rate = match load {
            Load::Answers { .. } => GUESS,
            Load::Clock { rate } => rate,
        };
        // What is shed is sent again, so nothing more is needed.
        let seconds = (LEAD + measured).as_secs();
        let count = u64::from(rate).saturating_mul(seconds);
        let count = count.min(u64::from(self.args.transfers));
        let each = count.div_ceil(self.groups.len() as u64);
        let each = usize::try_from(each).unwrap_or(usize::MAX);
        let terms = funding::terms(self.targets).await?;
        for (_, accounts) in &mut self.groups {
            accounts.sign_transfers(each, terms);
        }
        Ok(())
    }

    /// All groups send at once; returns what became of it.
    async fn send(
        &mut self,
        load: Load,
        start: Instant,
        measured: Duration,
    ) -> Result<(Outcomes, Vec<Taken>), LoadError> {
        let count = u32::try_from(self.groups.len()).expect("nets are small");
        let mut sending = JoinSet::new();
        for (number, (place, mut accounts)) in (0..).zip(std::mem::take(&mut self.groups)) {
            let client = self.targets[place].client.clone();
            let phase = Phase {
                pace: load.share(number, count),
                // Not all in one moment.
                start: start + BETWEEN_CALLS * number / count,
                batch: self.args.batch,
                lead: LEAD,
                measured,
            };
            sending.spawn(async move {
                let outcomes = phase::run(&client, &mut accounts, &phase).await;
                (place, accounts, outcomes)
            });
        }
        let mut all = Outcomes::default();
        let mut taken = Vec::new();
        while let Some(sent) = sending.join_next().await {
            let (by, accounts, outcomes) = sent.map_err(std::io::Error::other)?;
            let outcomes = outcomes?;
            let here = outcomes.taken.iter();
            taken.extend(here.map(|&(transaction, due)| Taken {
                transaction,
                due,
                by,
            }));
            all.add(outcomes);
            self.groups.push((by, accounts));
        }
        self.groups.sort_unstable_by_key(|(place, _)| *place);
        Ok((all, taken))
    }
}

impl Load {
    /// What the sender with this number does of it, of so many.
    fn share(self, number: u32, count: u32) -> Pace {
        let part = |all: u32| all / count + u32::from(number < all % count);
        match self {
            Self::Answers { callers } => Pace::Answers {
                callers: part(callers).max(1) as usize,
            },
            Self::Clock { rate } => Pace::Clock {
                rate: part(rate).max(1),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn senders_together_send_what_was_asked_for() {
        let shares = (0..4).map(|number| Load::Clock { rate: 1_002 }.share(number, 4));
        let rates = shares.map(|pace| match pace {
            Pace::Clock { rate } => rate,
            Pace::Answers { .. } => panic!("by the clock"),
        });
        assert_eq!(rates.collect::<Vec<_>>(), [251, 251, 250, 250]);
    }
}
