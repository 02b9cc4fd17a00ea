//! What the time is.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use pyralog_consensus::Tick;
use pyralog_primitives::TimestampMs;

/// The machine's clocks. Pacing goes by one that never goes back; blocks are
/// stamped by the other, which people and servers set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    start: Instant,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self {
            start: Instant::now(),
        }
    }

    /// Since the start.
    pub(crate) fn tick(self) -> Tick {
        Tick::new(u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX))
    }

    /// How long it is until then.
    pub(crate) fn until(self, tick: Tick) -> Duration {
        Duration::from_micros(tick.get().saturating_sub(self.tick().get()))
    }

    /// By the clock on the wall.
    pub(crate) fn now() -> TimestampMs {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
        // A clock before 1970 is behind every genesis; blocks follow parents.
        let millis = since_epoch.map_or(0, |duration| duration.as_millis());
        TimestampMs::new(u64::try_from(millis).unwrap_or(u64::MAX))
    }
}
