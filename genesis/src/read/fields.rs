//! The fields of a document, read one by one.

use pyralog_primitives::amount::AmountError;
use pyralog_primitives::text::HexError;
use pyralog_primitives::{Address, AddressError, Amount, TimestampMs};
use toml::de::DeValue;

use super::section::{Key, Section, as_text, wrong_type};
use super::source::Document;
use crate::collector::Collector;
use crate::consensus::ConsensusKind;
use crate::draft::{AccountDraft, ConsensusDraft, Draft, ValidatorDraft};
use crate::encoding::FORMAT;
use crate::limits::{Limit, PARAMETERS};
use crate::names::{ChainId, ValidatorName};
use crate::peer::PeerAddress;
use crate::problem::Problem;
use crate::time::parse_time;

macro_rules! keys {
    ($($constant:ident: $name:literal = $example:literal;)*) => {
        $(const $constant: Key = Key { name: $name, example: $example };)*
    };
}

keys! {
    FORMAT_KEY: "format" = "format = 1";
    CHAIN_ID: "chain_id" = "chain_id = \"my-network\"";
    TIME: "time" = "time = \"2026-11-21T00:00:00Z\"";
    CONSENSUS: "consensus" = "[consensus] and below it kind = \"tendermint\"";
    KIND: "kind" = "kind = \"tendermint\"";
    PARAMETERS_KEY: "parameters" = "[parameters]";
    ACCOUNTS: "accounts" = "[[accounts]]";
    ADDRESS: "address" = "address = \"pyr1…\"";
    BALANCE: "balance" = "balance = \"1000.5\"";
    VALIDATORS: "validators" = "[[validators]]";
    NAME: "name" = "name = \"alice\"";
    PUBLIC_KEY: "public_key" = "public_key = \"64 hex digits\"";
    STAKE: "stake" = "stake = \"100\"";
    POSSESSION: "possession" = "possession = \"128 hex digits\"";
    NETWORK: "network" = "[network]";
    BOOTSTRAP: "bootstrap" = "bootstrap = [\"/ip4/203.0.113.7/tcp/26656/p2p/12D3KooW…\"]";
}

/// Kinds of the design that have no engine yet.
const PLANNED_KINDS: [&str; 9] = [
    "pos",
    "pow",
    "raft",
    "gossip",
    "pow-pos",
    "pos-pow-fallback",
    "zoned",
    "snark-rollup",
    "stark-rollup",
];

/// Reads what can be read. `None` if the document is of another format: what
/// its keys mean is unknown.
pub(crate) fn read(document: &Document<'_>, report: &mut Collector<'_>) -> Option<Draft> {
    let root = Section::root(document.root());
    let format = root.required(FORMAT_KEY, report);
    if let Some(value) = format {
        let problem = check_format(value.get_ref()).err();
        if let Some(problem) = problem {
            report.report(&root.place(FORMAT_KEY.name), problem);
            return None;
        }
    }
    let known = [
        FORMAT_KEY,
        CHAIN_ID,
        TIME,
        CONSENSUS,
        PARAMETERS_KEY,
        ACCOUNTS,
        VALIDATORS,
        NETWORK,
    ];
    root.check_keys(&known.map(|key| key.name), report);
    let accounts = root.items(ACCOUNTS, report);
    let validators = root.items(VALIDATORS, report);
    Some(Draft {
        chain_id: root.parsed(CHAIN_ID, str::parse::<ChainId>, report),
        time: read_time(document, &root, report),
        consensus: read_consensus(&root, report),
        parameters: read_parameters(&root, report),
        accounts: accounts
            .into_iter()
            .map(|item| read_account(item, report))
            .collect(),
        validators: validators
            .into_iter()
            .map(|item| read_validator(item, report))
            .collect(),
        bootstrap: read_bootstrap(&root, report),
    })
}

fn check_format(value: &DeValue<'_>) -> Result<(), Problem> {
    let integer = value
        .as_integer()
        .ok_or_else(|| wrong_type(FORMAT_KEY.example, value))?;
    let found = u8::from_str_radix(integer.as_str(), integer.radix());
    if found == Ok(FORMAT) {
        Ok(())
    } else {
        Err(Problem::UnknownFormat)
    }
}

/// With or without quotes.
fn read_time(
    document: &Document<'_>,
    root: &Section<'_>,
    report: &mut Collector<'_>,
) -> Option<TimestampMs> {
    let value = root.required(TIME, report)?;
    let time = match value.get_ref() {
        DeValue::Datetime(_) => parse_time(document.written(value.span())),
        other => as_text(other, TIME.example).and_then(parse_time),
    };
    report.take(&root.place(TIME.name), time)
}

