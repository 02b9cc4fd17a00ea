//! How long one waits.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

/// How long anything may take that takes milliseconds on a machine with nothing
/// else to do. Lower, and a busy machine fails tests; higher, and a hang costs
/// more time than people have.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// How long a whole test may take. Lower, and one that was asked for many rounds
/// does not end; higher, and one that hangs is not noticed.
pub const TEST_MAX: Duration = Duration::from_mins(15);

/// How often one looks.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// Looks again and again until there is something to see.
///
/// # Panics
///
/// If there is nothing within [`PATIENCE`]; the message names `what`.
#[track_caller]
pub fn eventually<T>(
    what: &str,
    mut look: impl AsyncFnMut() -> Option<T>,
) -> impl Future<Output = T> {
    let caller = std::panic::Location::caller();
    let end = Instant::now() + PATIENCE;
    async move {
        loop {
            if let Some(seen) = look().await {
                return seen;
            }
            let seconds = PATIENCE.as_secs();
            assert!(
                Instant::now() < end,
                "not within {seconds} s: {what} ({caller})"
            );
            sleep(LOOK_AGAIN).await;
        }
    }
}

/// Waits for what must come.
///
/// # Panics
///
/// If it does not within [`PATIENCE`]; the message names `what`.
pub async fn within<T>(what: &str, future: impl IntoFuture<Output = T>) -> T {
    let seconds = PATIENCE.as_secs();
    let came = timeout(PATIENCE, future).await;
    came.unwrap_or_else(|_| panic!("not within {seconds} s: {what}"))
}

/// Ends a test that goes on and on: whatever it is made of.
///
/// # Panics
///
/// If the test takes longer than [`TEST_MAX`].
pub async fn bounded<T>(test: impl IntoFuture<Output = T>) -> T {
    let seconds = TEST_MAX.as_secs();
    let ended = timeout(TEST_MAX, test).await;
    ended.unwrap_or_else(|_| panic!("the test did not end within {seconds} s"))
}
