//! Writes documents: the text of a new network, and blocks to append to it.
//!
//! What is written here is read by [`crate::Genesis::parse`] once it has a
//! validator.

use std::fmt::Write;

use pyralog_primitives::{Address, Amount, PublicKey, Signature, TimestampMs};

use crate::consensus::ConsensusKind;
use crate::encoding::FORMAT;
use crate::limits::{Limit, PARAMETERS};
use crate::names::{ChainId, ValidatorName};
use crate::time::format_time;

/// What one must decide to begin a network.
#[derive(Clone, Debug)]
pub struct NewDocument {
    /// The name of the chain.
    pub chain_id: ChainId,
    /// When the chain begins.
    pub time: TimestampMs,
    /// What decides which block is next.
    pub consensus: ConsensusKind,
}

/// The text of a new document, with every default as a comment. It lacks
/// validators: append an entry for each.
pub fn new_document(new: &NewDocument) -> String {
    let NewDocument {
        chain_id,
        time,
        consensus,
    } = new;
    let time = format_time(*time);
    let mut text = format!(
        "\
# The genesis of the network {chain_id}. Every participant uses the same one:
# its hash is the name of the network. Lines that begin with # are comments;
# values in them are the defaults.

format = {FORMAT}
chain_id = \"{chain_id}\"
time = \"{time}\"

[consensus]
kind = \"{consensus}\"
"
    );
    write_limits(&mut text, consensus.limits());
    text.push_str("\n[parameters]\n");
    write_limits(&mut text, &PARAMETERS);
    text.push_str(
        "
[network]
# Peers that a new node asks first. They are not part of the hash.
# bootstrap = [\"/ip4/203.0.113.7/tcp/26656/p2p/12D3KooW…\"]

# Below: an [[accounts]] entry for each account that begins with tokens, and a
# [[validators]] entry for each validator.
",
    );
    text
}

fn write_limits(text: &mut String, limits: &[Limit]) {
    for limit in limits {
        let Limit { key, about, .. } = limit;
        let (min, max, default) = (limit.min(), limit.max(), limit.default().to_toml());
        write!(
            text,
            "\n# {about}.\n# From {min} to {max}.\n# {key} = {default}\n"
        )
        .expect("a string accepts every text");
    }
}

/// An entry for an account.
pub fn account_entry(address: &Address, balance: Amount) -> String {
    format!("\n[[accounts]]\naddress = \"{address}\"\nbalance = \"{balance}\"\n")
}

/// An entry for a validator.
pub fn validator_entry(
    name: &ValidatorName,
    public_key: &PublicKey,
    stake: Amount,
    possession: &Signature,
) -> String {
    // Of what a name may hold, TOML gives a meaning to these two.
    let name = name.as_str().replace('\\', "\\\\").replace('"', "\\\"");
    format!(
        "
[[validators]]
name = \"{name}\"
public_key = \"{public_key}\"
stake = \"{stake}\"
possession = \"{possession}\"
"
    )
}
