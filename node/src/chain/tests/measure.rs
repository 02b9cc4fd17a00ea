//! How fast several nodes on one machine are, as ratios to what cannot be
//! avoided. Nothing is claimed: with `PYRALOG_MEASURE` set, as `make bench` does,
//! figures are printed; they mean something with nothing else on the machine.

use std::fs::OpenOptions;
use std::io::Write;
use std::num::NonZeroUsize;
use std::path::Path;
use std::time::{Duration, Instant};

use pyralog_genesis::ConsensusKind;
use pyralog_limit::Costs;
use pyralog_p2p::{Event, MemoryNetwork, Network, PeerId};
use pyralog_primitives::Height;
use pyralog_primitives::transaction::Transaction;

use super::network::{Several, key};

/// Times that finality is measured.
const FINALITY_COUNT: usize = 200;
/// What a vote writes.
const RECORD_BYTES: usize = 300;
/// Transfers of the run under load, by how many senders.
const LOAD_SENDERS: u32 = 1_600;
const LOAD_NONCES: u64 = 40;
/// Transfers that are submitted at once: as many as have room in one line of the
/// pool.
const PORTION: usize = 400;
/// Validators.
const NODE_COUNT: u32 = 4;
/// Transfers by which the limit of this machine is measured.
const COST_COUNT: usize = 8 * 1024;

fn median(mut spans: Vec<Duration>) -> Duration {
    spans.sort_unstable();
    spans[spans.len() / 2]
}

/// One append and sync, as a log does it.
struct RawSync(std::fs::File);

impl RawSync {
    fn new(directory: &Path) -> Self {
        let path = directory.join("raw");
        let mut options = OpenOptions::new();
        Self(options.append(true).create(true).open(path).unwrap())
    }

    fn time(&mut self) -> Duration {
        let start = Instant::now();
        self.0.write_all(&[7; RECORD_BYTES]).unwrap();
        self.0.sync_data().unwrap();
        start.elapsed()
    }
}

/// How long a message takes from a thread to another one.
fn hop() -> Duration {
    let hub = MemoryNetwork::new();
    let [one, other] = [1, 2].map(|number| PeerId::new(key(number).public_key()));
    let (near, mut far) = (hub.join(one).unwrap(), hub.join(other).unwrap());
    let (sender, receiver) = std::sync::mpsc::sync_channel(1);
    let listener = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        while let Some(event) = runtime.block_on(far.next()) {
            match event {
                Event::Heard { .. } => sender.send(Instant::now()).unwrap(),
                Event::Disconnected(_) => return,
                Event::Connected(_) => {}
            }
        }
    });
    let spans = (0..2_000).map(|_| {
        std::thread::sleep(Duration::from_micros(50));
        let start = Instant::now();
        near.send(other, vec![7; RECORD_BYTES].into()).unwrap();
        receiver.recv().unwrap().duration_since(start)
    });
    let span = median(spans.collect());
    drop(near);
    listener.join().unwrap();
    span
}

fn finality(kind: ConsensusKind) {
    let directory = tempfile::tempdir().unwrap();
    let mut several = Several::new(kind, directory.path(), NODE_COUNT, 8);
    several.start_all();
    several.until("the first blocks", |several| {
        several
            .running()
            .all(|node| node.feed.head().height.get() > 2)
    });
    let mut raw = RawSync::new(directory.path());
    let (mut spans, mut syncs) = (Vec::new(), Vec::new());
    for turn in 0..FINALITY_COUNT {
        // Between two empty blocks.
        std::thread::sleep(Duration::from_millis(20));
        syncs.push(raw.time());
        let sender = u32::try_from(turn % 8).unwrap();
        let transfer = several.transfer(sender, (turn / 8) as u64);
        let id = transfer.id();
        let node = several.running().next().unwrap();
        let start = Instant::now();
        assert_eq!(node.submit(vec![transfer]), 1);
        while node.store.transaction_place(id).unwrap().is_none() {
            std::thread::sleep(Duration::from_micros(20));
        }
        spans.push(start.elapsed());
    }
    let (p50, sync, hop) = (median(spans), median(syncs), hop());
    let floor = sync + 3 * hop;
    println!(
        "finality {kind} n=4: p50 {p50:?} from submission to the disk of the same node; sync {sync:?}, hop {hop:?}; \
         ratio to sync + 3 hops {:.2}",
        p50.as_secs_f64() / floor.as_secs_f64()
    );
    several.end_all();
}

fn throughput(kind: ConsensusKind) {
    let directory = tempfile::tempdir().unwrap();
    let mut several = Several::new(kind, directory.path(), NODE_COUNT, LOAD_SENDERS);
    // What each node is sent: senders of its own.
    let lots: Vec<Vec<Transaction>> = (0..NODE_COUNT)
        .map(|node| {
            let senders = (node..LOAD_SENDERS).step_by(NODE_COUNT as usize);
            let lot = (0..LOAD_NONCES)
                .flat_map(|nonce| senders.clone().map(move |sender| (sender, nonce)));
            lot.map(|(sender, nonce)| several.transfer(sender, nonce))
                .collect()
        })
        .collect();
    let total: usize = lots.iter().map(Vec::len).sum();
    let costs = Costs::measure(&lots[0][..COST_COUNT]).unwrap();
    several.start_all();
    several.until("the first blocks", |several| {
        several
            .running()
            .all(|node| node.feed.head().height.get() > 2)
    });
    let start = Instant::now();
    std::thread::scope(|scope| {
        for (node, lot) in several.running().zip(&lots) {
            scope.spawn(move || {
                for portion in lot.chunks(PORTION) {
                    node.submit_all(portion.to_vec());
                }
            });
        }
    });
    let mut counted = [(Height::new(0), 0); 4];
    several.until("the last transfer", |several| {
        let nodes = several.running().zip(&mut counted);
        let counts = nodes.map(|(node, counted)| super::payments::final_count(node, counted));
        counts.min() == Some(total)
    });
    let count = f64::from(u32::try_from(total).unwrap());
    let rate = count / start.elapsed().as_secs_f64();
    let blocks = counted[0].0;
    let nodes = NonZeroUsize::new(NODE_COUNT as usize).unwrap();
    let limit = f64::from(u32::try_from(costs.limit(nodes)).unwrap());
    println!(
        "throughput {kind} n=4: {rate:.0} transfers/s in {blocks} blocks; {costs}, \
         so four nodes here do at most {limit:.0}/s; ratio {:.2}",
        rate / limit
    );
    several.assert_one_chain();
    several.end_all();
}

#[test]
fn several_nodes_are_measured_if_asked() {
    if std::env::var_os("PYRALOG_MEASURE").is_none() {
        return;
    }
    for kind in [ConsensusKind::Pbft, ConsensusKind::Tendermint] {
        finality(kind);
        throughput(kind);
    }
}
