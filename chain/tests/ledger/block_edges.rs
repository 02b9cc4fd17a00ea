//! Each rule of headers, parents and evidence at its edge.

use std::sync::Arc;

use pyralog_chain::{
    Application, CheckError, FinalizeError, Full, InvalidBlock, InvalidEvidence, Ledger,
};
use pyralog_genesis::{Genesis, Parameters};
use pyralog_primitives::block::{Block, BlockError, evidence_root};
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::codec::{Canonical, List};
use pyralog_primitives::merkle::MerkleRoot;
use pyralog_primitives::state::{OffenceState, StateKey};
use pyralog_primitives::vote::{Evidence, Vote, VoteKind};
use pyralog_primitives::{
    Amount, BlockCount, BlockId, ByteCount, GenesisHash, Hash, Height, ParametersHash, Round,
    SignBytes, Signature, StateRoot, TimestampMs,
};

use crate::world::{
    Memory, address, begin, body, certify, draft, genesis, settle, unsigned, validator_key,
};

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
        |b: &mut Block| {
            let genesis = network(Parameters::default());
            certified_by(b, certify(&genesis, Height::new(2), b.header.parent));
            b.header.height = Height::new(3);
        },
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
            certified_by(b, certificate);
        },
        InvalidBlock::Certificate(_)
    );
}

#[test]
fn a_block_without_its_parent_is_not_taken() {
    let genesis = network(Parameters::default());
    let (mut ledger, memory) = begin(&genesis, PLENTY);
    settle(&genesis, &mut ledger, &memory, vec![]);
    let mut orphan = next_block(&genesis, &mut ledger);
    let parent = BlockId::new(Hash::new([5; 32]));
    certified_by(&mut orphan, certify(&genesis, Height::new(1), parent));
    orphan.header.parent = parent;
    let refused = ledger.process_proposal(Arc::new(orphan), &|_| true);
    assert_eq!(refused, Err(CheckError::UnknownParent { parent }));
}

#[test]
fn a_known_header_brings_no_other_body() {
    let genesis = network(Parameters::default());
    let (mut ledger, memory) = begin(&genesis, PLENTY);
    let transaction = unsigned(body(&genesis, 1, 0, vec![]));
    settle(&genesis, &mut ledger, &memory, vec![transaction]);
    let block = next_block(&genesis, &mut ledger);
    let id = ledger.process_proposal(Arc::new(block.clone()), &|_| true);
    let again = ledger.process_proposal(Arc::new(block.clone()), &|_| true);
    assert_eq!((id.clone(), again), (Ok(block.id()), Ok(block.id())));
    let mut other = block.clone();
    other.transactions = List::new(vec![unsigned(body(&genesis, 1, 1, vec![]))]).unwrap();
    let refused = ledger.process_proposal(Arc::new(other), &|_| true);
    let reason = InvalidBlock::Body(BlockError::Transactions);
    assert_eq!(refused, Err(CheckError::Invalid(reason)));
    let certificate = certify(&genesis, Height::new(2), block.id());
    ledger.finalize_block(&block.id(), certificate).unwrap();
    let final_one = ledger.process_proposal(Arc::new(block.clone()), &|_| true);
    assert_eq!(final_one, Ok(block.id()));
}

#[test]
fn a_block_is_final_by_a_certificate_that_holds_and_in_its_turn() {
    let genesis = network(Parameters::default());
    let (mut ledger, memory) = begin(&genesis, PLENTY);
    settle(&genesis, &mut ledger, &memory, vec![]);
    let first = next_block(&genesis, &mut ledger);
    let (id, height) = (first.id(), first.header.height);
    let second = draft(&genesis, id, height);
    let second = ledger.prepare_proposal(&id, second, &mut std::iter::empty());
    let second = second.unwrap();
    let mut refuse = |block: &BlockId, certificate| {
        let refused = ledger.finalize_block(block, certificate);
        refused.expect_err("it must not become final")
    };
    let early = certify(&genesis, Height::new(3), second.id);
    let early = refuse(&second.id, early);
    assert!(matches!(early, FinalizeError::NotNext { .. }));
    for (height, block) in [(height, second.id), (Height::new(77), id)] {
        let other = refuse(&id, certify(&genesis, height, block));
        assert!(matches!(other, FinalizeError::OtherBlock { .. }));
    }
    let mut forged = certify(&genesis, height, id);
    if let Certificate::Solo { signature, .. } = &mut forged {
        *signature = Signature::new([1; 64]);
    }
    let forged = refuse(&id, forged);
    assert!(matches!(forged, FinalizeError::Certificate(_)));
    ledger
        .finalize_block(&id, certify(&genesis, height, id))
        .unwrap();
}

