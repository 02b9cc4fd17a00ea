//! Logs: one line on standard error for each event.
//!
//! An event is written in one of three shapes, which carry the same fields
//! under the same names: for people, for programs that read `logfmt`, or for
//! those that read JSON. A filter says which events are written; it can be
//! replaced while the node runs.
//!
//! Invariants:
//! - an event is one line in every shape, whatever its fields hold: nobody
//!   forges a line by putting a line break into a name, or paints over others
//!   by moving the cursor;
//! - a filter that is not understood is refused as a whole, and the one before
//!   it stays;
//! - an event that cannot be written is lost, and nothing else is: the node
//!   does not depend on who reads its log.

mod clock;
mod fields;
mod filter;
mod line;

use std::io;

use tracing::Subscriber;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::{EnvFilter, Registry, fmt, reload};

use self::clock::TimeOfDay;
pub use self::filter::{FILTER_BYTES_MAX, FilterError};
use self::line::Events;
pub use self::line::StatusLine;

/// The shape of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people: time of day in UTC, level, message, fields.
    Pretty,
    /// `key=value` pairs.
    Logfmt,
    /// A JSON object.
    Json,
}

/// Why logging could not begin.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The filter is not understood.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// The process logs already, and there is no second log.
    #[error("this process logs already; start its log once, where it begins")]
    Started,
}

/// Why a filter could not be replaced. The one before it still holds.
#[derive(Debug, thiserror::Error)]
pub enum SetFilterError {
    /// The filter is not understood.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// The log is gone, or broke while its filter was replaced.
    #[error("the log takes no filter any more; restart the node")]
    Gone(#[source] reload::Error),
}

/// What can be changed about the log while the node runs.
#[derive(Clone, Debug)]
pub struct LogControl {
    filter: reload::Handle<EnvFilter, Registry>,
    line: StatusLine,
}

impl LogControl {
    /// The line below the log. It is for a terminal only.
    pub fn line(&self) -> StatusLine {
        self.line.clone()
    }

    /// Replaces the filter, for all events from now on.
    pub fn set_filter(&self, filter: &str) -> Result<(), SetFilterError> {
        let filter = filter::parse(filter)?;
        self.filter.reload(filter).map_err(SetFilterError::Gone)
    }
}

/// Begins to log to standard error, for the whole process. Colours are only
/// for [`Format::Pretty`], and only if `ansi` says so.
pub fn init(format: Format, filter: &str, ansi: bool) -> Result<LogControl, LogError> {
    let (subscriber, control) = subscriber(format, filter, ansi, io::stderr())?;
    tracing::subscriber::set_global_default(subscriber).map_err(|_| LogError::Started)?;
    Ok(control)
}

/// What [`init`] installs, with another place to write to.
fn subscriber<W: io::Write + Send + 'static>(
    format: Format,
    filter: &str,
    ansi: bool,
    out: W,
) -> Result<(impl Subscriber + Send + Sync + use<W>, LogControl), FilterError> {
    let line = StatusLine::below(out);
    let writer = Events(line.clone());
    let (filter, handle) = reload::Layer::new(filter::parse(filter)?);
    // No layer may report its own errors: it would print them to standard
    // error, and printing panics where standard error is a closed pipe. Said
    // outright, because the default is documented to be the opposite.
    let lines = match format {
        Format::Pretty => fmt::layer()
            .compact()
            .with_timer(TimeOfDay)
            .with_target(false)
            .fmt_fields(fields::escaped())
            .with_ansi(ansi)
            .with_writer(writer)
            .log_internal_errors(false)
            .boxed(),
        Format::Logfmt => tracing_logfmt::builder()
            .with_span_path(false)
            .layer()
            .with_ansi(false)
            .with_writer(writer)
            .log_internal_errors(false)
            .boxed(),
        Format::Json => fmt::layer()
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .with_writer(writer)
            .log_internal_errors(false)
            .boxed(),
    };
    let control = LogControl {
        filter: handle,
        line,
    };
    Ok((Registry::default().with(filter).with(lines), control))
}

#[cfg(test)]
mod tests;
