//! A lock that one validator does not know of.

use pyralog_consensus::{Message, Step};
use pyralog_council::Council;
use pyralog_primitives::Round;
use pyralog_primitives::vote::VoteKind::{Precommit, Prevote};
use pyralog_primitives::vote::{Evidence, Offence};

use crate::{block, lose_all, propose, proposed, tendermint, turn, vote, voted, waits};

/// The proposer of the first round is faulty: it proposes one block to two of
/// the others, who lock it with its help, and another one to the last.
#[test]
fn who_never_saw_the_lock_of_the_others_joins_them_by_their_certificate() {
    let mut council = Council::seated(tendermint, &[1; 4]);
    let [faulty, second, third, own] = [0, 1, 2, 3].map(|round| turn(&council, round));
    council.fall_silent(faulty);
    council.start();
    let (others, honest) = ([second, third], [second, third, own]);
    let (value, other) = (block(101), block(102));
    propose(&mut council, &others, 0, value, None);
    propose(&mut council, &[own], 0, other, None);
    assert_eq!(voted(&council, own, Prevote, 0), Some(Some(other)));
    vote(&mut council, (&[faulty], &[own]), Prevote, 0, None);
    vote(&mut council, (&[faulty], &others), Prevote, 0, value);
    vote(&mut council, (&others, &honest), Prevote, 0, value);
    for at in others {
        assert_eq!(voted(&council, at, Precommit, 0), Some(Some(value)));
    }
    assert!(waits(&council, own, 0, Step::Prevote));
    council.expire([own]);
    assert_eq!(voted(&council, own, Precommit, 0), Some(None));
    vote(&mut council, (&others, &honest), Precommit, 0, value);
    vote(&mut council, (&[own], &others), Precommit, 0, None);
    lose_all(&mut council);
    council.expire(honest);

    // An honest proposer proposes the block again, and one honest validator has
    // no quorum to prevote it by: the vote of the faulty comes twice, and counts
    // once.
    let again = (value, Some(Round::FIRST));
    assert_eq!(proposed(&council, second, 1), Some(again));
    lose_all(&mut council);
    propose(&mut council, &honest, 1, value, Some(0));
    vote(&mut council, (&[faulty], &[own]), Prevote, 0, value);
    assert_eq!(
        voted(&council, own, Prevote, 1),
        None,
        "it waits for a quorum"
    );
    assert!(waits(&council, own, 1, Step::Proposal));
    council.expire([own]);
    for at in others {
        assert_eq!(voted(&council, at, Prevote, 1), Some(Some(value)));
    }
    assert_eq!(voted(&council, own, Prevote, 1), Some(None));

    // The certificate comes, too late for this round.
    let polka = council.proof(0, value, &[faulty, second, third]);
    council.hand(own, Message::Polka(polka));
    vote(&mut council, (&others, &honest), Prevote, 1, value);
    vote(&mut council, (&[own], &others), Prevote, 1, None);
    council.expire(honest);
    vote(&mut council, (&honest, &honest), Precommit, 1, None);
    council.expire(honest);

    // In the next one all are of one mind.
    assert_eq!(proposed(&council, third, 2), Some(again));
    lose_all(&mut council);
    propose(&mut council, &honest, 2, value, Some(0));
    for at in honest {
        assert_eq!(voted(&council, at, Prevote, 2), Some(Some(value)));
    }
    vote(&mut council, (&honest, &honest), Prevote, 2, value);
    vote(&mut council, (&honest, &honest), Precommit, 2, value);
    assert_eq!(council.decisions(), honest.map(|at| (at, value)).into());
    let offences = council.seats[own].reports.iter().map(Evidence::offence);
    let expected = Offence {
        validator: council.address(faulty),
        height: pyralog_council::HEIGHT,
        round: Round::FIRST,
        kind: Prevote,
    };
    assert_eq!(offences.collect::<Vec<_>>(), [expected]);
}
