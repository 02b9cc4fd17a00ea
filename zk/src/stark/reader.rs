//! Reading bytes without trusting one of them, and without reserving memory.

use super::layout::{Malformed, Part};

/// What is left of a proof.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
    part: Part,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            part: Part::Context,
        }
    }

    /// Names what is read from here on.
    pub(super) fn enter(&mut self, part: Part) {
        self.part = part;
    }

    pub(super) const fn part(&self) -> Part {
        self.part
    }

    pub(super) const fn left(&self) -> usize {
        self.rest.len()
    }

    pub(super) fn bytes(&mut self, count: usize) -> Result<&'a [u8], Malformed> {
        let part = self.part;
        let split = self.rest.split_at_checked(count);
        let (bytes, rest) = split.ok_or(Malformed::Truncated { part })?;
        self.rest = rest;
        Ok(bytes)
    }

    pub(super) fn byte(&mut self) -> Result<u8, Malformed> {
        Ok(self.bytes(1)?[0])
    }

    /// So many bytes as a number, least significant first.
    pub(super) fn number(&mut self, bytes: usize) -> Result<u64, Malformed> {
        let bytes = self.bytes(bytes)?;
        let number = bytes.iter().rev();
        Ok(number.fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    /// A number in the library's form of variable length: the zeros at the low
    /// end of the first byte count the bytes. Only its shortest form is read.
    pub(super) fn short(&mut self) -> Result<u64, Malformed> {
        let part = self.part;
        let first = self.rest.first().ok_or(Malformed::Truncated { part })?;
        let length = first.trailing_zeros() as usize + 1;
        let (number, below) = if length > 8 {
            self.byte()?;
            (self.number(8)?, 56)
        } else {
            (self.number(length)? >> length, 7 * (length - 1))
        };
        if length > 1 && number >> below == 0 {
            return Err(Malformed::Number { part });
        }
        Ok(number)
    }

    /// A number of so many bytes that must have this value.
    pub(super) fn exactly(&mut self, expected: usize, bytes: usize) -> Result<usize, Malformed> {
        let found = self.number(bytes)?;
        self.same(found, expected)
    }

    pub(super) fn short_exactly(&mut self, expected: usize) -> Result<usize, Malformed> {
        let found = self.short()?;
        self.same(found, expected)
    }

    pub(super) fn same(&self, found: u64, expected: usize) -> Result<usize, Malformed> {
        let part = self.part;
        if found == expected as u64 {
            return Ok(expected);
        }
        let expected = expected as u64;
        Err(Malformed::Unexpected {
            part,
            expected,
            found,
        })
    }

    /// A count of bytes that must be that of 1 to `max` rows; the rows.
    pub(super) fn rows(&mut self, row: usize, max: usize) -> Result<usize, Malformed> {
        let found = self.number(4)?;
        let bytes = self.within(found, row, max * row)?;
        if bytes.is_multiple_of(row) {
            Ok(bytes / row)
        } else {
            let part = self.part;
            Err(Malformed::OutOfRange { part, found })
        }
    }

    /// A number that was read, if it is in its range.
    pub(super) fn within(&self, found: u64, min: usize, max: usize) -> Result<usize, Malformed> {
        let part = self.part;
        let out = Malformed::OutOfRange { part, found };
        let number = usize::try_from(found).map_err(|_| out)?;
        if (min..=max).contains(&number) {
            Ok(number)
        } else {
            Err(out)
        }
    }
}

#[cfg(test)]
mod tests {
    use winterfell::ByteWriter;

    use super::*;

    #[test]
    fn numbers_of_variable_length_are_read_as_the_library_writes_them() {
        for shift in 0..64 {
            for number in [(1u64 << shift) - 1, 1 << shift, u64::MAX >> shift] {
                let mut bytes = Vec::new();
                bytes.write_usize(usize::try_from(number).unwrap());
                let mut reader = Reader::new(&bytes);
                assert_eq!(reader.short(), Ok(number), "{number}");
                assert_eq!(reader.left(), 0);
            }
        }
    }

    #[test]
    fn a_longer_form_of_a_number_is_refused() {
        let part = Part::Context;
        // 1, in two bytes instead of one; and in nine.
        let two: [u8; 2] = [0b110, 0];
        let nine = [0, 1, 0, 0, 0, 0, 0, 0, 0];
        for bytes in [&two[..], &nine] {
            let refused = Reader::new(bytes).short();
            assert_eq!(refused, Err(Malformed::Number { part }));
        }
        let cut = Reader::new(&[0b10]).short();
        assert_eq!(cut, Err(Malformed::Truncated { part }));
    }
}
