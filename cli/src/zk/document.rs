//! Claims, witnesses and verifying keys as JSON documents.
//!
//! ```json
//! { "document": "claim", "version": 1, "statement": "sealed-bid", "content": { … } }
//! ```
//!
//! The head is read first: a document of another kind, version or statement is told
//! by name, and not by the first field that does not fit.
//!
//! Invariant: an error says where and what is expected, and never the value that
//! stands there, which may be a secret; of a number at most the first character
//! that is no digit.

use std::path::Path;

use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use serde_json::error::Category;
use zeroize::Zeroizing;

use super::catalog::Known;
use crate::error::CliError;
use crate::input;
use crate::output::Console;

/// A claim has a few hundred bytes; more is another file. Fewer than a thousand,
/// and that of a transfer does not fit.
pub(crate) const CLAIM_BYTES_MAX: usize = 64 * 1024;

/// Lower, and the longest batch (131,072 records of some 150 bytes) has no witness;
/// higher, and a wrong file fills the memory.
pub(crate) const WITNESS_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A verifying key with four places has 784 hex digits; the most is about 5,000.
pub(crate) const KEY_BYTES_MAX: usize = 16 * 1024;

/// The version that this program reads and writes.
const VERSION: u16 = 1;

/// What a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    Claim,
    Witness,
    VerifyingKey,
}

impl Kind {
    const fn bytes_max(self) -> usize {
        match self {
            Self::Claim => CLAIM_BYTES_MAX,
            Self::Witness => WITNESS_BYTES_MAX,
            Self::VerifyingKey => KEY_BYTES_MAX,
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Claim => "claim",
            Self::Witness => "witness",
            Self::VerifyingKey => "verifying key",
        }
    }
}

/// A document: its head, and what it holds.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Document<T> {
    #[serde(rename = "document")]
    kind: Kind,
    version: u16,
    statement: Known,
    content: T,
}

/// Why a file is not the document that is needed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DocumentFault {
    #[error("line {line}, column {column}: {problem}")]
    Form {
        line: usize,
        column: usize,
        problem: String,
    },
    #[error("it is a {}, and a {} is needed", found.name(), needed.name())]
    OtherKind { needed: Kind, found: Kind },
    #[error("it is of version {found}, and this program reads version {VERSION}: get a newer one")]
    OtherVersion { found: u16 },
    #[error("it is one of {found}, and one of {needed} is needed")]
    OtherStatement { needed: Known, found: Known },
}

/// A file that was read and has the head of a document.
pub(crate) struct Opened {
    /// How messages call it.
    pub(crate) name: String,
    pub(crate) statement: Known,
    bytes: Zeroizing<Vec<u8>>,
}

impl Opened {
    /// Reads a file, or standard input, as far as its head.
    pub(crate) fn read(console: &Console, path: &Path, kind: Kind) -> Result<Self, CliError> {
        let bytes = input::read(console, path, kind.bytes_max())?;
        let name = input::shown(path);
        match head(&bytes, kind) {
            Ok(statement) => Ok(Self {
                name,
                statement,
                bytes,
            }),
            Err(problem) => Err(CliError::document(name, problem)),
        }
    }

    /// The same, of a statement that is known.
    pub(crate) fn read_of(
        console: &Console,
        path: &Path,
        kind: Kind,
        needed: Known,
    ) -> Result<Self, CliError> {
        let opened = Self::read(console, path, kind)?;
        let found = opened.statement;
        if found == needed {
            return Ok(opened);
        }
        let problem = DocumentFault::OtherStatement { needed, found };
        Err(CliError::document(opened.name, problem))
    }

    /// What it holds.
    pub(crate) fn content<T: DeserializeOwned>(&self) -> Result<T, CliError> {
        let document = serde_json::from_slice::<Document<T>>(&self.bytes);
        document
            .map(|document| document.content)
            .map_err(|error| CliError::document(self.name.clone(), fault(&error)))
    }
}

/// Reads the head of a document, and its form to the end.
fn head(bytes: &[u8], needed: Kind) -> Result<Known, DocumentFault> {
    let head: Document<IgnoredAny> =
        serde_json::from_slice(bytes).map_err(|error| fault(&error))?;
    let found = head.kind;
    if found != needed {
        return Err(DocumentFault::OtherKind { needed, found });
    }
    if head.version != VERSION {
        let found = head.version;
        return Err(DocumentFault::OtherVersion { found });
    }
    Ok(head.statement)
}

/// What the reader of JSON says, without the value that it says it of.
fn fault(error: &serde_json::Error) -> DocumentFault {
    let text = error.to_string();
    let sentence = text.split(" at line ").next().unwrap_or(&text);
    let echoes = ["invalid type", "invalid value"];
    let is_echo = echoes.iter().any(|echo| sentence.starts_with(echo));
    let problem = match error.classify() {
        Category::Data if is_echo => "a value of another kind is expected here".to_owned(),
        Category::Eof => "it ends too soon".to_owned(),
        _ => sentence.to_owned(),
    };
    DocumentFault::Form {
        line: error.line(),
        column: error.column(),
        problem,
    }
}

/// The text of a document.
pub(crate) fn write<T: Serialize>(kind: Kind, statement: Known, content: &T) -> String {
    let document = Document {
        kind,
        version: VERSION,
        statement,
        content,
    };
    let text = serde_json::to_string_pretty(&document);
    text.expect("memory accepts every byte, and the data has text keys only") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head_of(text: &str) -> Result<Known, DocumentFault> {
        head(text.as_bytes(), Kind::Claim)
    }

    fn form_of(text: &str) -> (usize, String) {
        match head_of(text) {
            Err(DocumentFault::Form { line, problem, .. }) => (line, problem),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_document_is_read_back_and_others_are_told_by_their_head() {
        let text = write(Kind::Claim, Known::SealedBid, &[1, 2]);
        assert_eq!(head_of(&text), Ok(Known::SealedBid));
        let witness = write(Kind::Witness, Known::SealedBid, &());
        let (needed, found) = (Kind::Claim, Kind::Witness);
        let refused = Err(DocumentFault::OtherKind { needed, found });
        assert_eq!(head_of(&witness), refused);
        let newer = text.replace("\"version\": 1", "\"version\": 2");
        let refused = Err(DocumentFault::OtherVersion { found: 2 });
        assert_eq!(head_of(&newer), refused);
    }

    #[test]
    fn a_fault_has_a_place_and_no_value() {
        assert_eq!(form_of("{\n\"docu"), (2, "it ends too soon".to_owned()));
        let text = write(Kind::Claim, Known::SealedBid, &());
        let (line, problem) = form_of(&text.replace("sealed-bid", "closed-bid"));
        assert_eq!(line, 4);
        assert!(problem.starts_with("unknown variant"), "{problem}");
        let secret = text.replace("1,", "\"hunter2\",");
        let expected = "a value of another kind is expected here";
        assert_eq!(form_of(&secret), (3, expected.to_owned()));
        let twice = text.replace("\"version\": 1,", "\"version\": 1, \"version\": 1,");
        assert_eq!(form_of(&twice).1, "duplicate field `version`");
        assert!(form_of(&(text + "x")).1.contains("trailing characters"));
    }
}
