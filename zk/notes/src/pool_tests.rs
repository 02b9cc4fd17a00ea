use ark_bn254::Fr;
use pyralog_primitives::Height;
use pyralog_zk::transfer::{NoteHashes, Units};

use super::samples::{NOW, Proved, UNTIL, World, network, order, wallet};
use super::*;

/// Somebody with 1,000 who pays 300 to another.
fn paid() -> (World, Proved, [Wallet; 2]) {
    let mut world = World::new(1);
    let (mut alice, bob) = (wallet(1), wallet(2));
    world.fund(&mut alice, 1_000);
    let proved = world.spend(&mut alice, &order(&bob, 300, 10));
    (world, proved, [alice, bob])
}

/// As whoever changes a transfer and proves it anew, if it can be proved.
fn again(world: &World, mut proved: Proved) -> Proved {
    proved.public = proved.shielded.on(world.pool.network());
    proved
}

#[test]
fn what_is_paid_is_found_by_its_receiver_and_the_change_by_its_sender() {
    let (mut world, proved, [mut alice, mut bob]) = paid();
    let places = world.accept(&proved).unwrap();
    for wallet in [&mut alice, &mut bob] {
        wallet.scan(&proved.shielded, places);
    }
    assert_eq!([alice.balance(), bob.balance()], [690, 300]);
    // And it can be spent further.
    let back = world.spend(&mut bob, &order(&alice, 299, 1));
    let places = world.accept(&back).unwrap();
    for wallet in [&mut alice, &mut bob] {
        wallet.scan(&back.shielded, places);
    }
    assert_eq!([alice.balance(), bob.balance()], [989, 0]);
}

#[test]
fn a_note_is_spent_once() {
    let (mut world, proved, [mut alice, bob]) = paid();
    // The same note, spent in another transfer.
    let other = world.spend(&mut alice, &order(&bob, 5, 5));
    world.accept(&proved).unwrap();
    let spent = PoolRefused::Spent { place: 0 };
    assert_eq!(world.accept(&proved), Err(spent));
    assert_eq!(world.accept(&other), Err(spent));
}

#[test]
fn one_note_is_not_spent_twice_in_one_transfer() {
    let (mut world, mut proved, _) = paid();
    proved.secret.spent[1] = proved.secret.spent[0].clone();
    proved.shielded.nullifiers[1] = proved.shielded.nullifiers[0];
    let fee = 2_000
        - proved
            .secret
            .made
            .map(|note| note.amount.get())
            .iter()
            .sum::<u64>();
    proved.shielded.fee = Units::new(fee);
    let proved = again(&world, proved);
    let proof = pyralog_zk::transfer::holds(&proved.public, &proved.secret);
    assert_eq!(proof, Ok(()), "the relation does not mind");
    assert_eq!(world.accept(&proved), Err(PoolRefused::SameNullifiers));
}

#[test]
fn the_note_of_another_owner_is_not_spent() {
    let (mut world, mut proved, _) = paid();
    proved.secret.spending += Fr::from(1);
    let proved = again(&world, proved);
    assert_eq!(world.accept(&proved), Err(PoolRefused::Proof));
}

#[test]
fn more_than_was_spent_is_not_made() {
    for change in [1, u64::MAX, 1 << 63] {
        let (mut world, mut proved, _) = paid();
        let made = &mut proved.secret.made[0];
        made.amount = Units::new(made.amount.get().wrapping_add(change));
        proved.shielded.commitments[0] = NoteHashes::default().commitment(made);
        let proved = again(&world, proved);
        assert_eq!(world.accept(&proved), Err(PoolRefused::Proof));
    }
}

#[test]
fn a_note_that_is_not_in_the_tree_is_not_spent() {
    let (mut world, mut proved, _) = paid();
    proved.secret.spent[0].siblings[3] += Fr::from(1);
    assert_eq!(world.accept(&proved), Err(PoolRefused::Proof));
    // Nor one of a tree that the pool never had.
    let (_, mut proved, _) = paid();
    proved.shielded.root += Fr::from(1);
    let proved = again(&world, proved);
    assert_eq!(world.accept(&proved), Err(PoolRefused::UnknownRoot));
}

#[test]
fn a_transfer_of_another_network_is_refused() {
    let (world, proved, [mut alice, _]) = paid();
    let mut foreign = World::new(1);
    foreign.pool = Pool::new(network(2));
    foreign.fund(&mut alice, 1_000);
    assert_eq!(foreign.pool.tree().root(), world.pool.tree().root());
    assert_eq!(foreign.accept(&proved), Err(PoolRefused::Proof));
}

#[test]
fn nothing_that_goes_along_is_changed_on_the_way() {
    let (mut world, proved, _) = paid();
    let mut longer = proved.clone();
    longer.shielded.valid_until = Height::new(UNTIL.get() + 1);
    let mut cheaper = proved.clone();
    cheaper.shielded.fee = Units::new(9);
    let mut swapped = proved.clone();
    swapped.shielded.encrypted.swap(0, 1);
    for changed in [longer, cheaper, swapped] {
        assert_eq!(world.accept(&changed), Err(PoolRefused::Proof));
    }
    assert!(world.accept(&proved).is_ok());
}

#[test]
fn a_transfer_expires_and_so_does_its_root() {
    let (mut world, proved, [mut alice, _]) = paid();
    let (until, now) = (UNTIL, Height::new(UNTIL.get() + 1));
    let late = world.pool.accept(&proved.shielded, now, |_| true);
    assert_eq!(late, Err(PoolRefused::Expired { until, now }));
    for _ in 0..ROOT_COUNT_MAX {
        world.fund(&mut alice, 1);
    }
    assert_eq!(world.accept(&proved), Err(PoolRefused::UnknownRoot));
    let unchecked = world.pool.accept(&proved.shielded, NOW, |_| true);
    assert_eq!(unchecked, Err(PoolRefused::UnknownRoot));
}
