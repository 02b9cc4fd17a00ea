//! `pyralog-testnet`: begins networks, puts them under load and faults, and says
//! what became of them.

#![expect(
    clippy::print_stdout,
    reason = "a report on standard output is what the program is for"
)]

mod load;
mod networks;
mod sim;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::load::LoadArgs;
use crate::networks::{
    AttackArgs, CheckArgs, Deed, DownArgs, LogsArgs, NodesArgs, StatusArgs, UpArgs, VerbError,
};
use crate::sim::SimArgs;

/// Networks as processes and in simulation, under load and faults, and what
/// must hold of them.
#[derive(Debug, Parser)]
#[command(
    name = "pyralog-testnet",
    version,
    arg_required_else_help = true,
    after_help = "\
Examples:
  pyralog-testnet up -n 4                 four validators that stay
  pyralog-testnet status --watch
  pyralog-testnet kill validator-1
  pyralog-testnet check
  pyralog-testnet down"
)]
struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Begin a network of nodes on this machine, and leave it running
    #[command(after_help = "\
Each node is a process with a directory and an address of its own, 127.0.X.Y:
calls at port 26657, peers at 26656, metrics at 26660. Validators know each
other; a full node knows one other node and finds the rest. All keys follow from
the name of the net: everybody can know them. Accounts dev-0 to dev-9 have
tokens.

If a node does not answer within two minutes, or the command is interrupted,
nothing is left.

Examples:
  pyralog-testnet up
  pyralog-testnet up --net big -n 7 --full-nodes 2 --engine pbft
  pyralog-testnet up --net alone -n 1 --engine solo --set log.filter=debug")]
    Up(UpArgs),
    /// Show how the nodes of a network stand
    #[command(after_help = "\
A node that is paused or has ended is not asked; one that runs and does not
answer has no height.

Examples:
  pyralog-testnet status
  pyralog-testnet status --net big --watch")]
    Status(StatusArgs),
    /// End nodes at once, as a loss of power to their processes does
    #[command(after_help = "\
Examples:
  pyralog-testnet kill validator-1
  pyralog-testnet kill validator-1 full-0 --net big")]
    Kill(NodesArgs),
    /// Stop nodes where they stand: they keep their connections and do nothing
    #[command(after_help = "\
Examples:
  pyralog-testnet pause validator-1
  pyralog-testnet resume validator-1")]
    Pause(NodesArgs),
    /// Let nodes go on that were paused
    #[command(after_help = "\
Examples:
  pyralog-testnet resume validator-1
  pyralog-testnet resume all")]
    Resume(NodesArgs),
    /// Stop nodes if they run, start them again, and wait until they answer
    #[command(after_help = "\
With `all`, no node starts before all have stopped. A node that does not stop
within 40 seconds is killed.

Examples:
  pyralog-testnet restart validator-1
  pyralog-testnet restart all             also after `down --keep` or a reboot")]
    Restart(NodesArgs),
    /// Look at what must hold of all nodes that run: one chain, and it goes on
    #[command(after_help = "\
Walks all heights on all nodes that run and prints a line for each claim; what
does not hold is said below it, and the exit code is 1. If the file
`acknowledged` lies in the directory of the net, with lines of TRANSACTION HEIGHT
POSITION, each is looked for on each node.

Examples:
  pyralog-testnet check
  pyralog-testnet check --net big --seconds 120")]
    Check(CheckArgs),
    /// Be a peer that breaks the rules, and look at what becomes of the nodes
    #[command(after_help = "\
All nodes that run are attacked, one attack after the other, from addresses of
this machine that no node has. After each: payments must be made, blocks go on,
the attacker be banned for what it did, and no node have more memory than is
stated. What does not hold is said, and the exit code is 1. All of it takes
about a quarter of an hour.

A net that `up` begins takes as many connections from one address as there are;
begin it with the limits that other nodes have.

