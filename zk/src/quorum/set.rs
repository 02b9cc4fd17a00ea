//! Whose attestations count, and how much.

use ark_bn254::Fr;
use pyralog_primitives::VotingPower;
use pyralog_primitives::validators::{TOTAL_POWER_MAX, VALIDATOR_COUNT_MAX};

use crate::baby_jubjub::Point;
use crate::eddsa::AttestationKey;
use crate::poseidon::{Poseidon, Purpose};

/// As many as a set of validators may have: with fewer, some set has no quorum
/// to prove; more are never filled, and each costs the prover 5,100 constraints.
pub const SLOT_COUNT_MAX: usize = VALIDATOR_COUNT_MAX;

/// Places for members in a circuit. Each number makes another circuit, with a
/// key of its own; places beyond the members stay empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotCount(usize);

impl SlotCount {
    /// So many, if they are from 1 to [`SLOT_COUNT_MAX`].
    pub const fn new(raw: usize) -> Option<Self> {
        if 1 <= raw && raw <= SLOT_COUNT_MAX {
            Some(Self(raw))
        } else {
            None
        }
    }

    /// The number.
    pub const fn get(self) -> usize {
        self.0
    }
}

/// Who attests, and with what weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// The key it attests with.
    pub key: AttestationKey,
    /// The weight of its attestation.
    pub power: VotingPower,
}

/// Members in an order, in places of which some may be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttestationSet {
    members: Vec<Member>,
    slots: SlotCount,
}

/// Why members do not make a set. Whoever put them together must change them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetError {
    /// There is none.
    #[error("there is no member")]
    Empty,
    /// There are too many.
    #[error("{members} members do not fit in {slots} places")]
    TooMany {
        /// Members given.
        members: usize,
        /// Places.
        slots: usize,
    },
    /// A key counts twice.
    #[error("member {place} has the key of one before")]
    Twice {
        /// The second of both.
        place: usize,
    },
    /// One has no weight.
    #[error("member {place} has no voting power")]
    Powerless {
        /// Which one.
        place: usize,
    },
    /// Together they weigh too much.
    #[error("the voting power adds up to more than {}", TOTAL_POWER_MAX.get())]
    TooPowerful,
}

impl AttestationSet {
    /// The set of these members in this order.
    pub fn new(members: Vec<Member>, slots: SlotCount) -> Result<Self, SetError> {
        if members.is_empty() {
            return Err(SetError::Empty);
        }
        if members.len() > slots.get() {
            let (members, slots) = (members.len(), slots.get());
            return Err(SetError::TooMany { members, slots });
        }
        let mut total = 0u64;
        for (place, member) in members.iter().enumerate() {
            if members[..place].iter().any(|one| one.key == member.key) {
                return Err(SetError::Twice { place });
            }
            if member.power.get() == 0 {
                return Err(SetError::Powerless { place });
            }
            let sum = total.checked_add(member.power.get());
            let sum = sum.filter(|sum| *sum <= TOTAL_POWER_MAX.get());
            total = sum.ok_or(SetError::TooPowerful)?;
        }
        Ok(Self { members, slots })
    }

    /// The members, in their places.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// Places, those that are empty too.
    pub const fn slots(&self) -> SlotCount {
        self.slots
    }

    /// The power of all together.
    pub fn total(&self) -> VotingPower {
        VotingPower::new(self.members.iter().map(|member| member.power.get()).sum())
    }

    /// What stands for the set in public: a hash over each place after the one
    /// before, which begins with the number of places.
    pub fn commitment(&self) -> Fr {
        let mut hash = Poseidon::new(Purpose::Member);
        self.places()
            .fold(first_link(self.slots), |link, (key, power)| {
                let inputs = [link, key.x(), key.y(), power];
                hash.hash(&inputs).expect("the purpose has four inputs")
            })
    }

    /// Key and power of each place. An empty one has the key that adds nothing,
    /// which no member has.
    pub(super) fn places(&self) -> impl Iterator<Item = (Point, Fr)> {
        let members = self.members.iter();
        let members = members.map(|member| (member.key.get(), Fr::from(member.power.get())));
        let empty = std::iter::repeat((Point::IDENTITY, Fr::from(0)));
        members.chain(empty).take(self.slots.get())
    }
}

/// What the hash of a set begins with.
pub(super) fn first_link(slots: SlotCount) -> Fr {
    Fr::from(slots.get() as u64)
}
