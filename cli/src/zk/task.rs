//! What is to be proved, with all that it takes, and how far it has come.

use std::fmt;

use pyralog_setup::{CircuitKey, ProveError};
use pyralog_zk::groth16::PROOF_BYTES;
use pyralog_zk::quorum::QuorumCircuit;
use pyralog_zk::sealed_bid::SealedBidCircuit;
use pyralog_zk::stark::append::{self, Lead, Record};
use pyralog_zk::stark::linkage::{self, Header, Point};
use pyralog_zk::stark::{self, Inclusion, StarkError, TreeDigest};
use pyralog_zk::transfer::TransferCircuit;
use pyralog_zk::watch::{Step, Watch};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

/// Bytes of randomness that a proof of Groth16 takes.
const SEED_BYTES: usize = 32;

/// A claim that is so, with what shows it.
pub(crate) enum Task {
    Snark(SnarkTask),
    Stark(StarkTask),
}

/// A circuit with what fulfils it.
pub(crate) enum SnarkTask {
    Transfer(Box<TransferCircuit>),
    SealedBid(Box<SealedBidCircuit>),
    Quorum(QuorumCircuit),
}

/// What fills a trace.
pub(crate) enum StarkTask {
    Inclusion(Inclusion, Vec<TreeDigest>),
    Append(Lead, Vec<Record>),
    Linkage(Point, Vec<Header>),
}

/// Why there is no proof of what is so.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProveFault {
    #[error(transparent)]
    Snark(ProveError),
    #[error(transparent)]
    Inclusion(stark::ProveError),
    #[error(transparent)]
    Append(append::ProveError),
    #[error(transparent)]
    Linkage(linkage::ProveError),
    #[error("the proof that was made does not hold, so it was not written: {0}; please report it")]
    DoesNotHold(StarkError),
}

/// What makes each proof of Groth16 another one, so that it tells nothing.
pub(crate) struct Blinding(ChaCha20Rng);

impl Blinding {
    /// From the system.
    pub(crate) fn draw() -> Result<Self, getrandom::Error> {
        let mut seed = [0; SEED_BYTES];
        getrandom::fill(&mut seed)?;
        Ok(Self(ChaCha20Rng::from_seed(seed)))
    }
}

impl SnarkTask {
    /// Proves it, as long as that takes. What comes out holds for the key.
    pub(crate) fn prove(
        self,
        key: &CircuitKey,
        blinding: Blinding,
        watch: &Watch<'_>,
    ) -> Result<[u8; PROOF_BYTES], ProveFault> {
        let Blinding(mut rng) = blinding;
        let proof = match self {
            Self::Transfer(circuit) => key.prove_watched(*circuit, &mut rng, watch),
            Self::SealedBid(circuit) => key.prove_watched(*circuit, &mut rng, watch),
            Self::Quorum(circuit) => key.prove_watched(circuit, &mut rng, watch),
        };
        proof.map_err(ProveFault::Snark)
    }
}

impl StarkTask {
    /// The same.
    pub(crate) fn prove(self, watch: &Watch<'_>) -> Result<Vec<u8>, ProveFault> {
        let (proof, verdict) = match self {
            Self::Inclusion(claim, path) => {
                let proof = stark::prove_watched(&claim, &path, watch);
                let proof = proof.map_err(ProveFault::Inclusion)?;
                let verdict = stark::verify(&claim, &proof);
                (proof, verdict)
            }
            Self::Append(from, records) => {
                let proved = append::prove_watched(&from, &records, watch);
                let (claim, proof) = proved.map_err(ProveFault::Append)?;
                let verdict = append::verify(&claim, &proof);
                (proof, verdict)
            }
            Self::Linkage(from, headers) => {
                let proved = linkage::prove_watched(&from, &headers, watch);
                let (claim, proof) = proved.map_err(ProveFault::Linkage)?;
                let verdict = linkage::verify(&claim, &proof);
                (proof, verdict)
            }
        };
        verdict.map_err(ProveFault::DoesNotHold)?;
        Ok(proof)
    }
}

/// What is done now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    MakingKey,
    ReadingKey,
    /// A circuit, after this step.
    Snark(Option<Step>),
    /// A trace, after this step.
    Stark(Option<Step>),
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MakingKey => "making the key",
            Self::ReadingKey => "reading the key",
            Self::Snark(None) => "filling the wires, step 1 of 4",
            Self::Snark(Some(Step::Filled)) => "checking the constraints, step 2 of 4",
            Self::Snark(Some(Step::Proved)) => "checking the proof, step 4 of 4",
            Self::Snark(Some(_)) => "making the proof, step 3 of 4",
            Self::Stark(None) => "checking the claim, step 1 of 7",
            Self::Stark(Some(Step::Checked)) => "filling the trace, step 2 of 7",
            Self::Stark(Some(Step::Filled)) => "hashing the trace, step 3 of 7",
            Self::Stark(Some(Step::Committed)) => "evaluating constraints, step 4 of 7",
            Self::Stark(Some(Step::Evaluated)) => "hashing the values, step 5 of 7",
            Self::Stark(Some(Step::Composed)) => "folding to a proof, step 6 of 7",
            Self::Stark(Some(Step::Proved)) => "checking the proof, step 7 of 7",
        })
    }
}
