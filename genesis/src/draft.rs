//! A genesis before it is known to be right: what could be read of it.
//!
//! A part that could not be read is `None`: it was reported where it was read,
//! and rules that need it stay silent, so that one mistake is reported once.

use pyralog_primitives::{Address, Amount, PublicKey, Signature, TimestampMs};

use crate::consensus::{Consensus, ConsensusKind};
use crate::genesis::{Account, Genesis, GenesisParts, GenesisValidator};
use crate::limits::PARAMETERS;
use crate::names::{ChainId, ValidatorName};
use crate::parameters::Parameters;
use crate::peer::PeerAddress;

const ALL_READ: &str = "what could not be read was reported, and then there is no genesis";

/// What could be read, in the order of the document.
pub(crate) struct Draft {
    pub(crate) chain_id: Option<ChainId>,
    pub(crate) time: Option<TimestampMs>,
    pub(crate) consensus: Option<ConsensusDraft>,
    pub(crate) parameters: [Option<u128>; PARAMETERS.len()],
    pub(crate) accounts: Vec<AccountDraft>,
    pub(crate) validators: Vec<ValidatorDraft>,
    pub(crate) bootstrap: Vec<Option<PeerAddress>>,
}

pub(crate) struct ConsensusDraft {
    pub(crate) kind: ConsensusKind,
    /// In the order of the kind's limits.
    pub(crate) numbers: Vec<Option<u128>>,
}

#[derive(Default)]
pub(crate) struct AccountDraft {
    pub(crate) address: Option<Address>,
    pub(crate) balance: Option<Amount>,
}

#[derive(Default)]
pub(crate) struct ValidatorDraft {
    pub(crate) name: Option<ValidatorName>,
    pub(crate) public_key: Option<PublicKey>,
    pub(crate) stake: Option<Amount>,
    pub(crate) possession: Option<Signature>,
}

impl From<GenesisParts> for Draft {
    fn from(parts: GenesisParts) -> Self {
        let numbers = parts.consensus.numbers().into_iter();
        Self {
            chain_id: Some(parts.chain_id),
            time: Some(parts.time),
            consensus: Some(ConsensusDraft {
                kind: parts.consensus.kind(),
                numbers: numbers.map(Some).collect(),
            }),
            parameters: parts.parameters.numbers().map(Some),
            accounts: parts.accounts.into_iter().map(AccountDraft::from).collect(),
            validators: parts
                .validators
                .into_iter()
                .map(ValidatorDraft::from)
                .collect(),
            bootstrap: parts.bootstrap.into_iter().map(Some).collect(),
        }
    }
}

impl From<Account> for AccountDraft {
    fn from(account: Account) -> Self {
        Self {
            address: Some(account.address),
            balance: Some(account.balance),
        }
    }
}

impl From<GenesisValidator> for ValidatorDraft {
    fn from(validator: GenesisValidator) -> Self {
        Self {
            name: Some(validator.name),
            public_key: Some(validator.public_key),
            stake: Some(validator.stake),
            possession: Some(validator.possession),
        }
    }
}

impl Draft {
    /// The genesis of a draft about which no mistake was reported.
    pub(crate) fn finish(self) -> Genesis {
        let accounts = self.accounts.into_iter().map(AccountDraft::finish);
        let validators = self.validators.into_iter().map(ValidatorDraft::finish);
        let mut validators: Vec<GenesisValidator> = validators.collect();
        validators.sort_by_cached_key(GenesisValidator::address);
        let peers = self.bootstrap.into_iter().map(|peer| peer.expect(ALL_READ));
        Genesis {
            chain_id: self.chain_id.expect(ALL_READ),
            time: self.time.expect(ALL_READ),
            consensus: self.consensus.expect(ALL_READ).finish(),
            parameters: Parameters::from_numbers(
                self.parameters.map(|number| number.expect(ALL_READ)),
            ),
            accounts: accounts.collect(),
            validators,
            bootstrap: peers.collect(),
        }
    }
}

impl ConsensusDraft {
    fn finish(self) -> Consensus {
        let numbers = self.numbers.into_iter();
        let numbers: Vec<u128> = numbers.map(|number| number.expect(ALL_READ)).collect();
        Consensus::from_numbers(self.kind, &numbers)
    }
}

impl AccountDraft {
    fn finish(self) -> (Address, Amount) {
        (self.address.expect(ALL_READ), self.balance.expect(ALL_READ))
    }
}

impl ValidatorDraft {
    fn finish(self) -> GenesisValidator {
        GenesisValidator {
            name: self.name.expect(ALL_READ),
            public_key: self.public_key.expect(ALL_READ),
            stake: self.stake.expect(ALL_READ),
            possession: self.possession.expect(ALL_READ),
        }
    }
}
