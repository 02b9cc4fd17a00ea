//! An end at a given point: between two writes, or between a write and what is
//! told because of it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use pyralog_consensus::{Message, Place, Statement};
use pyralog_disk::{Disk, DiskError, Doing};
use pyralog_driver::Word;
use pyralog_p2p::{Endpoint, Event, Network, PeerId, Published, SendError};
use pyralog_primitives::codec::Canonical;
use pyralog_primitives::{Address, ByteCount};

/// Counts what a node does; at zero it does nothing any more, as if its process
/// had been killed there.
#[derive(Clone, Debug)]
pub(super) struct Fuse(Arc<AtomicI64>);

impl Fuse {
    /// One that burns after so many steps.
    pub(super) fn after(steps: u32) -> Self {
        Self(Arc::new(AtomicI64::new(steps.into())))
    }

    /// One that does not burn.
    pub(super) fn never() -> Self {
        Self(Arc::new(AtomicI64::new(i64::MAX)))
    }

    /// One more step, if there is one left.
    fn step(&self) -> bool {
        self.0.fetch_sub(1, Ordering::SeqCst) > 0
    }

    pub(super) fn is_burnt(&self) -> bool {
        self.0.load(Ordering::SeqCst) <= 0
    }
}

/// A disk of a process that may be killed.
#[derive(Debug)]
pub(super) struct Fused<D> {
    pub(super) disk: D,
    pub(super) fuse: Fuse,
}

impl<D> Fused<D> {
    fn step(&mut self, doing: Doing) -> Result<&mut D, DiskError> {
        if self.fuse.step() {
            return Ok(&mut self.disk);
        }
        Err(DiskError::Failed {
            doing,
            file: "the file".to_owned(),
            cause: "the process was killed".to_owned(),
        })
    }
}

impl<D: Disk> Disk for Fused<D> {
    fn read(&mut self, bytes_max: ByteCount) -> Result<Option<Vec<u8>>, DiskError> {
        self.step(Doing::Reading)?.read(bytes_max)
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), DiskError> {
        self.step(Doing::Appending)?.append(bytes)
    }

    fn sync(&mut self) -> Result<(), DiskError> {
        self.step(Doing::Syncing)?.sync()
    }

    fn truncate(&mut self, length: ByteCount) -> Result<(), DiskError> {
        self.step(Doing::Truncating)?.truncate(length)
    }

    fn replace(&mut self, bytes: &[u8]) -> Result<(), DiskError> {
        self.step(Doing::Replacing)?.replace(bytes)
    }
}

/// All that ever left, by who signed it and where.
#[derive(Clone, Debug, Default)]
pub(super) struct Said(Arc<Mutex<BTreeMap<(Address, Place), Statement>>>);

impl Said {
    fn note(&self, message: &Message) {
        let Some((validator, statement)) = message.statement() else {
            return;
        };
        let mut said = self.0.lock().unwrap();
        let first = said.entry((validator, statement.place()));
        let first = first.or_insert(statement);
        assert_eq!(*first, statement, "{validator} contradicts itself");
    }

    pub(super) fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

/// A connection of a process that may be killed; what leaves is written down.
#[derive(Debug)]
pub(super) struct Watched {
    pub(super) endpoint: Endpoint,
    pub(super) fuse: Fuse,
    pub(super) said: Said,
}

impl Watched {
    fn note(&self, bytes: &[u8]) {
        if let Ok(Word::Consensus(message)) = Word::decode(bytes) {
            self.said.note(&message);
        }
    }
}

impl Network for Watched {
    fn own(&self) -> PeerId {
        self.endpoint.own()
    }

    fn send(&self, to: PeerId, bytes: Arc<[u8]>) -> Result<(), SendError> {
        if !self.fuse.step() {
            return Ok(());
        }
        self.note(&bytes);
        self.endpoint.send(to, bytes)
    }

    fn publish(&self, bytes: Arc<[u8]>) -> Published {
        if !self.fuse.step() {
            return Published::default();
        }
        self.note(&bytes);
        self.endpoint.publish(bytes)
    }

    fn blame(&self, peer: PeerId, reason: &str) {
        self.endpoint.blame(peer, reason);
    }

    fn next(&mut self) -> impl Future<Output = Option<Event>> + Send {
        self.endpoint.next()
    }
}
