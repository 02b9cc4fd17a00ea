//! Amounts of the network's token.
//!
//! An amount is a whole count of the smallest unit; a token is 10⁹ of them.
//! People read and write tokens with up to nine decimals, machines the count.

use std::fmt;
use std::str::FromStr;

use borsh::{BorshDeserialize, BorshSerialize};

use crate::text::excerpt;

/// A count of the smallest unit of the token.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    BorshSerialize,
    BorshDeserialize,
)]
pub struct Amount(u128);

impl Amount {
    /// Digits after the decimal point.
    pub const DECIMALS: usize = 9;
    /// Smallest units in one token.
    pub const UNITS_PER_TOKEN: u128 = 1_000_000_000;
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The most that the type holds.
    pub const MAX: Self = Self(u128::MAX);

    /// An amount of `units` smallest units.
    pub const fn new(units: u128) -> Self {
        Self(units)
    }

    /// An amount of whole tokens.
    pub const fn from_tokens(tokens: u64) -> Self {
        Self(tokens as u128 * Self::UNITS_PER_TOKEN)
    }

    /// The count of smallest units.
    pub const fn get(self) -> u128 {
        self.0
    }

    /// The sum, unless it does not fit.
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(units) => Some(Self(units)),
            None => None,
        }
    }

    /// The difference, unless it is below zero.
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        match self.0.checked_sub(other.0) {
            Some(units) => Some(Self(units)),
            None => None,
        }
    }

    /// The sum of all, unless it does not fit.
    pub fn checked_sum(amounts: impl IntoIterator<Item = Self>) -> Option<Self> {
        amounts.into_iter().try_fold(Self::ZERO, Self::checked_add)
    }
}

impl fmt::Display for Amount {
    /// Tokens with up to nine decimals, without trailing zeros: `1.5`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (tokens, units) = (
            self.0 / Self::UNITS_PER_TOKEN,
            self.0 % Self::UNITS_PER_TOKEN,
        );
        if units == 0 {
            return write!(f, "{tokens}");
        }
        let decimals = format!("{units:09}");
        write!(f, "{tokens}.{}", decimals.trim_end_matches('0'))
    }
}

/// Why a text is not an amount of tokens.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// It is not digits with at most one point between them, or has zeros in
    /// front.
    #[error("{0} is not an amount; write tokens such as 12 or 0.5")]
    NotAnAmount(String),
    /// It has more decimals than the smallest unit.
    #[error("{0} has more than nine decimals")]
    TooFine(String),
    /// It is more than an amount can hold.
    #[error("{0} is too large")]
    TooLarge(String),
}

impl FromStr for Amount {
    type Err = AmountError;

    /// Reads tokens: `12`, `0.5`, `1000.000000001`.
    fn from_str(text: &str) -> Result<Self, AmountError> {
        let (tokens, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let leading_zero = tokens.len() > 1 && tokens.starts_with('0');
        if !digits(tokens) || !digits(decimals) || leading_zero {
            return Err(AmountError::NotAnAmount(excerpt(text)));
        }
        if decimals.len() > Self::DECIMALS {
            return Err(AmountError::TooFine(excerpt(text)));
        }
        let too_large = || AmountError::TooLarge(excerpt(text));
        let padded = format!("{decimals:0<width$}", width = Self::DECIMALS);
        let units: u128 = padded.parse().map_err(|_| too_large())?;
        let tokens: u128 = tokens.parse().map_err(|_| too_large())?;
        tokens
            .checked_mul(Self::UNITS_PER_TOKEN)
            .and_then(|whole| whole.checked_add(units))
            .map(Self)
            .ok_or_else(too_large)
    }
}

impl serde::Serialize for Amount {
    /// The count of smallest units, as a string.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for Amount {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <String as serde::Deserialize>::deserialize(deserializer)?;
        let canonical = |units: &u128| units.to_string() == text;
        let units = text.parse().ok().filter(canonical).ok_or_else(|| {
            let shown = excerpt(&text);
            serde::de::Error::custom(format!("{shown} is not a count of smallest units"))
        })?;
        Ok(Self(units))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn amounts_are_shown_in_tokens_without_trailing_zeros() {
        for (units, text) in [
            (0, "0"),
            (1, "0.000000001"),
            (1_500_000_000, "1.5"),
            (12_000_000_000, "12"),
            (u128::MAX, "340282366920938463463374607431.768211455"),
        ] {
            assert_eq!(Amount::new(units).to_string(), text);
        }
    }

    #[test]
    fn each_kind_of_bad_amount_is_named() {
        for text in [
            "", ".", "1.", ".5", "-1", "+1", "1e9", "1,5", "1.5.5", " 1", "01", "007.5", "1_000",
        ] {
            assert_eq!(
                text.parse::<Amount>(),
                Err(AmountError::NotAnAmount(excerpt(text)))
            );
        }
        let fine = "0.0000000001";
        assert_eq!(
            fine.parse::<Amount>(),
            Err(AmountError::TooFine(excerpt(fine)))
        );
        let large = "340282366920938463463374607431.768211456";
        assert_eq!(
            large.parse::<Amount>(),
            Err(AmountError::TooLarge(excerpt(large)))
        );
    }

    #[test]
    fn an_amount_in_json_is_a_plain_count_of_units() {
        assert_eq!(
            serde_json::to_string(&Amount::from_tokens(2)).unwrap(),
            "\"2000000000\""
        );
        for bad in [
            "2", "\"\"", "\"+1\"", "\"01\"", "\"1.5\"", "\" 1\"", "\"-1\"",
        ] {
            assert!(serde_json::from_str::<Amount>(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn an_amount_reads_what_it_prints(units: u128) {
            let amount = Amount::new(units);
            prop_assert_eq!(amount.to_string().parse::<Amount>(), Ok(amount));
            let json = serde_json::to_string(&amount).unwrap();
            prop_assert_eq!(serde_json::from_str::<Amount>(&json).unwrap(), amount);
        }

        #[test]
        fn sums_and_differences_never_wrap(a: u128, b: u128) {
            let sum = Amount::new(a).checked_add(Amount::new(b));
            prop_assert_eq!(sum.map(Amount::get), a.checked_add(b));
            let difference = Amount::new(a).checked_sub(Amount::new(b));
            prop_assert_eq!(difference.map(Amount::get), a.checked_sub(b));
            let all = Amount::checked_sum([a, b].map(Amount::new));
            prop_assert_eq!(all, sum);
        }
    }
}
