//! An unwrap is found in product code, and only there.

use pyralog_tidy::unwrap;

use crate::clean::{assert_clean, assert_found, with};

const FILE: &str = "cli/src/main.rs";
const NO_REASONS: &[&str] = &[
    ".unwrap()",
    ".expect(\"a hash\")",
    ".expect(\"failed to read it\")",
    ".expect(\"Could not read it\",)",
    ".expect(\"should always be there\")",
];

/// A function that makes the call inside a macro, where syntax ends.
fn function_with(call: &str) -> String {
    format!("fn a() {{\n    print!(\"{{}}\", b(){call});\n}}\n")
}

#[test]
fn a_call_without_a_reason_is_found_in_products_and_build_scripts() {
    for call in NO_REASONS {
        for path in [FILE, "cli/build.rs"] {
            let tree = with(path, &function_with(call));
            assert_found(unwrap::check, &tree, &format!("{path}:2"), &call[..7]);
        }
    }
}

#[test]
fn test_code_may_unwrap() {
    let function = function_with(".unwrap()");
    let module = format!("#[cfg(test)]\nmod tests {{\n{function}}}\n");
    assert_clean(unwrap::check, &with(FILE, &module));
    for path in [
        "cli/tests/keys.rs",
        "cli/benches/keys.rs",
        "cli/examples/keys.rs",
        "cli/fuzz/targets/keys.rs",
        "cli/src/keys/tests.rs",
        "cli/src/keys_tests.rs",
    ] {
        assert_clean(unwrap::check, &with(path, &function));
    }
}

#[test]
fn a_file_that_only_tests_declare_may_unwrap() {
    let mut tree = with("cli/src/fixtures.rs", &function_with(".unwrap()"));
    tree.plant(FILE, "//! M.\n#[cfg(test)]\nmod fixtures;\n");
    assert_clean(unwrap::check, &tree);
    tree.plant(FILE, "//! M.\nmod fixtures;\n");
    assert_found(unwrap::check, &tree, "cli/src/fixtures.rs:2", ".unwrap");
}

#[test]
fn a_reason_is_enough_and_other_methods_are_free() {
    for call in [
        ".expect(\"quorum is non-empty: genesis rejects empty sets\")",
        ".expect(\"genesis rejects it\")",
        ".expect(Token::Comma)",
        ".unwrap_or_default()",
        ".unwrap(key)",
    ] {
        assert_clean(unwrap::check, &with(FILE, &function_with(call)));
    }
    let text = "fn a() -> &'static str { \".unwrap()\" } // .unwrap()";
    assert_clean(unwrap::check, &with(FILE, text));
}
