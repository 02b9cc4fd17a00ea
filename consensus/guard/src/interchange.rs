//! What a guard tells another one, as text: in the manner of EIP-3076.
//!
//! ```json
//! {
//!   "format": "pyralog-guard-interchange",
//!   "version": 1,
//!   "genesis_hash": "…",
//!   "address": "pyr1…",
//!   "signed": [
//!     { "height": "7", "round": "0", "step": "prevote", "signing_root": "…" }
//!   ]
//! }
//! ```
//!
//! An export has the places of the round of the watermark. An import takes any
//! list, and of it the highest round.

use pyralog_consensus::Place;
use pyralog_primitives::{Address, GenesisHash};
use serde::{Deserialize, Serialize};

use crate::error::InterchangeError;
use crate::record::byte_count;
use crate::signed::SignedPlace;

/// A longer text is not read. Lower, and the list of another tool does not fit;
/// higher, and a wrong file fills memory.
pub const INTERCHANGE_BYTES_MAX: usize = 1024 * 1024;
/// The version that is written and read here.
pub const INTERCHANGE_VERSION: u32 = 1;
/// Places in one interchange. Ours have up to four; higher than this, and it is
/// no extract of a guard but a history.
pub const SIGNED_COUNT_MAX: usize = 4096;

const FORMAT: &str = "pyralog-guard-interchange";

/// What was signed with a key on a network, as far as another guard has to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interchange {
    format: String,
    version: u32,
    genesis_hash: GenesisHash,
    address: Address,
    signed: Vec<SignedPlace>,
}

/// What every version begins with.
#[derive(Deserialize)]
struct Beginning {
    format: String,
    version: u32,
}

impl Interchange {
    /// Says that a key has signed in these places.
    pub fn new(
        genesis_hash: GenesisHash,
        address: Address,
        signed: Vec<SignedPlace>,
    ) -> Result<Self, InterchangeError> {
        let interchange = Self {
            format: FORMAT.to_owned(),
            version: INTERCHANGE_VERSION,
            genesis_hash,
            address,
            signed,
        };
        interchange.checked()
    }

    fn checked(self) -> Result<Self, InterchangeError> {
        let found = self.signed.len();
        if found <= SIGNED_COUNT_MAX {
            return Ok(self);
        }
        let max = SIGNED_COUNT_MAX;
        Err(InterchangeError::TooMany { found, max })
    }

    /// On which network.
    pub const fn genesis_hash(&self) -> GenesisHash {
        self.genesis_hash
    }

    /// With which key.
    pub const fn address(&self) -> Address {
        self.address
    }

    /// In which places, in any order.
    pub fn signed(&self) -> &[SignedPlace] {
        &self.signed
    }

    /// The highest of them.
    pub fn watermark(&self) -> Option<Place> {
        self.signed.iter().map(SignedPlace::place).max()
    }

    /// The text, with a line break at its end.
    pub fn to_json(&self) -> String {
        let json = serde_json::to_string_pretty(self);
        json.expect("an interchange is numbers and texts") + "\n"
    }

    /// Reads a text.
    pub fn from_json(text: &[u8]) -> Result<Self, InterchangeError> {
        if text.len() > INTERCHANGE_BYTES_MAX {
            return Err(InterchangeError::TooLong {
                bytes: byte_count(text.len()),
                bytes_max: byte_count(INTERCHANGE_BYTES_MAX),
            });
        }
        let malformed = |error: serde_json::Error| InterchangeError::Malformed {
            problem: error.to_string(),
        };
        let value: serde_json::Value = serde_json::from_slice(text).map_err(malformed)?;
        // Read from the value, in which later versions may have other fields.
        let beginning = Beginning::deserialize(&value).map_err(|_| InterchangeError::NotOurs)?;
        if beginning.format != FORMAT {
            return Err(InterchangeError::NotOurs);
        }
        let (found, ours) = (beginning.version, INTERCHANGE_VERSION);
        if found > ours {
            return Err(InterchangeError::Newer { found, ours });
        }
        // Once more from the text: there a field that stands twice is noticed.
        let interchange: Self = serde_json::from_slice(text).map_err(malformed)?;
        interchange.checked()
    }
}

/// What an import did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// The watermark before.
    pub before: Option<Place>,
    /// The watermark since.
    pub after: Option<Place>,
    /// Where both sides have signed, but not the same: there the key has been
    /// used twice, and the network may punish it. It is taken in all the same,
    /// because not to know is worse.
    pub conflicts: Vec<Place>,
}
