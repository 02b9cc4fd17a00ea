//! The names of the column families.

use std::fmt;

/// One sorted map on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// Height: the block.
    Blocks,
    /// Height: the certificate of the block.
    Certificates,
    /// Height: the receipts of the block.
    Receipts,
    /// Block id: its height.
    BlockIds,
    /// Transaction id: where it is.
    Transactions,
    /// Term and height: the transactions with such an event.
    Events,
    /// Key of the state: its value now.
    State,
    /// Key of the state and height: the value before that height.
    Versions,
    /// Height: the keys of the state that it changed.
    Changes,
    /// Height: the root of the state after it.
    Roots,
    /// What is true of the whole store.
    Meta,
}

impl Family {
    /// All families.
    pub const ALL: [Self; 11] = [
        Self::Blocks,
        Self::Certificates,
        Self::Receipts,
        Self::BlockIds,
        Self::Transactions,
        Self::Events,
        Self::State,
        Self::Versions,
        Self::Changes,
        Self::Roots,
        Self::Meta,
    ];

    /// The name on disk.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Blocks => "blocks",
            Self::Certificates => "certificates",
            Self::Receipts => "receipts",
            Self::BlockIds => "block_ids",
            Self::Transactions => "transactions",
            Self::Events => "events",
            Self::State => "state",
            Self::Versions => "versions",
            Self::Changes => "changes",
            Self::Roots => "roots",
            Self::Meta => "meta",
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
