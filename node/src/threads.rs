//! Threads with a name and a place to wait in.

use std::thread::{Builder, JoinHandle};

use tokio::runtime;

/// Starts a thread that may wait for messages and timers on a runtime of its
/// own, beside nobody.
pub(crate) fn spawn<T: Send + 'static>(
    name: &'static str,
    work: impl FnOnce(&runtime::Runtime) -> T + Send + 'static,
) -> JoinHandle<T> {
    let runtime = runtime::Builder::new_current_thread().enable_time().build();
    let runtime = runtime.expect("a timer wheel takes no resource that could be missing");
    Builder::new()
        .name(name.to_owned())
        .spawn(move || work(&runtime))
        .expect("the system gives a node a handful of threads")
}
