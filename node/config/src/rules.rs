//! What settings owe each other. These rules run once each value alone is
//! good.

use std::net::SocketAddr;

use crate::loaded::{Entry, Loaded};
use crate::mistake::{Mistake, Mistakes};
use crate::problem::Problem;

/// Checks all rules.
pub(crate) fn check(loaded: &Loaded) -> Result<(), Mistakes> {
    let mut found = Vec::new();
    check_parts(loaded, &mut found);
    check_listeners(loaded, &mut found);
    Mistakes::check(found)
}

/// No part is more than its whole.
fn check_parts(loaded: &Loaded, found: &mut Vec<Mistake>) {
    let (rpc, mempool) = (&loaded.settings().rpc, &loaded.settings().mempool);
    let parts = [
        (
            rpc.subscription_count_max > rpc.subscription_total_max,
            "rpc.subscription_count_max",
            "rpc.subscription_total_max",
        ),
        (
            mempool.gapped_bytes_max > mempool.bytes_max,
            "mempool.gapped_bytes_max",
            "mempool.bytes_max",
        ),
    ];
    for (_, part, whole) in parts.into_iter().filter(|(is_more, _, _)| *is_more) {
        let named = |key| loaded.entry(key).expect("the keys above are in the table");
        let (part, whole) = (named(part), named(whole));
        let problem = Problem::AboveOther {
            other: whole.key,
            value: whole.value,
            origin: whole.origin.to_string(),
        };
        found.push(Mistake::new(part.origin.clone(), part.key, problem));
    }
}

/// No two listeners want one port.
fn check_listeners(loaded: &Loaded, found: &mut Vec<Mistake>) {
    let listeners = loaded.listeners();
    for (index, (later, later_address)) in listeners.iter().enumerate() {
        for (earlier, address) in &listeners[..index] {
            if !collide(*address, *later_address) {
                continue;
            }
            // Whoever chose a port can choose another.
            let (wrong, other): (&Entry<'_>, &Entry<'_>) = if later.origin.is_chosen() {
                (later, earlier)
            } else {
                (earlier, later)
            };
            let problem = Problem::SamePort {
                other: other.key,
                origin: other.origin.to_string(),
            };
            found.push(Mistake::new(wrong.origin.clone(), wrong.key, problem));
        }
    }
}

/// Whether the second listener would find the port taken by the first.
fn collide(one: SocketAddr, other: SocketAddr) -> bool {
    let is_any = one.ip().is_unspecified() || other.ip().is_unspecified();
    one.port() == other.port() && one.port() != 0 && (is_any || one.ip() == other.ip())
}
