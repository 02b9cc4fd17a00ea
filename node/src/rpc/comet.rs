//! Reads in the shape that `CometBFT` gives them.

use std::fmt::Display;
use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jsonrpsee::types::ErrorObjectOwned;
use pyralog_api::{BlockView, CometReadsServer, Failure, FailureKind};
use pyralog_genesis::{GenesisValidator, format_time};
use pyralog_primitives::block::Header;
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::codec::Canonical;
use pyralog_primitives::receipt::{Outcome, Receipt};
use pyralog_primitives::text::excerpt;
use pyralog_primitives::{Height, TransactionId};
use pyralog_swarm::{Direction, PeerInfo, SwarmHandle};
use serde_json::{Value, json};

use super::context::Context;
use super::failures::stopping;
use super::reads;

type Answer = Result<Value, ErrorObjectOwned>;

/// What kind of evidence that a proposal was seen it is, in numbers of theirs.
const FLAG_COMMIT: u8 = 2;

/// Answers monitors.
pub(super) struct CometReads(pub(super) Arc<Context>);

impl CometReads {
    fn block_at(&self, given: Option<&Value>) -> Result<BlockView, Failure> {
        reads::block(&self.0, height(given)?)
    }

    fn chain_id(&self) -> &str {
        self.0.genesis.chain_id().as_str()
    }
}

#[async_trait]
impl CometReadsServer for CometReads {
    async fn comet_health(&self) -> Answer {
        Ok(json!({}))
    }

    async fn comet_status(&self) -> Answer {
        let status = reads::node_status(&self.0).await;
        let validators = self.0.genesis.validator_set();
        let place = status
            .validator
            .and_then(|address| validators.find(&address));
        let validator = place.and_then(|place| validators.get(place));
        Ok(json!({
            "node_info": { "network": status.chain_id, "version": status.version },
            "sync_info": {
                "latest_block_hash": upper(&status.block),
                "latest_app_hash": upper(&status.state_root),
                "latest_block_height": status.height,
                "latest_block_time": format_time(status.time),
                "earliest_block_height": status.oldest,
                "catching_up": status.syncing,
            },
            "validator_info": {
                "address": status.validator,
                "pub_key": validator.map(|validator| validator.key),
                "voting_power": validator.map(|validator| validator.power),
            },
        }))
    }

    async fn comet_block(&self, height: Option<Value>) -> Answer {
        let BlockView { id, block, .. } = self.block_at(height.as_ref())?;
        let transactions = block.transactions.iter();
        let encoded = transactions.map(|transaction| BASE64_STANDARD.encode(transaction.encode()));
        Ok(json!({
            "block_id": { "hash": upper(&id) },
            "block": {
                "header": header_view(&block.header, self.chain_id()),
                "data": { "txs": encoded.collect::<Vec<_>>() },
                "evidence": { "evidence": block.evidence },
                "last_commit": block.parent_certificate.as_ref().map(|certificate| self.commit(certificate)),
            },
        }))
    }

    async fn comet_block_results(&self, given: Option<Value>) -> Answer {
        let height = height(given.as_ref())?.unwrap_or(self.0.head().height);
        let receipts = reads::receipts(&self.0, height)?;
        let results: Vec<Value> = receipts.iter().map(result_view).collect();
        Ok(json!({ "height": height, "txs_results": results }))
    }

    async fn comet_commit(&self, height: Option<Value>) -> Answer {
        let view = self.block_at(height.as_ref())?;
        Ok(json!({
            "signed_header": {
                "header": header_view(&view.block.header, self.chain_id()),
                "commit": self.commit(&view.certificate),
            },
            "canonical": true,
        }))
    }

    async fn comet_validators(&self, given: Option<Value>) -> Answer {
        let view = reads::validators(&self.0);
        let height = height(given.as_ref())?.unwrap_or(view.height);
        let members = view.validators.iter().map(|validator| {
            json!({
                "address": validator.address,
                "pub_key": validator.public_key,
                "voting_power": validator.power,
            })
        });
        let members: Vec<Value> = members.collect();
        let count = members.len().to_string();
        Ok(json!({
            "block_height": height,
            "validators": members,
            "count": count,
            "total": count,
        }))
    }

    async fn comet_tx(&self, hash: String) -> Answer {
        let id = transaction_id(&hash)?;
        let view = reads::receipt(&self.0, id)?;
        let block = reads::block(&self.0, Some(view.height))?.block;
        let transaction = block.transactions.get(view.position as usize);
        let transaction = transaction.map(|found| BASE64_STANDARD.encode(found.encode()));
        Ok(json!({
            "hash": upper(&id),
            "height": view.height,
            "index": view.position,
            "tx_result": result_view(&view.receipt),
            "tx": transaction,
        }))
    }

