//! One chain: walked from the oldest block that anybody keeps to the last that
//! anybody has.

use std::sync::Arc;

use pyralog_api::PyralogClient;
use pyralog_primitives::{BlockId, Height, StateRoot};

use super::certificates::Validators;
use super::heads::Heads;
use super::runners::{Runner, ask_all};
use crate::net::names::NodeName;

/// Heights that are held at one time. Lower, and each turn waits for the
/// slowest call; higher, and memory is taken for nothing.
const HEIGHTS_TOGETHER: u64 = 256;

/// What matters of a block that a node shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shown {
    /// How the node calls it.
    id: BlockId,
    /// The hash of the header that the node shows.
    hash: BlockId,
    parent: BlockId,
    /// The state after the parent.
    state_root: StateRoot,
}

/// Walks all heights on all nodes; returns which they were.
pub(super) async fn walk(
    runners: &[Runner],
    heads: &Heads,
    validators: &Arc<Validators>,
) -> Result<String, String> {
    if let Some(contradiction) = heads.contradiction() {
        return Err(contradiction.to_owned());
    }
    let ranges = runners.iter().filter_map(|runner| heads.range(runner.name));
    let oldest = ranges.map(|(oldest, _)| oldest.get().max(1)).min();
    let (first, last) = (oldest.unwrap_or(1), heads.highest().get());
    let mut chain = Chain::default();
    let mut from = first;
    while from <= last {
        let to = last.min(from + HEIGHTS_TOGETHER - 1);
        let heights: Vec<Height> = (from..=to).map(Height::new).collect();
        // Who does not have a height, or no longer, is not asked for it.
        let ranges: Vec<_> = runners
            .iter()
            .map(|runner| (runner.name, heads.range(runner.name)))
            .collect();
        let validators = Arc::clone(validators);
        let ask = move |runner: Runner, height: Height| {
            let validators = Arc::clone(&validators);
            let range = ranges.iter().find(|(name, _)| *name == runner.name);
            let range = range.and_then(|(_, range)| *range);
            async move {
                match range {
                    Some((oldest, last)) if oldest <= height && height <= last => {
                        show(&runner, height, &validators).await
                    }
                    _ => Ok(None),
                }
            }
        };
        for (height, answers) in ask_all(runners, heights, ask).await {
            let mut shown = Vec::new();
            for (node, answer) in answers {
                shown.extend(answer?.map(|block| (node, block)));
            }
            chain.extend(height, &shown, heads)?;
        }
        from = to + 1;
    }
    Ok(if first <= last {
        format!("{first} to {last}")
    } else {
        "none yet".to_owned()
    })
}

/// The block of a height; none if the node has forgotten it meanwhile.
async fn show(
    runner: &Runner,
    height: Height,
    validators: &Validators,
) -> Result<Option<Shown>, String> {
    let name = runner.name;
    let error = match runner.client.block(Some(height)).await {
        Ok(view) => {
            let block = (height, view.block.header.id());
            let signed = validators.check(block, &view.certificate);
            signed.map_err(|wrong| {
                format!(
                    "the certificate of height {height} that {name} shows does not count: {wrong}"
                )
            })?;
            let header = &view.block.header;
            return Ok(Some(Shown {
                id: view.id,
                hash: header.id(),
                parent: header.parent,
                state_root: header.state_root,
            }));
        }
        Err(error) => error,
    };
    let now = runner.client.node_status().await;
    if now.is_ok_and(|status| status.oldest > height) {
        return Ok(None);
    }
    Err(format!(
        "{name} does not show its block of height {height}: {error}"
    ))
}

/// The last block that was walked.
#[derive(Debug, Default)]
struct Chain {
    last: Option<(Height, BlockId)>,
}

