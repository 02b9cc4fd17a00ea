//! What a row is: a key and a value of types that its family names.
//!
//! Nothing outside this module and its neighbours [`crate::state_row`] and
//! [`crate::postings`] knows a byte of any row. Numbers in keys are written
//! most significant byte first, so that rows of later heights come later.
//!
//! Invariant: reading never panics, whatever the bytes are.

use pyralog_primitives::block::Block;
use pyralog_primitives::certificate::Certificate;
use pyralog_primitives::codec::{Canonical, DecodeError};
use pyralog_primitives::{BlockId, Hash, Height, StateRoot, TransactionId};

use crate::family::Family;
use crate::postings::Postings;
use crate::receipt_row::ReceiptRow;
use crate::standing::Standing;
use crate::state_row::StateRow;
use crate::term::Term;

/// Why the bytes of a row are not what its family holds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// A row that other rows speak of is not there.
    #[error("the row is missing")]
    Missing,
    /// Too short or too long.
    #[error("the length is wrong")]
    Length,
    /// A name breaks the rule of names.
    #[error("a name breaks the rule of names")]
    Name,
    /// A number stands where it has no meaning.
    #[error("a part has no meaning")]
    Meaning,
    /// It is not the encoding of a value.
    #[error(transparent)]
    Encoding(#[from] DecodeError),
}

/// A family's rows. A value of the type is never made.
pub(crate) trait Rows {
    const FAMILY: Family;
    type Key<'a>: RowKey<'a>;
    type Value<'a>: RowValue<'a>;
}

/// The key of a row.
pub(crate) trait RowKey<'a>: Sized {
    fn write(&self, row: &mut Vec<u8>);
    fn read(row: &'a [u8]) -> Result<Self, Damage>;
}

/// The value of a row.
pub(crate) trait RowValue<'a>: Sized {
    fn write(&self, row: &mut Vec<u8>);
    fn read(row: &'a [u8]) -> Result<Self, Damage>;
}

/// Declares the rows of a family.
macro_rules! rows {
    ($($(#[$doc:meta])* $name:ident: $key:ty => $value:ty;)*) => {
        $(
            $(#[$doc])*
            pub(crate) enum $name {}

            impl Rows for $name {
                const FAMILY: Family = Family::$name;
                type Key<'a> = $key;
                type Value<'a> = $value;
            }
        )*
    };
}

rows! {
    /// Whole blocks.
    Blocks: Height => Owned<Block>;
    /// Certificates by the height of their block.
    Certificates: Height => Owned<Certificate>;
    /// Receipts, all of a block in one row.
    Receipts: Height => ReceiptRow<'a>;
    /// Heights by block id.
    BlockIds: BlockId => Height;
    /// Places by transaction id.
    Transactions: TransactionId => TransactionPlace;
    /// Transactions by what happened in them.
    Events: EventKey => Postings<'a>;
    /// The state now.
    State: StateRow<'a> => ValueBytes<'a>;
    /// The state before.
    Versions: VersionKey<'a> => Before<'a>;
    /// Which rows of the state a height changed.
    Changes: Height => ChangedRows<'a>;
    /// What the state was after a height.
    Roots: Height => RootRow;
    /// What is true of the whole store: one row.
    Meta: MetaKey => Standing;
}

/// A canonical value, read into memory of its own.
pub(crate) struct Owned<T>(pub(crate) T);

impl<T: Canonical> RowValue<'_> for Owned<T> {
    fn write(&self, row: &mut Vec<u8>) {
        row.extend_from_slice(&self.0.encode());
    }

    fn read(row: &[u8]) -> Result<Self, Damage> {
        Ok(Self(T::decode(row)?))
    }
}

fn read_height(row: &[u8]) -> Result<Height, Damage> {
    let bytes = row.try_into().map_err(|_| Damage::Length)?;
    Ok(Height::new(u64::from_be_bytes(bytes)))
}

fn write_height(height: Height, row: &mut Vec<u8>) {
    row.extend_from_slice(&height.get().to_be_bytes());
}

impl RowKey<'_> for Height {
    fn write(&self, row: &mut Vec<u8>) {
        write_height(*self, row);
    }

    fn read(row: &[u8]) -> Result<Self, Damage> {
        read_height(row)
    }
}

impl RowValue<'_> for Height {
    fn write(&self, row: &mut Vec<u8>) {
        write_height(*self, row);
    }

    fn read(row: &[u8]) -> Result<Self, Damage> {
        read_height(row)
    }
}

fn read_hash(row: &[u8]) -> Result<Hash, Damage> {
    Ok(Hash::new(row.try_into().map_err(|_| Damage::Length)?))
}

impl RowKey<'_> for BlockId {
    fn write(&self, row: &mut Vec<u8>) {
        row.extend_from_slice(self.get().as_bytes());
    }

    fn read(row: &[u8]) -> Result<Self, Damage> {
        read_hash(row).map(Self::new)
    }
}

impl RowKey<'_> for TransactionId {
    fn write(&self, row: &mut Vec<u8>) {
        row.extend_from_slice(self.get().as_bytes());
    }

    fn read(row: &[u8]) -> Result<Self, Damage> {
        read_hash(row).map(Self::new)
    }
}

/// Where a transaction is: in which block, and at which position of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TransactionPlace {
    /// The height of the block.
    pub height: Height,
    /// The position in the block, counted from 0.
    pub position: u32,
}

impl RowValue<'_> for TransactionPlace {
    fn write(&self, row: &mut Vec<u8>) {
        write_height(self.height, row);
        row.extend_from_slice(&self.position.to_be_bytes());
    }

    fn read(row: &[u8]) -> Result<Self, Damage> {
        let (height, position) = row.split_last_chunk().ok_or(Damage::Length)?;
        Ok(Self {
            height: read_height(height)?,
            position: u32::from_be_bytes(*position),
        })
    }
}

