//! Events in words.
//!
//! The attributes of an event are canonical encodings, and their names say of
//! what: the table stands in the specification of execution.

use std::fmt;

use borsh::BorshDeserialize;
use pyralog_primitives::action::{Key, Name};
use pyralog_primitives::receipt::{Attribute, Event};
use pyralog_primitives::text::encode_hex;
use pyralog_primitives::{Address, Amount, Hash, LeafIndex};
use serde_json::{Map, Value};

use super::bytes::key_text;

/// The attributes of an event, decoded where they are known.
pub(crate) fn attributes(event: &Event) -> Map<String, Value> {
    let decoded = event.attributes.iter().map(|attribute| {
        let text = text_of(attribute).unwrap_or_else(|| encode_hex(&attribute.value));
        (attribute.name.to_string(), Value::String(text))
    });
    decoded.collect()
}

/// The value of an attribute, if its name is one that we know and its bytes
/// are the encoding of what the name says. Amounts are counts of units, as in
/// all JSON.
fn text_of(attribute: &Attribute) -> Option<String> {
    let bytes = &attribute.value;
    match attribute.name.as_str() {
        "from" | "to" | "owner" => decode::<Address>(bytes),
        "amount" => units(bytes),
        "namespace" | "journal" => decode::<Name>(bytes),
        "key" => borsh::from_slice::<Key>(bytes)
            .ok()
            .map(|key| key_text(&key)),
        "index" => decode::<LeafIndex>(bytes),
        "digest" => decode::<Hash>(bytes),
        _ => None,
    }
}

fn decode<T: BorshDeserialize + fmt::Display>(bytes: &[u8]) -> Option<String> {
    borsh::from_slice::<T>(bytes)
        .ok()
        .map(|value| value.to_string())
}

fn units(bytes: &[u8]) -> Option<String> {
    let amount: Amount = borsh::from_slice(bytes).ok()?;
    Some(amount.get().to_string())
}

/// An event on one line: `transfer from=pyr1… to=pyr1… amount=5`.
pub(crate) struct EventText<'a>(pub(crate) &'a Event);

impl fmt::Display for EventText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.name)?;
        for attribute in self.0.attributes.iter() {
            let name = &attribute.name;
            // People read tokens.
            let amount = match name.as_str() {
                "amount" => decode::<Amount>(&attribute.value),
                _ => None,
            };
            let text = amount.or_else(|| text_of(attribute));
            let text = text.unwrap_or_else(|| format!("hex:{}", encode_hex(&attribute.value)));
            write!(f, " {name}={text}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use pyralog_primitives::PublicKey;
    use pyralog_primitives::codec::{Bytes, List};

    use super::*;

    fn event(name: &str, attributes: &[(&str, Vec<u8>)]) -> Event {
        let attribute = |(name, value): &(&str, Vec<u8>)| Attribute {
            name: Name::new(*name).unwrap(),
            value: Bytes::new(value.clone()).unwrap(),
        };
        Event {
            name: Name::new(name).unwrap(),
            attributes: List::new(attributes.iter().map(attribute).collect()).unwrap(),
        }
    }

    #[test]
    fn known_attributes_are_decoded_and_others_are_hex() {
        let address = PublicKey::new([7; 32]).address();
        let encoded = borsh::to_vec(&address).unwrap();
        let amount = borsh::to_vec(&Amount::from_tokens(2)).unwrap();
        let transfer = event(
            "transfer",
            &[
                ("from", encoded.clone()),
                ("amount", amount),
                ("mood", vec![1]),
            ],
        );
        let text = EventText(&transfer).to_string();
        assert_eq!(
            text,
            format!("transfer from={address} amount=2 mood=hex:01")
        );
        let decoded = attributes(&transfer);
        assert_eq!(decoded["from"], address.to_string());
        assert_eq!(decoded["amount"], "2000000000");
        assert_eq!(decoded["mood"], "01");

        let key = borsh::to_vec(&Key::new(b"a b".to_vec()).unwrap()).unwrap();
        let index = borsh::to_vec(&LeafIndex::new(3)).unwrap();
        let other = event("x", &[("key", key), ("index", index)]);
        assert_eq!(EventText(&other).to_string(), "x key=a b index=3");
    }

    #[test]
    fn an_attribute_that_is_not_what_its_name_says_is_hex() {
        let odd = event("transfer", &[("amount", vec![1, 2]), ("to", vec![3])]);
        assert_eq!(
            EventText(&odd).to_string(),
            "transfer amount=hex:0102 to=hex:03"
        );
    }
}
