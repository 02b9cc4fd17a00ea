//! Simulations: many seeds, or one to be read.
//!
//! 1. seeds are spread over the cores, each run alone on its thread;
//! 2. the first violation ends it: its list of faults is made short, and the
//!    command that shows it again is printed;
//! 3. otherwise the report says what was exercised, and how often.
//!
//! Nothing but the progress depends on the clock.

mod calm;
mod engines;
mod seeds;
mod sweep;
mod whole;

use clap::{Args, ValueEnum};
use pyralog_genesis::ConsensusKind;
use pyralog_sim::{
    FaultChoice, Options, PROCESS_COUNT_MAX, Protocol, Scenario, Seed, Signatures, Simulation,
    Span, Violation,
};

use self::engines::{PbftProtocol, SoloProtocol, TendermintProtocol};

/// What is simulated.
#[derive(Clone, Debug, Args)]
pub(crate) struct SimArgs {
    /// Which engine
    #[arg(long, value_enum)]
    engine: EngineName,
    /// How many validators; several numbers are simulated one after the other
    #[arg(long, default_value = "4", value_delimiter = ',')]
    validators: Vec<usize>,
    /// The first seed, decimal or hexadecimal after 0x
    #[arg(long, default_value = "0")]
    seed: Seed,
    /// How many seeds, from the first one on
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    seeds: u64,
    /// Which of the faults that a seed draws are let happen: all, none, their
    /// places in its list (3,7), or kinds (loss,crash)
    #[arg(long, default_value = "all")]
    faults: FaultChoice,
    /// So many validators run twice, under a script of who hears whom, instead
    /// of faults
    #[arg(long, default_value_t = 0, conflicts_with = "calm")]
    twins: usize,
    /// So many validators plot to make the others disagree: with a third of the
    /// power or more they may, and it shows who can be blamed
    #[arg(long, default_value_t = 0, conflicts_with_all = ["calm", "twins"])]
    traitors: usize,
    /// What stands for a signature
    #[arg(long, value_enum, default_value_t)]
    signatures: SignatureName,
    /// Tell what happens, line by line
    #[arg(long)]
    trace: bool,
    /// No faults, and nothing takes time but the links: says how long a block
    /// takes, in delays of a link
    #[arg(long)]
    calm: bool,
    /// Whole nodes: drivers, ledgers and disks beside the engines
    #[arg(long, conflicts_with_all = ["twins", "traitors", "signatures", "faults", "trace", "calm"])]
    whole: bool,
    /// So many validators never come up
    #[arg(long, default_value_t = 0, requires = "calm")]
    crashed: usize,
    /// How long a link takes, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 20, requires = "calm")]
    delay: u64,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum EngineName {
    Pbft,
    Tendermint,
    Solo,
}

impl EngineName {
    /// As a genesis document has it.
    const fn kind(self) -> ConsensusKind {
        match self {
            Self::Pbft => ConsensusKind::Pbft,
            Self::Tendermint => ConsensusKind::Tendermint,
            Self::Solo => ConsensusKind::Solo,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum SignatureName {
    /// A keyed hash: fast
    #[default]
    Hashes,
    /// The signatures of the network
    Ed25519,
}

/// Why there is no good report.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SimError {
    /// There are no such networks.
    #[error("{engine} cannot be simulated with {validators} validators and {twins} twins: {rule}")]
    Size {
        engine: &'static str,
        validators: usize,
        twins: usize,
        rule: String,
    },
    /// A trace of many runs is of no use.
    #[error("--trace tells of one run: leave --seeds out and give one number of validators")]
    ManyTraces,
    /// A rule was broken.
    #[error("{0}")]
    Violated(Violation),
    /// A rule was broken in a network of whole nodes.
    #[error(
        "seed {seed}: {broken}\nagain: pyralog-testnet sim --engine {engine} --validators \
         {validators} --whole --seed {seed}"
    )]
    Broken {
        engine: &'static str,
        validators: u8,
        seed: Seed,
        broken: Box<pyralog_world::Broken>,
    },
}

/// Simulates, and prints what came of it.
pub(crate) fn run(args: &SimArgs) -> Result<(), SimError> {
    match args.engine {
        EngineName::Pbft => run_engine(&PbftProtocol, args, PROCESS_COUNT_MAX),
        EngineName::Tendermint => run_engine(&TendermintProtocol, args, PROCESS_COUNT_MAX),
        EngineName::Solo => run_engine(&SoloProtocol, args, 1),
    }
}

fn run_engine<P: Protocol + Sync>(
    protocol: &P,
    args: &SimArgs,
    processes_max: usize,
) -> Result<(), SimError> {
    if args.trace && (args.seeds > 1 || args.validators.len() > 1) {
        return Err(SimError::ManyTraces);
    }
    let processes_max = if args.whole {
        processes_max.min(usize::from(pyralog_world::NODE_COUNT_MAX))
    } else {
        processes_max
    };
    for validators in &args.validators {
        let options = options(protocol, args, *validators, processes_max)?;
        if args.whole {
            let count = u8::try_from(*validators);
            let count = count.expect("there are no more than worlds have");
            println!("{}", whole::live(protocol, args, count)?);
        } else if args.trace {
            trace(protocol, options)?;
        } else if args.calm {
            println!("{}", calm::measure(protocol, &options, args.seeds)?);
        } else {
            println!("{}", sweep::sweep(protocol, &options, args.seeds)?);
        }
    }
    Ok(())
}

fn options(
    protocol: &impl Protocol,
    args: &SimArgs,
    validators: usize,
    processes_max: usize,
) -> Result<Options, SimError> {
    let rule = if validators == 0 {
        "there has to be one".to_owned()
    } else if validators + args.twins > processes_max {
        format!("together at most {processes_max}")
    } else if args.twins.max(args.traitors) > validators || args.crashed >= validators {
        "there are not so many validators".to_owned()
    } else {
        let scenario = match args.twins {
            _ if args.calm => Scenario::Calm {
                delay: Span::from_millis(args.delay),
                crashed: args.crashed,
            },
            0 if args.traitors > 0 => Scenario::Treason {
                traitors: args.traitors,
            },
            0 => Scenario::Chaos,
            twins => Scenario::Twins { twins },
        };
        let signatures = match args.signatures {
            SignatureName::Hashes => Signatures::Hashes,
            SignatureName::Ed25519 => Signatures::Ed25519,
        };
        return Ok(Options {
            scenario,
            signatures,
            faults: args.faults.clone(),
            ..Options::chaos(validators, args.seed)
        });
    };
    Err(SimError::Size {
        engine: protocol.name(),
        validators,
        twins: args.twins,
        rule,
    })
}

/// Tells of one run.
fn trace(protocol: &impl Protocol, options: Options) -> Result<(), SimError> {
    let simulation = Simulation::new(protocol, options);
    let outcome = simulation.run_aloud(&mut |line| println!("{line}"));
    let outcome = outcome.map_err(SimError::Violated)?;
    println!(
        "no violation; height {}, {} events, trace {}",
        outcome.height, outcome.events, outcome.trace_hash
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Program {
        #[command(flatten)]
        args: SimArgs,
    }

    #[test]
    fn networks_that_there_are_not_are_refused_with_what_there_is() {
        for (words, rule) in [
            ("--engine pbft --validators 17 --whole", "at most 16"),
            ("--engine solo --validators 2 --whole", "at most 1"),
            ("--engine pbft --validators 0", "there has to be one"),
            ("--engine pbft --validators 129", "at most 128"),
        ] {
            let words = std::iter::once("sim").chain(words.split(' '));
            let refused = run(&Program::parse_from(words).args).unwrap_err();
            assert!(refused.to_string().contains(rule), "{refused}");
        }
    }
}
