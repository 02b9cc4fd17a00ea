//! The names that a document gives: to its chain and to its validators.

use crate::checked_text::checked_text;
use crate::problem::Problem;

/// Shorter ids say nothing.
pub const CHAIN_ID_BYTES_MIN: usize = 3;
/// Longer ids do not fit paths, tables and metrics.
pub const CHAIN_ID_BYTES_MAX: usize = 32;
/// Longer names do not fit tables.
pub const NAME_BYTES_MAX: usize = 32;

/// What the ids of development networks begin with.
const DEVELOPMENT_PREFIX: &str = "dev-";

checked_text!(
    /// The name of a chain: 3 to 32 of `a-z 0-9 -`, beginning with a letter,
    /// ending with a letter or digit. It names folders and metrics; what keeps
    /// networks apart is the genesis hash.
    ChainId,
    "chain id",
    CHAIN_ID_BYTES_MAX,
    check_chain_id
);

impl ChainId {
    /// Whether it names a network for development, whose keys anyone may know.
    pub fn is_development(&self) -> bool {
        self.as_str().starts_with(DEVELOPMENT_PREFIX)
    }
}

fn check_chain_id(text: &str) -> Result<(), Problem> {
    let allowed = |c: &char| matches!(c, 'a'..='z' | '0'..='9' | '-');
    if let Some(found) = text.chars().find(|c| !allowed(c)) {
        return Err(Problem::ChainIdCharacter { found });
    }
    let found = text.len();
    if !(CHAIN_ID_BYTES_MIN..=CHAIN_ID_BYTES_MAX).contains(&found) {
        return Err(Problem::ChainIdLength { found });
    }
    if !text.starts_with(|c: char| c.is_ascii_lowercase()) {
        return Err(Problem::ChainIdStart);
    }
    if text.ends_with('-') {
        return Err(Problem::ChainIdEnd);
    }
    Ok(())
}

checked_text!(
    /// The name that people give a validator: 1 to 32 printable ASCII
    /// characters, no space at either end. Other scripts have letters that look
    /// alike and marks that turn the text around; names stand in tables where
    /// operators decide whom to trust.
    ValidatorName,
    "validator name",
    NAME_BYTES_MAX,
    check_validator_name
);

fn check_validator_name(text: &str) -> Result<(), Problem> {
    if let Some(found) = text.chars().find(|c| !matches!(c, ' '..='~')) {
        return Err(Problem::NameCharacter { found });
    }
    if !(1..=NAME_BYTES_MAX).contains(&text.len()) {
        return Err(Problem::NameLength { found: text.len() });
    }
    if text.starts_with(' ') || text.ends_with(' ') {
        return Err(Problem::NameEdge);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chain_ids_follow_the_rule() {
        for good in ["abc", "dev-local", "a1-2b", &"x".repeat(32)] {
            assert!(ChainId::new(good).is_ok(), "{good}");
        }
        let length = |found| Err(Problem::ChainIdLength { found });
        let character = |found| Err(Problem::ChainIdCharacter { found });
        for (bad, problem) in [
            ("", length(0)),
            ("ab", length(2)),
            (&"x".repeat(33), length(33)),
            ("Abc", character('A')),
            ("a_c", character('_')),
            ("a\u{430}c", character('\u{430}')),
            ("1ab", Err(Problem::ChainIdStart)),
            ("-ab", Err(Problem::ChainIdStart)),
            ("ab-", Err(Problem::ChainIdEnd)),
        ] {
            assert_eq!(ChainId::new(bad), problem, "{bad}");
        }
    }

    #[test]
    fn only_the_whole_prefix_makes_a_development_network() {
        assert!(ChainId::new("dev-1").unwrap().is_development());
        assert!(!ChainId::new("dev").unwrap().is_development());
        assert!(!ChainId::new("development").unwrap().is_development());
        assert!(!ChainId::new("my-dev-net").unwrap().is_development());
    }

    #[test]
    fn validator_names_follow_the_rule() {
        for good in ["a", "alice", "Alice & Bob \"2\"", &"~".repeat(32)] {
            assert!(ValidatorName::new(good).is_ok(), "{good}");
        }
        let character = |found| Err(Problem::NameCharacter { found });
        for (bad, problem) in [
            ("", Err(Problem::NameLength { found: 0 })),
            (&"x".repeat(33), Err(Problem::NameLength { found: 33 })),
            ("a\tb", character('\t')),
            ("a\u{202e}b", character('\u{202e}')),
            ("\u{7f}", character('\u{7f}')),
            (" a", Err(Problem::NameEdge)),
            ("a ", Err(Problem::NameEdge)),
        ] {
            assert_eq!(ValidatorName::new(bad), problem, "{bad}");
        }
    }
}
