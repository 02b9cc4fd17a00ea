//! The filter of the log: levels, and targets with levels, between commas.
//!
//! Stricter than the `EnvFilter` underneath, which takes a misspelled level for
//! the name of a target and then shows nothing but that.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// Higher, and whoever may set the filter makes every event slow; lower, and a
/// filter that names each crate of a node does not fit.
pub const FILTER_BYTES_MAX: usize = 4_096;

/// Lower, and an error does not show which part is meant; higher, and it fills
/// the screen.
const SHOWN_CHARS_MAX: usize = 64;

/// Libraries that tell at `info` of each vote, or of what the node says itself,
/// or warn that a first node has no peers yet. Whoever looks for a fault names
/// them.
const CHATTY: &str = "arc_malachitebft=warn,libp2p=warn,libp2p_kad=error";

/// Why a text is no filter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// It says nothing.
    #[error("the log filter is empty; give a level, such as info")]
    Empty,
    /// It is too long to be meant.
    #[error("the log filter has {bytes} bytes, at most {FILTER_BYTES_MAX}; name fewer targets")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// One of its parts says neither a level nor a target and a level.
    #[error(
        "the log filter has a part {part:?} that is neither a level (off, error, warn, info, \
         debug, trace) nor target=level; mend it"
    )]
    BadPart {
        /// The part, cut to what one can read.
        part: String,
    },
}

/// Reads a filter such as `info,pyralog_store=debug`. Libraries that chatter say
/// no more than warnings, unless they are named.
pub(super) fn parse(text: &str) -> Result<EnvFilter, FilterError> {
    let bytes = text.len();
    if bytes > FILTER_BYTES_MAX {
        return Err(FilterError::TooLong { bytes });
    }
    // Parts are trimmed here: with spaces around a part, `EnvFilter` counts its
    // bytes wrongly, and panics if it then cuts a character in two.
    let parts: Vec<&str> = text.split(',').map(str::trim).collect();
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    if parts.is_empty() {
        return Err(FilterError::Empty);
    }
    // Expressions would let whoever sets the filter choose what each event
    // costs.
    let builder = EnvFilter::builder().with_regex(false);
    let bad_part = |part: &str| FilterError::BadPart {
        part: part.chars().take(SHOWN_CHARS_MAX).collect(),
    };
    for part in &parts {
        if !says_level(part) || builder.parse(part).is_err() {
            return Err(bad_part(part));
        }
    }
    let level = |part: &&str| part.parse::<LevelFilter>();
    let is_verbose = |part: &&str| level(part).is_ok_and(|level| level > LevelFilter::WARN);
    let quieted = parts.iter().any(is_verbose).then_some(CHATTY);
    // First, so that the same target named again goes before it.
    let all: Vec<&str> = quieted.into_iter().chain(parts).collect();
    let filter = all.join(",");
    builder.parse(&filter).map_err(|_| bad_part(&filter))
}

/// Whether a part is more than the bare name of a target. A span in brackets
/// may do without a level: nobody writes one by mistake.
fn says_level(part: &str) -> bool {
    match part.rsplit_once('=') {
        Some((_, level)) => !level.is_empty(),
        None => part.contains('[') || part.parse::<LevelFilter>().is_ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bad_part(filter: &str) -> String {
        match parse(filter) {
            Err(FilterError::BadPart { part }) => part,
            other => panic!("{filter:?} is {other:?}"),
        }
    }

    #[test]
    fn levels_targets_and_spans_are_understood() {
        for filter in [
            "info",
            "OFF",
            "warn,pyralog_store=debug",
            " info , hyper=warn ,",
            "info,pyralog_chain[execute]=trace",
            "[execute{height=7}]",
        ] {
            assert!(parse(filter).is_ok(), "{filter}");
        }
    }

    #[test]
    fn the_bad_part_is_named() {
        for (filter, part) in [
            ("inf0", "inf0"),
            ("info,hyper=wran,off", "hyper=wran"),
            ("info,pyralog_store", "pyralog_store"),
            ("info,hyper=", "hyper="),
            ("info,=debug", "=debug"),
            ("info,a[b", "a[b"),
            ("info, é=dbug", "é=dbug"),
            ("info,\u{1b}[2J=info", "\u{1b}[2J=info"),
        ] {
            assert_eq!(bad_part(filter), part);
        }
        let message = parse("info,\u{1b}c=info").unwrap_err().to_string();
        assert!(!message.contains('\u{1b}'), "{message}");
        assert_eq!(bad_part(&"x".repeat(100)).len(), SHOWN_CHARS_MAX);
    }

    #[test]
    fn a_filter_says_something_and_not_too_much() {
        for filter in ["", " ", ",", " , "] {
            assert_eq!(parse(filter).unwrap_err(), FilterError::Empty);
        }
        let longest = format!("{}=info", "a".repeat(FILTER_BYTES_MAX - 5));
        assert!(parse(&longest).is_ok());
        let bytes = FILTER_BYTES_MAX + 1;
        let error = parse(&format!("a{longest}")).unwrap_err();
        assert_eq!(error, FilterError::TooLong { bytes });
    }
}
