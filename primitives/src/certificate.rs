//! Certificates: why a block is final.
//!
//! A certificate holds the precommits of validators with more than two thirds
//! of the power. Which ones signed is a bitmap over the set in index order;
//! their signatures follow in that order. It is checked here, against a
//! validator set and nothing else, so that a light client needs no more.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::batch::{BatchItem, verify_batch};
use crate::codec::{Bytes, Canonical, List};
use crate::hash::Domain;
use crate::ids::{BlockId, CertificateHash, GenesisHash};
use crate::keys::{BadSignature, PublicKey, Signature};
use crate::numbers::{Height, Round, VotingPower};
use crate::sign_bytes::SignBytes;
use crate::validators::{VALIDATOR_COUNT_MAX, Validator, ValidatorIndex, ValidatorSet};
use crate::vote::VoteKind;

/// Proof that a block is final. New kinds are added at the end.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Certificate {
    /// The word of the only validator of a development network.
    Solo {
        /// Of which height.
        height: Height,
        /// Which block.
        value: BlockId,
        /// The validator's signature.
        signature: Signature,
    },
    /// The precommits of a quorum.
    Quorum {
        /// Of which height.
        height: Height,
        /// In which round they agreed.
        round: Round,
        /// Which block.
        value: BlockId,
        /// Who signed.
        signers: Signers,
        /// Their signatures, in index order.
        signatures: List<Signature, VALIDATOR_COUNT_MAX>,
    },
}

impl Canonical for Certificate {
    const ENCODED_BYTES_MAX: usize =
        1 + 8 + 4 + 32 + 4 + VALIDATOR_COUNT_MAX / 8 + 4 + VALIDATOR_COUNT_MAX * Signature::BYTES;
}

/// A set of validators by index, as a bitmap: validator `i` is bit `i % 8`
/// (least first) of byte `i / 8`.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Signers(Bytes<{ VALIDATOR_COUNT_MAX / 8 }>);

impl Signers {
    /// The members of `set` for which `signed` holds.
    pub fn of(set: &ValidatorSet, mut signed: impl FnMut(&Validator) -> bool) -> Self {
        let mut bitmap = vec![0u8; set.count().div_ceil(8)];
        for (index, validator) in set.iter().enumerate() {
            if signed(validator) {
                bitmap[index / 8] |= 1 << (index % 8);
            }
        }
        Self(Bytes::new(bitmap).expect("a set has at most VALIDATOR_COUNT_MAX members"))
    }

    /// Whether the bit of the validator at this place is set.
    pub fn contains(&self, index: ValidatorIndex) -> bool {
        self.has_bit(index.get())
    }

    fn has_bit(&self, index: usize) -> bool {
        self.0
            .get(index / 8)
            .is_some_and(|byte| byte >> (index % 8) & 1 == 1)
    }

    fn count(&self) -> usize {
        self.0.iter().map(|byte| byte.count_ones() as usize).sum()
    }

    /// The one form of a bitmap over `set`: its length, and no bit beyond.
    fn fits(&self, set: &ValidatorSet) -> bool {
        let inside = (0..set.count())
            .filter(|index| self.has_bit(*index))
            .count();
        self.0.len() == set.count().div_ceil(8) && inside == self.count()
    }
}

/// Why a certificate proves nothing. Who sent it is to blame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// A solo certificate, but several validators.
    #[error("a solo certificate counts only where there is one validator; here are {count}")]
    NotSolo {
        /// How many there are.
        count: usize,
    },
    /// The bitmap is not one over this set.
    #[error("the bitmap of signers is not one over a set of {count} validators")]
    BadBitmap {
        /// The size of the set.
        count: usize,
    },
    /// Signers and signatures differ in number.
    #[error("{signers} signers are named and {signatures} signatures given")]
    SignatureCount {
        /// Bits set.
        signers: usize,
        /// Signatures given.
        signatures: usize,
    },
    /// Not enough signed.
    #[error("power {signed} of {total} signed; more than two thirds are needed")]
    NoQuorum {
        /// Power of the signers.
        signed: VotingPower,
        /// Power of all.
        total: VotingPower,
    },
    /// A signature is wrong.
    #[error(transparent)]
    BadSignature(#[from] BadSignature),
}

