//! Which messages the core gets to see.
//!
//! The library keeps what it is given until the height is over. Here stands what
//! bounds it: of each validator two different votes of a kind in a round, and
//! two proposals; and only rounds that the core would look at.

use std::collections::BTreeMap;

use pyralog_consensus::Message;
use pyralog_primitives::{Address, BlockId, Round};

/// Rounds ahead of the current one that the library takes messages of.
const ROUND_COUNT_AHEAD: u32 = 10;
/// The second one shows that its sender is faulty; a third shows nothing more.
const CONTENT_COUNT_MAX: usize = 2;
/// Rounds at one height whose messages are taken. A network that cannot agree
/// for so many, which takes hours, has other troubles; more would be memory
/// that any validator can fill.
const ROUND_COUNT_MAX: u32 = 128;
/// What is held of each validator: prevotes, precommits and proposals.
pub(crate) const HELD_COUNT_MAX: usize = ROUND_COUNT_MAX as usize * 3 * CONTENT_COUNT_MAX;

/// What was let through at a height.
#[derive(Debug, Default)]
pub(crate) struct Admission {
    seen: BTreeMap<(Address, Round, Kind), Vec<Content>>,
    count: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Proposal,
    Prevote,
    Precommit,
}

type Content = (Option<BlockId>, Option<Round>);

impl Admission {
    /// Whether the core may see this message, in this round.
    pub(crate) fn admits(&mut self, message: &Message, current: Round) -> bool {
        let round = message.round();
        let last = current.get().saturating_add(ROUND_COUNT_AHEAD);
        if round.get() > last || round.get() >= ROUND_COUNT_MAX {
            return false;
        }
        let (key, content) = match message {
            Message::Proposal(proposal) => {
                let signed = &proposal.signed;
                let content = (Some(signed.value), signed.valid_round);
                ((signed.validator, round, Kind::Proposal), content)
            }
            Message::Vote(vote) => {
                let kind = match vote.kind {
                    pyralog_primitives::vote::VoteKind::Prevote => Kind::Prevote,
                    _ => Kind::Precommit,
                };
                ((vote.validator, round, kind), (vote.value, None))
            }
            // The core keeps one of each for a round, and looks at the others
            // once.
            Message::Polka(_) | Message::RoundOver(_) => return true,
            Message::ViewChange { .. } => return false,
        };
        let seen = self.seen.entry(key).or_default();
        if seen.contains(&content) || seen.len() >= CONTENT_COUNT_MAX {
            return false;
        }
        seen.push(content);
        self.count += 1;
        true
    }

    /// How many messages were let through.
    pub(crate) fn count(&self) -> usize {
        self.count
    }
}
