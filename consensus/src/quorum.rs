//! Quorum certificates: that validators with more than two thirds of the power
//! voted alike.

use borsh::{BorshDeserialize, BorshSerialize};
use pyralog_primitives::certificate::{Certificate, CertificateError, Signers, quorum_claims};
use pyralog_primitives::codec::{Canonical, List};
use pyralog_primitives::validators::{VALIDATOR_COUNT_MAX, ValidatorSet};
use pyralog_primitives::vote::{Prepared, Vote, VoteKind};
use pyralog_primitives::{Address, BlockId, GenesisHash, Height, Round, SignBytes, Signature};

use crate::verify::Claim;

/// A quorum of votes of one kind for one block in one round.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct QuorumCertificate {
    /// What they say.
    pub kind: VoteKind,
    /// About which height.
    pub height: Height,
    /// In which round.
    pub round: Round,
    /// For which block.
    pub value: BlockId,
    signers: Signers,
    signatures: List<Signature, VALIDATOR_COUNT_MAX>,
}

impl Canonical for QuorumCertificate {
    const ENCODED_BYTES_MAX: usize = Certificate::ENCODED_BYTES_MAX + 1;
}

impl QuorumCertificate {
    /// Puts together the votes among `votes` that say this. Whether they are a
    /// quorum shows when the certificate is verified.
    pub fn assemble<'a>(
        kind: VoteKind,
        (height, round, value): (Height, Round, BlockId),
        votes: impl Fn(&Address) -> Option<&'a Vote>,
        validators: &ValidatorSet,
    ) -> Self {
        let mut signatures = Vec::new();
        let signers = Signers::of(validators, |validator| {
            let vote = votes(&validator.key.address());
            let matching = vote.filter(|vote| {
                (vote.kind, vote.height, vote.round, vote.value)
                    == (kind, height, round, Some(value))
            });
            signatures.extend(matching.map(|vote| vote.signature));
            matching.is_some()
        });
        let signatures = List::new(signatures).expect("a set has at most as many members");
        Self {
            kind,
            height,
            round,
            value,
            signers,
            signatures,
        }
    }

    /// What the signers had prepared, if these are prevotes.
    pub const fn prepared(&self) -> Prepared {
        Prepared {
            round: self.round,
            value: self.value,
        }
    }

    /// Why the block is final, if these are precommits.
    pub fn into_final(self) -> Certificate {
        Certificate::Quorum {
            height: self.height,
            round: self.round,
            value: self.value,
            signers: self.signers,
            signatures: self.signatures,
        }
    }

    /// Whose signatures it holds, by the set that it was assembled for.
    pub fn signatures(
        &self,
        validators: &ValidatorSet,
    ) -> impl Iterator<Item = (Address, Signature)> {
        let signers = validators
            .indexes()
            .filter(|index| self.signers.contains(*index));
        let addresses = signers.filter_map(|index| validators.address(index));
        addresses.zip(self.signatures.iter().copied())
    }

    /// Who is said to have signed it, if they are a quorum of `validators`.
    pub(crate) fn claims(
        &self,
        genesis: GenesisHash,
        validators: &ValidatorSet,
    ) -> Result<Vec<Claim>, CertificateError> {
        let bytes = SignBytes::vote(
            genesis,
            self.kind,
            self.height,
            self.round,
            Some(self.value),
        );
        let pairs = quorum_claims(validators, &self.signers, &self.signatures)?;
        let claim = |(key, signature)| Claim {
            key,
            bytes: bytes.clone(),
            signature,
        };
        Ok(pairs.map(claim).collect())
    }
}
