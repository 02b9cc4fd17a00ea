//! One key, two names: a peer of Pyralog and a peer of libp2p.
//!
//! The peer id of libp2p for an ed25519 key holds the key itself, so each name
//! can be made from the other. Keys of other kinds have no name here.

use libp2p::PeerId as LibPeerId;
use libp2p::identity::{DecodingError, Keypair};
use pyralog_p2p::PeerId;
use pyralog_primitives::{PublicKey, SecretKey};

/// What stands before the key in a peer id: the identity hash (0) of 36 bytes,
/// which are a key of kind (field 1) ed25519 (1) with (field 2) 32 bytes.
const PREFIX: [u8; 6] = [0x00, 0x24, 0x08, 0x01, 0x12, 0x20];

/// The peer behind a peer id of libp2p; `None` if its key is not ed25519.
pub(crate) fn peer_of(peer: &LibPeerId) -> Option<PeerId> {
    let bytes = peer.to_bytes();
    let key = bytes.strip_prefix(&PREFIX)?;
    Some(PeerId::new(PublicKey::new(key.try_into().ok()?)))
}

/// Its name in libp2p.
pub(crate) fn lib_peer_of(peer: PeerId) -> LibPeerId {
    let key = peer.get();
    LibPeerId::from_bytes(&[&PREFIX[..], key.as_bytes()].concat())
        .expect("the identity hash of any 36 bytes is a peer id")
}

/// The key pair of a node, as libp2p holds it.
pub(crate) fn keypair(node_key: &SecretKey) -> Result<Keypair, DecodingError> {
    let mut seed = node_key.to_seed();
    Keypair::ed25519_from_bytes(&mut seed[..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_names_of_a_key_are_made_from_each_other() {
        let secret = SecretKey::from_seed(&[7; SecretKey::SEED_BYTES]);
        let peer = PeerId::new(secret.public_key());
        let theirs = keypair(&secret).unwrap().public().to_peer_id();
        assert_eq!(lib_peer_of(peer), theirs);
        assert_eq!(peer_of(&theirs), Some(peer));
    }

    #[test]
    fn a_key_of_another_kind_has_no_name_here() {
        // A peer id that is a SHA-256 of a key, as for RSA.
        let hashed = [&[0x12, 0x20][..], &[5; 32]].concat();
        let peer = LibPeerId::from_bytes(&hashed).unwrap();
        assert_eq!(peer_of(&peer), None);
    }
}
