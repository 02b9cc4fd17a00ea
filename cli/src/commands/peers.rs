//! `pyralog peers list|ban|unban|add`.

use std::fmt::Write;

use pyralog_api::{PeerView, PeersView, PyralogClient};
use pyralog_genesis::format_time;
use pyralog_primitives::DurationMs;
use serde_json::json;

use crate::args::{AddPeer, BanPeer, PeersVerb, UnbanPeer};
use crate::context::Context;
use crate::describe::harmless;
use crate::error::CliError;

const HOUR_MS: u64 = 60 * 60 * 1000;

pub(super) fn run(verb: &PeersVerb, context: &Context<'_>) -> Result<(), CliError> {
    match verb {
        PeersVerb::List => list(context),
        PeersVerb::Ban(args) => ban(args, context),
        PeersVerb::Unban(args) => unban(args, context),
        PeersVerb::Add(args) => add(args, context),
    }
}

fn list(context: &Context<'_>) -> Result<(), CliError> {
    let view = context.node()?.ask(PyralogClient::peers)?;
    context.console.give(&text(&view), &view)
}

fn ban(args: &BanPeer, context: &Context<'_>) -> Result<(), CliError> {
    let duration = DurationMs::new(args.hours * HOUR_MS);
    let node = context.node()?;
    node.ask(|client| client.ban_peer(args.peer, duration, args.reason.clone()))?;
    let (peer, hours) = (args.peer, args.hours);
    let text = format!("{peer} is banned for {hours} hours");
    context
        .console
        .give_line(&text, &json!({ "banned": peer, "hours": hours }))
}

fn unban(args: &UnbanPeer, context: &Context<'_>) -> Result<(), CliError> {
    let node = context.node()?;
    let was_banned = node.ask(|client| client.unban_peer(args.peer))?;
    let peer = args.peer;
    let text = if was_banned {
        format!("the ban of {peer} has ended")
    } else {
        format!("{peer} was not banned")
    };
    let data = json!({ "peer": peer, "was_banned": was_banned });
    context.console.give_line(&text, &data)
}

fn add(args: &AddPeer, context: &Context<'_>) -> Result<(), CliError> {
    let node = context.node()?;
    node.ask(|client| client.add_peer(args.address.clone()))?;
    let address = &args.address;
    let text = format!("{address} will be dialled");
    context
        .console
        .give_line(&text, &json!({ "added": address }))
}

/// What peers say of themselves is shown without what could drive a terminal.
fn text(view: &PeersView) -> String {
    let mut text = match &view.address {
        Some(address) => format!("this node  {}\n", harmless(address)),
        None => "this node meets no others\n".to_owned(),
    };
    let written = "a string accepts every text";
    for peer in &view.connected {
        writeln!(text, "{}", line(peer)).expect(written);
    }
    if view.connected.is_empty() {
        writeln!(text, "connected with nobody").expect(written);
    }
    for ban in &view.banned {
        let (until, reason) = (format_time(ban.until), harmless(&ban.reason));
        writeln!(text, "{}  banned until {until}: {reason}", ban.peer).expect(written);
    }
    for stranger in &view.strangers {
        let network = harmless(&stranger.network);
        writeln!(text, "{}  of another network: {network}", stranger.peer).expect(written);
    }
    text
}

fn line(peer: &PeerView) -> String {
    let way = if peer.outbound { "to" } else { "from" };
    let role = match &peer.validator {
        Some(validator) => format!("validator {}", validator.address()),
        None => "follower".to_owned(),
    };
    let (at, agent) = (harmless(&peer.at), harmless(&peer.agent));
    let (key, points) = (peer.peer, peer.reputation);
    format!("{key}  {way} {at}  {role}  {points} points  {agent}")
}
