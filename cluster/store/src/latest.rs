//! Values of the state that were read or written last, in memory.
//!
//! The engine's own tables are made for order: to find one row in them takes
//! some twenty steps through memory, and the accounts that are busy are looked
//! for several times in each block. This is made for finding.
//!
//! Invariants:
//! - what is remembered of a row is what the last commit has left there. A value
//!   that was read while a commit changed rows of the same shard is not
//!   remembered: it may be the old one;
//! - at most [`ROW_COUNT_MAX`] rows, no longer than [`ROW_BYTES_MAX`], and no
//!   value longer than [`VALUE_BYTES_MAX`]: some 16 MiB in all.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use pyralog_primitives::write_set::StateValue;

/// Rows that are remembered. Fewer, and busy accounts are read from the engine;
/// each takes some 250 bytes.
pub(crate) const ROW_COUNT_MAX: usize = 65_536;
/// A longer value is read from the engine each time. Lower than an account, and
/// nothing that matters is remembered; higher, and a few values take the memory.
pub(crate) const VALUE_BYTES_MAX: usize = 128;
/// A longer row is not remembered. Lower than that of an account, and nothing
/// that matters is; higher, and all take more memory.
const ROW_BYTES_MAX: usize = 31;
/// Fewer, and readers wait for each other and for commits.
const SHARD_COUNT: usize = 16;
/// What a shard has in each of its two halves.
const HALF_COUNT_MAX: usize = ROW_COUNT_MAX / SHARD_COUNT / 2;

/// The rows. See the [module](self).
pub(crate) struct Latest {
    shards: [Mutex<Shard>; SHARD_COUNT],
}

#[derive(Default)]
struct Shard {
    /// What was used since the halves were exchanged.
    young: HashMap<Row, Option<StateValue>>,
    /// What was used before, and not since.
    old: HashMap<Row, Option<StateValue>>,
    /// How often something was written here.
    writes: u64,
}

/// A row that is remembered: with zeros behind it, and its length at the end.
type Row = [u8; ROW_BYTES_MAX + 1];

/// What is known of a row.
pub(crate) enum Known {
    /// All of it.
    Value(Option<StateValue>),
    /// Nothing; a value may be remembered that is read from now on.
    Nothing(Ticket),
}

/// When a read began.
pub(crate) struct Ticket {
    writes: u64,
}

impl Latest {
    pub(crate) fn new() -> Self {
        Self {
            shards: Default::default(),
        }
    }

    /// What is remembered of a row.
    pub(crate) fn get(&self, row: &[u8]) -> Known {
        self.shard(row).find(row)
    }

    /// A row was read, since the ticket was given.
    pub(crate) fn read(&self, row: &[u8], value: Option<&StateValue>, ticket: &Ticket) {
        let mut shard = self.shard(row);
        if shard.writes == ticket.writes {
            shard.remember(row, value);
        }
    }

    /// A row is being written: nothing that was read of it before is true.
    pub(crate) fn write(&self, row: &[u8], value: Option<&StateValue>) {
        let mut shard = self.shard(row);
        shard.writes += 1;
        shard.forget(row);
        shard.remember(row, value);
    }

    /// Rows have changed, and nobody says which.
    pub(crate) fn clear(&self) {
        for shard in &self.shards {
            let mut shard = lock(shard);
            let writes = shard.writes + 1;
            *shard = Shard {
                writes,
                ..Shard::default()
            };
        }
    }

    /// Most rows end with bytes of a hash.
    fn shard(&self, row: &[u8]) -> MutexGuard<'_, Shard> {
        let last = row.last().copied().map_or(0, usize::from);
        lock(&self.shards[last % SHARD_COUNT])
    }
}

