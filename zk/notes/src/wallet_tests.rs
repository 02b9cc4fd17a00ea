use std::collections::BTreeSet;

use pyralog_zk::transfer::{Note, NoteHashes, Units};

use super::samples::{World, network, order, wallet};
use super::*;
use crate::number::write;

#[test]
fn what_is_not_for_a_wallet_is_not_found_by_it() {
    let mut world = World::new(2);
    let (mut alice, bob, mut carol) = (wallet(1), wallet(2), wallet(3));
    world.fund(&mut alice, 50);
    let proved = world.spend(&mut alice, &order(&bob, 20, 0));
    let places = world.accept(&proved).unwrap();
    carol.scan(&proved.shielded, places);
    assert_eq!(carol.balance(), 0);
}

#[test]
fn a_viewing_key_sees_what_comes_in_and_does_not_spend() {
    let mut world = World::new(3);
    let (mut alice, bob) = (wallet(1), wallet(2));
    world.fund(&mut alice, 50);
    let proved = world.spend(&mut alice, &order(&bob, 20, 0));
    let viewing = bob.keys().viewing().clone();
    let made = proved.shielded.commitments.into_iter();
    let seen: Vec<Note> = made
        .zip(proved.shielded.encrypted)
        .filter_map(|(commitment, encrypted)| encrypted.open(&viewing, commitment))
        .collect();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].amount, Units::new(20));
}

#[test]
fn a_wallet_spends_no_more_than_it_has_and_from_no_more_than_two_notes() {
    let mut world = World::new(4);
    let (mut alice, bob) = (wallet(1), wallet(2));
    for amount in [10, 20, 30] {
        world.fund(&mut alice, amount);
    }
    let mut refused = |amount, fee| {
        let order = order(&bob, amount, fee);
        let spent = alice.spend(&order, &world.pool, &mut world.rng);
        spent.map(drop).unwrap_err()
    };
    assert_eq!(refused(u64::MAX, 1), SpendRefused::TooMuch);
    let (needed, found) = (Units::new(61), 60);
    assert_eq!(refused(60, 1), SpendRefused::NotEnough { needed, found });
    let (needed, found) = (Units::new(51), 50);
    assert_eq!(refused(50, 1), SpendRefused::Scattered { needed, found });
    let two = world.spend(&mut alice, &order(&bob, 49, 1));
    assert!(world.accept(&two).is_ok());
}

#[test]
fn a_wallet_does_not_spend_in_a_pool_where_it_found_nothing() {
    let mut world = World::new(5);
    let mut alice = wallet(1);
    world.fund(&mut alice, 10);
    let order = order(&wallet(2), 1, 0);
    let empty = Pool::new(network(1));
    let refused = alice.spend(&order, &empty, &mut world.rng);
    let place = NotePlace::new(0);
    assert_eq!(refused.map(drop), Err(SpendRefused::OtherPool { place }));
}

#[test]
fn a_note_that_is_made_twice_counts_once() {
    let mut world = World::new(6);
    let mut alice = wallet(1);
    let to = *alice.keys().viewing().address();
    let (amount, blinding) = (Units::new(5), 9.into());
    let sealed = EncryptedNote::seal(&to, amount, blinding, &mut world.rng).unwrap();
    let commitment = NoteHashes::default().commitment(&Note {
        owner: to.owner(),
        amount,
        blinding,
    });
    let send = |world: &mut World, alice: &mut Wallet| {
        let place = world.pool.deposit(commitment).unwrap();
        alice.scan_note(commitment, &sealed, place);
    };
    send(&mut world, &mut alice);
    send(&mut world, &mut alice);
    assert_eq!(alice.balance(), 5);
    // Also when it is spent: the second one cannot be.
    let spent = world.spend(&mut alice, &order(&wallet(2), 5, 0));
    let places = world.accept(&spent).unwrap();
    alice.scan(&spent.shielded, places);
    send(&mut world, &mut alice);
    assert_eq!(alice.balance(), 0);
}

