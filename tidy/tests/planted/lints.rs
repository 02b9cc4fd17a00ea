//! A manifest that does not take its lints or licence from us is found.

use pyralog_tidy::lints;

use crate::clean::{assert_clean, assert_found, manifest, with};

const FILE: &str = "cli/Cargo.toml";

#[test]
fn a_manifest_of_its_own_ways_is_found() {
    for (line, instead, says) in [
        ("[lints]\nworkspace = true\n", "", "[lints]"),
        (
            "[lints]\nworkspace = true\n",
            "[lints.rust]\nunused = \"allow\"\n",
            "[lints]",
        ),
        ("license.workspace = true\n", "", "license"),
        (
            "license.workspace = true\n",
            "license = \"MIT\"\n",
            "license",
        ),
    ] {
        let text = manifest("pyralog", "").replace(line, instead);
        assert_found(lints::check, &with(FILE, &text), "cli/Cargo.toml:1", says);
    }
}

#[test]
fn a_manifest_that_is_test_data_is_free() {
    let text = "[package]\nname = \"broken\"\n";
    assert_clean(lints::check, &with("cli/tests/testdata/Cargo.toml", text));
}

#[test]
fn a_workspace_of_its_own_has_nothing_to_take() {
    let text = "[package]\nname = \"pyralog-fuzz\"\n[workspace]\n";
    assert_clean(lints::check, &with("primitives/fuzz/Cargo.toml", text));
}
