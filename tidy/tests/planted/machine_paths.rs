//! A path of one machine or the address of a registry is found.
//!
//! The needles are put together here, so that this file passes the rule.

use pyralog_tidy::machine_paths;

use crate::clean::{assert_clean, assert_found, with};

#[test]
fn a_path_of_a_machine_is_found_in_any_text() {
    for folder in ["work", "root"] {
        for line in [
            format!("/{folder}/main"),
            format!("cd \"/{folder}/main\""),
            format!("PATH=/bin:/{folder}/bin"),
        ] {
            for path in ["README.md", "Makefile", "cli/src/main.rs"] {
                let tree = with(path, &format!("//! First.\n{line}\n"));
                assert_found(machine_paths::check, &tree, &format!("{path}:2"), folder);
            }
        }
    }
}

#[test]
fn a_path_inside_the_tree_is_free() {
    for folder in ["work", "root"] {
        for before in ["zk", ".", "..", "docs/src"] {
            let tree = with("Makefile", &format!("ls {before}/{folder}/lib.rs\n"));
            assert_clean(machine_paths::check, &tree);
        }
    }
}

#[test]
fn the_address_of_a_registry_is_found() {
    for word in ["npmjs", "pythonhosted", "golang", "crates", "debian"] {
        for scheme in ["http", "https"] {
            let line = format!("see {scheme}://static-1.{word}.example:443/x");
            let tree = with("Makefile", &format!("\n{line}\n"));
            assert_found(machine_paths::check, &tree, "Makefile:2", word);
        }
    }
    for free in [
        "https://example.org/crates/x",
        "https://example.org or crates/x",
    ] {
        assert_clean(machine_paths::check, &with("Makefile", free));
    }
}

#[test]
fn a_lock_file_may_name_its_registry() {
    let text = format!("source = \"https://index.{}.io/\"\n", "crates");
    for path in ["Cargo.lock", "fuzz/Cargo.lock"] {
        assert_clean(machine_paths::check, &with(path, &text));
    }
    assert_found(
        machine_paths::check,
        &with("a.toml", &text),
        "a.toml:1",
        "registry",
    );
}
