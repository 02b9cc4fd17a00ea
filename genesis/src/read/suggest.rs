//! Which key was probably meant.

/// Longer keys are nobody's typing error.
const KEY_BYTES_MAX: usize = 64;
/// Shorter beginnings fit too much.
const PREFIX_BYTES_MIN: usize = 3;
/// More errors in a word, and it is another word.
const DISTANCE_MAX: usize = 2;

/// The known key nearest to `key`, if it is near.
pub(crate) fn suggest(key: &str, known: &[&'static str]) -> Option<&'static str> {
    if key.len() > KEY_BYTES_MAX {
        return None;
    }
    let spelled = key.to_lowercase().replace(['-', ' '], "_");
    let near = |candidate: &&&str| distance(&spelled, candidate) <= DISTANCE_MAX;
    let begins = |candidate: &&&str| {
        spelled.len() >= PREFIX_BYTES_MIN
            && (candidate.starts_with(&spelled) || spelled.starts_with(**candidate))
    };
    let by_distance = known.iter().filter(near);
    by_distance
        .min_by_key(|candidate| distance(&spelled, candidate))
        .or_else(|| known.iter().find(begins))
        .copied()
}

/// The least count of characters to insert, remove or replace.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, c) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, d) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(c != *d);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_count_single_characters() {
        for (one, other, expected) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("stake", "stake", 0),
            ("steak", "stake", 2),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(one, other), expected, "{one} {other}");
        }
    }

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