impl Chain {
    /// Goes on to what nodes show of the next height; wrong is what does not
    /// fit.
    fn extend(
        &mut self,
        height: Height,
        shown: &[(NodeName, Shown)],
        heads: &Heads,
    ) -> Result<(), String> {
        for (node, block) in shown {
            self.check(height, *node, block, heads)?;
        }
        let Some((first, block)) = shown.first() else {
            // All have forgotten it.
            self.last = None;
            return Ok(());
        };
        if let Some((other, differing)) = shown.iter().find(|(_, other)| other.id != block.id) {
            return Err(format!(
                "at height {height} {first} has block {}, {other} has {}",
                block.id, differing.id
            ));
        }
        self.last = Some((height, block.id));
        Ok(())
    }

    fn check(
        &self,
        height: Height,
        node: NodeName,
        block: &Shown,
        heads: &Heads,
    ) -> Result<(), String> {
        if block.id != block.hash {
            return Err(format!(
                "{node} calls its block of height {height} {}, but its header is that of {}",
                block.id, block.hash
            ));
        }
        if let Some(head) = heads.at(height).filter(|head| head.block != block.id) {
            return Err(format!(
                "at height {height} {node} shows block {}, but {} said that it is {}",
                block.id, head.node, head.block
            ));
        }
        let Some((parent_height, parent)) = self.last else {
            return Ok(());
        };
        if block.parent != parent {
            return Err(format!(
                "the block of height {height} that {node} shows follows {}, not {parent}",
                block.parent
            ));
        }
        let head = heads.at(parent_height);
        match head.filter(|head| head.state_root != block.state_root) {
            None => Ok(()),
            Some(head) => Err(format!(
                "after height {parent_height} the state is {} by the next header, which {node} \
                 shows, but {} said that it is {}",
                block.state_root, head.node, head.state_root
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use pyralog_primitives::Hash;

    use super::super::heads::tests::{status, validator};
    use super::*;

    fn id(byte: u8) -> BlockId {
        BlockId::new(Hash::new([byte; 32]))
    }

    fn state(byte: u8) -> StateRoot {
        StateRoot::new(Hash::new([byte; 32]))
    }

    /// The block of this number, whose parent is the one before.
    fn block(number: u8) -> Shown {
        Shown {
            id: id(number),
            hash: id(number),
            parent: id(number - 1),
            state_root: state(number - 1),
        }
    }

    /// Nodes that say of block 1 what is so.
    fn heads() -> Heads {
        Heads::with(validator(0), status(1, 1, 1))
    }

    fn walk(blocks: &[&[Shown]]) -> Result<(), String> {
        let heads = heads();
        let mut chain = Chain::default();
        for (height, shown) in (1..).zip(blocks) {
            let shown: Vec<_> = (0..).map(validator).zip(shown.iter().copied()).collect();
            chain.extend(Height::new(height), &shown, &heads)?;
        }
        Ok(())
    }

    #[test]
    fn one_chain_is_one_chain() {
        let chain = [1, 2, 3].map(|number| [block(number), block(number)]);
        let chain: Vec<&[Shown]> = chain.iter().map(AsRef::as_ref).collect();
        assert_eq!(walk(&chain), Ok(()));
        // What is forgotten is passed over.
        assert_eq!(walk(&[&[], &[], &[block(3)]]), Ok(()));
    }

    #[test]
    fn whatever_does_not_fit_is_said_with_height_and_node() {
        let with = |change: &dyn Fn(&mut Shown)| {
            let mut changed = block(2);
            change(&mut changed);
            let second = [block(2), changed];
            walk(&[&[block(1)], &second]).unwrap_err()
        };
        let fork = with(&|block| (block.id, block.hash) = (id(9), id(9)));
        assert!(fork.starts_with("at height 2 validator-0 has"), "{fork}");
        let lie = with(&|block| block.hash = id(9));
        assert!(
            lie.starts_with("validator-1 calls its block of height 2"),
            "{lie}"
        );
        let orphan = with(&|block| block.parent = id(9));
        assert!(
            orphan.contains("height 2 that validator-1 shows"),
            "{orphan}"
        );
        let other_state = with(&|block| block.state_root = state(9));
        assert!(other_state.contains("after height 1"), "{other_state}");
        let other_head = walk(&[&[Shown {
            id: id(9),
            hash: id(9),
            ..block(1)
        }]]);
        assert!(other_head.unwrap_err().contains("said that it is"));
    }
}
