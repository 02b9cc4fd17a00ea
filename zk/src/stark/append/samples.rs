//! Random batches for tests.

use super::*;

pub(super) use crate::stark::samples::{Samples, changed};

impl Samples {
    /// Where some log stands.
    pub(super) fn lead(&mut self) -> Lead {
        let mut number = || self.number(1 << 60);
        let (count, last) = (RecordCount::new(number()), Sequence::new(number()));
        let totals = Totals::new([number(), number()]);
        Lead::new(self.digest(), count, last, totals).unwrap()
    }

    /// Records that follow a lead, some with the least or most of a number.
    pub(super) fn records(&mut self, from: &Lead, count: usize) -> Vec<Record> {
        let mut last = from.last().get();
        let record = |_| {
            last += match self.number(8) {
                0 => SEQUENCE_STEP_MAX,
                1 => 1,
                _ => 1 + self.number(SEQUENCE_STEP_MAX),
            };
            Record {
                sequence: Sequence::new(last),
                amounts: [(); 2].map(|()| self.amount()),
                content: self.digest(),
            }
        };
        (0..count).map(record).collect()
    }

    fn amount(&mut self) -> u32 {
        match self.number(8) {
            0 => u32::MAX,
            1 => 0,
            _ => u32::try_from(self.number(1 << 32)).unwrap(),
        }
    }

    /// A batch of so many records on top of some log.
    pub(super) fn batch(&mut self, count: usize) -> (Append, Vec<Record>) {
        let from = self.lead();
        let records = self.records(&from, count);
        (append(&from, &records).unwrap(), records)
    }
}
