//! What can be wrong with a document, one variant for each kind.
//!
//! Whoever writes the document must act, so each message says what is wrong
//! and what to do. No message repeats text of the document beyond a few
//! characters: the line and the field lead there.

use pyralog_primitives::WeakKey;
use pyralog_primitives::text::HexError;

use crate::consensus::ConsensusKind;
use crate::genesis::ACCOUNT_COUNT_MAX;
use crate::names::{CHAIN_ID_BYTES_MAX, CHAIN_ID_BYTES_MIN, ChainId, NAME_BYTES_MAX};
use crate::peer::PEER_BYTES_MAX;
use crate::quantity::Quantity;
use crate::read::{GENESIS_BYTES_MAX, TEXT_BYTES_MAX};

/// One kind of mistake. New kinds are added where they belong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    // The text as a whole.
    /// The document is longer than any may be.
    #[error(
        "the document has {found} bytes, at most {GENESIS_BYTES_MAX} are read; \
         remove comments, or accounts beyond {ACCOUNT_COUNT_MAX}"
    )]
    DocumentTooLong {
        /// Its length.
        found: usize,
    },
    /// The text is not TOML.
    #[error("this is not TOML: {message}; correct it here or just above")]
    Syntax {
        /// What the parser says.
        message: String,
    },
    /// A key that makes many tables inside of each other.
    #[error("a key with this many dots lies deeper than anything in a genesis; remove it")]
    DeepKey,
    /// The document follows rules of another version.
    #[error("this version reads format 1 only; use the Pyralog release that the document is for")]
    UnknownFormat,

    // Keys and types.
    /// A key that no document has.
    #[error("no such key; {}", remedy(*.suggestion))]
    UnknownKey {
        /// The key that was probably meant.
        suggestion: Option<&'static str>,
    },
    /// A key that another kind of consensus has.
    #[error("the consensus '{kind}' has no such key, others do; remove it or change the kind")]
    KeyOfOtherKind {
        /// The kind chosen.
        kind: ConsensusKind,
    },
    /// A key that must be there is not.
    #[error("missing; write it like this: {example}")]
    MissingKey {
        /// A value that it might have.
        example: &'static str,
    },
    /// A value of another type.
    #[error("this is {found}; write it like this: {example}")]
    WrongType {
        /// A value of the right type.
        example: &'static str,
        /// The type it has.
        found: &'static str,
    },
    /// A text longer than any value of a document.
    #[error("the text has {found} bytes, no value needs more than {TEXT_BYTES_MAX}; shorten it")]
    TextTooLong {
        /// Its length.
        found: usize,
    },
    /// A list with too many entries; this is the first one too many.
    #[error("one entry too many: at most {max} are allowed; remove the rest")]
    TooMany {
        /// How many there may be.
        max: usize,
    },

    // Numbers.
    /// A number below zero.
    #[error("a negative number makes no sense here; write it without the sign")]
    Negative,
    /// A duration in no known form.
    #[error("not a duration; write whole seconds or milliseconds, such as \"3s\" or \"500ms\"")]
    DurationForm,
    /// A size in no known form.
    #[error("not a size; write \"2MiB\", \"64KiB\" or the plain count of bytes")]
    SizeForm,
    /// A number below its bound.
    #[error("too small; write {min} or more")]
    BelowMin {
        /// The bound.
        min: Quantity,
    },
    /// A number above its bound.
    #[error("too large; write {max} or less")]
    AboveMax {
        /// The bound.
        max: Quantity,
    },

    // The chain id.
    /// Too short or too long.
    #[error(
        "the chain id has {found} characters; choose one with \
         {CHAIN_ID_BYTES_MIN} to {CHAIN_ID_BYTES_MAX}"
    )]
    ChainIdLength {
        /// Its length.
        found: usize,
    },
    /// A character that chain ids do not have.
    #[error("{found:?} may not stand in a chain id; use a-z, 0-9 and '-'")]
    ChainIdCharacter {
        /// The first such character.
        found: char,
    },
    /// The first character is no letter.
    #[error("a chain id begins with a letter; put one in front")]
    ChainIdStart,
    /// The last character is a hyphen.
    #[error("a chain id does not end with '-'; remove it")]
    ChainIdEnd,

    // The time.
    /// No date and time at all.
    #[error("no such date and time; write one like \"2026-11-21T00:00:00Z\"")]
    TimeForm,
    /// A date, time or zone is lacking.
    #[error("date, time of day and zone are all needed; complete it like 2026-11-21T00:00:00Z")]
    TimeIncomplete,
    /// Another zone.
    #[error("the time is not in UTC; convert it and let it end with Z")]
    TimeNotUtc,
    /// Finer than the clock of the chain.
    #[error("the chain counts milliseconds; write at most three decimals of a second")]
    TimeTooFine,
    /// A leap second.
    #[error("a leap second has no place in a count of milliseconds; write second 59")]
    TimeLeapSecond,
    /// A year that nobody means.
    #[error("the year is not one from 2020 to 2099; check it")]
    TimeOutOfRange,

    // Consensus.
    /// A kind that is planned.
    #[error(
        "the consensus '{kind}' is planned, not in this version; use {}",
        known_kinds()
    )]
    PlannedKind {
        /// The kind.
        kind: &'static str,
    },
    /// A kind that nobody plans.
    #[error("no consensus has this name; use {}", known_kinds())]
    UnknownKind,
    /// Several validators where one decides alone.
    #[error("the consensus 'solo' has exactly one validator; remove this one or change the kind")]
    SoloWithMany,

    // Parameters against each other.
    /// The longest transaction does not fit a block.
    #[error("with blocks this short it may be {max} at most; shorten it or raise block_bytes_max")]
    TransactionAboveBlock {
        /// What fits.
        max: Quantity,
    },
    /// The first fee is below the lowest.
    #[error("the first fee is below the lowest; write {min} or more, or lower base_fee_min")]
    BaseFeeBelowMin {
        /// The lowest fee.
        min: Quantity,
    },
    /// Stake could leave before it can be punished.
    #[error("stake could leave before evidence expires; write {min} or more, the age of evidence")]
    UnbondingTooShort {
        /// The age of evidence.
        min: Quantity,
    },

    // Accounts and amounts.
    /// A typing error in an address.
    #[error("not an address, probably mistyped; copy it again, it begins with 'pyr1'")]
    AddressMistyped,
    /// An address of another network.
    #[error("the address is not of Pyralog; use one that begins with 'pyr1'")]
    AddressForeign,
    /// An address in capitals.
    #[error("the address is in upper case; write it in lower case")]
    AddressUpperCase,
    /// An address of the wrong length.
    #[error("the address holds {bytes} bytes instead of 20; it may be of something else, check it")]
    AddressLength {
        /// How many bytes it holds.
        bytes: usize,
    },
    /// No amount.
    #[error("not an amount; write tokens in digits, such as \"12\" or \"0.5\"")]
    AmountForm,
    /// Finer than the smallest unit.
    #[error("a token has nine decimals; round the amount")]
    AmountTooFine,
    /// More than an amount can hold.
    #[error("no amount is this large; write fewer digits")]
    AmountTooLarge,
    /// An account without anything.
    #[error("an account without tokens needs no entry; remove it or give it a balance")]
    ZeroBalance,
    /// An account twice.
    #[error("accounts[{first}] has this address too; merge the two")]
    DuplicateAccount {
        /// Where it stands first.
        first: usize,
    },
    /// All tokens together are too many.
    #[error("from here on all balances and stakes together exceed what fits; lower them")]
    SupplyTooLarge,

    // Validators.
    /// There is none.
    #[error("nobody could make a block; add a [[validators]] entry")]
    NoValidator,
    /// A name too short or too long.
    #[error("the name has {found} characters; choose one with 1 to {NAME_BYTES_MAX}")]
    NameLength {
        /// Its length.
        found: usize,
    },
    /// A character that names do not have.
    #[error("{found:?} may not stand in a name; use letters, digits and signs of ASCII")]
    NameCharacter {
        /// The first such character.
        found: char,
    },
    /// A space that nobody sees.
    #[error("the name begins or ends with a space; remove it")]
    NameEdge,
    /// A name twice.
    #[error("validators[{first}] has this name too; choose another")]
    DuplicateName {
        /// Where it stands first.
        first: usize,
    },
    /// No hex of the right length.
    #[error("{0}; copy it again")]
    Hex(HexError),
    /// A key that must not vote.
    #[error("{0}; have the validator make a new key")]
    WeakKey(WeakKey),
    /// A key twice.
    #[error("validators[{first}] has this key too; a validator has one entry, remove the other")]
    DuplicateKey {
        /// Where it stands first.
        first: usize,
    },
    /// A stake below the least voting power.
    #[error("a stake below one token gives no vote; raise it to \"1\" or more")]
    StakeTooSmall,
    /// All voting power together is too much.
    #[error("from here on all stakes together exceed {max} tokens; lower them")]
    PowerTooLarge {
        /// How much there may be.
        max: Quantity,
    },
    /// The validator did not show that it has the secret key.
    #[error(
        "not this key's signature for chain '{chain_id}'; \
         have the validator sign for this chain id, and copy key and signature again"
    )]
    PossessionRefused {
        /// The chain it must be for.
        chain_id: ChainId,
    },

    // Peers.
    /// An address longer than any.
    #[error("the peer's address has {found} bytes, at most {PEER_BYTES_MAX} are allowed; check it")]
    PeerLength {
        /// Its length.
        found: usize,
    },
    /// It does not begin with a host.
    #[error("no host in front; begin with /ip4/…, /ip6/…, /dns/…, /dns4/… or /dns6/…")]
    PeerHost,
    /// No port follows the host.
    #[error("no port after the host; write /tcp/26656 or /udp/26656 there, with 1 to 65535")]
    PeerPort,
    /// Something unknown stands between port and peer id.
    #[error("unknown transport between port and peer id; use quic-v1, ws, wss, tls, noise or none")]
    PeerTransport,
    /// It does not end with a peer id.
    #[error("no peer id at the end; let it end with /p2p/12D3KooW…, as the peer prints it")]
    PeerId,
    /// A peer's address twice.
    #[error("bootstrap[{first}] is the same; remove one")]
    DuplicatePeer {
        /// Where it stands first.
        first: usize,
    },
}

fn remedy(suggestion: Option<&'static str>) -> String {
    match suggestion {
        Some(key) => format!("did you mean '{key}'?"),
        None => "remove it".to_owned(),
    }
}

fn known_kinds() -> String {
    let [others @ .., last] = ConsensusKind::ALL.map(ConsensusKind::as_str);
    format!("{} or {last}", others.join(", "))
}
