//! The relation as a program.

use ark_bn254::Fr;
use ark_ff::PrimeField;
use pyralog_primitives::{BlockId, Domain, GenesisHash, Height, VotingPower};

use super::set::AttestationSet;
use crate::eddsa::Attestation;
use crate::groth16::PublicInput;

/// What everybody sees of a quorum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quorum {
    /// The commitment to the set, see [`AttestationSet::commitment`].
    pub set: Fr,
    /// What was signed, see [`attested`].
    pub message: Fr,
}

impl Quorum {
    /// The public inputs in the order of the statement.
    pub fn inputs(&self) -> [PublicInput; 2] {
        [self.set, self.message].map(PublicInput::new)
    }
}

/// What an attestation key signs for a block: its network, height and id, hashed
/// into one number.
pub fn attested(genesis: GenesisHash, height: Height, block: BlockId) -> Fr {
    let part = |number: u8| {
        let mut hasher = Domain::AttestedBlock.hasher();
        hasher
            .update(genesis.get().as_bytes())
            .update(&height.get().to_le_bytes())
            .update(block.get().as_bytes())
            .update(&[number]);
        *hasher.finish().as_bytes()
    };
    // Twice the bits of the order, so that no number is likelier.
    Fr::from_le_bytes_mod_order([part(0), part(1)].as_flattened())
}

/// Why a quorum is none. Whoever put it together must change it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuorumError {
    /// The commitment is another set's.
    #[error("the commitment is not that of this set")]
    OtherSet,
    /// There is one for each member, which may be empty.
    #[error("{members} members, and attestations for {found}")]
    Count {
        /// Members of the set.
        members: usize,
        /// Attestations given, the empty ones too.
        found: usize,
    },
    /// A signature is none of this member for this message.
    #[error("the attestation of member {place} is not one of its key for this message")]
    BadAttestation {
        /// Which member.
        place: usize,
    },
    /// Too few signed.
    #[error("power {} of {} signed; more than two thirds are needed", signed.get(), total.get())]
    TooLittle {
        /// The power of those who signed.
        signed: VotingPower,
        /// The power of all.
        total: VotingPower,
    },
}

/// Whether a quorum is what it says. For each member there is its attestation, or
/// nothing.
pub fn holds(
    quorum: &Quorum,
    set: &AttestationSet,
    attestations: &[Option<Attestation>],
) -> Result<(), QuorumError> {
    if set.commitment() != quorum.set {
        return Err(QuorumError::OtherSet);
    }
    let (members, found) = (set.members().len(), attestations.len());
    if members != found {
        return Err(QuorumError::Count { members, found });
    }
    let mut signed = 0u64;
    for (place, (member, attestation)) in set.members().iter().zip(attestations).enumerate() {
        if let Some(attestation) = attestation {
            let checked = member.key.verify(quorum.message, attestation);
            checked.map_err(|_| QuorumError::BadAttestation { place })?;
            signed += member.power.get();
        }
    }
    let (signed, total) = (VotingPower::new(signed), set.total());
    // u128: three times the power of a set fits u64 too, but that is not said here.
    if u128::from(signed.get()) * 3 > u128::from(total.get()) * 2 {
        Ok(())
    } else {
        Err(QuorumError::TooLittle { signed, total })
    }
}
