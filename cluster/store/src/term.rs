//! Terms: what one looks for among events.

use pyralog_primitives::action::Name;
use pyralog_primitives::receipt::{Attribute, Event, Outcome, Receipt};

const TERM_CONTEXT: &str = "pyralog 2026-11-21 store term v1";
/// So many that nobody finds two terms of one hash by chance.
const TERM_BYTES: usize = 16;

/// The name of an event, alone or with one attribute.
///
/// It is kept as a hash. Who searches for two different terms of one hash may
/// find them, after 2^64 attempts; so who gets an answer compares the events
/// with what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Term([u8; TERM_BYTES]);

impl Term {
    /// Events of this name.
    pub fn name(event: &Name) -> Self {
        Hasher::new(event).finish()
    }

    /// Events of this name with this attribute.
    pub fn attribute(event: &Name, attribute: &Name, value: &[u8]) -> Self {
        Hasher::new(event).with(attribute, value).finish()
    }

    pub(crate) fn as_bytes(&self) -> &[u8; TERM_BYTES] {
        &self.0
    }

    pub(crate) fn from_bytes(bytes: [u8; TERM_BYTES]) -> Self {
        Self(bytes)
    }
}

/// Hashes the parts of a term. A name never holds a zero byte, which so marks
/// its end.
struct Hasher(blake3::Hasher);

impl Hasher {
    fn new(event: &Name) -> Self {
        thread_local! {
            static EMPTY: blake3::Hasher = blake3::Hasher::new_derive_key(TERM_CONTEXT);
        }
        let mut hasher = EMPTY.with(blake3::Hasher::clone);
        hasher.update(event.as_str().as_bytes());
        hasher.update(&[0]);
        Self(hasher)
    }

    fn with(mut self, attribute: &Name, value: &[u8]) -> Self {
        self.0.update(attribute.as_str().as_bytes());
        self.0.update(&[0]);
        self.0.update(value);
        self
    }

    fn finish(&self) -> Term {
        let hash = self.0.finalize();
        let mut bytes = [0; TERM_BYTES];
        bytes.copy_from_slice(&hash.as_bytes()[..TERM_BYTES]);
        Term(bytes)
    }
}

/// All terms of a block's events, each with the position of its transaction,
/// sorted and without repetition.
pub(crate) fn terms_of(receipts: &[Receipt]) -> Vec<(Term, u32)> {
    let mut terms = Vec::with_capacity(receipts.len() * 4);
    for (receipt, position) in receipts.iter().zip(0..) {
        let Outcome::Applied { events } = &receipt.outcome else {
            continue;
        };
        for event in events.iter() {
            push_terms(event, position, &mut terms);
        }
    }
    terms.sort_unstable();
    terms.dedup();
    terms
}

fn push_terms(event: &Event, position: u32, terms: &mut Vec<(Term, u32)>) {
    terms.push((Term::name(&event.name), position));
    for Attribute { name, value } in event.attributes.iter() {
        terms.push((Term::attribute(&event.name, name, value), position));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_in_any_part_is_another_term() {
        let name = |text| Name::new(text).unwrap();
        let (a, ab, b) = (name("a"), name("ab"), name("b"));
        let terms = [
            Term::name(&a),
            Term::name(&ab),
            Term::attribute(&a, &b, b""),
            Term::attribute(&ab, &b, b""),
            Term::attribute(&a, &ab, b""),
            Term::attribute(&a, &b, b"c"),
            Term::attribute(&a, &b, b"\0"),
        ];
        for (place, term) in terms.iter().enumerate() {
            assert!(!terms[..place].contains(term), "{place}");
        }
    }
}
