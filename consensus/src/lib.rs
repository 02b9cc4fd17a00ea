//! Which block is next: the seam between engines and what drives them.
//!
//! An engine is a state machine without IO, clock or randomness. It is told
//! what happened ([`Input`]) and says what to do ([`Effect`]); a driver does
//! it, in order, and decides nothing. So one driver serves every engine, and a
//! simulator can stand in for the driver.
//!
//! ```text
//! driver ── Start, Waiting, Timer, Built, Signed ──▶ Engine::step
//!        ◀── SetTimer, Build, Sign, Finalize ──────
//! ```
//!
//! A signature is an effect, because the key may be elsewhere: in a guard that
//! first writes down what it signs, or on another machine.
//!
//! Invariants that every engine keeps:
//! - equal inputs give equal effects;
//! - an input that comes too late, or that nobody asked for, changes nothing;
//! - a block becomes final once at each height, in the order of heights.

mod effect;
mod engine;
mod input;
mod tick;

pub use effect::{Effect, SignRequest, Timer};
pub use engine::Engine;
pub use input::Input;
pub use tick::Tick;
