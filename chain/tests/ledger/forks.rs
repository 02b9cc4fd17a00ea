//! The ledger agrees with its model over random chains that fork, are given
//! up, become final and are replayed.

use std::collections::BTreeMap;
use std::sync::Arc;

use pyralog_chain::{ActionError, Application, CheckError, Ledger, StateReader};
use pyralog_genesis::{Genesis, Parameters};
use pyralog_primitives::block::Block;
use pyralog_primitives::receipt::{Outcome, Receipt};
use pyralog_primitives::transaction::Transaction;
use pyralog_primitives::write_set::CommitBatch;
use pyralog_primitives::{Amount, BlockId, ByteCount, Domain, Height, StateRoot, TimestampMs};
use pyralog_tree::StateTree;
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;

use crate::model::{Did, Model};
use crate::random::{ACCOUNTS, below, transactions};
use crate::world::{Memory, address, begin, certify, draft, genesis};

/// Blocks that are not final, and the model of the state after each.
struct Run {
    rng: ChaCha8Rng,
    genesis: Genesis,
    ledger: Ledger<Memory>,
    memory: Memory,
    memory_max: ByteCount,
    /// By block: the model after it. The last final block is among them.
    models: BTreeMap<BlockId, Model>,
    final_blocks: Vec<(Arc<Block>, StateRoot)>,
    /// Final, and not yet written.
    unsettled: Vec<CommitBatch>,
    head: BlockId,
    counts: Counts,
}

#[derive(Debug, Default)]
struct Counts {
    actions: usize,
    failed: BTreeMap<String, usize>,
    left_out: usize,
    forks: usize,
    reorganizations: usize,
    worked_out_again: usize,
    full: usize,
    dropped: usize,
}

impl Run {
    fn new(seed: u64, memory_max: ByteCount) -> Self {
        let genesis = genesis(
            ACCOUNTS,
            Amount::from_tokens(100_000_000),
            Parameters::default(),
        );
        let (ledger, memory) = begin(&genesis, memory_max);
        let models = BTreeMap::from([(BlockId::ZERO, Model::new(&genesis))]);
        Self {
            rng: ChaCha8Rng::seed_from_u64(seed),
            genesis,
            ledger,
            memory,
            memory_max,
            models,
            final_blocks: Vec::new(),
            unsettled: Vec::new(),
            head: BlockId::ZERO,
            counts: Counts::default(),
        }
    }

    fn step(&mut self) {
        let parent = self.choose_parent();
        if let Some(id) = self.extend(parent) {
            self.compare(id);
        }
        if below(&mut self.rng, 4) == 0 {
            self.finalize();
        }
        if below(&mut self.rng, 3) == 0 {
            let count = below(&mut self.rng, 4) as usize;
            self.settle(count);
            let settling = self.ledger.counts().settling;
            assert_eq!(settling, self.unsettled.len());
        }
    }

    /// Mostly the head; sometimes any block, which makes a fork.
    fn choose_parent(&mut self) -> BlockId {
        if below(&mut self.rng, 4) > 0 {
            return self.head;
        }
        let base = self.ledger.info().block;
        let ledger = &self.ledger;
        let known = self.models.len();
        self.models
            .retain(|id, _| *id == base || ledger.block(id).is_some());
        self.counts.dropped += known - self.models.len();
        let any = below(&mut self.rng, u32::try_from(self.models.len()).unwrap());
        let parent = *self.models.keys().nth(any as usize).unwrap();
        self.counts.forks += usize::from(parent != self.head);
        parent
    }

    fn extend(&mut self, parent: BlockId) -> Option<BlockId> {
        let mut model = self.models[&parent].clone();
        let count = below(&mut self.rng, 70);
        let offered = transactions(&mut self.rng, &self.genesis, &model, count);
        let mut draft = draft(&self.genesis, parent, Height::new(model.height));
        draft.time = TimestampMs::new(model.time + u64::from(below(&mut self.rng, 3)) * 500);
        let done = model.block(address(200), draft.time.get(), &offered);
        let known = self.ledger.counts().outcomes;
        self.ledger.tip(&parent).unwrap();
        self.counts.worked_out_again += usize::from(self.ledger.counts().outcomes != known);
        let proposal =
            match self
                .ledger
                .prepare_proposal(&parent, draft, &mut offered.clone().into_iter())
            {
                Ok(proposal) => proposal,
                Err(CheckError::Full(_)) => {
                    self.counts.full += 1;
                    self.finalize();
                    return None;
                }
                Err(error) => panic!("{error}"),
            };
        let counts = self.ledger.counts();
        assert!(counts.bytes <= self.memory_max, "{counts:?}");
        let taken = offered.iter().zip(&done).filter(|(_, did)| did.is_some());
        let taken: Vec<Transaction> = taken.map(|(transaction, _)| transaction.clone()).collect();
        assert_eq!(proposal.block.transactions[..], taken[..]);
        self.counts.left_out += proposal.left_out.len();
        self.counts.actions += taken.iter().map(|t| t.body.actions.len()).sum::<usize>();
        let is_reorganization = parent != self.head;
        self.counts.reorganizations += usize::from(is_reorganization);
        self.head = proposal.id;
        self.note_failures(&done);
        self.models.insert(proposal.id, model);
        Some(proposal.id)
    }

    fn note_failures(&mut self, done: &[Option<Did>]) {
        for (_, _, failure) in done.iter().flatten() {
            if let Some((_, error)) = failure {
                *self
                    .counts
                    .failed
                    .entry(error.reason().to_owned())
                    .or_default() += 1;
            }
        }
    }

