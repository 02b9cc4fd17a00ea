use std::sync::LazyLock;

use ark_bn254::{Bn254, Fr};
use ark_ec::CurveGroup;
use ark_ff::Field;
use ark_serialize::{CanonicalDeserialize, CanonicalSerialize};
use pyralog_notes::{EncryptedNote, Pool, PoolRefused, SpendOrder, Wallet, WalletSeed};
use pyralog_primitives::{GenesisHash, Hash, Height};
use pyralog_zk::groth16::{KeyError, Proof, PublicInput, Refused, UNSAFE_KEYS, VerifyingKey};
use pyralog_zk::sealed_bid::{Bid, BidRange, SealedBidCircuit};
use pyralog_zk::transfer::{Note, NoteHashes, Transfer, TransferCircuit, Units};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;

use super::*;

/// Made once for all tests here.
static BID_KEY: LazyLock<CircuitKey> =
    LazyLock::new(|| unsafe_setup(DevCircuit::SealedBid).unwrap());

fn rng() -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(1)
}

/// The verifying half, as the gate of a network with this chain id reads it.
fn gate(key: &CircuitKey, chain_id: &str) -> Result<VerifyingKey, KeyError> {
    let inputs = u16::try_from(key.inputs()).unwrap();
    VerifyingKey::decode(&key.verifying_bytes(), key.hash(), inputs, chain_id)
}

fn bid(from: u64, amount: u64, to: u64) -> (BidRange, Bid) {
    let bid = Bid {
        secret: Fr::from(11),
        amount: Units::new(amount),
        blinding: Fr::from(12),
    };
    let range = BidRange {
        commitment: bid.commitment(),
        from: Units::new(from),
        to: Units::new(to),
        external: Fr::from(13),
    };
    (range, bid)
}

#[test]
fn a_changed_circuit_does_not_ship_with_an_old_key() {
    // Each circuit is the one for which its key was recorded. Another one has
    // another hash here: make its key anew, and write both down.
    let made = DevCircuit::ALL.map(|circuit| circuit.constraints().unwrap().hash());
    assert_eq!(
        made,
        DevCircuit::ALL.map(|circuit| circuit.record().circuit)
    );
}

/// The keys that are made. All of them with `PYRALOG_SETUP=all`; a circuit whose
/// hash is the recorded one has the recorded key, unless the library has changed.
fn made() -> Vec<(DevCircuit, CircuitKey)> {
    let is_all = std::env::var_os("PYRALOG_SETUP").is_some();
    let [transfer, _, quorum, hundred] = DevCircuit::ALL;
    let mut made = vec![(DevCircuit::SealedBid, BID_KEY.clone())];
    let quorums = [quorum, hundred].into_iter().filter(|_| is_all);
    for circuit in std::iter::once(transfer).chain(quorums) {
        made.push((circuit, unsafe_setup(circuit).unwrap()));
    }
    made
}

#[test]
fn everybody_makes_the_same_unsafe_keys_and_the_gate_knows_them() {
    assert_eq!(
        DevCircuit::ALL.map(|circuit| circuit.record().key),
        UNSAFE_KEYS
    );
    let made = made();
    for (circuit, key) in &made {
        assert_eq!(key.hash(), circuit.record().key);
        assert_eq!(key.circuit(), circuit.record().circuit);
        assert!(key.is_unsafe());
        for chain_id in ["dev-1", "dev-"] {
            assert!(gate(key, chain_id).is_ok());
        }
        for chain_id in ["pyralog-1", "dev", "", "my-dev-1", "DEV-1"] {
            let refused = gate(key, chain_id).unwrap_err();
            assert_eq!(refused, KeyError::Unsafe { key: key.hash() });
        }
    }
    shielded_transfer_is_proved_and_accepted(&made[1].1);
}

#[test]
fn a_sealed_bid_is_proved_and_the_proof_is_for_its_inputs_alone() {
    let key = &*BID_KEY;
    let (range, bid) = bid(10, 15, 20);
    let circuit = SealedBidCircuit::new(&range, &bid);
    let bytes = key.prove(circuit.clone(), &mut rng()).unwrap();
    let gate = gate(key, "dev-1").unwrap();
    let proof = Proof::decode(&bytes).unwrap();
    assert_eq!(gate.verify(&proof, &range.inputs()), Ok(()));
    for place in 0..4 {
        let mut inputs = range.inputs();
        inputs[place] = PublicInput::new(inputs[place].get() + Fr::from(1));
        assert_eq!(gate.verify(&proof, &inputs), Err(Refused::Equation));
    }
    // Drawn anew, other bytes prove the same.
    let mut other = ChaCha8Rng::seed_from_u64(2);
    assert_ne!(key.prove(circuit, &mut other).unwrap(), bytes);
}

