//! Second processes: this test program, started again to do one thing.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

/// Says to a child what it is to do.
const ROLE: &str = "PYRALOG_STORE_ROLE";
const DIR: &str = "PYRALOG_STORE_DIR";
/// What a child says begins with this, because the test runner speaks too.
const SAYS: &str = "child says ";

/// A started copy of this program.
pub(crate) struct Started {
    pub(crate) child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Started {
    /// The next thing that the child says; `None` when it has ended.
    pub(crate) fn says(&mut self) -> Option<String> {
        loop {
            let line = self.lines.next()?.ok()?;
            // It may follow what the runner says, on the same line.
            if let Some((_, said)) = line.split_once(SAYS) {
                return Some(said.to_owned());
            }
        }
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        // It has ended already, or the test has.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts `test` of this program in another process, which is to play `role`.
pub(crate) fn start(test: &str, role: &str, dir: &Path) -> Started {
    start_by(
        Command::new(std::env::current_exe().unwrap()),
        test,
        role,
        dir,
    )
}

/// As [`start`], where writes fail that make a file longer than 512 KiB; or
/// twice that, as shells count differently.
pub(crate) fn start_short_of_space(test: &str, role: &str, dir: &Path) -> Started {
    let mut shell = Command::new("sh");
    // An ignored signal stays ignored, so that the write fails and not the
    // process.
    shell.args(["-c", r#"trap "" XFSZ; ulimit -f 1024; exec "$@""#, "sh"]);
    shell.arg(std::env::current_exe().unwrap());
    start_by(shell, test, role, dir)
}

fn start_by(mut program: Command, test: &str, role: &str, dir: &Path) -> Started {
    let mut child = program
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(ROLE, role)
        .env(DIR, dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    Started { child, lines }
}

/// What this process is to do, and where, if it is such a child.
pub(crate) fn role() -> Option<(String, std::path::PathBuf)> {
    let role = std::env::var(ROLE).ok()?;
    Some((role, std::env::var_os(DIR)?.into()))
}

/// Says something to the parent.
pub(crate) fn say(what: &str) {
    println!("{SAYS}{what}");
}