impl Certificate {
    /// Of which height.
    pub fn height(&self) -> Height {
        match self {
            Self::Solo { height, .. } | Self::Quorum { height, .. } => *height,
        }
    }

    /// Which block is final.
    pub fn value(&self) -> BlockId {
        match self {
            Self::Solo { value, .. } | Self::Quorum { value, .. } => *value,
        }
    }

    /// The hash that the child's header carries.
    pub fn hash(&self) -> CertificateHash {
        CertificateHash::new(Domain::Certificate.hash_encoded(self))
    }

    /// What the signers signed.
    pub fn sign_bytes(&self, genesis: GenesisHash) -> SignBytes {
        match self {
            Self::Solo { height, value, .. } => {
                SignBytes::vote(genesis, VoteKind::Solo, *height, Round::FIRST, Some(*value))
            }
            Self::Quorum {
                height,
                round,
                value,
                ..
            } => SignBytes::vote(genesis, VoteKind::Precommit, *height, *round, Some(*value)),
        }
    }

    /// Whether the validators of `set`, those of this height, made the block
    /// final. The caller compares height and value with what it expects.
    pub fn verify(&self, genesis: GenesisHash, set: &ValidatorSet) -> Result<(), CertificateError> {
        let message = self.sign_bytes(genesis);
        let items: Vec<BatchItem> = self
            .claims(set)?
            .map(|(key, signature)| BatchItem::new(key, signature, &message))
            .collect();
        Ok(verify_batch(&items)?)
    }

    /// Who is said to have signed [`Self::sign_bytes`], if that is enough. The
    /// signatures are not looked at: for those who verify many at once.
    pub fn claims<'a>(
        &'a self,
        set: &'a ValidatorSet,
    ) -> Result<Box<dyn Iterator<Item = (PublicKey, Signature)> + 'a>, CertificateError> {
        match self {
            Self::Solo { signature, .. } => {
                let mut members = set.iter();
                match (members.next(), members.next()) {
                    (Some(only), None) => Ok(Box::new(std::iter::once((only.key, *signature)))),
                    _ => Err(CertificateError::NotSolo { count: set.count() }),
                }
            }
            Self::Quorum {
                signers,
                signatures,
                ..
            } => Ok(Box::new(quorum_claims(set, signers, signatures)?)),
        }
    }
}

/// Which keys made which signatures, by a bitmap over `set`, if the bitmap is
/// one and its members are a quorum. The signatures are not looked at.
pub fn quorum_claims<'a>(
    set: &'a ValidatorSet,
    signers: &'a Signers,
    signatures: &'a [Signature],
) -> Result<impl Iterator<Item = (PublicKey, Signature)> + 'a, CertificateError> {
    if !signers.fits(set) {
        return Err(CertificateError::BadBitmap { count: set.count() });
    }
    if signers.count() != signatures.len() {
        let (signers, signatures) = (signers.count(), signatures.len());
        return Err(CertificateError::SignatureCount {
            signers,
            signatures,
        });
    }
    let places = set.iter().enumerate();
    let members = places
        .filter(|(place, _)| signers.has_bit(*place))
        .map(|(_, member)| *member);
    // Cannot wrap: distinct members of a set whose total is bounded.
    let signed = VotingPower::new(members.clone().map(|member| member.power.get()).sum());
    if !set.is_quorum(signed) {
        return Err(CertificateError::NoQuorum {
            signed,
            total: set.total_power(),
        });
    }
    let keys = members.map(|member| member.key);
    Ok(keys.zip(signatures.iter().copied()))
}
