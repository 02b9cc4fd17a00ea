//! What must hold of the whole network, whatever goes wrong.

use std::collections::{BTreeMap, BTreeSet};

use pyralog_consensus::{Message, Place, Statement, Step};
use pyralog_genesis::ConsensusKind;
use pyralog_primitives::vote::VoteKind;
use pyralog_primitives::{Address, BlockId, Height, Round, StateRoot};

/// What was violated, and how.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// Two nodes made different blocks final.
    #[error("fork at height {height}: {one} and {other}")]
    Fork {
        /// Where.
        height: Height,
        /// A block.
        one: BlockId,
        /// Another.
        other: BlockId,
    },
    /// Two nodes have different states after the same block.
    #[error("after height {height} the state root is {one} here and {other} there")]
    Roots {
        /// After which height.
        height: Height,
        /// A root.
        one: StateRoot,
        /// Another.
        other: StateRoot,
    },
    /// A validator said two different things in one place.
    #[error("{validator} said {one:?}, and {other:?}")]
    DoubleSign {
        /// Who.
        validator: Address,
        /// What it said first.
        one: Box<Statement>,
        /// What it said after.
        other: Box<Statement>,
    },
    /// A validator said something that it could not, had it not forgotten what
    /// it said before.
    #[error("{validator} said {one:?}, and forgot it: {other:?}")]
    Forgotten {
        /// Who.
        validator: Address,
        /// What it said first.
        one: Box<Statement>,
        /// What it said after.
        other: Box<Statement>,
    },
    /// An honest node was blamed, warned of itself, or stopped.
    #[error("node {node}: {what}")]
    Surprise {
        /// Which.
        node: usize,
        /// What happened.
        what: String,
    },
    /// Long after all faults have ended, something has not happened.
    #[error("{what}, long after all faults have ended")]
    Stuck {
        /// What.
        what: String,
    },
}

/// What was seen so far.
#[derive(Debug)]
pub(crate) struct Seen {
    /// Whether who has precommitted a block votes for no other one before a
    /// quorum does: in Tendermint. In PBFT it says so when it wishes for
    /// another round.
    has_locks: bool,
    said: BTreeMap<(Address, Place), Statement>,
    prevotes: BTreeMap<(Height, Round, BlockId), BTreeSet<Address>>,
    blocks: BTreeMap<Height, (BlockId, StateRoot)>,
}

impl Seen {
    pub(crate) fn new(kind: ConsensusKind) -> Self {
        Self {
            has_locks: kind == ConsensusKind::Tendermint,
            said: BTreeMap::new(),
            prevotes: BTreeMap::new(),
            blocks: BTreeMap::new(),
        }
    }

    /// A message left the node of its sender, one of so many validators.
    pub(crate) fn say(&mut self, message: &Message, validators: usize) -> Result<(), Broken> {
        let Some((validator, statement)) = message.statement() else {
            return Ok(());
        };
        let place = (validator, statement.place());
        let first = *self.said.entry(place).or_insert(statement);
        if first != statement {
            return Err(Broken::DoubleSign {
                validator,
                one: Box::new(first),
                other: Box::new(statement),
            });
        }
        if let Statement::Vote {
            kind: VoteKind::Prevote,
            height,
            round,
            value: Some(value),
        } = statement
        {
            let place = (height, round, value);
            self.prevotes.entry(place).or_default().insert(validator);
        }
        let begin = Place {
            height: statement.height(),
            round: Round::FIRST,
            step: Step::ViewChange,
        };
        let earlier = self.said.range((validator, begin)..place);
        let mut earlier = earlier.map(|(_, earlier)| *earlier);
        match earlier.find(|earlier| self.forgets(*earlier, statement, validators)) {
            Some(earlier) => Err(Broken::Forgotten {
                validator,
                one: Box::new(earlier),
                other: Box::new(statement),
            }),
            None => Ok(()),
        }
    }

    /// Whether a validator that said the one thing would not say the other if
    /// it had not forgotten the first.
    fn forgets(&self, earlier: Statement, now: Statement, validators: usize) -> bool {
        let Statement::Vote {
            kind: VoteKind::Precommit,
            height,
            round,
            value: Some(value),
        } = earlier
        else {
            return false;
        };
        match now {
            Statement::ViewChange { prepared, .. } => {
                prepared.is_none_or(|prepared| prepared.round < round)
            }
            Statement::Vote {
                kind,
                value: Some(other),
                round: later,
                ..
            } if self.has_locks && other != value => {
                let is_prevote = kind == VoteKind::Prevote;
                let end = later.get() - u32::from(is_prevote);
                let is_free = (round.get() + 1..=end).any(|between| {
                    let place = (height, Round::new(between), other);
                    let voters = self.prevotes.get(&place).map_or(0, BTreeSet::len);
                    voters * 3 > validators * 2
                });
                !is_free
            }
            _ => false,
        }
    }

    /// A node made a block final, and its ledger has this state after it.
    pub(crate) fn finalize(
        &mut self,
        height: Height,
        block: BlockId,
        root: StateRoot,
    ) -> Result<(), Broken> {
        let (first, first_root) = *self.blocks.entry(height).or_insert((block, root));
        if first != block {
            return Err(Broken::Fork {
                height,
                one: first,
                other: block,
            });
        }
        if first_root != root {
            return Err(Broken::Roots {
                height,
                one: first_root,
                other: root,
            });
        }
        Ok(())
    }

    /// How many heights are final somewhere.
    pub(crate) fn height(&self) -> Height {
        let last = self.blocks.last_key_value();
        last.map_or(Height::default(), |(height, _)| *height)
    }
}
