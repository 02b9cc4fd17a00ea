//! What a faulty validator can send, and what comes of it.

use pyralog_consensus::{Engine, Message, QuorumCertificate, ViewChange};
use pyralog_council::{Council, GENESIS, HEIGHT};
use pyralog_pbft::Pbft;
use pyralog_primitives::vote::{Evidence, Prepared, VoteKind};
use pyralog_primitives::{BlockId, Hash, Round};

use crate::pbft;

fn block(byte: u8) -> BlockId {
    BlockId::new(Hash::new([byte; 32]))
}

/// Whether validator 3 prevotes after this.
fn moves(mut council: Council<Pbft>, message: Message) -> bool {
    let before = council.seats[3].signed.len();
    council.hand(3, message);
    council.seats[3].signed.len() > before
}

/// Four validators who have heard nothing from the primary.
fn quiet() -> Council<Pbft> {
    let mut council = Council::seated(pbft, &[1; 4]);
    council.fall_silent(0);
    council.start();
    council
}

#[test]
fn two_proposals_of_one_round_are_evidence_and_the_first_one_counts() {
    let mut council = quiet();
    for value in [1, 2] {
        council.hand(3, council.proposal(0, 0, block(value), None));
    }
    let [first, second] = [1, 2].map(|value| council.signed_proposal(0, 0, block(value), None));
    let evidence = Evidence::double_proposal(first, second);
    assert_eq!(council.seats[3].reports, [evidence]);
    evidence
        .verify(GENESIS, &council.seats[0].key.public_key())
        .unwrap();
    assert_eq!(council.seats[3].signed.len(), 1);
}

#[test]
fn two_votes_are_evidence_once_and_one_vote_heard_twice_is_none() {
    for kind in [VoteKind::Prevote, VoteKind::Precommit] {
        let mut council = quiet();
        let votes = [1, 1, 2, 3].map(|value| council.vote(2, kind, 0, block(value)));
        council.hand(3, Message::Vote(votes[0]));
        council.hand(3, Message::Vote(votes[1]));
        assert_eq!(council.seats[3].reports, []);
        council.hand(3, Message::Vote(votes[2]));
        council.hand(3, Message::Vote(votes[3]));
        let evidence = Evidence::double_vote(votes[0], votes[2]);
        assert_eq!(council.seats[3].reports, [evidence]);
    }
}

#[test]
fn only_the_primary_of_the_round_proposes() {
    assert!(moves(quiet(), quiet().proposal(0, 0, block(1), None)));
    assert!(!moves(quiet(), quiet().proposal(1, 0, block(1), None)));
}

#[test]
fn a_later_round_needs_a_quorum_that_wishes_for_it_and_the_latest_preparation() {
    let council = quiet();
    let value = block(1);
    let prepared = |round, value| Prepared {
        round: Round::new(round),
        value,
    };
    let claims = Some(prepared(0, value));
    let proof = council.proof(0, value, &[0, 1, 2]);
    let wish = |at, round, prepared| council.wish(at, round, prepared);
    let free = vec![wish(0, 1, None), wish(1, 1, None), wish(2, 1, None)];
    let bound = vec![wish(0, 1, None), wish(1, 1, claims), wish(2, 1, None)];
    let offer = |at, round, value, wishes: &[ViewChange], proof: Option<&QuorumCertificate>| {
        let justification = (wishes.to_vec(), proof.cloned());
        council.proposal(at, round, value, Some(justification))
    };

    assert!(
        moves(quiet(), offer(1, 1, block(5), &free, None)),
        "free to choose"
    );
    assert!(
        moves(quiet(), offer(1, 1, value, &bound, Some(&proof))),
        "bound and faithful"
    );

    let refused = [
        ("no reason given", council.proposal(1, 1, block(5), None)),
        (
            "another block than the prepared one",
            offer(1, 1, block(5), &bound, Some(&proof)),
        ),
        (
            "a preparation without its proof",
            offer(1, 1, value, &bound, None),
        ),
        (
            "a proof that nobody claims",
            offer(1, 1, value, &free, Some(&proof)),
        ),
        (
            "two wishes of four",
            offer(1, 1, block(5), &free[..2], None),
        ),
        (
            "one wish three times",
            offer(1, 1, block(5), &[free[0]; 3], None),
        ),
        (
            "wishes out of order",
            offer(1, 1, block(5), &[free[1], free[0], free[2]], None),
        ),
        (
            "wishes for another round",
            offer(2, 2, block(5), &free, None),
        ),
        (
            "not the primary of the round",
            offer(2, 1, block(5), &free, None),
        ),
        (
            "a reason in the first round",
            offer(0, 0, block(5), &free, None),
        ),
    ];
    for (flaw, message) in refused {
        assert!(!moves(quiet(), message), "{flaw}");
    }
}

#[test]
fn a_claim_to_have_prepared_in_a_round_to_come_is_no_wish() {
    let mut council = quiet();
    let later = council.proof(4, block(1), &[0, 1, 2]);
    for at in [0, 1, 2] {
        let wish = council.wish(at, 3, Some(later.prepared()));
        let proof = Some(later.clone());
        council.hand(3, Message::ViewChange { wish, proof });
    }
    assert_eq!(council.seats[3].signed, [], "it joined nobody");
}

#[test]
fn a_block_that_breaks_the_rules_ends_its_round_at_once() {
    let mut council = quiet();
    council.invalid.push(block(1));
    let bad = council.proposal(0, 0, block(1), None);
    for at in 1..4 {
        council.hand(at, bad.clone());
    }
    council.deliver_all();
    assert_eq!(council.decisions().len(), 3, "no time had to pass");
    assert!(council.decisions().values().all(|value| *value != block(1)));
}

#[test]
fn whatever_is_sent_memory_is_bounded() {
    let mut council = quiet();
    let kinds = [VoteKind::Prevote, VoteKind::Precommit];
    for round in 0..200 {
        for at in 0..3 {
            for kind in kinds {
                for height in [HEIGHT, HEIGHT.next().unwrap()] {
                    // Never a quorum for one block: that would be a decision.
                    let value = block(u8::try_from(at).unwrap());
                    let vote = council.vote_at(at, kind, height, (round, value));
                    council.hand(3, Message::Vote(vote));
                }
            }
        }
        let proof = council.proof(round, block(1), &[0, 1, 2]);
        let wish = council.wish(2, round + 1, Some(proof.prepared()));
        let proof = Some(proof);
        council.hand(3, Message::ViewChange { wish, proof });
        let held = council.seats[3].engine.held_count();
        assert!(
            held <= Pbft::<pyralog_pbft::Paper>::held_count_max(4),
            "{held}"
        );
    }
}
