//! An edge against the direction is found, and a crate out of its place.

use pyralog_tidy::{Tree, direction};

use crate::clean::{assert_clean, assert_found, manifest, with};

fn primitives_with(dependencies: &str) -> Tree {
    with(
        "primitives/Cargo.toml",
        &manifest("pyralog-primitives", dependencies),
    )
}

#[test]
fn a_crate_without_a_standing_is_found() {
    let tree = with("util/Cargo.toml", &manifest("pyralog-util", ""));
    assert_found(
        direction::check,
        &tree,
        "util/Cargo.toml:1",
        "has no standing",
    );
}

#[test]
fn an_edge_against_the_direction_is_found_also_in_tests() {
    for section in [
        "dependencies",
        "dev-dependencies",
        "target.'cfg(unix)'.dependencies",
    ] {
        let tree = primitives_with(&format!("[{section}]\npyralog.workspace = true\n"));
        let says = "`pyralog-primitives` may not use `pyralog`";
        assert_found(direction::check, &tree, "primitives/Cargo.toml:7", says);
    }
}

#[test]
fn a_rename_hides_no_edge() {
    let mut tree = primitives_with("[dependencies]\nshell.workspace = true\n");
    tree.plant(
        "Cargo.toml",
        "[workspace.dependencies]\nshell = { package = \"pyralog\", path = \"cli\" }\n",
    );
    assert_found(
        direction::check,
        &tree,
        "primitives/Cargo.toml:7",
        "`pyralog`",
    );
}

#[test]
fn a_crate_of_ours_that_is_not_here_is_found() {
    let tree = primitives_with("[dependencies]\npyralog-gone = \"1\"\n");
    assert_found(
        direction::check,
        &tree,
        "primitives/Cargo.toml:7",
        "no manifest",
    );
}

#[test]
fn the_outside_is_kept_out_of_pure_crates_but_not_of_their_tests() {
    for name in [
        "async-std",
        "datafusion",
        "getrandom",
        "libp2p",
        "rand",
        "rocksdb",
        "tokio",
        "tokio_util",
    ] {
        let product = primitives_with(&format!("[dependencies]\n{name} = \"1\"\n"));
        assert_found(
            direction::check,
            &product,
            "primitives/Cargo.toml:7",
            "is pure",
        );
        let tests = primitives_with(&format!("[dev-dependencies]\n{name} = \"1\"\n"));
        assert_clean(direction::check, &tests);
    }
    let seeded = primitives_with("[dependencies]\nrand_core = \"1\"\nrand_chacha = \"1\"\n");
    assert_clean(direction::check, &seeded);
}

#[test]
fn a_heavy_crate_has_one_home() {
    for (name, home, other) in [
        ("rocksdb", "cluster/store", "node"),
        ("datafusion", "cluster/query", "cluster/store"),
        ("anyhow", "cli", "node"),
    ] {
        let text = manifest("pyralog-it", &format!("[dependencies]\n{name} = \"1\"\n"));
        let at_home = with(&format!("{home}/Cargo.toml"), &text);
        assert_clean(direction::check, &at_home);
        let path = format!("{other}/Cargo.toml");
        let place = format!("{path}:7");
        assert_found(
            direction::check,
            &with(&path, &text),
            &place,
            "its only home",
        );
    }
}

#[test]
fn tests_may_measure_and_products_may_not() {
    let mut tree = primitives_with("[dev-dependencies]\npyralog-measure.workspace = true\n");
    let measure = manifest("pyralog-measure", "");
    tree.plant("testnet/measure/Cargo.toml", &measure);
    assert_clean(direction::check, &tree);
    let product = manifest(
        "pyralog-primitives",
        "[dependencies]\npyralog-measure.workspace = true\n",
    );
    tree.plant("primitives/Cargo.toml", &product);
    assert_found(
        direction::check,
        &tree,
        "primitives/Cargo.toml:7",
        "may not use",
    );
}
