//! What is said once, at the start.

use std::fmt::Write;
use std::net::SocketAddr;
use std::path::Path;

use pyralog_genesis::Genesis;
use pyralog_keys::DEVELOPMENT_MNEMONIC;
use pyralog_primitives::{Address, Height};
use pyralog_swarm::PeerAddress;

use crate::development;

/// What an operator wants to see of a node that starts.
pub(crate) struct Banner<'a> {
    pub(crate) genesis: &'a Genesis,
    pub(crate) genesis_file: &'a Path,
    pub(crate) store: &'a Path,
    pub(crate) config: &'a Path,
    pub(crate) rpc: SocketAddr,
    pub(crate) metrics: SocketAddr,
    /// Where peers reach the node; none if it meets nobody.
    pub(crate) p2p: Option<PeerAddress>,
    pub(crate) validator: Option<Address>,
    pub(crate) height: Height,
}

impl Banner<'_> {
    /// The text, in lines of a name and a value.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("Pyralog {}\n\n", env!("CARGO_PKG_VERSION"));
        let chain = format!(
            "{} ({})",
            self.genesis.chain_id(),
            self.genesis.consensus().kind()
        );
        let role = match self.validator {
            Some(address) => format!("validator {address}"),
            None => "follower: no --validator-key was given".to_owned(),
        };
        let (rpc, metrics) = (self.rpc, self.metrics);
        let p2p = match self.p2p {
            Some(address) => address.to_string(),
            None => "none: it meets no other node".to_owned(),
        };
        for (name, value) in [
            ("chain", chain),
            ("genesis", self.genesis.hash().to_string()),
            ("", self.genesis_file.display().to_string()),
            ("role", role),
            ("height", self.height.to_string()),
            ("store", self.store.display().to_string()),
            ("config", self.config.display().to_string()),
            ("peer", p2p),
            ("RPC", format!("http://{rpc}  ws://{rpc}")),
            ("metrics", format!("http://{metrics}/metrics")),
            ("health", format!("http://{metrics}/healthz?verbose")),
        ] {
            writeln!(text, "  {name:8} {value}").expect("a string accepts every text");
        }
        text
    }
}

/// The accounts that everybody can spend from, for development.
pub(crate) fn development_text() -> String {
    let mut text = String::from("\nAccounts of development. Their keys are PUBLIC:\n");
    for (name, address, balance) in development::accounts() {
        writeln!(text, "  {name}  {address}  {balance} tokens")
            .expect("a string accepts every text");
    }
    write!(
        text,
        "  words: {DEVELOPMENT_MNEMONIC}\n\n\
         Try, in another terminal:\n  \
         pyralog status\n  \
         pyralog tx transfer dev-1 5 --from dev-0 --wait\n"
    )
    .expect("a string accepts every text");
    text
}