    /// The whole state after a block is that of the model.
    fn compare(&mut self, id: BlockId) {
        let model = &self.models[&id];
        let state = model.state();
        let hashes = state
            .iter()
            .map(|(key, value)| (key.hash(), Domain::StateValue.hash(value)));
        let expected = StateTree::new(hashes).root();
        assert_eq!(self.ledger.tip(&id).unwrap().tree.root(), expected);
        assert_eq!(self.ledger.tip(&id).unwrap().height.get(), model.height);
        let supply = self.genesis.total_supply().get() - Amount::UNITS_PER_TOKEN;
        assert_eq!(model.supply(), supply, "without the stake of one token");
        let stored = self.ledger.state_after(&id).unwrap();
        for (key, value) in &state {
            assert_eq!(stored.get(key).unwrap().as_ref(), Some(value), "{key:?}");
        }
        for (key, entry) in &model.last_entries() {
            assert_eq!(stored.get(key).unwrap().as_deref(), Some(&entry[..]));
        }
    }

    /// Makes a random child of the last final block final.
    fn finalize(&mut self) {
        let base = self.ledger.info().block;
        let is_child = |id: &&BlockId| {
            let block = self.ledger.block(id);
            block.is_some_and(|block| block.header.parent == base)
        };
        let children: Vec<BlockId> = self.models.keys().filter(is_child).copied().collect();
        if children.is_empty() {
            return;
        }
        let chosen = below(&mut self.rng, u32::try_from(children.len()).unwrap());
        let id = children[chosen as usize];
        let height = self.ledger.info().height.next().unwrap();
        let certificate = certify(&self.genesis, height, id);
        let batch = self.ledger.finalize_block(&id, certificate).unwrap();
        self.check_receipts(&base, &batch.block, &batch.receipts);
        self.final_blocks
            .push((Arc::clone(&batch.block), batch.state_root));
        self.unsettled.push(batch);
        let ledger = &self.ledger;
        self.models
            .retain(|other, _| *other == id || ledger.block(other).is_some());
        if !self.models.contains_key(&self.head) {
            self.head = id;
            self.counts.reorganizations += 1;
        }
    }

    fn check_receipts(&mut self, parent: &BlockId, block: &Block, receipts: &[Receipt]) {
        let mut model = self.models[parent].clone();
        let header = &block.header;
        let done = model.block(header.proposer, header.time.get(), &block.transactions);
        assert_eq!(done.len(), receipts.len());
        for ((did, receipt), transaction) in done
            .into_iter()
            .zip(receipts)
            .zip(block.transactions.iter())
        {
            let (fee, compute, failure) = did.expect("what is in a block fits");
            assert_eq!(receipt.transaction, transaction.id());
            let found = (receipt.fee_paid.get(), receipt.compute_used.get());
            assert_eq!(found, (fee, compute));
            match (&receipt.outcome, failure) {
                (Outcome::Applied { events }, None) => {
                    assert_eq!(events.len(), transaction.body.actions.len());
                }
                (Outcome::Failed { action, code }, Some((place, error))) => {
                    assert_eq!((*action, *code), (place, error.code()));
                }
                other => panic!("{other:?}"),
            }
        }
    }

    fn settle(&mut self, count: usize) {
        for batch in self.unsettled.drain(..count.min(self.unsettled.len())) {
            self.memory.write(&batch.write_set);
            self.ledger.commit(batch.block.header.height);
        }
    }

    /// The same blocks in a new ledger give the same roots.
    fn replay(&self) {
        self.models.values().for_each(Model::check_peaks);
        let (mut ledger, memory) = begin(&self.genesis, ByteCount::new(u64::MAX));
        for (block, root) in &self.final_blocks {
            let id = ledger
                .process_proposal(Arc::clone(block), &|_| true)
                .unwrap();
            let certificate = certify(&self.genesis, block.header.height, id);
            let batch = ledger.finalize_block(&id, certificate).unwrap();
            assert_eq!(batch.state_root, *root);
            memory.write(&batch.write_set);
            ledger.commit(block.header.height);
        }
    }
}

#[test]
fn ledger_and_model_agree_over_forks_and_reorganizations() {
    let mut all = Counts::default();
    let mut seed = 0;
    while all.actions < 1_000_000 || all.forks < 1000 || all.reorganizations < 1000 {
        // Some runs have memory for everything, some for hardly two blocks.
        let memory_max = [1 << 40, 2_000_000][usize::try_from(seed).unwrap() % 2];
        let mut run = Run::new(seed, ByteCount::new(memory_max));
        for _ in 0..60 {
            if run.ledger.counts().blocks > 12 {
                run.finalize();
            }
            run.step();
        }
        run.replay();
        all.add(run.counts);
        seed += 1;
    }
    println!("{seed} chains: {all:?}");
    assert!(all.left_out > 1000 && all.worked_out_again > 20 && all.full > 0 && all.dropped > 20);
    let unreachable = ["journal_full"];
    for error in ActionError::ALL {
        let times = all.failed.get(error.reason()).copied().unwrap_or_default();
        assert_eq!(
            times > 0,
            !unreachable.contains(&error.reason()),
            "{error:?}"
        );
    }
}

impl Counts {
    fn add(&mut self, other: Self) {
        self.actions += other.actions;
        self.left_out += other.left_out;
        self.forks += other.forks;
        self.reorganizations += other.reorganizations;
        self.worked_out_again += other.worked_out_again;
        self.full += other.full;
        self.dropped += other.dropped;
        for (reason, count) in other.failed {
            *self.failed.entry(reason).or_default() += count;
        }
    }
}
