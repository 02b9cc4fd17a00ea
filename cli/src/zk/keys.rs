//! Keys of circuits as files: the proving key, and its verifying half.

use std::path::Path;

use pyralog_primitives::text::{decode_hex, encode_hex};
use pyralog_setup::{CircuitKey, DevCircuit, KEY_FILE_BYTES_MAX};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::catalog::Known;
use super::document::{self, Kind, Opened};
use super::error::ZkError;
use crate::error::CliError;
use crate::files;
use crate::output::Console;

/// What stands in each verifying key for development.
const UNSAFE: &str = "UNSAFE: made from a public seed, so everybody forges proofs for it. Only \
                      networks whose chain id begins with dev- take it";

/// The bytes of a proving key, not yet looked at.
pub(crate) struct ProvingKeyFile {
    bytes: Zeroizing<Vec<u8>>,
    statement: Known,
    circuit: DevCircuit,
    path: std::path::PathBuf,
}

impl ProvingKeyFile {
    pub(crate) fn read(
        path: &Path,
        statement: Known,
        circuit: DevCircuit,
    ) -> Result<Self, CliError> {
        Ok(Self {
            bytes: files::read(path, KEY_FILE_BYTES_MAX)?,
            statement,
            circuit,
            path: path.to_owned(),
        })
    }

    /// Reads the key. Takes some seconds for the largest.
    pub(crate) fn key(self) -> Result<CircuitKey, ZkError> {
        let key = CircuitKey::from_unsafe_file(&self.bytes, self.circuit);
        key.map_err(|problem| ZkError::KeyFile {
            path: self.path,
            statement: self.statement,
            problem,
        })
    }
}

/// The content of the document of a verifying key.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct VerifyingKeyContent {
    /// For whoever reads the file; what the gate goes by is the hash of the key.
    warning: String,
    /// As the registry names it by its hash.
    key: Hex,
}

/// Bytes as hex.
struct Hex(Vec<u8>);

impl Serialize for Hex {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&encode_hex(&self.0))
    }
}

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = decode_hex(&text).map_err(serde::de::Error::custom)?;
        Ok(Self(bytes))
    }
}

/// The document of the verifying half of a key.
pub(crate) fn verifying_document(statement: Known, key: &CircuitKey) -> String {
    let content = VerifyingKeyContent {
        warning: UNSAFE.to_owned(),
        key: Hex(key.verifying_bytes()),
    };
    document::write(Kind::VerifyingKey, statement, &content)
}

/// The bytes of a verifying key, as the gate takes them.
pub(crate) fn read_verifying(
    console: &Console,
    path: &Path,
    statement: Known,
) -> Result<Vec<u8>, CliError> {
    let opened = Opened::read_of(console, path, Kind::VerifyingKey, statement)?;
    let content: VerifyingKeyContent = opened.content()?;
    Ok(content.key.0)
}
