//! Which nodes are offered transfers, and which are looked at.

use std::net::SocketAddr;

use jsonrpsee::http_client::HttpClient;
use pyralog_testnet::net::{Net, ProcessState, Role};

use super::args::LoadArgs;
use super::{LoadError, client};

/// A node that runs. All are looked at.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) name: String,
    pub(super) url: String,
    pub(super) client: HttpClient,
    /// Whether it is offered transfers.
    pub(super) is_offered: bool,
    /// Its process, if that is known.
    pub(super) pid: Option<u32>,
    /// Where its peers reach it, if it is of a net.
    pub(super) listens: Option<SocketAddr>,
}

impl Target {
    /// The one node, or those of the net that run, in its order.
    pub(super) fn all(args: &LoadArgs) -> Result<Vec<Self>, LoadError> {
        let Some(name) = &args.net else {
            return Ok(vec![Self {
                name: "node".to_owned(),
                url: args.node.clone(),
                client: client(&args.node)?,
                is_offered: true,
                pid: args.pid,
                listens: None,
            }]);
        };
        let net = Net::open(args.base.as_deref(), name)?;
        for node in &args.nodes {
            if net.state(node)? != ProcessState::Running {
                return Err(LoadError::NotRunning(node.clone()));
            }
        }
        let mut targets = Vec::new();
        for node in net.nodes() {
            let name = node.to_string();
            if net.state(&name)? != ProcessState::Running {
                continue;
            }
            let url = net.url(&name)?;
            let peer = net.peer(&name)?;
            targets.push(Self {
                is_offered: if args.nodes.is_empty() {
                    node.role() == Role::Validator
                } else {
                    args.nodes.contains(&name)
                },
                client: client(&url)?,
                url,
                pid: net.pid(&name)?,
                listens: peer.split_once('@').and_then(|(_, at)| at.parse().ok()),
                name,
            });
        }
        if targets.iter().any(|target| target.is_offered) {
            Ok(targets)
        } else {
            Err(LoadError::NobodyRuns(name.clone()))
        }
    }
}
