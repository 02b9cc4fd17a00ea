//! Each kind of mistake is found, where it stands, and all at once.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use pyralog_config::{CONFIG_BYTES_MAX, Layers, MISTAKE_COUNT_MAX, Mistake, Mistakes};

fn mistakes(layers: &Layers) -> Mistakes {
    layers.load().expect_err("there are mistakes")
}

fn file(text: &str) -> Layers {
    Layers::new().file("config.toml", text)
}

fn set(given: &str) -> Layers {
    Layers::new().set([given])
}

/// Layers with one mistake, and how its line begins.
type Case = (Layers, &'static str);

fn cases() -> Vec<Case> {
    let mut all = unknown_names();
    all.extend(repeated_or_missing());
    all.extend(wrong_types());
    all.extend(wrong_forms());
    all.extend(out_of_bounds());
    all
}

fn unknown_names() -> Vec<Case> {
    vec![
        (
            file("\n\n[rpc]\n\n\nlistn = \"127.0.0.1:1\""),
            "config.toml line 6: rpc.listn: there is no such setting; did you mean 'rpc.listen'?",
        ),
        (
            file("[rcp]\nlisten = \"x\"\nother = 1"),
            "config.toml line 1: rcp: there is no such section; did you mean 'rpc'?",
        ),
        (
            file("listen = \"127.0.0.1:1\""),
            "config.toml line 1: listen: there is no such setting; did you mean 'rpc.listen'?",
        ),
        (
            file("[sql]"),
            "config.toml line 1: sql: there is no such section; remove it",
        ),
        (
            set("rpc.moniker=x"),
            "--set: rpc.moniker: there is no such setting; remove it",
        ),
        (
            Layers::new().environment([("PYRALOG_RPC__LISTN", "x")]),
            "PYRALOG_RPC__LISTN: there is no such setting; did you mean 'PYRALOG_RPC__LISTEN'?",
        ),
        (
            Layers::new().environment([("PYRALOG_rpc__listen", "127.0.0.1:1")]),
            "PYRALOG_rpc__listen: there is no such setting; did you mean 'PYRALOG_RPC__LISTEN'?",
        ),
    ]
}

fn repeated_or_missing() -> Vec<Case> {
    vec![
        (
            set("rpc.listen"),
            "--set: rpc.listen: no value is given; write it like this: --set section.key=value",
        ),
        (
            Layers::new().set(["log.filter=a", "log.filter=a"]),
            "--set: log.filter: this was given before",
        ),
        (
            file("[rpc]\nbatch_count_max = 1\nbatch_count_max = 2"),
            "config.toml line 3: batch_count_max: this was given before",
        ),
        (
            file("[rpc]\ncors_origins = [\"*\", \"*\"]"),
            "config.toml line 2: rpc.cors_origins: this was given before",
        ),
    ]
}

fn wrong_types() -> Vec<Case> {
    vec![
        (
            file("[rpc]\nlisten = \"127.0.0.1:1"),
            "config.toml line 2: this is not TOML: ",
        ),
        (
            file("[rpc]\nbatch_count_max = \"25\""),
            "config.toml line 2: rpc.batch_count_max: this is a text; write it like this: \
             batch_count_max = 25",
        ),
        (
            file("rpc = 1"),
            "config.toml line 1: rpc: this is a number; write it like this: [rpc]",
        ),
        (
            file("[[rpc]]"),
            "config.toml line 1: rpc: this is a list; write it like this: [rpc]",
        ),
        (
            file("[rpc.listen]\nport = 1"),
            "config.toml line 1: rpc.listen: this is a table; write it like this: \
             listen = \"127.0.0.1:26657\"",
        ),
        (
            file("[store]\nindex_events = \"true\""),
            "config.toml line 2: store.index_events: this is a text; write it like this: \
             index_events = true",
        ),
        (
            file("[rpc]\ncors_origins = \"*\""),
            "config.toml line 2: rpc.cors_origins: this is a text; write it like this: \
             cors_origins = [\"https://app.example.com\"]",
        ),
        (
            file("[rpc]\ncors_origins = [\"*\", 1]"),
            "config.toml line 2: rpc.cors_origins: this is a number;",
        ),
    ]
}

fn wrong_forms() -> Vec<Case> {
    let no_text = OsString::from_vec(vec![0xff]);
    let many: Vec<String> = (0..65).map(|page| format!("http://a:{page}")).collect();
    vec![
        (
            file("[rpc]\ncors_origins = [\"*\", \"https://a,https://b\"]"),
            "config.toml line 2: rpc.cors_origins: entry 2 is no origin of a web page",
        ),
        (
            file("[rpc]\ncors_origins = [\"\"]"),
            "config.toml line 2: rpc.cors_origins: entry 1 is no origin of a web page",
        ),
        (
            Layers::new().dev(&[("log.filter", "")]),
            "--dev: log.filter: not a text",
        ),
        (
            file("[log]\nfilter = \"a\\nb\""),
            "config.toml line 2: log.filter: not a text",
        ),
        (
            Layers::new().environment([(OsString::from("PYRALOG_LOG__FILTER"), no_text)]),
            "PYRALOG_LOG__FILTER: log.filter: this is no text in UTF-8",
        ),
        (
            set("rpc.listen=localhost:26657"),
            "--set: rpc.listen: not an address",
        ),
        (
            file("[store]\ncache = 1024"),
            "config.toml line 2: store.cache: a size needs its unit; write \"1024B\"",
        ),
        (
            file("[store]\ncache = \"1GB\""),
            "config.toml line 2: store.cache: not a size",
        ),
        (
            file("[rpc]\nbatch_count_max = -1"),
            "config.toml line 2: rpc.batch_count_max: not a whole number",
        ),
        (
            set("store.index_events=yes"),
            "--set: store.index_events: neither yes nor no; write true or false",
        ),
        (
            set(&format!("rpc.cors_origins={}", many.join(","))),
            "--set: rpc.cors_origins: the list has 65 entries",
        ),
        (
            set("log.format=xml"),
            "--set: log.format: there is no such choice; write pretty, logfmt or json",
        ),
    ]
}

fn out_of_bounds() -> Vec<Case> {
    let braces = "# {\n".repeat(9);
    let long = "#".repeat(CONFIG_BYTES_MAX + 1);
    vec![
        (
            set("store.cache=1MiB"),
            "--set: store.cache: too small: with less than 8MiB, each account that a block \
             touches is read from disk; raise it",
        ),
        (
            set("mempool.sender_count_max=66"),
            "--set: mempool.sender_count_max: too large: with more than 65, nothing changes",
        ),
        (
            file("[rpc]\nbatch_count_max = 99999999999999999999999999999999999999999999"),
            "config.toml line 2: rpc.batch_count_max: too large",
        ),
        (
            file("[mempool]\nbytes_max = \"16MiB\""),
            "default: mempool.gapped_bytes_max: more than mempool.bytes_max, which is 16MiB \
             (config.toml line 2); lower this or raise that",
        ),
        (
            set("rpc.subscription_count_max=4096")
                .environment([("PYRALOG_RPC__SUBSCRIPTION_TOTAL_MAX", "4095")]),
            "--set: rpc.subscription_count_max: more than rpc.subscription_total_max, which is \
             4095 (PYRALOG_RPC__SUBSCRIPTION_TOTAL_MAX); ",
        ),
        (
            set("rpc.listen=0.0.0.0:26660"),
            "--set: rpc.listen: metrics.listen listens on this port too (default); ",
        ),
        (
            set("metrics.listen=127.0.0.1:26657"),
            "--set: metrics.listen: rpc.listen listens on this port too (default); ",
        ),
        (
            file(&braces),
            "config.toml line 9: from here on the file has more than 8 '{'",
        ),
        (
            file(&long),
            "config.toml line 1: the file has 65537 bytes, at most 65536",
        ),
    ]
}

fn the_mistake(layers: &Layers) -> Mistake {
    let mistakes = mistakes(layers);
    assert_eq!(mistakes.iter().len(), 1, "{mistakes}");
    let only = mistakes.iter().next();
    only.expect("there is one").clone()
}

/// The name of the variant of the problem.
fn variant(mistake: &Mistake) -> String {
    let debug = format!("{:?}", mistake.problem);
    let is_name = |c: &char| c.is_ascii_alphanumeric();
    debug.chars().take_while(is_name).collect()
}

#[test]
fn each_mistake_is_found_where_it_stands_and_nothing_else() {
    for (layers, beginning) in cases() {
        let shown = the_mistake(&layers).to_string();
        assert!(shown.starts_with(beginning), "{shown}\n{beginning}");
        assert!(shown.len() < 260, "too long to read: {shown}");
    }
}

#[test]
fn every_kind_of_mistake_has_a_case() {
    let source = include_str!("../../src/problem.rs");
    let all: BTreeSet<String> = cases()
        .iter()
        .map(|(layers, _)| variant(&the_mistake(layers)))
        .collect();
    // No setting is a duration yet, and ports have tests of their own.
    let elsewhere = ["DurationForm", "PortTooHigh"];
    let kinds = source.matches("#[error(").count();
    assert_eq!(all.len() + elsewhere.len(), kinds, "{all:?}");
}

#[test]
fn all_mistakes_of_all_layers_come_at_once() {
    let text = "\
[store]
cache = 5
[rpc]
zzz = 1
listen = \"here\"
[log]
format = 3
";
    let layers = file(text)
        .environment([
            ("PYRALOG_RPC__ZZZ", "1"),
            ("PYRALOG_RPC__LISTEN", "127.0.0.1:5"),
            ("PYRALOG_LOG__FORMAT", "xml"),
        ])
        .set(["b", "rpc.batch_count_max=0"]);
    let shown = mistakes(&layers).to_string();
    let origins: Vec<&str> = shown
        .lines()
        .map(|line| line.split(": ").next().unwrap())
        .collect();
    let expected = [
        "config.toml line 2",
        "config.toml line 4",
        "config.toml line 5",
        "config.toml line 7",
        "PYRALOG_LOG__FORMAT",
        "PYRALOG_RPC__ZZZ",
        "--set",
        "--set",
    ];
    assert_eq!(origins, expected, "{shown}");
}

#[test]
fn a_file_that_is_not_toml_hides_no_mistake_of_other_layers() {
    let layers = file("[rpc]\nlisten = \n\n[[log\n").set(["rpc.listen=x"]);
    let shown = mistakes(&layers).to_string();
    let expected = ["config.toml line 2: ", "config.toml line 4: ", "--set: "];
    assert_eq!(shown.lines().count(), expected.len(), "{shown}");
    for (line, beginning) in shown.lines().zip(expected) {
        assert!(line.starts_with(beginning), "{shown}");
    }
}

#[test]
fn a_message_cannot_move_the_cursor() {
    let key = format!("rpc.\u{1b}[2J\n{}", "k".repeat(100));
    let layers = Layers::new()
        .file("a\n\u{1b}[2J", "x = 1")
        .set([format!("{key}=1")]);
    let shown = mistakes(&layers).to_string();
    assert_eq!(shown.lines().count(), 2, "{shown}");
    assert!(
        shown.chars().all(|c| c == '\n' || !c.is_control()),
        "{shown:?}"
    );
    assert!(shown.contains('…'), "{shown}");
}

#[test]
fn a_flood_of_mistakes_is_cut() {
    let flood = MISTAKE_COUNT_MAX + 7;
    let lines: Vec<String> = (0..flood).map(|number| format!("k{number} = 1")).collect();
    let mistakes = mistakes(&file(&lines.join("\n")));
    assert_eq!(
        (mistakes.iter().len(), mistakes.left_out()),
        (MISTAKE_COUNT_MAX, 7)
    );
    let shown = mistakes.to_string();
    assert!(
        shown.ends_with(
            "config.toml line 100: k99: there is no such setting; remove it\nand 7 more mistakes"
        ),
        "{shown}"
    );
}