#[test]
fn a_proposer_builds_nothing_that_others_refuse() {
    let genesis = network(Parameters::default());
    let (mut ledger, memory) = begin(&genesis, PLENTY);
    settle(&genesis, &mut ledger, &memory, vec![]);
    let (parent, height) = (ledger.info().block, ledger.info().height);
    let good = draft(&genesis, parent, height);
    let mut build = |draft| {
        let built = ledger.prepare_proposal(&parent, draft, &mut std::iter::empty());
        match built.map(|_| ()) {
            Err(CheckError::Invalid(reason)) => Some(reason),
            other => {
                assert_eq!(other, Ok(()));
                None
            }
        }
    };
    assert_eq!(build(good.clone()), None);
    let mut stranger = good.clone();
    stranger.proposer = address(1);
    let refused = build(stranger);
    assert!(matches!(
        refused,
        Some(InvalidBlock::UnknownProposer { .. })
    ));
    let mut without = good.clone();
    without.parent_certificate = None;
    assert_eq!(build(without), Some(InvalidBlock::Body(BlockError::Parent)));
    let mut forged = good;
    if let Some(Certificate::Solo { signature, .. }) = &mut forged.parent_certificate {
        *signature = Signature::new([1; 64]);
    }
    assert!(matches!(build(forged), Some(InvalidBlock::Certificate(_))));
}

#[test]
fn a_proposer_takes_each_offence_once_and_no_more_than_fit() {
    let genesis = network(Parameters::default());
    let (mut ledger, memory) = begin(&genesis, PLENTY);
    for _ in 0..80 {
        settle(&genesis, &mut ledger, &memory, vec![]);
    }
    let (parent, height) = (ledger.info().block, ledger.info().height);
    let mut draft = draft(&genesis, parent, height);
    let mut forged = double_vote(&genesis, 9);
    let (first, _) = votes_of(&mut forged);
    first.signature = Signature::new([3; 64]);
    draft.evidence = (1..=70)
        .rev()
        .map(|height| double_vote(&genesis, height))
        .collect();
    draft.evidence.push(double_vote(&genesis, 200));
    draft.evidence.push(forged);
    // Many proofs of one offence stand before the others in the block's order.
    for value in 2..=250 {
        draft
            .evidence
            .push(double_vote_for(&genesis, 70, [value; 32]));
    }
    let built = ledger.prepare_proposal(&parent, draft, &mut std::iter::empty());
    let block = built.unwrap().block;
    let heights: std::collections::BTreeSet<Height> = block
        .evidence
        .iter()
        .map(|evidence| evidence.offence().height)
        .collect();
    assert_eq!((block.evidence.len(), heights.len()), (64, 64));
    let (mut other, _) = begin(&genesis, PLENTY);
    assert!(matches!(
        other.process_proposal(Arc::clone(&block), &|_| false),
        Err(CheckError::UnknownParent { .. })
    ));
    let certificate = certify(&genesis, block.header.height, block.id());
    let batch = ledger.finalize_block(&block.id(), certificate).unwrap();
    for evidence in block.evidence.iter() {
        let offence = evidence.offence();
        let noted = batch.write_set.get(&StateKey::Offence { offence });
        let noted = OffenceState::decode(noted.unwrap().unwrap()).unwrap();
        assert_eq!(noted.height, block.header.height);
    }
}

#[test]
fn a_built_block_leaves_out_evidence_that_counts_for_nothing() {
    let parameters = Parameters {
        evidence_age_blocks_max: BlockCount::new(100),
        ..Parameters::default()
    };
    let genesis = network(parameters);
    let (mut ledger, memory) = begin(&genesis, PLENTY);
    for _ in 0..102 {
        settle(&genesis, &mut ledger, &memory, vec![]);
    }
    let mut build = |evidence: Vec<Evidence>| {
        let (parent, height) = (ledger.info().block, ledger.info().height);
        let mut draft = draft(&genesis, parent, height);
        draft.evidence = evidence;
        let built = ledger.prepare_proposal(&parent, draft, &mut std::iter::empty());
        let block = built.unwrap().block;
        let certificate = certify(&genesis, block.header.height, block.id());
        let batch = ledger.finalize_block(&block.id(), certificate).unwrap();
        memory.write(&batch.write_set);
        block.evidence.to_vec()
    };
    // This block has height 103, and the next 104.
    let (oldest, proved) = (double_vote(&genesis, 3), double_vote(&genesis, 50));
    assert_eq!(build(vec![proved, oldest]).len(), 2);
    let mut forged = double_vote(&genesis, 60);
    let (first, _) = votes_of(&mut forged);
    first.signature = Signature::new([3; 64]);
    let mut of_a_stranger = double_vote(&genesis, 61);
    let (first, second) = votes_of(&mut of_a_stranger);
    (first.validator, second.validator) = (address(1), address(1));
    let latest = double_vote(&genesis, 103);
    let taken = build(vec![
        double_vote(&genesis, 3),
        double_vote_for(&genesis, 50, [8; 32]),
        proved,
        forged,
        of_a_stranger,
        double_vote(&genesis, 104),
        latest,
        latest,
    ]);
    assert_eq!(
        taken,
        [latest],
        "one is too old, and one is of no past height"
    );
}

