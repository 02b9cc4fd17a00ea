//! What peers received from each other, as the system counts it.
//!
//! `ss` says of each TCP connection how many bytes have come in. A connection
//! between two nodes of one machine has both its ends here, so the sum over all
//! ends is what all nodes together have received: headers of TCP aside, and
//! with whatever the nodes wrap around what they say.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::process::Command;

/// What has come in at each end, by the two addresses of the connection.
pub(super) type Ends = BTreeMap<(String, String), u64>;

/// All ends between nodes that listen there; none without `ss`.
pub(super) async fn ends(listening: &[SocketAddr]) -> Option<Ends> {
    if listening.len() < 2 {
        return None;
    }
    let look = || {
        Command::new("ss")
            .args(["-tinHO", "state", "established"])
            .output()
    };
    let output = tokio::task::spawn_blocking(look).await.ok()?.ok()?;
    if !output.status.success() {
        return None;
    }
    let text = String::from_utf8(output.stdout).ok()?;
    let listening: Vec<String> = listening.iter().map(SocketAddr::to_string).collect();
    Some(parse(&text, &listening))
}

/// The bytes that came in from one look to the next one; none if a connection
/// ended meanwhile, because what it had brought is no longer known.
pub(super) fn received(before: &Ends, after: &Ends) -> Option<u64> {
    if before.keys().any(|end| !after.contains_key(end)) {
        return None;
    }
    let all: u64 = after.values().sum();
    let had: u64 = before.values().sum();
    all.checked_sub(had)
}

/// Lines of `ss`: receive queue, send queue, local address, address of the
/// peer, and particulars.
fn parse(text: &str, listening: &[String]) -> Ends {
    let mut ends = Ends::new();
    for line in text.lines() {
        let mut words = line.split_whitespace().skip(2);
        let (Some(local), Some(far)) = (words.next(), words.next()) else {
            continue;
        };
        let is_ours = |at: &str| listening.iter().any(|listening| listening == at);
        if !is_ours(local) && !is_ours(far) {
            continue;
        }
        let received = words.find_map(|word| word.strip_prefix("bytes_received:"));
        // An end at which nothing has come in yet does not say so.
        let received = received.and_then(|count| count.parse().ok()).unwrap_or(0);
        ends.insert((local.to_owned(), far.to_owned()), received);
    }
    ends
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "\
0      0      127.0.9.1:26656 127.0.0.1:50000 cubic wscale:7,7 bytes_sent:5 bytes_received:1000 segs_in:9
0      0      127.0.0.1:50000 127.0.9.1:26656 cubic bytes_sent:1000 bytes_acked:1000 segs_in:9
0      0      127.0.0.1:50001 127.0.9.1:26657 cubic bytes_received:77
";

    fn ends(text: &str) -> Ends {
        parse(text, &["127.0.9.1:26656".to_owned()])
    }

    #[test]
    fn both_ends_of_connections_between_nodes_count_and_no_others() {
        let before = ends(BEFORE);
        assert_eq!(before.values().copied().collect::<Vec<_>>(), [0, 1000]);
        let after = ends(&BEFORE.replace("segs_in:9", "bytes_received:30"));
        assert_eq!(received(&before, &after), Some(30));
    }

    #[test]
    fn what_an_ended_connection_had_brought_is_not_guessed() {
        let before = ends(BEFORE);
        let (_, fewer) = BEFORE.split_once('\n').unwrap();
        assert_eq!(received(&before, &ends(fewer)), None);
        let other = BEFORE.replace("50000", "50009").replace("1000", "9000");
        assert_eq!(received(&before, &ends(&other)), None);
        // A new one is no trouble.
        assert_eq!(received(&ends(fewer), &before), Some(1000));
    }
}
