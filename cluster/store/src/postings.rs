//! Positions of transactions in a block, ascending, as differences.
//!
//! Each difference is written in groups of seven bits, least first; all bytes
//! but the last of a number have the high bit. A block in which every
//! transaction has a term takes one byte for each.

use crate::rows::{Damage, RowValue};

const MORE: u8 = 0x80;

/// Ascending positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Postings<'a>(&'a [u8]);

impl<'a> Postings<'a> {
    /// Appends the encoding of strictly ascending positions.
    pub(crate) fn write_positions(positions: impl Iterator<Item = u32>, row: &mut Vec<u8>) {
        let mut least = 0;
        for position in positions {
            write_number(position - least, row);
            least = position + 1;
        }
    }

    /// What [`Self::write_positions`] has written.
    pub(crate) fn written(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The positions.
    pub(crate) fn positions(self) -> Result<Vec<u32>, Damage> {
        let (mut rest, mut least, mut positions) = (self.0, 0u32, Vec::new());
        while !rest.is_empty() {
            let difference = read_number(&mut rest)?;
            let position = least.checked_add(difference).ok_or(Damage::Meaning)?;
            positions.push(position);
            least = position.checked_add(1).ok_or(Damage::Meaning)?;
        }
        Ok(positions)
    }
}

fn write_number(mut number: u32, row: &mut Vec<u8>) {
    loop {
        let low = u8::try_from(number % u32::from(MORE)).expect("less than 128 fits a byte");
        number /= u32::from(MORE);
        if number == 0 {
            row.push(low);
            return;
        }
        row.push(low | MORE);
    }
}

fn read_number(rest: &mut &[u8]) -> Result<u32, Damage> {
    let mut number = 0u64;
    for shift in (0..35).step_by(7) {
        let (byte, after) = rest.split_first().ok_or(Damage::Length)?;
        *rest = after;
        number |= u64::from(byte & !MORE) << shift;
        if byte & MORE == 0 {
            return u32::try_from(number).map_err(|_| Damage::Meaning);
        }
    }
    Err(Damage::Meaning)
}

impl<'a> RowValue<'a> for Postings<'a> {
    fn write(&self, row: &mut Vec<u8>) {
        row.extend_from_slice(self.0);
    }

    fn read(row: &'a [u8]) -> Result<Self, Damage> {
        Ok(Self(row))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_read_as_written() {
        let lists: [&[u32]; 5] = [
            &[],
            &[0],
            &[0, 1, 2, 127, 128, 129, 300],
            &[u32::MAX - 1],
            &[5, 70_000, 2_000_000_000],
        ];
        for list in lists {
            let mut row = Vec::new();
            Postings::write_positions(list.iter().copied(), &mut row);
            assert_eq!(Postings::written(&row).positions().as_deref(), Ok(list));
        }
    }

    #[test]
    fn neighbours_take_a_byte_each() {
        let mut row = Vec::new();
        Postings::write_positions(0..1000, &mut row);
        assert_eq!(row.len(), 1000);
    }

    #[test]
    fn what_overflows_or_ends_early_is_damage() {
        for bytes in [
            &[0x80][..],
            &[0xff; 5],
            &[0xff, 0xff, 0xff, 0xff, 0x0f, 0],
            &[0xff; 9],
        ] {
            assert!(Postings::written(bytes).positions().is_err(), "{bytes:?}");
        }
    }
}
