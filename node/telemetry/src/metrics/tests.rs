use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use pyralog_primitives::{Amount, ByteCount, DurationMs, Height, Round, VotingPower};

use super::*;

/// Every family that a node exports, with its type.
const FAMILIES: &[(&str, &str)] = &[
    ("pyralog_build", "info"),
    ("pyralog_consensus_height", "gauge"),
    ("pyralog_consensus_rounds", "gauge"),
    ("pyralog_consensus_validators", "gauge"),
    ("pyralog_consensus_missing_validators_power", "gauge"),
    ("pyralog_consensus_block_interval_seconds", "histogram"),
    ("pyralog_consensus_total_txs", "gauge"),
    ("pyralog_consensus_block_size_bytes", "gauge"),
    ("pyralog_chain_execute_seconds", "histogram"),
    ("pyralog_chain_base_fee_units", "gauge"),
    ("pyralog_chain_burned_units", "gauge"),
    ("pyralog_store_commit_seconds", "histogram"),
    ("pyralog_store_free_bytes", "gauge"),
    ("pyralog_store_durable_height", "gauge"),
    ("pyralog_store_oldest_height", "gauge"),
    ("pyralog_mempool_size", "gauge"),
    ("pyralog_mempool_size_bytes", "gauge"),
    ("pyralog_mempool_waiting", "gauge"),
    ("pyralog_mempool_admitted", "counter"),
    ("pyralog_mempool_rejected", "counter"),
    ("pyralog_mempool_evicted", "counter"),
    ("pyralog_rpc_requests", "counter"),
    ("pyralog_rpc_request_seconds", "histogram"),
    ("pyralog_rpc_connections", "gauge"),
    ("pyralog_rpc_subscriptions", "gauge"),
    ("pyralog_rpc_shed", "counter"),
    ("pyralog_blocksync_syncing", "gauge"),
    ("pyralog_p2p_peers", "gauge"),
    ("pyralog_p2p_bans", "gauge"),
    #[cfg(target_os = "linux")]
    ("process_start_time_seconds", "gauge"),
    #[cfg(target_os = "linux")]
    ("process_resident_memory_bytes", "gauge"),
    #[cfg(target_os = "linux")]
    ("process_open_fds", "gauge"),
];

/// Parts that a name may have after `pyralog`.
const CRATES: &[&str] = &[
    "consensus",
    "chain",
    "store",
    "mempool",
    "rpc",
    "blocksync",
    "p2p",
    "build",
];

const LABELS: &[&str] = &["version", "reason", "method", "outcome", "le"];

/// One family of an exposition.
#[derive(Debug, Default)]
struct Exposed {
    help: String,
    kind: String,
    samples: Vec<Sample>,
}

#[derive(Debug, PartialEq)]
struct Sample {
    name: String,
    labels: Vec<(String, String)>,
    value: f64,
}

/// Reads an exposition line by line, as strictly as the format is written.
fn read(text: &str) -> BTreeMap<String, Exposed> {
    let mut families: BTreeMap<String, Exposed> = BTreeMap::new();
    let mut current = String::new();
    let body = text.strip_suffix("# EOF\n").expect("the end is marked");
    for line in body.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, help) = help.split_once(' ').expect("a name and its help");
            name.clone_into(&mut current);
            let family = Exposed {
                help: help.to_owned(),
                ..Exposed::default()
            };
            let before = families.insert(current.clone(), family);
            assert!(before.is_none(), "{name} comes twice");
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').expect("a name and its type");
            assert_eq!(name, current, "the type follows the help");
            kind.clone_into(&mut families.get_mut(name).unwrap().kind);
        } else {
            let sample = read_sample(line);
            let family = families.get_mut(&current).expect("a family is open");
            let suffix = sample.name.strip_prefix(current.as_str());
            let suffix = suffix.unwrap_or_else(|| panic!("{line} is not of {current}"));
            let allowed: &[&str] = match family.kind.as_str() {
                "gauge" => &[""],
                "counter" => &["_total"],
                "info" => &["_info"],
                "histogram" => &["_sum", "_count", "_bucket"],
                other => panic!("{current} is a {other}"),
            };
            assert!(allowed.contains(&suffix), "{line}");
            assert!(!family.samples.contains(&sample), "{line} comes twice");
            family.samples.push(sample);
        }
    }
    families
}

