//! What a node that begins waits for before it votes.

use pyralog_consensus::{Engine, Tick};
use pyralog_disk::Disk;
use pyralog_primitives::DurationMs;

use super::{Driver, JOIN_PATIENCE, Wake};
use crate::error::Halt;
use crate::signer::Signer;

/// How long a node that begins and hears of a longer chain is given no block of
/// it before it votes all the same. Lower, and a slow link has a validator vote
/// at heights that are over; higher, and peers who only claim to be further keep
/// it from voting for longer.
const STALL_PATIENCE: DurationMs = DurationMs::new(10_000);

/// How long a node that begins waits before it votes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Joining {
    /// For peers to say how far they are.
    silence_until: Tick,
    /// For the next block of those that are further.
    stall_until: Tick,
}

impl<E: Engine, S: Signer, D: Disk> Driver<E, S, D> {
    pub(super) fn begin_to_join(&mut self) {
        self.set(Wake::Joined, JOIN_PATIENCE);
        self.joining = Some(Joining {
            silence_until: self.after(JOIN_PATIENCE),
            stall_until: self.after(STALL_PATIENCE),
        });
    }

    /// A block of a longer chain has come: there is reason to wait for more.
    pub(super) fn note_progress(&mut self) {
        let stall_until = self.after(STALL_PATIENCE);
        if let Some(joining) = &mut self.joining {
            joining.stall_until = stall_until;
        }
    }

    /// Whether others may be further is known, or has been waited for.
    pub(super) fn check_joined(&mut self) -> Result<(), Halt> {
        let Some(joining) = self.joining else {
            return Ok(());
        };
        let now = self.now.tick;
        let waits_until = if self.is_behind() {
            joining.stall_until
        } else if self.peers.have_spoken() {
            now
        } else {
            joining.silence_until
        };
        if now < waits_until {
            self.timers.insert(Wake::Joined, waits_until);
            return Ok(());
        }
        self.join()
    }

    pub(super) fn join(&mut self) -> Result<(), Halt> {
        self.joining = None;
        self.timers.remove(&Wake::Joined);
        if let Some(signer) = &mut self.signer {
            signer.release();
        }
        self.start_if_due()
    }
}
