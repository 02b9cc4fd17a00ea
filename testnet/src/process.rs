//! A node as a process.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use jsonrpsee::http_client::{HttpClient, HttpClientBuilder};
use jsonrpsee::ws_client::{WsClient, WsClientBuilder};
use pyralog_api::{NodeStatus, PyralogClient};
use pyralog_primitives::ByteCount;
use rustix::process::{Pid, Signal, kill_process};
use tokio::time::{Instant, sleep};

use crate::{PATIENCE, Sandbox, binary};

const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// How a node is to be started.
#[derive(Clone, Debug)]
pub struct NodeCommand {
    home: PathBuf,
    stdout: PathBuf,
    stderr: PathBuf,
    args: Vec<OsString>,
    files_max: Option<usize>,
}

impl NodeCommand {
    /// A node in the home of a sandbox, on ports that are free, with whatever
    /// else is added. Nothing comes from the environment of the test.
    pub fn new(sandbox: &Sandbox) -> Self {
        Self {
            home: sandbox.home(),
            stdout: sandbox.path("stdout"),
            stderr: sandbox.path("stderr"),
            args: Vec::new(),
            files_max: None,
        }
    }

    /// The same, of a network for development.
    pub fn development(sandbox: &Sandbox) -> Self {
        Self::new(sandbox).arg("--dev").arg("--with-unused-ports")
    }

    /// With one more argument.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// With a setting.
    #[must_use]
    pub fn set(self, setting: &str) -> Self {
        self.arg("--set").arg(setting)
    }

    /// With its output in files of another name, beside another process of the
    /// same sandbox.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.stdout.set_extension(name);
        self.stderr.set_extension(name);
        self
    }

    /// With so few files that it may open at once, sockets among them.
    #[must_use]
    pub fn with_few_files(mut self, files_max: usize) -> Self {
        self.files_max = Some(files_max);
        self
    }

    /// Starts the process and does not wait for it.
    pub fn spawn(&self) -> NodeProcess {
        let writable = "the sandbox can be written to";
        let program = binary("pyralog-node");
        let mut command = match self.files_max {
            None => Command::new(program),
            Some(files_max) => {
                // A limit must stand before the program starts. The shell takes
                // it on, and becomes the program: it is one process.
                let mut shell = Command::new("sh");
                let script = format!("ulimit -n {files_max} && exec \"$0\" \"$@\"");
                shell.arg("-c").arg(script).arg(program);
                shell
            }
        };
        let child = command
            .arg("--home")
            .arg(&self.home)
            .args(&self.args)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .stdin(Stdio::null())
            .stdout(File::create(&self.stdout).expect(writable))
            .stderr(File::create(&self.stderr).expect(writable))
            .spawn();
        let child = child.expect("the system starts a program that is there");
        NodeProcess {
            child,
            stdout: self.stdout.clone(),
            stderr: self.stderr.clone(),
            endpoint: String::new(),
            metrics: String::new(),
        }
    }

    /// Starts the process and waits until it answers.
    pub async fn start(&self) -> Result<NodeProcess, StartError> {
        let mut process = self.spawn();
        process.wait_until_it_answers().await?;
        Ok(process)
    }

    /// Starts a process that is expected to end by itself.
    pub async fn run(&self) -> Ended {
        self.spawn().ended().await
    }
}

/// Why a process does not answer.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// It has ended.
    #[error("the node has ended: {0:?}")]
    Ended(Ended),
    /// It runs and does not answer.
    #[error("the node did not answer within {} s; it said:\n{stderr}", PATIENCE.as_secs())]
    Silent {
        /// What it wrote to standard error.
        stderr: String,
    },
}

/// What a process has left.
#[derive(Clone, Debug)]
pub struct Ended {
    /// The exit code; none if a signal has ended it.
    pub code: Option<i32>,
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
}

/// A node that was started. It is killed when it is dropped.
#[derive(Debug)]
pub struct NodeProcess {
    child: Child,
    stdout: PathBuf,
    stderr: PathBuf,
    endpoint: String,
    metrics: String,
}

