//! The key, behind its guard.

use pyralog_consensus::{Place, Statement};
use pyralog_disk::{Disk, DiskError};
use pyralog_guard::{Guard, GuardError, SigningRoot};
use pyralog_primitives::{Address, GenesisHash, Height, SecretKey, Signature};

/// Signs for one validator, and never two things in one place, over any number
/// of restarts.
pub trait Signer {
    /// Whose key it is.
    fn address(&self) -> Address;

    /// Signs what is durable in the log by now: what is returned is never
    /// contradicted, if the log is recalled after a restart.
    fn sign(&mut self, statement: &Statement) -> Result<Signature, SignError>;

    /// Takes in what the log says was to be signed.
    fn recall(&mut self, statement: &Statement) -> Result<(), SignError>;

    /// Makes durable what was signed, so that it is known without the log.
    fn sync(&mut self) -> Result<(), SignError>;

    /// Signs from now on: the node knows how far the chain is.
    fn release(&mut self);

    /// Whether something was signed at a later height: then nothing is signed at
    /// this one any more.
    fn is_past(&self, height: Height) -> bool;

    /// What was signed at a height, as far as it is remembered: the places of
    /// the last round. Without a root it was signed elsewhere.
    fn signed(&self, height: Height) -> Vec<(Place, Option<SigningRoot>)>;
}

/// Why there is no signature.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// It would contradict what was signed before.
    #[error(transparent)]
    Refused(GuardError),
    /// What was signed cannot be made durable. The node stops.
    #[error("the signing guard cannot be written: {0}")]
    Broken(DiskError),
}

impl From<GuardError> for SignError {
    fn from(error: GuardError) -> Self {
        match error {
            GuardError::Disk(error) => Self::Broken(error),
            refusal => Self::Refused(refusal),
        }
    }
}

/// A key of this process, with a guard on its disk.
#[derive(Debug)]
pub struct LocalSigner<D> {
    genesis: GenesisHash,
    key: SecretKey,
    guard: Guard<D>,
}

impl<D: Disk> LocalSigner<D> {
    /// The key, and the guard that was opened for it.
    pub const fn new(genesis: GenesisHash, key: SecretKey, guard: Guard<D>) -> Self {
        Self {
            genesis,
            key,
            guard,
        }
    }
}

impl<D: Disk> Signer for LocalSigner<D> {
    fn address(&self) -> Address {
        self.guard.address()
    }

    fn sign(&mut self, statement: &Statement) -> Result<Signature, SignError> {
        let bytes = statement.sign_bytes(self.genesis);
        let key = &self.key;
        let signed = self
            .guard
            .sign_logged(statement.place(), &bytes, |bytes| key.sign(bytes));
        Ok(signed?)
    }

    fn recall(&mut self, statement: &Statement) -> Result<(), SignError> {
        let root = SigningRoot::of(&statement.sign_bytes(self.genesis));
        Ok(self.guard.recall(statement.place(), root)?)
    }

    fn sync(&mut self) -> Result<(), SignError> {
        Ok(self.guard.sync()?)
    }

    fn release(&mut self) {
        self.guard.release();
    }

    fn is_past(&self, height: Height) -> bool {
        let watermark = self.guard.watermark();
        watermark.is_some_and(|watermark| watermark.height > height)
    }

    fn signed(&self, height: Height) -> Vec<(Place, Option<SigningRoot>)> {
        let signed = self.guard.signed().into_iter();
        let here = signed.filter(|signed| signed.height == height);
        here.map(|signed| (signed.place(), signed.signing_root))
            .collect()
    }
}
