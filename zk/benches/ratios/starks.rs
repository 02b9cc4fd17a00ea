//! The longest STARKs: what proving and verifying cost beside the relation as a
//! program, how long a proof is, and how much memory it takes to make.

use std::cell::OnceCell;

use pyralog_measure::{Comparison, compare, compare_once};
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

/// The most of memory that the process had since the last call, as Linux says.
fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let peak = line.map_or("unknown".to_owned(), |line| line[6..].trim().to_owned());
    // Begins to count anew; where that is not allowed, peaks are those so far.
    drop(std::fs::write("/proc/self/clear_refs", "5"));
    peak
}

/// Bytes and memory: no ratio, so no row of the table.
#[allow(
    clippy::print_stdout,
    reason = "a bench speaks to the person who runs it"
)]
fn tell(what: &str, proof: &[u8]) {
    println!(
        "{what}: a proof of {} bytes, made within {}",
        proof.len(),
        peak()
    );
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
    compare_once(
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
    tell("append batch", proof);
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
    compare_once(
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
    tell("header linkage", proof);
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
