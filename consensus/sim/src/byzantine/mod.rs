//! Validators that break the rules.
//!
//! Under each runs an honest engine, and a [`Habit`] or several change what
//! goes out. So what it says stays close enough to the protocol to do harm.
//!
//! All of them plot together: they share the [`Plot`].

mod amnesia;
mod disloyalty;
mod equivocate_proposals;
mod equivocate_votes;
mod forge;
mod hide;
mod invalid_blocks;
mod silence;
mod spam;
mod withhold;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use pyralog_consensus::{Message, Statement};
use pyralog_primitives::vote::{SignedProposal, Vote, VoteKind, VotedValue};
use pyralog_primitives::{Address, BlockId, GenesisHash, Height, Round};

use crate::block::{Block, Content};
use crate::chance::Chance;
use crate::coverage::{Coverage, FaultKind};
use crate::group::Group;
use crate::keyring::Keyring;
use crate::time::Span;

/// Rounds of which the plot remembers a pair of blocks.
const PAIR_COUNT_MAX: usize = 32;

/// A way to break the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Misconduct {
    EquivocatingProposals,
    EquivocatingVotes,
    Withholding,
    Silence,
    Amnesia,
    Spam,
    InvalidBlocks,
    Forgery,
    HiddenPreparation,
    Disloyalty,
}

impl Misconduct {
    pub(crate) const ALL: [Self; 10] = [
        Self::EquivocatingProposals,
        Self::EquivocatingVotes,
        Self::Withholding,
        Self::Silence,
        Self::Amnesia,
        Self::Spam,
        Self::InvalidBlocks,
        Self::Forgery,
        Self::HiddenPreparation,
        Self::Disloyalty,
    ];

    pub(crate) const fn kind(self) -> FaultKind {
        match self {
            Self::EquivocatingProposals => FaultKind::EquivocatingProposals,
            Self::EquivocatingVotes => FaultKind::EquivocatingVotes,
            Self::Withholding => FaultKind::Withholding,
            Self::Silence => FaultKind::Silence,
            Self::Amnesia => FaultKind::Amnesia,
            Self::Spam => FaultKind::Spam,
            Self::InvalidBlocks => FaultKind::InvalidBlocks,
            Self::Forgery => FaultKind::Forgery,
            Self::HiddenPreparation => FaultKind::HiddenPreparation,
            Self::Disloyalty => FaultKind::Disloyalty,
        }
    }

    fn habit(self, chance: &mut Chance) -> Box<dyn Habit> {
        match self {
            Self::EquivocatingProposals => Box::new(equivocate_proposals::EquivocateProposals),
            Self::EquivocatingVotes => Box::new(equivocate_votes::EquivocateVotes),
            Self::Withholding => Box::new(withhold::Withhold::new(chance)),
            Self::Silence => Box::new(silence::Silence::new(chance)),
            Self::Amnesia => Box::new(amnesia::Amnesia),
            Self::Spam => Box::new(spam::Spam::default()),
            Self::InvalidBlocks => Box::new(invalid_blocks::InvalidBlocks),
            Self::Forgery => Box::new(forge::Forge),
            Self::HiddenPreparation => Box::new(hide::Hide::default()),
            Self::Disloyalty => Box::new(disloyalty::Disloyalty::default()),
        }
    }
}

/// Something that is about to be said, and to whom.
#[derive(Clone, Debug)]
pub(crate) struct Saying {
    pub(crate) to: Group,
    pub(crate) message: Message,
    pub(crate) block: Option<Arc<Block>>,
}

/// A habit: each way does what it does otherwise than an honest validator.
pub(crate) trait Habit: fmt::Debug {
    /// What goes out in place of this.
    fn says(&mut self, saying: Saying, _stage: &mut Stage<'_>) -> Vec<Saying> {
        vec![saying]
    }

    /// Hears what others say.
    fn hears(&mut self, _message: &Message) {}

    /// Changes a block that is being built.
    fn builds(&mut self, _content: &mut Content, _stage: &mut Stage<'_>) {}

    /// Another block to give to a peer in the place of this final one.
    fn misgives(&mut self, _block: &Block, _stage: &mut Stage<'_>) -> Option<Arc<Block>> {
        None
    }

    /// How long until it wakes up by itself; none if it never does.
    fn sleeps(&mut self, _chance: &mut Chance) -> Option<Span> {
        None
    }

    /// What goes out when it wakes up.
    fn wakes(&mut self, _stage: &mut Stage<'_>) -> Vec<Saying> {
        Vec::new()
    }

    /// Whether it forgets all it has said when it wakes up.
    fn forgets(&self) -> bool {
        false
    }

    /// Whether it leaves peers without an answer.
    fn is_mute(&self) -> bool {
        false
    }

    /// Whether it finds nothing wrong with any block.
    fn believes_all(&self) -> bool {
        false
    }
}

/// The habits of one validator.
#[derive(Debug, Default)]
pub(crate) struct Habits {
    list: Vec<(Misconduct, Box<dyn Habit>)>,
}

impl Habits {
    pub(crate) fn add(&mut self, misconduct: Misconduct, chance: &mut Chance) {
        self.list.push((misconduct, misconduct.habit(chance)));
    }

    pub(crate) fn say(&mut self, saying: Saying, stage: &mut Stage<'_>) -> Vec<Saying> {
        let mut sayings = vec![saying];
        for (_, habit) in &mut self.list {
            let each = sayings.into_iter();
            sayings = each.flat_map(|saying| habit.says(saying, stage)).collect();
        }
        sayings
    }

