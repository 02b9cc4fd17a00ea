//! The node among others: its key, its settings, its place in the network.

use std::collections::BTreeSet;

use pyralog_config::{P2pSettings, PeerNames};
use pyralog_p2p::PeerId;
use pyralog_primitives::{Hash, PublicKey, SecretKey};
use pyralog_swarm::{Clock, Limits, PeerAddress, Swarm, SwarmSettings, ValidatorProof};
use zeroize::Zeroizing;

use crate::error::NodeError;
use crate::home::{Home, read_text_if_there, write_secret};
use crate::source::Network;

/// A key in hex, and the end of the line.
const KEY_TEXT_BYTES_MAX: usize = 128;

/// Meets the others, unless the settings say that there are none.
pub(crate) async fn join(
    network: &Network,
    home: &Home,
    settings: &P2pSettings,
    validator: Option<&SecretKey>,
) -> Result<Option<Swarm>, NodeError> {
    if !settings.enabled {
        let count = network.genesis.validators().len();
        return if count == 1 && validator.is_some() {
            Ok(None)
        } else {
            Err(NodeError::NoPeers { count })
        };
    }
    let node_key = node_key(home)?;
    let genesis = network.genesis.hash();
    let own = PeerId::new(node_key.public_key());
    let proof = validator.map(|key| ValidatorProof::sign(key, genesis, own));
    let swarm = SwarmSettings {
        node_key,
        chain: network.genesis.chain_id().to_string(),
        genesis,
        proof,
        agent: concat!("pyralog-node/", env!("CARGO_PKG_VERSION")).to_owned(),
        listen: vec![settings.listen],
        external: parse("p2p.external", &settings.external)?,
        bootstrap: bootstrap(network, settings)?,
        persistent: parse("p2p.persistent_peers", &settings.persistent_peers)?,
        private: peers("p2p.private_peer_ids", &settings.private_peer_ids)?,
        unconditional: peers(
            "p2p.unconditional_peer_ids",
            &settings.unconditional_peer_ids,
        )?,
        allows_private_addresses: settings.allow_private_addresses,
        discovers: settings.discovery,
        limits: Limits {
            outbound_target: settings.outbound_target,
            inbound_max: settings.inbound_max,
            per_host_max: settings.per_host_max,
            per_subnet_max: settings.per_subnet_max,
            ..Limits::default()
        },
        directory: home.peers(),
        clock: Clock::system(),
    };
    let swarm = Swarm::start(swarm).await?;
    let validators = network.genesis.validators().iter();
    let keys = validators.map(|validator| validator.public_key).collect();
    swarm.handle().set_validators(keys);
    Ok(Some(swarm))
}

/// The peers of the genesis document, and those of the settings.
fn bootstrap(network: &Network, settings: &P2pSettings) -> Result<Vec<PeerAddress>, NodeError> {
    let mut all: Vec<PeerAddress> = parse("p2p.bootstrap", &settings.bootstrap)?;
    for peer in network.genesis.bootstrap() {
        if let Ok(address) = peer.as_str().parse() {
            all.push(address);
        } else {
            // A later version may reach it.
            let peer = peer.as_str();
            tracing::warn!(
                peer,
                "a peer of the genesis document is not reached by this version: it has no IP \
                 address and port of TCP"
            );
        }
    }
    Ok(all)
}

fn peers(setting: &'static str, texts: &PeerNames) -> Result<BTreeSet<PeerId>, NodeError> {
    let keys: Vec<PublicKey> = parse(setting, texts)?;
    Ok(keys.into_iter().map(PeerId::new).collect())
}

fn parse<T: std::str::FromStr>(
    setting: &'static str,
    texts: &PeerNames,
) -> Result<Vec<T>, NodeError> {
    let parse = |text: &String| {
        text.parse().map_err(|_| NodeError::Peer {
            setting,
            text: text.clone(),
        })
    };
    texts.0.iter().map(parse).collect()
}

/// The key of the node: made at its first start. It says who the node is, and
/// nothing else depends on it.
fn node_key(home: &Home) -> Result<SecretKey, NodeError> {
    let path = home.node_key();
    if let Some(text) = read_text_if_there(&path, KEY_TEXT_BYTES_MAX)? {
        let text = Zeroizing::new(text);
        let seed = text.trim().parse::<Hash>();
        let seed = seed.map_err(|_| NodeError::NodeKey { path })?;
        return Ok(SecretKey::from_seed(seed.as_bytes()));
    }
    let mut seed = Zeroizing::new([0; SecretKey::SEED_BYTES]);
    getrandom::fill(seed.as_mut()).map_err(NodeError::Randomness)?;
    let text = Zeroizing::new(format!("{}\n", Hash::new(*seed)));
    write_secret(&path, &text)?;
    Ok(SecretKey::from_seed(&seed))
}
