//! All receipts of a block in one row, of which one can be read alone.
//!
//! ```text
//! count u32 ‖ end of each receipt, u32, from the first one's start ‖ receipts
//! ```

use pyralog_primitives::codec::Canonical;
use pyralog_primitives::receipt::Receipt;

use crate::rows::{Damage, RowValue};

const NUMBER: usize = size_of::<u32>();

/// The receipts of a block, encoded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReceiptRow<'a> {
    ends: &'a [[u8; NUMBER]],
    receipts: &'a [u8],
}

impl<'a> ReceiptRow<'a> {
    /// Encodes the receipts of a block. The error is the length of what could
    /// not be read again: one receipt, or all of them.
    pub(crate) fn encode(receipts: &[Receipt]) -> Result<Vec<u8>, usize> {
        let start = NUMBER * (receipts.len() + 1);
        let mut row = Vec::with_capacity(start + receipts.len() * 192);
        let count = u32::try_from(receipts.len()).map_err(|_| receipts.len())?;
        row.extend_from_slice(&count.to_le_bytes());
        row.resize(start, 0);
        for (index, receipt) in receipts.iter().enumerate() {
            let before = row.len();
            borsh::to_writer(&mut row, receipt)
                .expect("memory accepts every byte, and lengths are within u32");
            let (length, end) = (row.len() - before, row.len() - start);
            if length > Receipt::ENCODED_BYTES_MAX {
                return Err(length);
            }
            let end = u32::try_from(end).map_err(|_| end)?;
            row[NUMBER * (index + 1)..][..NUMBER].copy_from_slice(&end.to_le_bytes());
        }
        Ok(row)
    }

    /// How many receipts there are.
    pub(crate) fn count(self) -> usize {
        self.ends.len()
    }

    /// The receipt at a position; `None` beyond the last one.
    pub(crate) fn get(self, position: usize) -> Result<Option<Receipt>, Damage> {
        let Some(end) = self.end(position) else {
            return Ok(None);
        };
        let start = position.checked_sub(1).and_then(|before| self.end(before));
        let bytes = self.receipts.get(start.unwrap_or(0)..end);
        Ok(Some(Receipt::decode(bytes.ok_or(Damage::Length)?)?))
    }

    fn end(self, position: usize) -> Option<usize> {
        let end = u32::from_le_bytes(*self.ends.get(position)?);
        Some(usize::try_from(end).expect("u32 fits usize: pyralog runs on 32 bits and more"))
    }

    /// What [`Self::encode`] has written.
    pub(crate) fn encoded(row: &'a [u8]) -> Result<Self, Damage> {
        let (count, rest) = row.split_first_chunk().ok_or(Damage::Length)?;
        let count = usize::try_from(u32::from_le_bytes(*count)).map_err(|_| Damage::Length)?;
        let ends = count.checked_mul(NUMBER).ok_or(Damage::Length)?;
        let (ends, receipts) = rest.split_at_checked(ends).ok_or(Damage::Length)?;
        let (ends, _) = ends.as_chunks();
        let row = Self { ends, receipts };
        let last = count.checked_sub(1).and_then(|last| row.end(last));
        if last.unwrap_or(0) == receipts.len() {
            Ok(row)
        } else {
            Err(Damage::Length)
        }
    }
}

/// All receipts of a block, in order.
pub(crate) fn all_receipts(row: ReceiptRow<'_>) -> Result<Vec<Receipt>, Damage> {
    let receipt = |position| row.get(position)?.ok_or(Damage::Missing);
    (0..row.count()).map(receipt).collect()
}

impl<'a> RowValue<'a> for ReceiptRow<'a> {
    fn write(&self, row: &mut Vec<u8>) {
        let count = u32::try_from(self.count()).expect("a row is read or made with a u32 count");
        row.extend_from_slice(&count.to_le_bytes());
        row.extend_from_slice(self.ends.as_flattened());
        row.extend_from_slice(self.receipts);
    }

    fn read(row: &'a [u8]) -> Result<Self, Damage> {
        Self::encoded(row)
    }
}
