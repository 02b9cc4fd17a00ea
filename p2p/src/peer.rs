//! The name of a peer.

use std::fmt;

use pyralog_primitives::PublicKey;

/// Digits of the key that people are shown.
const DIGITS_SHOWN: usize = 12;

/// The far end of a connection: the public key of its node.
///
/// As text it is the beginning of the key: enough to tell peers apart in a
/// log, not to know one by. Compare the ids, not the texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerId(PublicKey);

impl PeerId {
    /// The peer with this key.
    pub const fn new(key: PublicKey) -> Self {
        Self(key)
    }

    /// Its key.
    pub const fn get(self) -> PublicKey {
        self.0
    }
}

impl fmt::Display for PeerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = self.0.to_string();
        f.pad(&key[..DIGITS_SHOWN])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_see_the_beginning_of_the_key() {
        let mut key = [0xab; 32];
        key[0] = 0x01;
        let peer = PeerId::new(PublicKey::new(key));
        assert_eq!(peer.to_string(), "01ababababab");
        assert_eq!(peer.get(), PublicKey::new(key));
    }
}
