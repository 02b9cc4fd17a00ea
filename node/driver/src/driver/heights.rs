//! How a height begins, and how it ends.

use std::collections::BTreeMap;
use std::sync::Arc;

use pyralog_consensus::{Ed25519, Engine, Input, Record, Start, verify_certificate};
use pyralog_disk::Disk;
use pyralog_primitives::Height;
use pyralog_primitives::certificate::Certificate;

use super::{Driver, Next, SETTLING_COUNT_MAX, Stage, Wake};
use crate::bodies::Body;
use crate::error::{Halt, Warning};
use crate::logs::{Begun, Entry, Found};
use crate::signer::Signer;

impl<E: Engine, S: Signer, D: Disk> Driver<E, S, D> {
    /// Begins the next height, once what was written down two heights ago is
    /// not needed any more.
    pub(super) fn start_if_due(&mut self) -> Result<(), Halt> {
        let is_waiting = matches!(self.stage, Stage::Waiting) && !self.is_joining();
        // What others have made final need not be agreed on again.
        let is_decided = self.catching_up.has(self.next.height);
        if is_waiting && !is_decided && self.may_go_on() {
            self.start()?;
        }
        Ok(())
    }

    /// Whether few enough final blocks wait for the disk.
    pub(super) fn may_go_on(&self) -> bool {
        // A block can be durable before the driver hears that it is final.
        let unsettled = (self.next.height.get() - 1).saturating_sub(self.durable.get());
        unsettled <= SETTLING_COUNT_MAX
    }

    fn start(&mut self) -> Result<(), Halt> {
        let height = self.next.height;
        self.stage = Stage::Deciding;
        let known = self.logs.certificate(height).cloned();
        let records = match self.logs.begin(height).map_err(Halt::Log)? {
            Begun::With(found) => self.recover(found)?,
            Begun::Later(later) => {
                self.is_silent = true;
                self.warn(Warning::LogOfLater { height, later });
                Vec::new()
            }
        };
        let next = &self.next;
        self.inputs.push_back(Input::Start(Start {
            height,
            validators: Arc::clone(&next.validators),
            last_proposer: next.last_proposer,
            has_unproved: next.has_unproved,
            has_waiting: self.has_waiting,
            records,
        }));
        let is_decided = known.is_some_and(|certificate| self.decide_again(certificate));
        if self.is_silent && !is_decided && self.next.validators.count() == 1 {
            self.be_mute(height)?;
        }
        self.use_incoming()
    }

    /// The only validator may not sign. Those who follow it may have what it
    /// has lost; where there are none, nothing ever becomes final.
    fn be_mute(&mut self, height: Height) -> Result<(), Halt> {
        if !self.settings.has_peers {
            return Err(Halt::Alone { height });
        }
        if self.signer.is_some() {
            self.warn(Warning::Alone { height });
        }
        Ok(())
    }

    /// The height was final before a restart, and its block not durable. Says
    /// whether that holds.
    fn decide_again(&mut self, certificate: Certificate) -> bool {
        let genesis = self.settings.genesis;
        let validators = &self.next.validators;
        let verified = verify_certificate(certificate, genesis, validators, &Ed25519);
        // One that does not hold was written by nobody here: the others know.
        let is_decided = verified.is_ok();
        self.inputs.extend(verified.map(Input::Certified));
        is_decided
    }

    /// Takes up what the log of the height held, or begins it.
    fn recover(&mut self, found: Vec<Found>) -> Result<Vec<Record>, Halt> {
        let height = self.next.height;
        if found.is_empty()
            && let Some(certificate) = self.unsettled.clone()
        {
            self.write_down(Entry::Certificate(&certificate))?;
        }
        let mut records = Vec::new();
        for found in found {
            match found {
                Found::Record(record) => records.push(*record),
                Found::Block(block) => {
                    self.bodies.put(Body::unchecked(Arc::from(block)), true);
                }
                Found::Certificate(_) => {}
            }
        }
        let signer = self.signer.as_ref();
        if signer.is_some_and(|signer| signer.is_past(height)) {
            self.is_silent = true;
        } else if !self.are_complete(&records) {
            self.is_silent = true;
            // What the engine wants to say again would pass for what was lost.
            self.logs.seal().map_err(Halt::Log)?;
            self.warn(Warning::LogLost { height });
        }
        Ok(records)
    }

    /// Whether all that was signed at this height was written down. The log may
    /// have lost its end to a disk that changes bytes: then a validator does
    /// not know any more what it had prepared.
    fn are_complete(&self, records: &[Record]) -> bool {
        let Some(signer) = &self.signer else {
            return true;
        };
        let intents: BTreeMap<_, _> = records
            .iter()
            .filter_map(|record| match record {
                Record::Intent(statement) => {
                    let bytes = statement.sign_bytes(self.settings.genesis);
                    let root = pyralog_guard::SigningRoot::of(&bytes);
                    Some((statement.place(), root))
                }
                _ => None,
            })
            .collect();
        let mut known = signer.signed(self.next.height).into_iter();
        known.all(|(place, root)| root.is_some() && intents.get(&place).copied() == root)
    }

    /// A block has become final: what belongs to its height is over.
    pub(super) fn finalized(&mut self, next: Next) -> Result<(), Halt> {
        let done = self.next.height;
        for offence in &next.punished {
            self.evidence.remove(offence);
        }
        self.next = next;
        self.stage = Stage::Waiting;
        self.is_silent = false;
        self.bodies.forget(done, self.last);
        self.checks.clear();
        self.ahead = None;
        self.wants.clear();
        self.holders.clear();
        self.told.clear();
        self.note_progress();
        self.timers.retain(|wake, _| match wake {
            Wake::Engine(timer) => timer.height() > done,
            Wake::Ask(_) | Wake::Early(_) => false,
            Wake::CatchUp | Wake::Tip | Wake::Joined => true,
        });
        self.use_incoming()?;
        self.start_if_due()?;
        self.check_joined()
    }
}
