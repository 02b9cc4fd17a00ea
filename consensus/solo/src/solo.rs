//! One validator, one phase after the other.

use pyralog_consensus::{Effect, Engine, Input, Record, Start, Statement, Tick, Timer};
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::vote::VoteKind;
use pyralog_primitives::{Address, BlockId, DurationMs, Height, Round, Signature};

/// The engine. See the [crate].
#[derive(Debug)]
pub struct Solo {
    block_interval: DurationMs,
    is_validator: bool,
    height: Height,
    phase: Phase,
}

/// What the height waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The height before: nothing is to be done.
    Parent,
    /// What another one decides.
    Other,
    /// A reason to build a block.
    Reason,
    /// The block.
    Block,
    /// The block that was to be signed before a restart.
    Again { block: BlockId },
    /// The signature over it.
    Signature { block: BlockId },
}

impl Solo {
    /// An engine that leaves so much time between blocks that nobody waits for:
    /// that of the validator if it has an address, else that of a node which
    /// follows it.
    pub const fn new(block_interval: DurationMs, own: Option<Address>) -> Self {
        Self {
            block_interval,
            is_validator: own.is_some(),
            height: Height::new(0),
            phase: Phase::Parent,
        }
    }

    fn start(&mut self, start: &Start, effects: &mut Vec<Effect>) {
        let height = start.height;
        self.height = height;
        self.phase = Phase::Reason;
        if !self.is_validator {
            self.phase = Phase::Other;
        } else if let Some(block) = intended(&start.records) {
            self.phase = Phase::Again { block };
            // Whatever the clock says: it was signed, or was about to be.
            effects.push(Effect::Check {
                height,
                block,
                is_backed: true,
            });
        } else if start.has_unproved || start.has_waiting {
            self.build(effects);
        } else {
            effects.push(Effect::SetTimer {
                timer: Timer::EmptyBlock { height },
                after: self.block_interval,
            });
        }
    }

    fn build(&mut self, effects: &mut Vec<Effect>) {
        if self.phase == Phase::Reason {
            self.phase = Phase::Block;
            let height = self.height;
            effects.push(Effect::Build { height });
        }
    }

    fn sign(&mut self, block: BlockId, effects: &mut Vec<Effect>) {
        let statement = statement(self.height, block);
        match self.phase {
            Phase::Block => effects.push(Effect::Persist(Record::Intent(statement))),
            Phase::Again { block: again } if again == block => {}
            _ => return,
        }
        self.phase = Phase::Signature { block };
        effects.push(Effect::Sign(statement));
    }

    fn finalize(&mut self, signed: Statement, signature: Signature, effects: &mut Vec<Effect>) {
        if let Phase::Signature { block } = self.phase
            && signed == statement(self.height, block)
        {
            let certificate = Certificate::Solo {
                height: self.height,
                value: block,
                signature,
            };
            self.decide(certificate, effects);
        }
    }

    /// The height is decided, now or before a restart.
    fn decide(&mut self, certificate: Certificate, effects: &mut Vec<Effect>) {
        if certificate.height() == self.height && self.phase != Phase::Parent {
            self.phase = Phase::Parent;
            effects.push(Effect::Finalize { certificate });
        }
    }
}

impl Engine for Solo {
    fn step(&mut self, _now: Tick, input: Input, effects: &mut Vec<Effect>) {
        match input {
            Input::Start(start) if start.height > self.height => self.start(&start, effects),
            Input::Waiting => self.build(effects),
            Input::Timer(Timer::EmptyBlock { height }) if height == self.height => {
                self.build(effects);
            }
            Input::Built { height, block }
            | Input::Checked {
                height,
                block,
                is_valid: true,
            } if height == self.height => self.sign(block, effects),
            Input::Signed {
                statement,
                signature,
            } => self.finalize(statement, signature, effects),
            Input::Certified(certificate) => self.decide(certificate.into_inner(), effects),
            // Too late, never asked for, or of no use to one who is alone. A
            // refused signature leaves the height undecided, as it must: the
            // guard knows of another block there.
            _ => {}
        }
    }

    fn held_count(&self) -> usize {
        0
    }

    fn held_count_max(_validator_count: usize) -> usize {
        0
    }
}

/// The block that was to be signed.
fn intended(records: &[Record]) -> Option<BlockId> {
    records.iter().find_map(|record| match record {
        Record::Intent(Statement::Vote { value, .. }) => *value,
        _ => None,
    })
}

fn statement(height: Height, block: BlockId) -> Statement {
    Statement::Vote {
        kind: VoteKind::Solo,
        height,
        round: Round::FIRST,
        value: Some(block),
    }
}

#[cfg(test)]
mod tests;
