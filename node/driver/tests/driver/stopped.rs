//! A network that stopped, as it is on its disks, to be begun again as often as
//! a test likes.

use pyralog_consensus::Engine;
use pyralog_disk::MemoryDisk;
use pyralog_driver::Logs;
use pyralog_genesis::ConsensusKind;
use pyralog_primitives::{Address, Height};

use crate::durable;
use crate::network::{Network, Passes};
use crate::store::Store;
use crate::witness::Witness;

/// What is durable.
pub(crate) struct Stopped<E> {
    kind: ConsensusKind,
    make: fn(Option<Address>) -> E,
    disks: Vec<[Option<Vec<u8>>; 3]>,
    stores: Vec<Store>,
    witness: Witness,
}

impl<E: Engine> Stopped<E> {
    /// What a loss of power leaves of this network right now.
    pub(crate) fn of(
        network: &Network<E>,
        kind: ConsensusKind,
        make: fn(Option<Address>) -> E,
    ) -> Self {
        let durable = |disk: &MemoryDisk| disk.content().map(|_| durable::bytes(disk));
        let nodes = network.nodes.iter();
        Self {
            kind,
            make,
            disks: nodes
                .clone()
                .map(|node| node.disks.each_ref().map(durable))
                .collect(),
            stores: nodes.map(|node| node.store.copy()).collect(),
            witness: network.witness.clone(),
        }
    }

    /// The log of a height on the disks of a node.
    pub(crate) fn log(&self, node: usize, height: Height) -> Vec<u8> {
        let place = usize::from(height.get() % 2 == 1);
        self.disks[node][place].clone().unwrap()
    }

    /// The same with another log.
    pub(crate) fn with_log(&self, node: usize, height: Height, log: Vec<u8>) -> Network<E> {
        let mut network = self.begun();
        let place = usize::from(height.get() % 2 == 1);
        network.nodes[node].disks[place] = MemoryDisk::holding(log);
        network
    }

    /// The network once more, before anybody begins.
    pub(crate) fn begun(&self) -> Network<E> {
        let count = u8::try_from(self.disks.len()).unwrap();
        let mut network = Network::new(self.kind, self.make, count);
        network.witness = self.witness.clone();
        for (node, (disks, store)) in network
            .nodes
            .iter_mut()
            .zip(self.disks.iter().zip(&self.stores))
        {
            let disk = |bytes: &Option<Vec<u8>>| match bytes {
                Some(bytes) => MemoryDisk::holding(bytes.clone()),
                None => MemoryDisk::new(),
            };
            node.disks = disks.each_ref().map(disk);
            node.store = store.copy();
        }
        network
    }
}

/// What a node makes of a log: what it takes it for, or why it refuses it.
pub(crate) fn read(log: Vec<u8>) -> Result<Vec<u8>, String> {
    let disk = MemoryDisk::holding(log);
    let opened = Logs::open([disk.clone(), MemoryDisk::new()]);
    opened.map_err(|error| error.to_string())?;
    Ok(disk.content().unwrap())
}

/// Begins everybody, and fails unless all go on to a height and nobody says what
/// contradicts what it said in an earlier life. Or one of them does not begin,
/// and says why.
pub(crate) fn goes_on<E: Engine>(
    mut network: Network<E>,
    height: Height,
    passes: Passes<'_>,
) -> Result<Network<E>, String> {
    for at in 0..network.nodes.len() {
        network.start(at)?;
    }
    let goes_on = network.run_to(height, 120_000, passes);
    let heights: Vec<_> = network
        .nodes
        .iter()
        .map(|node| node.store.height())
        .collect();
    assert!(goes_on, "they stand still at {heights:?}");
    Ok(network)
}
