//! Never forgets what validators said, over all their lives.

use std::collections::{BTreeMap, BTreeSet};

use pyralog_consensus::{Message, Place, Statement};
use pyralog_genesis::ConsensusKind;
use pyralog_primitives::vote::VoteKind;
use pyralog_primitives::{Address, BlockId, Height, Round};

/// What each validator said, and in whose favour quorums prevoted.
#[derive(Clone, Debug)]
pub(crate) struct Witness {
    /// Whether who has precommitted a block is locked on it: in Tendermint. In
    /// PBFT it says so when it wishes for another round.
    has_locks: bool,
    said: BTreeMap<Address, BTreeMap<Place, Statement>>,
    prevotes: BTreeMap<(Height, Round, BlockId), BTreeSet<Address>>,
    /// What became final, by whoever made it so first.
    finals: BTreeMap<Height, BlockId>,
}

impl Witness {
    pub(crate) fn new(kind: ConsensusKind) -> Self {
        Self {
            has_locks: kind == ConsensusKind::Tendermint,
            said: BTreeMap::new(),
            prevotes: BTreeMap::new(),
            finals: BTreeMap::new(),
        }
    }

    /// A message leaves its sender.
    pub(crate) fn hear(&mut self, message: &Message, validators: usize) {
        let Some((validator, now)) = message.statement() else {
            return;
        };
        let said = self.said.entry(validator).or_default();
        let first = said.entry(now.place()).or_insert(now);
        assert_eq!(*first, now, "{validator} said two things in one place");
        let earlier: Vec<Statement> = said
            .range(..now.place())
            .map(|(_, statement)| *statement)
            .filter(|statement| statement.height() == now.height())
            .collect();
        for earlier in earlier {
            self.check_pair(validator, earlier, now, validators);
        }
        if let Statement::Vote {
            kind: VoteKind::Prevote,
            height,
            round,
            value: Some(value),
        } = now
        {
            let voters = self.prevotes.entry((height, round, value)).or_default();
            voters.insert(validator);
        }
    }

    /// Who precommitted says so when it wishes for a later round, and votes for
    /// nothing else unless a quorum has, later.
    fn check_pair(&self, validator: Address, earlier: Statement, now: Statement, all: usize) {
        let Statement::Vote {
            kind: VoteKind::Precommit,
            height,
            round,
            value: Some(value),
        } = earlier
        else {
            return;
        };
        match now {
            Statement::ViewChange { prepared, .. } => {
                let is_told = prepared.is_some_and(|prepared| prepared.round >= round);
                assert!(is_told, "{validator} forgot {earlier:?}: {now:?}");
            }
            Statement::Vote {
                kind,
                value: Some(other),
                round: later,
                ..
            } if other != value && later > round && self.has_locks => {
                // Only what a quorum prevoted for in a round before is prevoted
                // for by who is locked on something else.
                let is_prevote = kind == VoteKind::Prevote;
                let end = later.get() - u32::from(is_prevote);
                let is_free = (round.get() + 1..=end).any(|between| {
                    let place = (height, Round::new(between), other);
                    let voters = self.prevotes.get(&place).map_or(0, BTreeSet::len);
                    voters * 3 > all * 2
                });
                assert!(is_free, "{validator} forgot {earlier:?}: {now:?}");
            }
            _ => {}
        }
    }

    /// A node made a block final.
    pub(crate) fn finalize(&mut self, height: Height, block: BlockId) {
        let first = *self.finals.entry(height).or_insert(block);
        assert_eq!(first, block, "two blocks are final at height {height}");
    }
}
