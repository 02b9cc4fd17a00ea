//! What must hold of a net that runs, looked at from outside.
//!
//! 1. every running node answers, and reaches the highest height that any has
//!    seen or that a caller was told of;
//! 2. blocks go on: every one of them then passes that height;
//! 3. one chain: all of them have one block at each height, whose id is the
//!    hash of its header, whose parent is the block before, and whose certificate
//!    the validators of genesis signed; and one state after it, by headers and
//!    by what nodes say of their last block;
//! 4. what callers were told is final is where it was said to be, on all.
//!
//! Nodes that are paused or have ended are not asked: they are named in the
//! first line. What a node has forgotten, because it keeps few blocks, is passed
//! over.

mod acknowledged;
mod certificates;
mod chain;
mod heads;
mod runners;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use pyralog_primitives::Height;
use tokio::time::Instant;

pub use acknowledged::{Acknowledged, NotAcknowledged};

use self::certificates::Validators;
use self::heads::Heads;
use self::runners::Runner;
use super::Net;
use super::error::NetError;
use super::names::NodeName;
use super::process::ProcessState;

/// Something that must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// What, in a sentence without its full stop.
    pub what: String,
    /// Why it does not hold; none if it does.
    pub wrong: Option<String>,
}

/// All that was looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    claims: Vec<Claim>,
}

impl Report {
    /// Whether everything holds.
    pub fn holds(&self) -> bool {
        self.claims.iter().all(|claim| claim.wrong.is_none())
    }

    /// What was looked at, in order.
    pub fn claims(&self) -> &[Claim] {
        &self.claims
    }

    /// Notes whether something holds; says whether it does.
    pub(in crate::net) fn note(
        &mut self,
        what: impl Into<String>,
        outcome: Result<(), String>,
    ) -> bool {
        let what = what.into();
        let wrong = outcome.err();
        let holds = wrong.is_none();
        self.claims.push(Claim { what, wrong });
        holds
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for claim in &self.claims {
            match &claim.wrong {
                None => writeln!(f, "holds  {}", claim.what)?,
                Some(wrong) => writeln!(f, "WRONG  {}\n       {wrong}", claim.what)?,
            }
        }
        Ok(())
    }
}

impl Net {
    /// Looks at what must hold of the nodes that run. What takes time may take
    /// so long. An error means that nothing could be said; what does not hold
    /// stands in the report.
    pub async fn check(&self, patience: Duration) -> Result<Report, NetError> {
        let mut report = Report::default();
        let (runners, others) = self.as_it_is()?.runners()?;
        if runners.is_empty() {
            return Err(NetError::NothingRuns(self.name().clone()));
        }
        let acknowledged = self.acknowledged()?;
        let mut heads = Heads::default();
        let asked = heads.ask(&runners).await;
        if !report.note(who_runs(&runners, &others), asked) {
            return Ok(report);
        }
        let told = acknowledged.iter().map(|told| told.height).max();
        let highest = heads.highest().max(told.unwrap_or(Height::new(0)));
        let what = format!("all of them have reached height {highest}, the highest that was seen");
        let end = Instant::now() + patience;
        let reached = heads.all_reach(highest, &runners, end).await;
        if report.note(what, reached) {
            let what = format!("blocks go on: all of them have passed height {highest}");
            let next = highest.next().unwrap_or(highest);
            let end = Instant::now() + patience;
            report.note(what, heads.all_reach(next, &runners, end).await);
        }
        let validators = Arc::new(Validators::of(&self.place)?);
        let walked = chain::walk(&runners, &heads, &validators).await;
        let what = "one block, signed by a quorum, and one state at each height that they have";
        match walked {
            Ok(range) => report.note(format!("{what}, {range}"), Ok(())),
            Err(wrong) => report.note(what, Err(wrong)),
        };
        if !acknowledged.is_empty() {
            let found = acknowledged::all_are_there(&runners, &acknowledged).await;
            let count = acknowledged.len();
            let what = format!("acknowledged transactions are where they were said to be: {count}");
            report.note(what, found);
        }
        Ok(report)
    }

    /// Those that run, and those that do not.
    fn runners(&self) -> Result<(Vec<Runner>, Others), NetError> {
        let (mut runners, mut others) = (Vec::new(), Vec::new());
        for node in &self.record.nodes {
            match self.state_of(node)? {
                ProcessState::Running => runners.push(Runner::of(node)?),
                state => others.push((node.name, state)),
            }
        }
        Ok((runners, others))
    }
}

/// Nodes that are not asked.
type Others = Vec<(NodeName, ProcessState)>;

fn who_runs(runners: &[Runner], others: &[(NodeName, ProcessState)]) -> String {
    let (count, all) = (runners.len(), runners.len() + others.len());
    let text = format!("{count} of {all} nodes run, and all of them answer");
    if others.is_empty() {
        return text;
    }
    let others = others.iter().map(|(name, state)| format!("{name} {state}"));
    let others: Vec<String> = others.collect();
    format!("{text} (not asked: {})", others.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_says_what_is_wrong_below_the_claim() {
        let mut report = Report::default();
        assert!(report.note("the sun shines", Ok(())));
        assert!(report.holds());
        assert!(!report.note("it is warm", Err("it is 3 °C".to_owned())));
        assert!(!report.holds());
        assert_eq!(
            report.to_string(),
            "holds  the sun shines\nWRONG  it is warm\n       it is 3 °C\n"
        );
    }
}
