//! Key files of other systems, told by their shape, so that an error can name
//! what a file is and not only what it is not.

use std::fmt;

use super::json::{Fields, Node};

/// What a file that is no keystore of ours seems to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForeignFile {
    /// A BLS key of an Ethereum validator.
    Eip2335,
    /// An account key of Ethereum, "web3 secret storage".
    EthereumV3,
    /// An unencrypted key of a `CometBFT` node.
    CometBft,
    /// An unencrypted key pair of Solana: a list of numbers.
    Solana,
    /// Any other JSON.
    Unknown,
}

impl ForeignFile {
    pub(super) fn of(node: &Node) -> Self {
        match node {
            Node::Object(fields) => Self::of_fields(fields),
            Node::List => Self::Solana,
            _ => Self::Unknown,
        }
    }

    pub(super) fn of_fields(fields: &Fields) -> Self {
        let version = match fields.peek("version") {
            Some(Node::Number(version)) => Some(*version),
            _ => None,
        };
        let has = |name| fields.peek(name).is_some();
        match version {
            Some(4) if has("crypto") && has("pubkey") => Self::Eip2335,
            Some(3) if has("crypto") || has("Crypto") => Self::EthereumV3,
            _ if has("priv_key") => Self::CometBft,
            _ => Self::Unknown,
        }
    }
}

impl fmt::Display for ForeignFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Eip2335 => "an EIP-2335 keystore of an Ethereum validator, whose BLS key",
            Self::EthereumV3 => "an Ethereum account keystore (version 3), whose secp256k1 key",
            Self::CometBft => "an unencrypted CometBFT key file, which",
            Self::Solana => "a list, such as an unencrypted Solana key pair, which",
            Self::Unknown => "JSON of another kind, which",
        })
    }
}