    pub(crate) fn hear(&mut self, message: &Message) {
        for (_, habit) in &mut self.list {
            habit.hears(message);
        }
    }

    pub(crate) fn build(&mut self, content: &mut Content, stage: &mut Stage<'_>) {
        for (_, habit) in &mut self.list {
            habit.builds(content, stage);
        }
    }

    pub(crate) fn misgive(&mut self, block: &Block, stage: &mut Stage<'_>) -> Option<Arc<Block>> {
        let mut habits = self.list.iter_mut();
        habits.find_map(|(_, habit)| habit.misgives(block, stage))
    }

    /// When each habit wakes up for the first time.
    pub(crate) fn sleep(&mut self, chance: &mut Chance) -> Vec<(usize, Span)> {
        let habits = self.list.iter_mut().enumerate();
        habits
            .filter_map(|(place, (_, habit))| Some((place, habit.sleeps(chance)?)))
            .collect()
    }

    pub(crate) fn sleep_again(&mut self, place: usize, chance: &mut Chance) -> Option<Span> {
        self.list[place].1.sleeps(chance)
    }

    pub(crate) fn wake(&mut self, place: usize, stage: &mut Stage<'_>) -> Vec<Saying> {
        self.list[place].1.wakes(stage)
    }

    pub(crate) fn forgets(&self, place: usize) -> bool {
        self.list[place].1.forgets()
    }

    pub(crate) fn is_mute(&self) -> bool {
        self.list.iter().any(|(_, habit)| habit.is_mute())
    }

    pub(crate) fn believes_all(&self) -> bool {
        self.list.iter().any(|(_, habit)| habit.believes_all())
    }
}

/// What those who break the rules have agreed on.
#[derive(Debug)]
pub(crate) struct Plot {
    /// Who is told the one thing; the rest are told the other.
    pub(crate) camp: Group,
    pairs: BTreeMap<(Height, Round), (BlockId, BlockId)>,
}

impl Plot {
    pub(crate) const fn new(camp: Group) -> Self {
        Self {
            camp,
            pairs: BTreeMap::new(),
        }
    }

    /// Two blocks for one round.
    fn pair(&mut self, place: (Height, Round), pair: (BlockId, BlockId)) {
        self.pairs.insert(place, pair);
        if self.pairs.len() > PAIR_COUNT_MAX {
            self.pairs.pop_first();
        }
    }

    fn pair_of(&self, place: (Height, Round)) -> Option<(BlockId, BlockId)> {
        self.pairs.get(&place).copied()
    }
}

/// What a habit can reach.
#[derive(Debug)]
pub(crate) struct Stage<'a> {
    pub(crate) validator: usize,
    pub(crate) height: Height,
    /// The last final block.
    pub(crate) tip: BlockId,
    pub(crate) genesis: GenesisHash,
    pub(crate) keyring: &'a Keyring,
    pub(crate) chance: &'a mut Chance,
    pub(crate) plot: &'a mut Plot,
    pub(crate) coverage: &'a mut Coverage,
    /// Blocks made here.
    pub(crate) made: Vec<Arc<Block>>,
}

impl Stage<'_> {
    fn address(&self) -> Address {
        self.keyring.address(self.validator)
    }

    /// Another block like this one.
    fn sibling(&mut self, block: &Block) -> Arc<Block> {
        let sibling = Block::new(Content {
            salt: self.chance.next(),
            ..block.content.clone()
        });
        let sibling = Arc::new(sibling);
        self.made.push(Arc::clone(&sibling));
        sibling
    }

    /// A vote, well signed by the key of this number.
    fn vote_by(
        &self,
        who: usize,
        kind: VoteKind,
        (height, round): (Height, Round),
        value: VotedValue,
    ) -> Vote {
        let statement = Statement::Vote {
            kind,
            height,
            round,
            value,
        };
        Vote {
            kind,
            height,
            round,
            value,
            validator: self.keyring.address(who),
            signature: self.keyring.sign(who, &statement.sign_bytes(self.genesis)),
        }
    }

    fn vote(&self, kind: VoteKind, place: (Height, Round), value: VotedValue) -> Vote {
        self.vote_by(self.validator, kind, place, value)
    }

    /// The same vote for another block.
    fn revote(&self, vote: &Vote, value: BlockId) -> Vote {
        self.vote(vote.kind, (vote.height, vote.round), Some(value))
    }

    /// A proposal, well signed, whoever's turn it is.
    fn proposal(
        &self,
        (height, round): (Height, Round),
        value: BlockId,
        valid_round: Option<Round>,
    ) -> SignedProposal {
        let statement = Statement::Proposal {
            height,
            round,
            value,
            valid_round,
        };
        let bytes = statement.sign_bytes(self.genesis);
        SignedProposal {
            height,
            round,
            value,
            valid_round,
            validator: self.address(),
            signature: self.keyring.sign(self.validator, &bytes),
        }
    }

    /// A proposal of another block in the same place.
    fn repropose(&self, proposal: &SignedProposal, value: BlockId) -> SignedProposal {
        let place = (proposal.height, proposal.round);
        self.proposal(place, value, proposal.valid_round)
    }

    /// The id of a block that nobody has.
    fn made_up(&mut self) -> BlockId {
        let mut bytes = [0; 32];
        for part in bytes.chunks_mut(8) {
            part.copy_from_slice(&self.chance.next().to_le_bytes());
        }
        BlockId::new(pyralog_primitives::Hash::new(bytes))
    }

    fn acted(&mut self, misconduct: Misconduct) {
        self.coverage.fault(misconduct.kind());
    }
}
