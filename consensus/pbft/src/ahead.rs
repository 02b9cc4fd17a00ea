//! Messages about the next height, which come while this one is being made
//! final.
//!
//! Invariant: at most [`MESSAGE_COUNT_MAX`] of each sender.

use pyralog_consensus::{Message, Verified};
use pyralog_primitives::Address;

/// A proposal, a prevote, a precommit, and as many again for a second round. A
/// sender that has more to say says it again later.
pub(crate) const MESSAGE_COUNT_MAX: usize = 6;

/// What waits for the next height, in order of arrival.
#[derive(Debug, Default)]
pub(crate) struct Ahead {
    messages: Vec<(Address, Verified<Message>)>,
}

impl Ahead {
    /// Keeps a message, if its sender does not have too many here.
    pub(crate) fn keep(&mut self, message: Verified<Message>) {
        let sender = message.sender();
        let theirs = self.messages.iter().filter(|(by, _)| *by == sender);
        let mut count = 0;
        for (_, kept) in theirs {
            if *kept == message {
                return;
            }
            count += 1;
        }
        if count < MESSAGE_COUNT_MAX {
            self.messages.push((sender, message));
        }
    }

    /// Takes out all.
    pub(crate) fn take(&mut self) -> impl Iterator<Item = Verified<Message>> + use<> {
        std::mem::take(&mut self.messages)
            .into_iter()
            .map(|(_, message)| message)
    }

    /// How many there are.
    pub(crate) fn held_count(&self) -> usize {
        self.messages.len()
    }
}
