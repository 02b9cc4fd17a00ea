//! `pyralog events`, `pyralog wait-api`

use clap::Args;
use pyralog_api::Cursor;
use pyralog_primitives::action::Name;

use crate::party::Party;
use crate::timeout::Timeout;

#[derive(Debug, Args)]
pub(crate) struct FollowEvents {
    /// Only events of this name, such as transfer, put or append
    #[arg(long)]
    pub(crate) name: Option<Name>,
    /// Only events in which this account has a part: an address, the name of a
    /// key here, or dev-0 … dev-9
    #[arg(long)]
    pub(crate) address: Option<Party>,
    /// Begin after this place, such as 7.0.2: height, transaction, event
    /// [default: after the last block]
    #[arg(long, value_name = "CURSOR")]
    pub(crate) after: Option<Cursor>,
    /// End after so many events [default: never]
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<u64>,
}

#[derive(Debug, Args)]
pub(crate) struct WaitApi {
    /// How long to wait, such as 500ms, 30s or 5m
    #[arg(long, default_value = "60s", value_name = "TIME")]
    pub(crate) timeout: Timeout,
}
