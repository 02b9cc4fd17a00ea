//! The guard on a disk that crashes, fails and rots, and against outside
//! vectors.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod damage;
mod eip3076;
mod faults;
mod format;
mod interchange;
mod lives;
mod signing;

use std::sync::LazyLock;

use pyralog_consensus::{Place, Step};
use pyralog_disk::MemoryDisk;
use pyralog_guard::{Found, Guard, GuardError, OpenError};
use pyralog_primitives::{
    Address, GenesisHash, Hash, Height, PublicKey, Round, SecretKey, SignBytes, Signature,
};

/// The network of the tests.
fn genesis() -> GenesisHash {
    GenesisHash::new(Hash::new([7; 32]))
}

fn secret() -> &'static SecretKey {
    static SECRET: LazyLock<SecretKey> = LazyLock::new(|| SecretKey::from_seed(&[3; 32]));
    &SECRET
}

fn address() -> Address {
    secret().public_key().address()
}

fn other_address() -> Address {
    PublicKey::new([9; 32]).address()
}

fn place(height: u64, round: u32, step: Step) -> Place {
    Place {
        height: Height::new(height),
        round: Round::new(round),
        step,
    }
}

fn open(disk: &MemoryDisk) -> Result<(Guard<MemoryDisk>, Found), OpenError> {
    Guard::open(disk.clone(), genesis(), address())
}

/// A guard that signs.
fn released(disk: &MemoryDisk) -> Guard<MemoryDisk> {
    let (mut guard, _) = open(disk).unwrap();
    guard.release();
    guard
}

/// Signs a text with the real key.
fn sign(guard: &mut Guard<MemoryDisk>, place: Place, text: &str) -> Result<Signature, GuardError> {
    let bytes = SignBytes::text(text.as_bytes());
    guard.sign(place, &bytes, |bytes| secret().sign(bytes))
}

/// The signature that is expected for a text.
fn signature(text: &str) -> Signature {
    secret().sign(&SignBytes::text(text.as_bytes()))
}
