//! Opening: squaring, again and again, in steps.

use crate::cipher::decrypt;
use crate::error::OpenError;
use crate::lock::{Squarings, TimeLock};
use crate::modulus::Residue;

/// How far an opening is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// So many squarings are left.
    Running {
        /// Squarings to go.
        left: Squarings,
    },
    /// The payload.
    Open(Vec<u8>),
}

/// A lock on the way to being opened. It keeps its place between calls.
pub struct Opening {
    lock: TimeLock,
    reached: Residue,
    left: u64,
}

impl Opening {
    /// Nothing is squared yet.
    pub fn new(lock: TimeLock) -> Self {
        let reached = lock
            .modulus
            .base(lock.base)
            .expect("a lock is made or decoded with a base that fits");
        Self {
            left: lock.squarings.get(),
            lock,
            reached,
        }
    }

    /// Makes at most so many squarings; the last one opens the lock.
    pub fn run(&mut self, squarings: Squarings) -> Result<Progress, OpenError> {
        let mut steps = squarings.get().min(self.left);
        self.left -= steps;
        while steps > 0 {
            // The library counts in 32 bits.
            let some = u32::try_from(steps).unwrap_or(u32::MAX);
            self.reached = self.reached.square_repeat_vartime(some);
            steps -= u64::from(some);
        }
        if self.left > 0 {
            let left = Squarings::new(self.left);
            return Ok(Progress::Running { left });
        }
        let (head, result) = (self.lock.head(), self.reached.retrieve());
        decrypt(&head, &result, &self.lock.ciphertext)
            .map(Progress::Open)
            .ok_or(OpenError::NotAuthentic)
    }
}
