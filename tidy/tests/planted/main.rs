//! Tidy can fail: over a clean tree, one violation is planted for each habit,
//! and the rule finds that one and no other.

mod clean;

mod clippy_bans;
mod direction;
mod links;
mod lints;
mod machine_paths;
mod module_docs;
mod orphans;
mod placeholders;
mod public_integers;
mod size;
mod unwrap;
mod versions;

use clean::{Rule, assert_clean, assert_found, clean, with};

const RULES: &[Rule] = &[
    pyralog_tidy::clippy_bans::check,
    pyralog_tidy::direction::check,
    pyralog_tidy::links::check,
    pyralog_tidy::lints::check,
    pyralog_tidy::machine_paths::check,
    pyralog_tidy::module_docs::check,
    pyralog_tidy::orphans::check,
    pyralog_tidy::placeholders::check,
    pyralog_tidy::public_integers::check,
    pyralog_tidy::size::check,
    pyralog_tidy::unwrap::check,
    versions::check,
];

#[test]
fn the_clean_tree_keeps_every_habit() {
    for rule in RULES {
        assert_clean(*rule, &clean());
    }
}

#[test]
fn rust_that_cannot_be_read_is_not_passed_over() {
    let tree = with("primitives/src/height.rs", "//! Heights.\nfn {");
    for rule in [
        pyralog_tidy::orphans::check,
        pyralog_tidy::placeholders::check,
        pyralog_tidy::public_integers::check,
        pyralog_tidy::size::check,
        pyralog_tidy::unwrap::check,
    ] {
        assert_found(rule, &tree, "primitives/src/height.rs:2", "not Rust");
    }
}

#[test]
fn a_manifest_that_cannot_be_read_is_not_passed_over() {
    let tree = with("genesis/Cargo.toml", "[package]\nname =\n");
    for rule in [
        pyralog_tidy::direction::check,
        pyralog_tidy::lints::check,
        versions::check,
    ] {
        assert_found(rule, &tree, "genesis/Cargo.toml:2", "not TOML");
    }
}
