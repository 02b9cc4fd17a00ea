//! A dependency with a version of its own is found, and one locked twice.

use pyralog_tidy::{Tree, Violation, versions};

use crate::clean::{assert_clean, assert_found, clean, manifest, with};

const LOCKED_TWICE: &str = "\
[[package]]
name = \"blake3\"
[[package]]
name = \"blake3\"
";

/// The clean tree needs none of the exceptions of the real one.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    versions::check_against(tree, &[])
}

fn check_with_exception(tree: &Tree) -> Vec<Violation> {
    versions::check_against(tree, &[("blake3", "the reason")])
}

#[test]
fn a_version_in_a_member_is_found() {
    for (section, spec) in [
        ("dependencies", "\"1\""),
        ("build-dependencies", "{ version = \"1\" }"),
        ("dev-dependencies", "{ git = \"somewhere\" }"),
    ] {
        let text = manifest("pyralog", &format!("[{section}]\nhex = {spec}\n"));
        let mut tree = with("cli/Cargo.toml", &text);
        tree.plant("Cargo.toml", "[workspace.dependencies]\nblake3 = \"1\"\n");
        assert_found(check, &tree, "cli/Cargo.toml:7", "`hex` names a version");
    }
}

#[test]
fn workspace_and_path_are_the_ways_to_depend() {
    let ours = "pyralog-primitives = { workspace = true, features = [] }";
    let measure = "pyralog-measure = { path = \"../testnet/measure\" }";
    let text = manifest("pyralog", &format!("[dependencies]\n{ours}\n{measure}\n"));
    assert_clean(check, &with("cli/Cargo.toml", &text));
}

#[test]
fn a_workspace_of_its_own_is_no_member() {
    let text = manifest("pyralog-fuzz", "[dependencies]\nhex = \"1\"\n[workspace]\n");
    assert_clean(check, &with("primitives/fuzz/Cargo.toml", &text));
}

#[test]
fn a_missing_lock_file_is_found() {
    let tree = Tree::of(&[("Cargo.toml", "")]);
    assert_found(check, &tree, "Cargo.lock:1", "does not exist");
}

#[test]
fn a_crate_locked_twice_is_found() {
    assert_found(
        check,
        &with("Cargo.lock", LOCKED_TWICE),
        "Cargo.lock:4",
        "second version",
    );
}

#[test]
fn an_exception_holds_as_long_as_it_is_needed() {
    assert_clean(check_with_exception, &with("Cargo.lock", LOCKED_TWICE));
    assert_found(
        check_with_exception,
        &clean(),
        "Cargo.lock:1",
        "locked once",
    );
}

#[test]
fn an_entry_that_nobody_uses_is_found() {
    let text = manifest("pyralog-primitives", "");
    let tree = with("primitives/Cargo.toml", &text);
    assert_found(check, &tree, "Cargo.toml:2", "no member uses `blake3`");
}
