//! Any life of a guard: no two things were ever returned signed in one place.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use pyralog_consensus::{Place, Step};
use pyralog_disk::{Crash, Fault, MemoryDisk};
use pyralog_guard::{Guard, GuardError, Interchange, SignedPlace, SigningRoot};
use pyralog_primitives::{ByteCount, SignBytes};

use crate::{address, genesis, place, released, sign, signature};

#[derive(Clone, Debug)]
enum Act {
    Sign(Place, u8),
    /// It stands in a log already what is signed.
    SignLogged(Place, u8),
    Sync,
    /// The next write fails, the process signs and ends, the power may go.
    SignBadly(Place, u8, Fault, Option<Crash>),
    Import(Vec<(Place, Option<u8>)>),
    Crash(Crash),
    Kill,
}

fn places() -> impl Strategy<Value = Place> {
    let step = prop_oneof![
        Just(Step::ViewChange),
        Just(Step::Proposal),
        Just(Step::Prevote),
        Just(Step::Precommit),
    ];
    // Few, so that they collide.
    (0..4u64, 0..3u32, step).prop_map(|(height, round, step)| place(height, round, step))
}

fn counts() -> impl Strategy<Value = ByteCount> {
    (0..300u64).prop_map(ByteCount::new)
}

fn crashes() -> impl Strategy<Value = Crash> {
    prop_oneof![
        Just(Crash::Lost),
        Just(Crash::Kept),
        counts().prop_map(|kept| Crash::Torn { kept }),
        (counts(), counts()).prop_map(|(kept, zeros)| Crash::Zeroed { kept, zeros }),
        (counts(), counts(), any::<u64>()).prop_map(|(kept, garbage, seed)| Crash::Garbled {
            kept,
            garbage,
            seed
        }),
    ]
}

fn faults() -> impl Strategy<Value = Fault> {
    prop_oneof![
        counts().prop_map(|written| Fault::Append { written }),
        Just(Fault::Sync),
        any::<bool>().prop_map(|is_done| Fault::Replace { is_done }),
    ]
}

fn acts() -> impl Strategy<Value = Act> {
    let content = || 0..3u8;
    let foreign = (places(), prop::option::of(content()));
    prop_oneof![
        4 => (places(), content()).prop_map(|(place, content)| Act::Sign(place, content)),
        6 => (places(), content()).prop_map(|(place, content)| Act::SignLogged(place, content)),
        1 => Just(Act::Sync),
        3 => (places(), content(), faults(), prop::option::of(crashes())).prop_map(
            |(place, content, fault, crash)| Act::SignBadly(place, content, fault, crash)
        ),
        2 => prop::collection::vec(foreign, 0..4).prop_map(Act::Import),
        1 => crashes().prop_map(Act::Crash),
        1 => Just(Act::Kill),
    ]
}

fn text(content: u8) -> String {
    format!("content {content}")
}

fn root(content: u8) -> SigningRoot {
    SigningRoot::of(&SignBytes::text(text(content).as_bytes()))
}

/// What everybody knows who never forgets.
#[derive(Default)]
struct Witness {
    returned: BTreeMap<Place, u8>,
    /// What was to be signed when a write failed: it may be remembered.
    failed: BTreeSet<(Place, u8)>,
    /// What a log of the caller holds, in order.
    logged: Vec<(Place, u8)>,
    /// What was said to be signed elsewhere.
    foreign: BTreeMap<Place, Vec<Option<u8>>>,
}

impl Witness {
    /// A process begins: it recalls what is in its log before it signs.
    fn reopen(&self, disk: &MemoryDisk) -> Guard<MemoryDisk> {
        let mut guard = released(disk);
        for (place, content) in &self.logged {
            guard.recall(*place, root(*content)).unwrap();
        }
        guard
    }

    fn highest(&self) -> Option<Place> {
        let all = self.returned.keys().chain(self.foreign.keys());
        all.max().copied()
    }