#[test]
fn a_transfer_is_read_as_it_is_written() {
    let mut world = World::new(7);
    let mut alice = wallet(1);
    world.fund(&mut alice, 10);
    let shielded = world.spend(&mut alice, &order(&wallet(2), 1, 0)).shielded;
    let bytes = shielded.encode();
    assert_eq!(Shielded::decode(&bytes), Ok(shielded));
    for place in 0..5 {
        let mut changed = bytes;
        changed[32 * place..32 * (place + 1)].fill(255);
        let refused = Shielded::decode(&changed);
        assert_eq!(refused, Err(ShieldedRefused::NotCanonical { place }));
    }
}

/// Transfers of two kinds from one pool, each between wallets of their own: all of
/// two large notes to a stranger, and a little of a small note to its sender.
fn published(count: u8) -> [Vec<Shielded>; 2] {
    let mut world = World::new(8);
    let mut pairs: Vec<[Wallet; 2]> = (0..count)
        .map(|pair| [2 * pair, 2 * pair + 1].map(wallet))
        .collect();
    for [rich, poor] in &mut pairs {
        world.fund(rich, u64::MAX);
        world.fund(poor, 3);
        world.fund(rich, 1 << 40);
    }
    let stranger = wallet(255);
    let mut published = [vec![], vec![]];
    for [rich, poor] in &mut pairs {
        let all = order(&stranger, u64::MAX - 1, 1);
        published[0].push(world.spend(rich, &all));
        let little = order(poor, 1, 1);
        published[1].push(world.spend(poor, &little));
    }
    for proved in published.iter().flatten() {
        assert!(world.accept(proved).is_ok());
    }
    published.map(|proved| proved.iter().map(|proved| proved.shielded).collect())
}

#[test]
fn transfers_of_other_amounts_senders_and_receivers_look_alike() {
    let published = published(24);
    let first = published[0][0];
    let mut seen = BTreeSet::new();
    for shielded in published.iter().flatten() {
        // What is not hidden is the same in all.
        assert_eq!(shielded.root, first.root);
        assert_eq!(shielded.fee, first.fee);
        assert_eq!(shielded.valid_until, first.valid_until);
        // Nothing that is drawn, hashed or encrypted appears twice, in one
        // transfer or in two.
        let numbers = shielded.nullifiers.iter().chain(&shielded.commitments);
        let numbers = numbers.map(|number| write(*number).to_vec());
        let sealed = shielded.encrypted.iter().map(EncryptedNote::as_bytes);
        let sealed = sealed.flat_map(|bytes| [bytes[..32].to_vec(), bytes[32..].to_vec()]);
        for part in numbers.chain(sealed) {
            assert!(seen.insert(part));
        }
    }
    // No byte has one value in all of one kind, and others in the other kind.
    let constant = |transfers: &Vec<Shielded>| {
        let bytes: Vec<_> = transfers.iter().map(Shielded::encode).collect();
        let is_constant = |place: &usize| bytes.iter().all(|one| one[*place] == bytes[0][*place]);
        (0..SHIELDED_BYTES).filter(is_constant).collect::<Vec<_>>()
    };
    let [large, small] = published.each_ref().map(constant);
    assert_eq!(large, small);
    // Root, fee and expiry.
    assert_eq!(large.len(), 32 + 8 + 8);
}

#[test]
fn change_is_in_either_place() {
    let mut world = World::new(9);
    let mut alice = wallet(1);
    world.fund(&mut alice, 10);
    let order = order(&wallet(2), 3, 0);
    let places: BTreeSet<usize> = (0..32)
        .map(|_| {
            let made = world.spend(&mut alice, &order).secret.made;
            let is_change = |note: &Note| note.amount == Units::new(7);
            made.iter().position(is_change).unwrap()
        })
        .collect();
    assert_eq!(places.len(), 2);
}
