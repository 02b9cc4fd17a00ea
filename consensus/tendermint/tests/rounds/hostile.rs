//! What a faulty validator can send, and what comes of it.

use pyralog_consensus::{Engine, Message, Proposal};
use pyralog_council::{Council, GENESIS, HEIGHT};
use pyralog_primitives::vote::{Evidence, VoteKind};
use pyralog_primitives::{BlockId, Round};
use pyralog_tendermint::Tendermint;

use crate::{block, tendermint, turn};

fn propose(council: &Council<Tendermint>, at: usize, value: BlockId) -> Message {
    Message::Proposal(Proposal {
        signed: council.signed_proposal(at, 0, value, None),
        justification: None,
    })
}

#[test]
fn who_votes_or_proposes_twice_is_reported_with_proof_once_a_block_is_final() {
    let mut council = Council::seated(tendermint, &[1; 4]);
    let faulty = turn(&council, 0);
    let honest = (faulty + 1) % 4;
    council.fall_silent(faulty);
    council.start();
    for value in [101, 102] {
        council.hand(honest, propose(&council, faulty, block(value)));
        let vote = council.vote(faulty, VoteKind::Prevote, 0, block(value));
        council.hand(honest, Message::Vote(vote));
    }
    council.settle(6);
    let reports = &council.seats[honest].reports;
    let key = council.seats[faulty].key.public_key();
    assert_eq!(reports.len(), 2, "{reports:?}");
    for evidence in reports {
        assert_eq!(evidence.verify(GENESIS, &key), Ok(()));
    }
    let is_proposal = |evidence: &&Evidence| matches!(evidence, Evidence::DoubleProposal { .. });
    assert_eq!(reports.iter().filter(is_proposal).count(), 1);
    for seat in &council.seats {
        assert!(
            seat.reports
                .iter()
                .all(|report| report.accused() == key.address())
        );
    }
}

#[test]
fn only_the_proposer_of_the_round_proposes() {
    let mut council = Council::seated(tendermint, &[1; 4]);
    let (first, second) = (turn(&council, 0), turn(&council, 1));
    let honest = (0..4).find(|at| *at != first && *at != second).unwrap();
    council.fall_silent(first);
    council.start();
    // As many as the library keeps of a round: none may take the place of the
    // one that counts.
    for value in [101, 103, 104] {
        council.hand(honest, propose(&council, second, block(value)));
    }
    assert_eq!(council.seats[honest].signed, []);
    council.hand(honest, propose(&council, first, block(102)));
    assert_eq!(council.seats[honest].signed.len(), 1);
}

#[test]
fn whatever_is_sent_memory_is_bounded() {
    let mut council = Council::seated(tendermint, &[1; 4]);
    let honest = 3;
    council.start();
    for round in 0..300 {
        for at in 0..3 {
            for (kind, number) in [
                (VoteKind::Prevote, 0),
                (VoteKind::Prevote, 100),
                (VoteKind::Precommit, 0),
                (VoteKind::Precommit, 100),
            ] {
                for height in [HEIGHT, HEIGHT.next().unwrap()] {
                    // Never a quorum for one block: that would be a decision.
                    let value = block(u8::try_from(at + number).unwrap());
                    let vote = council.vote_at(at, kind, height, (round, value));
                    council.hand(honest, Message::Vote(vote));
                }
            }
        }
        let held = council.seats[honest].engine.held_count();
        assert!(
            held <= <Tendermint>::held_count_max(4),
            "{held} in round {round}"
        );
    }
    assert!(council.seats[honest].decision.is_none());
    assert_eq!(council.seats[honest].abstentions, []);
    assert!(Round::new(300) > Round::FIRST);
}
