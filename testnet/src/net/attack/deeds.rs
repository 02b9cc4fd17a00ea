//! What each attack does.

mod crowds;
mod frames;
mod lies;
mod spam;

use super::watch::Watch;
use super::{Attack, Done, Targets};

/// Does it. What a node does about it is no error.
pub(super) async fn run(attack: Attack, targets: &Targets, watch: &Watch) -> Done {
    match attack {
        Attack::Garbage => frames::garbage(targets).await,
        Attack::Oversize => frames::oversize(targets).await,
        Attack::Connections => crowds::connections(targets).await,
        Attack::SlowReading => lies::slow_reading(targets).await,
        Attack::UselessGossip => spam::useless_gossip(targets, watch).await,
        Attack::SpentGossip => spam::spent_gossip(targets, watch).await,
        Attack::ReplayedVotes => spam::replayed_votes(targets, watch).await,
        Attack::LyingSync => lies::lying_sync(targets, watch).await,
        Attack::Identities => crowds::identities(targets).await,
    }
}
