//! The chain's things in words for people.
//!
//! What strangers wrote is shown only if it cannot move a terminal's cursor or
//! turn the text around it.

mod bytes;
mod event;
mod reason;
mod status;

pub(crate) use bytes::{EntryKey, harmless, key_text, value_line, value_text};
pub(crate) use event::{EventText, attributes};
pub(crate) use reason::{failure_sentence, hint};
pub(crate) use status::{Row, receipt_rows, rows_text, standing, status_rows, unheard_of};
