//! Who did not sign is in the state, and only that: by each rule, and against a
//! plain model over random sets of signers, on chains that fork.

use std::collections::BTreeMap;
use std::sync::Arc;

use pyralog_chain::{Application, CheckError, Ledger, StateReader};
use pyralog_genesis::{Genesis, Parameters};
use pyralog_primitives::action::Action;
use pyralog_primitives::block::Block;
use pyralog_primitives::chain_proof::{ChainProof, Claim};
use pyralog_primitives::codec::Canonical;
use pyralog_primitives::receipt::Outcome;
use pyralog_primitives::state::{AttendanceState, StateKey};
use pyralog_primitives::write_set::{StateValue, WriteSet};
use pyralog_primitives::{
    Address, Amount, BlockCount, BlockId, ByteCount, Domain, Height, TimestampMs, VotingPower,
};
use pyralog_tree::StateTree;
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;

use crate::quorum::{certify, draft, finish, network_of, settle, voter};
use crate::random::below;
use crate::world::{self, Memory, address, begin, body, unsigned};

const PLENTY: ByteCount = ByteCount::new(1 << 30);
const ALL: [u8; 4] = [0, 1, 2, 3];

fn attendance(missed: u64, missed_in_row: u64) -> AttendanceState {
    AttendanceState {
        missed: BlockCount::new(missed),
        missed_in_row: BlockCount::new(missed_in_row),
    }
}

/// What a block writes of attendance, by validator.
fn written(writes: &WriteSet) -> BTreeMap<Address, AttendanceState> {
    let of = |(key, value): (&StateKey, Option<&StateValue>)| match key {
        StateKey::Attendance { validator } => {
            let value = value.expect("attendance is never removed");
            Some((*validator, AttendanceState::decode(value).unwrap()))
        }
        _ => None,
    };
    writes.iter().filter_map(of).collect()
}

#[test]
fn who_did_not_sign_for_the_parent_has_missed_it() {
    let genesis = network_of(&[1; 4]);
    let (mut ledger, memory) = begin(&genesis, PLENTY);
    settle(&genesis, &mut ledger, &memory, &ALL, vec![]);
    let mut next = |signed: &[u8]| {
        let batch = settle(&genesis, &mut ledger, &memory, signed, vec![]);
        written(&batch.write_set)
    };
    let only = |number, state| BTreeMap::from([(voter(number), state)]);
    assert_eq!(next(&[0, 1, 2]), only(3, attendance(1, 1)));
    assert_eq!(next(&[0, 1, 2]), only(3, attendance(2, 2)));
    let mut both = only(3, attendance(2, 0));
    both.extend(only(1, attendance(1, 1)));
    assert_eq!(next(&[0, 2, 3]), both);
    assert_eq!(next(&ALL), only(1, attendance(1, 0)));
    assert_eq!(next(&ALL), BTreeMap::new(), "nothing changes any more");
    assert_eq!(next(&[0, 1, 2]), only(3, attendance(3, 1)));
}

#[test]
fn where_all_sign_nothing_is_written() {
    let genesis = network_of(&[5, 1, 1]);
    let (mut ledger, memory) = begin(&genesis, PLENTY);
    for _ in 0..5 {
        let batch = settle(&genesis, &mut ledger, &memory, &[0, 1, 2], vec![]);
        let keys: Vec<&StateKey> = batch.write_set.iter().map(|(key, _)| key).collect();
        assert_eq!(keys, [&StateKey::Chain]);
    }
}

#[test]
fn the_word_of_an_only_validator_writes_nothing() {
    let genesis = world::genesis(1, Amount::from_tokens(1), Parameters::default());
    let (mut ledger, memory) = begin(&genesis, PLENTY);
    for _ in 0..5 {
        let batch = world::settle(&genesis, &mut ledger, &memory, vec![]);
        assert_eq!(written(&batch.write_set), BTreeMap::new());
    }
}

#[test]
fn a_transaction_that_fails_does_not_take_attendance_back() {
    let genesis = network_of(&[1; 4]);
    let (mut ledger, memory) = begin(&genesis, PLENTY);
    settle(&genesis, &mut ledger, &memory, &ALL, vec![]);
    let too_much = Action::Transfer {
        to: address(2),
        amount: Amount::MAX,
    };
    let failing = unsigned(body(&genesis, 1, 0, vec![too_much]));
    let batch = settle(&genesis, &mut ledger, &memory, &[0, 1, 3], vec![failing]);
    let outcome = &batch.receipts[0].outcome;
    assert!(matches!(outcome, Outcome::Failed { .. }), "{outcome:?}");
    let expected = BTreeMap::from([(voter(2), attendance(1, 1))]);
    assert_eq!(written(&batch.write_set), expected);
}

