//! Which messages the core gets to see.
//!
//! The library keeps what it is given until the height is over. Here stands what
//! bounds it: of each validator two different votes of a kind in a round, and
//! two proposals; and only rounds near the current one. So at a height that
//! does not end, what is kept grows with the rounds, as time passes, and not
//! with what anyone sends.

use std::collections::BTreeMap;

use pyralog_consensus::Message;
use pyralog_primitives::vote::VoteKind;
use pyralog_primitives::{Address, BlockId, Round};

/// Rounds ahead of the current one that the library takes messages of.
const ROUND_COUNT_AHEAD: u32 = 10;
/// Rounds behind the current one that count. Votes of those before are not
/// needed: what a quorum prevoted long ago is shown by its certificate.
const ROUND_COUNT_BEHIND: u32 = 32;
/// The second one shows that its sender is faulty; a third shows nothing more.
const CONTENT_COUNT_MAX: usize = 2;
/// What is held of each validator: prevotes, precommits and proposals.
pub(crate) const HELD_COUNT_MAX: usize =
    (ROUND_COUNT_BEHIND + 1 + ROUND_COUNT_AHEAD) as usize * 3 * CONTENT_COUNT_MAX;

/// What was let through, in the rounds near the current one.
#[derive(Debug, Default)]
pub(crate) struct Admission {
    seen: BTreeMap<(Round, Kind, Address), Vec<Content>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Proposal,
    Prevote,
    Precommit,
}

type Content = (Option<BlockId>, Option<Round>);

impl Admission {
    /// Forgets rounds that are no longer near.
    pub(crate) fn enter(&mut self, current: Round) {
        let first = first_near(current);
        self.seen.retain(|(round, ..), _| *round >= first);
    }

    /// Whether the core may see this message, in this round.
    pub(crate) fn admits(&mut self, message: &Message, current: Round) -> bool {
        let round = message.round();
        let last = current.get().saturating_add(ROUND_COUNT_AHEAD);
        let (kind, sender, content) = match message {
            Message::Proposal(proposal) => {
                let signed = &proposal.signed;
                let content = (Some(signed.value), signed.valid_round);
                (Kind::Proposal, signed.validator, content)
            }
            Message::Vote(vote) if vote.kind == VoteKind::Prevote => {
                (Kind::Prevote, vote.validator, (vote.value, None))
            }
            Message::Vote(vote) => (Kind::Precommit, vote.validator, (vote.value, None)),
            // The core keeps one of each for a round, and looks at the others
            // once.
            Message::Polka(_) | Message::RoundOver(_) => return true,
            Message::ViewChange { .. } => return false,
        };
        if round < first_near(current) || round.get() > last {
            return false;
        }
        let seen = self.seen.entry((round, kind, sender)).or_default();
        if seen.contains(&content) || seen.len() >= CONTENT_COUNT_MAX {
            return false;
        }
        seen.push(content);
        true
    }

    /// Who prevoted for a block, in any one round.
    pub(crate) fn prevoters(&self, round: Round, block: BlockId) -> impl Iterator<Item = Address> {
        let seen = self.seen.iter();
        seen.filter(move |((of, kind, _), contents)| {
            (*of, *kind) == (round, Kind::Prevote) && contents.contains(&(Some(block), None))
        })
        .map(|((.., voter), _)| *voter)
    }

    /// How many messages were let through.
    pub(crate) fn count(&self) -> usize {
        self.seen.values().map(Vec::len).sum()
    }
}

fn first_near(current: Round) -> Round {
    Round::new(current.get().saturating_sub(ROUND_COUNT_BEHIND))
}
