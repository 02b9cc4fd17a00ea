//! The form of a proof, checked byte by byte before the library sees it.
//!
//! ```text
//! context     width 1 │ 0 │ 0 │ log₂ rows 1 │ no notes 2 │ modulus 1 + 8
//!             options 10 │ constraints, short
//! queries     how many are distinct 1
//! commitments bytes 2 │ 32 each: trace, constraints, layers, remainder
//! trace       values, short + … │ opening, short + …
//! constraints values, short + … │ opening, short + …
//! frame       bytes 2 │ 2 │ rows …, twice
//! layers      count 1 │ each: values 4 + …, opening 4 + …
//! remainder   bytes 2 + … │ no partitions 1
//! nonce       8
//! ```
//!
//! An opening is a depth (1), a count (short), and for each a list of hashes.

use std::fmt;

use winterfell::math::StarkField;
use winterfell::math::fields::f64::BaseElement;
use winterfell::{Air, AirContext, ByteWriter, ProofOptions};

use super::asked::Asked;
use super::options::OptionsId;
use super::reader::Reader;

const ELEMENT_BYTES: usize = 8;
/// An element of the cubic extension.
const EXTENDED_BYTES: usize = 3 * ELEMENT_BYTES;
const HASH_BYTES: usize = 32;

/// A part of a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// What the proof says of the trace, and of the field.
    Context,
    /// The options.
    Options,
    /// How many constraints there are.
    Constraints,
    /// How many places are opened.
    Queries,
    /// The roots.
    Commitments,
    /// The opened rows of the trace.
    TraceRows,
    /// The opened rows of the constraints.
    ConstraintRows,
    /// The values out of the domain.
    Frame,
    /// The layers of the low-degree test.
    Layers,
    /// The last polynomial.
    Remainder,
    /// The nonce, and the end.
    Nonce,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// Why bytes are not a proof of the expected shape. Whoever sent them is to
/// blame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// They end too early.
    #[error("{part}: the proof ends here")]
    Truncated {
        /// What was read.
        part: Part,
    },
    /// They go on too long.
    #[error("{bytes} bytes follow the proof")]
    Trailing {
        /// Bytes left over.
        bytes: usize,
    },
    /// The proof was made with other options.
    #[error("the proof has other options than the statement")]
    Options,
    /// A number has one value, and this is another.
    #[error("{part}: {found} where {expected} is expected")]
    Unexpected {
        /// What was read.
        part: Part,
        /// The one value.
        expected: u64,
        /// The value found.
        found: u64,
    },
    /// A number is out of its range.
    #[error("{part}: {found} is out of range")]
    OutOfRange {
        /// What was read.
        part: Part,
        /// The value found.
        found: u64,
    },
    /// A number has a shorter form.
    #[error("{part}: a number is not in its shortest form")]
    Number {
        /// What was read.
        part: Part,
    },
    /// An element is not below the modulus.
    #[error("{part}: an element of the field is not below the modulus")]
    Element {
        /// What was read.
        part: Part,
    },
}

/// What a proof of one statement looks like. It follows from the public inputs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    width: usize,
    rows: usize,
    constraints: usize,
    composition_columns: usize,
    options: Numbers,
}

/// The numbers of the options that decide the form.
#[derive(Clone, Copy, Debug)]
struct Numbers {
    queries: usize,
    blowup: usize,
    folding: usize,
    layers: usize,
}

impl Layout {
    /// The form of a proof for these constraints.
    pub(super) fn of<A: Air<BaseField = BaseElement>>(air: &A) -> Self {
        let context: &AirContext<BaseElement> = air.context();
        let options: &ProofOptions = air.options();
        let fri = options.to_fri_options();
        Self {
            width: context.trace_info().width(),
            rows: context.trace_len(),
            constraints: context.num_assertions() + context.num_transition_constraints(),
            composition_columns: context.num_constraint_composition_columns(),
            options: Numbers {
                queries: options.num_queries(),
                blowup: options.blowup_factor(),
                folding: fri.folding_factor(),
                layers: fri.num_fri_layers(context.lde_domain_size()),
            },
        }
    }

    const fn domain(&self) -> usize {
        self.rows * self.options.blowup
    }

