//! The longest STARKs: what proving and verifying cost beside the relation as a
//! program and beside what is allowed, how long a proof is, and how much memory it
//! takes to make.

use std::cell::OnceCell;
use std::time::Duration;

use pyralog_measure::{
    Comparison, Limit, compare, compare_once, kilobytes_within, within, within_time,
};
use pyralog_primitives::{Height, TimestampMs};
use pyralog_zk::stark::TreeDigest;
use pyralog_zk::stark::append::{self, Lead, RECORD_COUNT_MAX, Record, Sequence};
use pyralog_zk::stark::linkage::{self, HEADER_COUNT_MAX, Header, Point};

/// So many are hashed in about the time of a verification: a round stays short.
const FEW: usize = 1_024;

fn digest(number: u32) -> TreeDigest {
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&number.to_le_bytes());
    TreeDigest::from_bytes(bytes).expect("a small number is below the modulus")
}

/// In a proof of header linkage; others are allowed as much.
const PROOF_KILOBYTES_MAX: u32 = 250;
/// While a proof is made.
const MEMORY_KILOBYTES_MAX: u32 = 6_000_000;
const VERIFYING_MAX: Duration = Duration::from_millis(10);

/// The most of memory that the process had since the last call, if Linux says so.
fn peak() -> Option<u32> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    // Begins to count anew; where that is not allowed, peaks are those so far.
    drop(std::fs::write("/proc/self/clear_refs", "5"));
    kibibytes.and_then(|kibibytes| u32::try_from(kibibytes * 1024 / 1000).ok())
}

/// What one proof took, beside what it may take.
fn bounds(of: &str, time: Duration, time_max: Duration, proof: &[u8]) {
    let peak = peak();
    let limit = Limit {
        what: &format!("STARK, {of}, proved"),
        units: 1,
        time: time_max,
        goal: None,
    };
    within_time(&limit, time);
    let length = u32::try_from(proof.len().div_ceil(1000)).expect("a proof is short");
    kilobytes_within(&format!("STARK, {of}, proof"), length, PROOF_KILOBYTES_MAX);
    if let Some(peak) = peak {
        kilobytes_within(&format!("STARK, {of}, memory"), peak, MEMORY_KILOBYTES_MAX);
    }
}

/// What verifying it takes, beside what it may take.
fn verified(of: &str, verify: impl FnMut()) {
    let limit = Limit {
        what: &format!("STARK, {of}, verified"),
        units: 1,
        time: VERIFYING_MAX,
        goal: None,
    };
    within(&limit, verify);
}

pub(crate) fn append() {
    let record = |number: usize| {
        let number = u32::try_from(number).expect("there are not so many records");
        Record {
            sequence: Sequence::new(u64::from(number) * 3 + 1),
            amounts: [number * 7, number],
            content: digest(number),
        }
    };
    let records: Vec<Record> = (0..RECORD_COUNT_MAX).map(record).collect();
    let program = || append::append(&Lead::EMPTY, &records).expect("the records are good");
    let proved = OnceCell::new();
    peak();
    let time = compare_once(
        &Comparison {
            what: "STARK, 131,072 records appended, proved",
            reference: "the records hashed",
            units: 1,
            floor: Some(0.01),
            goal: Some(0.02),
        },
        || proved.get_or_init(|| append::prove(&Lead::EMPTY, &records).expect("they are good")),
        program,
    );
    let (claim, proof) = proved.get().expect("it was proved");
    let of = "131,072 records appended";
    bounds(of, time, Duration::from_secs(90), proof);
    verified(of, || assert_eq!(append::verify(claim, proof), Ok(())));
    compare(
        &Comparison {
            what: "STARK, 131,072 records appended, verified",
            reference: "1,024 records hashed",
            units: 1,
            floor: Some(0.7),
            goal: Some(2.0),
        },
        || assert_eq!(append::verify(claim, proof), Ok(())),
        || append::append(&Lead::EMPTY, &records[..FEW]).expect("the records are good"),
    );
}

pub(crate) fn linkage() {
    let header = |number: usize| {
        let number = u32::try_from(number).expect("there are not so many headers");
        Header {
            state: digest(number),
            time: TimestampMs::new(u64::from(number) * 1_000 + 1),
            set: digest(1),
        }
    };
    let headers: Vec<Header> = (0..HEADER_COUNT_MAX).map(header).collect();
    let from = Point::new(digest(0), Height::new(1), TimestampMs::new(0));
    let from = from.expect("both numbers are small");
    let program = || linkage::link(&from, &headers).expect("the headers are good");
    let proved = OnceCell::new();
    peak();
    let time = compare_once(
        &Comparison {
            what: "STARK, 65,536 headers linked, proved",
            reference: "the headers hashed",
            units: 1,
            floor: Some(0.005),
            goal: Some(0.02),
        },
        || proved.get_or_init(|| linkage::prove(&from, &headers).expect("they are good")),
        program,
    );
    let (claim, proof) = proved.get().expect("it was proved");
    let of = "65,536 headers linked";
    bounds(of, time, Duration::from_mins(3), proof);
    verified(of, || assert_eq!(linkage::verify(claim, proof), Ok(())));
    compare(
        &Comparison {
            what: "STARK, 65,536 headers linked, verified",
            reference: "1,024 headers hashed",
            units: 1,
            floor: Some(1.4),
            goal: Some(4.0),
        },
        || assert_eq!(linkage::verify(claim, proof), Ok(())),
        || linkage::link(&from, &headers[..FEW]).expect("the headers are good"),
    );
}
