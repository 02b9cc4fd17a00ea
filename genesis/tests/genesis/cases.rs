//! The table of mistakes: each a minimal change of the full document.

use pyralog_genesis::GENESIS_BYTES_MAX;

use crate::support::{CHAIN, address, edited, full_document, possession, secret};

/// A change of a valid document, and the one mistake that it makes.
#[derive(Debug)]
pub(crate) struct Case {
    /// The variant of `Problem`.
    pub(crate) variant: &'static str,
    pub(crate) field: &'static str,
    changes: Vec<(String, String)>,
    /// A text that only the line of the mistake has.
    marker: Option<String>,
}

impl Case {
    pub(crate) fn text(&self) -> String {
        let (from, to) = &self.changes[0];
        let text = edited(from, to);
        self.changes[1..].iter().fold(text, |text, (from, to)| {
            assert!(text.contains(from), "no {from:?}");
            text.replacen(from, to, 1)
        })
    }

    /// Where the mistake must be reported.
    pub(crate) fn line(&self) -> Option<usize> {
        let marker = self.marker.as_ref()?;
        let text = self.text();
        let line = text.lines().position(|line| line.contains(marker));
        Some(line.expect("the marker stands in the text") + 1)
    }

    fn at(mut self, marker: &str) -> Self {
        self.marker = Some(marker.to_owned());
        self
    }

    fn nowhere(mut self) -> Self {
        self.marker = None;
        self
    }

    /// With another change, for rules that join two fields.
    fn and(mut self, from: &str, to: &str) -> Self {
        self.changes.push((from.to_owned(), to.to_owned()));
        self
    }
}

/// Reported at the last line of the new text, if nothing else is said.
fn case(variant: &'static str, field: &'static str, from: &str, to: &str) -> Case {
    Case {
        variant,
        field,
        changes: vec![(from.to_owned(), to.to_owned())],
        marker: to.lines().next_back().map(str::to_owned),
    }
}

