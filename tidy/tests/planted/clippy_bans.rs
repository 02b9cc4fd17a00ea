//! A ban that a crate's `clippy.toml` lost is found.

use pyralog_tidy::clippy_bans;

use crate::clean::{assert_clean, assert_found, clean, manifest, with};

const FILE: &str = "primitives/clippy.toml";

#[test]
fn each_lost_ban_is_found() {
    for ban in [
        "std::sync::mpsc::channel",
        "std::time::Instant::now",
        "std::time::SystemTime::now",
        "std::thread::spawn",
        "std::collections::HashMap",
        "std::collections::HashSet",
    ] {
        let full = clean().text(FILE).map(str::to_owned).unwrap_or_default();
        let tree = with(FILE, &full.replace(ban, "another"));
        assert_found(clippy_bans::check, &tree, "primitives/clippy.toml:1", ban);
    }
}

#[test]
fn clippy_reads_the_nearest_file() {
    let full = clean().text(FILE).map(str::to_owned).unwrap_or_default();
    let mut tree = with("consensus/pbft/Cargo.toml", &manifest("pyralog-pbft", ""));
    tree.plant("consensus/clippy.toml", &full);
    assert_clean(clippy_bans::check, &tree);
    // The root's bans are repeated here, those of a pure crate are not.
    let short = full.replace("std::thread::spawn", "another");
    tree.plant("consensus/clippy.toml", &short);
    assert_found(
        clippy_bans::check,
        &tree,
        "consensus/clippy.toml:1",
        "std::thread::spawn",
    );
}

#[test]
fn a_new_ban_of_the_root_has_to_be_repeated() {
    let old = "disallowed-methods = [\"std::sync::mpsc::channel\"]\n";
    for (list, ban) in [
        ("disallowed-types", "std::sync::Mutex"),
        ("disallowed-macros", "std::println"),
    ] {
        let root = format!("{old}{list} = [{{ path = \"{ban}\" }}]\n");
        let tree = with("clippy.toml", &root);
        assert_found(clippy_bans::check, &tree, "primitives/clippy.toml:1", ban);
    }
}

#[test]
fn only_pure_crates_ban_the_clock() {
    let root = clean()
        .text("clippy.toml")
        .map(str::to_owned)
        .unwrap_or_default();
    assert_clean(clippy_bans::check, &with("cli/clippy.toml", &root));
    let empty = with("cli/clippy.toml", "");
    assert_found(
        clippy_bans::check,
        &empty,
        "cli/clippy.toml:1",
        "std::sync::mpsc::channel",
    );
}