fn read_sample(line: &str) -> Sample {
    let (series, value) = line.rsplit_once(' ').expect("a series and its value");
    let (name, labels) = match series.split_once('{') {
        Some((name, labels)) => {
            let labels = labels.strip_suffix('}').expect("labels end");
            (name, labels.split(',').map(read_label).collect())
        }
        None => (series, Vec::new()),
    };
    Sample {
        name: name.to_owned(),
        labels,
        value: value.parse().expect("a value is a number"),
    }
}

fn read_label(label: &str) -> (String, String) {
    let (name, value) = label.split_once('=').expect("a label has a value");
    let value = value.strip_prefix('"').and_then(|v| v.strip_suffix('"'));
    (
        name.to_owned(),
        value.expect("a value is quoted").to_owned(),
    )
}

/// Metrics of a node that did a little of everything.
fn used() -> Metrics {
    let metrics = Metrics::new("1.2.3");
    metrics.consensus.set_height(Height::new(u64::MAX));
    metrics.consensus.set_round(Round::new(1));
    metrics.consensus.set_validators(4);
    metrics.consensus.set_missing_power(VotingPower::new(10));
    metrics
        .consensus
        .observe_block_interval(DurationMs::new(1_200));
    metrics.consensus.add_transactions(3);
    metrics.consensus.add_transactions(2);
    metrics.consensus.set_block_size(ByteCount::new(777));
    metrics.chain.observe_execution(Duration::from_micros(700));
    metrics.chain.set_base_fee(Amount::new(15));
    metrics.chain.set_burned(Amount::from_tokens(5));
    metrics.store.observe_commit(Duration::from_millis(3));
    metrics.store.observe_commit(Duration::from_secs(99));
    metrics.store.set_free(ByteCount::new(1 << 40));
    metrics.store.set_durable_height(Height::new(8));
    metrics.store.set_oldest_height(Height::new(2));
    metrics.mempool.set_size(5);
    metrics.mempool.set_bytes(ByteCount::new(1_000));
    metrics.mempool.set_waiting(6);
    metrics.mempool.admitted();
    metrics.mempool.rejected("nonce_too_low");
    metrics.mempool.rejected("nonce_too_low");
    metrics.mempool.rejected("forged");
    metrics.mempool.evicted("expired");
    let took = Duration::from_millis(20);
    metrics.rpc.answered("status", "ok", took);
    metrics.rpc.answered("status", "ok", took);
    metrics.rpc.answered("status", "busy", took);
    metrics.rpc.shed("connections");
    metrics.blocksync.set_syncing(true);
    metrics.p2p.set_peers(7);
    metrics.p2p.set_bans(2);
    metrics
}

fn value(families: &BTreeMap<String, Exposed>, series: &str) -> f64 {
    let wanted = read_sample(&format!("{series} 0"));
    let samples = families.values().flat_map(|family| &family.samples);
    let mut found = samples.filter(|s| (&s.name, &s.labels) == (&wanted.name, &wanted.labels));
    let sample = found.next().unwrap_or_else(|| panic!("no {series}"));
    sample.value
}

#[test]
fn every_family_is_exported_with_help_and_type_and_no_other() {
    let families = read(&used().encode());
    let found: BTreeSet<(&str, &str)> = families
        .iter()
        .map(|(name, family)| (name.as_str(), family.kind.as_str()))
        .collect();
    assert_eq!(found, FAMILIES.iter().copied().collect());
    for (name, family) in &families {
        assert!(family.help.len() > 10, "{name} says what it is");
        assert!(family.help.ends_with('.') && !family.help.ends_with(".."));
        assert!(!family.samples.is_empty(), "{name} has a value");
    }
}

