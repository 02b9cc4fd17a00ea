//! Why blocks are final: by the genesis document, not by what nodes say.

use std::fs;

use pyralog_genesis::Genesis;
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::validators::ValidatorSet;
use pyralog_primitives::{BlockId, GenesisHash, Height};

use crate::net::error::NetError;
use crate::net::place::Place;

/// Who decides in a net. They are those of genesis at every height.
#[derive(Debug)]
pub(super) struct Validators {
    genesis: GenesisHash,
    set: ValidatorSet,
}

impl Validators {
    pub(super) fn of(place: &Place) -> Result<Self, NetError> {
        let path = place.genesis();
        let text = fs::read_to_string(&path).map_err(NetError::io("read", &path))?;
        let genesis = Genesis::parse(&text);
        let genesis = genesis.map_err(|mistakes| NetError::Document { path, mistakes })?;
        Ok(Self {
            genesis: genesis.hash(),
            set: genesis.validator_set(),
        })
    }

    /// Whether they made the block final that was shown for this height.
    pub(super) fn check(
        &self,
        (height, block): (Height, BlockId),
        certificate: &Certificate,
    ) -> Result<(), String> {
        let (of, value) = (certificate.height(), certificate.value());
        if of != height || value != block {
            return Err(format!("it is one of height {of}, for block {value}"));
        }
        let verified = certificate.verify(self.genesis, &self.set);
        verified.map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use pyralog_primitives::certificate::Signers;
    use pyralog_primitives::codec::List;
    use pyralog_primitives::{Hash, PublicKey, Round, SecretKey, Signature};

    use super::*;

    fn key(number: u8) -> SecretKey {
        SecretKey::from_seed(&[number; SecretKey::SEED_BYTES])
    }

    fn validators(genesis: u8) -> Validators {
        let member = |number| pyralog_primitives::validators::Validator {
            key: key(number).public_key(),
            power: pyralog_primitives::VotingPower::new(1),
        };
        Validators {
            genesis: GenesisHash::new(Hash::new([genesis; 32])),
            set: ValidatorSet::new((0..4).map(member).collect()).unwrap(),
        }
    }

    fn block(byte: u8) -> BlockId {
        BlockId::new(Hash::new([byte; 32]))
    }

    /// What these have signed.
    fn certificate(of: &Validators, who: &[u8]) -> Certificate {
        let keys: Vec<SecretKey> = who.iter().map(|number| key(*number)).collect();
        let signed = |public: &PublicKey| keys.iter().find(|key| key.public_key() == *public);
        let empty = Certificate::Quorum {
            height: Height::new(3),
            round: Round::FIRST,
            value: block(9),
            signers: Signers::of(&of.set, |member| signed(&member.key).is_some()),
            signatures: List::default(),
        };
        let bytes = empty.sign_bytes(of.genesis);
        let signatures: Vec<Signature> = of
            .set
            .iter()
            .filter_map(|member| Some(signed(&member.key)?.sign(&bytes)))
            .collect();
        match empty {
            Certificate::Quorum {
                height,
                round,
                value,
                signers,
                ..
            } => Certificate::Quorum {
                height,
                round,
                value,
                signers,
                signatures: List::new(signatures).unwrap(),
            },
            solo @ Certificate::Solo { .. } => solo,
        }
    }

    #[test]
    fn only_what_a_quorum_of_genesis_signed_for_this_block_counts() {
        let (ours, others) = (validators(1), validators(2));
        let good = certificate(&ours, &[0, 1, 3]);
        let place = (Height::new(3), block(9));
        assert_eq!(ours.check(place, &good), Ok(()));
        for (place, certificate, wrong) in [
            ((Height::new(4), block(9)), &good, "height 3"),
            ((Height::new(3), block(8)), &good, "for block 0909"),
            (place, &certificate(&ours, &[0, 1]), "power 2 of 4"),
            (place, &certificate(&others, &[0, 1, 3]), "signature"),
        ] {
            let said = ours.check(place, certificate).unwrap_err();
            assert!(said.contains(wrong), "{said}");
        }
    }
}