/// A term in one block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct EventKey {
    pub(crate) term: Term,
    pub(crate) height: Height,
}

impl RowKey<'_> for EventKey {
    fn write(&self, row: &mut Vec<u8>) {
        row.extend_from_slice(self.term.as_bytes());
        write_height(self.height, row);
    }

    fn read(row: &[u8]) -> Result<Self, Damage> {
        let (term, height) = row.split_first_chunk().ok_or(Damage::Length)?;
        let (term, height) = (Term::from_bytes(*term), read_height(height)?);
        Ok(Self { term, height })
    }
}

impl<'a> RowKey<'a> for StateRow<'a> {
    fn write(&self, row: &mut Vec<u8>) {
        row.extend_from_slice(self.0);
    }

    fn read(row: &'a [u8]) -> Result<Self, Damage> {
        Ok(Self(row))
    }
}

/// The value under a key of the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ValueBytes<'a>(pub(crate) &'a [u8]);

impl<'a> RowValue<'a> for ValueBytes<'a> {
    fn write(&self, row: &mut Vec<u8>) {
        row.extend_from_slice(self.0);
    }

    fn read(row: &'a [u8]) -> Result<Self, Damage> {
        Ok(Self(row))
    }
}

/// A row of the state at a height that changed it.
///
/// The length of the row comes first: without it, the versions of a key could
/// lie among those of another one that begins with the same bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct VersionKey<'a> {
    pub(crate) row: StateRow<'a>,
    pub(crate) height: Height,
}

impl<'a> RowKey<'a> for VersionKey<'a> {
    fn write(&self, row: &mut Vec<u8>) {
        write_framed(self.row, row);
        write_height(self.height, row);
    }

    fn read(row: &'a [u8]) -> Result<Self, Damage> {
        let (key, rest) = read_framed(row)?;
        Ok(Self {
            row: key,
            height: read_height(rest)?,
        })
    }
}

fn write_framed(key: StateRow<'_>, row: &mut Vec<u8>) {
    let length = u16::try_from(key.0.len()).expect("keys of the state are shorter than 512 bytes");
    row.extend_from_slice(&length.to_be_bytes());
    row.extend_from_slice(key.0);
}

fn read_framed(row: &[u8]) -> Result<(StateRow<'_>, &[u8]), Damage> {
    let (length, rest) = row.split_first_chunk().ok_or(Damage::Length)?;
    let length = usize::from(u16::from_be_bytes(*length));
    let (key, rest) = rest.split_at_checked(length).ok_or(Damage::Length)?;
    Ok((StateRow(key), rest))
}

/// The value that a height replaced; `None` if there was none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Before<'a>(pub(crate) Option<&'a [u8]>);

impl<'a> RowValue<'a> for Before<'a> {
    fn write(&self, row: &mut Vec<u8>) {
        row.push(u8::from(self.0.is_some()));
        row.extend_from_slice(self.0.unwrap_or_default());
    }

    fn read(row: &'a [u8]) -> Result<Self, Damage> {
        match row.split_first() {
            Some((0, [])) => Ok(Self(None)),
            Some((1, value)) => Ok(Self(Some(value))),
            Some(_) => Err(Damage::Meaning),
            None => Err(Damage::Length),
        }
    }
}

/// The rows of the state that one height changed, one behind the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ChangedRows<'a>(&'a [u8]);

impl<'a> ChangedRows<'a> {
    /// Puts rows behind each other.
    pub(crate) fn join<'row>(rows: impl Iterator<Item = StateRow<'row>>) -> Vec<u8> {
        let mut joined = Vec::new();
        rows.for_each(|row| write_framed(row, &mut joined));
        joined
    }

    /// What [`Self::join`] has made.
    pub(crate) fn joined(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = Result<StateRow<'a>, Damage>> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let framed = read_framed(rest);
            rest = framed.as_ref().map_or(&[], |(_, rest)| rest);
            Some(framed.map(|(row, _)| row))
        })
    }
}

impl<'a> RowValue<'a> for ChangedRows<'a> {
    fn write(&self, row: &mut Vec<u8>) {
        row.extend_from_slice(self.0);
    }

    fn read(row: &'a [u8]) -> Result<Self, Damage> {
        Ok(Self(row))
    }
}

/// The block at a height, and the root of the state after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RootRow {
    pub(crate) block: BlockId,
    pub(crate) root: StateRoot,
}

impl RowValue<'_> for RootRow {
    fn write(&self, row: &mut Vec<u8>) {
        row.extend_from_slice(self.root.get().as_bytes());
        row.extend_from_slice(self.block.get().as_bytes());
    }

    fn read(row: &[u8]) -> Result<Self, Damage> {
        let (root, block) = row.split_at_checked(Hash::BYTES).ok_or(Damage::Length)?;
        Ok(Self {
            root: StateRoot::new(read_hash(root)?),
            block: BlockId::new(read_hash(block)?),
        })
    }
}

/// The key of the only row of its family.
pub(crate) struct MetaKey;

const META_KEY: &[u8] = b"standing";

impl RowKey<'_> for MetaKey {
    fn write(&self, row: &mut Vec<u8>) {
        row.extend_from_slice(META_KEY);
    }

    fn read(row: &[u8]) -> Result<Self, Damage> {
        if row == META_KEY {
            Ok(Self)
        } else {
            Err(Damage::Meaning)
        }
    }
}

#[cfg(test)]
mod tests;