fn read_consensus(root: &Section<'_>, report: &mut Collector<'_>) -> Option<ConsensusDraft> {
    root.required(CONSENSUS, report)?;
    let section = root.table(CONSENSUS, report)?;
    let kind = section.parsed(KIND, parse_kind, report)?;
    let keys_of = |kind: ConsensusKind| kind.limits().iter().map(|limit| limit.key);
    let mut known: Vec<&str> = keys_of(kind).collect();
    known.push(KIND.name);
    // Keys of other kinds have a message of their own.
    let others = ConsensusKind::ALL.into_iter().flat_map(keys_of);
    let foreign: Vec<&str> = others.filter(|key| !known.contains(key)).collect();
    for key in section.keys().filter(|key| foreign.contains(key)) {
        let problem = Problem::KeyOfOtherKind { kind };
        report.report(&section.place(key.to_owned()), problem);
    }
    section.check_keys_but(&foreign, &known, report);
    let limits = kind.limits().iter();
    let numbers = limits.map(|limit| section.number(limit, report)).collect();
    Some(ConsensusDraft { kind, numbers })
}

fn parse_kind(text: &str) -> Result<ConsensusKind, Problem> {
    if let Some(kind) = PLANNED_KINDS.into_iter().find(|planned| *planned == text) {
        return Err(Problem::PlannedKind { kind });
    }
    let mut kinds = ConsensusKind::ALL.into_iter();
    kinds
        .find(|kind| kind.as_str() == text)
        .ok_or(Problem::UnknownKind)
}

fn read_parameters(
    root: &Section<'_>,
    report: &mut Collector<'_>,
) -> [Option<u128>; PARAMETERS.len()] {
    let Some(section) = root.table(PARAMETERS_KEY, report) else {
        return PARAMETERS
            .each_ref()
            .map(|limit| Some(limit.default_number()));
    };
    let known = PARAMETERS.each_ref().map(|limit: &Limit| limit.key);
    section.check_keys(&known, report);
    PARAMETERS
        .each_ref()
        .map(|limit| section.number(limit, report))
}

fn read_account(section: Option<Section<'_>>, report: &mut Collector<'_>) -> AccountDraft {
    let Some(section) = section else {
        return AccountDraft::default();
    };
    section.check_keys(&[ADDRESS.name, BALANCE.name], report);
    AccountDraft {
        address: section.parsed(ADDRESS, parse_address, report),
        balance: section.parsed(BALANCE, parse_amount, report),
    }
}

fn read_validator(section: Option<Section<'_>>, report: &mut Collector<'_>) -> ValidatorDraft {
    let Some(section) = section else {
        return ValidatorDraft::default();
    };
    let known = [NAME, PUBLIC_KEY, STAKE, POSSESSION].map(|key| key.name);
    section.check_keys(&known, report);
    ValidatorDraft {
        name: section.parsed(NAME, str::parse::<ValidatorName>, report),
        public_key: section.parsed(PUBLIC_KEY, parse_hex, report),
        stake: section.parsed(STAKE, parse_amount, report),
        possession: section.parsed(POSSESSION, parse_hex, report),
    }
}

fn read_bootstrap(root: &Section<'_>, report: &mut Collector<'_>) -> Vec<Option<PeerAddress>> {
    let Some(section) = root.table(NETWORK, report) else {
        return Vec::new();
    };
    section.check_keys(&[BOOTSTRAP.name], report);
    let peers = section.list(BOOTSTRAP, report).iter().enumerate();
    let peer = |(index, value): (usize, &toml::Spanned<DeValue<'_>>)| {
        let address =
            as_text(value.get_ref(), BOOTSTRAP.example).and_then(str::parse::<PeerAddress>);
        report.take(&section.place(BOOTSTRAP.name).index(index), address)
    };
    peers.map(peer).collect()
}

fn parse_address(text: &str) -> Result<Address, Problem> {
    text.parse().map_err(|error| match error {
        AddressError::Mistyped { .. } => Problem::AddressMistyped,
        AddressError::Foreign { .. } => Problem::AddressForeign,
        AddressError::UpperCase { .. } => Problem::AddressUpperCase,
        AddressError::Length { bytes, .. } => Problem::AddressLength { bytes },
    })
}

fn parse_amount(text: &str) -> Result<Amount, Problem> {
    text.parse().map_err(|error| match error {
        AmountError::NotAnAmount(_) => Problem::AmountForm,
        AmountError::TooFine(_) => Problem::AmountTooFine,
        AmountError::TooLarge(_) => Problem::AmountTooLarge,
    })
}

fn parse_hex<T: std::str::FromStr<Err = HexError>>(text: &str) -> Result<T, Problem> {
    text.parse().map_err(Problem::Hex)
}
