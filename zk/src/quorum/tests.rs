use ark_bn254::Fr;
use ark_relations::gr1cs::ConstraintSystem;
use pyralog_primitives::validators::TOTAL_POWER_MAX;
use pyralog_primitives::{BlockId, GenesisHash, Hash, Height, VotingPower};

use super::circuit::{QuorumCircuit, Rule, Wires};
use super::samples::{Sample, Samples};
use super::*;
use crate::baby_jubjub::Point;
use crate::eddsa::Attestation;
use crate::gadget::filled::Filled;

fn checked(sample: &Sample) -> Result<(), QuorumError> {
    holds(&sample.quorum, &sample.set, &sample.attestations)
}

fn satisfied(sample: &Sample) -> bool {
    let wires = Wires::new(&sample.quorum, &sample.set, &sample.attestations);
    let system = ConstraintSystem::<Fr>::new_ref();
    QuorumCircuit::of(wires).constrain(&system).unwrap();
    system.is_satisfied().unwrap()
}

/// How many instances are tried: `PYRALOG_QUORUMS=10000` for a night.
fn instance_count() -> u64 {
    let count = std::env::var_os("PYRALOG_QUORUMS");
    count.map_or(12, |count| count.to_str().unwrap().parse().unwrap())
}

/// Two places, one of them empty at times, and one thing changed at times.
fn instance(samples: &mut Samples) -> Sample {
    let member = |samples: &mut Samples| (1 + samples.below(6), samples.below(4) != 0);
    let members: Vec<_> = (0..=samples.below(2)).map(|_| member(samples)).collect();
    let mut sample = samples.quorum(2, &members);
    match samples.below(12) {
        0 => sample.quorum.set = samples.number(),
        1 => sample.quorum.message = samples.number(),
        2 => sample.attestations[0] = Some(samples.secret().sign(sample.quorum.message)),
        3 => sample.attestations[0] = Some(Attestation::new(Point::base(), 7.into())),
        4 => sample.attestations.reverse(),
        _ => {}
    }
    sample
}

#[test]
fn program_and_constraints_agree_on_random_instances() {
    let mut samples = Samples::new(1);
    let mut truths = 0;
    for number in 0..instance_count() {
        let sample = instance(&mut samples);
        let program = checked(&sample);
        assert_eq!(program.is_ok(), satisfied(&sample), "{number}: {program:?}");
        truths += u64::from(program.is_ok());
    }
    assert!(truths > instance_count() / 5, "{truths} true quorums");
    assert!(truths < instance_count(), "{truths} true quorums");
}

#[test]
fn more_than_two_thirds_are_a_quorum_and_two_thirds_are_none() {
    let mut samples = Samples::new(2);
    let total = TOTAL_POWER_MAX.get();
    for (signed, silent, is_quorum) in [
        (2, 1, false),
        (3, 1, true),
        (1, 2, false),
        (total / 3 * 2, total / 3, false),
        (total / 3 * 2 + 1, total / 3, true),
    ] {
        let sample = samples.quorum(2, &[(signed, true), (silent, false)]);
        assert_eq!(checked(&sample).is_ok(), is_quorum, "{signed} of {silent}");
        assert_eq!(satisfied(&sample), is_quorum, "{signed} of {silent}");
    }
}

#[test]
fn a_quorum_has_a_known_size() {
    let mut sizes = vec![];
    for slots in [1, 2, 3] {
        let sample = Samples::new(3).quorum(slots, &[(1, true)]);
        let wires = Wires::new(&sample.quorum, &sample.set, &sample.attestations);
        let system = ConstraintSystem::<Fr>::new_ref();
        QuorumCircuit::of(wires).constrain(&system).unwrap();
        assert_eq!(system.num_instance_variables(), 3);
        sizes.push(system.num_constraints());
    }
    assert_eq!(sizes[1] - sizes[0], sizes[2] - sizes[1], "{sizes:?}");
    // Changed only on purpose: another count is another circuit, for which no
    // key made before is good.
    assert_eq!(sizes[..2], [5_152, 10_245]);
}