/// Nothing here panics half way through a change.
fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shard {
    fn find(&mut self, row: &[u8]) -> Known {
        let nothing = Known::Nothing(Ticket {
            writes: self.writes,
        });
        let Some(row) = short(row) else {
            return nothing;
        };
        if let Some(value) = self.young.get(&row) {
            return Known::Value(value.clone());
        }
        let Some(value) = self.old.remove(&row) else {
            return nothing;
        };
        self.put(row, value.clone());
        Known::Value(value)
    }

    fn remember(&mut self, row: &[u8], value: Option<&StateValue>) {
        let is_short = value.is_none_or(|value| value.len() <= VALUE_BYTES_MAX);
        if let Some(row) = short(row).filter(|_| is_short) {
            self.put(row, value.cloned());
        }
    }

    fn put(&mut self, row: Row, value: Option<StateValue>) {
        if self.young.len() == HALF_COUNT_MAX {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(row, value);
    }

    fn forget(&mut self, row: &[u8]) {
        if let Some(row) = short(row) {
            self.young.remove(&row);
            self.old.remove(&row);
        }
    }
}

fn short(row: &[u8]) -> Option<Row> {
    let mut short = [0; ROW_BYTES_MAX + 1];
    short[..ROW_BYTES_MAX]
        .get_mut(..row.len())?
        .copy_from_slice(row);
    short[ROW_BYTES_MAX] = u8::try_from(row.len()).ok()?;
    Some(short)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(bytes: &[u8]) -> StateValue {
        StateValue::new(bytes.to_vec()).unwrap()
    }

    /// What is known, as a list: of none or one value, which may be none.
    fn known(latest: &Latest, row: &[u8]) -> Vec<Option<StateValue>> {
        match latest.get(row) {
            Known::Value(value) => vec![value],
            Known::Nothing(_) => vec![],
        }
    }

    fn ticket(latest: &Latest, row: &[u8]) -> Ticket {
        match latest.get(row) {
            Known::Nothing(ticket) => ticket,
            Known::Value(_) => panic!("it is known"),
        }
    }

    #[test]
    fn what_was_read_or_written_is_known_until_it_is_written_again() {
        let latest = Latest::new();
        let one = ticket(&latest, b"read");
        latest.read(b"read", Some(&value(b"1")), &one);
        let none = ticket(&latest, b"absent");
        latest.read(b"absent", None, &none);
        latest.write(b"written", Some(&value(b"2")));
        assert_eq!(known(&latest, b"read"), [Some(value(b"1"))]);
        assert_eq!(known(&latest, b"absent"), [None]);
        assert_eq!(known(&latest, b"written"), [Some(value(b"2"))]);
        latest.write(b"read", None);
        assert_eq!(known(&latest, b"read"), [None]);
        latest.write(&[0; ROW_BYTES_MAX], None);
        assert_eq!(known(&latest, &[0; ROW_BYTES_MAX]), [None]);
        assert_eq!(known(&latest, &[0; ROW_BYTES_MAX - 1]), []);
        latest.write(&[0; ROW_BYTES_MAX + 1], None);
        assert_eq!(known(&latest, &[0; ROW_BYTES_MAX + 1]), []);
        latest.clear();
        assert_eq!(known(&latest, b"written"), []);
    }

    #[test]
    fn what_was_read_before_a_write_is_not_taken_for_what_is_there_after_it() {
        let latest = Latest::new();
        let before = ticket(&latest, b"row");
        latest.write(b"row", Some(&value(&[7; VALUE_BYTES_MAX + 1])));
        latest.read(b"row", Some(&value(b"old")), &before);
        assert_eq!(known(&latest, b"row"), [], "a long value is not kept");
        let before = ticket(&latest, b"row");
        latest.clear();
        latest.read(b"row", Some(&value(b"old")), &before);
        assert_eq!(known(&latest, b"row"), []);
    }

    #[test]
    fn what_is_used_stays_and_the_rest_makes_room() {
        let latest = Latest::new();
        latest.write(b"busy", Some(&value(b"1")));
        for number in 0..4 * ROW_COUNT_MAX as u64 {
            latest.write(&number.to_be_bytes(), None);
            if number % 512 == 0 {
                assert_eq!(known(&latest, b"busy").len(), 1, "{number}");
            }
        }
        let counts = latest.shards.iter().map(lock);
        let count: usize = counts
            .map(|shard| shard.young.len() + shard.old.len())
            .sum();
        assert!(
            (ROW_COUNT_MAX / 4..=ROW_COUNT_MAX).contains(&count),
            "{count}"
        );
    }
}
