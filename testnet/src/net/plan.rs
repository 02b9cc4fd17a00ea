//! Which node is told what: its command line.
//!
//! Validators know all validators. A full node knows one other node: the first
//! one a validator, each further one the full node before it. So whoever looks
//! at a net of several full nodes sees peers that were found, not given.

use std::path::Path;

use super::addresses::{METRICS_PORT, P2P_PORT, RPC_PORT, socket};
use super::error::NetError;
use super::names::{NodeName, Role};
use super::place::Place;
use super::record::Node;

/// All nodes of a net are on one machine, so what protects a node from one
/// machine would keep them apart. And nobody but ourselves calls them.
const PREFERRED: [(&str, &str); 4] = [
    ("rpc.price_per_second_max", "0"),
    ("p2p.allow_private_addresses", "true"),
    ("p2p.per_host_max", "256"),
    ("p2p.per_subnet_max", "256"),
];
/// Those who come to a node by themselves, at most; for nets in which more may.
const INBOUND: (&str, &str) = ("p2p.inbound_max", "256");
/// From so many nodes on, more may come than a node takes by default.
const MANY_NODES: usize = 40;

/// The arguments of the node at this place among all, which have their
/// addresses and keys already. What the caller sets for all goes before what is
/// preferred here.
pub(crate) fn arguments(
    nodes: &[Node],
    at: usize,
    place: &Place,
    settings: &[String],
) -> Result<Vec<String>, NetError> {
    let node = &nodes[at];
    let mut args = vec!["--home".to_owned(), text(&place.home(node.name))?];
    args.extend(["--genesis".to_owned(), text(&place.genesis())?]);
    if node.name.role() == Role::Validator {
        args.extend(["--validator-key".to_owned(), node.name.to_string()]);
        args.extend(["--password-file".to_owned(), text(&place.password())?]);
    }
    let many = (nodes.len() > MANY_NODES).then_some(INBOUND);
    let preferred = PREFERRED.into_iter().chain(many);
    let preferred = preferred.filter(|(key, _)| !is_set(settings, key));
    let preferred = preferred.map(|(key, value)| format!("{key}={value}"));
    let own = own_settings(nodes, at).into_iter();
    for setting in own.chain(preferred).chain(settings.iter().cloned()) {
        args.extend(["--set".to_owned(), setting]);
    }
    Ok(args)
}

fn is_set(settings: &[String], key: &str) -> bool {
    let keys = settings
        .iter()
        .filter_map(|setting| setting.split_once('='));
    keys.into_iter().any(|(set, _)| set == key)
}

/// What follows from the place of a node.
fn own_settings(nodes: &[Node], at: usize) -> Vec<String> {
    let ip = nodes[at].ip;
    let mut settings = vec![
        format!("rpc.listen={}", socket(ip, RPC_PORT)),
        format!("metrics.listen={}", socket(ip, METRICS_PORT)),
        "p2p.enabled=true".to_owned(),
        format!("p2p.listen={}", socket(ip, P2P_PORT)),
    ];
    let name = nodes[at].name;
    let known = nodes.iter().filter(|other| is_known(name, other.name));
    let known: Vec<String> = known.map(Node::peer).collect();
    if !known.is_empty() {
        let setting = match name.role() {
            Role::Validator => "p2p.persistent_peers",
            Role::Full => "p2p.bootstrap",
        };
        settings.push(format!("{setting}={}", known.join(",")));
    }
    settings
}

/// Whether a node is told of another one.
fn is_known(node: NodeName, other: NodeName) -> bool {
    match (node.role(), node.number().checked_sub(1)) {
        (Role::Validator, _) => other.role() == Role::Validator && other != node,
        (Role::Full, None) => other == NodeName::new(Role::Validator, 0),
        (Role::Full, Some(before)) => other == NodeName::new(Role::Full, before),
    }
}

