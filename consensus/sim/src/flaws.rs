//! Mistakes that a driver may make, and its disk.
//!
//! A simulator that finds nothing may be one that can find nothing. Tests of
//! this crate let the driver make one of these mistakes, and see it found.

/// Which mistakes the driver makes. Outside of tests: none.
#[derive(Clone, Copy, Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a mistake of its own, and a test makes any of them"
)]
pub(crate) struct Flaws {
    /// It goes on before a record is durable.
    pub(crate) sends_early: bool,
    /// It ignores the log when it begins.
    pub(crate) forgets_log: bool,
    /// It takes a message of one who is no validator for good.
    pub(crate) admits_strangers: bool,
    /// Its log changes on disk while it is down.
    pub(crate) rots: bool,
}
