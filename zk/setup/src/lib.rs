//! Keys of circuits: for development from a public seed, or from a ceremony
//! elsewhere; and proofs made with them.
//!
//! A circuit of Groth16 needs a key of its own, and whoever knows the secrets from
//! which a key was made forges proofs for it. So there are two kinds:
//!
//! ```text
//! unsafe_setup(DevCircuit) ───────────────────────────────┐
//! Constraints::of ─▶ to_r1cs ─▶ a ceremony with snarkjs ─┐ ├─▶ CircuitKey ─▶ prove
//!                                    import(zkey) ◀──────┘─┘
//! ```
//!
//! - **unsafe**: made from a seed that everybody knows, so that everybody has the
//!   same key, and everybody forges. They are for development. The gate for proofs
//!   holds a list of them and refuses them on every network whose chain id does not
//!   begin with `dev-`, see
//!   [`UNSAFE_KEYS`](pyralog_zk::groth16::UNSAFE_KEYS). No setting lifts that, and
//!   there is no way here to make another key from the public seed;
//! - **of a ceremony**: several people contribute, and one honest of them is
//!   enough. The ceremony is that of snarkjs, over the constraints in iden3's
//!   format. Its result is read here.
//!
//! Invariants:
//! - a circuit has a hash ([`CircuitHash`]), over all its constraints. A test
//!   compares it with the one recorded for each key, so that a changed circuit does
//!   not ship with an old key;
//! - a proof that does not hold for its own key is not handed out;
//! - no bytes of a zkey or of a key file make this crate panic, or take memory beyond a few times
//!   their length.
//!
//! What reading a zkey does *not* show: that the ceremony was honest, that
//! anybody took part in it, and that the points of the key are those of the
//! circuit. `snarkjs zkey verify` shows the last from the first phase and the
//! constraints, and its list of contributions is for people to compare. Compared
//! here are the constraints that a zkey holds (two of three matrices; the third is
//! only in its points), and a proof made with it for one witness.
//!
//! No IO, no clock: randomness comes in. Proofs are made on the thread of the
//! caller, and take as long as they take.

mod circom;
mod constraints;
mod key;
mod key_file;
mod r1cs;
mod unsafe_setup;
mod zkey;
mod zkey_reader;

pub use constraints::{CircuitHash, Constraints};
pub use key::{CircuitKey, ProveError};
pub use key_file::{KEY_FILE_BYTES_MAX, KeyFileError};
pub use unsafe_setup::{DevCircuit, DevRecord, unsafe_setup};
pub use zkey::{ImportError, import};
pub use zkey_reader::ZkeyFault;

#[cfg(test)]
mod import_tests;
#[cfg(test)]
mod tests;
