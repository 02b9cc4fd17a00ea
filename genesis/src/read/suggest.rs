//! Which key was probably meant.

use pyralog_primitives::text::nearest;

/// Longer keys are nobody's typing error.
const KEY_BYTES_MAX: usize = 64;
/// Shorter beginnings fit too much.
const PREFIX_BYTES_MIN: usize = 3;

/// The known key nearest to `key`, if it is near.
pub(crate) fn suggest(key: &str, known: &[&'static str]) -> Option<&'static str> {
    if key.len() > KEY_BYTES_MAX {
        return None;
    }
    let spelled = key.to_lowercase().replace(['-', ' '], "_");
    let begins = |candidate: &&&str| {
        spelled.len() >= PREFIX_BYTES_MIN
            && (candidate.starts_with(&spelled) || spelled.starts_with(**candidate))
    };
    nearest(&spelled, known.iter().copied()).or_else(|| known.iter().find(begins).copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_keys_and_beginnings_are_suggested() {
        let known = ["name", "public_key", "stake", "possession"];
        for (key, expected) in [
            ("steak", Some("stake")),
            ("publickey", Some("public_key")),
            ("public-key", Some("public_key")),
            ("PUBLIC_KEY", Some("public_key")),
            ("poss", Some("possession")),
            ("stake_amount", Some("stake")),
            ("moniker", None),
            ("", None),
            ("p", None),
        ] {
            assert_eq!(suggest(key, &known), expected, "{key}");
        }
        let long = format!("stake{}", "x".repeat(KEY_BYTES_MAX));
        assert_eq!(suggest(&long, &known), None);
    }
}
