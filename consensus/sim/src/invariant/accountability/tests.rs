//! Words written by hand, and whom they accuse.

use pyralog_primitives::validators::Validator;
use pyralog_primitives::{Hash, SecretKey};

use super::*;

const HEIGHT: Height = Height::new(7);

fn block(byte: u8) -> BlockId {
    BlockId::new(Hash::new([byte; 32]))
}

/// A table at which so many sit, and what is said there.
struct Table {
    validators: ValidatorSet,
    testimony: Testimony,
}

impl Table {
    fn of(powers: &[u64]) -> Self {
        let member = |(seed, power): (u8, &u64)| Validator {
            key: SecretKey::from_seed(&[seed; 32]).public_key(),
            power: VotingPower::new(*power),
        };
        let mut members: Vec<Validator> = (1..).zip(powers).map(member).collect();
        // The powers belong to the places in order of address.
        members.sort_by_key(|member| member.key.address());
        for (member, power) in members.iter_mut().zip(powers) {
            member.power = VotingPower::new(*power);
        }
        Self {
            validators: ValidatorSet::new(members).unwrap(),
            testimony: Testimony::default(),
        }
    }

    fn address(&self, who: usize) -> Address {
        self.validators.iter().nth(who).unwrap().key.address()
    }

    fn say(&mut self, who: usize, statement: Statement) {
        self.testimony.add(self.address(who), statement);
    }

    fn vote(&mut self, who: usize, kind: VoteKind, round: u32, value: Option<BlockId>) {
        self.say(
            who,
            Statement::Vote {
                kind,
                height: HEIGHT,
                round: Round::new(round),
                value,
            },
        );
    }

    fn prevote(&mut self, who: usize, round: u32, byte: u8) {
        self.vote(who, VoteKind::Prevote, round, Some(block(byte)));
    }

    fn precommit(&mut self, who: usize, round: u32, byte: u8) {
        self.vote(who, VoteKind::Precommit, round, Some(block(byte)));
    }

    fn wish(&mut self, who: usize, round: u32, prepared: Option<(u32, u8)>) {
        let prepared = prepared.map(|(round, byte)| Prepared {
            round: Round::new(round),
            value: block(byte),
        });
        let round = Round::new(round);
        self.say(
            who,
            Statement::ViewChange {
                height: HEIGHT,
                round,
                prepared,
            },
        );
    }

    fn charges(&self, who: usize) -> Vec<Charge> {
        charges(&self.address(who), &self.testimony, &self.validators)
    }

    fn accused(&self) -> Vec<usize> {
        let accused = accuse(&self.testimony, &self.validators);
        let count = self.validators.count();
        (0..count)
            .filter(|who| accused.contains_key(&self.address(*who)))
            .collect()
    }

    fn check(&self, rounds: [u32; 2], faulty: &[usize]) -> Result<(), Broken> {
        let faulty: Vec<Address> = faulty.iter().map(|who| self.address(*who)).collect();
        let accused = accuse(&self.testimony, &self.validators);
        let place = (HEIGHT, rounds.map(Round::new));
        check_accountability(place, &faulty, &accused, &self.validators)
    }
}

#[test]
fn two_votes_two_proposals_or_two_wishes_in_one_place_are_equivocation() {
    let proposal = |byte, valid_round| Statement::Proposal {
        height: HEIGHT,
        round: Round::new(2),
        value: block(byte),
        valid_round,
    };
    let mut table = Table::of(&[1; 7]);
    table.prevote(0, 1, 1);
    table.prevote(0, 1, 2);
    table.precommit(1, 1, 1);
    table.vote(1, VoteKind::Precommit, 1, None);
    table.say(2, proposal(1, None));
    table.say(2, proposal(2, None));
    table.say(3, proposal(1, None));
    table.say(3, proposal(1, Some(Round::FIRST)));
    table.wish(4, 3, None);
    table.wish(4, 3, Some((1, 1)));
    // One thing in each place, said twice.
    for _ in 0..2 {
        table.say(5, proposal(1, None));
        table.prevote(5, 1, 1);
        table.precommit(5, 1, 1);
        table.vote(6, VoteKind::Prevote, 1, None);
        table.prevote(6, 2, 2);
    }
    assert_eq!(table.accused(), [0, 1, 2, 3, 4]);
    for who in 0..5 {
        assert_eq!(table.charges(who), [Charge::Equivocation], "{who}");
    }
}

#[test]
fn who_lets_a_block_go_without_a_reason_is_amnesic() {
    let mut table = Table::of(&[1; 4]);
    table.precommit(0, 1, 1);
    table.prevote(0, 3, 2);
    // The same again, another one before, and no block at all are no breach.
    table.precommit(1, 1, 1);
    table.prevote(1, 0, 2);
    table.prevote(1, 2, 1);
    table.vote(1, VoteKind::Prevote, 3, None);
    assert_eq!(table.charges(0), [Charge::Amnesia]);
    assert_eq!(table.accused(), [0]);
}

