//! Transactions of which callers were told that they are final.
//!
//! The file `acknowledged` of a net has one of them a line: its id, its height
//! and its place in the block. Whoever sends transactions appends to it; what
//! stands in it must hold for ever, whatever happens to nodes.

use std::fmt::{self, Write};
use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::str::FromStr;

use pyralog_api::{PyralogClient, TransactionStatus};
use pyralog_primitives::{Height, TransactionId};

use super::runners::{Runner, ask_all};
use crate::net::Net;
use crate::net::error::NetError;

/// What is read of the file at most. Lower, and a long life of a net cannot be
/// checked; higher, and a wrong file takes memory.
const FILE_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// How many are asked about in one turn.
const TOGETHER: usize = 1024;

/// A transaction that is final, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acknowledged {
    /// Which.
    pub transaction: TransactionId,
    /// The height of its block.
    pub height: Height,
    /// Its place in the block, counted from 0.
    pub position: u32,
}

impl Acknowledged {
    /// What a node says of a transaction, if it says that it is final.
    pub fn of(transaction: TransactionId, status: &TransactionStatus) -> Option<Self> {
        match status {
            TransactionStatus::Final {
                height, position, ..
            } => Some(Self {
                transaction,
                height: *height,
                position: *position,
            }),
            _ => None,
        }
    }

    /// Whether a status says the same, or that the node cannot know.
    fn fits(&self, status: &TransactionStatus) -> bool {
        match status {
            TransactionStatus::Unknown { oldest } => self.height < *oldest,
            status => Self::of(self.transaction, status) == Some(*self),
        }
    }
}

impl fmt::Display for Acknowledged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.transaction, self.height, self.position)
    }
}

/// A line that is not one of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write TRANSACTION HEIGHT POSITION")]
pub struct NotAcknowledged;

impl FromStr for Acknowledged {
    type Err = NotAcknowledged;

    fn from_str(line: &str) -> Result<Self, NotAcknowledged> {
        let parse = || {
            let mut words = line.split(' ');
            let acknowledged = Self {
                transaction: words.next()?.parse().ok()?,
                height: words.next()?.parse().ok()?,
                position: words.next()?.parse().ok()?,
            };
            // One transaction, one spelling.
            (acknowledged.to_string() == line).then_some(acknowledged)
        };
        parse().ok_or(NotAcknowledged)
    }
}

impl Net {
    /// Remembers what callers were told, for [`Net::check`].
    pub fn acknowledge(&self, told: &[Acknowledged]) -> Result<(), NetError> {
        let path = self.place.acknowledged();
        let failed = || NetError::io("write", &path);
        let mut lines = String::new();
        for told in told {
            writeln!(lines, "{told}").expect("a string accepts every text");
        }
        let file = File::options().create(true).append(true).open(&path);
        let mut file = file.map_err(failed())?;
        io::Write::write_all(&mut file, lines.as_bytes()).map_err(failed())
    }

    /// All that callers were told, as far as anybody wrote it down.
    pub fn acknowledged(&self) -> Result<Vec<Acknowledged>, NetError> {
        let path = self.place.acknowledged();
        let failed = || NetError::io("read", &path);
        let file = match File::open(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            file => file.map_err(failed())?,
        };
        if file.metadata().map_err(failed())?.len() > FILE_BYTES_MAX {
            return Err(failed()(ErrorKind::FileTooLarge.into()));
        }
        let mut told = Vec::new();
        for (place, line) in BufReader::new(file.take(FILE_BYTES_MAX))
            .lines()
            .enumerate()
        {
            let line = line.map_err(failed())?.parse();
            told.push(line.map_err(|NotAcknowledged| NetError::Acknowledged {
                path: path.clone(),
                line: place + 1,
            })?);
        }
        Ok(told)
    }
}

/// Whether every node has all of them where they were said to be.
pub(super) async fn all_are_there(runners: &[Runner], all: &[Acknowledged]) -> Result<(), String> {
    for some in all.chunks(TOGETHER) {
        let ask = |runner: Runner, told: Acknowledged| async move {
            runner.client.transaction_status(told.transaction).await
        };
        for (told, answers) in ask_all(runners, some.to_vec(), ask).await {
            for (node, answer) in answers {
                let status = answer.map_err(|error| format!("{node} does not answer: {error}"))?;
                if !told.fits(&status) {
                    return Err(format!(
                        "transaction {} was said to be at place {} of height {}, but {node} \
                         says: {status:?}",
                        told.transaction, told.position, told.height
                    ));
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use pyralog_primitives::Hash;

    use super::*;

    fn told() -> Acknowledged {
        Acknowledged {
            transaction: TransactionId::new(Hash::new([7; 32])),
            height: Height::new(12),
            position: 3,
        }
    }

    #[test]
    fn a_line_has_one_spelling() {
        let line = told().to_string();
        assert_eq!(line.parse(), Ok(told()));
        for bad in [
            String::new(),
            format!("{line} "),
            format!(" {line}"),
            format!("{line} 4"),
            line.replace(" 12 ", " 012 "),
            line.replace(" 12 ", "  12 "),
            line.replace("07", "0Z"),
        ] {
            assert_eq!(bad.parse::<Acknowledged>(), Err(NotAcknowledged), "{bad}");
        }
    }

    #[test]
    fn only_what_is_forgotten_may_be_unknown() {
        let unknown = |oldest| TransactionStatus::Unknown {
            oldest: Height::new(oldest),
        };
        assert!(told().fits(&unknown(13)));
        assert!(!told().fits(&unknown(12)));
        let expired = TransactionStatus::Expired {
            valid_until: Height::new(1),
        };
        assert!(!told().fits(&expired));
    }
}
