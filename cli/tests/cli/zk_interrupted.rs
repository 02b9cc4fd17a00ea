//! Long proofs that somebody does not want to wait for.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::shell::{Shell, nobody_starts};
use crate::zk::batch;

/// Long enough for any machine to begin; none proves so many records in it.
const PATIENCE: Duration = Duration::from_mins(1);

/// Half a minute of work where a test is slow, some seconds where it is fast.
const RECORDS: u32 = 16_384;

/// Whether the program has begun to prove, as its thread of that name tells.
fn is_proving(child: &Child) -> bool {
    let tasks = fs::read_dir(format!("/proc/{}/task", child.id())).unwrap();
    let mut names = tasks.map(|task| fs::read_to_string(task.unwrap().path().join("comm")));
    names.any(|name| name.is_ok_and(|name| name.trim() == "prover"))
}

fn signal(child: &Child, name: &str) {
    let line = format!("kill -{name} {}", child.id());
    let sent = Command::new("sh").args(["-c", &line]).status().unwrap();
    assert!(sent.success());
}

/// Interrupts a proof by this signal; returns the exit code and what was said.
fn interrupted(shell: &Shell, name: &str) -> (i32, String) {
    let args = "zk prove a.proof --claim claim.json --witness witness.json --save-claim all.json";
    let args: Vec<&str> = args.split(' ').collect();
    let starting = nobody_starts();
    let child = shell.command(&args).stderr(Stdio::piped()).spawn().unwrap();
    drop(starting);
    let begun = Instant::now();
    while !is_proving(&child) {
        assert!(begun.elapsed() < PATIENCE, "it does not begin");
        thread::sleep(Duration::from_millis(10));
    }
    signal(&child, name);
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    (output.status.code().unwrap(), said)
}

#[cfg(target_os = "linux")]
#[test]
fn an_interrupted_proof_leaves_nothing_and_says_who_ended_it() {
    let shell = Shell::new();
    batch(&shell, RECORDS);
    let files = |shell: &Shell| {
        let names = fs::read_dir(shell.path(".")).unwrap();
        names
            .map(|file| file.unwrap().file_name())
            .collect::<Vec<_>>()
    };
    let before = files(&shell);
    for (name, code, sentence) in [
        ("INT", 130, "error: interrupted; nothing was written\n"),
        ("TERM", 143, "error: told to end; nothing was written\n"),
    ] {
        let ended = interrupted(&shell, name);
        assert_eq!(ended, (code, sentence.to_owned()));
        assert_eq!(files(&shell), before);
    }
}
