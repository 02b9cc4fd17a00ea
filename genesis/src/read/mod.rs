//! From TOML to a draft.
//!
//! Everything that can be said of a value on its own is said here: whether the
//! key exists, whether the type is right, whether the text has the form it
//! must have. What needs more than one value is the business of the rules.

mod dots;
mod fields;
mod section;
mod source;
mod suggest;

pub(crate) use fields::read;
pub(crate) use section::TEXT_BYTES_MAX;
pub(crate) use source::Document;
pub use source::GENESIS_BYTES_MAX;
