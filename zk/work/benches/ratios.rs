//! What searching and checking work costs beside the bare hash function.

use std::hint::black_box;
use std::time::Duration;

use pyralog_measure::{Comparison, Limit, compare, within};
use pyralog_primitives::kernel::hash_pairs;
use pyralog_primitives::{Domain, GenesisHash, Hash, TimestampMs, WorkNonce};
use pyralog_work::{
    Challenger, ChallengerSecret, Client, LIFETIME_MAX, Puzzle, Search, StepCount, Subject, Target,
};

const STEP_COUNT: u32 = 64;
const ATTEMPT_COUNT: u32 = STEP_COUNT * 256;

fn main() {
    let secret = ChallengerSecret::new([1; 32]);
    let network = GenesisHash::new(Hash::new([2; 32]));
    let server = Challenger::new(network, secret, LIFETIME_MAX, 16);
    let client = Client::new(Hash::new([3; 32]));
    let target = Target::from_zero_bits(200).expect("below 256");
    let challenge = server.issue(client, target, TimestampMs::new(0));
    let puzzle = challenge.puzzle(client, Subject::new(Hash::new([4; 32])));
    searching(puzzle);
    let claim = Comparison {
        what: "work, check a solution",
        reference: "one BLAKE3 compression",
        units: 1000,
        floor: None,
        goal: None,
    };
    let check = || (0..1000).all(|nonce| puzzle.check(WorkNonce::new(nonce)).is_err());
    let block = [5; 64];
    let bare = || {
        (0..1000).fold(0, |all, _| {
            all ^ Domain::WorkPuzzle.hash(&block).as_bytes()[0]
        })
    };
    compare(&claim, check, bare);
    let limit = Limit {
        what: "work, check a solution",
        units: 1000,
        time: Duration::from_micros(2),
        goal: None,
    };
    within(&limit, check);
}

fn searching(puzzle: Puzzle) {
    let claim = Comparison {
        what: "work, search",
        reference: "BLAKE3 lane kernel",
        units: ATTEMPT_COUNT,
        floor: Some(0.8),
        goal: Some(0.9),
    };
    let mut search = Search::new(puzzle, WorkNonce::new(0));
    let blocks = vec![[7; 64]; 256];
    let mut hashes = vec![[0; 32]; 256];
    compare(
        &claim,
        || black_box(search.run(StepCount::new(STEP_COUNT))),
        || {
            for _ in 0..STEP_COUNT {
                hash_pairs(Domain::WorkPuzzle, black_box(&blocks), &mut hashes);
            }
            black_box(hashes[0][0])
        },
    );
}
