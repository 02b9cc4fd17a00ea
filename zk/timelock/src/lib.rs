//! A secret that opens after a known number of squarings, one after the other.
//!
//! The puzzle of Rivest, Shamir and Wagner (1996). Whoever seals chooses two
//! primes and knows a short way to `base^(2^squarings) mod modulus`; whoever
//! opens does not know the primes, and no way is known but to square, again and
//! again. The result is the key of an authenticated cipher.
//!
//! ```text
//! Sealer::new(rng) ─▶ Sealer::seal(payload, squarings) ─▶ TimeLock ─▶ bytes
//! bytes ─▶ TimeLock::decode ─▶ Opening::new ─▶ run, run, … ─▶ payload
//! ```
//!
//! Invariants:
//! - what opens is exactly what was sealed, or an error: the cipher
//!   authenticates the payload, the number of squarings and the puzzle;
//! - an opening makes at most [`SQUARING_COUNT_MAX`] squarings, in steps of the
//!   caller's choice, and holds its place between them;
//! - no bytes make this crate panic or take memory beyond the bounds.
//!
//! Failure model: whoever sealed may have lied. A lock whose key was never the
//! one of its puzzle costs all its squarings before it is known, and then it is
//! an error ([`OpenError::NotAuthentic`]). Look at [`TimeLock::squarings`]
//! before you begin.
//!
//! What it is worth:
//! - it is a *puzzle*, not a verifiable delay function: whoever sealed can open
//!   at once, and there is no proof for others;
//! - it counts squarings, not seconds. A machine that squares ten times as fast
//!   opens in a tenth of the time, and such machines exist;
//! - it rests on factoring: a quantum computer that factors 2,048 bits opens at
//!   once, and so does whoever learns the primes.
//!
//! What is wiped: the primes and what is one less than each, before
//! [`Sealer::new`] returns; the exponent, the result and the key of the cipher,
//! before [`Sealer::seal`] returns; φ, when the [`Sealer`] is dropped. What is
//! *not*: candidates for primes, intermediate values inside of the arithmetic,
//! and the copies that the compiler leaves where a value is moved. The result
//! of an [`Opening`] is not wiped either: it is no secret to whoever squared.
//!
//! No IO, no clock: randomness comes in as a generator.

mod cipher;
mod error;
mod lock;
mod modulus;
mod opening;
mod sealer;

pub use error::{DecodeError, OpenError, SealError};
pub use lock::{LOCK_BYTES_MAX, PAYLOAD_BYTES_MAX, SQUARING_COUNT_MAX, Squarings, TimeLock};
pub use opening::{Opening, Progress};
pub use sealer::Sealer;
