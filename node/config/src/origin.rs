//! Who gave a value.

use std::fmt;
use std::path::PathBuf;

/// A line of a file, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Line(u32);

impl Line {
    /// The line of this number.
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    /// Its number.
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.0)
    }
}

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody gave one.
    Default,
    /// The developer's mode prefers it.
    Dev,
    /// The default, moved for another instance on the same machine.
    Instance,
    /// The default, with whatever port is unused.
    UnusedPorts,
    /// The file.
    File {
        /// Its path, as the caller gave it.
        path: PathBuf,
        /// Where the setting stands.
        line: Line,
    },
    /// The environment variable of this name.
    Environment(String),
    /// The command line.
    Set,
}

impl Origin {
    /// Whether the operator chose this very value, so that nothing may move it.
    pub const fn is_chosen(&self) -> bool {
        matches!(self, Self::File { .. } | Self::Environment(_) | Self::Set)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Dev => f.write_str("--dev"),
            Self::Instance => f.write_str("--instance"),
            Self::UnusedPorts => f.write_str("--with-unused-ports"),
            Self::File { path, line } => write!(f, "{} {line}", path.display()),
            Self::Environment(name) => f.write_str(name),
            Self::Set => f.write_str("--set"),
        }
    }
}
