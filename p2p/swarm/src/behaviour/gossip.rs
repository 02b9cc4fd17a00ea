//! Gossip of transactions: how many pass on to how many, derived from how many
//! there are.
//!
//! The scores of libp2p are off. Their defaults give a peer so much for being
//! there that some sixty false messages cost it nothing, and punish a quiet
//! topic and peers that share an address. Whoever passes on what is bad loses
//! reputation here, which bans it from everything.

use std::collections::HashSet;
use std::time::Duration;

use libp2p::gossipsub::{
    self, ConfigBuilder, IdentTopic, IdentityTransform, MessageAuthenticity, MessageId,
    ValidationMode, WhitelistSubscriptionFilter,
};
use pyralog_p2p::{LINE_BYTES_MAX, SPREAD_BYTES_MAX, SpreadId};
use pyralog_primitives::GenesisHash;

use crate::names;

pub(crate) type Behaviour = gossipsub::Behaviour<IdentityTransform, WhitelistSubscriptionFilter>;

/// Messages in a second that the parameters are made for: blocks full of short
/// transactions, spread in batches.
const PER_SECOND: usize = 200;

/// How often peers tell each other what they have.
const HEARTBEAT: Duration = Duration::from_secs(1);

/// Heartbeats in which a message is offered to those who may miss it. Lower,
/// and more is missed; higher, and more names go round.
const OFFERED_FOR: usize = 3;

/// Heartbeats for which it is kept for them, and within which it must be
/// judged.
const KEPT_FOR: usize = 6;

/// How long a message is known, so that it is not heard again. Shorter, and a
/// slow peer brings it back; longer, and more names are kept: at the rate above
/// 24,000 of them.
const KNOWN_FOR: Duration = Duration::from_mins(2);

/// Messages that wait for one peer: as many of the longest as a line of words
/// holds. What is beyond goes past that peer, which asks for it once it is
/// offered.
const WAITING_MAX: usize = LINE_BYTES_MAX / SPREAD_BYTES_MAX;

/// What libp2p says around a message.
const AROUND_BYTES: usize = 1024;

/// What gossip may hold of one peer: what waits for it, and a message that comes
/// in, as it is read and as it is decoded.
pub(crate) const WAITING_BYTES_MAX: usize = (WAITING_MAX + 2) * (SPREAD_BYTES_MAX + AROUND_BYTES);

/// The one topic of a network.
pub(crate) fn topic(genesis: GenesisHash) -> IdentTopic {
    let protocol = names::protocol(genesis, "transactions");
    IdentTopic::new(protocol.as_ref())
}

pub(super) fn behaviour(genesis: GenesisHash) -> Behaviour {
    let prefix = names::protocol(genesis, "gossip");
    let config = ConfigBuilder::default()
        // Versions 1.1 and 1.0: libp2p speaks newer ones only under names of
        // its own. So nobody says what need not be sent to it (IDONTWANT).
        .protocol_id_prefix(prefix.as_ref().to_owned())
        .mesh_n(8)
        .mesh_n_low(4)
        .mesh_n_high(12)
        .mesh_outbound_min(3)
        .gossip_lazy(6)
        .heartbeat_initial_delay(Duration::from_millis(500))
        .heartbeat_interval(HEARTBEAT)
        .history_gossip(OFFERED_FOR)
        .history_length(KEPT_FOR)
        .duplicate_cache_time(KNOWN_FOR)
        // Twice what comes in the time in which it is offered.
        .max_control_messages_sent(2 * PER_SECOND * OFFERED_FOR)
        .max_transmit_size(SPREAD_BYTES_MAX + AROUND_BYTES)
        .connection_handler_queue_len(WAITING_MAX)
        .flood_publish(false)
        // Who wrote a transaction stands in it; nobody signs for passing it on.
        .validation_mode(ValidationMode::Anonymous)
        .validate_messages()
        .message_id_fn(|message| MessageId::new(SpreadId::of(&message.data).get().as_bytes()))
        .build()
        .expect("the parameters fit each other");
    let topic = topic(genesis);
    let known = WhitelistSubscriptionFilter(HashSet::from([topic.hash()]));
    let anonymous = MessageAuthenticity::Anonymous;
    let mut behaviour = Behaviour::new_with_subscription_filter(anonymous, config, known)
        .expect("both sides say nothing of who speaks");
    behaviour
        .subscribe(&topic)
        .expect("the filter knows the topic");
    behaviour
}
