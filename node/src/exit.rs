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
//! | 78 | the configuration or the genesis document is wrong |

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
    /// The configuration or the genesis document is wrong.
    Config,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        let code: u8 = match exit {
            Exit::Clean => 0,
            Exit::Runtime => 1,
            Exit::Usage => 2,
            Exit::Invariant => 70,
            Exit::InUse => 73,
            Exit::Io => 74,
            Exit::Config => 78,
        };
        code.into()
    }
}
