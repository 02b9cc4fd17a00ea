//! The events of actions: names and attributes, in the order of the
//! specification.

use borsh::BorshSerialize;
use pyralog_primitives::action::{Key, Name};
use pyralog_primitives::codec::{Bytes, List};
use pyralog_primitives::receipt::{Attribute, Event};
use pyralog_primitives::{Address, Amount, Hash, LeafIndex};

const AMOUNT: Name = Name::from_static("amount");
const DIGEST: Name = Name::from_static("digest");
const FROM: Name = Name::from_static("from");
const INDEX: Name = Name::from_static("index");
const JOURNAL: Name = Name::from_static("journal");
const KEY: Name = Name::from_static("key");
const NAMESPACE: Name = Name::from_static("namespace");
const OWNER: Name = Name::from_static("owner");
const TO: Name = Name::from_static("to");

pub(crate) fn transfer(from: Address, to: Address, amount: Amount) -> Event {
    let attributes = vec![
        attribute(FROM, &from),
        attribute(TO, &to),
        attribute(AMOUNT, &amount),
    ];
    event(Name::from_static("transfer"), attributes)
}

pub(crate) fn put(namespace: &Name, key: &Key) -> Event {
    event(Name::from_static("put"), entry(namespace, key))
}

pub(crate) fn delete(namespace: &Name, key: &Key) -> Event {
    event(Name::from_static("delete"), entry(namespace, key))
}

pub(crate) fn open_journal(journal: &Name, owner: Address) -> Event {
    let attributes = vec![attribute(JOURNAL, journal), attribute(OWNER, &owner)];
    event(Name::from_static("open_journal"), attributes)
}

pub(crate) fn append(journal: &Name, index: LeafIndex) -> Event {
    let attributes = vec![attribute(JOURNAL, journal), attribute(INDEX, &index)];
    event(Name::from_static("append"), attributes)
}

pub(crate) fn notarize(digest: Hash) -> Event {
    event(
        Name::from_static("notarize"),
        vec![attribute(DIGEST, &digest)],
    )
}

fn entry(namespace: &Name, key: &Key) -> Vec<Attribute> {
    vec![attribute(NAMESPACE, namespace), attribute(KEY, key)]
}

fn event(name: Name, attributes: Vec<Attribute>) -> Event {
    let attributes = List::new(attributes).expect("events of actions have few attributes");
    Event { name, attributes }
}

fn attribute(name: Name, value: &impl BorshSerialize) -> Attribute {
    let value = borsh::to_vec(value).expect("memory accepts every byte");
    let value = Bytes::new(value).expect("an attribute has room for a key");
    Attribute { name, value }
}
