//! The surface as an `OpenRPC` document, which `rpc.discover` answers.

use serde_json::{Value, json};

/// A method: its name, what it does, its parameters, and what it answers.
struct Method(
    &'static str,
    &'static str,
    &'static [Parameter],
    &'static str,
);

/// A parameter: its name, its type, and whether it must be given.
struct Parameter(&'static str, &'static str, Need);

#[derive(PartialEq, Eq)]
enum Need {
    Required,
    Optional,
}

use Need::{Optional, Required};

const HEIGHT: &str = "height: a decimal number as a string";
const TRANSACTION_ID: &str = "transaction id: 64 hex digits";
const PUBLIC_KEY: &str = "public key: 64 hex digits";
const COMET_HEIGHT: &[Parameter] = &[Parameter("height", HEIGHT, Optional)];

const METHODS: &[Method] = &[
    Method(
        "pyralog_submitTransaction",
        "Takes a signed transaction. Sending it again is no error. Returns once its signature is verified.",
        &[Parameter(
            "transaction",
            "transaction: canonical encoding in hex",
            Required,
        )],
        "{transaction, known}",
    ),
    Method(
        "pyralog_submitTransactions",
        "Takes many transactions; each has its own outcome.",
        &[Parameter(
            "transactions",
            "list of transactions: canonical encoding in hex",
            Required,
        )],
        "list of {taken: {transaction, known}} or {refused: {message, reason, retryable}}",
    ),
    Method(
        "pyralog_simulateTransaction",
        "Tries a transaction out on the last block, by the code that executes it.",
        &[Parameter(
            "body",
            "transaction body: canonical encoding in hex, not signed",
            Required,
        )],
        "{height, base_fee, receipt, failure}",
    ),
    Method(
        "pyralog_transactionStatus",
        "What is known of a transaction.",
        &[Parameter("transaction", TRANSACTION_ID, Required)],
        "{status: pending | final | rejected | evicted | replaced | expired | unknown, …}",
    ),
    Method(
        "pyralog_waitTransaction",
        "The status of a transaction, once it is settled or after the timeout.",
        &[
            Parameter("transaction", TRANSACTION_ID, Required),
            Parameter("timeout", "milliseconds as a string", Required),
            Parameter("wait_for", "final (default) or provable", Optional),
        ],
        "as pyralog_transactionStatus",
    ),
    Method(
        "pyralog_status",
        "How the node stands.",
        &[],
        "{version, chain_id, genesis, consensus, height, block, time, state_root, oldest, syncing, peers, pending, base_fee, validator}",
    ),
    Method(
        "pyralog_block",
        "A block and why it is final; the last one if no height is given.",
        &[Parameter("height", HEIGHT, Optional)],
        "{id, block, certificate}",
    ),
    Method(
        "pyralog_receipts",
        "What the transactions of a block did, in order.",
        &[Parameter("height", HEIGHT, Required)],
        "list of receipts",
    ),
    Method(
        "pyralog_receipt",
        "What a transaction did.",
        &[Parameter("transaction", TRANSACTION_ID, Required)],
        "{height, position, receipt, failure}",
    ),
    Method(
        "pyralog_account",
        "An account after the last block.",
        &[Parameter("address", "address: pyr1…", Required)],
        "{address, balance, nonce, height}",
    ),
    Method(
        "pyralog_nextNonce",
        "The nonce that the next transaction of an account should have, also behind those that are pending.",
        &[Parameter("address", "address: pyr1…", Required)],
        "nonce: a decimal number as a string",
    ),
    Method(
        "pyralog_state",
        "What is stored under a key: after the last block, or after one that is kept.",
        &[
            Parameter(
                "key",
                "key of the state, such as {\"account\": {\"address\": \"pyr1…\"}}",
                Required,
            ),
            Parameter("height", HEIGHT, Optional),
        ],
        "{key, value, decoded, height}",
    ),
    Method(
        "pyralog_entries",
        "The entries of a namespace in the order of their keys, from one on.",
        &[
            Parameter("namespace", "name of the namespace", Required),
            Parameter("start", "key in hex", Optional),
            Parameter("limit", "number", Optional),
        ],
        "{entries: [{key, value}], next, height}",
    ),
    Method(
        "pyralog_prove",
        "A proof file that convinces whoever has the genesis document.",
        &[Parameter(
            "subject",
            "{state: {key}}, {transaction: {transaction}}, {receipt: {transaction}}, {event: {transaction, event}} or {journal_entry: {journal, index}}",
            Required,
        )],
        "proof file: canonical encoding in hex",
    ),
    Method(
        "pyralog_validators",
        "Who votes.",
        &[],
        "{height, validators}",
    ),
    Method(
        "pyralog_peers",
        "Whom the node is connected with, and whom it keeps away from.",
        &[],
        "{address, connected, banned, strangers}",
    ),
    Method(
        "pyralog_banPeer",
        "Keeps a peer away for a while. Only for callers on the machine of the node.",
        &[
            Parameter("peer", PUBLIC_KEY, Required),
            Parameter("duration", "milliseconds as a string", Required),
            Parameter("reason", "text", Required),
        ],
        "null",
    ),
    Method(
        "pyralog_unbanPeer",
        "Ends a ban. Only for callers on the machine of the node.",
        &[Parameter("peer", PUBLIC_KEY, Required)],
        "whether there was one",
    ),
    Method(
        "pyralog_addPeer",
        "Says where a peer is. Only for callers on the machine of the node.",
        &[Parameter("address", "KEY@IP:PORT", Required)],
        "null",
    ),
    Method(
        "pyralog_genesis",
        "How the network began.",
        &[],
        "{hash, chain_id, document}",
    ),
    Method(
        "pyralog_limits",
        "How much this node takes.",
        &[],
        "limits, each by its name",
    ),
    Method(
        "pyralog_subscribeEvents",
        "Events from the next block on, or after a cursor. Over WebSocket only.",
        &[
            Parameter("filter", "{name, address}, both optional", Optional),
            Parameter("after", "cursor, such as 7.0.2", Optional),
        ],
        "notifications: {event: {cursor, transaction, event}}, {lagged: {from, to}} or {ended: {reason}}",
    ),
    Method(
        "pyralog_unsubscribeEvents",
        "Ends a subscription.",
        &[],
        "whether there was one",
    ),
    Method(
        "pyralog_subscribeBlocks",
        "Blocks from the next one on, or after a height. Over WebSocket only.",
        &[Parameter("after", HEIGHT, Optional)],
        "notifications: {block: {id, header, transactions}}, {lagged: {from, to}} or {ended: {reason}}",
    ),
    Method(
        "pyralog_unsubscribeBlocks",
        "Ends a subscription.",
        &[],
        "whether there was one",
    ),
    Method("rpc.discover", "This document.", &[], "OpenRPC document"),
    Method(
        "health",
        "As CometBFT names it: nothing, as long as the node answers.",
        &[],
        "{}",
    ),
    Method(
        "status",
        "As CometBFT names it: how the node stands.",
        &[],
        "{node_info, sync_info, validator_info}",
    ),
    Method(
        "block",
        "As CometBFT names it: a block.",
        COMET_HEIGHT,
        "{block_id, block}",
    ),
    Method(
        "block_results",
        "As CometBFT names it: what the transactions of a block did.",
        COMET_HEIGHT,
        "{height, txs_results}",
    ),
    Method(
        "commit",
        "As CometBFT names it: a header and why it is final.",
        COMET_HEIGHT,
        "{signed_header, canonical}",
    ),
    Method(
        "validators",
        "As CometBFT names it: who votes.",
        COMET_HEIGHT,
        "{block_height, validators, count, total}",
    ),
    Method(
        "tx",
        "As CometBFT names it: a transaction.",
        &[Parameter("hash", TRANSACTION_ID, Required)],
        "{hash, height, index, tx_result, tx}",
    ),
    Method(
        "net_info",
        "As CometBFT names it: the peers of the node.",
        &[],
        "{listening, n_peers, peers}",
    ),
    Method(
        "genesis",
        "As CometBFT names it: the genesis document.",
        &[],
        "{genesis}",
    ),
    Method(
        "num_unconfirmed_txs",
        "As CometBFT names it: how many transactions wait.",
        &[],
        "{n_txs, total, total_bytes}",
    ),
];

/// The document, for a node of this version.
pub fn discover(version: &str) -> Value {
    json!({
        "openrpc": "1.3.2",
        "info": { "title": "Pyralog node", "version": version },
        "methods": METHODS.iter().map(Method::describe).collect::<Vec<_>>(),
    })
}

impl Method {
    fn describe(&self) -> Value {
        let Self(name, summary, parameters, result) = self;
        json!({
            "name": name,
            "summary": summary,
            "paramStructure": "either",
            "params": parameters.iter().map(Parameter::describe).collect::<Vec<_>>(),
            "result": { "name": "result", "schema": { "description": result } },
        })
    }
}

impl Parameter {
    fn describe(&self) -> Value {
        let Self(name, kind, need) = self;
        json!({
            "name": name,
            "required": *need == Required,
            "schema": { "description": kind },
        })
    }
}
