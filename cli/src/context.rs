//! What a verb finds around it: where to speak, the user's directory and keys,
//! and a node.

use std::path::PathBuf;

use pyralog_config::home_directory;

use crate::args::Global;
use crate::endpoint::Endpoint;
use crate::error::CliError;
use crate::guards::Guards;
use crate::keyring::Keyring;
use crate::node::Node;
use crate::output::Console;

/// The surroundings of a verb. Each is looked for when it is needed.
pub(crate) struct Context<'a> {
    pub(crate) global: &'a Global,
    pub(crate) console: &'a Console,
}

impl Context<'_> {
    fn home(&self) -> Result<PathBuf, CliError> {
        home_directory(self.global.home.as_ref(), std::env::var_os).ok_or(CliError::NoHome)
    }

    pub(crate) fn keyring(&self) -> Result<Keyring, CliError> {
        Ok(Keyring::new(&self.home()?))
    }

    pub(crate) fn guards(&self) -> Result<Guards, CliError> {
        Ok(Guards::new(self.home()?))
    }

    /// The node that the user means. Nothing is asked yet.
    pub(crate) fn node(&self) -> Result<Node, CliError> {
        // Who has no directory has no node that wrote into it.
        let home = self.home().ok();
        let endpoint = Endpoint::find(self.global.node.as_ref(), home.as_deref())?;
        Node::new(endpoint)
    }
}
