//! Very many connections, and very many keys.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::timeout;

use super::frames::{NONSENSE, WORDS};
use crate::net::attack::raw::{RawPeer, say};
use crate::net::attack::sockets::{End, OPENINGS, Opening, try_one};
use crate::net::attack::{Attack, Crowd, Done, Targets};

/// Connections that are tried at the same time. Lower, and a node is never
/// busy with more than it takes; higher, and the attacker runs out of files.
const CONNECTIONS_AT_ONCE: usize = 256;
/// Addresses that they come from.
const HOST_COUNT: u8 = 250;
/// How long those are held on which nothing is said, or nothing sensible.
const HELD: Duration = Duration::from_secs(2);
/// Keys that come at the same time.
const IDENTITIES_AT_ONCE: usize = 8;
/// How long an identity may take, whatever the node does.
const IDENTITY_MAX: Duration = Duration::from_mins(1);
/// Bans of one address that close it, as `docs/src/spec/network.md` says.
const CLOSING_COUNT: usize = 5;

/// All of them to the first node, from many addresses: those that knock, those
/// that are silent, and those that speak nonsense.
pub(super) async fn connections(targets: &Targets) -> Done {
    let mut done = Done::default();
    let Some(node) = targets.nodes.first().copied() else {
        return done;
    };
    let mut ends = BTreeMap::new();
    let mut tries = JoinSet::new();
    for (number, host) in (0..targets.strength.connections).zip((1..=HOST_COUNT).cycle()) {
        if tries.len() >= CONNECTIONS_AT_ONCE
            && let Some(Ok(end)) = tries.join_next().await
        {
            *ends.entry(end).or_insert(0_u32) += 1;
        }
        let opening = match number % 4 {
            0 | 1 => Opening::Knock,
            2 => Opening::Silence(HELD),
            _ => {
                let which = usize::try_from(number / 4).unwrap_or_default();
                Opening::Bytes(OPENINGS[which % OPENINGS.len()], HELD)
            }
        };
        tries.spawn(try_one(
            targets.host(Attack::Connections, host),
            node,
            opening,
        ));
    }
    for end in tries.join_all().await {
        *ends.entry(end).or_insert(0) += 1;
    }
    let count = |end| ends.get(&end).copied().unwrap_or_default();
    done.sent.push(format!(
        "{} connections to the first node from {HOST_COUNT} addresses: it took {} and ended {}, \
         {} were never made",
        targets.strength.connections,
        count(End::Held),
        count(End::Closed),
        count(End::Refused),
    ));
    done
}

/// All of them to the first node: each greets if it is let in, and says what is
/// no word.
pub(super) async fn identities(targets: &Targets) -> Done {
    let mut done = Done::default();
    let Some(node) = targets.nodes.first().copied() else {
        return done;
    };
    let mut let_in = 0;
    let mut tries = JoinSet::new();
    for number in 0..targets.strength.identities {
        if tries.len() >= IDENTITIES_AT_ONCE
            && let Some(Ok(was_let_in)) = tries.join_next().await
        {
            let_in += usize::from(was_let_in);
        }
        let who = targets.who(Attack::Identities, number);
        done.attackers.insert(who.peer());
        tries.spawn(async move {
            let mut peer = RawPeer::dial(who, node);
            let misbehave = timeout(IDENTITY_MAX, misbehave(&mut peer));
            misbehave.await.unwrap_or(true)
        });
    }
    let rest = tries.join_all().await;
    let_in += rest.into_iter().filter(|was_let_in| *was_let_in).count();
    let count = targets.strength.identities;
    done.sent.push(format!(
        "{count} keys from {} to the first node: {let_in} were let in",
        targets.host(Attack::Identities, 1),
    ));
    done.crowd = Some(Crowd {
        let_in,
        let_in_max: CLOSING_COUNT + IDENTITIES_AT_ONCE,
        banned_min: CLOSING_COUNT,
    });
    done
}

/// Whether it was let in.
async fn misbehave(peer: &mut RawPeer) -> bool {
    let Ok(mut said) = peer.greet().await else {
        return false;
    };
    for _ in 0..WORDS {
        if say(&mut said.to_node, &NONSENSE).await.is_err() {
            break;
        }
    }
    peer.ended().await;
    true
}
