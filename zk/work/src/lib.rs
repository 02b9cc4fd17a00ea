//! Work as proof: puzzles for clients, and the arithmetic of difficulty.
//!
//! Two things that share one measure, a 256-bit target:
//! - a server that is asked for something costly asks for work first
//!   ([`Challenger`]), and a client finds it ([`Search`]);
//! - a chain of blocks is as heavy as the work its targets stand for
//!   ([`Work`]), and the target follows the pace of blocks ([`retarget()`]).
//!
//! Invariants:
//! - a solution is bound to network, client, request, target, expiry and a
//!   nonce that only the server can make, so that nothing is worked out ahead
//!   and nothing is carried to another server or request;
//! - each solution is accepted once: it is remembered until it expires, and
//!   where there is no room to remember it, it is refused;
//! - checking costs at most [`CHECK_COMPRESSIONS`] compressions of BLAKE3
//!   whatever is sent, and one look into a bounded set;
//! - a target has one compact form, and no arithmetic here overflows.
//!
//! Failure model: everything that comes from a client is hostile. The clock is
//! an input and may go back; what was forgotten as expired stays expired, and
//! what is asked for afterwards expires by the latest time ever seen. Whoever
//! solves as many cheap puzzles as are remembered ([`REPLAY_COUNT_MAX`] at most)
//! fills the memory and shuts all others out until they expire: the target must
//! make that dear, or there must be a share for each client in front of it.
//!
//! What it is worth: twenty bits are estimated to take a core some tenths of a
//! second, and a graphics card a thousandth of that. It makes floods cost
//! something. It does not tell persons apart, and it is no measure of who is
//! honest.
//!
//! No IO, no clock, no randomness: secrets and times come in. A search runs in
//! steps, so that whoever drives it can stop.

mod challenge;
mod compact;
mod puzzle;
mod replay;
mod retarget;
mod search;
mod target;
mod total;

pub use challenge::{
    CHECK_COMPRESSIONS, Challenge, Challenger, ChallengerSecret, Client, LIFETIME_MAX, Refusal,
    ServerNonce, Solution,
};
pub use compact::{Compact, CompactError};
pub use puzzle::{Epoch, NotEnoughWork, Puzzle, Seed, Subject};
pub use replay::REPLAY_COUNT_MAX;
pub use retarget::{RETARGET_FACTOR_MAX, RetargetError, retarget};
pub use search::{Progress, Search, StepCount};
pub use target::{Target, TargetError};
pub use total::Work;
