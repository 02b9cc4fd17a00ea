use std::future::pending;

use tokio::runtime;

use super::*;

const SOON: Duration = Duration::from_millis(1);
const NEVER: Duration = Duration::from_hours(24);

/// Watches for signals that come when they are sent; what it comes to.
fn watch(
    time: Duration,
) -> (
    Watch,
    tokio::sync::mpsc::Sender<&'static str>,
    mpsc::Receiver<Late>,
) {
    let (send, mut signals) = tokio::sync::mpsc::channel(2);
    let (late, ended) = mpsc::sync_channel(1);
    let runtime = runtime::Builder::new_current_thread().enable_time().build();
    let next_signal = async move || match signals.recv().await {
        Some(signal) => signal,
        None => pending().await,
    };
    let watch = Watch::start(runtime.unwrap(), time, next_signal, move |why| {
        late.send(why).unwrap();
    });
    (watch.unwrap(), send, ended)
}

#[test]
fn a_node_whose_runtime_is_stuck_ends() {
    let stuck = runtime::Builder::new_current_thread().build().unwrap();
    let (_watch, signals, ended) = watch(SOON);
    let late = stuck.block_on(async {
        signals.send("SIGTERM").await.unwrap();
        // Holds the only thread until the watch says that it has ended it.
        ended.recv().unwrap()
    });
    assert_eq!(late, Late::Slow);
}

#[test]
fn a_node_that_halts_and_does_not_stop_ends_too() {
    let (mut watch, _signals, ended) = watch(SOON);
    watch.halted(Exit::Io);
    assert_eq!(ended.recv().unwrap(), Late::Slow);
}

#[test]
fn a_second_signal_ends_it_at_once_as_it_would_have_ended() {
    let (mut first, signals, ended) = watch(NEVER);
    first.halted(Exit::Io);
    signals.blocking_send("SIGINT").unwrap();
    let (signal, exit) = ("SIGINT", Exit::Io);
    assert_eq!(ended.recv().unwrap(), Late::Again { signal, exit });
    let (_second, signals, ended) = watch(NEVER);
    signals.blocking_send("SIGINT").unwrap();
    signals.blocking_send("SIGTERM").unwrap();
    let (signal, exit) = ("SIGTERM", Exit::Clean);
    assert_eq!(ended.recv().unwrap(), Late::Again { signal, exit });
}

#[test]
fn a_node_that_stops_in_time_is_let_be() {
    let (watch, signals, ended) = watch(NEVER);
    signals.blocking_send("SIGINT").unwrap();
    drop(watch);
    // The thread has ended, and said nothing.
    assert!(ended.recv().is_err());
}
