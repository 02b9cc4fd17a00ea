//! A network of several validators, and the certificates that they make.

use pyralog_chain::{Application, Draft, Ledger};
use pyralog_genesis::{Consensus, ConsensusKind, Genesis, Parameters};
use pyralog_primitives::block::Block;
use pyralog_primitives::certificate::{Certificate, Signers};
use pyralog_primitives::codec::List;
use pyralog_primitives::transaction::Transaction;
use pyralog_primitives::vote::VoteKind;
use pyralog_primitives::write_set::CommitBatch;
use pyralog_primitives::{
    Address, Amount, BlockId, Height, Round, SecretKey, SignBytes, TimestampMs,
};

use crate::world::{Memory, genesis_with, key, validator};

/// The key of the first validator; the others follow.
const FIRST_KEY: u8 = 200;

/// A network whose validators weigh so much, and one account with a million
/// tokens.
pub(crate) fn network_of(powers: &[u64]) -> Genesis {
    let validators = (FIRST_KEY..).zip(powers);
    let validators = validators.map(|(number, power)| validator(number, *power));
    genesis_with(
        Consensus::with_defaults(ConsensusKind::Tendermint),
        validators.collect(),
        1,
        Amount::from_tokens(1_000_000),
        Parameters::default(),
    )
}

/// The key of a validator, counted from 0 as in [`network_of`].
pub(crate) fn voter_key(number: u8) -> SecretKey {
    key(FIRST_KEY + number)
}

pub(crate) fn voter(number: u8) -> Address {
    voter_key(number).public_key().address()
}

/// Votes of these validators for a block, as a certificate. Nothing says that
/// they are a quorum, or precommits.
pub(crate) fn votes(
    genesis: &Genesis,
    kind: VoteKind,
    height: Height,
    block: BlockId,
    signed: &[u8],
) -> Certificate {
    let set = genesis.validator_set();
    let round = Round::new(1);
    let message = SignBytes::vote(genesis.hash(), kind, height, round, Some(block));
    let secret = |address: &Address| {
        let mut all = signed.iter().map(|number| voter_key(*number));
        all.find(|key| key.public_key().address() == *address)
    };
    let members = set.iter().map(|member| member.key.address());
    let signatures = members
        .filter_map(|address| secret(&address))
        .map(|key| key.sign(&message));
    Certificate::Quorum {
        height,
        round,
        value: block,
        signers: Signers::of(&set, |member| secret(&member.key.address()).is_some()),
        signatures: List::new(signatures.collect()).unwrap(),
    }
}

/// Precommits of these validators for a block.
pub(crate) fn certify(
    genesis: &Genesis,
    height: Height,
    block: BlockId,
    signed: &[u8],
) -> Certificate {
    votes(genesis, VoteKind::Precommit, height, block, signed)
}

/// A draft of the first validator.
pub(crate) fn draft(parent_certificate: Option<Certificate>) -> Draft {
    Draft {
        time: TimestampMs::new(0),
        proposer: voter(0),
        parent_certificate,
        evidence: Vec::new(),
    }
}

/// A block on the last final one, whose certificate these have signed; final
/// and durable at once, by the word of all.
pub(crate) fn settle(
    genesis: &Genesis,
    ledger: &mut Ledger<Memory>,
    memory: &Memory,
    signed: &[u8],
    transactions: Vec<Transaction>,
) -> CommitBatch {
    let (parent, height) = (ledger.info().block, ledger.info().height);
    let certificate = (parent != BlockId::ZERO).then(|| certify(genesis, height, parent, signed));
    let proposal = ledger
        .prepare_proposal(&parent, draft(certificate), &mut transactions.into_iter())
        .unwrap();
    assert_eq!(proposal.left_out, [], "every transaction fits");
    finish(genesis, ledger, memory, &proposal.block)
}

/// Makes a child of the last final block final and durable.
pub(crate) fn finish(
    genesis: &Genesis,
    ledger: &mut Ledger<Memory>,
    memory: &Memory,
    block: &Block,
) -> CommitBatch {
    let (id, height) = (block.id(), block.header.height);
    let count = u8::try_from(genesis.validators().len()).unwrap();
    let all: Vec<u8> = (0..count).collect();
    let certificate = certify(genesis, height, id, &all);
    let batch = ledger.finalize_block(&id, certificate).unwrap();
    memory.write(&batch.write_set);
    ledger.commit(height);
    batch
}