#[test]
fn what_is_not_so_is_not_proved() {
    let (range, bid) = bid(10, 21, 20);
    let refused = BID_KEY.prove(SealedBidCircuit::new(&range, &bid), &mut rng());
    assert!(matches!(refused, Err(ProveError::NotFulfilled)));
    let refused = BID_KEY.prove(TransferCircuit::blank(), &mut rng());
    assert!(matches!(refused, Err(ProveError::OtherCircuit)));
}

#[test]
fn another_constraint_is_another_circuit() {
    let constraints = DevCircuit::SealedBid.constraints().unwrap();
    let mut changed = constraints.clone();
    changed.rows.pop();
    assert_ne!(changed.hash(), constraints.hash());
    let mut changed = constraints.clone();
    changed.rows[0][0][0].1 += Fr::from(1);
    assert_ne!(changed.hash(), constraints.hash());
    assert_eq!(constraints.public(), 4);
}

/// A wallet pays another; the pool takes it for its proof, and on another network
/// the proof does not hold.
fn shielded_transfer_is_proved_and_accepted(key: &CircuitKey) {
    let gate = gate(key, "dev-1").unwrap();
    let [own, foreign] = [1, 2].map(|byte| GenesisHash::new(Hash::new([byte; 32])));
    let mut pools = [own, foreign].map(Pool::new);
    let [mut alice, bob] = [1, 2].map(|seed| Wallet::new(&WalletSeed::new([seed; 32])));
    for pool in &mut pools {
        fund(&mut alice, pool);
    }
    let [pool, foreign] = &mut pools;
    let order = SpendOrder {
        to: *bob.keys().viewing().address(),
        amount: Units::new(300),
        fee: Units::new(10),
        valid_until: Height::new(9),
    };
    let (shielded, secret) = alice.spend(&order, pool, &mut rng()).unwrap();
    let circuit = TransferCircuit::new(&shielded.on(own), &secret);
    let bytes = key.prove(circuit, &mut rng()).unwrap();
    let proof = Proof::decode(&bytes).unwrap();
    let proves = |public: &Transfer| gate.verify(&proof, &public.inputs()).is_ok();
    let now = Height::new(1);
    assert_eq!(
        foreign.accept(&shielded, now, proves),
        Err(PoolRefused::Proof)
    );
    assert!(pool.accept(&shielded, now, proves).is_ok());
    // Offered as new, with a proof that holds and has other bytes.
    let other = disguised(key, &bytes);
    assert_ne!(other, bytes);
    let other = Proof::decode(&other).unwrap();
    assert_eq!(gate.verify(&other, &shielded.on(own).inputs()), Ok(()));
    let proves = |public: &Transfer| gate.verify(&other, &public.inputs()).is_ok();
    assert_eq!(
        pool.accept(&shielded, now, proves),
        Err(PoolRefused::Spent { place: 0 })
    );
}

/// Another proof of the same, as anybody makes it who has seen one.
fn disguised(key: &CircuitKey, proof: &[u8]) -> Vec<u8> {
    let proof = ark_groth16::Proof::<Bn254>::deserialize_compressed(proof).unwrap();
    let (first, second) = (Fr::from(3), Fr::from(5));
    let delta = key.key.vk.delta_g2;
    let other = ark_groth16::Proof::<Bn254> {
        a: (proof.a * first.inverse().unwrap()).into_affine(),
        b: (proof.b * first + delta * (first * second)).into_affine(),
        c: (proof.c + proof.a * second).into_affine(),
    };
    let mut bytes = Vec::new();
    other.serialize_compressed(&mut bytes).unwrap();
    bytes
}

/// The same note in each pool.
fn fund(wallet: &mut Wallet, pool: &mut Pool) {
    let address = *wallet.keys().viewing().address();
    let note = Note {
        owner: address.owner(),
        amount: Units::new(1_000),
        blinding: Fr::from(4),
    };
    let sealed = EncryptedNote::seal(&address, note.amount, note.blinding, &mut rng());
    let commitment = NoteHashes::default().commitment(&note);
    let place = pool.deposit(commitment).unwrap();
    wallet.scan_note(commitment, &sealed.unwrap(), place);
}
