//! Derivation paths: the way from a master seed to one key.
//!
//! Written `m/44'/9797'/0'/0'/0'`. Each step is hardened, which the mark `'`
//! says: ed25519 has no other steps. A path has one spelling.

use std::fmt;
use std::str::FromStr;

/// Set in the number of each hardened step.
const HARDENED: u32 = 1 << 31;

/// Pyralog's number in the list of coin types of BIP-44.
const COIN_TYPE: u32 = 9797;

/// Which of the accounts under one mnemonic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountIndex(u32);

impl AccountIndex {
    /// The account that people use unless they want several.
    pub const FIRST: Self = Self(0);

    /// An index below 2³¹.
    pub const fn new(raw: u32) -> Result<Self, AccountIndexError> {
        if raw < HARDENED {
            Ok(Self(raw))
        } else {
            Err(AccountIndexError { raw })
        }
    }

    /// The number.
    pub const fn get(self) -> u32 {
        self.0
    }
}

/// A number that no account has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("account {raw} is beyond the last one, {}", HARDENED - 1)]
pub struct AccountIndexError {
    raw: u32,
}

/// The hardened steps from a master seed to a key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DerivationPath {
    /// Without the hardened bit.
    steps: Vec<u32>,
}

impl DerivationPath {
    /// Steps of the longest path. Accounts need 5; higher only makes deriving
    /// slower for whoever reads a foreign file.
    pub const STEP_COUNT_MAX: usize = 16;

    /// The longest text: `m` and, for each step, a slash, ten digits, a mark.
    pub(crate) const TEXT_BYTES_MAX: usize = 1 + 12 * Self::STEP_COUNT_MAX;

    /// Where the key of an account is: `m/44'/9797'/account'/0'/0'`.
    pub fn account(account: AccountIndex) -> Self {
        Self {
            steps: vec![44, COIN_TYPE, account.get(), 0, 0],
        }
    }

    /// The steps as SLIP-0010 hashes them: with the hardened bit.
    pub(crate) fn hardened_steps(&self) -> impl Iterator<Item = u32> + '_ {
        self.steps.iter().map(|step| step | HARDENED)
    }
}

impl fmt::Display for DerivationPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("m")?;
        self.steps.iter().try_for_each(|step| write!(f, "/{step}'"))
    }
}

impl FromStr for DerivationPath {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        if text.len() > Self::TEXT_BYTES_MAX {
            return Err(PathError::TooLong { bytes: text.len() });
        }
        let mut parts = text.split('/');
        if parts.next() != Some("m") {
            return Err(PathError::NoRoot);
        }
        let steps = parts
            .enumerate()
            .map(|(index, part)| parse_step(index + 1, part))
            .collect::<Result<Vec<u32>, PathError>>()?;
        if steps.len() > Self::STEP_COUNT_MAX {
            return Err(PathError::TooDeep { steps: steps.len() });
        }
        Ok(Self { steps })
    }
}

fn parse_step(position: usize, text: &str) -> Result<u32, PathError> {
    let not_a_number = || PathError::NotANumber {
        position,
        text: text.to_owned(),
    };
    let digits = text.strip_suffix('\'').unwrap_or(text);
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !plain || (digits.len() > 1 && digits.starts_with('0')) {
        return Err(not_a_number());
    }
    let step = digits.parse::<u32>().ok().filter(|step| *step < HARDENED);
    let step = step.ok_or_else(|| PathError::TooLarge {
        position,
        text: digits.to_owned(),
    })?;
    if digits.len() == text.len() {
        return Err(PathError::NotHardened { position, step });
    }
    Ok(step)
}

/// Why a text is not a path that ed25519 can follow.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// It does not begin with `m`.
    #[error("a derivation path begins with 'm', as in m/44'/{COIN_TYPE}'/0'/0'/0'")]
    NoRoot,
    /// A step without its mark.
    #[error(
        "step {position} ({step}) is not hardened; ed25519 keys have only hardened children, \
         because a public key cannot be derived without the secret: write {step}'"
    )]
    NotHardened {
        /// Which step, counted from 1.
        position: usize,
        /// Its number.
        step: u32,
    },
    /// A step that is no plain number.
    #[error("step {position} ({text:?}) is not a plain number with a mark, such as 44'")]
    NotANumber {
        /// Which step, counted from 1.
        position: usize,
        /// What stands there.
        text: String,
    },
    /// A step of 2³¹ or more.
    #[error("step {position} ({text}) is beyond the last one, {}", HARDENED - 1)]
    TooLarge {
        /// Which step, counted from 1.
        position: usize,
        /// Its digits.
        text: String,
    },
    /// More than [`DerivationPath::STEP_COUNT_MAX`] steps.
    #[error(
        "{steps} steps are more than the {} that a path may have",
        DerivationPath::STEP_COUNT_MAX
    )]
    TooDeep {
        /// Steps given.
        steps: usize,
    },
    /// More text than any path has.
    #[error(
        "{bytes} bytes are more than the {} that a path may have",
        DerivationPath::TEXT_BYTES_MAX
    )]
    TooLong {
        /// Bytes given.
        bytes: usize,
    },
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_account_has_the_registered_path() {
        let account = AccountIndex::new(7).unwrap();
        assert_eq!(
            DerivationPath::account(account).to_string(),
            "m/44'/9797'/7'/0'/0'"
        );
        assert_eq!(AccountIndex::new(HARDENED).ok(), None);
        assert_eq!(
            AccountIndex::new(HARDENED - 1).map(AccountIndex::get),
            Ok(HARDENED - 1)
        );
    }

    #[test]
    fn each_kind_of_bad_path_is_named() {
        let not_a_number = |position, text: &str| PathError::NotANumber {
            position,
            text: text.to_owned(),
        };
        let too_deep = "m".to_owned() + &"/0'".repeat(17);
        for (text, error) in [
            ("", PathError::NoRoot),
            ("44'/9797'", PathError::NoRoot),
            ("M/44'", PathError::NoRoot),
            ("m/", not_a_number(1, "")),
            ("m/44'/", not_a_number(2, "")),
            ("m/44'/'", not_a_number(2, "'")),
            ("m/044'", not_a_number(1, "044'")),
            ("m/44h", not_a_number(1, "44h")),
            ("m/+1'", not_a_number(1, "+1'")),
            ("m/44''", not_a_number(1, "44''")),
            (
                "m/44'/9797",
                PathError::NotHardened {
                    position: 2,
                    step: 9797,
                },
            ),
            (
                "m/2147483648'",
                PathError::TooLarge {
                    position: 1,
                    text: "2147483648".to_owned(),
                },
            ),
            (&too_deep, PathError::TooDeep { steps: 17 }),
            (&"m".repeat(200), PathError::TooLong { bytes: 200 }),
        ] {
            assert_eq!(text.parse::<DerivationPath>(), Err(error), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_path_reads_what_it_prints(
            steps in prop::collection::vec(0..HARDENED, 0..=DerivationPath::STEP_COUNT_MAX)
        ) {
            let path = DerivationPath { steps };
            prop_assert_eq!(path.to_string().parse::<DerivationPath>(), Ok(path));
        }
    }
}
