use std::collections::BTreeSet;

use pyralog_primitives::action::Action;
use pyralog_primitives::codec::{List, Version};
use pyralog_primitives::transaction::{Transaction, TransactionBody};
use pyralog_primitives::{
    Address, Amount, Compute, GenesisHash, Height, Nonce, PublicKey, Signature, TransactionId,
};

use super::*;

fn pending(nonce: u64) -> Checked {
    Checked::from_block(transfer(nonce))
}

/// A transfer that nobody has signed.
pub(crate) fn transfer(nonce: u64) -> Transaction {
    let action = Action::Transfer {
        to: Address::new([7; 20]),
        amount: Amount::new(1),
    };
    Transaction {
        body: TransactionBody {
            version: Version::V1,
            genesis: GenesisHash::ZERO,
            sender: PublicKey::new([1; 32]),
            nonce: Nonce::new(nonce),
            valid_until: Height::new(9),
            fee_max: Amount::new(1),
            tip: Amount::new(0),
            compute_max: Compute::new(1),
            actions: List::new(vec![action]).unwrap(),
            work: None,
        },
        signature: Signature::new([0; 64]),
    }
}

fn telling() -> Telling {
    Telling::new(TimestampMs::new(1))
}

fn peer(number: u8) -> PeerId {
    PeerId::new(PublicKey::new([number; 32]))
}

fn all(nonces: std::ops::Range<u64>) -> Vec<Checked> {
    nonces.map(pending).collect()
}

fn ids(transactions: &[Checked]) -> Vec<TransactionId> {
    transactions.iter().map(Checked::id).collect()
}

fn places(places: impl Iterator<Item = usize>) -> Vec<OfferPlace> {
    let wanted: BTreeSet<usize> = places.collect();
    let all = OfferPlace::all().take(OFFERED_COUNT_MAX);
    all.filter(|at| wanted.contains(&at.index())).collect()
}

/// All that is due, as offers of one peer after the other.
fn due(telling: &mut Telling, now: Instant) -> Vec<Offer> {
    std::iter::from_fn(|| telling.next(now)).collect()
}

#[test]
fn peers_that_are_equally_far_are_told_by_one_offer_and_in_order() {
    let (mut telling, now) = (telling(), Instant::now());
    telling.connected(peer(1));
    telling.connected(peer(2));
    let news = all(0..5);
    telling.add(&news);
    let offers = due(&mut telling, now);
    assert_eq!(offers.len(), 1);
    assert_eq!(offers[0].to, [peer(1), peer(2)]);
    assert_eq!(ids(&offers[0].transactions), ids(&news));
    assert!(telling.next(now).is_none(), "nothing is told twice");
}

#[test]
fn what_has_left_the_pool_is_told_to_nobody() {
    let (mut telling, now) = (telling(), Instant::now());
    telling.connected(peer(1));
    let mut news = all(0..5);
    telling.add(&news);
    news.remove(2);
    news.remove(0);
    let offers = due(&mut telling, now);
    assert_eq!(ids(&offers[0].transactions), ids(&news));
}

#[test]
fn who_does_not_answer_is_told_no_more_than_fits_and_holds_up_nobody() {
    let (mut telling, now) = (telling(), Instant::now());
    telling.connected(peer(1));
    telling.connected(peer(2));
    let news = all(0..10_000);
    telling.add(&news);
    let mut counts = [0, 0];
    let mut bytes = 0;
    while let Some(offer) = telling.next(now) {
        let size: u64 = offer.transactions.iter().map(|one| one.bytes().get()).sum();
        for to in &offer.to {
            counts[usize::from(*to == peer(2))] += offer.transactions.len();
        }
        if offer.to.contains(&peer(1)) {
            bytes += size;
        }
        if offer.to.contains(&peer(2)) {
            telling.took(peer(2), offer.number, &[], now);
        }
    }
    assert_eq!(counts[1], news.len(), "who answers is told of everything");
    let longest = OPEN_BYTES_MAX + OFFERED_BYTES_MAX.get() + news[0].bytes().get();
    assert!(counts[0] > 0 && bytes <= longest, "{bytes}");
}

#[test]
fn what_a_peer_had_no_room_for_is_told_again_later_and_nothing_else() {
    let (mut telling, now) = (telling(), Instant::now());
    telling.connected(peer(1));
    let news = all(0..9);
    telling.add(&news);
    let first = telling.next(now).unwrap();
    telling.took(peer(1), first.number, &places([1, 4].into_iter()), now);
    assert!(telling.next(now).is_none(), "not at once");
    let at = telling.wake().unwrap();
    assert_eq!(at, now + AGAIN_SPAN);
    let again = telling.next(at).unwrap();
    assert_eq!(ids(&again.transactions), [news[1].id(), news[4].id()]);
    telling.took(peer(1), again.number, &[], at);
    assert!(telling.next(at + ANSWER_PATIENCE).is_none());
    assert_eq!(telling.wake(), None);
}

