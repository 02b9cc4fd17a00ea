//! A digest of the tree: four elements of the field.

use std::fmt;

use winterfell::crypto::hashers::Rp64_256;
use winterfell::crypto::{ElementHasher, Hasher};
use winterfell::math::StarkField;
use winterfell::math::fields::f64::BaseElement;

use super::rescue::{LEFT, RIGHT, State};

pub(super) const DIGEST_ELEMENTS: usize = 4;

type LibraryDigest = <Rp64_256 as Hasher>::Digest;

/// A node of a tree by `Rp64_256`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TreeDigest([BaseElement; DIGEST_ELEMENTS]);

/// A number that another encoding stands for too. Whoever sent it is to blame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("element {place} of the digest is not below the modulus")]
pub struct NotADigest {
    /// Which of the four.
    pub place: usize,
}

impl TreeDigest {
    /// Reads four numbers of eight bytes, least significant first.
    pub fn from_bytes(bytes: [u8; 32]) -> Result<Self, NotADigest> {
        let mut elements = [BaseElement::new(0); DIGEST_ELEMENTS];
        for (place, bytes) in bytes.as_chunks().0.iter().enumerate() {
            let number = u64::from_le_bytes(*bytes);
            if number >= BaseElement::MODULUS {
                return Err(NotADigest { place });
            }
            elements[place] = BaseElement::new(number);
        }
        Ok(Self(elements))
    }

    /// Its bytes.
    pub fn to_bytes(self) -> [u8; 32] {
        let numbers = self.0.map(|element| element.as_int().to_le_bytes());
        let mut bytes = [0; 32];
        bytes.copy_from_slice(numbers.as_flattened());
        bytes
    }

    pub(super) const fn new(elements: [BaseElement; DIGEST_ELEMENTS]) -> Self {
        Self(elements)
    }

    pub(super) const fn elements(&self) -> &[BaseElement; DIGEST_ELEMENTS] {
        &self.0
    }

    /// The digest in a state after the last round.
    pub(super) fn in_state(state: &State) -> Self {
        let elements = state[LEFT..RIGHT].try_into();
        Self(elements.expect("a digest has four elements"))
    }

    /// The digest of these elements.
    pub(super) fn of_elements(elements: &[BaseElement]) -> Self {
        Self::of(Rp64_256::hash_elements(elements))
    }

    /// As the library's hasher takes it.
    pub(super) fn hash(&self) -> LibraryDigest {
        LibraryDigest::new(self.0)
    }

    pub(super) fn of(digest: LibraryDigest) -> Self {
        let elements = digest.as_elements().try_into();
        Self(elements.expect("digests of this hasher have four elements"))
    }
}

impl fmt::Debug for TreeDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "TreeDigest({:?})",
            self.0.map(|element| element.as_int())
        )
    }
}
