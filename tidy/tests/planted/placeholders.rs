//! What is not done is found, and what only looks so is not.

use pyralog_tidy::placeholders;

use crate::clean::{assert_clean, assert_found, with};

#[test]
fn each_placeholder_is_found() {
    for (line, says) in [
        ("fn a() { todo!() }", "`todo!`"),
        ("fn a() { vec![unimplemented!{}] }", "`unimplemented!`"),
        ("fn a() { todo![] }", "`todo!`"),
        ("fn a() { print!(\"{}\", dbg!(1)) }", "`dbg!`"),
        ("#[ignore] fn a() {}", "`ignore`"),
        ("#[ignore = \"slow\"] fn a() {}", "`ignore`"),
        ("#[cfg_attr(miri, ignore)] fn a() {}", "`ignore`"),
        ("#[allow(dead_code)] fn a() {}", "`allow(dead_code)`"),
        (
            "#![allow(missing_docs, unused_imports)]",
            "`allow(unused_imports)`",
        ),
        ("#[expect(dead_code)] fn a() {}", "`expect(dead_code)`"),
        (
            "#[cfg_attr(unix, allow(unused))] fn a() {}",
            "`allow(unused)`",
        ),
        ("#[cfg_attr(a, doc = b![c], ignore)] fn a() {}", "`ignore`"),
        ("// TODO: more", "TODO"),
        ("fn a() {} // a FIXME(me)", "FIXME"),
        ("/* XXX */", "XXX"),
        ("/// A HACK.\nfn a() {}", "HACK"),
    ] {
        let tree = with("primitives/src/height.rs", &format!("//! H.\n{line}\n"));
        assert_found(
            placeholders::check,
            &tree,
            "primitives/src/height.rs:2",
            says,
        );
    }
}

#[test]
fn notes_are_found_in_scripts_and_manifests() {
    for (path, text) in [
        ("Makefile", "all:\n\tcargo build # FIXME\n"),
        ("fix.sh", "ls\n# XXX\n"),
        ("tools.mk", "a:\n# TODO\n"),
        (".ci/run", "#!/usr/bin/env bash\n  # HACK\n"),
        (".ci/check", "#!/bin/sh -e\n# HACK\n"),
        ("rustfmt.toml", "edition = \"2024\"\n# TODO\n"),
    ] {
        let place = format!("{path}:2");
        assert_found(
            placeholders::check,
            &with(path, text),
            &place,
            "a comment says",
        );
    }
}

#[test]
fn tidy_itself_may_name_what_it_looks_for() {
    assert_clean(placeholders::check, &with("tidy/src/lib.rs", "// TODO\n"));
}

#[test]
fn what_only_looks_like_a_placeholder_is_none() {
    for text in [
        "const A: &str = \"todo!() // TODO #[ignore]\";",
        "fn a(todo: bool) -> bool { todo != true }",
        "#[allow(clippy::unused_self)] fn a() {}",
        "// TODOS and XXXL are other words",
        "#[serde(ignore)] struct A;",
        "#[cfg_attr(unix, allow(missing_docs), cfg(any(windows, unused)))] fn a() {}",
    ] {
        let tree = with("primitives/src/height.rs", text);
        assert_clean(placeholders::check, &tree);
    }
    assert_clean(
        placeholders::check,
        &with("a.sh", "mktemp /a.XXX ${a#XXX}\n"),
    );
}
