//! The only validator of a network: nobody else can go on in its place.

use pyralog_consensus::Engine;
use pyralog_disk::MemoryDisk;
use pyralog_driver::Warning;
use pyralog_genesis::ConsensusKind;
use pyralog_primitives::Address;
use pyralog_solo::Solo;

use crate::network::{ALL, Network};
use crate::setup::{height, pbft, solo, tendermint};
use crate::stopped::{Stopped, goes_on};

/// It has signed at a height, and the block before is not durable.
fn ahead<E: Engine>(kind: ConsensusKind, make: fn(Option<Address>) -> E) -> Stopped<E> {
    let mut network = Network::new(kind, make, 1);
    network.begin();
    network.submit(0);
    assert!(network.run_to(height(3), 60_000, ALL));
    network.nodes[0].holds.commits = true;
    let is_ahead = |network: &Network<E>| network.nodes[0].pending_count() == 2;
    assert!(network.run(60_000, ALL, is_ahead).unwrap());
    Stopped::of(&network, kind, make)
}

fn goes_on_from_ahead<E: Engine>(kind: ConsensusKind, make: fn(Option<Address>) -> E) {
    let stopped = ahead(kind, make);
    let durable = stopped.begun().nodes[0].store.height();
    let further = height(durable.get() + 5);
    goes_on(stopped.begun(), further, ALL).unwrap();
}

#[test]
fn it_goes_on_after_it_was_ahead_of_its_disk_whatever_the_engine() {
    goes_on_from_ahead(ConsensusKind::Solo, solo);
    goes_on_from_ahead(ConsensusKind::Pbft, pbft);
    goes_on_from_ahead(ConsensusKind::Tendermint, tendermint);
}

/// The guard remembers what the logs do not.
fn without_logs() -> Network<Solo> {
    let mut network = ahead(ConsensusKind::Solo, solo).begun();
    for log in &mut network.nodes[0].disks[..2] {
        *log = MemoryDisk::new();
    }
    network
}

#[test]
fn it_stops_and_says_why_if_it_can_never_sign_again() {
    let error = without_logs().start(0).unwrap_err();
    assert!(error.contains("may not sign at height 4"), "{error}");
}

#[test]
fn it_says_why_it_is_silent_if_others_may_have_what_it_has_lost() {
    let mut network = without_logs();
    network.nodes[0].has_peers = true;
    network.start(0).unwrap();
    network.run(2_000, ALL, |_| false).unwrap();
    let height = height(4);
    let warnings = &network.nodes[0].account.warnings;
    assert!(
        warnings.contains(&Warning::Alone { height }),
        "{warnings:?}"
    );
}
