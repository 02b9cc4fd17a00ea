//! The clock of an engine.

/// Microseconds since the engine started, by a clock that never goes back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tick(u64);

impl Tick {
    /// So many microseconds after the start.
    pub const fn new(micros: u64) -> Self {
        Self(micros)
    }

    /// The number without its meaning.
    pub const fn get(self) -> u64 {
        self.0
    }
}
