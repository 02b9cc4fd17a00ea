//! What nodes tell each other, as bytes.

use pyralog_driver::{CompactBlock, FINAL_COUNT_MAX, FinalBlock, OfferNumber, OfferPlace, Word};
use pyralog_genesis::ConsensusKind;
use pyralog_primitives::block::{BLOCK_TRANSACTION_COUNT_MAX, Block};
use pyralog_primitives::codec::{Canonical, List};
use pyralog_primitives::transaction::Transaction;
use pyralog_primitives::vote::VoteKind;
use pyralog_primitives::{BlockCount, Height, LeafIndex, SignedTransactionId};

use crate::maker::Maker;
use crate::setup::{genesis, height, transfer};

/// A stream of numbers that look random (`SplitMix64`).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }
}

/// One of each kind, with something in it.
fn words() -> Vec<Word> {
    let genesis = genesis(ConsensusKind::Pbft, 4);
    let mut maker = Maker::new(&genesis);
    let transactions: Vec<Transaction> = (0..3)
        .map(|number| transfer(genesis.hash(), number))
        .collect();
    let first = maker.block(0, 1_000, transactions, Vec::new());
    let settled = maker.settle(&first);
    let second = maker.block(1, 2_000, Vec::new(), Vec::new());
    let block = first.id();
    let given = (0..).map(LeafIndex::new).zip(first.transactions.to_vec());
    vec![
        Word::Consensus(maker.proposal(0, height(1), block)),
        Word::Consensus(pyralog_consensus::Message::Polka(maker.quorum(
            VoteKind::Prevote,
            height(1),
            block,
        ))),
        Word::Block(Box::new(CompactBlock::of(&first))),
        Word::Block(Box::new(CompactBlock::of(&second))),
        Word::WantBlock { block },
        Word::WantTransactions {
            block,
            places: List::new(vec![LeafIndex::new(0), LeafIndex::new(2)]).unwrap(),
        },
        Word::Transactions {
            block,
            transactions: List::new(given.collect()).unwrap(),
        },
        Word::Tip {
            height: Height::new(u64::MAX),
        },
        Word::WantFinal {
            from: height(7),
            count: BlockCount::new(9),
        },
        Word::Final(List::new(vec![settled]).unwrap()),
        Word::Offer {
            number: OfferNumber::UNANSWERED.next(),
            transactions: List::new(first.transactions.to_vec()).unwrap(),
        },
        Word::Took {
            number: OfferNumber::new(u64::MAX),
            missed: List::new(OfferPlace::all().take(2).collect()).unwrap(),
        },
        Word::Busy { from: height(9) },
    ]
}

#[test]
fn each_word_is_read_as_it_was_written_and_has_its_number() {
    let numbers = [0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
    for (word, number) in words().into_iter().zip(numbers) {
        let bytes = word.encode();
        assert_eq!(bytes[0], number, "{word:?}");
        assert_eq!(Word::decode(&bytes).as_ref(), Ok(&word));
    }
}

/// Changed only on purpose: other nodes speak it.
#[test]
fn the_encoding_of_words_is_fixed() {
    let mut hasher = blake3::Hasher::new();
    for word in words() {
        hasher.update(&word.encode());
    }
    let hash = hasher.finalize().to_hex();
    assert_eq!(
        hash.as_str(),
        "20ee41257302f59fdc2fecd61a50e712c3543c87b0f7bfb59b9410042ca42028"
    );
}

#[test]
fn a_block_travels_by_the_ids_of_its_transactions_and_is_whole_again_with_them() {
    let words = words();
    let compacts = words.iter().filter_map(|word| match word {
        Word::Block(compact) => Some(CompactBlock::clone(compact)),
        _ => None,
    });
    let finals = words.iter().find_map(|word| match word {
        Word::Final(finals) => Some(finals.to_vec()),
        _ => None,
    });
    let FinalBlock { block, .. } = finals.unwrap().remove(0);
    let compacts: Vec<CompactBlock> = compacts.collect();
    let Block {
        header,
        transactions,
        evidence,
        parent_certificate,
    } = *block;
    assert_eq!(compacts[0].header, header);
    let ids: Vec<SignedTransactionId> = transactions.iter().map(Transaction::signed_id).collect();
    assert_eq!(*compacts[0].transactions, ids);
    assert_eq!(compacts[0].evidence, evidence);
    assert_eq!(compacts[0].parent_certificate, parent_certificate);
    assert!(compacts[1].parent_certificate.is_some());
}

#[test]
fn changed_and_random_bytes_are_refused_or_are_another_word() {
    let mut chance = Chance(7);
    let words = words();
    for _ in 0..20_000 {
        let mut bytes = words[chance.below(words.len())].encode();
        for _ in 0..=chance.below(3) {
            match chance.below(4) {
                0 => bytes.truncate(chance.below(bytes.len() + 1)),
                1 => bytes.push(chance.next().to_le_bytes()[0]),
                _ if bytes.is_empty() => {}
                _ => {
                    let place = chance.below(bytes.len());
                    bytes[place] ^= 1 << chance.below(8);
                }
            }
        }
        check(&bytes);
    }
    for _ in 0..20_000 {
        let length = chance.below(300);
        let mut bytes: Vec<u8> = (0..length)
            .map(|_| chance.next().to_le_bytes()[0])
            .collect();
        if let Some(first) = bytes.first_mut() {
            // Most numbers are no kind of word.
            *first %= 10;
        }
        check(&bytes);
    }
}

/// A decoder takes only what it would have written.
fn check(bytes: &[u8]) {
    if let Ok(word) = Word::decode(bytes) {
        assert_eq!(word.encode(), bytes);
    }
}

#[test]
fn lengths_that_are_only_claimed_are_refused() {
    for (number, most) in [(3, BLOCK_TRANSACTION_COUNT_MAX), (7, FINAL_COUNT_MAX)] {
        for count in [most + 1, usize::try_from(u32::MAX).unwrap()] {
            let mut bytes = vec![number];
            if number == 3 {
                bytes.extend([0; 32]);
            }
            bytes.extend(u32::try_from(count).unwrap().to_le_bytes());
            let error = Word::decode(&bytes).unwrap_err().to_string();
            assert!(error.contains(&most.to_string()), "{error}");
        }
    }
}