#[test]
fn what_is_attested_depends_on_network_height_and_block() {
    let hash = |byte| Hash::new([byte; 32]);
    let message = |genesis, height, block| {
        let genesis = GenesisHash::new(hash(genesis));
        attested(genesis, Height::new(height), BlockId::new(hash(block)))
    };
    let all = [
        message(1, 1, 1),
        message(2, 1, 1),
        message(1, 2, 1),
        message(1, 1, 2),
    ];
    for (place, one) in all.iter().enumerate() {
        assert!(!all[..place].contains(one));
    }
}

#[test]
fn a_commitment_depends_on_each_member_its_place_and_the_number_of_places() {
    let mut samples = Samples::new(4);
    let [one, other] = [1, 2].map(|power| Member {
        key: samples.secret().public(),
        power: VotingPower::new(power),
    });
    let heavier = Member {
        power: VotingPower::new(3),
        ..other
    };
    let commitment = |slots, members: &[Member]| {
        let slots = SlotCount::new(slots).unwrap();
        AttestationSet::new(members.to_vec(), slots)
            .unwrap()
            .commitment()
    };
    let all = [
        commitment(2, &[one, other]),
        commitment(2, &[other, one]),
        commitment(3, &[one, other]),
        commitment(2, &[one]),
        commitment(2, &[one, heavier]),
    ];
    for (place, one) in all.iter().enumerate() {
        assert!(!all[..place].contains(one));
    }
}

#[test]
fn what_is_no_set_is_refused() {
    let mut samples = Samples::new(5);
    let mut member = |power| Member {
        key: samples.secret().public(),
        power: VotingPower::new(power),
    };
    let (one, other) = (member(1), member(TOTAL_POWER_MAX.get()));
    let slots = SlotCount::new(2).unwrap();
    let refused = |members: &[Member]| AttestationSet::new(members.to_vec(), slots).unwrap_err();
    assert_eq!(refused(&[]), SetError::Empty);
    let too_many = SetError::TooMany {
        members: 3,
        slots: 2,
    };
    assert_eq!(refused(&[one; 3]), too_many);
    assert_eq!(refused(&[one; 2]), SetError::Twice { place: 1 });
    assert_eq!(refused(&[one, member(0)]), SetError::Powerless { place: 1 });
    assert_eq!(refused(&[one, other]), SetError::TooPowerful);
    assert_eq!(SlotCount::new(0), None);
    assert_eq!(SlotCount::new(SLOT_COUNT_MAX + 1), None);
}

#[test]
fn each_reason_has_its_error() {
    let sample = Samples::new(6).quorum(2, &[(3, true), (1, false)]);
    assert_eq!(checked(&sample), Ok(()));
    let mut other = sample.clone();
    other.quorum.set += Fr::from(1);
    assert_eq!(checked(&other), Err(QuorumError::OtherSet));
    let mut other = sample.clone();
    other.attestations.pop();
    let count = QuorumError::Count {
        members: 2,
        found: 1,
    };
    assert_eq!(checked(&other), Err(count));
    let mut other = sample.clone();
    other.quorum.message += Fr::from(1);
    let place = 0;
    assert_eq!(checked(&other), Err(QuorumError::BadAttestation { place }));
    let mut other = sample;
    other.attestations[0] = None;
    let [signed, total] = [0, 4].map(VotingPower::new);
    assert_eq!(
        checked(&other),
        Err(QuorumError::TooLittle { signed, total })
    );
}

#[test]
fn every_wire_is_bound_and_every_constraint_binds() {
    let sample = Samples::new(7).quorum(1, &[(1, true)]);
    let wires = Wires::new(&sample.quorum, &sample.set, &sample.attestations);
    let circuit = QuorumCircuit::of(wires);
    let filled = Filled::of(|system| circuit.constrain(system));
    assert_eq!(filled.offended(), []);
    assert_eq!(filled.free_wires(), Vec::<usize>::new());
    // That two numbers are not both one is minded only if both change.
    let below = filled.range(Rule::ChallengeBelow(0));
    let idle = filled.idle_constraints().into_iter();
    assert_eq!(idle.filter(|row| !below.contains(row)).count(), 0);
}
