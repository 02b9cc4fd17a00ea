//! What a proof costs, beside the sums of points and the transforms that no proof
//! can do without.

use std::cell::OnceCell;
use std::time::Duration;

use ark_bn254::{Bn254, Fr, G1Projective, G2Projective};
use ark_ec::VariableBaseMSM;
use ark_ff::{BigInt, FftField, PrimeField};
use ark_groth16::r1cs_to_qap::{LibsnarkReduction, R1CSToQAP};
use ark_groth16::{Groth16, ProvingKey};
use ark_poly::{EvaluationDomain, GeneralEvaluationDomain};
use ark_relations::gr1cs::{
    ConstraintSynthesizer, ConstraintSystem, OptimizationGoal, R1CS_PREDICATE_LABEL,
};
use ark_std::rand::rngs::StdRng;
use pyralog_measure::{Comparison, Limit, compare, compare_few, within, within_once};
use pyralog_notes::{EncryptedNote, Pool, SpendOrder, Wallet, WalletSeed};
use pyralog_primitives::{GenesisHash, Hash, Height, VotingPower};
use pyralog_setup::{CircuitKey, DevCircuit, unsafe_setup};
use pyralog_zk::eddsa::AttestationSecret;
use pyralog_zk::groth16::{BATCH_COUNT_MAX, Claim, KeyHash, Proof, VerifyingKey};
use pyralog_zk::quorum::{AttestationSet, Member, Quorum, QuorumCircuit, SlotCount, attested};
use pyralog_zk::transfer::{Note, NoteHashes, Transfer, TransferCircuit, Units};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;

type Domain = GeneralEvaluationDomain<Fr>;

fn rng() -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(1)
}

/// A wallet pays another.
fn transfer() -> (Transfer, TransferCircuit) {
    let network = GenesisHash::new(Hash::new([1; 32]));
    let mut pool = Pool::new(network);
    let [mut alice, bob] = [1, 2].map(|seed| Wallet::new(&WalletSeed::new([seed; 32])));
    let address = *alice.keys().viewing().address();
    let note = Note {
        owner: address.owner(),
        amount: Units::new(1_000),
        blinding: Fr::from(4),
    };
    let sealed = EncryptedNote::seal(&address, note.amount, note.blinding, &mut rng());
    let commitment = NoteHashes::default().commitment(&note);
    let place = pool.deposit(commitment).expect("the pool is empty");
    alice.scan_note(commitment, &sealed.expect("the address is good"), place);
    let order = SpendOrder {
        to: *bob.keys().viewing().address(),
        amount: Units::new(300),
        fee: Units::new(10),
        valid_until: Height::new(9),
    };
    let spent = alice.spend(&order, &pool, &mut rng());
    let (shielded, secret) = spent.expect("there is a note of enough");
    let public = shielded.on(network);
    (public, TransferCircuit::new(&public, &secret))
}

/// What is left of a proof if nothing else cost anything.
struct Floor {
    key: ProvingKey<Bn254>,
    domain: Domain,
    coset: Domain,
    values: [Vec<Fr>; 3],
    wires: Vec<BigInt<4>>,
    public: usize,
    quotient: Vec<BigInt<4>>,
}

impl Floor {
    /// The key has other secrets than the one that is proved with, and as many
    /// points; wires and quotient are those of the proof.
    fn of(circuit: TransferCircuit) -> Self {
        let mut rng: StdRng = ark_std::rand::SeedableRng::seed_from_u64(1);
        let key = Groth16::<Bn254>::generate_random_parameters_with_reduction(
            DevCircuit::Transfer,
            &mut rng,
        );
        let system = ConstraintSystem::<Fr>::new_ref();
        system.set_optimization_goal(OptimizationGoal::Constraints);
        let put = circuit.generate_constraints(system.clone());
        put.expect("the circuit can be put together");
        system.finalize();
        let matrices = system.to_matrices().expect("matrices were wanted");
        let mut wires = system.instance_assignment().expect("wires have values");
        let (public, rows) = (wires.len(), system.num_constraints());
        wires.extend(system.witness_assignment().expect("wires have values"));
        let quotient = LibsnarkReduction::witness_map_from_matrices::<Fr, Domain>(
            &matrices[R1CS_PREDICATE_LABEL],
            public,
            rows,
            &wires,
        );
        let quotient = quotient.expect("the domain is small");
        let domain = Domain::new(public + rows).expect("the domain is small");
        Self {
            key: key.expect("the circuit can be put together"),
            coset: domain.get_coset(Fr::GENERATOR).expect("it is not zero"),
            domain,
            values: [1, 2, 3]
                .map(|from| quotient.iter().map(|one| *one * Fr::from(from)).collect()),
            wires: wires[1..].iter().map(|wire| wire.into_bigint()).collect(),
            public,
            quotient: quotient.iter().map(|one| one.into_bigint()).collect(),
        }
    }