/// A path as an argument that can be written down.
pub(crate) fn text(path: &Path) -> Result<String, NetError> {
    let text = path.to_str().map(str::to_owned);
    text.ok_or_else(|| NetError::PathNotText(path.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::addresses::Subnet;
    use crate::net::names::NetName;
    use crate::net::options::Options;
    use crate::net::place::Base;
    use crate::net::secrets::peer_key;

    fn arguments_of(name: &str, settings: &[&str]) -> Vec<String> {
        let net: NetName = "net".parse().unwrap();
        let options = Options {
            full_nodes: 3,
            ..Options::new(net.clone())
        };
        let subnet = Subnet::of([127, 0, 9, 0].into());
        let nodes = options.node_names().into_iter().zip(0..);
        let nodes: Vec<Node> = nodes
            .map(|(name, place)| Node {
                name,
                ip: subnet.address(place),
                key: peer_key(&net, name),
                args: Vec::new(),
                process: None,
            })
            .collect();
        let at = nodes.iter().position(|node| node.name.to_string() == name);
        let place = Base::of(Some(Path::new("/base"))).unwrap().place(&net);
        let settings: Vec<String> = settings.iter().map(|&text| text.to_owned()).collect();
        arguments(&nodes, at.unwrap(), &place, &settings).unwrap()
    }

    fn value<'a>(args: &'a [String], key: &str) -> Option<&'a str> {
        let mut values = args.iter().filter_map(|arg| arg.split_once('='));
        values.find(|(set, _)| *set == key).map(|(_, value)| value)
    }

    #[test]
    fn a_validator_has_a_key_and_knows_all_other_validators() {
        let args = arguments_of("validator-1", &[]);
        assert_eq!(
            args[..8],
            [
                "--home",
                "/base/net/validator-1",
                "--genesis",
                "/base/net/genesis.toml",
                "--validator-key",
                "validator-1",
                "--password-file",
                "/base/net/password"
            ]
        );
        assert_eq!(value(&args, "rpc.listen"), Some("127.0.9.2:26657"));
        assert_eq!(value(&args, "metrics.listen"), Some("127.0.9.2:26660"));
        assert_eq!(value(&args, "p2p.listen"), Some("127.0.9.2:26656"));
        assert_eq!(value(&args, "p2p.bootstrap"), None);
        let peers: Vec<&str> = value(&args, "p2p.persistent_peers")
            .unwrap()
            .split(',')
            .collect();
        assert_eq!(peers.len(), 3);
        let key = peer_key(&"net".parse().unwrap(), "validator-0".parse().unwrap());
        assert_eq!(peers[0], format!("{key}@127.0.9.1:26656"));
    }

    #[test]
    fn a_full_node_has_no_key_and_knows_one_node() {
        for (name, known) in [
            ("full-0", "127.0.9.1:26656"),
            ("full-1", "127.0.9.5:26656"),
            ("full-2", "127.0.9.6:26656"),
        ] {
            let args = arguments_of(name, &[]);
            assert!(!args.contains(&"--validator-key".to_owned()));
            assert_eq!(value(&args, "p2p.persistent_peers"), None);
            let peer = value(&args, "p2p.bootstrap").unwrap();
            assert_eq!(peer.split_once('@').unwrap().1, known);
        }
    }

    #[test]
    fn what_is_set_for_all_goes_before_what_is_preferred() {
        let args = arguments_of("validator-0", &["p2p.per_host_max=1", "log.filter=a=b"]);
        let given = args
            .iter()
            .filter(|arg| arg.starts_with("p2p.per_host_max="));
        assert_eq!(given.collect::<Vec<_>>(), ["p2p.per_host_max=1"]);
        assert_eq!(value(&args, "log.filter"), Some("a=b"));
        assert_eq!(value(&args, "p2p.allow_private_addresses"), Some("true"));
        let sets = args.iter().filter(|arg| *arg == "--set").count();
        let settings = args.iter().filter(|arg| arg.contains('=')).count();
        assert_eq!(sets, settings);
    }

    #[test]
    fn what_up_decides_cannot_be_set_for_all() {
        // A setting that is given twice ends a node at its start.
        for name in ["validator-0", "full-1"] {
            for setting in own_settings_of(name) {
                let mut options = Options::new("net".parse().unwrap());
                options.settings = vec![setting.clone()];
                assert!(options.check().is_err(), "{setting}");
            }
        }
    }

    fn own_settings_of(name: &str) -> Vec<String> {
        let args = arguments_of(name, &[]);
        let preferred = |arg: &&String| PREFERRED.iter().any(|(key, _)| arg.starts_with(key));
        let own = args
            .iter()
            .filter(|arg| arg.contains('=') && !preferred(arg));
        own.cloned().collect()
    }
}
