//! The bytes shown on the pages of the specification are the golden ones.
//!
//! A block begins with ```` ```golden:NAME ````. In each of its lines the hex
//! comes first, and a comment may follow after spaces.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

fn golden() -> BTreeMap<String, Value> {
    serde_json::from_str(include_str!("../../testdata/golden.json")).unwrap()
}

/// Name and hex of every golden block of a page.
fn blocks(page: &str) -> Vec<(String, String)> {
    let mut blocks: Vec<(String, String)> = Vec::new();
    let mut inside = false;
    for line in page.lines() {
        if let Some(name) = line.strip_prefix("```golden:") {
            blocks.push((name.to_owned(), String::new()));
            inside = true;
        } else if line.starts_with("```") {
            inside = false;
        } else if let (true, Some((_, hex))) = (inside, blocks.last_mut()) {
            hex.push_str(line.split_whitespace().next().unwrap_or_default());
        }
    }
    blocks
}

#[test]
fn spec_pages_show_the_golden_bytes() {
    let golden = golden();
    let pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/src/spec");
    let mut shown = 0;
    for page in std::fs::read_dir(pages).unwrap() {
        let path = page.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        for (name, hex) in blocks(&text) {
            let expected = golden.get(&name).map(|entry| entry["encoded"].clone());
            assert_eq!(
                Some(Value::from(hex)),
                expected,
                "{name} in {}",
                path.display()
            );
            shown += 1;
        }
    }
    assert!(shown >= 14, "only {shown} golden blocks on the pages");
}
