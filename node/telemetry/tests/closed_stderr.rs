//! A node goes on when nobody reads its log any more.

use std::io::{Read, stdin};
use std::process::{Command, Stdio};

use pyralog_telemetry::logs::{self, Format};

/// Set in the process that logs into a closed pipe.
const LOGS: &str = "PYRALOG_TEST_LOGS_AS";

#[test]
fn a_closed_standard_error_costs_lines_and_nothing_else() {
    if let Ok(format) = std::env::var(LOGS) {
        return log_once_standard_error_is_closed(&format);
    }
    for format in ["pretty", "logfmt", "json"] {
        let mut child = Command::new(std::env::current_exe().expect("this program has a path"))
            .args(["--exact", "--nocapture"])
            .arg("a_closed_standard_error_costs_lines_and_nothing_else")
            .env(LOGS, format)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("this program starts");
        drop(child.stderr.take());
        // Only now does it log: its input ends.
        drop(child.stdin.take());
        let status = child.wait().expect("it was started here");
        assert!(status.success(), "{format}: {status}");
    }
}

fn log_once_standard_error_is_closed(format: &str) {
    let mut nothing = Vec::new();
    stdin().read_to_end(&mut nothing).expect("input ends");
    let format = match format {
        "pretty" => Format::Pretty,
        "logfmt" => Format::Logfmt,
        "json" => Format::Json,
        other => panic!("no format {other}"),
    };
    logs::init(format, "info", false).expect("nothing logs yet");
    tracing::error!("nobody reads this");
    let again = logs::init(format, "info", false);
    assert!(matches!(again, Err(logs::LogError::Started)));
}
