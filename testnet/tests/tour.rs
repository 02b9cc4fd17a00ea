//! The tour of the README, run as it is printed.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use pyralog_testnet::binary;

/// What stands before a block that is run.
const MARK: &str = "<!-- tour -->";
/// What begins the output of the next command.
const NEXT: &str = "\u{1e}";
/// What differs each time.
const ANY: &str = "…";
/// Far more than five minutes take a program that reads no prose.
const SECONDS_MAX: &str = "180";

/// A command and what it is said to print.
struct Step {
    command: String,
    expected: Vec<String>,
}

fn steps(readme: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for block in readme.split(MARK).skip(1) {
        let block = block.split("```console\n").nth(1).unwrap();
        for line in block.split("\n```").next().unwrap().lines() {
            match line.strip_prefix("$ ") {
                Some(command) => steps.push(Step {
                    command: command.to_owned(),
                    expected: Vec::new(),
                }),
                None => steps.last_mut().unwrap().expected.push(line.to_owned()),
            }
        }
    }
    steps
}

/// What each command prints, in one shell, in an empty directory.
fn run(steps: &[Step], directory: &Path) -> Vec<String> {
    let mut script = String::from("exec 2>&1\n");
    for step in steps {
        script.push_str("printf '\\036'\n");
        script.push_str(&step.command);
        script.push('\n');
    }
    let programs = binary("pyralog").parent().unwrap().to_owned();
    assert_eq!(binary("pyralog-node").parent().unwrap(), programs);
    let path = std::env::var("PATH").unwrap();
    let output = Command::new("timeout")
        .args(["--kill-after=5", SECONDS_MAX, "bash", "-c", &script])
        .current_dir(directory)
        .env("PATH", format!("{}:{path}", programs.display()))
        .env("PYRALOG_HOME", directory.join("home"))
        // The tour takes the usual ports; a test takes free ones.
        .env("PYRALOG_RPC__LISTEN", "127.0.0.1:0")
        .env("PYRALOG_METRICS__LISTEN", "127.0.0.1:0")
        .env_remove("PYRALOG_NODE")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.split(NEXT).skip(1).map(str::to_owned).collect()
}

/// Whether lines are as expected: `…` in one stands for any text, and alone for
/// any lines.
fn is_as_expected(expected: &[String], found: &[&str]) -> bool {
    match expected.split_first() {
        None => found.is_empty(),
        Some((line, rest)) if line == ANY => {
            (0..=found.len()).any(|skipped| is_as_expected(rest, &found[skipped..]))
        }
        Some((line, rest)) => found
            .split_first()
            .is_some_and(|(first, others)| fits(line, first) && is_as_expected(rest, others)),
    }
}

fn fits(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.trim_end().split(ANY);
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.trim_end().strip_prefix(first) else {
        return false;
    };
    let mut has_wildcard = false;
    for part in parts {
        has_wildcard = true;
        match rest.find(part) {
            Some(place) => rest = &rest[place + part.len()..],
            None => return false,
        }
    }
    rest.is_empty() || (has_wildcard && pattern.trim_end().ends_with(ANY))
}

#[test]
fn the_tour_of_the_readme_goes_as_it_is_printed() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let steps = steps(&fs::read_to_string(readme).unwrap());
    assert!(steps.len() >= 15, "only {} commands are run", steps.len());
    let directory = tempfile::tempdir().unwrap();
    let outputs = run(&steps, directory.path());
    for (place, step) in steps.iter().enumerate() {
        let found = outputs.get(place).map_or("", String::as_str);
        let lines: Vec<&str> = found.lines().collect();
        assert!(
            is_as_expected(&step.expected, &lines),
            "$ {}\nprinted\n{found}\ninstead of\n{}",
            step.command,
            step.expected.join("\n")
        );
    }
    assert_eq!(outputs.len(), steps.len());
}

#[test]
fn expected_lines_match_what_they_say_and_nothing_else() {
    let expect = |pattern: &[&str], found: &[&str]| {
        let pattern: Vec<String> = pattern.iter().map(|&line| line.to_owned()).collect();
        is_as_expected(&pattern, found)
    };
    assert!(expect(&["a…c", "…"], &["abc", "d", "e"]) && expect(&["…"], &[]));
    assert!(expect(&["…", "z"], &["x", "y", "z"]) && expect(&["a…"], &["a"]));
    assert!(!expect(&["a…c"], &["abcd"]) && !expect(&["a"], &["a", "b"]));
    assert!(!expect(&["a", "b"], &["a"]) && !expect(&["…", "z"], &["z", "y"]));
}
