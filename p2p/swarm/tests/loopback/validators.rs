//! Nodes that speak for validators.

use pyralog_swarm::{StartError, Swarm, ValidatorProof};
use tempfile::tempdir;

use crate::{address, genesis, is_connected, key, peer, settings, start, until};

fn proof(validator: u8, node: u8) -> ValidatorProof {
    ValidatorProof::sign(&key(validator), genesis(), peer(node))
}

#[tokio::test]
async fn a_proof_shows_which_validator_a_peer_speaks_for() {
    let directory = tempdir().unwrap();
    let one = start(settings(1, directory.path())).await;
    let mut two = settings(2, directory.path());
    two.proof = Some(proof(50, 2));
    two.bootstrap.push(address(&one));
    let two = start(two).await;
    until("connected", || is_connected(&one, peer(2))).await;
    until("connected", || is_connected(&two, peer(1))).await;
    let validator = one.handle().peers()[0].validator;
    assert_eq!(validator, Some(key(50).public_key()));
    assert_eq!(two.handle().peers()[0].validator, None);
}

#[tokio::test]
async fn a_proof_for_another_node_is_not_even_sent() {
    let directory = tempdir().unwrap();
    let mut two = settings(2, directory.path());
    two.proof = Some(proof(50, 3));
    let error = Swarm::start(two).await.unwrap_err();
    assert!(matches!(error, StartError::FalseProof { .. }), "{error}");
}

#[tokio::test]
async fn a_known_validator_is_dialled_although_there_are_enough_peers() {
    let directory = tempdir().unwrap();
    let mut validator = settings(2, directory.path());
    validator.proof = Some(proof(50, 2));
    validator.discovers = false;
    let validator = start(validator).await;
    let begin = |target| {
        let mut one = settings(1, directory.path());
        one.discovers = false;
        one.limits.outbound_target = target;
        one
    };
    let mut one = begin(1);
    one.bootstrap.push(address(&validator));
    let one = start(one).await;
    until("connected", || is_connected(&one, peer(2))).await;
    one.handle().close().await;
    drop(one);

    let one = start(begin(0)).await;
    one.handle().set_validators([key(50).public_key()].into());
    until("dialled", || is_connected(&one, peer(2))).await;
}

#[tokio::test]
async fn a_validator_is_let_in_although_all_places_are_taken() {
    let directory = tempdir().unwrap();
    let mut one = settings(1, directory.path());
    one.limits.inbound_max = 1;
    one.discovers = false;
    let one = start(one).await;
    let begin = |number: u8| {
        let mut other = settings(number, directory.path());
        other.proof = (number == 2).then(|| proof(50, 2));
        other.discovers = false;
        other.listen = Vec::new(); // So that it must dial.
        other.bootstrap.push(address(&one));
        start(other)
    };
    let validator = begin(2).await;
    until("connected", || is_connected(&one, peer(2))).await;
    one.handle().set_validators([key(50).public_key()].into());
    validator.handle().close().await;
    drop(validator);
    until("gone", || !is_connected(&one, peer(2))).await;
    let _three = begin(3).await;
    until("connected", || is_connected(&one, peer(3))).await;

    let _four = begin(4).await;
    let _validator = begin(2).await;
    until("let in", || is_connected(&one, peer(2))).await;
    assert!(!is_connected(&one, peer(4)), "nobody else is");
}