Examples:
  pyralog-testnet up --set p2p.per_host_max=4 --set p2p.per_subnet_max=16
  pyralog-testnet attack
  pyralog-testnet attack --only garbage --only oversize
  pyralog-testnet attack --connections 1000 --identities 50 --seconds 10")]
    Attack(AttackArgs),
    /// Print what a node has said
    #[command(after_help = "\
Examples:
  pyralog-testnet logs validator-0
  pyralog-testnet logs validator-0 --follow")]
    Logs(LogsArgs),
    /// End all nodes of a network in an orderly way, and remove its directory
    #[command(after_help = "\
Nodes that are paused go on first. One that has not stopped within 40 seconds is
killed.

Examples:
  pyralog-testnet down
  pyralog-testnet down --net big --keep   `restart all` goes on")]
    Down(DownArgs),
    /// Offer a node or a whole net signed transfers, as many as they take and
    /// then twice as many; measure what they make final, how late, what they
    /// shed, and how fast they answer reads meanwhile
    #[command(after_help = "\
First callers that wait for their answers find out how many transfers become
final in a second. Then so many are sent by the clock, whatever the answers,
and then twice so many; --levels gives other shares. What is sent was signed
before. Each account sends to one node, has one transfer without an answer at
most, and sends again what was shed. With --rate there is one phase, at that
rate. Load is made only on development networks.

Times count from when a call was due, not from when it went out. Held are
transfers that were due and could not go out because too many calls were without
an answer: if there are many, less was offered than the phase says. What was
taken is looked for in the blocks afterwards. Bytes that nodes received from each
other are asked of `ss`; 1.00 is each transfer once.

Examples:
  pyralog-testnet up && pyralog-testnet load --net testnet
  pyralog-testnet load --net testnet --levels 10,50,100,200 --seconds 30
  pyralog-testnet load --net testnet validator-0 --rate 500
  pyralog-testnet load --node http://127.0.0.1:26657 --pid 1234")]
    Load(LoadArgs),
    /// Simulate a network on one thread, under faults drawn from a seed
    #[command(after_help = "\
A run is a function of its arguments: the same ones show the same again. A
violation ends it; its faults are left out one by one, as long as the same rule
is broken, and the command that is left is printed.

Examples:
  pyralog-testnet sim --engine pbft --validators 7 --seeds 1000
  pyralog-testnet sim --engine pbft --seed 0x1e61 --faults 3,7 --trace
  pyralog-testnet sim --engine pbft --twins 1 --seeds 2000
  pyralog-testnet sim --engine pbft --validators 4,16,64,100 --calm")]
    Sim(SimArgs),
}

fn main() -> ExitCode {
    let Args { verb } = Args::parse();
    match run(verb) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(verb: Verb) -> Result<(), String> {
    let done: Result<(), VerbError> = match verb {
        Verb::Load(args) => return load_and_say(&args),
        Verb::Sim(args) => return sim::run(&args).map_err(|error| error.to_string()),
        Verb::Up(args) => networks::up(args),
        Verb::Status(args) => networks::run(networks::status(args)),
        Verb::Kill(args) => networks::run(networks::tell(Deed::Kill, args)),
        Verb::Pause(args) => networks::run(networks::tell(Deed::Pause, args)),
        Verb::Resume(args) => networks::run(networks::tell(Deed::Resume, args)),
        Verb::Restart(args) => networks::run(networks::tell(Deed::Restart, args)),
        Verb::Check(args) => networks::run(networks::check(args)),
        Verb::Attack(args) => networks::run(networks::attack(args)),
        Verb::Logs(args) => networks::run(networks::logs(args)),
        Verb::Down(args) => networks::run(networks::down(args)),
    };
    done.map_err(|error| error.to_string())
}

fn load_and_say(args: &LoadArgs) -> Result<(), String> {
    let report = load::run(args).map_err(|error| error.to_string())?;
    println!("{report}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }
}
