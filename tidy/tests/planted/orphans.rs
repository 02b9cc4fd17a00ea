//! A file that nothing compiles is found.

use pyralog_tidy::{Tree, orphans};

use crate::clean::{assert_clean, assert_found, manifest, with};

/// The clean tree, where one file leads to another.
fn leading(from: (&str, &str), to: &str) -> Tree {
    let mut tree = with(from.0, from.1);
    tree.plant(to, "//! Led to.\n");
    tree
}

#[test]
fn a_file_that_no_module_declares_is_found() {
    for path in [
        "primitives/src/lost.rs",
        "primitives/src/height/deep.rs",
        "primitives/lost.rs",
    ] {
        let place = format!("{path}:1");
        assert_found(orphans::check, &with(path, "//! L.\n"), &place, "no `mod`");
    }
    let tree = with("primitives/src/lib.rs", "//! Words.\n// mod height;\n");
    assert_found(
        orphans::check,
        &tree,
        "primitives/src/height.rs:1",
        "no `mod`",
    );
}

#[test]
fn a_file_in_no_crate_is_found() {
    let tree = with("scripts/lost.rs", "//! L.\n");
    assert_found(orphans::check, &tree, "scripts/lost.rs:1", "no crate");
}

#[test]
fn declarations_lead_to_files_as_the_compiler_reads_them() {
    let height = "primitives/src/height.rs";
    for (from, to) in [
        ((height, "mod deep;"), "primitives/src/height/deep.rs"),
        ((height, "mod deep;"), "primitives/src/height/deep/mod.rs"),
        (
            (height, "mod a { mod deep; }"),
            "primitives/src/height/a/deep.rs",
        ),
        (
            (height, "#[cfg(test)] mod tests;"),
            "primitives/src/height/tests.rs",
        ),
        (
            (height, "#[path = \"height_tests.rs\"] mod tests;"),
            "primitives/src/height_tests.rs",
        ),
        (
            (height, "mod a { mod b { mod deep; } }"),
            "primitives/src/height/a/b/deep.rs",
        ),
        (("cli/src/main.rs", "mod keys;"), "cli/src/keys.rs"),
        (
            ("cli/src/bin/tool/main.rs", "mod part;"),
            "cli/src/bin/tool/part.rs",
        ),
        (
            ("cli/build.rs", "#[path = \"src/shared.rs\"] mod shared;"),
            "cli/src/shared.rs",
        ),
    ] {
        assert_clean(orphans::check, &leading(from, to));
    }
}

#[test]
fn a_module_in_a_folder_of_its_own_leads_into_that_folder() {
    let mut tree = leading(("cli/src/keys/mod.rs", "mod deep;"), "cli/src/keys/deep.rs");
    tree.plant("cli/src/main.rs", "mod keys;");
    assert_clean(orphans::check, &tree);
}

#[test]
fn the_manifest_names_roots_in_other_places() {
    let mut tree = with("cli/odd/root.rs", "//! Root.\n");
    assert_found(orphans::check, &tree, "cli/odd/root.rs:1", "no `mod`");
    for table in ["[lib]", "[[bin]]", "[[test]]", "[[bench]]", "[[example]]"] {
        let target = format!("{table}\npath = \"odd/root.rs\"\n");
        tree.plant("cli/Cargo.toml", &manifest("pyralog", &target));
        assert_clean(orphans::check, &tree);
    }
    tree.plant("cli/Cargo.toml", "[package]\nbuild = \"odd/root.rs\"\n");
    assert_clean(orphans::check, &tree);
}

#[test]
fn cargo_finds_programs_and_fuzz_crates_name_their_targets() {
    for path in [
        "cli/src/bin/tool.rs",
        "cli/tests/a/b.rs",
        "cli/benches/c.rs",
        "cli/examples/d.rs",
    ] {
        assert_clean(orphans::check, &with(path, "//! Root.\n"));
    }
    let target = "[workspace]\n[[bin]]\nname = \"codec\"\npath = \"targets/codec.rs\"\n";
    let mut tree = with(
        "primitives/fuzz/Cargo.toml",
        &manifest("pyralog-fuzz", target),
    );
    tree.plant("primitives/fuzz/targets/codec.rs", "//! Root.\n");
    assert_clean(orphans::check, &tree);
    tree.plant("primitives/fuzz/targets/lost.rs", "//! Lost.\n");
    assert_found(
        orphans::check,
        &tree,
        "primitives/fuzz/targets/lost.rs:1",
        "no `mod`",
    );
}
