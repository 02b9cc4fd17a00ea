//! Sets with their secrets, for tests.

use ark_bn254::Fr;
use ark_ff::PrimeField;
use pyralog_primitives::VotingPower;
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

use super::*;
use crate::eddsa::{Attestation, AttestationSecret};

pub(super) struct Samples(ChaCha8Rng);

/// All that there is to know of a quorum.
#[derive(Clone)]
pub(super) struct Sample {
    pub(super) quorum: Quorum,
    pub(super) set: AttestationSet,
    pub(super) attestations: Vec<Option<Attestation>>,
}

impl Samples {
    pub(super) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.0.next_u64() % bound
    }

    pub(super) fn number(&mut self) -> Fr {
        let mut bytes = [0; 48];
        self.0.fill_bytes(&mut bytes);
        Fr::from_le_bytes_mod_order(&bytes)
    }

    pub(super) fn secret(&mut self) -> AttestationSecret {
        let mut seed = [0; 32];
        self.0.fill_bytes(&mut seed);
        AttestationSecret::from_seed(&seed)
    }

    /// Members with these powers in so many places; those for which the last is
    /// true have signed.
    pub(super) fn quorum(&mut self, slots: usize, members: &[(u64, bool)]) -> Sample {
        let message = self.number();
        let secrets: Vec<_> = members.iter().map(|_| self.secret()).collect();
        let all = members.iter().zip(&secrets);
        let members_of_set = all.clone().map(|((power, _), secret)| Member {
            key: secret.public(),
            power: VotingPower::new(*power),
        });
        let slots = SlotCount::new(slots).unwrap();
        let set = AttestationSet::new(members_of_set.collect(), slots).unwrap();
        let quorum = Quorum {
            set: set.commitment(),
            message,
        };
        let attestations = all
            .map(|((_, signs), secret)| signs.then(|| secret.sign(message)))
            .collect();
        Sample {
            quorum,
            set,
            attestations,
        }
    }
}
