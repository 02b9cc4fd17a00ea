//! Tampers with messages.

use pyralog_consensus::{Justification, Message};
use pyralog_primitives::codec::List;
use pyralog_primitives::{Round, Signature};

use std::sync::Arc;

use super::{Habit, Misconduct, Saying, Stage};
use crate::block::Block;

/// Beside each message sends one that was changed after it was signed: in its
/// signature, in what it says, or in whose it is.
#[derive(Debug)]
pub(super) struct Forge;

impl Habit for Forge {
    fn says(&mut self, saying: Saying, stage: &mut Stage<'_>) -> Vec<Saying> {
        let message = match saying.message.clone() {
            Message::Vote(mut vote) => {
                match stage.chance.place(3) {
                    0 => vote.signature = spoil(vote.signature),
                    1 => vote.value = Some(stage.made_up()),
                    _ => vote.validator = someone(stage),
                }
                Message::Vote(vote)
            }
            Message::ViewChange { mut wish, proof } => {
                match stage.chance.place(3) {
                    0 => wish.signature = spoil(wish.signature),
                    1 => wish.validator = someone(stage),
                    _ => wish.prepared = None,
                }
                Message::ViewChange { wish, proof }
            }
            Message::Proposal(mut proposal) => {
                match &proposal.justification {
                    Some(justification) => {
                        proposal.justification = Some(without_prepared(justification));
                    }
                    // Without a reason, in a round that needs one.
                    None => proposal.signed.round = Round::new(proposal.signed.round.get() + 1),
                }
                Message::Proposal(proposal)
            }
            Message::Polka(mut polka) => {
                polka.value = stage.made_up();
                Message::Polka(polka)
            }
            Message::RoundOver(mut over) => {
                over.round = Round::new(over.round.get() + 1);
                Message::RoundOver(over)
            }
        };
        stage.acted(Misconduct::Forgery);
        let forged = Saying {
            to: saying.to,
            message,
            block: None,
        };
        vec![forged, saying]
    }

    fn misgives(&mut self, block: &Block, stage: &mut Stage<'_>) -> Option<Arc<Block>> {
        if stage.chance.percent(50) {
            return None;
        }
        stage.acted(Misconduct::Forgery);
        Some(stage.sibling(block))
    }
}

/// One of the validators, this one or another.
fn someone(stage: &mut Stage<'_>) -> pyralog_primitives::Address {
    let who = stage.chance.place(stage.keyring.count());
    let who = if who == stage.validator {
        stage.keyring.stranger()
    } else {
        who
    };
    stage.keyring.address(who)
}

fn spoil(signature: Signature) -> Signature {
    let mut bytes = *signature.as_bytes();
    bytes[0] ^= 1;
    Signature::new(bytes)
}

/// The same wishes, as if nobody had prepared anything.
fn without_prepared(justification: &Justification) -> Justification {
    let wishes = justification.wishes.iter().map(|wish| {
        let mut wish = *wish;
        wish.prepared = None;
        if justification.proof.is_none() {
            wish.signature = spoil(wish.signature);
        }
        wish
    });
    Justification {
        wishes: List::new(wishes.collect()).expect("as many as there were"),
        proof: None,
    }
}
