//! `pyralog events`: follow what happens on the chain.
//!
//! Invariant: each event is given once and in order, or it is said which blocks
//! are missing, whatever happens to the connection, as long as the node comes
//! back within [`LOST_MAX`].

use std::time::{Duration, Instant};

use pyralog_api::{Cursor, EventFilter, EventItem, Happened, PyralogClient};
use pyralog_primitives::{GenesisHash, Height, TransactionId};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::args::FollowEvents;
use crate::context::Context;
use crate::describe::{EventText, attributes, harmless};
use crate::error::CliError;
use crate::node::{Following, Node, NodeError};

/// How long a node may be away. Shorter, and its upgrade ends those who follow
/// it; longer, and nobody notices that they follow nothing.
const LOST_MAX: Duration = Duration::from_mins(10);

/// Pauses between attempts to come back: the first, and the longest.
const PAUSE_MIN: Duration = Duration::from_millis(250);
const PAUSE_MAX: Duration = Duration::from_secs(10);

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Event {
        cursor: Cursor,
        transaction: TransactionId,
        name: String,
        attributes: Map<String, Value>,
    },
    Lagged {
        from: Height,
        to: Height,
    },
}

pub(super) fn follow(args: &FollowEvents, context: &Context<'_>) -> Result<(), CliError> {
    let node = context.node()?;
    let address = args.address.as_ref();
    let filter = EventFilter {
        name: args.name.clone(),
        address: address
            .map(|party| party.address(|| context.keyring()))
            .transpose()?,
    };
    let status = node.ask(PyralogClient::node_status)?;
    let mut reader = Reader {
        node: &node,
        network: status.genesis,
        filter,
        // Said, and not left to the node: what happens while the connection is
        // lost must not be missed either.
        after: args.after.unwrap_or(Cursor::end_of(status.height)),
        left: args.limit,
        context,
    };
    reader.read()
}

/// A reader of events, and where it stands.
struct Reader<'a> {
    node: &'a Node,
    network: GenesisHash,
    filter: EventFilter,
    after: Cursor,
    /// Events still wanted; no number is no end.
    left: Option<u64>,
    context: &'a Context<'a>,
}

/// How one connection ended.
enum End {
    /// All is given that was wanted.
    Done,
    /// It may go on over another one.
    Lost(NodeError),
    /// The node ended it, with this word.
    Ended(String),
}

impl<'a> Reader<'a> {
    fn read(&mut self) -> Result<(), CliError> {
        let mut following = self.node.follow(self.filter.clone(), self.after)?;
        loop {
            match self.read_from(&mut following)? {
                End::Done => return Ok(()),
                End::Lost(problem) => self.context.console.note(format_args!("{problem}")),
                End::Ended(reason) => {
                    let reason = harmless(&reason);
                    let note = format_args!("the node has ended the subscription: {reason}");
                    self.context.console.note(note);
                }
            }
            following = self.come_back()?;
        }
    }

    /// Gives events until the connection ends.
    fn read_from(&mut self, following: &mut Following<'_>) -> Result<End, CliError> {
        while self.left != Some(0) {
            match following.next() {
                Ok(EventItem::Event(happened)) => self.give(&happened)?,
                Ok(EventItem::Lagged { from, to }) => self.skip(from, to)?,
                Ok(EventItem::Ended { reason }) => return Ok(End::Ended(reason)),
                Err(problem) => return Ok(End::Lost(problem)),
            }
        }
        Ok(End::Done)
    }

    fn give(&mut self, happened: &Happened) -> Result<(), CliError> {
        let Happened {
            cursor,
            transaction,
            event,
        } = happened;
        let text = format!("{cursor}  {}  in {transaction}", EventText(event));
        let line = Line::Event {
            cursor: *cursor,
            transaction: *transaction,
            name: event.name.to_string(),
            attributes: attributes(event),
        };
        self.context.console.give_line(&text, &line)?;
        self.after = *cursor;
        self.left = self.left.map(|left| left.saturating_sub(1));
        Ok(())
    }

    /// Says what is missing, and goes on after it.
    fn skip(&mut self, from: Height, to: Height) -> Result<(), CliError> {
        self.context.console.warn(format_args!(
            "the node no longer keeps blocks {from} to {to}; what happened there is missing"
        ));
        let line = Line::Lagged { from, to };
        self.context.console.give_data_line(&line)?;
        self.after = Cursor::end_of(to);
        Ok(())
    }

    /// Connects again, behind what was read last.
    fn come_back(&self) -> Result<Following<'a>, CliError> {
        let begun = Instant::now();
        let mut pause = PAUSE_MIN;
        loop {
            std::thread::sleep(pause);
            let problem = match self.connect()? {
                Ok(following) => {
                    let after = self.after;
                    let note = format_args!("connected again; going on after {after}");
                    self.context.console.note(note);
                    return Ok(following);
                }
                Err(problem) => problem,
            };
            if begun.elapsed() > LOST_MAX || !problem.is_passing() {
                let after = self.after;
                return Err(CliError::LostEvents { after, problem });
            }
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    /// One attempt. Behind the same URL there may be another network by now.
    fn connect(&self) -> Result<Result<Following<'a>, NodeError>, CliError> {
        let status = match self.node.ask(PyralogClient::node_status) {
            Ok(status) => status,
            Err(problem) => return Ok(Err(problem)),
        };
        if status.genesis != self.network {
            return Err(CliError::NetworkChanged {
                followed: self.network,
                found: status.genesis,
            });
        }
        Ok(self.node.follow(self.filter.clone(), self.after))
    }
}
