//! Keeps quiet about what was prepared.

use std::collections::BTreeMap;

use pyralog_consensus::{
    Justification, Message, Proposal, QuorumCertificate, Statement, ViewChange,
};
use pyralog_primitives::codec::List;
use pyralog_primitives::{Address, Height, Round};

use super::{Habit, Misconduct, Saying, Stage};

/// Rounds whose wishes are kept.
const ROUND_COUNT_MAX: usize = 4;

/// Wishes as if it had prepared nothing; and as a proposer picks, of the wishes
/// that it heard, a smallest number with the earliest preparations.
#[derive(Debug, Default)]
pub(super) struct Hide {
    heard: BTreeMap<(Height, Round), BTreeMap<Address, Heard>>,
}

type Heard = (ViewChange, Option<QuorumCertificate>);

impl Habit for Hide {
    fn hears(&mut self, message: &Message) {
        if let Message::ViewChange { wish, proof } = message {
            let round = self.heard.entry((wish.height, wish.round)).or_default();
            round.insert(wish.validator, (*wish, proof.clone()));
            if self.heard.len() > ROUND_COUNT_MAX {
                self.heard.pop_first();
            }
        }
    }

    fn says(&mut self, mut saying: Saying, stage: &mut Stage<'_>) -> Vec<Saying> {
        match &mut saying.message {
            Message::ViewChange { wish, proof } => {
                if wish.prepared.is_some() {
                    stage.acted(Misconduct::HiddenPreparation);
                }
                wish.prepared = None;
                *proof = None;
                sign(wish, stage);
            }
            Message::Proposal(proposal) => {
                if let Some(block) = self.pick(proposal, stage) {
                    saying.block = Some(block);
                }
            }
            Message::Vote(_) | Message::Polka(_) | Message::RoundOver(_) => {}
        }
        vec![saying]
    }
}

fn sign(wish: &mut ViewChange, stage: &Stage<'_>) {
    let statement = Statement::ViewChange {
        height: wish.height,
        round: wish.round,
        prepared: wish.prepared,
    };
    let bytes = statement.sign_bytes(stage.genesis);
    wish.signature = stage.keyring.sign(stage.validator, &bytes);
}

impl Hide {
    /// Justifies the proposal by other wishes, if those let it propose a block
    /// of its own.
    fn pick(
        &self,
        proposal: &mut Proposal,
        stage: &mut Stage<'_>,
    ) -> Option<std::sync::Arc<crate::block::Block>> {
        let justification = proposal.justification.as_ref()?;
        let needed = justification.wishes.len();
        let place = (proposal.signed.height, proposal.signed.round);
        let mut known: BTreeMap<Address, Heard> = self.heard.get(&place).cloned()?;
        let mut own = *justification
            .wishes
            .iter()
            .find(|wish| wish.validator == stage.address())?;
        own.prepared = None;
        sign(&mut own, stage);
        known.insert(own.validator, (own, None));
        let mut picked: Vec<Heard> = known.into_values().collect();
        picked.sort_by_key(|(wish, _)| wish.prepared);
        picked.truncate(needed);
        if picked.iter().any(|(wish, _)| wish.prepared.is_some()) {
            return None;
        }
        picked.sort_by_key(|(wish, _)| wish.validator);
        let wishes = picked.into_iter().map(|(wish, _)| wish).collect();
        proposal.justification = Some(Justification {
            wishes: List::new(wishes).expect("one wish of each validator"),
            proof: None,
        });
        let block = crate::block::Block::new(crate::block::Content {
            height: place.0,
            parent: stage.tip,
            proposer: stage.address(),
            salt: stage.chance.next(),
            has_transactions: false,
            is_sound: true,
        });
        let block = std::sync::Arc::new(block);
        stage.made.push(std::sync::Arc::clone(&block));
        proposal.signed = stage.repropose(&proposal.signed, block.id);
        stage.acted(Misconduct::HiddenPreparation);
        Some(block)
    }
}