#[test]
fn who_never_has_room_is_told_so_often_and_no_more() {
    let (mut telling, mut now) = (telling(), Instant::now());
    telling.connected(peer(1));
    let news = all(0..1);
    telling.add(&news);
    let mut times = 0;
    while let Some(offer) = telling.next(now) {
        times += 1;
        telling.took(peer(1), offer.number, &places(0..1), now);
        now += AGAIN_SPAN;
    }
    assert_eq!(times, TRY_COUNT_MAX);
}

#[test]
fn who_comes_later_is_told_of_all_that_is_pending() {
    let (mut telling, now) = (telling(), Instant::now());
    telling.connected(peer(1));
    let news = all(0..3);
    telling.add(&news);
    for offer in due(&mut telling, now) {
        telling.took(peer(1), offer.number, &[], now);
    }
    telling.connected(peer(2));
    let offers = due(&mut telling, now);
    assert_eq!(offers.len(), 1);
    assert_eq!(offers[0].to, [peer(2)]);
    assert_eq!(ids(&offers[0].transactions), ids(&news));
}

#[test]
fn the_oldest_are_forgotten_where_too_many_wait() {
    let mut telling = telling();
    let one = pending(0);
    for _ in 0..OUTBOX_COUNT_MAX + 10 {
        telling.add(std::slice::from_ref(&one));
    }
    assert_eq!(telling.outbox.entries.len(), OUTBOX_COUNT_MAX);
    assert_eq!(telling.outbox.first, 10);
    drop(one);
    telling.add(&all(1..2));
    assert!(
        telling.outbox.entries.len() <= 1,
        "what is gone takes no room"
    );
}

#[test]
fn an_answer_to_an_earlier_process_closes_no_offer_of_this_one() {
    let (now, pending_one) = (Instant::now(), all(0..1));
    let [before, after] = [1, 2].map(|begun| {
        let mut telling = Telling::new(TimestampMs::new(begun));
        telling.connected(peer(1));
        telling.add(&pending_one);
        let number = telling.next(now).unwrap().number;
        (telling, number)
    });
    assert_ne!(before.1, after.1);
    let (mut telling, number) = after;
    let line = |telling: &Telling| telling.lines[&peer(1)].open.len();
    telling.took(peer(1), before.1, &[], now);
    assert_eq!(line(&telling), 1);
    telling.took(peer(1), number, &[], now);
    assert_eq!(line(&telling), 0);
}

/// A source of numbers that is the same for each seed.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

/// Peers lose offers and answers, lack room, and come and go.
fn all_is_told(seed: u64) {
    let mut numbers = Numbers(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let (mut telling, mut now) = (telling(), Instant::now());
    let news = all(0..400);
    let mut known: [BTreeSet<TransactionId>; 3] = Default::default();
    let peers = [peer(1), peer(2), peer(3)];
    for peer in peers {
        telling.connected(peer);
    }
    let mut portions = news.chunks(7);
    let troubled_until = now + Duration::from_secs(8);
    let end = now + Duration::from_mins(2);
    while now < end && known.iter().any(|known| known.len() < news.len()) {
        if let Some(portion) = portions.next() {
            telling.add(portion);
        }
        let is_troubled = now < troubled_until;
        if is_troubled && numbers.below(20) == 0 {
            let who = usize::try_from(numbers.below(3)).unwrap();
            telling.disconnected(peers[who]);
            telling.connected(peers[who]);
        }
        for offer in due(&mut telling, now) {
            for to in offer.to {
                let who = peers.iter().position(|peer| *peer == to).unwrap();
                match numbers.below(if is_troubled { 8 } else { 100 }) {
                    // The offer is lost, or the answer, or the line is full.
                    0 => {}
                    1 if is_troubled => known[who].extend(ids(&offer.transactions)),
                    2 if is_troubled => telling.untold(to, offer.number, now),
                    _ => {
                        let lacks = |_: &usize| is_troubled && numbers.below(3) == 0;
                        let missed = places((0..offer.transactions.len()).filter(lacks));
                        let is_missed = |at| missed.iter().any(|place| place.index() == at);
                        let taken = ids(&offer.transactions).into_iter().enumerate();
                        known[who]
                            .extend(taken.filter(|(at, _)| !is_missed(*at)).map(|(_, id)| id));
                        telling.took(to, offer.number, &missed, now);
                    }
                }
            }
        }
        for line in telling.lines.values() {
            assert!(line.open.len() <= OPEN_COUNT_MAX);
            let bytes: u64 = line.open.iter().map(|open| open.bytes).sum();
            assert_eq!(bytes, line.open_bytes);
        }
        now = telling.wake().map_or(now, |at| at.max(now)) + Duration::from_millis(1);
    }
    for (known, peer) in known.iter().zip(1..) {
        assert_eq!(known.len(), news.len(), "seed {seed}, peer {peer}");
    }
}

#[test]
fn whatever_is_lost_or_has_no_room_all_peers_know_of_everything_in_the_end() {
    for seed in 0..300 {
        all_is_told(seed);
    }
}
