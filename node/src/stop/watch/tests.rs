use std::fs::File;
use std::future::pending;
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

use rustix::fs::OFlags;
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
    let exit = Exit::Clean;
    assert_eq!(late, Late::Slow { exit });
    assert_eq!(late.last_word().1, Exit::Runtime);
}

#[test]
fn a_node_that_halts_and_does_not_stop_ends_too() {
    let (mut watch, _signals, ended) = watch(SOON);
    watch.halted(Exit::Io);
    let late = ended.recv().unwrap();
    assert_eq!(late, Late::Slow { exit: Exit::Io });
    assert_eq!(late.last_word().1, Exit::Io);
}

#[test]
fn what_fails_first_while_a_node_stops_says_how_it_ends() {
    let (mut watch, signals, ended) = watch(NEVER);
    watch.halted(Exit::Clean);
    watch.halted(Exit::Invariant);
    watch.halted(Exit::Io);
    watch.halted(Exit::Clean);
    signals.blocking_send("SIGINT").unwrap();
    let (signal, exit) = ("SIGINT", Exit::Invariant);
    assert_eq!(ended.recv().unwrap(), Late::Again { signal, exit });
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

/// Fills the pipe that nobody reads, and leaves something that `exit` writes
/// there.
fn make_exit_hang() {
    let mut full = File::options()
        .write(true)
        .custom_flags(i32::try_from(OFlags::NONBLOCK.bits()).unwrap())
        .open("/proc/self/fd/1")
        .unwrap();
    let error = loop {
        if let Err(error) = full.write_all(b"a") {
            break error;
        }
    };
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
    std::io::stdout().write_all(b"not a whole line").unwrap();
}

#[test]
fn a_process_whose_exit_hangs_is_killed() {
    /// Says to this test that it is the process which is to end.
    const ENDS: &str = "PYRALOG_TEST_ENDS";
    if std::env::var_os(ENDS).is_some() {
        make_exit_hang();
        end(Late::Slow { exit: Exit::Clean });
    }
    let this = "stop::watch::tests::a_process_whose_exit_hangs_is_killed";
    let mut process = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", this, "--nocapture"])
        .env(ENDS, "")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // Its output stays open, and is not read.
    let status = process.wait().unwrap();
    assert_eq!(status.signal(), Some(Signal::KILL.as_raw()), "{status}");
}
