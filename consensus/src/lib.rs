//! Which block is next: the seam between engines and what drives them.
//!
//! An engine is a state machine without IO, clock or randomness. It is told
//! what happened ([`Input`]) and says what to do ([`Effect`]); a driver does
//! it, in order, and decides nothing. So one driver serves every engine, and a
//! simulator can stand in for the driver.
//!
//! ```text
//! driver ── Start, Message, Timer, Built, Checked, Signed … ──▶ Engine::step
//!        ◀── Persist, Sign, Broadcast, SetTimer, Build, Check, Finalize … ──
//! ```
//!
//! A signature is an effect, because the key may be elsewhere: in a guard that
//! first writes down what it signs, or on another machine. What an engine is
//! about to sign it first lets the driver [persist](Effect::Persist), so that a
//! validator which falls and comes back never says the opposite.
//!
//! Around the seam stands what engines share: [`Message`] and how it is
//! [verified](Verified), [`QuorumCertificate`], and the [rotation](proposer) of
//! proposers.
//!
//! Invariants that every engine keeps:
//! - equal inputs give equal effects;
//! - an input that comes too late, or that nobody asked for, changes nothing;
//! - a block becomes final once at each height, in the order of heights;
//! - whatever is sent, and however much, it holds bounded memory.

mod ahead;
mod effect;
mod engine;
mod input;
mod message;
mod quorum;
mod record;
mod rotation;
mod statement;
mod tick;
mod verify;

pub use ahead::{AHEAD_COUNT_MAX, Ahead};
pub use effect::{Abstention, Effect, Timer};
pub use engine::Engine;
pub use input::{Input, Start};
pub use message::{
    Justification, Message, MessageError, Proposal, RoundCertificate, RoundEnd, ViewChange,
};
pub use quorum::QuorumCertificate;
pub use record::Record;
pub use rotation::{Turn, proposer};
pub use statement::{Place, Statement, Step};
pub use tick::Tick;
pub use verify::{Claim, Ed25519, Verified, Verifier, verify_certificate};
