//! BIP-39: a secret as English words that a person can write down.
//!
//! The words carry a checksum, so most slips of the pen are found. An error
//! names a place and the word probably meant, and never repeats the others.

use std::fmt;
use std::str::FromStr;

use bip39::Language;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use crate::derive::MasterSeed;

/// 12, 15, 18, 21 or 24 words. Wiped from memory when dropped; never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Mnemonic(bip39::Mnemonic);

impl Mnemonic {
    /// Bytes of text that are looked at. The longest mnemonic has 215; the
    /// rest is for generous white space. Higher only lets one waste time.
    pub const PHRASE_BYTES_MAX: usize = 1024;

    /// The words for 16, 20, 24, 28 or 32 bytes, which must be unguessable.
    pub fn from_entropy(entropy: &[u8]) -> Result<Self, MnemonicError> {
        bip39::Mnemonic::from_entropy_in(Language::English, entropy)
            .map(Self)
            .map_err(|_| MnemonicError::EntropyLength {
                bytes: entropy.len(),
            })
    }

    /// The words, in lower case, with one space between them.
    pub fn to_phrase(&self) -> Zeroizing<String> {
        // Enough for the longest, so that the text never moves.
        let mut phrase = Zeroizing::new(String::with_capacity(Self::PHRASE_BYTES_MAX));
        for word in self.0.words() {
            if !phrase.is_empty() {
                phrase.push(' ');
            }
            phrase.push_str(word);
        }
        phrase
    }

    /// The seed of all keys. Each passphrase gives another one; none is wrong.
    pub fn to_seed(&self, passphrase: &str) -> MasterSeed {
        let bytes = passphrase.nfkd().map(char::len_utf8).sum();
        let mut normal = Zeroizing::new(String::with_capacity(bytes));
        normal.extend(passphrase.nfkd());
        let seed = Zeroizing::new(self.0.to_seed_normalized(&normal));
        MasterSeed::from_bytes(&*seed).expect("a BIP-39 seed has 64 bytes, which SLIP-0010 takes")
    }

    /// How many words there are.
    pub fn word_count(&self) -> usize {
        self.0.word_count()
    }
}

impl FromStr for Mnemonic {
    type Err = MnemonicError;

    /// Reads words with any white space between them, in any case.
    fn from_str(text: &str) -> Result<Self, MnemonicError> {
        if text.len() > Self::PHRASE_BYTES_MAX {
            return Err(MnemonicError::TooLong { bytes: text.len() });
        }
        let phrase = Zeroizing::new(text.to_ascii_lowercase());
        bip39::Mnemonic::parse_in_normalized(Language::English, &phrase)
            .map(Self)
            .map_err(|error| MnemonicError::from_library(&error, &phrase))
    }
}

impl fmt::Debug for Mnemonic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mnemonic({} words, not shown)", self.word_count())
    }
}

/// Why a text is not a mnemonic, or bytes cannot become one. Who wrote the
/// words down looks at the paper again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MnemonicError {
    /// The count of words is not one of five.
    #[error("a mnemonic has 12, 15, 18, 21 or 24 words, not {found}")]
    WordCount {
        /// Words given.
        found: usize,
    },
    /// A word that no mnemonic has.
    #[error("word {position} is not in the English word list{}", meant(*.suggestion))]
    UnknownWord {
        /// Its place, counted from 1.
        position: usize,
        /// The word of the list that is nearest, if one is near.
        suggestion: Option<&'static str>,
    },
    /// Good words that do not belong together.
    #[error(
        "each word is in the word list, but the checksum does not match: \
         a word is another one, or two changed places"
    )]
    Checksum,
    /// More text than any mnemonic has.
    #[error(
        "{bytes} bytes are more than the {} that a mnemonic may have",
        Mnemonic::PHRASE_BYTES_MAX
    )]
    TooLong {
        /// Bytes given.
        bytes: usize,
    },
    /// Entropy of a length that BIP-39 does not know.
    #[error("the entropy of a mnemonic has 16, 20, 24, 28 or 32 bytes, not {bytes}")]
    EntropyLength {
        /// Bytes given.
        bytes: usize,
    },
}

impl MnemonicError {
    fn from_library(error: &bip39::Error, phrase: &str) -> Self {
        match error {
            bip39::Error::UnknownWord(index) => Self::UnknownWord {
                position: index + 1,
                suggestion: phrase.split_whitespace().nth(*index).and_then(nearest_word),
            },
            bip39::Error::InvalidChecksum => Self::Checksum,
            // The library has other errors only for entropy and for several
            // languages, none of which can come from reading English words.
            _ => Self::WordCount {
                found: phrase.split_whitespace().count(),
            },
        }
    }
}

