//! Each rule of headers, parents and evidence at its edge.

use std::sync::Arc;

use pyralog_chain::{Application, CheckError, InvalidBlock, InvalidEvidence};
use pyralog_genesis::{Genesis, Parameters};
use pyralog_primitives::block::{Block, evidence_root};
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::codec::List;
use pyralog_primitives::merkle::MerkleRoot;
use pyralog_primitives::vote::{Evidence, Vote, VoteKind};
use pyralog_primitives::{
    Amount, BlockCount, BlockId, ByteCount, GenesisHash, Hash, Height, ParametersHash, Round,
    SignBytes, Signature, StateRoot, TimestampMs,
};

use crate::world::{address, begin, certify, draft, genesis, settle, validator_key};

const PLENTY: ByteCount = ByteCount::new(1 << 30);

/// A network of three accounts with a million tokens each.
fn network(parameters: Parameters) -> Genesis {
    genesis(3, Amount::from_tokens(1_000_000), parameters)
}

/// A block that is right but for one change of its header.
fn changed_header(change: impl FnOnce(&mut Block)) -> InvalidBlock {
    let genesis = network(Parameters::default());
    let (mut ledger, memory) = begin(&genesis, PLENTY);
    settle(&genesis, &mut ledger, &memory, vec![]);
    let (parent, height) = (ledger.info().block, ledger.info().height);
    let draft = draft(&genesis, parent, height);
    let built = ledger
        .prepare_proposal(&parent, draft, &mut std::iter::empty())
        .unwrap();
    let mut block = Block::clone(&built.block);
    change(&mut block);
    match ledger.process_proposal(Arc::new(block), &|_| false) {
        Err(CheckError::Invalid(reason)) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_field_of_a_header_is_checked() {
    let lie = Hash::new([9; 32]);
    let lie_root = MerkleRoot::new(lie);
    let found = |change: &dyn Fn(&mut Block)| changed_header(change);
    macro_rules! refused {
        ($change:expr, $pattern:pat) => {
            let reason = found(&$change);
            assert!(matches!(reason, $pattern), "{reason:?}");
        };
    }
    refused!(
        |b: &mut Block| b.header.genesis = GenesisHash::ZERO,
        InvalidBlock::WrongNetwork { .. }
    );
    refused!(
        |b: &mut Block| b.header.height = Height::new(3),
        InvalidBlock::WrongHeight { .. }
    );
    refused!(
        |b: &mut Block| b.header.time = TimestampMs::new(b.header.time.get() - 1),
        InvalidBlock::TooEarly { .. }
    );
    refused!(
        |b: &mut Block| b.header.proposer = address(1),
        InvalidBlock::UnknownProposer { .. }
    );
    refused!(
        |b: &mut Block| b.header.state_root = StateRoot::new(lie),
        InvalidBlock::StateRoot { .. }
    );
    refused!(
        |b: &mut Block| b.header.receipts_root = lie_root,
        InvalidBlock::ReceiptsRoot { .. }
    );
    refused!(
        |b: &mut Block| b.header.validators_root = lie_root,
        InvalidBlock::ValidatorsRoot { .. }
    );
    refused!(
        |b: &mut Block| b.header.next_validators_root = lie_root,
        InvalidBlock::ValidatorsRoot { .. }
    );
    refused!(
        |b: &mut Block| b.header.parameters = ParametersHash::new(lie),
        InvalidBlock::Parameters { .. }
    );
    refused!(
        |b: &mut Block| b.header.tx_root = lie_root,
        InvalidBlock::Body(_)
    );
    refused!(
        |b: &mut Block| {
            let genesis = network(Parameters::default());
            let mut certificate = certify(&genesis, Height::new(1), b.header.parent);
            if let Certificate::Solo { signature, .. } = &mut certificate {
                *signature = Signature::new([1; 64]);
            }
            b.header.parent_certificate = certificate.hash();
            b.parent_certificate = Some(certificate);
        },
        InvalidBlock::Certificate(_)
    );
}

#[test]
fn a_block_without_its_parent_is_not_taken() {
    let genesis = network(Parameters::default());
    let (mut ledger, _) = begin(&genesis, PLENTY);
    let draft = draft(&genesis, BlockId::ZERO, Height::new(0));
    let built = ledger
        .prepare_proposal(&BlockId::ZERO, draft, &mut std::iter::empty())
        .unwrap();
    let mut orphan = Block::clone(&built.block);
    orphan.header.parent = BlockId::new(Hash::new([5; 32]));
    let refused = ledger.process_proposal(Arc::new(orphan), &|_| true);
    assert!(matches!(refused, Err(CheckError::UnknownParent { .. })));
}

fn double_vote(genesis: &Genesis, height: u64) -> Evidence {
    let vote = |value| {
        let (height, round) = (Height::new(height), Round::FIRST);
        let kind = VoteKind::Precommit;
        let message = SignBytes::vote(genesis.hash(), kind, height, round, value);
        Vote {
            kind,
            height,
            round,
            value,
            validator: address(200),
            signature: validator_key().sign(&message),
        }
    };
    Evidence::double_vote(vote(None), vote(Some(BlockId::new(Hash::new([1; 32])))))
}

#[test]
fn an_offence_counts_once_and_while_it_is_young() {
    let parameters = Parameters {
        evidence_age_blocks_max: BlockCount::new(100),
        ..Parameters::default()
    };
    let genesis = network(parameters);
    let (mut ledger, memory) = begin(&genesis, PLENTY);
    for _ in 0..102 {
        settle(&genesis, &mut ledger, &memory, vec![]);
    }
    // The next block has height 103.
    let mut include = |evidence: Vec<Evidence>| {
        let (parent, height) = (ledger.info().block, ledger.info().height);
        let frame = draft(&genesis, parent, height);
        let built = ledger
            .prepare_proposal(&parent, frame, &mut std::iter::empty())
            .unwrap();
        let mut block = Block::clone(&built.block);
        block.header.evidence_root = evidence_root(&evidence);
        block.evidence = List::new(evidence).unwrap();
        let checked = ledger.process_proposal(Arc::new(block), &|_| true);
        if let Ok(id) = checked {
            let height = ledger.block(&id).unwrap().header.height;
            let batch = ledger
                .finalize_block(&id, certify(&genesis, height, id))
                .unwrap();
            memory.write(&batch.write_set);
        }
        checked.map_err(|error| match error {
            CheckError::Invalid(InvalidBlock::Evidence { index: 0, reason }) => reason,
            other => panic!("{other}"),
        })
    };
    let too_old = include(vec![double_vote(&genesis, 2)]);
    assert!(matches!(too_old, Err(InvalidEvidence::Age { .. })));
    let too_new = include(vec![double_vote(&genesis, 103)]);
    assert!(matches!(too_new, Err(InvalidEvidence::Age { .. })));
    assert!(include(vec![double_vote(&genesis, 3)]).is_ok());
    let again = include(vec![double_vote(&genesis, 4)]);
    assert!(again.is_ok(), "another height is another offence");
    let again = include(vec![double_vote(&genesis, 4)]);
    assert!(matches!(
        again,
        Err(InvalidEvidence::Age { .. } | InvalidEvidence::Repeated)
    ));
    let mut of_a_stranger = double_vote(&genesis, 50);
    let Evidence::DoubleVote { first, second } = &mut of_a_stranger;
    (first.validator, second.validator) = (address(1), address(1));
    let unknown = include(vec![of_a_stranger]);
    assert!(matches!(
        unknown,
        Err(InvalidEvidence::UnknownValidator { .. })
    ));
    let mut forged = double_vote(&genesis, 60);
    let Evidence::DoubleVote { first, .. } = &mut forged;
    first.signature = Signature::new([3; 64]);
    assert!(matches!(
        include(vec![forged]),
        Err(InvalidEvidence::Unproved(_))
    ));
    assert!(include(vec![double_vote(&genesis, 70)]).is_ok());
    assert_eq!(
        include(vec![double_vote(&genesis, 70)]),
        Err(InvalidEvidence::Repeated)
    );
}
