//! One line below the log, on a terminal, that is painted over as things go on.
//!
//! Events are written above it: it is erased, the event is written, and it is
//! painted again. As long as nothing is shown, nothing but events is written.

use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tracing_subscriber::fmt::MakeWriter;

/// To the first column, and away with what stands there.
const ERASE: &[u8] = b"\r\x1b[2K";

/// The line. Clones are handles to the same one.
#[derive(Clone)]
pub struct StatusLine(Arc<Mutex<Shown>>);

struct Shown {
    text: String,
    out: Box<dyn Write + Send>,
}

impl StatusLine {
    pub(super) fn below(out: impl Write + Send + 'static) -> Self {
        let (text, out) = (String::new(), Box::new(out));
        Self(Arc::new(Mutex::new(Shown { text, out })))
    }

    /// Shows this instead of what is shown. It should fit the terminal: what is
    /// longer is not erased wholly. Nothing is shown for an empty text. A line
    /// that cannot be written is lost.
    pub fn show(&self, text: &str) {
        let mut shown = self.lock();
        if shown.text != text {
            let _ = shown.out.write_all(ERASE);
            text.clone_into(&mut shown.text);
            shown.paint();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Shown> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shown {
    fn paint(&mut self) {
        let Self { text, out } = self;
        let painted = out.write_all(text.as_bytes());
        let _ = painted.and_then(|()| out.flush());
    }
}

impl fmt::Debug for StatusLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("StatusLine")
            .field(&self.lock().text)
            .finish()
    }
}

/// Where events are written: above the line.
pub(super) struct Events(pub(super) StatusLine);

/// Where one event is written.
pub(super) struct Above<'a>(MutexGuard<'a, Shown>);

impl<'a> MakeWriter<'a> for Events {
    type Writer = Above<'a>;

    fn make_writer(&'a self) -> Above<'a> {
        let mut shown = self.0.lock();
        if !shown.text.is_empty() {
            let _ = shown.out.write_all(ERASE);
        }
        Above(shown)
    }
}

impl Write for Above<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.out.flush()
    }
}

impl Drop for Above<'_> {
    fn drop(&mut self) {
        if !self.0.text.is_empty() {
            self.0.paint();
        }
    }
}
