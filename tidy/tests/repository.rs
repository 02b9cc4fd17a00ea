//! The repository keeps its habits: one test per rule, run on the real tree.

use std::path::Path;
use std::sync::LazyLock;

use pyralog_tidy::{
    Tree, Violation, clippy_bans, direction, links, lints, machine_paths, module_docs, orphans,
    placeholders, public_integers, size, unwrap, versions,
};

static REPOSITORY: LazyLock<Tree> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    Tree::read(&root).expect("the repository around this crate is readable")
});

fn assert_kept(rule: fn(&Tree) -> Vec<Violation>) {
    let mut violations = rule(&REPOSITORY);
    violations.sort();
    let lines: Vec<String> = violations.iter().map(Violation::to_string).collect();
    assert!(lines.is_empty(), "\n{}\n", lines.join("\n"));
}

#[test]
fn crates_use_each_other_in_one_direction() {
    assert_kept(direction::check);
}

#[test]
fn files_and_functions_are_short() {
    assert_kept(size::check);
}

#[test]
fn nothing_is_left_to_do() {
    assert_kept(placeholders::check);
}

#[test]
fn product_code_says_why_it_cannot_fail() {
    assert_kept(unwrap::check);
}

#[test]
fn each_dependency_has_one_version() {
    assert_kept(versions::check);
}

#[test]
fn links_lead_somewhere() {
    assert_kept(links::check);
}

#[test]
fn each_file_says_what_it_is_for() {
    assert_kept(module_docs::check);
}

#[test]
fn each_clippy_file_repeats_the_bans() {
    assert_kept(clippy_bans::check);
}

#[test]
fn public_functions_of_pure_crates_speak_in_newtypes() {
    assert_kept(public_integers::check);
}

#[test]
fn no_path_of_a_machine_is_committed() {
    assert_kept(machine_paths::check);
}

#[test]
fn manifests_take_lints_and_licence_from_the_workspace() {
    assert_kept(lints::check);
}

#[test]
fn no_file_is_dead() {
    assert_kept(orphans::check);
}

#[test]
fn every_rule_is_run_here_and_planted() {
    let rules = "tidy/src/rules/";
    for (path, _) in REPOSITORY.with_extension("rs") {
        let Some(rule) = path.strip_prefix(rules) else {
            continue;
        };
        let run = format!("assert_kept({}::check)", rule.trim_end_matches(".rs"));
        assert!(
            include_str!("repository.rs").contains(&run),
            "{run} is missing"
        );
        assert!(
            REPOSITORY.has_file(&format!("tidy/tests/planted/{rule}")),
            "{rule} is not planted"
        );
    }
}
