//! What nodes say of their last blocks.

use std::collections::BTreeMap;
use std::time::Duration;

use pyralog_api::{NodeStatus, PyralogClient};
use pyralog_primitives::{BlockId, Height, StateRoot};
use tokio::time::{Instant, sleep};

use super::runners::{Runner, ask_all};
use crate::net::names::NodeName;

/// How often one looks. Each look is remembered if it shows a new block, so
/// this bounds what is held: ten of each node in a second.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// A block that was the last one of a node, and the state after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) node: NodeName,
    pub(super) block: BlockId,
    pub(super) state_root: StateRoot,
}

/// What each node said last, and all heads that any of them had.
#[derive(Debug, Default)]
pub(super) struct Heads {
    last: BTreeMap<NodeName, NodeStatus>,
    seen: BTreeMap<Height, Head>,
    contradiction: Option<String>,
}

impl Heads {
    /// Asks all once. Wrong is who does not answer.
    pub(super) async fn ask(&mut self, runners: &[Runner]) -> Result<(), String> {
        let ask = |runner: Runner, ()| async move { runner.client.node_status().await };
        let mut silent = Vec::new();
        for (node, answer) in ask_all(runners, vec![()], ask).await.remove(0).1 {
            match answer {
                Ok(status) => self.note(node, status),
                Err(error) => silent.push(format!("{node} does not answer: {error}")),
            }
        }
        if silent.is_empty() {
            Ok(())
        } else {
            Err(silent.join("; "))
        }
    }

    /// Asks until all have reached a height, and no longer than until the end.
    pub(super) async fn all_reach(
        &mut self,
        height: Height,
        runners: &[Runner],
        end: Instant,
    ) -> Result<(), String> {
        loop {
            if self.behind(height).is_empty() {
                return Ok(());
            }
            let is_over = Instant::now() >= end;
            let asked = self.ask(runners).await;
            let behind = self.behind(height);
            match asked {
                Err(silent) if is_over => return Err(silent),
                Ok(()) if is_over && !behind.is_empty() => return Err(behind.join("; ")),
                _ => sleep(LOOK_AGAIN).await,
            }
        }
    }

    fn behind(&self, height: Height) -> Vec<String> {
        let behind = self
            .last
            .iter()
            .filter(|(_, status)| status.height < height);
        let behind = behind.map(|(node, status)| format!("{node} is at {}", status.height));
        behind.collect()
    }

    fn note(&mut self, node: NodeName, status: NodeStatus) {
        let head = Head {
            node,
            block: status.block,
            state_root: status.state_root,
        };
        let first = *self.seen.entry(status.height).or_insert(head);
        if (first.block, first.state_root) != (head.block, head.state_root) {
            let (height, first_node) = (status.height, first.node);
            self.contradiction.get_or_insert_with(|| {
                format!(
                    "at height {height} {first_node} has block {} and state {}, \
                     {node} has block {} and state {}",
                    first.block, first.state_root, head.block, head.state_root
                )
            });
        }
        self.last.insert(node, status);
    }

    /// The highest height that any node has.
    pub(super) fn highest(&self) -> Height {
        let heights = self.last.values().map(|status| status.height);
        heights.max().unwrap_or(Height::new(0))
    }

    /// What a node has: from the lowest height that it keeps to its last.
    pub(super) fn range(&self, node: NodeName) -> Option<(Height, Height)> {
        let status = self.last.get(&node)?;
        Some((status.oldest, status.height))
    }

    /// The head that some node had at a height.
    pub(super) fn at(&self, height: Height) -> Option<&Head> {
        self.seen.get(&height)
    }

    /// What two nodes said differently of one height, if they did.
    pub(super) fn contradiction(&self) -> Option<&str> {
        self.contradiction.as_deref()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use pyralog_primitives::Hash;

    use super::*;
    use crate::net::names::Role;

    pub(crate) fn status(height: u64, block: u8, state: u8) -> NodeStatus {
        let hash = |byte| Hash::new([byte; 32]).to_string();
        let view = serde_json::json!({
            "version": "0.1.0",
            "chain_id": "dev-net",
            "genesis": hash(0),
            "consensus": "pbft",
            "height": height.to_string(),
            "block": hash(block),
            "time": "0",
            "state_root": hash(state),
            "oldest": "0",
            "syncing": false,
            "peers": 3,
            "pending": 0,
            "base_fee": "100",
            "validator": null,
        });
        serde_json::from_value(view).unwrap()
    }

    impl Heads {
        /// One node said this, and no other said anything.
        pub(crate) fn with(node: NodeName, status: NodeStatus) -> Self {
            let mut heads = Self::default();
            heads.note(node, status);
            heads
        }
    }

    pub(crate) fn validator(number: u8) -> NodeName {
        NodeName::new(Role::Validator, number)
    }

    #[test]
    fn two_states_after_one_block_are_a_contradiction() {
        for (block, state, is_wrong) in [(1, 1, false), (2, 1, true), (1, 2, true)] {
            let mut heads = Heads::default();
            heads.note(validator(0), status(5, 1, 1));
            heads.note(validator(1), status(6, 7, 7));
            heads.note(validator(1), status(5, block, state));
            let found = heads.contradiction().is_some_and(|text| {
                text.contains("at height 5 validator-0") && text.contains("validator-1 has")
            });
            assert_eq!(found, is_wrong);
        }
    }

    #[test]
    fn who_is_behind_is_named() {
        let mut heads = Heads::default();
        heads.note(validator(0), status(5, 1, 1));
        heads.note(validator(1), status(4, 2, 2));
        assert_eq!(heads.highest(), Height::new(5));
        assert_eq!(heads.behind(Height::new(5)), ["validator-1 is at 4"]);
        assert!(heads.behind(Height::new(4)).is_empty());
        assert_eq!(heads.behind(Height::new(6)).len(), 2);
    }
}
