//! Which network a node is of.

use pyralog_api::{GenesisView, NodeStatus, PyralogClient};
use pyralog_genesis::Genesis;
use pyralog_primitives::GenesisHash;

use super::SendError;
use crate::describe::harmless;
use crate::error::CliError;
use crate::node::Node;
use crate::party::Party;

/// A network, as a node names it.
pub(crate) struct Network {
    pub(crate) genesis: GenesisHash,
    pub(crate) chain_id: String,
}

impl Network {
    pub(crate) fn of(status: &NodeStatus) -> Self {
        Self {
            genesis: status.genesis,
            chain_id: harmless(&status.chain_id),
        }
    }

    /// Refuses keys of development on a network that is not for development.
    /// What the node says of itself is not enough: the hash that is signed must
    /// be that of a document with such a chain id.
    pub(crate) fn admit<'a>(
        &self,
        node: &Node,
        parties: impl IntoIterator<Item = &'a Party>,
    ) -> Result<(), CliError> {
        let development = parties.into_iter().find_map(Party::development);
        let Some(key) = development else {
            return Ok(());
        };
        let (genesis, _) = fetch_genesis(node)?;
        if genesis.hash() == self.genesis && genesis.is_development() {
            return Ok(());
        }
        Err(SendError::Development {
            key: key.to_string(),
            chain_id: self.chain_id.clone(),
        }
        .into())
    }
}

/// The genesis document that a node has, checked to be the one of the hash that
/// the node names.
pub(crate) fn fetch_genesis(node: &Node) -> Result<(Genesis, GenesisView), CliError> {
    let view = node.ask(PyralogClient::genesis)?;
    let genesis = Genesis::parse(&view.document).map_err(|mistakes| CliError::Mistakes {
        file: format!("what {} gives", node.url()),
        mistakes,
    })?;
    let found = genesis.hash();
    if found != view.hash {
        return Err(CliError::OtherGenesis {
            url: node.url().to_string(),
            named: view.hash,
            found,
        });
    }
    Ok((genesis, view))
}
