//! How many files the node may have open, and who gets them.
//!
//! Each connection is an open file, and so is each file of the store. A store
//! that cannot open one more stops the node, so it comes first: connections get
//! what is left, and beyond that they wait.
//!
//! ```text
//! limit of the system = the node itself + the store + connections of callers
//! ```

use pyralog_telemetry::health::CONNECTION_COUNT_MAX as HEALTH_CONNECTION_COUNT_MAX;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::error::NodeError;

/// What the node has open besides: whoever watches it, listeners, runtimes,
/// standard streams, files that are written whole. Lower, and it fails in the
/// middle of one of these; higher, and callers are refused for nothing.
const OWN_MAX: u64 = HEALTH_CONNECTION_COUNT_MAX as u64 + 32;
/// What the store gets at least. Lower, and it opens and closes files all the
/// time; higher, and fewer callers are served where little is allowed.
const STORE_MIN: u64 = 96;
/// Fewer callers than this, and it is no node that anybody could use.
const CONNECTIONS_MIN: u64 = 16;
/// What a node needs to start.
const LEAST: u64 = OWN_MAX + STORE_MIN + CONNECTIONS_MIN;

/// Who gets how many files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Files {
    pub(crate) store: usize,
    pub(crate) connection_count_max: usize,
}

impl Files {
    /// Takes as many as the system allows, and shares them out; connections get
    /// so many at most.
    pub(crate) fn take(connection_count_max: usize) -> Result<Self, NodeError> {
        Self::share(raise_limit(), connection_count_max)
    }

    fn share(limit: u64, wanted: usize) -> Result<Self, NodeError> {
        if limit < LEAST {
            let least = LEAST;
            return Err(NodeError::FewFiles { limit, least });
        }
        let left = limit - OWN_MAX - STORE_MIN;
        let connections = usize::try_from(left).map_or(wanted, |left| wanted.min(left));
        let store = limit - OWN_MAX - connections as u64;
        Ok(Self {
            store: usize::try_from(store).unwrap_or(usize::MAX),
            connection_count_max: connections,
        })
    }
}

/// Raises the limit as far as a program may; returns what it is then.
fn raise_limit() -> u64 {
    const NO_LIMIT: u64 = u64::MAX;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: maximum,
        maximum,
    };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => maximum.unwrap_or(NO_LIMIT),
        // Some systems allow less than they say; then it is as it was.
        Err(_) => current.unwrap_or(NO_LIMIT),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn total(files: Files) -> u64 {
        OWN_MAX + files.store as u64 + files.connection_count_max as u64
    }

    #[test]
    fn connections_get_what_they_are_set_to_where_there_is_enough() {
        let files = Files::share(524_288, 900).unwrap();
        assert_eq!(files.connection_count_max, 900);
        assert_eq!(total(files), 524_288);
    }

    #[test]
    fn the_store_has_its_share_before_connections_have_theirs() {
        for limit in LEAST..2_000 {
            let files = Files::share(limit, 900).unwrap();
            assert!(files.store as u64 >= STORE_MIN, "{files:?}");
            assert!(files.connection_count_max >= 16, "{files:?}");
            assert_eq!(total(files), limit);
        }
    }

    #[test]
    fn without_a_limit_all_get_what_they_want() {
        let files = Files::share(u64::MAX, 60_000).unwrap();
        assert_eq!(files.connection_count_max, 60_000);
        assert_eq!(total(files), u64::MAX);
    }

    #[test]
    fn too_few_are_refused_with_what_to_do() {
        let error = Files::share(LEAST - 1, 1).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("ulimit -n"), "{text}");
        assert_eq!(error.exit(), crate::exit::Exit::Config);
    }
}
