//! The verbs that deal with networks of processes: from the command line to
//! [`pyralog_testnet::net`], and what it says to a terminal.
//!
//! Whatever waits ends at once by `SIGINT`, `SIGTERM` or `SIGHUP`. A net that
//! has not begun by then is gone; one that has stays as it is.

mod args;
mod watch;

use std::io::{self, Write};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pyralog_testnet::net::{Attack, Net, NetError, NetName, NodeName, Options, Outcome, Strength};
use tokio::runtime::Builder;
use tokio::signal::unix::{Signal, SignalKind, signal};

use self::args::{ALL, Which};
pub(crate) use self::args::{
    AttackArgs, CheckArgs, DownArgs, LogsArgs, NodesArgs, StatusArgs, UpArgs,
};

/// How often a log is looked at for more.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// Why a verb did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VerbError {
    /// The net refused, or failed.
    #[error(transparent)]
    Net(#[from] NetError),
    /// Something that must hold does not.
    #[error("something that must hold of the net {0} does not")]
    Wrong(NetName),
    /// A signal came first.
    #[error("interrupted")]
    Interrupted,
    /// Nothing can be written any more, or the system gave no means to wait.
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// Runs a verb, unless a signal ends it.
pub(crate) fn run<T>(verb: impl Future<Output = Result<T, VerbError>>) -> Result<T, VerbError> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut signals = Signals::new()?;
        tokio::select! {
            // Whoever is interrupted half-way is dropped, and cleans up.
            biased;
            () = signals.any() => Err(VerbError::Interrupted),
            done = verb => done,
        }
    })
}

/// Those that ask a program to end.
struct Signals([Signal; 3]);

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self([
            signal(SignalKind::interrupt())?,
            signal(SignalKind::terminate())?,
            signal(SignalKind::hangup())?,
        ]))
    }

    async fn any(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}

pub(crate) fn up(args: UpArgs) -> Result<(), VerbError> {
    let options = Options {
        base: args.which.base,
        validators: args.validators,
        full_nodes: args.full_nodes,
        consensus: args.engine,
        settings: args.set,
        program: args.program,
        ..Options::new(args.which.net)
    };
    let net = run(async { Ok(Net::up(&options).await?) })?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    say(&runtime.block_on(net.status())?.to_string())?;
    let first = net.nodes().next().map(|node| node.to_string());
    let first = first.unwrap_or_default();
    let flag = match net.name().as_str() {
        NetName::DEFAULT => String::new(),
        name => format!(" --net {name}"),
    };
    let url = net.url(&first)?;
    say(&format!(
        "
It stays until you end it. It lies in {directory}

Try:
  pyralog-testnet status{flag} --watch
  pyralog --node {url} tx transfer dev-1 5 --from dev-0 --wait
  pyralog-testnet kill{flag} {first}
  pyralog-testnet restart{flag} {first}
  pyralog-testnet check{flag}
  pyralog-testnet down{flag}
",
        directory = net.directory().display(),
    ))?;
    Ok(())
}

pub(crate) async fn status(args: StatusArgs) -> Result<(), VerbError> {
    let Which { net, base } = args.which;
    if args.watch {
        return watch::watch(base.as_deref(), &net).await;
    }
    let net = Net::open(base.as_deref(), &net)?;
    say(&net.status().await?.to_string())?;
    Ok(())
}

/// What is done to nodes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Deed {
    Kill,
    Pause,
    Resume,
    Restart,
}

pub(crate) async fn tell(deed: Deed, args: NodesArgs) -> Result<(), VerbError> {
    let mut net = Net::open(args.which.base.as_deref(), &args.which.net)?;
    if args.nodes == [ALL] {
        if let Deed::Restart = deed {
            net.restart_all().await?;
            return Ok(say(&format!("restarted all nodes of {}\n", net.name()))?);
        }
        let nodes: Vec<String> = net.nodes().map(|node: NodeName| node.to_string()).collect();
        for node in &nodes {
            match tell_one(deed, &mut net, node).await {
                // All that run: the others have nothing to be told.
                Err(VerbError::Net(NetError::NotRunning { .. })) => {}
                told => told?,
            }
        }
        return Ok(());
    }
    // All names are looked at before anything is done.
    for node in &args.nodes {
        net.url(node)?;
    }
    for node in &args.nodes {
        tell_one(deed, &mut net, node).await?;
    }
    Ok(())
}

async fn tell_one(deed: Deed, net: &mut Net, node: &str) -> Result<(), VerbError> {
    let done = match deed {
        Deed::Kill => net.kill(node).await.map(|()| "killed"),
        Deed::Pause => net.pause(node).await.map(|()| "paused"),
        Deed::Resume => net.resume(node).await.map(|()| "resumed"),
        Deed::Restart => net.restart(node).await.map(|()| "restarted"),
    };
    Ok(say(&format!("{} {node}\n", done?))?)
}

pub(crate) async fn check(args: CheckArgs) -> Result<(), VerbError> {
    let net = Net::open(args.which.base.as_deref(), &args.which.net)?;
    let report = net.check(Duration::from_secs(args.seconds)).await?;
    say(&report.to_string())?;
    if report.holds() {
        Ok(())
    } else {
        Err(VerbError::Wrong(args.which.net))
    }
}

pub(crate) async fn attack(args: AttackArgs) -> Result<(), VerbError> {
    let net = Net::open(args.which.base.as_deref(), &args.which.net)?;
    let strength = Strength {
        connections: args.connections,
        identities: args.identities,
        time: Duration::from_secs(args.seconds),
        seed: args.seed.unwrap_or_else(drawn),
    };
    let attacks = if args.only.is_empty() {
        &Attack::ALL[..]
    } else {
        &args.only
    };
    let mut said = Ok(());
    let told = |outcome: &Outcome| {
        let now = say(&format!("{outcome}\n"));
        said = std::mem::replace(&mut said, Ok(())).and(now);
    };
    let report = net.attack(attacks, strength, told).await?;
    said?;
    if report.holds() {
        Ok(())
    } else {
        Err(VerbError::Wrong(args.which.net))
    }
}

/// A seed that no run before had, most likely.
fn drawn() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let nanos = since.unwrap_or_default().as_nanos();
    u64::try_from(nanos & u128::from(u64::MAX)).unwrap_or_default()
}

pub(crate) async fn logs(args: LogsArgs) -> Result<(), VerbError> {
    let net = Net::open(args.which.base.as_deref(), &args.which.net)?;
    let mut log = net.log(&args.node)?;
    loop {
        let piece = log.next_piece()?;
        if !piece.is_empty() {
            let mut out = io::stdout().lock();
            if out.write_all(&piece).and_then(|()| out.flush()).is_err() {
                // Whoever read it, such as `head`, has seen enough.
                return Ok(());
            }
        } else if args.follow {
            tokio::time::sleep(LOOK_AGAIN).await;
        } else {
            return Ok(());
        }
    }
}

pub(crate) async fn down(args: DownArgs) -> Result<(), VerbError> {
    let Which { net: name, base } = args.which;
    let net = Net::open(base.as_deref(), &name)?;
    let directory = net.directory().display().to_string();
    net.down(args.keep).await?;
    say(&if args.keep {
        format!("all nodes of {name} have ended; {directory} is kept, `restart all` goes on\n")
    } else {
        format!("all nodes of {name} have ended; {directory} is removed\n")
    })?;
    Ok(())
}

fn say(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}
