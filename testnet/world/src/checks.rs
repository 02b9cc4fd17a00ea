//! What must hold of the whole network, whatever goes wrong.

use std::collections::BTreeMap;

use pyralog_consensus::{Message, Place, Statement};
use pyralog_primitives::{Address, BlockId, Height, StateRoot};

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
#[derive(Debug, Default)]
pub(crate) struct Seen {
    said: BTreeMap<(Address, Place), Statement>,
    blocks: BTreeMap<Height, (BlockId, StateRoot)>,
}

impl Seen {
    /// A message left the node of its sender.
    pub(crate) fn say(&mut self, message: &Message) -> Result<(), Broken> {
        let Some((validator, statement)) = statement(message) else {
            return Ok(());
        };
        let place = (validator, statement.place());
        let first = self.said.entry(place).or_insert(statement);
        if *first == statement {
            return Ok(());
        }
        Err(Broken::DoubleSign {
            validator,
            one: Box::new(*first),
            other: Box::new(statement),
        })
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

/// What a message says with the signature of its sender.
pub(crate) fn statement(message: &Message) -> Option<(Address, Statement)> {
    match message {
        Message::Proposal(proposal) => {
            let signed = &proposal.signed;
            let statement = Statement::Proposal {
                height: signed.height,
                round: signed.round,
                value: signed.value,
                valid_round: signed.valid_round,
            };
            Some((signed.validator, statement))
        }
        Message::Vote(vote) => {
            let statement = Statement::Vote {
                kind: vote.kind,
                height: vote.height,
                round: vote.round,
                value: vote.value,
            };
            Some((vote.validator, statement))
        }
        Message::ViewChange { wish, .. } => Some((wish.validator, wish.statement())),
        Message::Polka(_) | Message::RoundOver(_) => None,
    }
}
