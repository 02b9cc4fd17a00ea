//! A table that is drawn again and again.

use std::io::{self, IsTerminal};
use std::path::Path;
use std::time::Duration;

use pyralog_testnet::net::{Net, NetName};
use tokio::time::{Instant, sleep_until};

use super::{VerbError, say};

const EACH: Duration = Duration::from_secs(1);
/// To the corner, and nothing below.
const CLEAR: &str = "\u{1b}[H\u{1b}[J";

/// Draws the table each second until somebody interrupts.
pub(super) async fn watch(base: Option<&Path>, net: &NetName) -> Result<(), VerbError> {
    let before = if io::stdout().is_terminal() {
        CLEAR
    } else {
        "\n"
    };
    loop {
        let again = Instant::now() + EACH;
        // Others restart nodes meanwhile.
        let status = Net::open(base, net)?.status().await?;
        say(&format!("{before}{status}"))?;
        sleep_until(again).await;
    }
}