    fn see(
        &mut self,
        place: Place,
        content: u8,
        result: &Result<pyralog_primitives::Signature, GuardError>,
    ) {
        let known = self.returned.get(&place).copied();
        match result {
            Ok(found) => {
                assert_eq!(*found, signature(&text(content)));
                assert!(
                    known.is_none_or(|known| known == content),
                    "signed twice at {place:?}"
                );
                if known.is_none() {
                    let foreign = self.foreign.get(&place).into_iter().flatten();
                    for other in foreign {
                        assert_eq!(*other, Some(content), "signed elsewhere at {place:?}");
                    }
                    assert!(self.highest().is_none_or(|highest| {
                        place > highest
                            || self.foreign.contains_key(&place)
                            || self.failed.contains(&(place, content))
                    }));
                }
                self.returned.insert(place, content);
            }
            Err(GuardError::Conflict { .. } | GuardError::Regression { .. }) => {}
            Err(other) => panic!("{other}"),
        }
    }
}

fn import(guard: &mut Guard<MemoryDisk>, witness: &mut Witness, places: Vec<(Place, Option<u8>)>) {
    let signed = places.iter().map(|(place, content)| SignedPlace {
        height: place.height,
        round: place.round,
        step: place.step,
        signing_root: content.map(root),
    });
    let interchange = Interchange::new(genesis(), address(), signed.collect()).unwrap();
    let text = interchange.to_json();
    assert_eq!(
        Interchange::from_json(text.as_bytes()).unwrap(),
        interchange
    );
    let before = guard.watermark();
    let imported = guard.import(&interchange).unwrap();
    assert_eq!(
        (imported.before, imported.after),
        (before, guard.watermark())
    );
    assert!(imported.after >= before);
    for (place, content) in places {
        assert!(guard.watermark() >= Some(place));
        witness.foreign.entry(place).or_default().push(content);
    }
    // Once more changes nothing.
    let signed = guard.signed();
    guard.import(&interchange).unwrap();
    guard.import(&guard.export()).unwrap();
    assert_eq!(guard.signed(), signed);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn no_two_things_are_ever_returned_signed_in_one_place(
        acts in prop::collection::vec(acts(), 1..60),
    ) {
        let disk = MemoryDisk::new();
        let mut guard = released(&disk);
        let mut witness = Witness::default();
        for act in acts {
            match act {
                Act::Sign(place, content) => {
                    let is_above = guard.watermark().is_none_or(|watermark| place > watermark);
                    let result = sign(&mut guard, place, &text(content));
                    prop_assert!(result.is_ok() || !is_above, "a free place was refused");
                    witness.see(place, content, &result);
                }
                Act::SignLogged(place, content) => {
                    witness.logged.push((place, content));
                    let bytes = SignBytes::text(text(content).as_bytes());
                    let key = crate::secret();
                    let result = guard.sign_logged(place, &bytes, |bytes| key.sign(bytes));
                    witness.see(place, content, &result);
                }
                Act::Sync => guard.sync().unwrap(),
                Act::SignBadly(place, content, fault, crash) => {
                    disk.fail_next(fault);
                    match sign(&mut guard, place, &text(content)) {
                        Err(GuardError::Disk(_)) => {
                            witness.failed.insert((place, content));
                        }
                        result => witness.see(place, content, &result),
                    }
                    match crash {
                        Some(crash) => disk.crash(crash),
                        None => disk.restart(),
                    }
                    guard = witness.reopen(&disk);
                }
                Act::Import(places) => import(&mut guard, &mut witness, places),
                Act::Crash(how) => {
                    disk.crash(how);
                    guard = witness.reopen(&disk);
                }
                Act::Kill => {
                    disk.restart();
                    guard = witness.reopen(&disk);
                }
            }
            prop_assert!(guard.watermark() >= witness.highest(), "the watermark fell");
        }
        // What was returned in the last round is returned again.
        for signed in guard.signed() {
            let place = signed.place();
            let returned = witness.returned.get(&place);
            let content = returned.copied().filter(|_| !witness.foreign.contains_key(&place));
            if let Some(content) = content {
                prop_assert_eq!(sign(&mut guard, place, &text(content)), Ok(signature(&text(content))));
            }
        }
    }
}
