//! The costs one by one. Each is the best of several rounds: the others had
//! something else in them.

use std::convert::Infallible;
use std::hint::black_box;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::Duration;

use pyralog_primitives::batch::{BATCH_COUNT_MAX, BatchItem, verify_batch};
use pyralog_primitives::codec::Canonical;
use pyralog_primitives::transaction::Transaction;
use pyralog_primitives::{ByteCount, Domain, Hash};
use pyralog_tree::{Changes, StateTree};
use rustix::time::{ClockId, clock_gettime};

use crate::costs::CostsError;

const ROUND_COUNT: u32 = 5;
/// Pieces in which a connection is written. Smaller, and calls of the system are
/// what is measured.
const WIRE_PIECE_BYTES: usize = 64 * 1024;
const WRITE_PIECE_BYTES: usize = 1024 * 1024;
/// Pieces in one round.
const PIECE_COUNT: usize = 64;
/// Entries of the state tree: accounts that are in use.
const ENTRY_COUNT: u64 = 100_000;
/// Transfers of a block, with two entries each.
const BLOCK_TRANSFERS: u32 = 4_096;

/// What is measured with.
pub(crate) struct Transfers<'a> {
    all: &'a [Transaction],
    encoded: Vec<Vec<u8>>,
    bytes: u64,
}

impl<'a> Transfers<'a> {
    pub(crate) fn new(transfers: &'a [Transaction]) -> Result<Self, CostsError> {
        let encoded = transfers.iter().map(Transaction::encode);
        let encoded: Vec<Vec<u8>> = encoded.collect();
        let first = encoded.first().ok_or(CostsError::Transfers)?;
        if encoded.iter().any(|other| other.len() != first.len()) {
            return Err(CostsError::Transfers);
        }
        let bytes = first.len() as u64;
        Ok(Self {
            all: transfers,
            encoded,
            bytes,
        })
    }

    pub(crate) fn bytes(&self) -> ByteCount {
        ByteCount::new(self.bytes)
    }

    /// Of a time for so many bytes, that for one transfer.
    fn share(&self, time: Duration, bytes: usize) -> Duration {
        let count = (bytes as u64 / self.bytes).max(1);
        time / u32::try_from(count).unwrap_or(u32::MAX)
    }
}

/// The processor time of this thread for the best of some rounds.
fn best<E>(mut round: impl FnMut() -> Result<(), E>) -> Result<Duration, E> {
    let mut best = Duration::MAX;
    for _ in 0..ROUND_COUNT {
        let start = now();
        round()?;
        best = best.min(now().saturating_sub(start));
    }
    Ok(best)
}

fn now() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(time).expect("this clock is never negative")
}

fn count(items: usize) -> u32 {
    u32::try_from(items).unwrap_or(u32::MAX)
}

pub(crate) fn verify(transfers: &Transfers<'_>) -> Result<Duration, CostsError> {
    let items = transfers.all.iter().map(|transfer| {
        let message = transfer.body.sign_bytes();
        BatchItem::new(transfer.body.sender, transfer.signature, &message)
    });
    let items: Vec<BatchItem> = items.collect();
    let time = best(|| {
        for batch in items.chunks(BATCH_COUNT_MAX) {
            black_box(verify_batch(batch)).map_err(|_| CostsError::Transfers)?;
        }
        Ok::<_, CostsError>(())
    })?;
    Ok(time / count(items.len()))
}

pub(crate) fn decode(transfers: &Transfers<'_>) -> Result<Duration, CostsError> {
    let time = best(|| {
        for encoded in &transfers.encoded {
            let transfer = Transaction::decode(black_box(encoded));
            black_box(transfer.map_err(|_| CostsError::Transfers)?.id());
        }
        Ok::<_, CostsError>(())
    })?;
    Ok(time / count(transfers.encoded.len()))
}

/// Written to a connection of our own, and read from it: what comes in and goes
/// out once.
pub(crate) fn wire(transfers: &Transfers<'_>) -> Result<Duration, CostsError> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let mut near = TcpStream::connect(listener.local_addr()?)?;
    let (mut far, _) = listener.accept()?;
    near.set_nodelay(true)?;
    let mut piece = vec![7; WIRE_PIECE_BYTES];
    let time = best(|| {
        for _ in 0..PIECE_COUNT {
            near.write_all(&piece)?;
            far.read_exact(&mut piece)?;
        }
        Ok::<_, CostsError>(())
    })?;
    Ok(transfers.share(time, PIECE_COUNT * WIRE_PIECE_BYTES))
}

pub(crate) fn write(transfers: &Transfers<'_>) -> Result<Duration, CostsError> {
    let mut file = tempfile::tempfile()?;
    let piece = vec![7; WRITE_PIECE_BYTES];
    let time = best(|| {
        for _ in 0..PIECE_COUNT {
            file.write_all(&piece)?;
        }
        Ok::<_, CostsError>(())
    })?;
    Ok(transfers.share(time, PIECE_COUNT * WRITE_PIECE_BYTES))
}

pub(crate) fn root() -> Duration {
    let hash = |number: u64| Domain::StateLeaf.hash(&number.to_le_bytes());
    let mut tree = StateTree::new((0..ENTRY_COUNT).map(|entry| (hash(entry), Hash::ZERO)));
    // Spread over all entries, each once in a block.
    let step = ENTRY_COUNT / u64::from(2 * BLOCK_TRANSFERS);
    let block = |block: u64| -> Changes {
        let entries = (0..u64::from(2 * BLOCK_TRANSFERS)).map(|place| hash(place * step));
        entries.map(|entry| (entry, Some(hash(block)))).collect()
    };
    let blocks: Vec<Changes> = (0..u64::from(ROUND_COUNT)).map(block).collect();
    let mut blocks = blocks.iter().cycle();
    let time = best(|| {
        tree.update(blocks.next().expect("a cycle of some has no end"));
        Ok::<_, Infallible>(())
    });
    black_box(tree.root());
    time.map_or_else(|never| match never {}, |time| time / BLOCK_TRANSFERS)
}