#[test]
fn a_quorum_of_prevotes_in_between_lets_go_and_no_other_does() {
    // Of whom, in which round and for which block the others prevoted: whether
    // that lets validator 0 go, who precommitted in round 1 and prevoted another
    // block in round 4.
    let cases = [
        (&[1, 2, 3][..], 1, 2, true),
        (&[1, 2, 3], 3, 2, true),
        (&[1, 2], 3, 2, false),
        (&[1, 2, 3], 3, 3, false),
        (&[1, 2, 3], 0, 2, false),
        (&[1, 2, 3], 4, 2, false),
        (&[1, 2, 3], 5, 2, false),
    ];
    for (who, round, byte, lets_go) in cases {
        let mut table = Table::of(&[1; 4]);
        table.precommit(0, 1, 1);
        table.prevote(0, 4, 2);
        for other in who {
            table.prevote(*other, round, byte);
        }
        let is_accused = table.charges(0) == [Charge::Amnesia];
        assert_eq!(is_accused, !lets_go, "{who:?} {round} {byte}");
    }
}

#[test]
fn a_quorum_of_wishes_to_enter_the_round_lets_go_and_no_other_does() {
    for (count, round, lets_go) in [(3, 4, true), (2, 4, false), (3, 3, false), (3, 5, false)] {
        let mut table = Table::of(&[1; 4]);
        table.precommit(0, 1, 1);
        table.prevote(0, 4, 2);
        for who in 1..=count {
            table.wish(who, round, None);
        }
        assert_eq!(table.charges(0).is_empty(), lets_go, "{count} {round}");
    }
}

#[test]
fn who_wishes_as_if_it_had_not_prepared_what_it_precommitted_hides_it() {
    let cases = [
        (None, true),
        (Some((0, 1)), true),
        (Some((1, 2)), true),
        (Some((1, 1)), false),
        (Some((2, 2)), false),
    ];
    for (prepared, hides) in cases {
        let mut table = Table::of(&[1; 4]);
        table.precommit(0, 1, 1);
        table.wish(0, 3, prepared);
        // What was wished before is no matter.
        table.wish(0, 1, None);
        let expected = if hides {
            vec![Charge::HiddenPreparation]
        } else {
            Vec::new()
        };
        assert_eq!(table.charges(0), expected, "{prepared:?}");
    }
}

#[test]
fn power_counts_not_heads() {
    let mut table = Table::of(&[5, 1, 1, 1]);
    table.precommit(1, 0, 1);
    table.prevote(1, 2, 2);
    for who in [2, 3] {
        table.prevote(who, 1, 2);
    }
    assert_eq!(table.accused(), [1], "two of eight let nobody go");
    table.prevote(0, 1, 2);
    assert!(table.accused().is_empty(), "seven of eight do");
}

#[test]
fn one_who_is_named_may_be_enough_and_two_too_few() {
    let mut table = Table::of(&[3, 1, 1, 1, 1]);
    for who in [1, 2] {
        table.precommit(who, 0, 1);
        table.precommit(who, 0, 2);
    }
    assert!(table.check([0, 2], &[0, 1]).is_err(), "two of seven");
    let mut table = Table::of(&[3, 1, 1, 1, 1]);
    table.precommit(0, 2, 1);
    table.precommit(0, 2, 2);
    assert_eq!(table.check([0, 2], &[0, 1]), Ok(()), "three of seven");
}

#[test]
fn less_than_a_third_of_names_is_a_violation_where_a_third_is_faulty() {
    let mut table = Table::of(&[1; 7]);
    table.prevote(0, 1, 1);
    table.prevote(0, 1, 2);
    table.precommit(1, 0, 1);
    table.prevote(1, 2, 2);
    // Two of seven are named.
    let broken = table.check([0, 2], &[0, 1, 2]).unwrap_err();
    assert_eq!(broken.invariant, Invariant::Accountability);
    // With less than a third faulty the disagreement itself is the fault; with
    // more than two thirds, nothing is promised.
    assert_eq!(table.check([0, 2], &[0, 1]), Ok(()));
    assert_eq!(table.check([0, 2], &[0, 1, 2, 3, 4]), Ok(()));
    table.wish(2, 3, None);
    table.precommit(2, 0, 1);
    assert_eq!(table.check([0, 2], &[0, 1, 2]), Ok(()));
    // In one round, only who equivocated counts.
    assert!(table.check([2, 2], &[0, 1, 2]).is_err());
}

#[test]
fn to_accuse_an_honest_validator_is_a_violation() {
    assert_eq!(check_innocence(3, HEIGHT, &[]), Ok(()));
    let broken = check_innocence(3, HEIGHT, &[Charge::Amnesia]).unwrap_err();
    assert_eq!(broken.invariant, Invariant::Framing);
    assert!(broken.what.ends_with("honest validator 3 of amnesia"));
}
