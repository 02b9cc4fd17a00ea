//! The names of protocols, and the name by which a network is told from others.

use libp2p::StreamProtocol;
use pyralog_primitives::GenesisHash;

/// Hex digits of the genesis hash in the name of a protocol.
const GENESIS_DIGITS: usize = 16;

/// Bytes of a chain's name. Longer ones are refused: a peer takes in no more
/// than a few kilobytes about another.
pub(crate) const CHAIN_BYTES_MAX: usize = 64;

/// Characters of what a stranger says it is that are kept.
const NETWORK_CHARS_MAX: usize = 160;

/// The beginning of what a node says it is.
const NODE: &str = "pyralog/1";

/// A protocol of this network alone.
pub(crate) fn protocol(genesis: GenesisHash, name: &str) -> StreamProtocol {
    let genesis = genesis.to_string();
    let text = format!("/pyralog/{}/{name}/1", &genesis[..GENESIS_DIGITS]);
    StreamProtocol::try_from_owned(text).expect("it begins with a slash")
}

/// What a node says it is: whose word, of which chain, with which genesis.
pub(crate) fn network(chain: &str, genesis: GenesisHash) -> String {
    format!("{NODE} {chain} {genesis}")
}

/// What a peer of another network says it is, for people.
pub(crate) fn described(network: &str) -> String {
    let mut parts = network.split(' ');
    let parsed = (parts.next(), parts.next(), parts.next(), parts.next());
    if let (Some(NODE), Some(chain), Some(genesis), None) = parsed
        && genesis.parse::<GenesisHash>().is_ok()
    {
        let chain: String = printable(chain);
        return format!("chain {chain} with genesis {genesis}");
    }
    format!("no chain of Pyralog ({})", printable(network))
}

/// The beginning of a text from outside, without what would disturb a log.
pub(crate) fn printable(text: &str) -> String {
    let chars = text.chars().take(NETWORK_CHARS_MAX);
    let shown = chars.map(|char| if char.is_control() { '\u{fffd}' } else { char });
    shown.collect()
}

#[cfg(test)]
mod tests {
    use pyralog_primitives::Hash;

    use super::*;

    #[test]
    fn names_hold_the_network() {
        let genesis = GenesisHash::new(Hash::new([0xab; 32]));
        let words = protocol(genesis, "words");
        assert_eq!(words.as_ref(), "/pyralog/abababababababab/words/1");
        let described = described(&network("dev", genesis));
        let hex = "ab".repeat(32);
        assert_eq!(described, format!("chain dev with genesis {hex}"));
    }

    #[test]
    fn what_is_no_node_is_shown_without_harm() {
        for odd in ["", "ipfs/0.1.0", "pyralog/1 a b", "pyralog/1 a b c d"] {
            assert!(described(odd).starts_with("no chain of Pyralog"), "{odd}");
        }
        let long = described(&"\x1b[2J".repeat(1_000));
        assert!(long.len() < 1_000 && !long.contains('\x1b'), "{long}");
    }
}
