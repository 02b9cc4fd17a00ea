//! A key as its verbs show it.

use std::fmt::Display;

use pyralog_primitives::{Address, PublicKey};
use serde::Serialize;

use crate::keyring::StoredKey;
use crate::output::table;

/// The public parts of a key.
#[derive(Serialize)]
pub(super) struct KeyView<'a> {
    pub(super) name: &'a str,
    pub(super) address: Address,
    pub(super) public_key: PublicKey,
    path: Option<String>,
    pub(super) description: &'a str,
    file: String,
}

impl<'a> KeyView<'a> {
    pub(super) fn of(key: &'a StoredKey) -> Self {
        Self {
            name: key.name.as_str(),
            address: key.keystore.address(),
            public_key: key.keystore.public_key(),
            path: key.keystore.path().map(ToString::to_string),
            description: key.keystore.description().as_str(),
            file: key.file.display().to_string(),
        }
    }

    pub(super) fn to_text(&self) -> String {
        let path = self.path.as_deref().unwrap_or("unknown");
        let mut rows: Vec<(&str, &dyn Display)> = vec![
            ("name", &self.name),
            ("address", &self.address),
            ("public key", &self.public_key),
            ("path", &path),
            ("file", &self.file),
        ];
        if !self.description.is_empty() {
            rows.push(("description", &self.description));
        }
        table(&rows)
    }
}
