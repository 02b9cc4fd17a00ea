//! JSON as a tree of fields that are taken out one by one.
//!
//! Stricter than the usual reader: a field that nobody takes, or that is there
//! twice, is an error, so two programs never read two keys from one file.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::error::{KeystoreError, shown};

/// A JSON value, as far as a keystore needs it.
#[derive(Debug)]
pub(super) enum Node {
    Text(String),
    Number(u64),
    Object(Fields),
    /// An array; what is in it has no place in a keystore.
    List,
    /// `null`, a truth value, or a number that is no count.
    Other,
}

impl Node {
    const fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a text",
            Self::Number(_) => "a number",
            Self::Object(_) => "an object",
            Self::List => "a list",
            Self::Other => "something else",
        }
    }
}

/// The fields of an object that were not taken yet.
#[derive(Debug, Default)]
pub(super) struct Fields {
    /// Names of the objects around, with a dot behind each.
    place: String,
    left: Vec<(String, Node)>,
    taken: Vec<&'static str>,
}

impl Fields {
    /// A look at a field without taking it.
    pub(super) fn peek(&self, name: &str) -> Option<&Node> {
        let (_, node) = self.left.iter().find(|(left, _)| left == name)?;
        Some(node)
    }

    pub(super) fn text(&mut self, name: &'static str) -> Result<String, KeystoreError> {
        match self.take(name)? {
            Node::Text(text) => Ok(text),
            other => Err(self.wrong_type(name, "a text", &other)),
        }
    }

    pub(super) fn number(&mut self, name: &'static str) -> Result<u32, KeystoreError> {
        match self.take(name)? {
            // What does not fit is beyond every bound a keystore has.
            Node::Number(number) => Ok(u32::try_from(number).unwrap_or(u32::MAX)),
            other => Err(self.wrong_type(name, "a number", &other)),
        }
    }

    pub(super) fn object(&mut self, name: &'static str) -> Result<Self, KeystoreError> {
        match self.take(name)? {
            Node::Object(fields) => Ok(Self {
                place: format!("{}{name}.", self.place),
                ..fields
            }),
            other => Err(self.wrong_type(name, "an object", &other)),
        }
    }

    /// The full name of a field, as errors give it.
    pub(super) fn name(&self, name: &str) -> String {
        format!("{}{}", self.place, shown(name))
    }

    /// Refuses what is left over.
    pub(super) fn finish(self) -> Result<(), KeystoreError> {
        let Some((name, _)) = self.left.first() else {
            return Ok(());
        };
        let field = self.name(name);
        if self.taken.contains(&name.as_str()) {
            Err(KeystoreError::DuplicateField { field })
        } else {
            Err(KeystoreError::UnknownField { field })
        }
    }

    fn take(&mut self, name: &'static str) -> Result<Node, KeystoreError> {
        let place = self.left.iter().position(|(left, _)| left == name);
        let place = place.ok_or_else(|| KeystoreError::MissingField {
            field: self.name(name),
        })?;
        self.taken.push(name);
        Ok(self.left.remove(place).1)
    }

    fn wrong_type(&self, name: &str, expected: &'static str, found: &Node) -> KeystoreError {
        KeystoreError::WrongType {
            field: self.name(name),
            expected,
            found: found.kind(),
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Text(text.to_owned()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Node, E> {
        Ok(Node::Number(number))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Node::List)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut fields = Fields::default();
        while let Some(entry) = map.next_entry()? {
            fields.left.push(entry);
        }
        Ok(Node::Object(fields))
    }
}
