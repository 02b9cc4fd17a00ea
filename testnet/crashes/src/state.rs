//! The disk between two operations: what is durable, and what is still pending.
//!
//! A file has durable bytes and the operations on it since its last sync, a
//! folder the same with names. Copies share everything that did not change.

use std::collections::{BTreeMap, VecDeque};
use std::ffi::OsString;
use std::sync::Arc;

use crate::content::Content;
use crate::operation::{NodeId, Operation};

/// The names of a folder.
pub(crate) type Names = BTreeMap<OsString, NodeId>;

/// What a node holds once everything pending is durable.
#[derive(Clone, Debug)]
pub(crate) enum Durable {
    File(Arc<Content>),
    Folder(Names),
}

impl Durable {
    pub(crate) fn empty_file() -> Self {
        Self::File(Arc::default())
    }

    pub(crate) fn empty_folder() -> Self {
        Self::Folder(Names::new())
    }
}

/// A file or folder.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) durable: Durable,
    /// Positions in the journal, ascending.
    pub(crate) pending: VecDeque<usize>,
}

/// All nodes that the recording ever saw; those without a name do not show.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    nodes: Vec<Arc<Node>>,
}

impl State {
    pub(crate) fn add(&mut self, durable: Durable) -> NodeId {
        let pending = VecDeque::new();
        self.nodes.push(Arc::new(Node { durable, pending }));
        NodeId(self.nodes.len() - 1)
    }

    pub(crate) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0]
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..self.nodes.len()).map(NodeId)
    }

    /// Gives a folder a name that is durable from the start.
    pub(crate) fn name(&mut self, folder: NodeId, name: OsString, leads_to: Option<NodeId>) {
        let Durable::Folder(names) = &mut self.node_mut(folder).durable else {
            return;
        };
        match leads_to {
            Some(node) => names.insert(name, node),
            None => names.remove(&name),
        };
    }

    /// Carries out the operation at `at`.
    pub(crate) fn apply(&mut self, journal: &[Operation], at: usize) {
        match &journal[at] {
            Operation::Mark(_) => {}
            Operation::Sync(node) => self.settle(journal, *node),
            Operation::SyncAll => self.settle_all(journal),
            _ => self.pend(journal, at),
        }
    }

    /// Notes that the operation at `at` may or may not outlive a power cut.
    pub(crate) fn pend(&mut self, journal: &[Operation], at: usize) {
        let operation = &journal[at];
        let folders = operation.changes().iter().map(|change| change.folder);
        for node in operation.file().into_iter().chain(folders) {
            let pending = &mut self.node_mut(node).pending;
            // A rename inside of one folder changes two names there.
            if pending.back() != Some(&at) {
                pending.push_back(at);
            }
        }
    }

    pub(crate) fn settle_all(&mut self, journal: &[Operation]) {
        for node in self.ids() {
            self.settle(journal, node);
        }
    }

    /// Makes durable what is pending on `id`.
    fn settle(&mut self, journal: &[Operation], id: NodeId) {
        if self.node(id).pending.is_empty() {
            return;
        }
        let node = self.node_mut(id);
        match &mut node.durable {
            Durable::File(content) => {
                let content = Arc::make_mut(content);
                for at in node.pending.drain(..) {
                    write_whole(content, &journal[at]);
                }
            }
            Durable::Folder(_) => self.settle_names(journal, id, journal.len()),
        }
    }

    /// Makes durable the changes of names in `folder` before position `before`.
    ///
    /// A rename between two folders drags along what came before it in the
    /// other one. Each step down is to an earlier position, so it ends.
    fn settle_names(&mut self, journal: &[Operation], folder: NodeId, before: usize) {
        while let Some(first) = self.node(folder).pending.front().copied() {
            if first >= before {
                return;
            }
            let changes = journal[first].changes();
            for change in changes {
                self.settle_names(journal, change.folder, first);
            }
            for change in changes {
                let pending = &mut self.node_mut(change.folder).pending;
                if pending.front() == Some(&first) {
                    pending.pop_front();
                }
                self.name(change.folder, change.name.clone(), change.leads_to);
            }
        }
    }

    fn node_mut(&mut self, id: NodeId) -> &mut Node {
        Arc::make_mut(&mut self.nodes[id.0])
    }
}

/// Carries out an operation on a file in full.
pub(crate) fn write_whole(content: &mut Content, operation: &Operation) {
    match operation {
        Operation::Write { offset, bytes, .. } => content.write(*offset, bytes),
        Operation::Resize { length, .. } => content.resize(*length),
        Operation::Extend { length, .. } => content.extend(*length),
        Operation::Clear { offset, length, .. } => content.clear(*offset, *length),
        Operation::Names(_) | Operation::Sync(_) | Operation::SyncAll | Operation::Mark(_) => {}
    }
}
