//! Random chains for tests.

use super::*;

pub(super) use crate::stark::samples::{Samples, changed};

impl Samples {
    /// Some header of some chain.
    pub(super) fn point(&mut self) -> Point {
        let mut number = || self.number(1 << 60);
        let (height, time) = (Height::new(number()), TimestampMs::new(number()));
        Point::new(self.digest(), height, time).unwrap()
    }

    /// Headers that follow, some after the least or the most of time.
    pub(super) fn headers(&mut self, from: &Point, count: usize) -> Vec<Header> {
        let (mut time, set) = (from.time().get(), self.digest());
        let header = |_| {
            time += match self.number(8) {
                0 => TIME_STEP_MAX,
                1 => 1,
                _ => 1 + self.number(TIME_STEP_MAX),
            };
            let (state, time) = (self.digest(), TimestampMs::new(time));
            Header { state, time, set }
        };
        (0..count).map(header).collect()
    }

    /// So many headers on top of some point.
    pub(super) fn chain(&mut self, count: usize) -> (Linkage, Vec<Header>) {
        let from = self.point();
        let headers = self.headers(&from, count);
        (link(&from, &headers).unwrap(), headers)
    }
}