#[test]
fn attendance_and_its_absence_are_proved_to_who_trusts_no_node() {
    let genesis = network_of(&[1; 4]);
    let (mut ledger, memory) = begin(&genesis, PLENTY);
    settle(&genesis, &mut ledger, &memory, &ALL, vec![]);
    settle(&genesis, &mut ledger, &memory, &[0, 1, 2], vec![]);
    let values = Memory::default();
    *values.0.borrow_mut() = memory.0.borrow().clone();
    // Its header commits to what the block before it did.
    settle(&genesis, &mut ledger, &memory, &ALL, vec![]);
    let provable = ledger.provable().unwrap();
    for (number, expected) in [(3, Some(attendance(1, 1))), (0, None)] {
        let validator = voter(number);
        let proof = provable.state(&StateKey::Attendance { validator }, &values);
        let proof = proof.unwrap();
        let value = proof.value().map(AttendanceState::decode);
        assert_eq!(value, expected.map(Ok));
        let file = ChainProof::new(
            Claim::State { proof },
            provable.header().clone(),
            provable.certificate().clone(),
        );
        let proven = file.verify(genesis.hash(), &genesis.validator_set());
        assert_eq!(proven, Ok(Height::new(2)));
    }
}

/// Missed in all and in a row, by validator; only those that ever missed.
type Model = BTreeMap<Address, (u64, u64)>;

fn after(before: &Model, voters: &[Address], signed: &[u8]) -> Model {
    let mut model = before.clone();
    for (number, address) in (0u8..).zip(voters) {
        if signed.contains(&number) {
            model.entry(*address).and_modify(|(_, row)| *row = 0);
        } else {
            let (missed, row) = model.entry(*address).or_default();
            (*missed, *row) = (*missed + 1, *row + 1);
        }
    }
    model
}

/// One who builds, with little memory, and one who checks.
struct Run {
    rng: ChaCha8Rng,
    genesis: Genesis,
    powers: Vec<u64>,
    voters: Vec<Address>,
    builder: (Ledger<Memory>, Memory),
    checker: (Ledger<Memory>, Memory),
    /// By block: its height, and the model after it. The last final block is
    /// among them.
    models: BTreeMap<BlockId, (Height, Model)>,
    counts: Counts,
}

#[derive(Debug, Default)]
struct Counts {
    blocks: usize,
    absences: usize,
    rows_ended: usize,
    forks: usize,
    worked_out_again: usize,
}

impl Run {
    fn new(seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let count = 1 + below(&mut rng, 9);
        let powers: Vec<u64> = (0..count)
            .map(|_| u64::from(1 + below(&mut rng, 5)))
            .collect();
        let voters = (0u8..).zip(&powers).map(|(number, _)| voter(number));
        let genesis = network_of(&powers);
        // Room for some eight blocks without what they do: that is dropped.
        let little = ByteCount::new(335_000);
        Self {
            rng,
            voters: voters.collect(),
            powers,
            builder: begin(&genesis, little),
            checker: begin(&genesis, PLENTY),
            genesis,
            models: BTreeMap::from([(BlockId::ZERO, (Height::new(0), Model::new()))]),
            counts: Counts::default(),
        }
    }

    /// Each with the same chance, and then as many more as make a quorum.
    fn signers(&mut self) -> Vec<u8> {
        let set = self.genesis.validator_set();
        let count = u8::try_from(self.powers.len()).unwrap();
        let mut signed: Vec<u8> = (0..count).filter(|_| below(&mut self.rng, 4) > 0).collect();
        let power = |signed: &[u8]| {
            let powers = signed
                .iter()
                .map(|number| self.powers[usize::from(*number)]);
            VotingPower::new(powers.sum())
        };
        while !set.is_quorum(power(&signed)) {
            let absent: Vec<u8> = (0..count).filter(|n| !signed.contains(n)).collect();
            let chosen = below(&mut self.rng, u32::try_from(absent.len()).unwrap());
            signed.push(absent[chosen as usize]);
        }
        signed
    }

