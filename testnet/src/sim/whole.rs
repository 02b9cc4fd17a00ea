//! Many seeds of whole nodes: drivers, ledgers and disks beside the engines.

use std::fmt;
use std::time::{Duration, Instant};

use pyralog_sim::{Protocol, Seed};
use pyralog_world::{Outcome, run};

use super::seeds::{each_seed, heading};
use super::{SimArgs, SimError};

/// What clients send, so that a run has some blocks under each fault.
const TRANSFER_COUNT: u32 = 40;

/// What came of many seeds.
#[derive(Debug)]
pub(super) struct Lived {
    engine: &'static str,
    validators: u8,
    first: Seed,
    seeds: u64,
    time: Duration,
    totals: Outcome,
}

/// Runs as many seeds as were asked for.
pub(super) fn live<P: Protocol + Sync>(
    protocol: &P,
    args: &SimArgs,
    validators: u8,
) -> Result<Lived, SimError> {
    let start = Instant::now();
    let kind = args.engine.kind();
    let one = |seed: Seed| {
        let options = pyralog_world::Options {
            seed: pyralog_world::Seed::new(seed.get()),
            validators,
            transfers: TRANSFER_COUNT,
            has_faults: true,
            has_rest: true,
        };
        let outcome = run(&options, kind, |own| protocol.engine(own));
        outcome.map_err(|broken| SimError::Broken {
            engine: protocol.name(),
            validators,
            seed,
            broken: Box::new(broken),
        })
    };
    Ok(Lived {
        engine: protocol.name(),
        validators,
        first: args.seed,
        seeds: args.seeds,
        totals: each_seed(args.seed, args.seeds, one, add)?,
        time: start.elapsed(),
    })
}

fn add(total: &mut Outcome, one: &Outcome) {
    total.heights += one.heights;
    total.restarts += one.restarts;
    total.fetched += one.fetched;
    total.given += one.given;
    total.lost += one.lost;
    total.silenced += one.silenced;
}

impl fmt::Display for Lived {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = format!("{}, whole nodes", self.engine);
        let seeds = (self.first, self.seeds);
        let validators = usize::from(self.validators);
        writeln!(f, "{}", heading(&what, validators, seeds, self.time))?;
        let Outcome {
            heights,
            restarts,
            fetched,
            given,
            lost,
            silenced,
        } = self.totals;
        writeln!(f, "  final blocks                       {heights:>12}")?;
        writeln!(f, "  processes that began again         {restarts:>12}")?;
        writeln!(f, "  blocks that lacked transactions    {fetched:>12}")?;
        writeln!(f, "  final blocks given to peers        {given:>12}")?;
        writeln!(f, "  messages lost                      {lost:>12}")?;
        write!(f, "  silent after the loss of a log     {silenced:>12}")
    }
}
