//! What goes over the links.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use borsh::BorshSerialize;
use pyralog_consensus::{Message, Verified};
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::vote::{VoteKind, VotedValue};
use pyralog_primitives::{BlockId, Height};

use crate::block::Block;
use crate::network::{About, Step};

/// A parcel, made once for all who get it.
#[derive(Debug)]
pub(crate) struct Packet {
    pub(crate) payload: Payload,
    /// Stands for the contents in the hash of the trace.
    pub(crate) digest: u64,
    /// Whether someone honest was given it.
    is_witnessed: AtomicBool,
}

/// What is in it.
#[derive(Debug)]
pub(crate) enum Payload {
    Message {
        heard: Box<Heard>,
        block: Option<Arc<Block>>,
    },
    /// A block that is final.
    Given {
        block: Arc<Block>,
        certificate: Box<Certificate>,
        verified: Option<Box<Verified<Certificate>>>,
    },
    /// Which block is final at this height?
    AskGiven {
        height: Height,
    },
    /// The body of this block?
    AskBody {
        block: BlockId,
    },
    Body {
        block: Arc<Block>,
    },
}

/// A message, and whether its signatures are good. They are as good for one
/// receiver as for another, so they are checked once.
#[derive(Debug)]
pub(crate) enum Heard {
    Genuine(Verified<Message>),
    Forged(Message),
}

impl Heard {
    pub(crate) fn message(&self) -> &Message {
        match self {
            Self::Genuine(verified) => verified,
            Self::Forged(message) => message,
        }
    }
}

impl Packet {
    pub(crate) fn new(payload: Payload) -> Arc<Self> {
        let digest = match &payload {
            Payload::Message { heard, block } => {
                digest(1, &(heard.message(), block.as_ref().map(|block| block.id)))
            }
            Payload::Given {
                block, certificate, ..
            } => digest(2, &(block.id, certificate)),
            Payload::AskGiven { height } => digest(3, height),
            Payload::AskBody { block } => digest(4, block),
            Payload::Body { block } => digest(5, &block.id),
        };
        Arc::new(Self {
            payload,
            digest,
            is_witnessed: AtomicBool::new(false),
        })
    }

    /// Someone honest is given it; whether that is the first time.
    pub(crate) fn witness(&self) -> bool {
        !self.is_witnessed.swap(true, Ordering::Relaxed)
    }

    /// What it is about.
    pub(crate) fn about(&self) -> About {
        let (height, round, step) = match &self.payload {
            Payload::Message { heard, .. } => {
                let message = heard.message();
                let step = match message {
                    Message::ViewChange { .. } => Step::Wish,
                    Message::Proposal(_) => Step::Proposal,
                    Message::Vote(vote) if vote.kind == VoteKind::Prevote => Step::Prevote,
                    Message::Vote(_) => Step::Precommit,
                    Message::Polka(_) | Message::RoundOver(_) => Step::Other,
                };
                (message.height().get(), message.round().get().into(), step)
            }
            Payload::Given { certificate, .. } => (certificate.height().get(), 0, Step::Given),
            Payload::AskGiven { height } => (height.get(), 0, Step::Other),
            Payload::Body { block } => (block.content.height.get(), 0, Step::Other),
            Payload::AskBody { .. } => (u64::MAX, 0, Step::Other),
        };
        About {
            height,
            round,
            step,
        }
    }
}

/// The first bytes of a hash.
pub(crate) fn digest(tag: u8, value: &impl BorshSerialize) -> u64 {
    let bytes = borsh::to_vec(&(tag, value)).expect("memory accepts every byte");
    let hash = blake3::hash(&bytes);
    let (first, _) = hash.as_bytes().split_at(8);
    u64::from_le_bytes(first.try_into().expect("eight bytes were split off"))
}

impl fmt::Display for Packet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.payload {
            Payload::Message { heard, .. } => {
                write!(f, "{}", Words(heard.message()))?;
                match **heard {
                    Heard::Genuine(_) => Ok(()),
                    Heard::Forged(_) => f.write_str(" (not signed by who it says)"),
                }
            }
            Payload::Given {
                block, certificate, ..
            } => {
                let height = certificate.height();
                write!(f, "final h{height} {}", short(block.id))
            }
            Payload::AskGiven { height } => write!(f, "what is final at h{height}?"),
            Payload::AskBody { block } => write!(f, "the body of {}?", short(*block)),
            Payload::Body { block } => write!(f, "body {}", short(block.id)),
        }
    }
}

/// A message in words.
pub(crate) struct Words<'a>(pub(crate) &'a Message);

impl fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (height, round) = (self.0.height(), self.0.round());
        match self.0 {
            Message::Proposal(proposal) => {
                let value = short(proposal.signed.value);
                write!(f, "proposal h{height} r{round} {value}")
            }
            Message::Vote(vote) => {
                let kind = match vote.kind {
                    VoteKind::Prevote => "prevote",
                    VoteKind::Precommit => "precommit",
                    VoteKind::Proposal | VoteKind::Solo => "misplaced vote",
                };
                write!(f, "{kind} h{height} r{round} {}", value(vote.value))
            }
            Message::ViewChange { wish, .. } => match wish.prepared {
                Some(prepared) => {
                    let value = short(prepared.value);
                    write!(
                        f,
                        "wish for h{height} r{round}, r{} {value} prepared",
                        prepared.round
                    )
                }
                None => write!(f, "wish for h{height} r{round}"),
            },
            Message::Polka(polka) => {
                write!(f, "polka h{height} r{round} {}", short(polka.value))
            }
            Message::RoundOver(over) => {
                write!(f, "h{height} r{round} {:?}", over.end)
            }
        }
    }
}

fn value(value: VotedValue) -> String {
    value.map_or_else(|| "nothing".to_owned(), short)
}

/// The beginning of a block's id.
pub(crate) fn short(block: BlockId) -> String {
    let mut text = block.to_string();
    text.truncate(8);
    text.push('…');
    text
}
