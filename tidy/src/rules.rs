//! The rules, one per file: each a `check` from a tree to its violations.

pub mod clippy_bans;
pub mod direction;
pub mod links;
pub mod lints;
pub mod machine_paths;
pub mod module_docs;
pub mod orphans;
pub mod placeholders;
pub mod public_integers;
pub mod size;
pub mod unwrap;
pub mod versions;
