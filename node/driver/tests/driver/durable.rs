//! What a loss of power would leave of a node's memory, right now.

use pyralog_consensus::{Message, Place, Record, Statement};
use pyralog_disk::MemoryDisk;
use pyralog_guard::{Guard, SigningRoot};
use pyralog_primitives::block::Block;
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::codec::Canonical;
use pyralog_primitives::vote::VoteKind;
use pyralog_primitives::{BlockId, GenesisHash, Height};
use pyralog_wal::Wal;

/// An entry of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    Record(Record),
    Block(BlockId),
    Certificate(Certificate),
}

/// The bytes that are durable.
pub(crate) fn bytes(disk: &MemoryDisk) -> Vec<u8> {
    let mut bytes = disk.content().unwrap_or_default();
    let unsynced = usize::try_from(disk.unsynced().get()).unwrap();
    bytes.truncate(bytes.len() - unsynced);
    bytes
}

/// The height of a log, and what is durable of it.
pub(crate) fn log(disk: &MemoryDisk) -> Option<(Height, Vec<Entry>)> {
    let bytes = bytes(disk);
    if bytes.is_empty() {
        return None;
    }
    let (_, found) = Wal::open(MemoryDisk::holding(bytes)).unwrap();
    let entries = found.records.iter().map(|record| entry(record)).collect();
    Some((found.height?, entries))
}

fn entry(record: &[u8]) -> Entry {
    let (kind, rest) = record.split_first().unwrap();
    match kind {
        0 => Entry::Record(Record::decode(rest).unwrap()),
        1 => Entry::Block(Block::decode(rest).unwrap().id()),
        2 => Entry::Certificate(Certificate::decode(rest).unwrap()),
        other => panic!("no entry begins with {other}"),
    }
}

/// What is durable about a height: nothing if its log has gone.
pub(crate) fn about(disks: &[MemoryDisk; 3], height: Height) -> Vec<Entry> {
    let logs = disks[..2].iter().filter_map(log);
    let own = logs.filter(|(of, _)| *of == height);
    own.flat_map(|(_, entries)| entries).collect()
}

/// Fails unless what a validator says now is durable in its log, with the block,
/// and stands in its guard.
pub(crate) fn check_said(disks: &[MemoryDisk; 3], genesis: GenesisHash, message: &Message) {
    let Some((validator, statement)) = message.statement() else {
        return;
    };
    let entries = about(disks, statement.height());
    let intent = Entry::Record(Record::Intent(statement));
    assert!(entries.contains(&intent), "not durable: {statement:?}");
    let is_prepared = match message {
        // What a quorum has prevoted for is held by them.
        Message::Proposal(proposal) => {
            let justification = proposal.justification.as_ref();
            justification.is_some_and(|justification| justification.proof.is_some())
        }
        _ => false,
    };
    let value = match statement {
        Statement::Proposal { .. } if is_prepared => None,
        Statement::Proposal { value, .. } => Some(value),
        Statement::Vote { value, .. } => value,
        Statement::ViewChange { .. } => None,
    };
    if let Some(value) = value {
        let is_held = entries.contains(&Entry::Block(value));
        assert!(is_held, "not durable: the block of {statement:?}");
    }
    if let Statement::Vote {
        kind: VoteKind::Precommit,
        height,
        round,
        value: Some(value),
    } = statement
    {
        let is_prepared = |entry: &Entry| match entry {
            Entry::Record(Record::Prepared(proof)) => (proof.round, proof.value) == (round, value),
            // Tendermint writes down all that it heard.
            Entry::Record(Record::Heard(_)) => true,
            _ => false,
        };
        let is_prepared = entries.iter().any(is_prepared);
        assert!(is_prepared, "why {value} of {height} was precommitted");
    }
    let guard = MemoryDisk::holding(disks[2].content().unwrap());
    let (guard, _) = Guard::open(guard, genesis, validator).unwrap();
    let root = SigningRoot::of(&statement.sign_bytes(genesis));
    let place = statement.place();
    let mut signed = guard.signed().into_iter();
    let is_signed = signed.any(|known| known.place() == place && known.signing_root == Some(root));
    // What is said again may be of an earlier round.
    let round = |place: Place| (place.height, place.round);
    let is_older = guard
        .watermark()
        .is_some_and(|mark| round(mark) > round(place));
    assert!(is_signed || is_older, "not in the guard: {statement:?}");
}
