//! The form of snarkjs' `.zkey` files.
//!
//! ```text
//! "zkey" │ version 1 (u32) │ sections (u32)
//! section: kind (u32) │ bytes (u64) │ content
//! ```
//!
//! Invariants: each section is read within its own bytes and to its end, none
//! twice; a number is below its modulus; a point is on its curve, in the subgroup,
//! and has one spelling. Memory follows from the bytes that are there.

use std::collections::BTreeMap;

use ark_bn254::{Fq, Fq2, Fr, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ec::short_weierstrass::{Affine, SWCurveConfig};
use ark_ff::{BigInt, PrimeField, Zero};

/// snarkjs writes ten; more would not be read.
const SECTION_COUNT_MAX: u32 = 16;

/// What is wrong with the form of a zkey. Whoever gave it is to blame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ZkeyFault {
    /// It is another kind of file, or of another version.
    #[error("not a zkey of version 1")]
    Magic,
    /// More sections than such a file has.
    #[error("{found} sections; at most {SECTION_COUNT_MAX} are read")]
    SectionCount {
        /// Sections that it says it has.
        found: u32,
    },
    /// A section appears twice.
    #[error("section {kind} appears twice")]
    SectionTwice {
        /// Which kind.
        kind: u32,
    },
    /// A section is not there.
    #[error("section {kind} is missing")]
    SectionMissing {
        /// Which kind.
        kind: u32,
    },
    /// Something ends too soon or goes on behind its end.
    #[error("a section is shorter or longer than what it says to hold")]
    Length,
    /// A number has another spelling too.
    #[error("a number is not below its modulus")]
    NotCanonical,
    /// A point is none.
    #[error("a point is not on its curve or not in its subgroup")]
    Point,
}

/// The sections of a zkey.
pub(crate) struct Sections<'a>(BTreeMap<u32, &'a [u8]>);

impl<'a> Sections<'a> {
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, ZkeyFault> {
        let mut content = Content(bytes);
        let head = content.bytes::<8>().map_err(|_| ZkeyFault::Magic)?;
        if head != b"zkey\x01\0\0\0" {
            return Err(ZkeyFault::Magic);
        }
        let found = content.count()?;
        if found > SECTION_COUNT_MAX {
            return Err(ZkeyFault::SectionCount { found });
        }
        let mut sections = BTreeMap::new();
        for _ in 0..found {
            let kind = content.count()?;
            let length = u64::from_le_bytes(*content.bytes()?);
            let length = usize::try_from(length).map_err(|_| ZkeyFault::Length)?;
            let section = content.take(length)?;
            if sections.insert(kind, section).is_some() {
                return Err(ZkeyFault::SectionTwice { kind });
            }
        }
        content.end()?;
        Ok(Self(sections))
    }

    pub(crate) fn get(&self, kind: u32) -> Result<Content<'a>, ZkeyFault> {
        let section = self.0.get(&kind);
        let section = section.ok_or(ZkeyFault::SectionMissing { kind })?;
        Ok(Content(section))
    }
}

/// What is left of a section.
pub(crate) struct Content<'a>(&'a [u8]);

impl<'a> Content<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], ZkeyFault> {
        let (taken, left) = self.0.split_at_checked(length).ok_or(ZkeyFault::Length)?;
        self.0 = left;
        Ok(taken)
    }

    fn bytes<const N: usize>(&mut self) -> Result<&'a [u8; N], ZkeyFault> {
        let (taken, left) = self.0.split_first_chunk().ok_or(ZkeyFault::Length)?;
        self.0 = left;
        Ok(taken)
    }

    pub(crate) fn skip(&mut self, length: usize) -> Result<(), ZkeyFault> {
        self.take(length).map(drop)
    }

    pub(crate) fn count(&mut self) -> Result<u32, ZkeyFault> {
        Ok(u32::from_le_bytes(*self.bytes()?))
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// That nothing is left.
    pub(crate) const fn end(&self) -> Result<(), ZkeyFault> {
        if self.is_empty() {
            Ok(())
        } else {
            Err(ZkeyFault::Length)
        }
    }

    /// A number as it is.
    pub(crate) fn plain(&mut self) -> Result<BigInt<4>, ZkeyFault> {
        let limbs = self.bytes::<32>()?.as_chunks().0;
        let mut number = BigInt::zero();
        for (limb, bytes) in number.0.iter_mut().zip(limbs) {
            *limb = u64::from_le_bytes(*bytes);
        }
        Ok(number)
    }

    /// A coordinate: in Montgomery's form, as the library holds it.
    fn coordinate(&mut self) -> Result<Fq, ZkeyFault> {
        let number = self.plain()?;
        if number >= Fq::MODULUS {
            return Err(ZkeyFault::NotCanonical);
        }
        Ok(Fq::new_unchecked(number))
    }

    /// A factor of a constraint: snarkjs puts it into Montgomery's form twice.
    pub(crate) fn factor(&mut self) -> Result<Fr, ZkeyFault> {
        let number = self.plain()?;
        if number >= Fr::MODULUS {
            return Err(ZkeyFault::NotCanonical);
        }
        Ok(Fr::new_unchecked(Fr::new_unchecked(number).into_bigint()))
    }

    pub(crate) fn first(&mut self) -> Result<G1Affine, ZkeyFault> {
        let (x, y) = (self.coordinate()?, self.coordinate()?);
        if x.is_zero() && y.is_zero() {
            return Ok(G1Affine::zero());
        }
        checked(G1Affine::new_unchecked(x, y))
    }

    pub(crate) fn second(&mut self) -> Result<G2Affine, ZkeyFault> {
        let x = Fq2::new(self.coordinate()?, self.coordinate()?);
        let y = Fq2::new(self.coordinate()?, self.coordinate()?);
        if x.is_zero() && y.is_zero() {
            return Ok(G2Affine::zero());
        }
        checked(G2Affine::new_unchecked(x, y))
    }

    /// So many points, and nothing behind them.
    pub(crate) fn all<T>(
        mut self,
        count: usize,
        mut read: impl FnMut(&mut Self) -> Result<T, ZkeyFault>,
    ) -> Result<Vec<T>, ZkeyFault> {
        let mut all = Vec::new();
        for _ in 0..count {
            all.push(read(&mut self)?);
        }
        self.end()?;
        Ok(all)
    }
}

fn checked<C: SWCurveConfig>(point: Affine<C>) -> Result<Affine<C>, ZkeyFault> {
    if point.is_on_curve() && point.is_in_correct_subgroup_assuming_on_curve() {
        Ok(point)
    } else {
        Err(ZkeyFault::Point)
    }
}
