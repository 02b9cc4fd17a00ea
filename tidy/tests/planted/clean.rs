//! A small repository that keeps every habit, and what the tests ask of it.

use pyralog_tidy::{Tree, Violation};

pub(crate) type Rule = fn(&Tree) -> Vec<Violation>;

const MANIFEST_HEAD: &str = "\
[package]
name = \"NAME\"
license.workspace = true
[lints]
workspace = true
";

const PURE_CLIPPY: &str = "\
disallowed-methods = [
    \"std::sync::mpsc::channel\",
    { path = \"std::time::Instant::now\", reason = \"time is an input\" },
    \"std::time::SystemTime::now\",
    \"std::thread::spawn\",
]
disallowed-types = [\"std::collections::HashMap\", \"std::collections::HashSet\"]
";

const FILES: &[(&str, &str)] = &[
    (
        "Cargo.toml",
        "[workspace.dependencies]\nblake3 = \"1\"\npyralog-primitives = { path = \"primitives\" }\n",
    ),
    (
        "Cargo.lock",
        "[[package]]\nname = \"blake3\"\n\n[[package]]\nname = \"pyralog-primitives\"\n",
    ),
    (
        "clippy.toml",
        "disallowed-methods = [\"std::sync::mpsc::channel\"]\n",
    ),
    ("primitives/clippy.toml", PURE_CLIPPY),
    ("primitives/src/lib.rs", "//! Words.\n\nmod height;\n"),
    ("primitives/src/height.rs", "//! Heights.\n"),
    ("cli/src/main.rs", "//! The command line.\n\nfn main() {}\n"),
    ("cli/tests/keys.rs", "//! Keys are shown.\n"),
    ("README.md", "[start](docs/src/start.md#first-steps)\n"),
    ("docs/src/SUMMARY.md", "- [Start](start.md)\n"),
    ("docs/src/start.md", "# Start\n\n## First steps\n"),
];

/// The clean tree: one pure crate, one program, one page.
pub(crate) fn clean() -> Tree {
    let mut tree = Tree::of(FILES);
    for (path, name, dependency) in [
        ("primitives/Cargo.toml", "pyralog-primitives", "blake3"),
        ("cli/Cargo.toml", "pyralog", "pyralog-primitives"),
    ] {
        let dependencies = format!("[dependencies]\n{dependency}.workspace = true\n");
        tree.plant(path, &manifest(name, &dependencies));
    }
    tree
}

/// The clean tree with one more file, or another text of one.
pub(crate) fn with(path: &str, text: &str) -> Tree {
    let mut tree = clean();
    tree.plant(path, text);
    tree
}

/// A manifest that keeps every habit. Lines of `dependencies` begin at 6.
pub(crate) fn manifest(name: &str, dependencies: &str) -> String {
    MANIFEST_HEAD.replace("NAME", name) + dependencies
}

/// The rule finds one violation, at `place`, and its message says `says`.
#[track_caller]
pub(crate) fn assert_found(rule: Rule, tree: &Tree, place: &str, says: &str) {
    let found: Vec<String> = rule(tree).iter().map(Violation::to_string).collect();
    let [only] = &found[..] else {
        panic!("one violation is planted at {place}, found: {found:#?}");
    };
    assert!(only.starts_with(&format!("{place}: ")), "{only}");
    assert!(only.contains(says), "{only} does not say {says:?}");
    assert!(only.contains("; "), "{only} does not say what to do");
}

#[track_caller]
pub(crate) fn assert_clean(rule: Rule, tree: &Tree) {
    assert_eq!(rule(tree), []);
}
