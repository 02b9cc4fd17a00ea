//! Exit codes: who must act.
//!
//! | code | meaning |
//! |---|---|
//! | 0 | stopped as asked |
//! | 1 | something failed that is none of the others |
//! | 2 | the command line is wrong |
//! | 70 | the chain contradicts itself: do not start again without looking |
//! | 73 | another process has the data |
//! | 74 | reading or writing failed, or files are damaged |
//! | 78 | the configuration, the genesis document or a limit of the system is wrong |

use std::process::ExitCode;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Stopped as asked.
    Clean,
    /// Something failed.
    Runtime,
    /// The command line is wrong.
    Usage,
    /// The chain contradicts itself.
    Invariant,
    /// Another process has the data.
    InUse,
    /// Reading or writing failed, or files are damaged.
    Io,
    /// The configuration, the genesis document or a limit of the system is wrong.
    Config,
}

impl Exit {
    /// The number that the system is told.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Runtime => 1,
            Self::Usage => 2,
            Self::Invariant => 70,
            Self::InUse => 73,
            Self::Io => 74,
            Self::Config => 78,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}