impl NodeProcess {
    /// Waits until it answers calls.
    pub async fn wait_until_it_answers(&mut self) -> Result<(), StartError> {
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            if let Some(status) = self.exit() {
                return Err(StartError::Ended(self.ending(status)));
            }
            if self.read_banner() && self.client().node_status().await.is_ok() {
                return Ok(());
            }
            sleep(LOOK_AGAIN).await;
        }
        let stderr = self.stderr();
        Err(StartError::Silent { stderr })
    }

    /// Learns from the banner where it listens; the banner is complete once its
    /// last address is.
    fn read_banner(&mut self) -> bool {
        let text = self.stdout();
        let addresses = address_after(&text, "RPC").zip(address_after(&text, "metrics"));
        let is_complete = text.contains("  health ") && text.ends_with('\n');
        match addresses.filter(|_| is_complete) {
            None => false,
            Some((endpoint, metrics)) => {
                endpoint.clone_into(&mut self.endpoint);
                metrics.clone_into(&mut self.metrics);
                true
            }
        }
    }

    /// Where it answers calls: host and port.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Where it shows metrics and health: host and port.
    pub fn metrics(&self) -> &str {
        &self.metrics
    }

    /// Someone who calls it.
    pub fn client(&self) -> HttpClient {
        client(&self.endpoint)
    }

    /// Someone who calls it over a `WebSocket`, and may subscribe.
    pub async fn subscriber(&self) -> WsClient {
        let url = format!("ws://{}", self.endpoint);
        let client = WsClientBuilder::default().build(url).await;
        client.expect("a node that answers takes connections")
    }

    /// How it stands.
    pub async fn status(&self) -> NodeStatus {
        let status = self.client().node_status().await;
        status.expect("a node that runs says how it stands")
    }

    /// Memory that it has and that is not the system's to take.
    pub fn memory(&self) -> ByteCount {
        let path = format!("/proc/{}/status", self.child.id());
        let text = fs::read_to_string(path).expect("the process runs");
        let line = text.lines().find_map(|line| line.strip_prefix("RssAnon:"));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
        let kib: Option<u64> = kib.and_then(|kib| kib.trim().parse().ok());
        ByteCount::new(1024 * kib.expect("the system says so of each process"))
    }

    /// Files that it has open, sockets among them.
    pub fn open_files(&self) -> usize {
        let path = format!("/proc/{}/fd", self.child.id());
        let files = fs::read_dir(path).expect("the process runs");
        files.count()
    }

    /// Ends it at once, as a loss of power to the process does.
    pub fn kill(&mut self) {
        // It may have ended already; then there is nothing to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Asks it to stop.
    pub fn terminate(&self) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, Signal::TERM).expect("a child that is not waited for has its number");
    }

    /// Asks it to stop, and waits until it has.
    pub async fn stop(self) -> Ended {
        self.terminate();
        self.ended().await
    }

    /// Waits until it has ended; killed after a while, it has no exit code.
    pub async fn ended(mut self) -> Ended {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.exit() {
                return self.ending(status);
            }
            if Instant::now() >= end {
                self.kill();
            }
            sleep(LOOK_AGAIN).await;
        }
    }

    /// How it has ended, if it has.
    pub fn exit(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child can be waited for")
    }

    /// What it wrote to standard output so far.
    pub fn stdout(&self) -> String {
        read(&self.stdout)
    }

    /// What it wrote to standard error so far.
    pub fn stderr(&self) -> String {
        read(&self.stderr)
    }

    fn ending(&self, status: ExitStatus) -> Ended {
        Ended {
            code: status.code(),
            stdout: self.stdout(),
            stderr: self.stderr(),
        }
    }
}

impl Drop for NodeProcess {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            eprintln!("the node said:\n{}", self.stderr());
        }
    }
}

/// Someone who calls the node at a host and port.
fn client(endpoint: &str) -> HttpClient {
    let client = HttpClientBuilder::default().build(format!("http://{endpoint}"));
    client.expect("a host and a port make a URL")
}

/// The host and port in the line of the banner with this name.
fn address_after<'text>(banner: &'text str, name: &str) -> Option<&'text str> {
    let line = banner
        .lines()
        .find_map(|line| line.trim_start().strip_prefix(name))?;
    let (_, rest) = line.split_once("http://")?;
    let end = rest.find(['/', ' ']).unwrap_or(rest.len());
    Some(&rest[..end])
}

fn read(path: &Path) -> String {
    let bytes = fs::read(path).expect("the sandbox can be read");
    String::from_utf8_lossy(&bytes).into_owned()
}
