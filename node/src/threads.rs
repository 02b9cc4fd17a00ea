//! Threads with a name and a place to wait in.

use std::thread::{Builder, JoinHandle};

use tokio::runtime;

use crate::chain::Halt;

/// A thread of the node, by name.
pub(crate) type Thread = (&'static str, JoinHandle<Result<(), Halt>>);

/// Threads that are waited for when this is dropped, after all that they wait
/// for: the process must not end while one of them closes the database.
pub(crate) struct Awaited(pub(crate) Vec<Thread>);

impl Drop for Awaited {
    fn drop(&mut self) {
        for (_, thread) in self.0.drain(..) {
            // Why it failed is said elsewhere, or will not matter any more.
            let _ = thread.join();
        }
    }
}

/// Starts a thread that may wait for messages and timers on a runtime of its
/// own, beside nobody.
pub(crate) fn spawn(
    name: &'static str,
    work: impl FnOnce(&runtime::Runtime) -> Result<(), Halt> + Send + 'static,
) -> Thread {
    let runtime = runtime::Builder::new_current_thread().enable_time().build();
    let runtime = runtime.expect("a timer wheel takes no resource that could be missing");
    let thread = Builder::new()
        .name(name.to_owned())
        .spawn(move || work(&runtime))
        .expect("the system gives a node a handful of threads");
    (name, thread)
}
