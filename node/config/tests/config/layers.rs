//! The nearest layer wins, and each value knows where it came from.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use pyralog_config::{Layers, Line, Loaded, LogFormat, Origin, Settings};
use pyralog_primitives::{BlockCount, ByteCount};

fn load(layers: &Layers) -> Loaded {
    layers
        .load()
        .unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

fn shown_origin(loaded: &Loaded, key: &str) -> String {
    let origin = loaded.origin(key);
    origin.expect("the setting exists").to_string()
}

#[test]
fn without_layers_everything_is_default() {
    let loaded = load(&Layers::new());
    assert_eq!(*loaded.settings(), Settings::default());
    assert!(
        loaded
            .entries()
            .all(|entry| *entry.origin == Origin::Default)
    );
    assert_eq!(loaded.origin("rpc.listn"), None);
    let Settings { rpc, store, .. } = loaded.into_settings();
    assert_eq!(rpc.listen, ([127, 0, 0, 1], 26657).into());
    assert_eq!(rpc.body_bytes_max, ByteCount::new(1 << 20));
    assert_eq!((rpc.batch_count_max, rpc.price_per_second_max), (25, 5000));
    assert!(rpc.cors_origins.is_empty() && store.index_events);
    assert_eq!(store.keep_blocks, BlockCount::new(0));
}

#[test]
fn every_form_of_value_is_read_from_a_file() {
    let text = "\
log = { format = 'json', filter = \"info,pyralog_store{height=1}=debug\" }
rpc.listen = \"[::1]:1\"
rpc.body_bytes_max = \"64KiB\"
rpc.batch_count_max = 0x10
rpc.connection_count_max = 1_000
rpc.cors_origins = [
  \"https://a.example\", # the first
  \"*\",
]
[store]
index_events = false
keep_blocks = 5000
";
    let settings = load(&Layers::new().file("config.toml", text)).into_settings();
    assert_eq!(settings.log.format, LogFormat::Json);
    assert_eq!(
        settings.log.filter,
        "info,pyralog_store{height=1}=debug".to_owned()
    );
    assert_eq!(settings.rpc.listen, "[::1]:1".parse().unwrap());
    assert_eq!(settings.rpc.body_bytes_max, ByteCount::new(64 << 10));
    assert_eq!(settings.rpc.batch_count_max, 16);
    assert_eq!(settings.rpc.connection_count_max, 1_000);
    assert_eq!(settings.rpc.cors_origins, ["https://a.example", "*"]);
    assert!(!settings.store.index_events);
    assert_eq!(settings.store.keep_blocks, BlockCount::new(5000));
}

#[test]
fn the_nearest_layer_wins_whatever_the_order_of_calls() {
    let all = Layers::new()
        .set(["rpc.batch_count_max=5"])
        .environment([
            ("PYRALOG_RPC__BATCH_COUNT_MAX", "4"),
            ("PYRALOG_RPC__CONNECTION_COUNT_MAX", "4"),
        ])
        .file(
            "config.toml",
            "[rpc]\nbatch_count_max = 3\nconnection_count_max = 3\nsubscription_count_max = 3\n",
        )
        .dev(&[
            ("rpc.batch_count_max", "2"),
            ("rpc.connection_count_max", "2"),
            ("rpc.subscription_count_max", "2"),
            ("rpc.subscription_total_max", "2000"),
        ]);
    let loaded = load(&all);
    let rpc = &loaded.settings().rpc;
    let counts = [
        rpc.batch_count_max,
        rpc.connection_count_max,
        rpc.subscription_count_max,
        rpc.subscription_total_max,
    ];
    assert_eq!(counts, [5, 4, 3, 2000]);
    for (key, origin) in [
        ("rpc.batch_count_max", "--set"),
        (
            "rpc.connection_count_max",
            "PYRALOG_RPC__CONNECTION_COUNT_MAX",
        ),
        ("rpc.subscription_count_max", "config.toml line 4"),
        ("rpc.subscription_total_max", "--dev"),
        ("rpc.listen", "default"),
    ] {
        assert_eq!(shown_origin(&loaded, key), origin);
    }
    let path = "config.toml".into();
    let line = Line::new(4);
    assert_eq!(
        loaded.origin("rpc.subscription_count_max"),
        Some(&Origin::File { path, line })
    );
}

#[test]
fn bare_values_need_no_quotes() {
    let layers = Layers::new().environment([("PYRALOG_STORE__CACHE", "64MiB")]);
    let settings = load(&layers.set([
        "rpc.listen=0.0.0.0:26657",
        "rpc.cors_origins=https://a.example, https://b.example",
        "log.filter=info,a[b{c=d}]=trace",
        "store.index_events=false",
    ]))
    .into_settings();
    assert_eq!(settings.rpc.listen, "0.0.0.0:26657".parse().unwrap());
    assert_eq!(
        settings.rpc.cors_origins,
        ["https://a.example", "https://b.example"]
    );
    assert_eq!(settings.log.filter, "info,a[b{c=d}]=trace");
    assert_eq!(settings.store.cache, ByteCount::new(64 << 20));
    assert!(!settings.store.index_events);
}

#[test]
fn an_empty_list_takes_the_entries_of_farther_layers_away() {
    let text = "[rpc]\ncors_origins = [\"*\"]";
    let layers = Layers::new().file("config.toml", text);
    assert_eq!(load(&layers).settings().rpc.cors_origins, ["*"]);
    let loaded = load(&layers.environment([("PYRALOG_RPC__CORS_ORIGINS", "")]));
    assert!(loaded.settings().rpc.cors_origins.is_empty());
    assert_eq!(
        shown_origin(&loaded, "rpc.cors_origins"),
        "PYRALOG_RPC__CORS_ORIGINS"
    );
}

#[test]
fn variables_that_are_no_settings_are_passed_over() {
    let no_text = || OsString::from_vec(vec![0xff]);
    let variables = [
        ("PYRALOG_HOME", "/somewhere"),
        ("PYRALOG_LOG", "loud"),
        ("OTHER_RPC__LISTEN", "x"),
        ("XPYRALOG_RPC__LISTEN", "x"),
    ];
    let owned = variables.map(|(name, value)| (OsString::from(name), OsString::from(value)));
    let foreign = [("PATH".into(), no_text()), (no_text(), no_text())];
    let loaded = load(&Layers::new().environment(owned.into_iter().chain(foreign)));
    assert_eq!(loaded, load(&Layers::new()));
}

#[test]
fn what_is_shown_loads_as_the_same_settings() {
    let text = "[rpc]\ncors_origins = [\"https://a.example\", \"*\"]\n[store]\nkeep_blocks = 1000";
    let loaded = load(&Layers::new().file("config.toml", text));
    let shown = |loaded: &Loaded| -> Vec<String> {
        let entries = loaded.entries();
        entries
            .map(|entry| format!("{}={}", entry.key, entry.value))
            .collect()
    };
    let again = load(&Layers::new().set(shown(&loaded)));
    assert_eq!(again.settings(), loaded.settings());
    assert_eq!(shown(&again), shown(&loaded));
    assert!(again.entries().all(|entry| *entry.origin == Origin::Set));
    assert!(shown(&loaded).contains(&"rpc.cors_origins=https://a.example,*".to_owned()));
}
