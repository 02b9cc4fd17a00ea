//! What a validator has said in a place, it never changes: not in its next
//! breath, and not after a restart.

use std::collections::BTreeMap;

use pyralog_consensus::{Place, Statement};
use pyralog_primitives::{Height, Round};

use super::{Broken, Invariant};

/// What each honest validator has said.
#[derive(Debug)]
pub(crate) struct Constancy {
    said: Vec<BTreeMap<Place, Statement>>,
}

impl Constancy {
    pub(crate) fn new(validators: usize) -> Self {
        Self {
            said: vec![BTreeMap::new(); validators],
        }
    }

    /// An honest validator says this.
    pub(crate) fn check(&mut self, who: usize, statement: Statement) -> Result<(), Broken> {
        let place = statement.place();
        let said = self.said[who].entry(place).or_insert(statement);
        if *said == statement {
            return Ok(());
        }
        let Place {
            height,
            round,
            step,
        } = place;
        let what = format!(
            "validator {who} said two things at height {height}, round {round}, {step:?}: {said:?}, \
             then {statement:?}"
        );
        Err(Broken::new(Invariant::Constancy, what))
    }

    /// What was said below a height that this validator has made durable is of
    /// no more use: it never goes back there.
    pub(crate) fn forget_below(&mut self, who: usize, height: Height) {
        let first = Place {
            height,
            round: Round::FIRST,
            step: pyralog_consensus::Step::ViewChange,
        };
        let rest = self.said[who].split_off(&first);
        self.said[who] = rest;
    }
}
