use super::*;

const NOW: TimestampMs = TimestampMs::new(1_000_000);

fn peer(number: u16) -> PeerId {
    let mut key = [0; 32];
    key[..2].copy_from_slice(&number.to_be_bytes());
    PeerId::new(PublicKey::new(key))
}

fn address(number: u16) -> PeerAddress {
    let [high, low] = number.to_be_bytes();
    PeerAddress {
        peer: peer(number),
        at: ([10, high, low, 1], 1).into(),
    }
}

fn after(ms: u64) -> TimestampMs {
    TimestampMs::new(NOW.get() + ms)
}

fn due(places: &Places, now: TimestampMs) -> Vec<PeerId> {
    let due = places.due(now).into_iter();
    due.map(|(peer, _)| peer).collect()
}

#[test]
fn who_fails_is_tried_again_later_and_later_up_to_a_bound() {
    for (finding, is_met, longest) in [
        (Finding::Heard, false, RETRY_LAST_MS),
        (Finding::Heard, true, RETRY_MET_MS),
        (Finding::Given, true, RETRY_GIVEN_MS),
        (Finding::Kept, false, RETRY_KEPT_MS),
    ] {
        let mut places = Places::default();
        places.note(address(1), finding, NOW);
        if is_met {
            places.met(peer(1), None, NOW);
        }
        for wait in (0..20).map(|failures| (1_000 << failures).min(longest)) {
            places.failed(peer(1), 0, NOW);
            assert_eq!(due(&places, after(wait - 1)), []);
            assert_eq!(due(&places, after(wait)), [peer(1)]);
        }
        // A clock that was put back does not keep it from being tried.
        let before = TimestampMs::new(NOW.get() - 1_000_000);
        places.parted(peer(1), u32::MAX, after(3 * RETRY_LAST_MS));
        assert_eq!(due(&places, before), [peer(1)]);
        places.parted(peer(1), u32::MAX, NOW);
        assert_eq!(due(&places, after(1_249)), []);
        assert_eq!(due(&places, after(1_250)), [peer(1)]);
    }
}

#[test]
fn the_dearest_are_dialled_first() {
    let validators = || BTreeSet::from([PublicKey::new([9; 32])]);
    let mut places = Places::default();
    places.set_validators(validators());
    places.note(address(1), Finding::Heard, NOW);
    places.note(address(2), Finding::Given, NOW);
    for number in [3, 4, 5] {
        places.note(address(number), Finding::Heard, NOW);
        places.met(peer(number), None, after(u64::from(number)));
    }
    places.met(peer(3), Some(PublicKey::new([9; 32])), NOW);
    places.note(address(6), Finding::Kept, NOW);
    let mut again = Places::default();
    again.set_validators(validators());
    again.restore(places.to_stored(|anchor| anchor == peer(4)));
    assert_eq!(due(&again, NOW), [peer(3), peer(4), peer(5)]);
    assert_eq!(again.validator(peer(3)), Some(PublicKey::new([9; 32])));
    assert_eq!(
        due(&places, NOW),
        [peer(6), peer(3), peer(5), peer(4), peer(2), peer(1)]
    );
}

#[test]
fn what_others_say_takes_no_room_from_whom_this_node_has_met() {
    let mut places = Places::default();
    for number in 0..1_024 {
        places.note(address(number), Finding::Heard, NOW);
        places.met(peer(number), None, NOW);
    }
    places.note(address(2_000), Finding::Heard, NOW);
    assert_eq!(places.finding(peer(2_000)), None);
    places.note(address(2_000), Finding::Kept, NOW);
    assert_eq!(places.finding(peer(2_000)), Some(Finding::Kept));
    assert_eq!(places.known.len(), PLACES_MAX);
}

#[test]
fn one_subnet_does_not_fill_the_book() {
    let mut places = Places::default();
    for number in 0..200 {
        let at = ([10, 0, 0, 1], 1 + number).into();
        let peer = peer(number);
        places.note(PeerAddress { peer, at }, Finding::Heard, NOW);
    }
    assert_eq!(places.known.len(), UNMET_PER_SUBNET_MAX);
    places.note(address(300), Finding::Heard, NOW);
    assert_eq!(places.finding(peer(300)), Some(Finding::Heard));
}

#[test]
fn a_given_place_comes_before_what_is_heard_and_few_are_kept() {
    let mut places = Places::default();
    let at = |port| PeerAddress {
        peer: peer(1),
        at: ([10, 0, 0, 1], port).into(),
    };
    for port in 1..=9 {
        places.note(at(port), Finding::Heard, NOW);
    }
    assert_eq!(places.at(peer(1)).len(), PLACES_PER_PEER_MAX);
    places.note(at(100), Finding::Given, NOW);
    assert_eq!(places.at(peer(1))[0], at(100).at);
    assert_eq!(places.at(peer(1)).len(), PLACES_PER_PEER_MAX);
}

#[test]
fn where_a_peer_was_reached_is_noted_although_hearsay_filled_its_places() {
    let mut places = Places::default();
    let at = |port| PeerAddress {
        peer: peer(1),
        at: ([10, 0, 0, 1], port).into(),
    };
    for port in 1..=4 {
        places.note(at(port), Finding::Heard, NOW);
    }
    let ports = |places: &Places| -> Vec<u16> {
        let known = places.at(peer(1)).iter();
        known.map(SocketAddr::port).collect()
    };
    places.reached(at(7), NOW);
    assert_eq!(ports(&places), [7, 1, 2, 3]);
    places.reached(at(2), NOW);
    assert_eq!(ports(&places), [2, 7, 1, 3]);
    places.note(at(8), Finding::Heard, NOW);
    assert_eq!(ports(&places), [2, 7, 1, 3]);
    places.reached(address(2), NOW);
    assert_eq!(places.at(peer(2)), [address(2).at]);
}

#[test]
fn what_the_operator_says_is_tried_at_once_also_of_a_persistent_peer() {
    for finding in [Finding::Heard, Finding::Given, Finding::Kept] {
        let mut places = Places::default();
        places.note(address(1), finding, NOW);
        for _ in 0..9 {
            places.failed(peer(1), 0, NOW);
        }
        assert_eq!(due(&places, NOW), []);
        let at = ([10, 9, 9, 9], 9).into();
        let peer = peer(1);
        places.note(PeerAddress { peer, at }, Finding::Given, NOW);
        assert_eq!(due(&places, NOW), [peer]);
        assert_eq!(places.at(peer)[0], at);
        assert_eq!(places.finding(peer), Some(finding.max(Finding::Given)));
    }
}

#[test]
fn keys_that_are_made_up_push_no_validator_out() {
    let today = PublicKey::new([9; 32]);
    let mut places = Places::default();
    places.set_validators(BTreeSet::from([today]));
    places.met(peer(5_000), Some(today), NOW);
    assert_eq!(places.nodes_of_validators(), [peer(5_000)].into());
    for number in 0..2_000 {
        let now = after(u64::from(number));
        places.note(address(number), Finding::Heard, now);
        places.met(peer(number), Some(PublicKey::new([8; 32])), now);
    }
    assert_eq!(places.known.len(), PLACES_MAX);
    assert_eq!(places.nodes_of_validators(), [peer(5_000)].into());
}
