//! A run is a function of its options.

use super::protocols::{PBFT, TENDERMINT};
use crate::{FaultChoice, Options, Protocol, Seed, Simulation, Span};

fn all_kinds_of_options() -> Vec<Options> {
    let seeds = || (0..5).map(Seed::new);
    let mut list: Vec<Options> = seeds().map(|seed| Options::chaos(4, seed)).collect();
    list.extend(seeds().map(|seed| Options::twins(4, 1, seed)));
    list.push(Options::calm(4, 1, Span::from_millis(10), Seed::new(1)));
    list
}

#[test]
fn the_same_options_give_the_same_trace_read_or_not() {
    same_trace(&PBFT);
    same_trace(&TENDERMINT);
}

fn same_trace<P: Protocol>(protocol: &P) {
    for options in all_kinds_of_options() {
        let simulation = Simulation::new(protocol, options);
        let mut lines = 0;
        let first = simulation.run().unwrap();
        let again = simulation.run_aloud(&mut |_| lines += 1).unwrap();
        assert_eq!(first.trace_hash, again.trace_hash);
        assert_eq!(first.coverage, again.coverage);
        assert!(first.events > 200 && lines > 200);
    }
}

#[test]
fn other_seeds_and_other_faults_give_other_traces() {
    let run = |options| Simulation::new(&PBFT, options).run().unwrap().trace_hash;
    let one = Options::chaos(4, Seed::new(1));
    let without = Options {
        faults: FaultChoice::Kept(Vec::new()),
        ..one.clone()
    };
    let hashes = [run(one), run(without), run(Options::chaos(4, Seed::new(2)))];
    assert!(hashes[0] != hashes[1] && hashes[0] != hashes[2]);
}

#[test]
fn a_trace_reads_as_who_hears_what_from_whom() {
    let options = Options::calm(4, 0, Span::from_millis(10), Seed::new(1));
    let mut lines = Vec::new();
    let reader = &mut |line: &str| lines.push(line.to_owned());
    Simulation::new(&PBFT, options).run_aloud(reader).unwrap();
    let has = |words: &str| lines.iter().any(|line| line.contains(words));
    assert!(
        has("       10.000 ms  v1 ◀ v") && has("  proposal h1 r0 "),
        "{lines:?}"
    );
    assert!(has("prevote h3 r0 ") && has(" ■ final h7 r0 "));
}
