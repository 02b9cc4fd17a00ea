//! `pyralog status`, `pyralog wait-api`: how a node stands.

use std::time::{Duration, Instant};

use pyralog_api::{NodeStatus, PyralogClient};
use pyralog_genesis::format_time;

use crate::args::WaitApi;
use crate::context::Context;
use crate::describe::harmless;
use crate::error::CliError;
use crate::node::{ANSWER_MAX, Node};
use crate::output::table;

/// How long between two questions to a node that does not answer yet.
const PAUSE: Duration = Duration::from_millis(200);

pub(super) fn show(context: &Context<'_>) -> Result<(), CliError> {
    let node = context.node()?;
    let status = node.ask(PyralogClient::node_status)?;
    context.console.give(&text(&node, &status), &status)
}

pub(super) fn wait(args: &WaitApi, context: &Context<'_>) -> Result<(), CliError> {
    let (node, status) = poll(args, context)?;
    context.console.give(&text(&node, &status), &status)
}

/// Asks until there is an answer, or the time is over. Where the node is, is
/// looked up each time: one that starts says so only then.
fn poll(args: &WaitApi, context: &Context<'_>) -> Result<(Node, NodeStatus), CliError> {
    let (begun, max) = (Instant::now(), args.timeout);
    loop {
        let node = context.node()?;
        let left = max.get().saturating_sub(begun.elapsed());
        // The last question must have a chance.
        let limit = left.clamp(PAUSE, ANSWER_MAX);
        let answer = node.ask_within(limit, PyralogClient::node_status, || ());
        let worth_waiting = matches!(&answer, Err(problem) if problem.is_passing());
        if !worth_waiting || begun.elapsed() + PAUSE > max.get() {
            context.console.end_progress();
            return Ok((node, answer?));
        }
        let seconds = begun.elapsed().as_secs();
        let progress = format_args!("waiting for {}: {seconds}s of {max}", node.url());
        context.console.progress(progress);
        std::thread::sleep(PAUSE);
    }
}

fn text(node: &Node, status: &NodeStatus) -> String {
    let validator = match &status.validator {
        Some(address) => address.to_string(),
        None => "none".to_owned(),
    };
    let state = if status.syncing {
        "catches up with the network"
    } else {
        "follows the network"
    };
    table(&[
        ("node", node.url()),
        ("version", &harmless(&status.version)),
        ("chain id", &harmless(&status.chain_id)),
        ("genesis", &status.genesis),
        ("consensus", &harmless(&status.consensus)),
        ("state", &state),
        ("peers", &status.peers),
        ("height", &status.height),
        ("block", &status.block),
        ("time", &format_time(status.time)),
        ("state root", &status.state_root),
        ("oldest", &status.oldest),
        ("pending", &status.pending),
        ("base fee", &format_args!("{} tokens", status.base_fee)),
        ("validator", &validator),
    ])
}
