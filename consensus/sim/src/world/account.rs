//! Who is held to account for what was said.

use std::collections::BTreeMap;

use pyralog_consensus::{Message, Statement};
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::{Address, Height};

use super::World;
use crate::group::ProcessId;
use crate::invariant::{Broken, Charge, accuse, charges, check_accountability, check_innocence};
use crate::outcome::{Accused, Disagreement};
use crate::process::Process;
use crate::protocol::Protocol;
use crate::testimony::round_of;

impl<P: Protocol> World<'_, P> {
    /// An honest validator has signed this. One that does not remember what it
    /// signed may sign something else.
    pub(super) fn testify(&mut self, who: ProcessId, statement: Statement) {
        let process = &self.processes[who.get()];
        if process.is_honest() {
            let address = self.keyring.address(process.validator);
            let testimony = self.testimonies.entry(statement.height()).or_default();
            testimony.add(address, statement);
        }
    }

    /// An honest validator is given a message whose signatures are good.
    pub(super) fn take_down(&mut self, message: &Message) {
        let height = message.height();
        let validators = self.committees.at(height);
        let testimony = self.testimonies.entry(height).or_default();
        testimony.hear(message, &validators);
    }

    /// Nothing that was heard accuses this validator, who is honest and has just
    /// spoken.
    pub(super) fn check_words(&mut self, who: ProcessId, height: Height) {
        let validator = self.processes[who.get()].validator;
        let address = self.keyring.address(validator);
        let validators = self.committees.at(height);
        if let Some(testimony) = self.testimonies.get(&height) {
            let charges = charges(&address, testimony, &validators);
            self.check(check_innocence(validator, height, &charges));
        }
    }

    /// An honest validator makes a block final, by a certificate that is good.
    pub(super) fn check_agreement(&mut self, validator: usize, certificate: &Certificate) {
        let height = certificate.height();
        let validators = self.committees.at(height);
        let testimony = self.testimonies.entry(height).or_default();
        testimony.hear_final(certificate, &validators);
        let (block, round) = (certificate.value(), round_of(certificate));
        let Err((first, broken)) = self.agreement.check(validator, (height, round), block) else {
            return;
        };
        let accused = self.accused(height);
        self.check(self.check_innocent(height, &accused));
        let faulty: Vec<Address> = (0..self.options.validators)
            .filter(|validator| !self.is_honest(*validator))
            .map(|validator| self.keyring.address(validator))
            .collect();
        let place = (height, [first, round]);
        let named = check_accountability(place, &faulty, &accused, &validators);
        self.check(named);
        self.check(Err(broken));
        let accused = accused.into_iter().filter_map(|(address, charges)| {
            let validator = self.keyring.find(&address)?;
            Some(Accused { validator, charges })
        });
        let mut accused: Vec<Accused> = accused.collect();
        accused.sort_by_key(|accused| accused.validator);
        self.disagreement.get_or_insert(Disagreement {
            height,
            rounds: [first, round],
            accused,
        });
    }

    /// Whom all that honest validators heard accuses, at this height.
    fn accused(&mut self, height: Height) -> BTreeMap<Address, Vec<Charge>> {
        let validators = self.committees.at(height);
        let testimony = self.testimonies.get(&height);
        testimony.map_or_else(BTreeMap::new, |testimony| accuse(testimony, &validators))
    }

    /// Nobody honest is accused at this height.
    fn check_innocent(
        &self,
        height: Height,
        accused: &BTreeMap<Address, Vec<Charge>>,
    ) -> Result<(), Broken> {
        let mut each = accused.iter().filter_map(|(address, charges)| {
            let validator = self.keyring.find(address)?;
            Some((validator, charges))
        });
        each.try_for_each(|(validator, charges)| {
            if self.is_honest(validator) {
                check_innocence(validator, height, charges)
            } else {
                Ok(())
            }
        })
    }

    /// Nobody honest is accused, at any height.
    pub(super) fn check_all_innocent(&mut self) {
        let heights: Vec<Height> = self.testimonies.keys().copied().collect();
        for height in heights {
            let accused = self.accused(height);
            self.check(self.check_innocent(height, &accused));
        }
    }

    /// Whether the engine of this validator is honest, and runs once.
    pub(super) fn is_honest(&self, validator: usize) -> bool {
        let processes = self.processes.get(..self.options.validators);
        let process = processes.and_then(|all| all.get(validator));
        process.is_some_and(Process::is_honest)
    }
}
