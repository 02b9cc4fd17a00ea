//! A file that does not open with its purpose is found.

use pyralog_tidy::module_docs;

use crate::clean::{assert_clean, assert_found, with};

#[test]
fn a_file_that_does_not_open_with_docs_is_found() {
    for text in ["fn a() {}\n", "// Heights.\n", "//!\n", "\n//! Late.\n", ""] {
        for path in [
            "primitives/src/height.rs",
            "primitives/src/bin/tool.rs",
            "primitives/tests/heights.rs",
            "primitives/benches/heights.rs",
            "primitives/build.rs",
        ] {
            let place = format!("{path}:1");
            assert_found(
                module_docs::check,
                &with(path, text),
                &place,
                "no module docs",
            );
        }
    }
}

#[test]
fn tests_beside_the_code_and_test_data_need_none() {
    for path in [
        "primitives/src/height/tests.rs",
        "primitives/src/height_tests.rs",
        "primitives/tests/testdata/broken.rs",
    ] {
        assert_clean(module_docs::check, &with(path, "fn a() {}\n"));
    }
}
