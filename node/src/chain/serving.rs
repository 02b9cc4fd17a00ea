//! Final blocks for peers who lack them, read from the store aside.
//!
//! Invariants:
//! - one answer for each peer is read at a time, and what a peer asked first is
//!   answered first, so that who asks often keeps nobody else from being
//!   answered;
//! - no more waits for a peer than one that keeps the rules asks at once; what is
//!   beyond is not answered.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use pyralog_driver::{FINAL_COUNT_MAX, FinalBlock, PORTION_BYTES_MAX, QUESTION_COUNT_MAX, Word};
use pyralog_p2p::PeerId;
use pyralog_primitives::codec::List;
use pyralog_primitives::transaction::Transaction;
use pyralog_primitives::{BlockCount, ByteCount, Height};
use pyralog_store::{ReadError, Store};
use tokio::sync::mpsc;

/// Answers that are being read from the store, for as many peers. More wait:
/// each takes a thread, and memory of the length of an answer.
const READING_COUNT_MAX: usize = 8;

/// A peer, and what it is to be told.
pub(super) type Answer = (PeerId, Word);

/// What peers have asked for.
pub(super) struct Serving {
    store: Arc<Store>,
    waiting: VecDeque<(PeerId, Height, BlockCount)>,
    /// Peers for whom blocks are being read.
    reading: BTreeSet<PeerId>,
    answers: mpsc::Sender<Answer>,
}

impl Serving {
    /// Nothing yet, and where the answers come.
    pub(super) fn new(store: Arc<Store>) -> (Self, mpsc::Receiver<Answer>) {
        let (answers, come) = mpsc::channel(READING_COUNT_MAX);
        let serving = Self {
            store,
            waiting: VecDeque::new(),
            reading: BTreeSet::new(),
            answers,
        };
        (serving, come)
    }

    /// A peer asks for so many blocks from a height on.
    pub(super) fn ask(&mut self, peer: PeerId, from: Height, count: BlockCount) {
        let theirs = self.waiting.iter().filter(|(to, ..)| *to == peer).count();
        if theirs < QUESTION_COUNT_MAX {
            self.waiting.push_back((peer, from, count));
            self.begin();
        }
    }

    /// The answer for a peer has come.
    pub(super) fn done(&mut self, peer: PeerId) {
        self.reading.remove(&peer);
        self.begin();
    }

    /// A peer is gone.
    pub(super) fn forget(&mut self, peer: PeerId) {
        self.waiting.retain(|(to, ..)| *to != peer);
    }

    /// The first question of a peer for whom nothing is being read.
    fn next_place(&self) -> Option<usize> {
        let mut waiting = self.waiting.iter();
        waiting.position(|(to, ..)| !self.reading.contains(to))
    }

    fn begin(&mut self) {
        while let Some(place) = self.next_place()
            && let Ok(permit) = self.answers.clone().try_reserve_owned()
            && let Some((to, from, count)) = self.waiting.remove(place)
        {
            self.reading.insert(to);
            let store = Arc::clone(&self.store);
            tokio::task::spawn_blocking(move || {
                let blocks = read_final(&store, from, count).unwrap_or_else(|error| {
                    tracing::error!(%error, "blocks for a peer cannot be read");
                    List::default()
                });
                permit.send((to, Word::Final(blocks)));
            });
        }
    }
}

/// Final blocks from a height on, as many as are wanted and fit an answer.
fn read_final(
    store: &Store,
    from: Height,
    count: BlockCount,
) -> Result<List<FinalBlock, FINAL_COUNT_MAX>, ReadError> {
    let count = usize::try_from(count.get()).unwrap_or(usize::MAX);
    let count = count.min(FINAL_COUNT_MAX);
    let (mut blocks, mut bytes) = (Vec::new(), 0);
    let mut next = Some(from);
    while let Some(height) = next.filter(|_| blocks.len() < count) {
        let Some(block) = store.block(height)? else {
            break;
        };
        let Some(certificate) = store.certificate(height)? else {
            break;
        };
        let sizes = block.transactions.iter().map(Transaction::encoded_bytes);
        bytes += sizes.map(ByteCount::get).sum::<u64>();
        if bytes > PORTION_BYTES_MAX.get() && !blocks.is_empty() {
            break;
        }
        let block = Box::new(block);
        blocks.push(FinalBlock { block, certificate });
        next = height.next();
    }
    Ok(List::new(blocks).expect("no more were taken"))
}
