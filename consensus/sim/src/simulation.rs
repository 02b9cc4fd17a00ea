//! Running a simulation, and finding out what it takes to break a rule.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::fault::Fault;
use crate::flaws::Flaws;
use crate::invariant::{Broken, Invariant};
use crate::keyring::Signatures;
use crate::options::{FaultChoice, Options, Scenario};
use crate::outcome::{Disagreement, Outcome};
use crate::plan::Plan;
use crate::protocol::Protocol;
use crate::time::Moment;
use crate::trace::Reader;
use crate::world::World;

/// Runs that are spent on leaving out faults. More make the list shorter, and
/// whoever waits for it wait longer.
const SHRINK_RUN_COUNT_MAX: usize = 60;

/// One simulation, not yet run.
#[derive(Debug)]
pub struct Simulation<'a, P> {
    protocol: &'a P,
    options: Options,
    flaws: Flaws,
}

/// A rule that was broken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Violation {
    /// Which rule.
    pub invariant: Invariant,
    /// What happened.
    pub what: String,
    /// When.
    pub at: Moment,
    /// If honest validators disagreed: where, and who is to blame.
    pub disagreement: Option<Box<Disagreement>>,
    /// The command that shows it again.
    pub replay: String,
    /// The faults it takes.
    pub faults: Vec<Fault>,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            invariant,
            what,
            at,
            disagreement,
            replay,
            faults,
        } = self;
        writeln!(f, "{invariant} violated: {what}")?;
        if faults.is_empty() {
            writeln!(
                f,
                "after {at}, with no faults but the twins, if there are any"
            )?;
        } else {
            writeln!(f, "after {at}, with these faults:")?;
        }
        for fault in faults {
            writeln!(f, "  {fault}")?;
        }
        if let Some(disagreement) = disagreement {
            let accused = &disagreement.accused;
            writeln!(f, "accused by what honest validators heard:")?;
            if accused.is_empty() {
                writeln!(f, "  nobody")?;
            }
            for accused in accused {
                writeln!(f, "  {accused}")?;
            }
        }
        write!(f, "replay: {replay}")
    }
}

impl<'a, P: Protocol> Simulation<'a, P> {
    /// The simulation of these options.
    pub fn new(protocol: &'a P, options: Options) -> Self {
        Self {
            protocol,
            options,
            flaws: Flaws::default(),
        }
    }

    /// With a driver that makes mistakes.
    #[cfg(test)]
    pub(crate) fn with_flaws(self, flaws: Flaws) -> Self {
        Self { flaws, ..self }
    }

    /// Runs it.
    pub fn run(&self) -> Result<Outcome, Violation> {
        self.run_with(&self.options, None)
    }

    /// Runs it, and tells in words what happens.
    pub fn run_aloud<'r>(&'r self, reader: Reader<'r>) -> Result<Outcome, Violation> {
        self.run_with(&self.options, Some(reader))
    }

    /// Runs it; if a rule is broken, finds a short list of faults that still
    /// break the same one.
    pub fn run_and_shrink(&self) -> Result<Outcome, Violation> {
        self.run().map_err(|violation| self.shrink(violation))
    }

    fn run_with<'r>(
        &'r self,
        options: &Options,
        reader: Option<Reader<'r>>,
    ) -> Result<Outcome, Violation> {
        let mut world = World::new(self.protocol, options.clone(), self.flaws, reader);
        // An engine that panics is found like one that does wrong.
        let result = catch_unwind(AssertUnwindSafe(|| world.run()));
        let (at, broken) = match result {
            Ok(Ok(outcome)) => return Ok(outcome),
            Ok(Err(broken)) => broken,
            Err(panic) => (
                Moment::default(),
                Broken::new(Invariant::Panic, words(&*panic)),
            ),
        };
        Err(Violation {
            invariant: broken.invariant,
            what: broken.what,
            at,
            disagreement: world.disagreement.take().map(Box::new),
            replay: self.replay(options),
            faults: Plan::draw(options).faults,
        })
    }

    /// The command that runs this.
    fn replay(&self, options: &Options) -> String {
        let Options {
            validators,
            seed,
            scenario,
            faults,
            ..
        } = options;
        let engine = self.protocol.name();
        let culprits = match scenario {
            Scenario::Twins { twins } => format!(" --twins {twins}"),
            Scenario::Treason { traitors } => format!(" --traitors {traitors}"),
            _ => String::new(),
        };
        let signatures = match options.signatures {
            Signatures::Hashes => "",
            Signatures::Ed25519 => " --signatures ed25519",
        };
        let faults = match faults {
            FaultChoice::All => String::new(),
            chosen => format!(" --faults {chosen}"),
        };
        format!(
            "pyralog-testnet sim --engine {engine} --validators {validators} --seed {seed}{culprits}\
             {signatures}{faults}"
        )
    }

    /// Leaves out halves of the list of faults, then quarters, and so on down to
    /// single ones, as long as the same rule is broken.
    fn shrink(&self, found: Violation) -> Violation {
        let mut best = found;
        let mut runs = 0;
        let mut size = best.faults.len().div_ceil(2);
        while size > 0 && runs < SHRINK_RUN_COUNT_MAX {
            let mut place = 0;
            while place < best.faults.len() && runs < SHRINK_RUN_COUNT_MAX {
                let end = (place + size).min(best.faults.len());
                let kept = best.faults[..place].iter().chain(&best.faults[end..]);
                let options = Options {
                    faults: FaultChoice::Kept(kept.map(|fault| fault.index).collect()),
                    ..self.options.clone()
                };
                runs += 1;
                match self.run_with(&options, None) {
                    Err(smaller) if smaller.invariant == best.invariant => best = smaller,
                    _ => place = end,
                }
            }
            size = if size == 1 { 0 } else { size.div_ceil(2) };
        }
        best
    }
}

/// What a panic says.
fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    format!("the run panicked: {}", text.unwrap_or_default())
}