fn meant(suggestion: Option<&str>) -> String {
    suggestion.map_or_else(String::new, |word| format!("; is it '{word}'?"))
}

/// The word of the list that was probably meant.
fn nearest_word(typed: &str) -> Option<&'static str> {
    // Longer than this, nothing is near: the longest word has 8 letters.
    const TYPED_BYTES_MAX: usize = 12;
    const EDITS_MAX: usize = 2;
    if typed.len() > TYPED_BYTES_MAX {
        return None;
    }
    let words = Language::English.word_list();
    // The first four letters name a word: that is how the list was made.
    let same_start = typed
        .get(..4)
        .and_then(|start| words.iter().find(|word| word.starts_with(start)));
    let nearest = || {
        words
            .iter()
            .map(|word| (edits(typed, word), word))
            .min_by_key(|(edits, _)| *edits)
            .filter(|(edits, _)| *edits <= EDITS_MAX)
            .map(|(_, word)| word)
    };
    same_start.or_else(nearest).copied()
}

/// How many letters must be added, removed or changed to turn one word into
/// the other (Levenshtein).
fn edits(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (at, letter) in from.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = at + 1;
        for (column, other) in to.bytes().enumerate() {
            let change = diagonal + usize::from(letter != other);
            diagonal = row[column + 1];
            row[column + 1] = change.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const PHRASE: &str =
        "legal winner thank year wave sausage worth useful legal winner thank yellow";

    #[test]
    fn white_space_and_case_do_not_matter() {
        let mnemonic: Mnemonic = PHRASE.parse().unwrap();
        let sloppy = format!("\n {}\t", PHRASE.to_uppercase().replace(' ', "\r\n  "));
        assert_eq!(sloppy.parse(), Ok(mnemonic.clone()));
        assert_eq!(*mnemonic.to_phrase(), PHRASE);
    }

    #[test]
    fn an_unknown_word_is_named_by_its_place_and_its_neighbour() {
        for (typed, suggestion) in [
            ("sausagge", Some("sausage")),
            ("suasage", Some("sausage")),
            ("sausag", Some("sausage")),
            ("xylophonist", None),
            ("äöü", None),
            ("zzzzzzzzzzzzzzzzzzzz", None),
        ] {
            let text = PHRASE.replace("sausage", typed);
            let error = text.parse::<Mnemonic>().unwrap_err();
            let expected = MnemonicError::UnknownWord {
                position: 6,
                suggestion,
            };
            assert_eq!(error, expected, "{typed}");
        }
    }

    #[test]
    fn each_word_names_itself_when_a_letter_is_lost() {
        for word in Language::English.word_list() {
            let typed = &word[..word.len() - 1];
            if !Language::English.word_list().contains(&typed) {
                let near = nearest_word(typed).expect("one letter is missing");
                assert!(edits(typed, near) <= 2, "{typed} {near}");
            }
        }
    }

    #[test]
    fn every_wrong_word_count_is_named() {
        for count in [0, 1, 11, 13, 23, 25, 48] {
            let text = vec!["zoo"; count].join(" ");
            assert_eq!(
                text.parse::<Mnemonic>(),
                Err(MnemonicError::WordCount { found: count })
            );
        }
    }

    #[test]
    fn swapped_words_and_wrong_lengths_are_refused() {
        let swapped = PHRASE.replace("worth useful", "useful worth");
        assert_eq!(swapped.parse::<Mnemonic>(), Err(MnemonicError::Checksum));
        let long = " ".repeat(Mnemonic::PHRASE_BYTES_MAX + 1);
        assert_eq!(
            long.parse::<Mnemonic>(),
            Err(MnemonicError::TooLong { bytes: 1025 })
        );
        for bytes in [0, 15, 17, 31, 33, 64] {
            assert_eq!(
                Mnemonic::from_entropy(&vec![7; bytes]),
                Err(MnemonicError::EntropyLength { bytes })
            );
        }
    }

    #[test]
    fn no_word_is_printed() {
        let mnemonic: Mnemonic = PHRASE.parse().unwrap();
        let shown = format!("{mnemonic:?}");
        assert!(PHRASE.split(' ').all(|word| !shown.contains(word)));
        let error = PHRASE.replace("year", "yyar").parse::<Mnemonic>();
        let said = error.unwrap_err().to_string();
        assert_eq!(
            said,
            "word 4 is not in the English word list; is it 'year'?"
        );
    }
}
