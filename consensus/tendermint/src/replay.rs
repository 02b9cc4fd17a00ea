//! What was written down, and how it is read again.

use std::collections::BTreeMap;

use arc_malachitebft_core_consensus::{Input, ProposedValue};
use arc_malachitebft_core_types::{Timeout, TimeoutKind, Validity, ValueOrigin};
use pyralog_consensus::{Message, Place, Proposal, Record, Statement, Step};
use pyralog_primitives::Address;
use pyralog_primitives::validators::ValidatorSet;

use crate::context::{self, Context};
use crate::convert;

/// What a restart finds.
#[derive(Debug, Default)]
pub(crate) struct Remembered {
    /// What the core had been told, in order.
    pub(crate) inputs: Vec<Input<Context>>,
    /// What was about to be signed.
    pub(crate) intents: BTreeMap<Place, Statement>,
    /// The messages among the inputs.
    pub(crate) messages: Vec<Message>,
}

impl Remembered {
    /// Reads the records of a height.
    pub(crate) fn of(
        records: Vec<Record>,
        height: context::Height,
        validators: &ValidatorSet,
    ) -> Self {
        let mut remembered = Self::default();
        for record in records {
            match record {
                Record::Intent(statement) => {
                    remembered.intents.insert(statement.place(), statement);
                }
                Record::Heard(message) => {
                    let input = input_of(&message, validators);
                    remembered.inputs.extend(input);
                    remembered.messages.push(message);
                }
                Record::Judged {
                    round,
                    block,
                    is_valid,
                } => {
                    let proposed = ProposedValue {
                        height,
                        round: convert::their_round(round),
                        valid_round: arc_malachitebft_core_types::Round::Nil,
                        // The core pairs blocks with proposals by the block.
                        proposer: context::Address(Address::new([0; Address::BYTES])),
                        value: context::Value(block),
                        validity: Validity::from_bool(is_valid),
                    };
                    let origin = ValueOrigin::Consensus;
                    let input = Input::ProposedValue(proposed, origin);
                    remembered.inputs.push(input);
                }
                Record::Elapsed { round, step } => {
                    let timeout = Timeout::new(convert::their_round(round), timeout_kind(step));
                    remembered.inputs.push(Input::TimeoutElapsed(timeout));
                }
                // Another engine's.
                Record::Prepared(_) | Record::Justified(_) => {}
            }
        }
        remembered
    }

    /// Whether this is in the log that is being read. Only this validator's own
    /// words may be missing there: all else comes out of it.
    pub(crate) fn holds(&self, record: &Record, own: Address) -> bool {
        match record {
            Record::Heard(message) if message.sender() == Some(own) => {
                self.messages.contains(message)
            }
            _ => true,
        }
    }
}

/// The record of an input that the core wants to be written down.
pub(crate) fn record_of(input: &Input<Context>, validators: &ValidatorSet) -> Option<Record> {
    match input {
        Input::Vote(vote) => Some(Record::Heard(Message::Vote(convert::our_vote(vote)))),
        Input::Proposal(proposal) => Some(Record::Heard(Message::Proposal(Proposal {
            signed: convert::our_proposal(proposal),
            justification: None,
        }))),
        Input::PolkaCertificate(polka) => {
            let polka = convert::our_polka(polka, validators);
            Some(Record::Heard(Message::Polka(polka)))
        }
        Input::ProposedValue(proposed, _) => Some(Record::Judged {
            round: convert::round(proposed.round),
            block: proposed.value.0,
            is_valid: proposed.validity.is_valid(),
        }),
        Input::TimeoutElapsed(timeout) => Some(Record::Elapsed {
            round: convert::round(timeout.round),
            step: step(timeout.kind)?,
        }),
        // The core asks for none of these to be kept.
        Input::StartHeight(..)
        | Input::RoundCertificate(_)
        | Input::Propose(_)
        | Input::SyncValueResponse(_) => None,
    }
}

/// What the core is told of a message.
pub(crate) fn input_of(message: &Message, validators: &ValidatorSet) -> Option<Input<Context>> {
    match message {
        Message::Proposal(proposal) => {
            let proposal = convert::their_proposal(&proposal.signed);
            Some(Input::Proposal(proposal))
        }
        Message::Vote(vote) => convert::their_vote(vote).map(Input::Vote),
        Message::Polka(polka) => {
            let polka = convert::their_polka(polka, validators);
            Some(Input::PolkaCertificate(polka))
        }
        Message::RoundOver(over) => {
            let over = convert::their_round_certificate(over);
            Some(Input::RoundCertificate(over))
        }
        // Another engine's.
        Message::ViewChange { .. } => None,
    }
}

/// The step that a timeout ends; `None` for those that are no steps.
pub(crate) const fn step(kind: TimeoutKind) -> Option<Step> {
    match kind {
        TimeoutKind::Propose => Some(Step::Proposal),
        TimeoutKind::Prevote => Some(Step::Prevote),
        TimeoutKind::Precommit => Some(Step::Precommit),
        TimeoutKind::Rebroadcast | TimeoutKind::FinalizeHeight(_) => None,
    }
}

/// The timeout of a step.
pub(crate) const fn timeout_kind(step: Step) -> TimeoutKind {
    match step {
        Step::ViewChange | Step::Proposal => TimeoutKind::Propose,
        Step::Prevote => TimeoutKind::Prevote,
        Step::Precommit => TimeoutKind::Precommit,
    }
}
