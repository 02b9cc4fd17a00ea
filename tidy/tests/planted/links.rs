//! A link that leads nowhere is found, and a page that nothing leads to.

use pyralog_tidy::links;

use crate::clean::{assert_clean, assert_found, with};

#[test]
fn a_link_to_no_file_is_found() {
    for link in [
        "[a](gone.md)",
        "![a](gone.png)",
        "[a](docs/gone.md#start)",
        "[a](../outside.md)",
        "[a]: gone.md",
    ] {
        let tree = with("README.md", &format!("# Title\n\n{link}\n"));
        assert_found(links::check, &tree, "README.md:3", "does not exist");
    }
}

#[test]
fn a_link_to_no_heading_is_found() {
    for link in ["[a](docs/src/start.md#gone)", "[a](#gone)"] {
        let tree = with("README.md", &format!("# Title\n\n{link}\n"));
        assert_found(links::check, &tree, "README.md:3", "no heading `#gone`");
    }
}

#[test]
fn links_that_lead_somewhere_pass() {
    for link in [
        "[a](docs/src/start.md)",
        "[a](docs/src/)",
        "[a](docs/src/start.md#first-steps \"title\")",
        "[a](#title)",
        "[a](#)",
        "[a](/docs/src/start.md)",
        "[a](cli/src/main.rs#L1)",
        "[a](https://example.org/gone.md)",
        "[a](//example.org/gone.md)",
        "[a](mailto:someone@example.org)",
        "`[a](gone.md)`",
        "```\n[a](gone.md)\n```",
    ] {
        let tree = with("README.md", &format!("# Title\n\n{link}\n"));
        assert_clean(links::check, &tree);
    }
}

#[test]
fn test_data_may_lead_anywhere() {
    let tree = with("cli/tests/testdata/page.md", "[a](gone.md)\n");
    assert_clean(links::check, &tree);
}

#[test]
fn a_page_outside_the_summary_is_found() {
    let tree = with("docs/src/lost.md", "# Lost\n");
    assert_found(links::check, &tree, "docs/src/lost.md:1", "SUMMARY.md");
    assert_clean(links::check, &with("docs/adr/0001.md", "# One\n"));
}
