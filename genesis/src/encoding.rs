//! The canonical bytes of a genesis.
//!
//! All that the participants agree on comes first and is hashed; the bootstrap
//! peers follow and are not. Accounts and validators stand in order of
//! address, none twice, so that one genesis has one encoding. Decoding runs
//! the rules that parsing runs.

use std::io::{Error, ErrorKind, Read, Result, Write};

use borsh::{BorshDeserialize, BorshSerialize};
use pyralog_primitives::codec::{BoundError, Canonical, List};
use pyralog_primitives::validators::VALIDATOR_COUNT_MAX;
use pyralog_primitives::{Address, PublicKey, Signature};

use crate::genesis::{
    ACCOUNT_COUNT_MAX, Account, BOOTSTRAP_COUNT_MAX, Genesis, GenesisParts, GenesisValidator,
};
use crate::names::{CHAIN_ID_BYTES_MAX, NAME_BYTES_MAX};
use crate::peer::{PEER_BYTES_MAX, PeerAddress};

/// The first byte, and the number that a document gives as its format.
pub(crate) const FORMAT: u8 = 1;

const COUNT_BYTES: usize = 4;
const AMOUNT_BYTES: usize = 16;
const CONSENSUS_BYTES_MAX: usize = 1 + 4 * 8;
const PARAMETERS_BYTES: usize = 7 * 8 + 2 * AMOUNT_BYTES;
const ACCOUNT_BYTES: usize = Address::BYTES + AMOUNT_BYTES;
const VALIDATOR_BYTES_MAX: usize =
    COUNT_BYTES + NAME_BYTES_MAX + PublicKey::BYTES + AMOUNT_BYTES + Signature::BYTES;

impl Canonical for Genesis {
    const ENCODED_BYTES_MAX: usize = 1
        + (COUNT_BYTES + CHAIN_ID_BYTES_MAX)
        + 8
        + CONSENSUS_BYTES_MAX
        + PARAMETERS_BYTES
        + (COUNT_BYTES + ACCOUNT_COUNT_MAX * ACCOUNT_BYTES)
        + (COUNT_BYTES + VALIDATOR_COUNT_MAX * VALIDATOR_BYTES_MAX)
        + (COUNT_BYTES + BOOTSTRAP_COUNT_MAX * (COUNT_BYTES + PEER_BYTES_MAX));
}

/// What is hashed: the encoding without the bootstrap peers.
pub(crate) struct Agreed<'g>(pub(crate) &'g Genesis);

impl BorshSerialize for Agreed<'_> {
    fn serialize<W: Write>(&self, writer: &mut W) -> Result<()> {
        let genesis = self.0;
        FORMAT.serialize(writer)?;
        genesis.chain_id.serialize(writer)?;
        genesis.time.serialize(writer)?;
        genesis.consensus.serialize(writer)?;
        genesis.parameters.serialize(writer)?;
        genesis.accounts.serialize(writer)?;
        genesis.validators.serialize(writer)
    }
}

impl BorshSerialize for Genesis {
    fn serialize<W: Write>(&self, writer: &mut W) -> Result<()> {
        Agreed(self).serialize(writer)?;
        self.bootstrap.serialize(writer)
    }
}

impl BorshDeserialize for Genesis {
    fn deserialize_reader<R: Read>(reader: &mut R) -> Result<Self> {
        check(
            "genesis",
            "format is 1",
            u8::deserialize_reader(reader)? == FORMAT,
        )?;
        let parts = GenesisParts {
            chain_id: BorshDeserialize::deserialize_reader(reader)?,
            time: BorshDeserialize::deserialize_reader(reader)?,
            consensus: BorshDeserialize::deserialize_reader(reader)?,
            parameters: BorshDeserialize::deserialize_reader(reader)?,
            accounts: read_accounts(reader)?,
            validators: read_validators(reader)?,
            bootstrap: List::<PeerAddress, BOOTSTRAP_COUNT_MAX>::deserialize_reader(reader)?
                .into_vec(),
        };
        Self::new(parts).map_err(|mistakes| Error::new(ErrorKind::InvalidData, mistakes))
    }
}

fn read_accounts<R: Read>(reader: &mut R) -> Result<Vec<Account>> {
    let accounts = List::<Account, ACCOUNT_COUNT_MAX>::deserialize_reader(reader)?;
    let ordered = accounts.is_sorted_by(|one, next| one.address < next.address);
    check("accounts", "stand in order of address, none twice", ordered)?;
    Ok(accounts.into_vec())
}

fn read_validators<R: Read>(reader: &mut R) -> Result<Vec<GenesisValidator>> {
    let validators = List::<GenesisValidator, VALIDATOR_COUNT_MAX>::deserialize_reader(reader)?;
    let ordered = validators.is_sorted_by(|one, next| one.address() < next.address());
    check(
        "validators",
        "stand in order of address, none twice",
        ordered,
    )?;
    Ok(validators.into_vec())
}

fn check(what: &'static str, rule: &'static str, holds: bool) -> Result<()> {
    if holds {
        Ok(())
    } else {
        Err(BoundError::Rule { what, rule }.into())
    }
}
