//! Keys of a net: all of them follow from its name, and so do their files.
//!
//! Whoever knows the name knows every key. That is meant: the chain id begins
//! with `dev-`, and the same command gives the same network again.

use blake3::Hasher;
use pyralog_keys::{
    Description, EncryptOptions, EncryptRandomness, KdfCost, Keystore, OutOfMemory, Password,
};
use pyralog_primitives::{PublicKey, SecretKey};
use zeroize::Zeroizing;

use super::names::{NetName, NodeName};

/// What opens every keystore of every net.
pub(crate) const PASSWORD: &str = "development";

const VALIDATOR_KEY: &str = "pyralog 2026-11-30 testnet validator key v1";
const NODE_KEY: &str = "pyralog 2026-11-30 testnet node key v1";
const KEYSTORE: &str = "pyralog 2026-11-30 testnet keystore v1";

/// The key that a validator votes with.
pub(crate) fn validator_key(net: &NetName, node: NodeName) -> SecretKey {
    key(VALIDATOR_KEY, net, node)
}

/// The key by which a node is known to its peers.
pub(crate) fn node_key(net: &NetName, node: NodeName) -> SecretKey {
    key(NODE_KEY, net, node)
}

/// The same, as peers know it.
pub(crate) fn peer_key(net: &NetName, node: NodeName) -> PublicKey {
    node_key(net, node).public_key()
}

/// What `node.key` holds: the seed in hex, and the end of the line.
pub(crate) fn node_key_text(net: &NetName, node: NodeName) -> Zeroizing<String> {
    let seed = node_key(net, node).to_seed();
    let hex = Zeroizing::new(pyralog_primitives::text::encode_hex(&*seed));
    Zeroizing::new(format!("{}\n", *hex))
}

/// The file of a validator's key, under [`PASSWORD`]. Made as cheap as a
/// keystore may be: its password is no secret.
pub(crate) fn keystore(net: &NetName, node: NodeName) -> Result<String, OutOfMemory> {
    let mut bytes = [0; EncryptRandomness::BYTES];
    derived(KEYSTORE, net, node).finalize_xof().fill(&mut bytes);
    let description: Description = format!("{node} of the testnet {net}")
        .parse()
        .expect("names are short and printable");
    let options = EncryptOptions {
        path: None,
        description,
        cost: KdfCost::CHEAPEST,
        // Used again with the same key and password only, which says what the
        // file said before.
        randomness: EncryptRandomness::from_bytes(&bytes),
    };
    let password = Password::new(PASSWORD).expect("a word is a password");
    let keystore = Keystore::encrypt(&validator_key(net, node), &password, options)?;
    Ok(keystore.to_json())
}

fn key(context: &'static str, net: &NetName, node: NodeName) -> SecretKey {
    SecretKey::from_seed(derived(context, net, node).finalize().as_bytes())
}

fn derived(context: &'static str, net: &NetName, node: NodeName) -> Hasher {
    let mut hasher = Hasher::new_derive_key(context);
    // A slash is in no name.
    hasher.update(format!("{net}/{node}").as_bytes());
    hasher
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::net::names::Role;

    #[test]
    fn keys_follow_from_the_name_and_differ_everywhere_else() {
        let mut keys = BTreeSet::new();
        for net in ["a", "b", "a1"] {
            let net: NetName = net.parse().unwrap();
            for role in Role::ALL {
                for number in 0..3 {
                    let node = NodeName::new(role, number);
                    let peer = peer_key(&net, node);
                    assert_eq!(peer, peer_key(&net, node));
                    assert!(keys.insert(peer));
                    assert!(keys.insert(validator_key(&net, node).public_key()));
                }
            }
        }
    }

    #[test]
    fn the_password_opens_the_keystore() {
        let net: NetName = "a".parse().unwrap();
        let node = NodeName::new(Role::Validator, 3);
        let text = keystore(&net, node).unwrap();
        let keystore = Keystore::from_json(text.as_bytes()).unwrap();
        assert_eq!(keystore.cost(), KdfCost::CHEAPEST);
        let password = Password::new(PASSWORD).unwrap();
        let opened = keystore.decrypt(&password).unwrap();
        assert_eq!(opened.public_key(), validator_key(&net, node).public_key());
    }

    #[test]
    fn the_file_of_a_node_key_is_a_seed_in_hex() {
        let net: NetName = "a".parse().unwrap();
        let node = NodeName::new(Role::Full, 0);
        let text = node_key_text(&net, node);
        let hex = text.strip_suffix('\n').unwrap();
        let seed = pyralog_primitives::text::decode_hex_array(hex).unwrap();
        let key = SecretKey::from_seed(&seed);
        assert_eq!(key.public_key(), peer_key(&net, node));
    }
}
