//! What can be wrong with a time-lock, and who must act.

use crate::lock::{LOCK_BYTES_MAX, PAYLOAD_BYTES_MAX, SQUARING_COUNT_MAX, Squarings};

/// Why nothing was sealed. The caller must change what it asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The payload is too long.
    #[error(
        "the payload has {bytes} bytes; at most {PAYLOAD_BYTES_MAX} are sealed. Seal a key, and encrypt the rest with it"
    )]
    PayloadTooLong {
        /// Bytes of the payload.
        bytes: usize,
    },
    /// Nobody would open it.
    #[error("{squarings} squarings are outside 1 to {SQUARING_COUNT_MAX}")]
    Squarings {
        /// Squarings asked for.
        squarings: Squarings,
    },
}

/// Why bytes are no time-lock. Whoever sent them is to blame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Shorter than any, or longer than any.
    #[error("a time-lock has {min} to {LOCK_BYTES_MAX} bytes; this has {found}")]
    Length {
        /// Bytes of the shortest.
        min: usize,
        /// Bytes found.
        found: usize,
    },
    /// Another format, or none.
    #[error("the time-lock begins with version {found}; known is {known}")]
    Version {
        /// The version known.
        known: u8,
        /// The first byte.
        found: u8,
    },
    /// Nobody opens it, or everybody at once.
    #[error("{squarings} squarings are outside 1 to {SQUARING_COUNT_MAX}")]
    Squarings {
        /// Squarings found.
        squarings: Squarings,
    },
    /// The modulus is even or has fewer than 2,048 bits.
    #[error("the modulus is not an odd number of 2048 bits")]
    Modulus,
    /// Squaring would lead nowhere: 0, 1, or the modulus less 1, or beyond it.
    #[error("the base is not a number from 2 to the modulus less 2")]
    Base,
}

/// Why a lock does not open though the work is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Whoever sealed lied about the puzzle, or the lock was changed since.
    #[error(
        "the result of the squarings is not the key of this lock: it was sealed wrongly, or changed on the way"
    )]
    NotAuthentic,
}
