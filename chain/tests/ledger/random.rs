//! Random transactions: most of them fit, and of those most succeed.

use pyralog_genesis::Genesis;
use pyralog_primitives::action::{Action, Key, Name, Value, Writers};
use pyralog_primitives::transaction::Transaction;
use pyralog_primitives::{Amount, Compute, Domain, Height};
use rand_chacha::ChaCha8Rng;
use rand_core::Rng;

use crate::model::Model;
use crate::world::{address, body, unsigned};

pub(crate) const ACCOUNTS: u8 = 12;

pub(crate) fn below(rng: &mut ChaCha8Rng, bound: u32) -> u32 {
    rng.next_u32() % bound
}

fn small(rng: &mut ChaCha8Rng, bound: u8) -> u8 {
    u8::try_from(below(rng, u32::from(bound))).unwrap()
}

fn name(rng: &mut ChaCha8Rng, kind: char, count: u32) -> Name {
    Name::new(format!("{kind}{}", below(rng, count))).unwrap()
}

fn bytes(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let length = below(rng, 90);
    (0..length).map(|_| small(rng, 255)).collect()
}

fn amount(rng: &mut ChaCha8Rng) -> Amount {
    match below(rng, 20) {
        0 => Amount::MAX,
        1 => Amount::ZERO,
        2 => Amount::from_tokens(u64::from(rng.next_u32())),
        _ => Amount::new(u128::from(rng.next_u32())),
    }
}

pub(crate) fn action(rng: &mut ChaCha8Rng, sender: u8) -> Action {
    // Names are mostly one's own, sometimes another's, sometimes nobody's.
    let own = |rng: &mut ChaCha8Rng, kind: char| {
        if below(rng, 8) == 0 {
            name(rng, kind, 40)
        } else {
            Name::new(format!("{kind}{sender}")).unwrap()
        }
    };
    let key = |rng: &mut ChaCha8Rng| Key::new(vec![small(rng, 10)]).unwrap();
    match below(rng, 20) {
        0..=6 => Action::Transfer {
            to: address(1 + small(rng, ACCOUNTS + 3)),
            amount: amount(rng),
        },
        7..=10 => Action::Put {
            namespace: own(rng, 'n'),
            key: key(rng),
            value: Value::new(bytes(rng)).unwrap(),
        },
        11 => Action::Delete {
            namespace: own(rng, 'n'),
            key: key(rng),
        },
        12..=16 => Action::Append {
            journal: name(rng, 'j', 3),
            entry: Value::new(bytes(rng)).unwrap(),
        },
        17 => Action::OpenJournal {
            journal: name(rng, 'j', 4),
            writers: [Writers::Owner, Writers::Anyone][usize::from(below(rng, 5) > 0)],
        },
        _ => {
            let digest = Domain::MerkleLeaf.hash(&rng.next_u32().to_le_bytes()[..2]);
            Action::Notarize { digest }
        }
    }
}

/// Transactions for a block after the model's state.
pub(crate) fn transactions(
    rng: &mut ChaCha8Rng,
    genesis: &Genesis,
    model: &Model,
    count: u32,
) -> Vec<Transaction> {
    let mut nonces = model.accounts.clone();
    let mut transactions = Vec::new();
    for _ in 0..count {
        let sender = 1 + small(rng, ACCOUNTS);
        let nonce = &mut nonces.entry(address(sender)).or_default().1;
        let actions = (0..=below(rng, 12)).map(|_| action(rng, sender)).collect();
        let mut body = body(genesis, sender, *nonce, actions);
        body.valid_until = Height::new(model.height + 1 + u64::from(below(rng, 20)));
        body.compute_max = Compute::new(200_000);
        body.fee_max = Amount::new(1_000_000_000_000);
        match below(rng, 60) {
            0 => body.nonce = body.nonce.next().unwrap(),
            1 => body.valid_until = Height::new(model.height),
            2 => body.fee_max = Amount::MAX,
            3 => body.fee_max = Amount::new(1000),
            4 => body.valid_until = Height::new(model.height + 1002),
            5 => body.compute_max = Compute::new(1999),
            6..=10 => {
                body.compute_max = Compute::new(2000 + u64::from(below(rng, 30_000)));
                *nonce += 1;
            }
            _ => *nonce += 1,
        }
        transactions.push(unsigned(body));
    }
    transactions
}
