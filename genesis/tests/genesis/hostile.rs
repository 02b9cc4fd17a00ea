//! No input makes the crate panic, hang or fill the memory.

use proptest::prelude::*;
use pyralog_genesis::Genesis;
use pyralog_primitives::codec::Canonical;

use crate::support::{CHAIN, full_document, full_genesis};

/// Pieces that TOML gives a meaning to.
const PIECES: &[&str] = &[
    "format",
    "chain_id",
    "time",
    "consensus",
    "kind",
    "accounts",
    "validators",
    "network",
    "bootstrap",
    "parameters",
    "stake",
    "name",
    "=",
    " = ",
    "\n",
    "\n\n",
    "[",
    "]",
    "[[",
    "]]",
    "{",
    "}",
    ",",
    ".",
    "\"",
    "'",
    "\"\"\"",
    "'''",
    "#",
    "\\",
    "\\u",
    "0x",
    "-",
    "+",
    "_",
    "1",
    "9999999999999999999999",
    "1.5e9",
    "nan",
    "inf",
    "true",
    "2026-11-21",
    "T00:00:00Z",
    "\"solo\"",
    "\"500ms\"",
    "\u{0}",
    "\u{feff}",
    "\u{202e}",
    "é",
    "\r",
    "\r\n",
    "\t",
];

fn toml_like() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(PIECES), 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn random_text_is_refused_quietly(text in ".{0,200}") {
        prop_assert!(Genesis::parse(&text).is_err());
    }

    #[test]
    fn random_toml_is_refused_with_a_line_for_each_mistake(text in toml_like()) {
        let mistakes = Genesis::parse(&text).unwrap_err();
        prop_assert!(mistakes.iter().len() > 0);
        let shown = mistakes.to_string();
        prop_assert_eq!(shown.lines().count(), mistakes.iter().len());
        let steady = |c: char| c == '\n' || !c.is_control();
        prop_assert!(shown.chars().all(steady), "{:?}", shown);
    }

    #[test]
    fn a_damaged_document_is_refused_or_means_something(
        at in any::<prop::sample::Index>(),
        length in 0usize..40,
        piece in prop::sample::select(PIECES),
    ) {
        let text = full_document(CHAIN);
        let at = at.index(text.len());
        let end = (at + length).min(text.len());
        let damaged = [&text[..at], piece, &text[end..]].concat();
        if let Ok(genesis) = Genesis::parse(&damaged) {
            prop_assert_eq!(Genesis::decode(&genesis.encode()), Ok(genesis));
        }
    }

    #[test]
    fn random_bytes_never_decode(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(Genesis::decode(&bytes).is_err());
    }

    #[test]
    fn damaged_bytes_decode_only_to_what_encodes_to_them(
        at in any::<prop::sample::Index>(),
        byte: u8,
    ) {
        let mut bytes = full_genesis().encode();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(genesis) = Genesis::decode(&bytes) {
            prop_assert_eq!(genesis.encode(), bytes);
        }
    }
}

/// Keys with dots inside of inline tables inside of each other, twice, so that
/// the parser drops the second. What stands before each may confuse a counter.
fn deep_document(before: &str, tables: usize, dots: usize) -> String {
    let key = vec!["a"; dots + 1].join(".");
    let open = format!("{before}{key} = {{ ").repeat(tables);
    let close = " }".repeat(tables);
    format!("[{key}]\n{open}{key} = 1{close}\n{open}{key} = 1{close}\n")
}

#[test]
fn deep_nesting_does_not_exhaust_the_stack() {
    let confusing = [
        "",
        "a\" = '",
        "'a' . ",
        "\"\\\\\".",
        "\"\\a\".",
        "'''a'''''.",
        "a'.",
        "\r",
        "x = \"",
    ];
    for before in confusing {
        for (tables, dots) in [
            (1, 10_000),
            (10_000, 1),
            (78, 78),
            (79, 79),
            (82, 7),
            (82, 8),
        ] {
            assert!(Genesis::parse(&deep_document(before, tables, dots)).is_err());
        }
    }
    for bracket in ["[", "{", "[{a=", "{a=["] {
        let text = format!("a = {}", bracket.repeat(100_000));
        assert!(Genesis::parse(&text).is_err());
    }
}

#[test]
fn a_flood_of_mistakes_is_counted_not_kept() {
    let lines: Vec<String> = (0..100_000)
        .map(|number| format!("k{number:x}=1"))
        .collect();
    let mistakes = Genesis::parse(&lines.join("\n")).unwrap_err();
    assert_eq!(mistakes.left_out(), 100_000 + 5 - mistakes.iter().len());
    let mistakes = Genesis::parse(&"=\n".repeat(100_000)).unwrap_err();
    assert_eq!(mistakes.left_out(), 100_000 - mistakes.iter().len());
    // Nobody wrote so long a text by hand: the first error is enough.
    let mistakes = Genesis::parse(&"=\n".repeat(600_000)).unwrap_err();
    assert_eq!((mistakes.iter().len(), mistakes.left_out()), (1, 0));
}