/// Cases of one field, all with the same text replaced.
fn cases(field: &'static str, from: &str, changes: &[(&'static str, &str)]) -> Vec<Case> {
    let case = |(variant, to): &(&'static str, &str)| case(variant, field, from, to);
    changes.iter().map(case).collect()
}

pub(crate) fn all_cases() -> Vec<Case> {
    [
        of_the_text(),
        of_the_head(),
        of_the_time(),
        of_consensus(),
        of_parameters(),
        of_accounts(),
        of_validator_names(),
        of_validator_keys(),
        of_stakes(),
        of_peers(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn of_the_text() -> Vec<Case> {
    let long = format!("# {}", "x".repeat(GENESIS_BYTES_MAX));
    vec![
        case(
            "DeepKey",
            "",
            "format = 1",
            "format = 1\na.b.c.d.e.f.g.h.i.j = 1",
        ),
        case("DocumentTooLong", "", "[network]", &long).nowhere(),
        case("Syntax", "", "format = 1", "format = = 1"),
        case("Syntax", "", "base_fee_min = 20", "base_fee_min = 20__0"),
        case("Syntax", "", "name = \"alice\"", "name = \"alice\\q\""),
        case(
            "Syntax",
            "",
            "[network]",
            "time_drift_max = \"1s\"\n[network]",
        )
        .at("time_drift_max = \"1s\""),
        case(
            "UnknownKey",
            "colour",
            "[network]",
            "[colour]\na = 1\n[network]",
        )
        .at("[colour]"),
        case(
            "UnknownKey",
            "chainid",
            "format = 1",
            "format = 1\nchainid = \"x\"",
        ),
    ]
}

fn of_the_head() -> Vec<Case> {
    let long_text = format!("chain_id = \"{}\"", "x".repeat(1025));
    let mut found = cases(
        "format",
        "format = 1",
        &[
            ("UnknownFormat", "format = 2"),
            ("UnknownFormat", "format = -1"),
            ("UnknownFormat", "format = 0x101"),
            ("WrongType", "format = \"1\""),
        ],
    );
    found.extend(cases(
        "chain_id",
        "chain_id = \"my-network\"",
        &[
            ("WrongType", "chain_id = 7"),
            ("TextTooLong", &long_text),
            ("ChainIdLength", "chain_id = \"my\""),
            ("ChainIdCharacter", "chain_id = \"My-network\""),
            ("ChainIdStart", "chain_id = \"1-network\""),
            ("ChainIdEnd", "chain_id = \"my-network-\""),
        ],
    ));
    found.extend([
        case("MissingKey", "format", "format = 1", "").nowhere(),
        case("MissingKey", "chain_id", "chain_id = \"my-network\"", "").nowhere(),
    ]);
    found
}

fn of_the_time() -> Vec<Case> {
    let from = "time = \"2026-11-21T00:00:00Z\"";
    let mut found = cases(
        "time",
        from,
        &[
            ("WrongType", "time = 1795219200000"),
            ("TimeForm", "time = \"21 November\""),
            ("TimeIncomplete", "time = 2026-11-21T00:00:00"),
            ("TimeIncomplete", "time = \"2026-11-21\""),
            ("TimeNotUtc", "time = 2026-11-21T00:00:00+01:00"),
            ("TimeTooFine", "time = 2026-11-21T00:00:00.0001Z"),
            ("TimeTooFine", "time = 2026-11-21T00:00:00.0000000000001Z"),
            ("TimeLeapSecond", "time = 2026-12-31T23:59:60Z"),
            ("TimeOutOfRange", "time = 2019-12-31T23:59:59.999Z"),
            ("TimeOutOfRange", "time = \"2100-01-01T00:00:00Z\""),
            ("TimeOutOfRange", "time = 1926-11-21T00:00:00Z"),
        ],
    );
    found.push(case("MissingKey", "time", from, "").nowhere());
    found
}

const CONSENSUS: &str = "\
[consensus]
kind = \"tendermint\"
timeout_propose = \"2s\"
timeout_vote = \"900ms\"
timeout_step = \"400ms\"
empty_block_interval = \"10s\"
";

fn of_consensus() -> Vec<Case> {
    let mut found = cases(
        "consensus.kind",
        "kind = \"tendermint\"",
        &[
            ("PlannedKind", "kind = \"pos-pow-fallback\""),
            ("UnknownKind", "kind = \"paxos\""),
            ("WrongType", "kind = 3"),
        ],
    );
    found.extend(cases(
        "consensus.timeout_vote",
        "timeout_vote = \"900ms\"",
        &[
            ("DurationForm", "timeout_vote = \"1.5s\""),
            ("WrongType", "timeout_vote = 900"),
            ("BelowMin", "timeout_vote = \"49ms\""),
            ("AboveMax", "timeout_vote = \"60001ms\""),
            (
                "AboveMax",
                "timeout_vote = \"999999999999999999999999999999999999999999s\"",
            ),
        ],
    ));
    let lone = "[consensus]\nkind = \"solo\"\n";
    let second = "[[validators]] # second\nname = \"bob\"";
    found.extend([
        case("MissingKey", "consensus", CONSENSUS, "").nowhere(),
        case(
            "WrongType",
            "consensus",
            CONSENSUS,
            "consensus = \"solo\"\n",
        ),
        case("MissingKey", "consensus.kind", "kind = \"tendermint\"", "").at("[consensus]"),
        case(
            "UnknownKey",
            "consensus.timeout_votes",
            "timeout_vote =",
            "timeout_votes =",
        ),
        case(
            "KeyOfOtherKind",
            "consensus.block_interval",
            "kind =",
            "block_interval = \"1s\"\nkind =",
        )
        .at("block_interval"),
        case("SoloWithMany", "validators[1]", CONSENSUS, lone)
            .and("[[validators]]\nname = \"bob\"", second)
            .at("# second"),
    ]);
    found
}

fn of_parameters() -> Vec<Case> {
    let mut found = cases(
        "parameters.block_bytes_max",
        "block_bytes_max = \"1MiB\"",
        &[
            ("SizeForm", "block_bytes_max = \"1MB\""),
            ("WrongType", "block_bytes_max = 1.5"),
            ("BelowMin", "block_bytes_max = 131071"),
            ("AboveMax", "block_bytes_max = \"17MiB\""),
        ],
    );
    found.extend(cases(
        "parameters.base_fee_initial",
        "base_fee_initial = 200",
        &[
            ("Negative", "base_fee_initial = -5"),
            ("WrongType", "base_fee_initial = \"200\""),
            ("BelowMin", "base_fee_initial = 7"),
            ("AboveMax", "base_fee_initial = 1_000_000_001"),
            (
                "AboveMax",
                "base_fee_initial = 999999999999999999999999999999999999999999",
            ),
            ("BaseFeeBelowMin", "base_fee_initial = 19"),
        ],
    ));
    let small_block = "block_bytes_max = \"128KiB\"";
    let large_transaction = "transaction_bytes_max = 90_113";
    let unbonding = "parameters.unbonding_blocks";
    found.extend([
        case(
            "UnknownKey",
            "parameters.block_size",
            "base_fee_min = 20",
            "block_size = 20",
        ),
        case(
            "UnbondingTooShort",
            unbonding,
            "unbonding_blocks = 2000",
            "unbonding_blocks = 999",
        ),
        // The default is too short for evidence this old, and has no line but
        // that of the section.
        case(
            "UnbondingTooShort",
            unbonding,
            "unbonding_blocks = 2000",
            "",
        )
        .and(
            "evidence_age_blocks_max = 1000",
            "evidence_age_blocks_max = 120_001",
        )
        .at("[parameters]"),
        case(
            "TransactionAboveBlock",
            "parameters.transaction_bytes_max",
            "transaction_bytes_max = \"32KiB\"",
            large_transaction,
        )
        .and("block_bytes_max = \"1MiB\"", small_block),
    ]);
    found
}

fn of_accounts() -> Vec<Case> {
    let own = format!("address = \"{}\"", address(11));
    let other = format!("address = \"{}\"", address(12));
    let mistyped = own.replacen("pyr1", "pyr1q", 1);
    let upper = own.to_uppercase().replace("ADDRESS", "address");
    // Good checksums, so that nothing else is wrong.
    let foreign = "address = \"bc1qqqsyqcyq5rqwzqfpg9scrgwpugpzysn7f7w9p\"";
    let short = "address = \"pyr1qqqsyqcyq5rqwzqfpg9scrgwpugpzystw9cfd\"";
    let mut found = cases(
        "accounts[0].address",
        &own,
        &[
            ("AddressMistyped", &mistyped),
            ("AddressForeign", foreign),
            ("AddressUpperCase", &upper),
            ("AddressLength", short),
        ],
    );
    found.extend(cases(
        "accounts[0].balance",
        "balance = \"1000.5\"",
        &[
            ("AmountForm", "balance = \"1,000\""),
            ("AmountForm", "balance = \"-1\""),
            ("AmountTooFine", "balance = \"0.0000000001\""),
            (
                "AmountTooLarge",
                "balance = \"340282366920938463463374607432\"",
            ),
            ("WrongType", "balance = 1000"),
            ("ZeroBalance", "balance = \"0.0\""),
        ],
    ));
    let all_there_is = "balance = \"340282366920938463463374607431.768211455\"";
    let nonce = format!("{own}\nnonce = 1");
    let again = format!("{own} # again");
    found.extend([
        case("MissingKey", "accounts[0].address", &own, "").at("[[accounts]]"),
        case("UnknownKey", "accounts[0].nonce", &own, &nonce),
        case("DuplicateAccount", "accounts[1].address", &other, &again),
        case(
            "SupplyTooLarge",
            "accounts[1].balance",
            "balance = \"1000.5\"",
            all_there_is,
        )
        .at("balance = \"7\""),
    ]);
    found
}

fn validator_entries() -> String {
    let text = full_document(CHAIN);
    let start = text.find("\n[[validators]]").expect("there are validators");
    text[start..].to_owned()
}

fn of_validator_names() -> Vec<Case> {
    let mut found = cases(
        "validators[0].name",
        "name = \"alice\"",
        &[
            ("NameLength", "name = \"a name of more than 32 characters\""),
            ("NameLength", "name = \"\""),
            ("NameCharacter", "name = \"al\u{ed}ce\""),
            ("NameEdge", "name = \"alice \""),
        ],
    );
    found.extend([
        case("NoValidator", "validators", &validator_entries(), "").nowhere(),
        case("WrongType", "validators[0]", &validator_entries(), "")
            .and("format = 1", "format = 1\nvalidators = [7]")
            .at("validators = [7]"),
        case("MissingKey", "validators[0].name", "name = \"alice\"", "").at("[[validators]]"),
        case(
            "DuplicateName",
            "validators[1].name",
            "name = \"bob\"",
            "name = \"alice\" # again",
        ),
        case(
            "UnknownKey",
            "validators[0].steak",
            "stake =",
            "steak = \"1\"\nstake =",
        )
        .at("steak"),
    ]);
    found
}

fn of_validator_keys() -> Vec<Case> {
    let key = |seed: u8| format!("public_key = \"{}\"", secret(seed).public_key());
    let proof = |chain: &str, seed: u8| format!("possession = \"{}\"", possession(chain, seed));
    let upper = key(1).to_uppercase().replace("PUBLIC_KEY", "public_key");
    let small_order = format!("public_key = \"01{}\"", "00".repeat(31));
    let no_point = format!("public_key = \"02{}\"", "00".repeat(31));
    let mut found = cases(
        "validators[0].public_key",
        &key(1),
        &[
            ("Hex", &upper),
            ("Hex", "public_key = \"00ff\""),
            ("WeakKey", &small_order),
            ("WeakKey", &no_point),
        ],
    );
    let zeros = format!("possession = \"{}\"", "00".repeat(64));
    found.extend(cases(
        "validators[0].possession",
        &proof(CHAIN, 1),
        &[
            ("Hex", "possession = \"abc\""),
            ("PossessionRefused", &proof("other-network", 1)),
            ("PossessionRefused", &proof(CHAIN, 3)),
            ("PossessionRefused", &zeros),
        ],
    ));
    let again = format!("{} # again", key(1));
    found.push(
        case("DuplicateKey", "validators[1].public_key", &key(2), &again)
            .and(&proof(CHAIN, 2), &proof(CHAIN, 1)),
    );
    found
}

fn of_stakes() -> Vec<Case> {
    let mut found = cases(
        "validators[0].stake",
        "stake = \"100\"",
        &[
            ("StakeTooSmall", "stake = \"0.999999999\""),
            ("StakeTooSmall", "stake = \"0\""),
            ("PowerTooLarge", "stake = \"1152921504606846977\""),
        ],
    );
    // The first alone may have all the power, with the second it is too much.
    found.push(
        case(
            "PowerTooLarge",
            "validators[1].stake",
            "stake = \"100\"",
            "stake = \"1152921504606846976\"",
        )
        .at("stake = \"50\""),
    );
    found
}

fn of_peers() -> Vec<Case> {
    let id = "12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp";
    let start = "/ip4/203.0.113.7/tcp/26656";
    let first = format!("\"{start}/p2p/{id}\"");
    let second = format!("\"/dns/seed.example.org/tcp/26656/p2p/{id}\"");
    let long = format!("\"{start}/p2p/{}\"", "x".repeat(400));
    let mut found = cases(
        "network.bootstrap[0]",
        &first,
        &[
            ("PeerLength", &long),
            ("PeerHost", &first.replace("203.0.113.7", "203.0.113")),
            ("PeerPort", &first.replace("26656", "66656")),
            ("PeerTransport", &first.replace("/p2p/", "/pigeon/p2p/")),
            ("PeerId", &first.replace(id, "12D3KooW")),
            ("WrongType", "26656"),
        ],
    );
    let again = format!("{first}, # again");
    let filler = |port: u32| {
        format!(
            "\"{}\",\n",
            first.trim_matches('"').replace("26656", &port.to_string())
        )
    };
    let fillers: String = (1..=63).map(filler).collect();
    found.extend([
        case(
            "UnknownKey",
            "network.peers",
            "[network]",
            "[network]\npeers = []",
        ),
        case(
            "DuplicatePeer",
            "network.bootstrap[1]",
            &format!("{second},"),
            &again,
        ),
        // 63 before the two that are there.
        case(
            "TooMany",
            "network.bootstrap[64]",
            "bootstrap = [\n",
            &format!("bootstrap = [\n{fillers}"),
        )
        .at("seed.example.org"),
    ]);
    found
}
