//! What is too long is found, one line past its most.

use pyralog_tidy::size;

use crate::clean::{assert_clean, assert_found, with};

const FILE: &str = "primitives/src/height.rs";

/// A function of `lines` lines.
fn function(lines: usize) -> String {
    format!("fn long() {{\n{}}}\n", "();\n".repeat(lines - 2))
}

#[test]
fn a_long_file_is_found_and_a_test_may_be_longer() {
    let text = "//! Heights.\n".repeat(600);
    assert_clean(size::check, &with(FILE, &text));
    let text = "//! Heights.\n".repeat(601);
    let place = format!("{FILE}:601");
    assert_found(size::check, &with(FILE, &text), &place, "601 lines");
    assert_clean(size::check, &with("primitives/tests/heights.rs", &text));
    assert_clean(size::check, &with("primitives/src/height_tests.rs", &text));
    let longer = "//! Heights.\n".repeat(1001);
    let tree = with("primitives/tests/heights.rs", &longer);
    assert_found(
        size::check,
        &tree,
        "primitives/tests/heights.rs:1001",
        "1001 lines",
    );
}

#[test]
fn a_long_function_is_found_wherever_it_stands() {
    assert_clean(size::check, &with(FILE, &function(70)));
    for around in [
        "BODY",
        "impl A {\nBODY}",
        "trait A {\nBODY}",
        "mod a {\nBODY}",
    ] {
        let text = around.replace("BODY", &function(71));
        let line = 1 + usize::from(around != "BODY");
        let place = format!("{FILE}:{line}");
        assert_found(
            size::check,
            &with(FILE, &text),
            &place,
            "`long` has 71 lines",
        );
    }
}

#[test]
fn a_test_function_may_be_longer() {
    let tests = |lines| format!("#[cfg(test)]\nmod tests {{\n{}}}\n", function(lines));
    assert_clean(size::check, &with(FILE, &tests(120)));
    let tree = with(FILE, &tests(121));
    assert_found(size::check, &tree, &format!("{FILE}:3"), "at most 120");
}

#[test]
fn a_long_inline_test_module_is_found() {
    let tests = |lines| format!("#[cfg(test)]\nmod tests {{\n{}}}\n", "\n".repeat(lines));
    assert_clean(size::check, &with(FILE, &tests(200)));
    let tree = with(FILE, &tests(201));
    assert_found(size::check, &tree, &format!("{FILE}:2"), "sibling file");
}
