//! Several nodes on one machine: ports that nobody chose move, others stay.

use pyralog_config::{Layers, Loaded, Problem};

fn load(layers: &Layers) -> Loaded {
    layers
        .load()
        .unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

fn ports(loaded: &Loaded) -> [u16; 2] {
    let settings = loaded.settings();
    [settings.rpc.listen.port(), settings.metrics.listen.port()]
}

fn origins(loaded: &Loaded) -> [String; 2] {
    ["rpc.listen", "metrics.listen"].map(|key| {
        let origin = loaded.origin(key);
        origin.expect("the setting exists").to_string()
    })
}

#[test]
fn an_instance_moves_the_ports_by_ten_each() {
    let mut loaded = load(&Layers::new());
    loaded.offset_ports(3).unwrap();
    assert_eq!(ports(&loaded), [26687, 26690]);
    assert_eq!(origins(&loaded), ["--instance", "--instance"]);
}

#[test]
fn instance_zero_changes_nothing() {
    let mut loaded = load(&Layers::new());
    loaded.offset_ports(0).unwrap();
    assert_eq!(loaded, load(&Layers::new()));
}

#[test]
fn a_chosen_port_stays_where_it_is() {
    for (layers, origin) in [
        (Layers::new().set(["rpc.listen=127.0.0.1:5"]), "--set"),
        (
            Layers::new().environment([("PYRALOG_RPC__LISTEN", "127.0.0.1:5")]),
            "PYRALOG_RPC__LISTEN",
        ),
        (
            Layers::new().file("c.toml", "rpc.listen = \"127.0.0.1:5\""),
            "c.toml line 1",
        ),
    ] {
        let mut loaded = load(&layers);
        loaded.offset_ports(1).unwrap();
        assert_eq!(ports(&loaded), [5, 26670]);
        assert_eq!(origins(&loaded), [origin, "--instance"]);
        loaded.any_port();
        assert_eq!(ports(&loaded), [5, 0]);
        assert_eq!(origins(&loaded), [origin, "--with-unused-ports"]);
    }
}

#[test]
fn what_the_mode_prefers_moves_too_but_not_from_unused_ports() {
    let layers = Layers::new().dev(&[
        ("rpc.listen", "127.0.0.1:0"),
        ("metrics.listen", "127.0.0.1:9000"),
    ]);
    let mut loaded = load(&layers);
    loaded.offset_ports(2).unwrap();
    assert_eq!(ports(&loaded), [0, 9020]);
    assert_eq!(origins(&loaded), ["--dev", "--instance"]);
}

#[test]
fn a_port_above_the_highest_is_refused_and_nothing_moves() {
    let mut loaded = load(&Layers::new());
    loaded.offset_ports(3887).unwrap();
    assert_eq!(ports(&loaded), [65527, 65530]);
    let layers = Layers::new().dev(&[("metrics.listen", "127.0.0.1:60000")]);
    for (instance, shown) in [
        (600, "metrics.listen with 60000"),
        (
            3888,
            "rpc.listen with 26657, p2p.listen with 26656, metrics.listen with 60000",
        ),
        (
            u16::MAX,
            "rpc.listen with 26657, p2p.listen with 26656, metrics.listen with 60000",
        ),
    ] {
        let mut loaded = load(&layers);
        let mistakes = loaded.offset_ports(instance).unwrap_err();
        assert_eq!(loaded, load(&layers));
        let found: Vec<String> = mistakes
            .iter()
            .map(|mistake| match mistake.problem {
                Problem::PortTooHigh { port, .. } => format!("{} with {port}", mistake.key),
                _ => panic!("{mistake}"),
            })
            .collect();
        assert_eq!(found.join(", "), shown);
        let shown = mistakes.to_string();
        assert!(shown.contains(&format!("with instance {instance} the port ")));
    }
}

#[test]
fn a_port_moved_onto_a_chosen_one_is_refused() {
    let mut loaded = load(&Layers::new().set(["rpc.listen=127.0.0.1:26670"]));
    let shown = loaded.offset_ports(1).unwrap_err().to_string();
    assert_eq!(
        shown,
        "--set: rpc.listen: metrics.listen listens on this port too (--instance); \
         choose another port"
    );
    assert_eq!(ports(&loaded), [26670, 26660]);
}

#[test]
fn unused_ports_may_be_the_same_number() {
    let mut loaded = load(&Layers::new());
    loaded.any_port();
    assert_eq!(ports(&loaded), [0, 0]);
    loaded.offset_ports(1).unwrap();
    assert_eq!(ports(&loaded), [0, 0]);
}