    /// Reads a whole proof, and keeps nothing. Once it is known what was asked,
    /// nothing else may be opened.
    pub(super) fn check(
        &self,
        bytes: &[u8],
        options: OptionsId,
        asked: Option<&Asked>,
    ) -> Result<(), Malformed> {
        let mut reader = Reader::new(bytes);
        self.context(&mut reader, options)?;
        reader.enter(Part::Queries);
        let distinct = reader.byte()?;
        let distinct = match asked {
            None => reader.within(distinct.into(), 1, self.options.queries)?,
            Some(asked) => reader.same(distinct.into(), asked.count())?,
        };
        self.commitments(&mut reader)?;
        for (part, row) in [
            (Part::TraceRows, self.width * ELEMENT_BYTES),
            (
                Part::ConstraintRows,
                self.composition_columns * EXTENDED_BYTES,
            ),
        ] {
            reader.enter(part);
            let bytes = reader.short_exactly(distinct * row)?;
            elements(&mut reader, bytes)?;
            let found = reader.short()?;
            opening(&mut reader, found, distinct, self.domain(), asked)?;
        }
        self.frame(&mut reader)?;
        let domain = self.layers(&mut reader, distinct, asked)?;
        reader.enter(Part::Remainder);
        let bytes = reader.exactly(domain / self.options.blowup * EXTENDED_BYTES, 2)?;
        elements(&mut reader, bytes)?;
        // The count of partitions, as a power of two.
        reader.exactly(0, 1)?;
        reader.enter(Part::Nonce);
        reader.bytes(8)?;
        match reader.left() {
            0 => Ok(()),
            bytes => Err(Malformed::Trailing { bytes }),
        }
    }

    fn context(&self, reader: &mut Reader<'_>, options: OptionsId) -> Result<(), Malformed> {
        reader.exactly(self.width, 1)?;
        // No second segment, and no randomness for one.
        reader.exactly(0, 2)?;
        reader.exactly(self.rows.ilog2() as usize, 1)?;
        reader.exactly(0, 2)?;
        let modulus = BaseElement::get_modulus_le_bytes();
        reader.exactly(modulus.len(), 1)?;
        let part = Part::Context;
        if reader.bytes(modulus.len())? != modulus {
            return Err(Malformed::Element { part });
        }
        reader.enter(Part::Options);
        if reader.bytes(10)? != option_bytes(options) {
            return Err(Malformed::Options);
        }
        reader.enter(Part::Constraints);
        reader.short_exactly(self.constraints).map(drop)
    }

    fn commitments(&self, reader: &mut Reader<'_>) -> Result<(), Malformed> {
        reader.enter(Part::Commitments);
        let roots = 1 + 1 + self.options.layers + 1;
        let bytes = reader.exactly(roots * HASH_BYTES, 2)?;
        reader.bytes(bytes).map(drop)
    }

    fn frame(&self, reader: &mut Reader<'_>) -> Result<(), Malformed> {
        reader.enter(Part::Frame);
        for columns in [self.width, self.composition_columns] {
            let values = 2 * columns * EXTENDED_BYTES;
            reader.exactly(1 + values, 2)?;
            reader.exactly(2, 1)?;
            elements(reader, values)?;
        }
        Ok(())
    }

    /// Reads the layers; returns the size of the domain after them.
    fn layers(
        &self,
        reader: &mut Reader<'_>,
        distinct: usize,
        asked: Option<&Asked>,
    ) -> Result<usize, Malformed> {
        reader.enter(Part::Layers);
        reader.exactly(self.options.layers, 1)?;
        let mut domain = self.domain();
        for _ in 0..self.options.layers {
            domain /= self.options.folding;
            let asked = asked.map(|asked| asked.folded(domain));
            let row = self.options.folding * EXTENDED_BYTES;
            let rows = match &asked {
                None => reader.rows(row, distinct)?,
                Some(asked) => reader.exactly(asked.count() * row, 4)? / row,
            };
            elements(reader, rows * row)?;
            let found = reader.number(4)?;
            opening(reader, found, rows, domain, asked.as_ref())?;
        }
        Ok(domain)
    }
}

/// The options as the library writes them.
fn option_bytes(options: OptionsId) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.write(options.options());
    bytes
}

/// An opening that fills so many bytes, of so many rows of a tree over `domain`.
fn opening(
    reader: &mut Reader<'_>,
    bytes: u64,
    rows: usize,
    domain: usize,
    asked: Option<&Asked>,
) -> Result<(), Malformed> {
    let bytes = reader.within(bytes, 1, reader.left())?;
    let end = reader.left() - bytes;
    let depth = reader.exactly(domain.ilog2() as usize, 1)?;
    if let Some(asked) = asked {
        let lists = asked.lists(depth);
        reader.short_exactly(lists.len())?;
        for hashes in lists {
            reader.short_exactly(hashes)?;
            reader.bytes(hashes * HASH_BYTES)?;
        }
    } else {
        let found = reader.short()?;
        let lists = reader.within(found, 1, rows)?;
        for _ in 0..lists {
            let found = reader.short()?;
            let hashes = reader.within(found, 0, depth)?;
            reader.bytes(hashes * HASH_BYTES)?;
        }
    }
    reader.same(reader.left() as u64, end).map(drop)
}

/// Elements of the field, each below the modulus.
fn elements(reader: &mut Reader<'_>, bytes: usize) -> Result<(), Malformed> {
    let part = reader.part();
    let (all, _) = reader.bytes(bytes)?.as_chunks();
    let below = |bytes: &[u8; 8]| u64::from_le_bytes(*bytes) < BaseElement::MODULUS;
    if all.iter().all(below) {
        Ok(())
    } else {
        Err(Malformed::Element { part })
    }
}
