//! Messages about the next height, which come while this one is being made
//! final.
//!
//! Invariant: at most [`AHEAD_COUNT_MAX`] of each sender.

use pyralog_primitives::Address;

use crate::message::Message;
use crate::verify::Verified;

/// A proposal, a prevote, a precommit, and as many again for a second round. A
/// sender that has more to say says it again later.
pub const AHEAD_COUNT_MAX: usize = 6;

/// What waits for the next height, in order of arrival.
#[derive(Debug, Default)]
pub struct Ahead {
    messages: Vec<(Option<Address>, Verified<Message>)>,
}

impl Ahead {
    /// Keeps a message, if its sender does not have too many here.
    pub fn keep(&mut self, message: Verified<Message>) {
        let sender = message.sender();
        let theirs = self.messages.iter().filter(|(by, _)| *by == sender);
        let mut count = 0;
        for (_, kept) in theirs {
            if *kept == message {
                return;
            }
            count += 1;
        }
        if count < AHEAD_COUNT_MAX {
            self.messages.push((sender, message));
        }
    }

    /// Takes out all.
    pub fn take(&mut self) -> impl Iterator<Item = Verified<Message>> + use<> {
        std::mem::take(&mut self.messages)
            .into_iter()
            .map(|(_, message)| message)
    }

    /// How many there are.
    pub fn held_count(&self) -> usize {
        self.messages.len()
    }
}