    /// Seven transforms and five sums of points.
    fn run(&self) -> (Vec<Fr>, [G1Projective; 4], G2Projective) {
        let mut values = self.values.clone();
        for values in &mut values {
            self.domain.ifft_in_place(values);
            self.coset.fft_in_place(values);
        }
        let [mut quotient, ..] = values;
        self.coset.ifft_in_place(&mut quotient);
        let (key, wires) = (&self.key, &self.wires);
        let sums = [
            G1Projective::msm_bigint(&key.h_query, &self.quotient),
            G1Projective::msm_bigint(&key.l_query, &wires[self.public - 1..]),
            G1Projective::msm_bigint(&key.a_query[1..], wires),
            G1Projective::msm_bigint(&key.b_g1_query[1..], wires),
        ];
        let second = G2Projective::msm_bigint(&key.b_g2_query[1..], wires);
        (quotient, sums, second)
    }
}

/// The verifying half, as the gate reads it.
fn gate(key: &CircuitKey) -> VerifyingKey {
    let bytes = key.verifying_bytes();
    let inputs = u16::try_from(key.inputs()).expect("there are few inputs");
    let gate = VerifyingKey::decode(&bytes, KeyHash::of(&bytes), inputs, "dev-bench");
    gate.expect("it is a good key")
}

fn shielded_transfer() {
    let key = unsafe_setup(DevCircuit::Transfer).expect("the circuit can be put together");
    let (public, circuit) = transfer();
    let prove = || key.prove(circuit.clone(), &mut rng()).expect("it is so");
    let floor = Floor::of(circuit.clone());
    within(
        &Limit {
            what: "Groth16, shielded transfer, proved",
            units: 1,
            time: Duration::from_secs(2),
            goal: Some(4.0),
        },
        prove,
    );
    compare(
        &Comparison {
            what: "Groth16, shielded transfer, proved",
            reference: "its sums and transforms",
            units: 1,
            floor: Some(0.8),
            goal: Some(0.95),
        },
        prove,
        || floor.run(),
    );
    let (gate, proof) = (gate(&key), prove());
    many(&gate, &proof, &public);
    within(
        &Limit {
            what: "Groth16, shielded transfer, verified",
            units: 1,
            time: Duration::from_micros(2_500),
            goal: None,
        },
        || {
            let proof = Proof::decode(&proof).expect("it is a good proof");
            assert_eq!(gate.verify(&proof, &public.inputs()), Ok(()));
        },
    );
}

/// As many as a batch may hold, beside so few alone that a round stays short.
fn many(gate: &VerifyingKey, proof: &[u8], public: &Transfer) {
    let (proof, inputs) = (Proof::decode(proof), public.inputs());
    let proof = proof.expect("it is a good proof");
    let claim = Claim {
        proof: &proof,
        inputs: &inputs,
    };
    let claims = vec![claim; BATCH_COUNT_MAX];
    let alone = &claims[..128];
    let count = |claims: &[Claim<'_>]| u32::try_from(claims.len()).expect("there are few");
    compare_few(
        &Comparison {
            what: "Groth16, 1,024 shielded transfers verified at once",
            reference: "one after the other",
            units: count(&claims),
            floor: Some(4.0),
            goal: None,
        },
        count(alone),
        || assert_eq!(gate.verify_batch(&claims), Ok(())),
        || {
            for claim in alone {
                assert_eq!(gate.verify(claim.proof, claim.inputs), Ok(()));
            }
        },
    );
}

/// A hundred validators, of whom 67 sign.
fn quorum() -> (Quorum, QuorumCircuit) {
    let [network, block] = [1, 2].map(|byte| Hash::new([byte; 32]));
    let message = attested(
        GenesisHash::new(network),
        Height::new(7),
        pyralog_primitives::BlockId::new(block),
    );
    let secrets = (0..100).map(|seed| AttestationSecret::from_seed(&[seed; 32]));
    let secrets: Vec<AttestationSecret> = secrets.collect();
    let member = |secret: &AttestationSecret| Member {
        key: secret.public(),
        power: VotingPower::new(10),
    };
    let slots = SlotCount::new(secrets.len()).expect("a hundred are allowed");
    let set = AttestationSet::new(secrets.iter().map(member).collect(), slots);
    let set = set.expect("all keys differ");
    let signs = secrets.iter().enumerate();
    let attestations: Vec<_> = signs
        .map(|(place, secret)| (place < 67).then(|| secret.sign(message)))
        .collect();
    let quorum = Quorum {
        set: set.commitment(),
        message,
    };
    (quorum, QuorumCircuit::new(&quorum, &set, &attestations))
}

fn quorum_of_hundred() {
    let made = OnceCell::new();
    within_once(
        &Limit {
            what: "Groth16, key for a quorum of 100, made",
            units: 1,
            time: Duration::from_mins(2),
            goal: None,
        },
        || drop(made.set(unsafe_setup(DevCircuit::QuorumOfHundred))),
    );
    let key = made.into_inner().expect("it was made");
    let key = key.expect("the circuit can be put together");
    let (public, circuit) = quorum();
    let proved = OnceCell::new();
    within_once(
        &Limit {
            what: "Groth16, quorum of 100, proved",
            units: 1,
            time: Duration::from_secs(20),
            goal: None,
        },
        || drop(proved.set(key.prove(circuit.clone(), &mut rng()))),
    );
    let proof = proved.into_inner().expect("it was proved");
    let proof = Proof::decode(&proof.expect("it is so")).expect("it is a good proof");
    assert_eq!(gate(&key).verify(&proof, &public.inputs()), Ok(()));
}

fn main() {
    shielded_transfer();
    quorum_of_hundred();
}
