//! What is said is durable before: the intent to say it stands in the bytes of
//! the log that the next loss of power leaves.

use pyralog_consensus::{Record, Statement};
use pyralog_disk::MemoryDisk;
use pyralog_primitives::codec::Canonical;
use pyralog_wal::Wal;

use super::{Broken, Invariant};

/// An honest validator says this, with such a log.
pub(crate) fn check_durability(
    who: usize,
    statement: Statement,
    log: &MemoryDisk,
) -> Result<(), Broken> {
    let mut bytes = log.content().unwrap_or_default();
    let unsynced = usize::try_from(log.unsynced().get()).expect("a length in memory");
    bytes.truncate(bytes.len() - unsynced);
    let intent = Record::Intent(statement).encode();
    let records = Wal::open(MemoryDisk::holding(bytes)).map(|(_, found)| found.records);
    if records.is_ok_and(|records| records.contains(&intent)) {
        return Ok(());
    }
    let what = format!("validator {who} said what was not durable: {statement:?}");
    Err(Broken::new(Invariant::Durability, what))
}
