//! From the command line to a node, and back to an exit code.

use std::io::{IsTerminal, Write};

use pyralog_config::{Loaded, LogFormat, Settings};
use pyralog_telemetry::logs::{self, Format, LogControl};
use tokio::runtime;

use crate::args::{Args, ConfigVerb, Verb};
use crate::banner::{Banner, development_text};
use crate::error::NodeError;
use crate::files::Files;
use crate::home::{Home, write_text};
use crate::node::Node;
use crate::progress::follow;
use crate::source::{Network, load_settings, validator_key, write_files};
use crate::stop::{self, Signals, run_until_stopped};
use crate::ticker::tick;

/// Does what the command line says; returns when the node has stopped.
pub fn run(args: &Args) -> Result<(), NodeError> {
    let network = Network::of(args)?;
    let home = Home::of(args, network.genesis.chain_id())?;
    if let Some(Verb::Config(ConfigVerb::Show { origin })) = &args.verb {
        show(&load_settings(args, &home)?, *origin);
        return Ok(());
    }
    let loaded = load_settings(args, &home)?;
    let key = validator_key(args, &home, &network.genesis)?;
    write_files(&home, &network)?;
    let log = start_log(args, &loaded)?;
    let has_line = has_line(args, &loaded);
    let mut settings = loaded.into_settings();
    let files = share_files(&mut settings)?;
    // Dropped last: until everything is, something may not end.
    let mut watch = stop::watch().map_err(NodeError::io("start", "the watch".as_ref()))?;
    let runtime = runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(NodeError::io("start", "the runtime".as_ref()))?;
    runtime.block_on(async {
        let signals = Signals::new();
        let signals = signals.map_err(NodeError::io("listen for", "signals".as_ref()))?;
        let validator = key.as_ref().map(|key| key.public_key().address());
        let genesis = network.genesis.clone();
        let node = Node::start(network, key, &home, (settings, files)).await;
        let mut node = node?;
        let banner = Banner {
            genesis: &genesis,
            genesis_file: &home.genesis(),
            store: &home.store(),
            config: &home.config(),
            rpc: node.rpc,
            metrics: node.metrics,
            p2p: node.p2p,
            validator,
            height: node.feed.head().height,
        };
        say(&banner.text());
        if args.dev {
            say(&development_text());
        }
        write_text(&home.endpoint(), &format!("http://{}\n", node.rpc))?;
        let ticker = tick(
            std::sync::Arc::clone(&node.feed),
            node.pool.clone(),
            std::sync::Arc::clone(&node.syncing),
            node.stop.subscribe(),
        );
        node.tasks.spawn(ticker);
        node.tasks.spawn(follow(
            std::sync::Arc::clone(&node.feed),
            std::sync::Arc::clone(&node.syncing),
            has_line.then(|| log.line()),
            node.stop.subscribe(),
        ));
        run_until_stopped(node, signals, &mut watch, || {
            reload_filter(args, &home, &log);
        })
        .await
    })
}

/// Takes as many files as there may be; serves no more connections than they
/// are enough for.
fn share_files(settings: &mut Settings) -> Result<Files, NodeError> {
    let wanted = settings.rpc.connection_count_max;
    let files = Files::take(wanted)?;
    let served = files.connection_count_max;
    if served < wanted {
        tracing::warn!(
            wanted,
            served,
            "the limit of open files (ulimit -n) allows fewer connections than \
             rpc.connection_count_max; more wait"
        );
        settings.rpc.connection_count_max = served;
    }
    Ok(files)
}

/// Prints to standard output; if it is closed, nobody wants to know.
fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

fn show(loaded: &Loaded, with_origin: bool) {
    let mut text = String::new();
    for entry in loaded.entries() {
        let line = if with_origin {
            format!("{} = {}  # {}\n", entry.key, entry.value, entry.origin)
        } else {
            format!("{} = {}\n", entry.key, entry.value)
        };
        text.push_str(&line);
    }
    say(&text);
}

fn start_log(args: &Args, loaded: &Loaded) -> Result<LogControl, NodeError> {
    let settings = &loaded.settings().log;
    let format = match settings.format {
        LogFormat::Pretty => Format::Pretty,
        LogFormat::Logfmt => Format::Logfmt,
        LogFormat::Json => Format::Json,
    };
    let has_colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    logs::init(format, &filter(args, loaded), has_colour).map_err(NodeError::Log)
}

/// Whether a line below the log is of use: a person looks at it, and a terminal
/// that can be painted on.
fn has_line(args: &Args, loaded: &Loaded) -> bool {
    let is_pretty = matches!(loaded.settings().log.format, LogFormat::Pretty);
    let is_dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
    is_pretty && !args.quiet && !is_dumb && std::io::stderr().is_terminal()
}

/// What is logged: the flags go before the settings.
fn filter(args: &Args, loaded: &Loaded) -> String {
    match (args.quiet, args.verbose) {
        (true, _) => "warn".to_owned(),
        (false, 0) => loaded.settings().log.filter.clone(),
        (false, 1) => "info,pyralog=debug".to_owned(),
        (false, _) => "debug,pyralog=trace".to_owned(),
    }
}

/// Reads the filter again, as SIGHUP asks for.
fn reload_filter(args: &Args, home: &Home, log: &LogControl) {
    let loaded = match load_settings(args, home) {
        Ok(loaded) => loaded,
        Err(error) => {
            tracing::error!("the filter of the log stays as it is: {error}");
            return;
        }
    };
    let filter = filter(args, &loaded);
    match log.set_filter(&filter) {
        Ok(()) => tracing::info!(filter, "the filter of the log is set"),
        Err(error) => tracing::error!("the filter of the log stays as it is: {error}"),
    }
}
