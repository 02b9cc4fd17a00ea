//! Constraints in iden3's format, for ceremonies with snarkjs.
//!
//! ```text
//! "r1cs" │ version 1 (u32) │ sections 3 (u32)
//! section: kind (u32) │ bytes (u64) │ content
//!   1  bytes of a number (u32) │ order 32 │ wires, outputs, public, others (u32 each)
//!      │ labels (u64) │ constraints (u32)
//!   2  for each constraint three sums: count (u32), and wire (u32) and factor 32 for each
//!   3  the label of each wire (u64)
//! ```
//!
//! Numbers stand least significant byte first. There are no outputs: public wires
//! are inputs.

use ark_bn254::Fr;
use ark_ff::{BigInteger, PrimeField};

use crate::constraints::{Constraints, Sum};

const NUMBER_BYTES: u32 = 32;

impl Constraints {
    /// All constraints in iden3's `.r1cs` format.
    pub fn to_r1cs(&self) -> Vec<u8> {
        let mut bytes = b"r1cs".to_vec();
        put(&mut bytes, 1);
        put(&mut bytes, 3);
        section(&mut bytes, 1, &self.header());
        let mut rows = Vec::new();
        for sum in self.rows.iter().flatten() {
            put_sum(&mut rows, sum);
        }
        section(&mut bytes, 2, &rows);
        let labels = (0..self.wires as u64).flat_map(u64::to_le_bytes);
        section(&mut bytes, 3, &labels.collect::<Vec<_>>());
        bytes
    }

    fn header(&self) -> Vec<u8> {
        let mut header = Vec::new();
        put(&mut header, NUMBER_BYTES as usize);
        header.extend(Fr::MODULUS.to_bytes_le());
        put(&mut header, self.wires);
        put(&mut header, 0);
        put(&mut header, self.public);
        put(&mut header, self.wires - self.public - 1);
        header.extend((self.wires as u64).to_le_bytes());
        put(&mut header, self.rows.len());
        header
    }
}

fn section(bytes: &mut Vec<u8>, kind: usize, content: &[u8]) {
    put(bytes, kind);
    bytes.extend((content.len() as u64).to_le_bytes());
    bytes.extend(content);
}

fn put_sum(bytes: &mut Vec<u8>, sum: &Sum) {
    put(bytes, sum.len());
    for (wire, factor) in sum {
        put(bytes, *wire);
        bytes.extend(factor.into_bigint().to_bytes_le());
    }
}

fn put(bytes: &mut Vec<u8>, number: usize) {
    let number = u32::try_from(number).expect("a circuit in memory has fewer than 2³² wires");
    bytes.extend(number.to_le_bytes());
}
