//! The genesis of a network, and the parts it is made of.

use std::collections::BTreeMap;

use borsh::{BorshDeserialize, BorshSerialize};
use pyralog_primitives::validators::{Validator, ValidatorSet};
use pyralog_primitives::{
    Address, Amount, Domain, GenesisHash, PublicKey, Signature, TimestampMs, VotingPower,
};

use crate::collector::Collector;
use crate::consensus::Consensus;
use crate::draft::Draft;
use crate::encoding::Agreed;
use crate::mistakes::Mistakes;
use crate::names::{ChainId, ValidatorName};
use crate::parameters::{Parameters, within_u64};
use crate::peer::PeerAddress;
use crate::read::{Document, read};
use crate::rules;

/// More accounts belong into the first blocks; every node holds the document
/// in memory while it starts.
pub const ACCOUNT_COUNT_MAX: usize = 100_000;
/// More are never tried before one answers.
pub const BOOTSTRAP_COUNT_MAX: usize = 64;

/// How a network begins. Holding one is proof that it follows every rule.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Genesis {
    pub(crate) chain_id: ChainId,
    pub(crate) time: TimestampMs,
    pub(crate) consensus: Consensus,
    pub(crate) parameters: Parameters,
    pub(crate) accounts: BTreeMap<Address, Amount>,
    /// In order of address.
    pub(crate) validators: Vec<GenesisValidator>,
    pub(crate) bootstrap: Vec<PeerAddress>,
}

/// What a genesis is made of, not yet checked against the rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GenesisParts {
    /// The name of the chain.
    pub chain_id: ChainId,
    /// When the chain begins; blocks are later.
    pub time: TimestampMs,
    /// What decides which block is next.
    pub consensus: Consensus,
    /// What blocks and transactions may be.
    pub parameters: Parameters,
    /// Who owns what, in any order.
    pub accounts: Vec<Account>,
    /// Who votes, in any order.
    pub validators: Vec<GenesisValidator>,
    /// Whom a new node asks first.
    pub bootstrap: Vec<PeerAddress>,
}

/// An account at the beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Account {
    /// Whose it is.
    pub address: Address,
    /// What it holds, besides what is staked.
    pub balance: Amount,
}

/// A validator at the beginning.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, serde::Serialize)]
pub struct GenesisValidator {
    /// What people call it.
    pub name: ValidatorName,
    /// The key it votes with. Its address is that of the validator, and of
    /// the account that the stake returns to.
    pub public_key: PublicKey,
    /// What it has bound. Not part of any balance.
    pub stake: Amount,
    /// The signature over [`pyralog_primitives::SignBytes::possession`] of
    /// chain id and key, which shows that it holds the secret.
    pub possession: Signature,
}

impl GenesisValidator {
    /// The name of the validator in blocks and votes.
    pub fn address(&self) -> Address {
        self.public_key.address()
    }

    /// One vote for each whole token of stake.
    pub(crate) fn power(&self) -> VotingPower {
        VotingPower::new(within_u64(whole_tokens(self.stake)))
    }
}

pub(crate) fn whole_tokens(amount: Amount) -> u128 {
    amount.get() / Amount::UNITS_PER_TOKEN
}

impl Genesis {
    /// Reads a TOML document. All its mistakes come back at once. Where the
    /// text is no TOML, only that is said: what the rest means is unknown.
    pub fn parse(text: &str) -> Result<Self, Mistakes> {
        let document = Document::parse(text)?;
        let mut report = Collector::new(|place| document.line(place));
        let draft = read(&document, &mut report);
        if let Some(draft) = &draft {
            rules::check(draft, &mut report);
        }
        report.finish()?;
        let draft = draft.expect("a document that cannot be read at all has a mistake");
        Ok(draft.finish())
    }

    /// Puts a genesis together. The mistakes name fields as a document would,
    /// without lines.
    pub fn new(parts: GenesisParts) -> Result<Self, Mistakes> {
        let draft = Draft::from(parts);
        let mut report = Collector::without_lines();
        rules::check(&draft, &mut report);
        report.finish()?;
        Ok(draft.finish())
    }

    /// The name of the network: the hash of all but the bootstrap peers, whose
    /// addresses change while the network stays the same.
    pub fn hash(&self) -> GenesisHash {
        GenesisHash::new(Domain::Genesis.hash_encoded(&Agreed(self)))
    }

    /// The name of the chain.
    pub fn chain_id(&self) -> &ChainId {
        &self.chain_id
    }

    /// When the chain begins.
    pub fn time(&self) -> TimestampMs {
        self.time
    }

    /// What decides which block is next.
    pub fn consensus(&self) -> &Consensus {
        &self.consensus
    }

    /// What blocks and transactions may be.
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// Who owns what, besides what is staked.
    pub fn accounts(&self) -> &BTreeMap<Address, Amount> {
        &self.accounts
    }

    /// Who votes, in order of address.
    pub fn validators(&self) -> &[GenesisValidator] {
        &self.validators
    }

    /// Whom a new node asks first.
    pub fn bootstrap(&self) -> &[PeerAddress] {
        &self.bootstrap
    }

    /// Who votes on the first block, with what weight.
    pub fn validator_set(&self) -> ValidatorSet {
        let member = |validator: &GenesisValidator| Validator {
            key: validator.public_key,
            power: validator.power(),
        };
        ValidatorSet::new(self.validators.iter().map(member).collect())
            .expect("the rules admit one to 256 distinct keys, each with power, within the total")
    }

    /// All balances and stakes together.
    pub fn total_supply(&self) -> Amount {
        let balances = self.accounts.values().copied();
        let stakes = self.validators.iter().map(|validator| validator.stake);
        Amount::checked_sum(balances.chain(stakes)).expect("the rules admit only sums that fit")
    }

    /// Whether the network is for development: its secrets may be public.
    pub fn is_development(&self) -> bool {
        self.chain_id.is_development()
    }
}
