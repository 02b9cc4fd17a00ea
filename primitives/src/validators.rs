//! Who may vote at a height, and with what weight.
//!
//! Invariants: validators stand in order of address, no address twice, each
//! with a strong key and power above zero, and the total is at most [`TOTAL_POWER_MAX`]. They
//! hold by construction, also for a decoded set.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::codec::{BoundError, Canonical, List};
use crate::keys::{Address, PublicKey, WeakKey};
use crate::merkle::{MerkleRoot, merkle_root};
use crate::numbers::VotingPower;

/// Certificates carry a signature of each; more would make headers cost more
/// to verify than blocks.
pub const VALIDATOR_COUNT_MAX: usize = 256;

/// Three times this still fits a `u64`, so no comparison of thresholds wraps,
/// in this code or in that of a library.
pub const TOTAL_POWER_MAX: VotingPower = VotingPower::new(1 << 60);

/// One member of a validator set.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Validator {
    /// The key it votes with.
    pub key: PublicKey,
    /// The weight of its vote.
    pub power: VotingPower,
}

/// The place of a validator in its set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ValidatorIndex(usize);

impl ValidatorIndex {
    /// The place, counted from 0.
    pub const fn get(self) -> usize {
        self.0
    }
}

/// The validators of a height.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, Serialize)]
#[serde(transparent)]
pub struct ValidatorSet {
    members: List<Validator, VALIDATOR_COUNT_MAX>,
    #[borsh(skip)]
    #[serde(skip)]
    addresses: Vec<Address>,
    #[borsh(skip)]
    #[serde(skip)]
    total: VotingPower,
}

impl Canonical for ValidatorSet {
    const ENCODED_BYTES_MAX: usize = 4 + VALIDATOR_COUNT_MAX * (PublicKey::BYTES + 8);
}

/// Why validators do not make a set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValidatorSetError {
    /// There is none.
    #[error("there is no validator")]
    Empty,
    /// There are too many.
    #[error(transparent)]
    TooMany(#[from] BoundError),
    /// One appears twice.
    #[error("validator {0} appears twice")]
    Twice(Address),
    /// One has no weight.
    #[error("validator {0} has no voting power")]
    Powerless(Address),
    /// One has a key for which anyone, or nobody, could sign.
    #[error("validator {0}: {1}")]
    WeakKey(Address, WeakKey),
    /// Together they weigh too much.
    #[error("the voting power adds up to more than {}", TOTAL_POWER_MAX.get())]
    TooPowerful,
}

impl ValidatorSet {
    /// Makes a set of these validators, in any order.
    pub fn new(mut members: Vec<Validator>) -> Result<Self, ValidatorSetError> {
        members.sort_by_cached_key(|validator| validator.key.address());
        Self::from_ordered(members)
    }

    fn from_ordered(members: Vec<Validator>) -> Result<Self, ValidatorSetError> {
        if members.is_empty() {
            return Err(ValidatorSetError::Empty);
        }
        let addresses: Vec<Address> = members.iter().map(|member| member.key.address()).collect();
        if let Some(pair) = addresses.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(ValidatorSetError::Twice(pair[0]));
        }
        for (member, address) in members.iter().zip(&addresses) {
            let strength = member.key.check_strength();
            strength.map_err(|weak| ValidatorSetError::WeakKey(*address, weak))?;
        }
        let powerless = members.iter().position(|member| member.power.get() == 0);
        if let Some(place) = powerless {
            return Err(ValidatorSetError::Powerless(addresses[place]));
        }
        let total = members
            .iter()
            .try_fold(0u64, |sum, member| sum.checked_add(member.power.get()))
            .filter(|total| *total <= TOTAL_POWER_MAX.get())
            .ok_or(ValidatorSetError::TooPowerful)?;
        let members = List::new(members)?;
        Ok(Self {
            members,
            addresses,
            total: VotingPower::new(total),
        })
    }

    /// The validators in order of address.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Validator> + Clone {
        self.members.iter()
    }

    /// How many they are.
    pub fn count(&self) -> usize {
        self.members.len()
    }

    /// The validator at a place.
    pub fn get(&self, index: ValidatorIndex) -> Option<&Validator> {
        self.members.get(index.0)
    }

    /// The address of the validator at a place.
    pub fn address(&self, index: ValidatorIndex) -> Option<Address> {
        self.addresses.get(index.0).copied()
    }

    /// All places, in order.
    pub fn indexes(&self) -> impl ExactSizeIterator<Item = ValidatorIndex> + use<> {
        (0..self.count()).map(ValidatorIndex)
    }

    /// Where the validator with this address stands.
    pub fn find(&self, address: &Address) -> Option<ValidatorIndex> {
        self.addresses
            .binary_search(address)
            .ok()
            .map(ValidatorIndex)
    }

    /// The weight of all together.
    pub fn total_power(&self) -> VotingPower {
        self.total
    }

    /// Whether `power` is more than two thirds of the total.
    pub fn is_quorum(&self, power: VotingPower) -> bool {
        // u128: `power` may come from anywhere, and three times it must fit.
        u128::from(power.get()) * 3 > u128::from(self.total.get()) * 2
    }

    /// Whether `power` is a third of the total or more: then some of it is
    /// honest, as long as less than a third is not.
    pub fn has_honest(&self, power: VotingPower) -> bool {
        u128::from(power.get()) * 3 >= u128::from(self.total.get())
    }

    /// The commitment that a header carries: a Merkle root, so that a light
    /// client can be shown one validator.
    pub fn root(&self) -> MerkleRoot {
        let leaves: Vec<Vec<u8>> = self.iter().map(encode_member).collect();
        merkle_root(leaves.iter().map(Vec::as_slice))
    }
}

fn encode_member(validator: &Validator) -> Vec<u8> {
    borsh::to_vec(validator).expect("memory accepts every byte")
}

impl BorshDeserialize for ValidatorSet {
    fn deserialize_reader<R: std::io::Read>(reader: &mut R) -> std::io::Result<Self> {
        let members = List::<Validator, VALIDATOR_COUNT_MAX>::deserialize_reader(reader)?;
        let addresses: Vec<Address> = members.iter().map(|member| member.key.address()).collect();
        if !addresses.is_sorted() {
            let rule = "validators stand in order of address";
            return Err(BoundError::Rule {
                what: "validator set",
                rule,
            }
            .into());
        }
        Self::from_ordered(members.into_vec())
            .map_err(|error| std::io::Error::new(std::io::ErrorKind::InvalidData, error))
    }
}

impl<'de> Deserialize<'de> for ValidatorSet {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let members: List<Validator, VALIDATOR_COUNT_MAX> = Deserialize::deserialize(deserializer)?;
        Self::new(members.into_vec()).map_err(serde::de::Error::custom)
    }
}
