//! No text makes loading panic, hang or fill the memory.

use proptest::prelude::*;
use pyralog_config::{Layers, commented_defaults};

/// Pieces that TOML or a setting gives a meaning to.
const PIECES: &[&str] = &[
    "rpc",
    "log",
    "store",
    "mempool",
    "listen",
    "cors_origins",
    "keep_blocks",
    "cache",
    "index_events",
    "filter",
    "\"127.0.0.1:1\"",
    "\"1MiB\"",
    "\"*\"",
    "=",
    " = ",
    "\n",
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
    "true",
    "2026-11-21",
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

/// Loading ends, and says what is wrong in one quiet line for each mistake.
fn load(layers: &Layers) -> Result<(), TestCaseError> {
    match layers.load() {
        Ok(loaded) => prop_assert!(loaded.entries().count() > 0),
        Err(mistakes) => {
            let shown = mistakes.to_string();
            let more = usize::from(mistakes.left_out() > 0);
            prop_assert_eq!(shown.lines().count(), mistakes.iter().len() + more);
            let steady = |c: char| c == '\n' || !c.is_control();
            prop_assert!(shown.chars().all(steady), "{:?}", shown);
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_text_as_file_is_loaded_or_refused(text in "(?s).{0,300}") {
        load(&Layers::new().file("config.toml", text))?;
    }

    #[test]
    fn any_toml_as_file_is_loaded_or_refused(text in toml_like()) {
        load(&Layers::new().file("config.toml", text))?;
    }

    #[test]
    fn a_damaged_file_is_loaded_or_refused(
        at in any::<prop::sample::Index>(),
        length in 0usize..40,
        piece in prop::sample::select(PIECES),
    ) {
        let text = commented_defaults().replace("\n# ", "\n");
        let at = at.index(text.len());
        let end = (at + length).min(text.len());
        load(&Layers::new().file("config.toml", [&text[..at], piece, &text[end..]].concat()))?;
    }

    #[test]
    fn any_value_of_any_setting_is_loaded_or_refused(
        place in any::<prop::sample::Index>(),
        value in "(?s).{0,40}",
    ) {
        let defaults = Layers::new().load().unwrap();
        let keys: Vec<&str> = defaults.entries().map(|entry| entry.key).collect();
        let key = *place.get(&keys);
        let variable = format!("PYRALOG_{}", key.replace('.', "__").to_uppercase());
        load(&Layers::new().set([format!("{key}={value}")]))?;
        load(&Layers::new().environment([(variable, value.clone())]))?;
        load(&Layers::new().dev(&[(key, &value)]))?;
    }

    #[test]
    fn any_set_or_variable_is_loaded_or_refused(name in "(?s).{0,40}", value in "(?s).{0,40}") {
        load(&Layers::new().set([format!("{name}={value}"), name.clone()]))?;
        load(&Layers::new().environment([(format!("PYRALOG_{name}__{value}"), value)]))?;
    }
}

#[test]
fn deep_nesting_does_not_exhaust_the_stack() {
    let key = |dots: usize| vec!["a"; dots + 1].join(".");
    for (tables, dots) in [(1, 10_000), (6_000, 1), (8, 79), (8, 78), (3, 79), (79, 79)] {
        let key = key(dots);
        let open = format!("{key} = {{ ").repeat(tables);
        let close = " }".repeat(tables);
        // Twice, so that the parser drops the second.
        let twice = format!("[{key}]\n{open}{key} = 1{close}\n{open}{key} = 1{close}\n");
        let once = format!("{open}{key} = 1{close}\n");
        for text in [twice, once] {
            assert!(Layers::new().file("config.toml", text).load().is_err());
        }
    }
    for bracket in ["[", "{", "[{a=", "{a=["] {
        let text = format!("a = {}", bracket.repeat(10_000));
        assert!(Layers::new().file("config.toml", text).load().is_err());
    }
}