#[test]
fn names_and_labels_follow_the_convention() {
    let is_word = |word: &str| {
        !word.is_empty()
            && word
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    for (name, family) in read(&used().encode()) {
        let mut words = name.split('_');
        assert!(name.split('_').all(is_word), "{name}");
        match words.next() {
            Some("pyralog") => {
                let of = words.next().expect("a name says whose it is");
                assert!(CRATES.contains(&of), "{name}");
            }
            first => assert_eq!(first, Some("process"), "{name}"),
        }
        if family.kind == "histogram" {
            assert!(name.ends_with("_seconds"), "{name} has a base unit");
        }
        for (label, _) in family.samples.iter().flat_map(|sample| &sample.labels) {
            assert!(LABELS.contains(&label.as_str()), "{name} by {label}");
        }
    }
}

#[test]
fn what_is_said_is_what_is_shown() {
    let metrics = used();
    // Open until the end of the test.
    let _open = (metrics.rpc.connection(), metrics.rpc.connection());
    drop(metrics.rpc.connection());
    let _subscription = metrics.rpc.subscription();
    let text = metrics.encode();
    // Exact, where a float would round.
    assert!(text.contains("pyralog_consensus_height 18446744073709551615\n"));
    let families = read(&text);
    for (series, expected) in [
        ("pyralog_build_info{version=\"1.2.3\"}", 1.0),
        ("pyralog_consensus_rounds", 1.0),
        ("pyralog_consensus_validators", 4.0),
        ("pyralog_consensus_missing_validators_power", 10.0),
        ("pyralog_consensus_block_interval_seconds_sum", 1.2),
        ("pyralog_consensus_total_txs", 5.0),
        ("pyralog_consensus_block_size_bytes", 777.0),
        ("pyralog_chain_execute_seconds_count", 1.0),
        ("pyralog_chain_base_fee_units", 15.0),
        ("pyralog_chain_burned_units", 5e9),
        ("pyralog_store_commit_seconds_count", 2.0),
        ("pyralog_store_free_bytes", 1_099_511_627_776.0),
        ("pyralog_store_durable_height", 8.0),
        ("pyralog_store_oldest_height", 2.0),
        ("pyralog_mempool_size", 5.0),
        ("pyralog_mempool_size_bytes", 1_000.0),
        ("pyralog_mempool_waiting", 6.0),
        ("pyralog_mempool_admitted_total", 1.0),
        (
            "pyralog_mempool_rejected_total{reason=\"nonce_too_low\"}",
            2.0,
        ),
        ("pyralog_mempool_rejected_total{reason=\"forged\"}", 1.0),
        ("pyralog_mempool_evicted_total{reason=\"expired\"}", 1.0),
        (
            "pyralog_rpc_requests_total{method=\"status\",outcome=\"ok\"}",
            2.0,
        ),
        ("pyralog_rpc_request_seconds_count{method=\"status\"}", 3.0),
        ("pyralog_rpc_connections", 2.0),
        ("pyralog_rpc_subscriptions", 1.0),
        ("pyralog_p2p_peers", 7.0),
        ("pyralog_p2p_bans", 2.0),
        ("pyralog_rpc_shed_total{reason=\"connections\"}", 1.0),
        ("pyralog_blocksync_syncing", 1.0),
    ] {
        let shown = value(&families, series);
        assert!((shown - expected).abs() < 1e-9, "{series} is {shown}");
    }
}

#[test]
fn the_buckets_of_a_histogram_add_up() {
    for (name, family) in read(&used().encode()) {
        if family.kind != "histogram" {
            continue;
        }
        let bucket = format!("{name}_bucket");
        let buckets: Vec<&Sample> = family.samples.iter().filter(|s| s.name == bucket).collect();
        let counts: Vec<f64> = buckets.iter().map(|sample| sample.value).collect();
        assert!(counts.is_sorted(), "{name}: {counts:?}");
        let last = buckets.last().expect("a histogram has buckets");
        assert!(last.labels.contains(&("le".to_owned(), "+Inf".to_owned())));
        let count = family
            .samples
            .iter()
            .find(|s| s.name == format!("{name}_count"));
        assert_eq!(count.map(|sample| sample.value), Some(last.value), "{name}");
    }
}

#[test]
fn what_is_open_is_counted_until_it_is_dropped() {
    let metrics = Metrics::new("0");
    let connections = || value(&read(&metrics.encode()), "pyralog_rpc_connections");
    let open: Vec<Open> = (0..3).map(|_| metrics.rpc.connection()).collect();
    assert!((connections() - 3.0).abs() < f64::EPSILON);
    drop(open);
    assert!(connections().abs() < f64::EPSILON);
}
