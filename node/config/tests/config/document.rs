//! The file that a new node begins with changes nothing, and shows all.

use pyralog_config::{Layers, Loaded, Origin, commented_defaults};

fn load(text: &str) -> Loaded {
    let layers = Layers::new().file("config.toml", text);
    layers
        .load()
        .unwrap_or_else(|mistakes| panic!("{mistakes}\n{text}"))
}

/// The file with every line of a setting brought in.
fn uncommented(text: &str) -> String {
    let defaults = defaults();
    let names = defaults
        .entries()
        .filter_map(|entry| entry.key.split_once('.'));
    let beginnings: Vec<String> = names.map(|(_, name)| format!("{name} = ")).collect();
    let is_setting = |line: &str| beginnings.iter().any(|begin| line.starts_with(begin));
    let lines = text.lines().map(|line| match line.strip_prefix("# ") {
        Some(rest) if is_setting(rest) => rest,
        _ => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn defaults() -> Loaded {
    load("")
}

#[test]
fn the_file_as_it_is_written_changes_nothing() {
    let nothing = Layers::new().load();
    assert_eq!(nothing, Ok(load(&commented_defaults())));
}

#[test]
fn the_file_with_all_settings_brought_in_says_the_defaults() {
    let loaded = load(&uncommented(&commented_defaults()));
    assert_eq!(loaded.settings(), defaults().settings());
    let mut last = None;
    for entry in loaded.entries() {
        let Origin::File { line, .. } = entry.origin else {
            panic!("{} is not in the file", entry.key);
        };
        assert!(last < Some(*line), "{} is out of order", entry.key);
        last = Some(*line);
    }
}

#[test]
fn every_setting_and_section_is_explained() {
    let text = commented_defaults();
    let is_explained = |subject: &str| {
        let before = text.lines().take_while(|line| *line != subject);
        let last = before.last().unwrap();
        last.starts_with("# ") && last.ends_with('.')
    };
    let brought_in = uncommented(&text);
    for (line, bare) in text.lines().zip(brought_in.lines()) {
        if line != bare || line.starts_with('[') {
            assert!(is_explained(line), "{line}");
        }
        assert!(line.chars().count() <= 80, "{line}");
    }
    assert!(text.contains("# From 4KiB to 64MiB.\n# body_bytes_max = \"1MiB\"\n"));
    assert!(text.contains("# From 16 to 1000000000, or 0.\n# keep_blocks = 0\n"));
}
