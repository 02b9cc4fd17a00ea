//! What a log keeps when it has no room.

use pyralog_consensus::Statement;
use pyralog_disk::MemoryDisk;
use pyralog_primitives::vote::VoteKind;
use pyralog_primitives::{BlockId, Round};
use pyralog_wal::LOG_BYTES_MAX;

use super::*;
use crate::bodies::tests::{block, long_transaction};

fn intent(round: u32) -> Record {
    Record::Intent(Statement::Vote {
        kind: VoteKind::Prevote,
        height: Height::FIRST,
        round: Round::new(round),
        value: Some(BlockId::ZERO),
    })
}

/// A restart must not find what came after something that had no room: a vote,
/// say, for a block that is not there.
#[test]
fn where_something_has_no_room_nothing_comes_after_it() {
    let disks = [MemoryDisk::new(), MemoryDisk::new()];
    let mut logs = Logs::open(disks.clone()).unwrap();
    assert!(matches!(logs.begin(Height::FIRST), Ok(Begun::With(found)) if found.is_empty()));
    let block = block(vec![long_transaction(); 60]);
    let mut count = 0;
    while logs.append(Entry::Block(&block)).is_ok() {
        count += 1;
    }
    assert!(count > 2 && count < LOG_BYTES_MAX / 1_000_000);
    let full = WalError::Full {
        height: Height::FIRST,
    };
    assert_eq!(logs.append(Entry::Record(&intent(0))), Err(full.clone()));
    logs.sync().unwrap();
    assert_eq!(logs.append(Entry::Record(&intent(1))), Err(full));

    let mut again = Logs::open(disks).unwrap();
    let Ok(Begun::With(found)) = again.begin(Height::FIRST) else {
        panic!("it is the log of this height");
    };
    assert_eq!(found, vec![Found::Block(Box::new(block)); count]);
    // The next height has room.
    let second = Height::FIRST.next().unwrap();
    assert!(matches!(again.begin(second), Ok(Begun::With(found)) if found.is_empty()));
    assert_eq!(again.append(Entry::Record(&intent(0))), Ok(()));
}

/// A block that was decided without this validator is written down at the end
/// of its height, and has to be durable before the next height is spoken of.
#[test]
fn what_is_said_at_a_height_makes_the_height_before_durable_too() {
    let disks = [MemoryDisk::new(), MemoryDisk::new()];
    let mut logs = Logs::open(disks.clone()).unwrap();
    let second = Height::FIRST.next().unwrap();
    assert!(matches!(logs.begin(Height::FIRST), Ok(Begun::With(found)) if found.is_empty()));
    logs.append(Entry::Record(&intent(0))).unwrap();
    assert!(matches!(logs.begin(second), Ok(Begun::With(found)) if found.is_empty()));
    logs.append(Entry::Record(&intent(1))).unwrap();
    logs.sync().unwrap();
    for disk in &disks {
        disk.crash(pyralog_disk::Crash::Lost);
    }
    let mut again = Logs::open(disks).unwrap();
    for (height, round) in [(Height::FIRST, 0), (second, 1)] {
        let record = Found::Record(Box::new(intent(round)));
        assert_eq!(again.begin(height), Ok(Begun::With(vec![record])));
    }
}