#[test]
fn a_block_that_proves_an_offence_twice_is_refused() {
    let with = |mut evidence: Vec<Evidence>| {
        evidence.sort_by_cached_key(Canonical::encode);
        changed_header(|block| {
            block.header.evidence_root = evidence_root(&evidence);
            block.evidence = List::new(evidence).unwrap();
        })
    };
    let genesis = network(Parameters::default());
    let one = double_vote(&genesis, 1);
    let reason = InvalidBlock::Body(BlockError::EvidenceOrder);
    assert_eq!(with(vec![one, one]), reason, "one proof");
    let (index, reason) = (1, InvalidEvidence::Repeated);
    let repeated = InvalidBlock::Evidence { index, reason };
    let two = double_vote_for(&genesis, 1, [2; 32]);
    assert_eq!(with(vec![one, two]), repeated, "two proofs");
}

#[test]
fn memory_is_bounded_and_the_branch_in_use_stays() {
    let genesis = network(Parameters::default());
    let memory_max = ByteCount::new(500_000);
    let (mut ledger, _) = begin(&genesis, memory_max);
    let mut build = |time: u64| {
        let mut draft = draft(&genesis, BlockId::ZERO, Height::new(0));
        draft.time = TimestampMs::new(1_700_000_000_000 + time);
        let built = ledger.prepare_proposal(&BlockId::ZERO, draft, &mut std::iter::empty());
        let (id, counts) = (built.unwrap().id, ledger.counts());
        assert!(counts.bytes <= memory_max, "{counts:?}");
        (id, counts.blocks)
    };
    let siblings: Vec<(BlockId, usize)> = (1..200).map(&mut build).collect();
    let most = siblings.iter().map(|(_, blocks)| *blocks).max().unwrap();
    assert!((5..15).contains(&most), "{most} empty blocks fit");
    // The oldest went, the latest stays and can become final.
    assert!(ledger.block(&siblings[0].0).is_none());
    let latest = siblings.last().unwrap().0;
    let certificate = certify(&genesis, Height::new(1), latest);
    assert!(ledger.finalize_block(&latest, certificate).is_ok());
}

#[test]
fn a_branch_without_finality_ends() {
    let genesis = network(Parameters::default());
    let (mut ledger, _) = begin(&genesis, PLENTY);
    let (mut parent, mut height) = (BlockId::ZERO, Height::new(0));
    for _ in 0..128 {
        let draft = draft(&genesis, parent, height);
        let built = ledger.prepare_proposal(&parent, draft, &mut std::iter::empty());
        let built = built.unwrap();
        (parent, height) = (built.id, built.block.header.height);
    }
    let draft = draft(&genesis, parent, height);
    let built = ledger.prepare_proposal(&parent, draft, &mut std::iter::empty());
    let full = CheckError::Full(Full::Depth { max: 128 });
    assert_eq!(built.map(|_| ()), Err(full));
}

/// The block after the last final one, built and forgotten by nobody.
fn next_block(genesis: &Genesis, ledger: &mut Ledger<Memory>) -> Block {
    let (parent, height) = (ledger.info().block, ledger.info().height);
    let draft = draft(genesis, parent, height);
    let built = ledger.prepare_proposal(&parent, draft, &mut std::iter::empty());
    Block::clone(&built.unwrap().block)
}

fn certified_by(block: &mut Block, certificate: Certificate) {
    block.header.parent_certificate = certificate.hash();
    block.parent_certificate = Some(certificate);
}

fn votes_of(evidence: &mut Evidence) -> (&mut Vote, &mut Vote) {
    match evidence {
        Evidence::DoubleVote { first, second } => (first, second),
        Evidence::DoubleProposal { .. } => unreachable!("it was made of votes"),
    }
}

fn double_vote(genesis: &Genesis, height: u64) -> Evidence {
    double_vote_for(genesis, height, [1; 32])
}

fn double_vote_for(genesis: &Genesis, height: u64, value: [u8; 32]) -> Evidence {
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
    Evidence::double_vote(vote(None), vote(Some(BlockId::new(Hash::new(value)))))
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
    let (first, second) = votes_of(&mut of_a_stranger);
    (first.validator, second.validator) = (address(1), address(1));
    let unknown = include(vec![of_a_stranger]);
    assert!(matches!(
        unknown,
        Err(InvalidEvidence::UnknownValidator { .. })
    ));
    let mut forged = double_vote(&genesis, 60);
    let (first, _) = votes_of(&mut forged);
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
