use super::*;
use crate::search::{Progress, Search, StepCount};

const LIFETIME: DurationMs = DurationMs::new(1000);
const NOW: TimestampMs = TimestampMs::new(5_000);

fn hash(byte: u8) -> Hash {
    Hash::new([byte; 32])
}

fn client(byte: u8) -> Client {
    Client::new(hash(byte))
}

fn subject(byte: u8) -> Subject {
    Subject::new(hash(byte))
}

fn server(secret: u8, remembered_max: usize) -> Challenger {
    let secret = ChallengerSecret::new([secret; 32]);
    Challenger::new(GenesisHash::new(hash(1)), secret, LIFETIME, remembered_max)
}

fn target() -> Target {
    Target::from_zero_bits(6).unwrap()
}

fn solve(challenge: Challenge, client: Client, subject: Subject) -> Solution {
    let mut search = Search::new(challenge.puzzle(client, subject), WorkNonce::new(0));
    let Progress::Found(nonce) = search.run(StepCount::new(100)) else {
        panic!("1 in 64 attempts is a solution");
    };
    Solution { challenge, nonce }
}

fn asked_and_solved(server: &Challenger) -> Solution {
    let challenge = server.issue(client(2), target(), NOW);
    solve(challenge, client(2), subject(3))
}

#[test]
fn a_solution_is_accepted_once() {
    let mut server = server(9, 8);
    let solution = asked_and_solved(&server);
    let mut send = |now| server.accept(client(2), subject(3), &solution, now);
    assert_eq!(send(NOW), Ok(()));
    assert_eq!(send(NOW), Err(Refusal::Replayed));
}

#[test]
fn a_second_nonce_for_the_same_request_is_a_replay() {
    let mut server = server(9, 8);
    let first = asked_and_solved(&server);
    let puzzle = first.challenge.puzzle(client(2), subject(3));
    let after = WorkNonce::new(first.nonce.get() + 1);
    let Progress::Found(nonce) = Search::new(puzzle, after).run(StepCount::new(100)) else {
        panic!("1 in 64 attempts is a solution");
    };
    let second = Solution { nonce, ..first };
    assert_eq!(server.accept(client(2), subject(3), &first, NOW), Ok(()));
    let refused = server.accept(client(2), subject(3), &second, NOW);
    assert_eq!(refused, Err(Refusal::Replayed));
}

#[test]
fn a_solution_is_refused_from_its_expiry_on() {
    let mut server = server(9, 8);
    let solution = asked_and_solved(&server);
    let expires = TimestampMs::new(6_000);
    let refused = server.accept(client(2), subject(3), &solution, expires);
    assert_eq!(
        refused,
        Err(Refusal::Expired {
            expires,
            now: expires
        })
    );
}

#[test]
fn a_clock_that_goes_back_revives_nothing() {
    let mut server = server(9, 8);
    let solution = asked_and_solved(&server);
    assert_eq!(server.accept(client(2), subject(3), &solution, NOW), Ok(()));
    let later = TimestampMs::new(7_000);
    let other = solve(
        server.issue(client(4), target(), later),
        client(4),
        subject(3),
    );
    assert_eq!(server.accept(client(4), subject(3), &other, later), Ok(()));
    let refused = server.accept(client(2), subject(3), &solution, NOW);
    assert!(matches!(refused, Err(Refusal::Expired { .. })));
}

#[test]
fn a_challenge_given_after_the_clock_went_back_can_be_met() {
    let mut server = server(9, 8);
    let solution = asked_and_solved(&server);
    let ahead = TimestampMs::new(60_000);
    let refused = server.accept(client(2), subject(3), &solution, ahead);
    assert!(matches!(refused, Err(Refusal::Expired { .. })));
    let fresh = asked_and_solved(&server);
    let most = TimestampMs::new(ahead.get() + LIFETIME.get());
    assert_eq!(fresh.challenge.expires, most);
    assert_eq!(server.accept(client(2), subject(3), &fresh, NOW), Ok(()));
}

#[test]
fn what_another_client_or_another_server_was_asked_for_is_refused() {
    let mut own = server(9, 8);
    let solution = asked_and_solved(&own);
    let refused = own.accept(client(5), subject(3), &solution, NOW);
    assert_eq!(refused, Err(Refusal::NotIssued));
    let refused = server(8, 8).accept(client(2), subject(3), &solution, NOW);
    assert_eq!(refused, Err(Refusal::NotIssued));
}

#[test]
fn a_challenge_with_an_easier_target_or_a_later_expiry_is_not_ours() {
    let mut server = server(9, 8);
    let given = server.issue(client(2), target(), NOW);
    let easier = Challenge {
        target: Target::EASIEST,
        ..given
    };
    let later = Challenge {
        expires: TimestampMs::new(60_000),
        ..given
    };
    let elsewhere = Challenge {
        network: GenesisHash::new(hash(7)),
        ..given
    };
    for changed in [easier, later, elsewhere] {
        let solution = solve(changed, client(2), subject(3));
        let refused = server.accept(client(2), subject(3), &solution, NOW);
        assert_eq!(refused, Err(Refusal::NotIssued));
    }
}

#[test]
fn work_for_one_request_does_not_count_for_another() {
    let mut server = server(9, 8);
    let challenge = server.issue(client(2), target(), NOW);
    let solution = solve(challenge, client(2), subject(3));
    // One in 64 subjects would accept the nonce by luck; not most of them.
    let refused = (10..30).filter(|byte| {
        let answer = server.accept(client(2), subject(*byte), &solution, NOW);
        matches!(answer, Err(Refusal::NotEnoughWork(_)))
    });
    assert!(refused.count() > 15);
}

#[test]
fn a_full_memory_refuses_rather_than_forgets() {
    let mut server = server(9, 1);
    let first = asked_and_solved(&server);
    assert_eq!(server.accept(client(2), subject(3), &first, NOW), Ok(()));
    let second = solve(first.challenge, client(2), subject(4));
    let refused = server.accept(client(2), subject(4), &second, NOW);
    assert_eq!(refused, Err(Refusal::NoRoom { remembered: 1 }));
    let replayed = server.accept(client(2), subject(3), &first, NOW);
    assert_eq!(replayed, Err(Refusal::Replayed));
    let later = TimestampMs::new(6_500);
    let third = solve(
        server.issue(client(2), target(), later),
        client(2),
        subject(4),
    );
    assert_eq!(server.accept(client(2), subject(4), &third, later), Ok(()));
}

#[test]
fn nobody_has_longer_than_the_most() {
    let secret = ChallengerSecret::new([9; 32]);
    let forever = DurationMs::new(u64::MAX);
    let server = Challenger::new(GenesisHash::new(hash(1)), secret, forever, usize::MAX);
    let challenge = server.issue(client(2), target(), NOW);
    let last = TimestampMs::new(NOW.get() + LIFETIME_MAX.get());
    assert_eq!(challenge.expires, last);
}