    fn step(&mut self) {
        let ledger = &self.builder.0;
        let base = ledger.info().block;
        self.models
            .retain(|id, _| *id == base || ledger.block(id).is_some());
        let any = below(&mut self.rng, u32::try_from(self.models.len()).unwrap());
        let (parent, (height, before)) = self.models.iter().nth(any as usize).unwrap();
        let (parent, height, before) = (*parent, *height, before.clone());
        let is_fork = |(id, _): (&BlockId, &_)| {
            let block = ledger.block(id);
            block.is_some_and(|block| block.header.parent == parent)
        };
        self.counts.forks += usize::from(self.models.iter().any(is_fork));

        let (certificate, model) = if parent == BlockId::ZERO {
            (None, before.clone())
        } else {
            let signed = self.signers();
            let certificate = certify(&self.genesis, height, parent, &signed);
            (Some(certificate), after(&before, &self.voters, &signed))
        };
        let known = self.builder.0.counts().outcomes;
        self.builder.0.tip(&parent).unwrap();
        self.counts.worked_out_again += usize::from(self.builder.0.counts().outcomes != known);
        let mut draft = draft(certificate);
        // Siblings of one parent differ in any case.
        let time = 1_700_000_001_000 + self.counts.blocks as u64 * 1000;
        draft.time = TimestampMs::new(time);
        let built = self
            .builder
            .0
            .prepare_proposal(&parent, draft, &mut std::iter::empty());
        match built {
            Ok(built) => {
                self.count(&before, &model);
                self.compare(&built.block, height.next().unwrap(), model);
            }
            Err(CheckError::Full(_)) => self.finalize(),
            Err(error) => panic!("{error}"),
        }
    }

    fn count(&mut self, before: &Model, model: &Model) {
        let counts = &mut self.counts;
        counts.blocks += 1;
        counts.absences += model.values().filter(|(_, row)| *row > 0).count();
        let ended = |(address, (_, row)): &(&Address, &(u64, u64))| {
            *row == 0 && before.get(*address).is_some_and(|(_, row)| *row > 0)
        };
        counts.rows_ended += model.iter().filter(ended).count();
    }

    /// Who builds and who checks agree with each other and with the model.
    fn compare(&mut self, block: &Arc<Block>, height: Height, model: Model) {
        let id = block.id();
        let taken = self
            .checker
            .0
            .process_proposal(Arc::clone(block), &|_| false);
        assert_eq!(taken, Ok(id));
        let roots = [&mut self.builder, &mut self.checker]
            .map(|(ledger, _)| ledger.tip(&id).unwrap().tree.root());
        assert_eq!(roots[0], roots[1]);
        for (ledger, _) in [&mut self.builder, &mut self.checker] {
            let state = ledger.state_after(&id).unwrap();
            for voter in &self.voters {
                let key = StateKey::Attendance { validator: *voter };
                let stored = state.get(&key).unwrap();
                let stored = stored.map(|value| AttendanceState::decode(&value).unwrap());
                let expected = model.get(voter);
                let expected = expected.map(|(missed, row)| attendance(*missed, *row));
                assert_eq!(stored, expected, "{voter} at {height}");
            }
        }
        self.models.insert(id, (height, model));
    }

    /// Makes a random child of the last final block final, for both.
    fn finalize(&mut self) {
        let ledger = &self.builder.0;
        let base = ledger.info().block;
        let blocks = self.models.keys().filter_map(|id| ledger.block(id));
        let children: Vec<Arc<Block>> = blocks
            .filter(|block| block.header.parent == base)
            .map(Arc::clone)
            .collect();
        if children.is_empty() {
            return;
        }
        let chosen = below(&mut self.rng, u32::try_from(children.len()).unwrap());
        let block = &children[chosen as usize];
        let batches = [&mut self.builder, &mut self.checker]
            .map(|(ledger, memory)| finish(&self.genesis, ledger, memory, block));
        assert_eq!(batches[0], batches[1]);
        let state = self.checker.1.0.borrow();
        let leaves = state
            .iter()
            .map(|(key, value)| (key.hash(), Domain::StateValue.hash(value)));
        assert_eq!(StateTree::new(leaves).root(), batches[0].state_root);
        let entries = state
            .keys()
            .filter(|key| matches!(key, StateKey::Attendance { .. }));
        let (_, model) = &self.models[&block.id()];
        assert_eq!(entries.count(), model.len(), "no entry of anyone else");
    }
}

#[test]
fn attendance_is_that_of_a_model_over_random_signers_and_forks() {
    let mut all = Counts::default();
    for seed in 0..25 {
        let mut run = Run::new(seed);
        for _ in 0..60 {
            if below(&mut run.rng, 5) == 0 || run.builder.0.counts().blocks > 7 {
                run.finalize();
            }
            run.step();
        }
        all.add(&run.counts);
    }
    println!("{all:?}");
    assert!(all.absences > 1000 && all.rows_ended > 500);
    assert!(all.forks > 200 && all.worked_out_again > 50);
}

impl Counts {
    fn add(&mut self, other: &Self) {
        self.blocks += other.blocks;
        self.absences += other.absences;
        self.rows_ended += other.rows_ended;
        self.forks += other.forks;
        self.worked_out_again += other.worked_out_again;
    }
}
