//! Keeps one validator key from signing two things in one place.
//!
//! A [`Place`](pyralog_consensus::Place) is height, round and step, in this order. A [`Guard`] stands
//! before the key: nothing is signed but through it, and it remembers what was.
//!
//! ```text
//! Guard::open ─▶ recall ─▶ release ─▶ sign(place, bytes) ─▶ the signature
//! ```
//!
//! Invariant: whatever the order of signing, crashes, restarts and imports, the
//! signatures that one guard ever returns at one place are over the same bytes.
//!
//! How it is kept:
//! - the highest place that was signed is the *watermark*. Above it anything is
//!   signed; below it nothing;
//! - in the round of the watermark all steps are remembered, with what was
//!   signed and the signature: asked for the same bytes again, the guard returns
//!   that signature, which a validator that comes back sends once more. Other
//!   bytes are refused;
//! - what is to be returned is durable first: here, or in a log of the caller,
//!   who then takes it over from there after a restart
//!   ([`Guard::sign_logged`], [`Guard::recall`]), so that a signature waits for
//!   one disk and not for two. After a failed write or sync nothing is signed
//!   any more;
//! - a guard starts held, and signs only once it is [released](Guard::release):
//!   a node that has just started does not know yet how far the chain is, and
//!   has nothing to say about heights that others have decided. To forget a
//!   release costs some votes; to forget a hold could cost the stake.
//!
//! The file names the network and the key it is for, and no other guard opens
//! it. It is no part of the chain's data: a store can be thrown away and synced
//! again, a guard cannot. It must never be restored from a copy, which would
//! bring back an earlier watermark; to move a key, export its [`Interchange`]
//! and import that, which only ever raises.
//!
//! Failure model: processes end and power goes at any moment. All that is on
//! disk stands there twice, so that one changed byte, wherever it is, loses
//! nothing and is mended. Where no copy of something durable is whole, the guard
//! is refused, never begun anew. Only of the last four records may both copies
//! be broken: they were being written when the power went, and nobody has their
//! signatures, or the log of the caller has what they were over. So out of sight
//! are a disk that changes both copies of the last record, a log that loses its
//! end with the same loss of power that takes the end of the guard, and what
//! happens without the guard: the same key in two places, or a file that was
//! deleted or put back. [`Found::is_new`] says whether there was a file.
//!
//! This is the *minimal* strategy of EIP-3076: to keep only the watermark
//! refuses some harmless signatures at old heights, which no engine asks for.

mod error;
mod guard;
mod interchange;
mod location;
mod place;
mod record;
mod signed;

pub use error::{Damage, GuardError, ImportError, InterchangeError, OpenError};
pub use guard::{Found, Guard};
pub use interchange::{
    INTERCHANGE_BYTES_MAX, INTERCHANGE_VERSION, Imported, Interchange, SIGNED_COUNT_MAX,
};
pub use location::{GUARD_DIRECTORY, GUARD_FILE_ENDING, guard_file};
pub use place::PlaceText;
pub use record::FILE_BYTES_MAX;
pub use signed::{SignedPlace, SigningRoot};
