//! Our words in the places where Malachite expects its own.
//!
//! Only wrappers: a trait of another crate cannot be implemented for a type of
//! another crate. What is compared or hashed is what we would compare or hash.

use std::fmt;
use std::sync::Arc;

use arc_malachitebft_core_types as malachite;
use malachite::{LinearTimeouts, NilOrVal, Round, SignedExtension, VoteType};
use pyralog_consensus::{Turn, proposer};
use pyralog_primitives::{self as ours, BlockId, PublicKey, Signature};

/// What Malachite is asked to run with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Context;

/// A validator's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Address(pub(crate) ours::Address);

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl malachite::Address for Address {}

/// A height.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Height(pub(crate) ours::Height);

impl fmt::Display for Height {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl malachite::Height for Height {
    const ZERO: Self = Self(ours::Height::new(0));
    const INITIAL: Self = Self(ours::Height::FIRST);

    fn increment_by(&self, n: u64) -> Self {
        Self(ours::Height::new(self.0.get().saturating_add(n)))
    }

    fn decrement_by(&self, n: u64) -> Option<Self> {
        let lower = self.0.get().checked_sub(n)?;
        Some(Self(ours::Height::new(lower)))
    }

    fn as_u64(&self) -> u64 {
        self.0.get()
    }
}

/// What is agreed on: a block, by its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Value(pub(crate) BlockId);

impl malachite::Value for Value {
    type Id = BlockId;

    fn id(&self) -> BlockId {
        self.0
    }
}

/// A proposal without its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Proposal {
    pub(crate) height: Height,
    pub(crate) round: Round,
    pub(crate) value: Value,
    pub(crate) valid_round: Round,
    pub(crate) proposer: Address,
}

impl malachite::Proposal<Context> for Proposal {
    fn height(&self) -> Height {
        self.height
    }

    fn round(&self) -> Round {
        self.round
    }

    fn value(&self) -> &Value {
        &self.value
    }

    fn take_value(self) -> Value {
        self.value
    }

    fn pol_round(&self) -> Round {
        self.valid_round
    }

    fn validator_address(&self) -> &Address {
        &self.proposer
    }
}

/// A vote without its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Vote {
    pub(crate) kind: VoteType,
    pub(crate) height: Height,
    pub(crate) round: Round,
    pub(crate) value: NilOrVal<BlockId>,
    pub(crate) voter: Address,
}

impl malachite::Vote<Context> for Vote {
    fn height(&self) -> Height {
        self.height
    }

    fn round(&self) -> Round {
        self.round
    }

    fn value(&self) -> &NilOrVal<BlockId> {
        &self.value
    }

    fn take_value(self) -> NilOrVal<BlockId> {
        self.value
    }

    fn vote_type(&self) -> VoteType {
        self.kind
    }

    fn validator_address(&self) -> &Address {
        &self.voter
    }

    fn extension(&self) -> Option<&SignedExtension<Context>> {
        None
    }

    fn take_extension(&mut self) -> Option<SignedExtension<Context>> {
        None
    }

    fn extend(self, _extension: SignedExtension<Context>) -> Self {
        self
    }
}

/// Nothing: our votes have no extensions, and blocks travel beside the
/// proposals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Nothing;

impl malachite::Extension for Nothing {
    fn size_bytes(&self) -> usize {
        0
    }
}

impl malachite::ProposalPart<Context> for Nothing {
    fn is_first(&self) -> bool {
        true
    }

    fn is_last(&self) -> bool {
        true
    }
}

/// A member of the set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Validator {
    address: Address,
    key: PublicKey,
    power: malachite::VotingPower,
}

impl malachite::Validator<Context> for Validator {
    fn address(&self) -> &Address {
        &self.address
    }

    fn public_key(&self) -> &PublicKey {
        &self.key
    }

    fn voting_power(&self) -> malachite::VotingPower {
        self.power
    }
}

/// The validators of a height, in order of address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ValidatorSet {
    pub(crate) ours: Arc<ours::validators::ValidatorSet>,
    members: Arc<[Validator]>,
}

impl ValidatorSet {
    pub(crate) fn new(ours: Arc<ours::validators::ValidatorSet>) -> Self {
        let member = |validator: &ours::validators::Validator| Validator {
            address: Address(validator.key.address()),
            key: validator.key,
            power: validator.power.get(),
        };
        let members = ours.iter().map(member).collect();
        Self { ours, members }
    }
}

impl malachite::ValidatorSet<Context> for ValidatorSet {
    fn count(&self) -> usize {
        self.members.len()
    }

    fn total_voting_power(&self) -> malachite::VotingPower {
        self.ours.total_power().get()
    }

    fn get_by_address(&self, address: &Address) -> Option<&Validator> {
        let index = self.ours.find(&address.0)?;
        self.members.get(index.get())
    }

    fn get_by_index(&self, index: usize) -> Option<&Validator> {
        self.members.get(index)
    }
}

/// Signatures are made and checked outside; here they are only carried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Carried;

impl malachite::SigningScheme for Carried {
    type DecodingError = &'static str;
    type Signature = Signature;
    type PublicKey = PublicKey;
    type PrivateKey = ();

    fn decode_signature(bytes: &[u8]) -> Result<Signature, &'static str> {
        let bytes = bytes.try_into().map_err(|_| "a signature has 64 bytes")?;
        Ok(Signature::new(bytes))
    }

    fn encode_signature(signature: &Signature) -> Vec<u8> {
        signature.as_bytes().to_vec()
    }

    fn decode_public_key(bytes: &[u8]) -> Result<PublicKey, &'static str> {
        let bytes = bytes.try_into().map_err(|_| "a public key has 32 bytes")?;
        Ok(PublicKey::new(bytes))
    }

    fn encode_public_key(key: &PublicKey) -> Vec<u8> {
        key.as_bytes().to_vec()
    }
}

impl malachite::Context for Context {
    type Address = Address;
    type Height = Height;
    type ProposalPart = Nothing;
    type Proposal = Proposal;
    type Validator = Validator;
    type ValidatorSet = ValidatorSet;
    type Timeouts = LinearTimeouts;
    type Value = Value;
    type Vote = Vote;
    type Extension = Nothing;
    type SigningScheme = Carried;

    fn select_proposer<'a>(
        &self,
        validators: &'a ValidatorSet,
        height: Height,
        round: Round,
    ) -> &'a Validator {
        let turn = Turn::of(height.0, crate::convert::round(round));
        &validators.members[proposer(&validators.ours, turn).get()]
    }

    fn new_proposal(
        &self,
        height: Height,
        round: Round,
        value: Value,
        valid_round: Round,
        proposer: Address,
    ) -> Proposal {
        Proposal {
            height,
            round,
            value,
            valid_round,
            proposer,
        }
    }

    fn new_prevote(
        &self,
        height: Height,
        round: Round,
        value: NilOrVal<BlockId>,
        voter: Address,
    ) -> Vote {
        Vote {
            kind: VoteType::Prevote,
            height,
            round,
            value,
            voter,
        }
    }

    fn new_precommit(
        &self,
        height: Height,
        round: Round,
        value: NilOrVal<BlockId>,
        voter: Address,
    ) -> Vote {
        Vote {
            kind: VoteType::Precommit,
            height,
            round,
            value,
            voter,
        }
    }
}
