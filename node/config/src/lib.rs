//! Settings of a node, in layers that know where each value came from.
//!
//! A value is given, the nearest first, by `--set section.key=value`, by the
//! environment variable `PYRALOG_SECTION__KEY`, by `config.toml`, or by what a
//! mode of the node prefers; where nobody gives one, the default holds. Which
//! settings there are, what they mean, what they are by default and what they
//! may be is said once, in the table of [`Settings`]: reading, showing and the
//! commented file follow it.
//!
//! Invariants:
//! - whoever holds a [`Loaded`] holds settings within their bounds that fit
//!   each other, and knows the origin of each;
//! - all mistakes of all layers come at once, also those of values that a
//!   nearer layer hides, because hidden mistakes wait for the day when the
//!   nearer layer goes;
//! - whatever the texts are, nothing here panics.
//!
//! Failure model: a mistake is the operator's, never ours. Each is one line
//! that says where it stands, what is wrong and what to write instead.
//!
//! Nothing here reads files, the environment or arguments: texts come in.

mod bounds;
mod document;
mod file;
mod home;
mod layers;
mod loaded;
mod mistake;
mod origin;
mod problem;
mod rules;
mod settings;
mod suggest;
mod table;
mod value;

pub use document::commented_defaults;
pub use file::CONFIG_BYTES_MAX;
pub use home::home_directory;
pub use layers::Layers;
pub use loaded::{Entry, Loaded, PORTS_PER_INSTANCE};
pub use mistake::{MISTAKE_COUNT_MAX, Mistake, Mistakes};
pub use origin::{Line, Origin};
pub use problem::Problem;
pub use settings::{
    LedgerSettings, LogFormat, LogSettings, MempoolSettings, MetricsSettings, P2pSettings,
    PeerNames, RpcSettings, Settings, StoreSettings,
};