    async fn comet_net_info(&self) -> Answer {
        let handle = self.0.peers.as_ref();
        let listeners = handle.map(SwarmHandle::listening).unwrap_or_default();
        let peers: Vec<Value> = self.0.peers().iter().map(peer_view).collect();
        Ok(json!({
            "listening": !listeners.is_empty(),
            "listeners": listeners,
            "n_peers": peers.len().to_string(),
            "peers": peers,
        }))
    }

    async fn comet_genesis(&self) -> Answer {
        Ok(json!({ "genesis": self.0.genesis }))
    }

    async fn comet_num_unconfirmed_txs(&self) -> Answer {
        let counts = self.0.pool.counts().await.ok_or_else(stopping)?;
        Ok(json!({
            "n_txs": counts.transactions.to_string(),
            "total": counts.transactions.to_string(),
            "total_bytes": counts.bytes.to_string(),
        }))
    }
}

impl CometReads {
    fn commit(&self, certificate: &Certificate) -> Value {
        let (round, signatures): (u32, Vec<Value>) = match certificate {
            Certificate::Solo { signature, .. } => {
                let validator = self.0.genesis.validators().first();
                let validator = validator.map(GenesisValidator::address);
                let view = json!({
                    "block_id_flag": FLAG_COMMIT,
                    "validator_address": validator,
                    "signature": signature,
                });
                (0, vec![view])
            }
            Certificate::Quorum {
                round, signatures, ..
            } => {
                let view =
                    |signature| json!({ "block_id_flag": FLAG_COMMIT, "signature": signature });
                (round.get(), signatures.iter().map(view).collect())
            }
        };
        json!({
            "height": certificate.height(),
            "round": round,
            "block_id": { "hash": upper(&certificate.value()) },
            "signatures": signatures,
        })
    }
}

/// Hashes are upper-case hex there.
fn upper(hash: &impl Display) -> String {
    hash.to_string().to_uppercase()
}

/// A height as a number or as a string; none means the last one.
fn height(given: Option<&Value>) -> Result<Option<Height>, Failure> {
    let text = match given {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) if text.is_empty() || text == "0" => return Ok(None),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    text.parse().map(Some).map_err(|_| {
        let message = format!("height is {}; write a number such as 7", excerpt(&text));
        Failure::new(FailureKind::Parameters, "wrong_parameters", message)
    })
}

/// An id as they write hashes: in hex of either case, with or without `0x`.
fn transaction_id(text: &str) -> Result<TransactionId, Failure> {
    let digits = text.strip_prefix("0x").unwrap_or(text).to_lowercase();
    digits.parse().map_err(|error| {
        let message = format!("hash is {}: {error}", excerpt(text));
        Failure::new(FailureKind::Parameters, "wrong_parameters", message)
    })
}

fn header_view(header: &Header, chain_id: &str) -> Value {
    json!({
        "version": { "block": "1" },
        "chain_id": chain_id,
        "height": header.height,
        "time": format_time(header.time),
        "last_block_id": { "hash": upper(&header.parent) },
        "last_commit_hash": upper(&header.parent_certificate),
        "data_hash": upper(&header.tx_root),
        "validators_hash": upper(&header.validators_root),
        "next_validators_hash": upper(&header.next_validators_root),
        "consensus_hash": upper(&header.parameters),
        "app_hash": upper(&header.state_root),
        "last_results_hash": upper(&header.receipts_root),
        "evidence_hash": upper(&header.evidence_root),
        "proposer_address": header.proposer,
    })
}

/// What a transaction did; code 0 is success there.
fn result_view(receipt: &Receipt) -> Value {
    let (code, events) = match &receipt.outcome {
        Outcome::Applied { events } => (0, events.iter().collect()),
        Outcome::Failed { code, .. } => (code.get(), Vec::new()),
    };
    json!({
        "code": code,
        "log": super::wait::failure_of(receipt),
        "gas_used": receipt.compute_used,
        "events": events,
    })
}

fn peer_view(peer: &PeerInfo) -> Value {
    json!({
        "node_info": { "id": peer.peer.get(), "version": peer.agent },
        "is_outbound": peer.direction == Direction::Outbound,
        "remote_ip": peer.at.ip(),
    })
}
