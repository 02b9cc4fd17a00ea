//! Where a new node finds its first peers.
//!
//! Addresses have the text form of libp2p: `/ip4/203.0.113.7/tcp/26656/p2p/…`.
//! Only their shape is checked here; whether anyone answers is found out by
//! dialing.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::checked_text::checked_text;
use crate::problem::Problem;

/// The longest host name, port, transports and peer id together fit well.
pub const PEER_BYTES_MAX: usize = 400;

/// The longest host name that DNS has.
const DNS_BYTES_MAX: usize = 253;
const DNS_LABEL_BYTES_MAX: usize = 63;
/// What may stand between port and peer id.
const TRANSPORTS: &[&str] = &["quic-v1", "ws", "wss", "tls", "noise"];
/// The two forms of a peer id: ed25519 keys, and hashes of other keys.
const PEER_ID_FORMS: &[(&str, usize)] = &[("12D3KooW", 52), ("Qm", 46)];

checked_text!(
    /// The address of a peer that new nodes ask first: host, port and peer id.
    PeerAddress,
    "peer address",
    PEER_BYTES_MAX,
    check_peer_address
);

fn check_peer_address(text: &str) -> Result<(), Problem> {
    if text.len() > PEER_BYTES_MAX {
        return Err(Problem::PeerLength { found: text.len() });
    }
    let mut parts = text.split('/').skip(1);
    let mut next = || parts.next().unwrap_or_default();
    if !text.starts_with('/') || !is_host(next(), next()) {
        return Err(Problem::PeerHost);
    }
    if !matches!(next(), "tcp" | "udp") || !is_port(next()) {
        return Err(Problem::PeerPort);
    }
    let rest: Vec<&str> = parts.collect();
    let [transports @ .., "p2p", id] = rest.as_slice() else {
        return Err(Problem::PeerId);
    };
    if !is_peer_id(id) {
        return Err(Problem::PeerId);
    }
    let is_known = |transport: &&str| TRANSPORTS.contains(transport);
    if transports.iter().all(is_known) {
        Ok(())
    } else {
        Err(Problem::PeerTransport)
    }
}

fn is_host(protocol: &str, host: &str) -> bool {
    match protocol {
        "ip4" => host.parse::<Ipv4Addr>().is_ok(),
        "ip6" => host.parse::<Ipv6Addr>().is_ok(),
        "dns" | "dns4" | "dns6" => is_host_name(host),
        _ => false,
    }
}

fn is_host_name(host: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    let is_label = |label: &str| {
        (1..=DNS_LABEL_BYTES_MAX).contains(&label.len())
            && label.bytes().all(allowed)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    host.len() <= DNS_BYTES_MAX && host.split('.').all(is_label)
}

fn is_port(text: &str) -> bool {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits && !text.starts_with('0') && text.parse::<u16>().is_ok()
}

fn is_peer_id(text: &str) -> bool {
    // Base58 leaves out the four signs that look like others.
    let is_base58 = |b: u8| b.is_ascii_alphanumeric() && !matches!(b, b'0' | b'O' | b'I' | b'l');
    let fits = |(start, length): &(&str, usize)| text.starts_with(start) && text.len() == *length;
    PEER_ID_FORMS.iter().any(fits) && text.bytes().all(is_base58)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp";
    const OLD_ID: &str = "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N";

    #[test]
    fn addresses_of_every_form_are_taken() {
        for start in [
            "/ip4/203.0.113.7/tcp/26656",
            "/ip6/2001:db8::1/tcp/1",
            "/dns/seed.example.org/tcp/65535",
            "/dns4/seed-1.example/udp/26656/quic-v1",
            "/dns6/localhost/tcp/443/tls/ws",
        ] {
            for id in [ID, OLD_ID] {
                let text = format!("{start}/p2p/{id}");
                assert!(PeerAddress::new(text.as_str()).is_ok(), "{text}");
            }
        }
        let longest_host = vec!["a".repeat(63); 4].join(".")[..DNS_BYTES_MAX].to_owned();
        let text = format!("/dns4/{longest_host}/tcp/65535/tls/ws/p2p/{ID}");
        assert!(PeerAddress::new(text).is_ok());
    }

    #[test]
    fn each_wrong_part_is_named() {
        let p2p = format!("p2p/{ID}");
        for (bad, problem) in [
            (String::new(), Problem::PeerHost),
            (format!("ip4/1.2.3.4/tcp/1/{p2p}"), Problem::PeerHost),
            (format!("/ip4/1.2.3/tcp/1/{p2p}"), Problem::PeerHost),
            (format!("/ip4/01.2.3.4/tcp/1/{p2p}"), Problem::PeerHost),
            (format!("/ip6/1.2.3.4/tcp/1/{p2p}"), Problem::PeerHost),
            (format!("/dns/a..b/tcp/1/{p2p}"), Problem::PeerHost),
            (format!("/dns/-a/tcp/1/{p2p}"), Problem::PeerHost),
            (format!("/onion/a/tcp/1/{p2p}"), Problem::PeerHost),
            (format!("/ip4/1.2.3.4/sctp/1/{p2p}"), Problem::PeerPort),
            (format!("/ip4/1.2.3.4/tcp/0/{p2p}"), Problem::PeerPort),
            (format!("/ip4/1.2.3.4/tcp/+1/{p2p}"), Problem::PeerPort),
            (format!("/ip4/1.2.3.4/tcp/65536/{p2p}"), Problem::PeerPort),
            (format!("/ip4/1.2.3.4/tcp//{p2p}"), Problem::PeerPort),
            ("/ip4/1.2.3.4/tcp/1".to_owned(), Problem::PeerId),
            ("/ip4/1.2.3.4/tcp/1/p2p/".to_owned(), Problem::PeerId),
            (format!("/ip4/1.2.3.4/tcp/1/{p2p}/"), Problem::PeerId),
            (format!("/ip4/1.2.3.4/tcp/1/{p2p}x"), Problem::PeerId),
            (
                format!("/ip4/1.2.3.4/tcp/1/{}", p2p.replace('E', "0")),
                Problem::PeerId,
            ),
            (
                format!("/ip4/1.2.3.4/tcp/1/xyz/{p2p}"),
                Problem::PeerTransport,
            ),
            (format!("/ip4/1.2.3.4/tcp/1//{p2p}"), Problem::PeerTransport),
            (
                format!("/ip4/1.2.3.4/{}", "x".repeat(PEER_BYTES_MAX)),
                Problem::PeerLength {
                    found: PEER_BYTES_MAX + 13,
                },
            ),
        ] {
            assert_eq!(PeerAddress::new(bad.as_str()), Err(problem), "{bad}");
        }
    }
}
