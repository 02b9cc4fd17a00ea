//! Where a peer is: its key, and an address of TCP.
//!
//! As text, `KEY@IP:PORT` with the key in 64 hex digits: whoever is reached
//! there must hold that key, so an address cannot lead to somebody else. What
//! libp2p writes, `/ip4/IP/tcp/PORT/p2p/ID`, is read too: so genesis documents
//! name peers.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use borsh::{BorshDeserialize, BorshSerialize};
use libp2p::Multiaddr;
use libp2p::multiaddr::Protocol;
use pyralog_p2p::PeerId;
use pyralog_primitives::PublicKey;

use crate::key::peer_of;

/// Characters of a text that an error repeats. More, and a wrong file could
/// fill the screen.
const EXCERPT_CHARS_MAX: usize = 80;

/// A peer and where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PeerAddress {
    /// Who.
    pub peer: PeerId,
    /// Where.
    pub at: SocketAddr,
}

impl fmt::Display for PeerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.peer.get(), self.at)
    }
}

/// The text is not the address of a peer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is not the address of a peer; write KEY@IP:PORT, with the public key of the node in \
     64 hex digits, or /ip4/IP/tcp/PORT/p2p/ID"
)]
pub struct NoPeerAddress {
    /// The beginning of the text.
    pub text: String,
}

impl FromStr for PeerAddress {
    type Err = NoPeerAddress;

    fn from_str(text: &str) -> Result<Self, NoPeerAddress> {
        let parse = || {
            if text.starts_with('/') {
                return of_multiaddr(&text.parse().ok()?);
            }
            let (key, at) = text.split_once('@')?;
            let key: PublicKey = key.parse().ok()?;
            let at: SocketAddr = at.parse().ok()?;
            (at.port() != 0).then_some(Self {
                peer: PeerId::new(key),
                at,
            })
        };
        parse().ok_or_else(|| NoPeerAddress {
            text: text.chars().take(EXCERPT_CHARS_MAX).collect(),
        })
    }
}

/// The peer and its address of TCP; `None` for what names no peer, or nothing
/// that is reached at once.
fn of_multiaddr(address: &Multiaddr) -> Option<PeerAddress> {
    let Some(Protocol::P2p(id)) = address.iter().last() else {
        return None;
    };
    let (peer, at) = (peer_of(&id)?, socket_of(address)?);
    Some(PeerAddress { peer, at })
}

/// As libp2p writes it, without the peer.
pub(crate) fn multiaddr_of(at: SocketAddr) -> Multiaddr {
    Multiaddr::from(at.ip()).with(Protocol::Tcp(at.port()))
}

/// The address of TCP that is meant; `None` for anything else, also for what
/// is reached through somebody else.
pub(crate) fn socket_of(address: &Multiaddr) -> Option<SocketAddr> {
    let mut parts = address.iter();
    let ip: IpAddr = match parts.next()? {
        Protocol::Ip4(ip) => ip.into(),
        Protocol::Ip6(ip) => ip.into(),
        _ => return None,
    };
    let Protocol::Tcp(port) = parts.next()? else {
        return None;
    };
    match parts.next() {
        None => {}
        Some(Protocol::P2p(_)) if parts.next().is_none() => {}
        Some(_) => return None,
    }
    (port != 0).then(|| SocketAddr::new(ip, port))
}

/// Whether a node on the internet can be there. Nobody is told of other
/// addresses, nor believed about them: a peer could make a node knock at doors
/// behind its own firewall.
pub(crate) fn is_public(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [first, second, third, _] = ip.octets();
    let is_shared = first == 100 && (64..128).contains(&second);
    let is_benchmark = first == 198 && (18..20).contains(&second);
    let is_protocol = first == 192 && second == 0 && third == 0;
    !(first == 0
        || first >= 224
        || ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_documentation()
        || is_shared
        || is_benchmark
        || is_protocol)
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    // 2000::/3 is what has been given out; 2001:db8::/32 of it is for examples.
    let [first, second, ..] = ip.segments();
    first & 0xe000 == 0x2000 && !(first == 0x2001 && second == 0x0db8)
}

/// What one owner of addresses typically has: an address of version 4, or the
/// 64 bits that a host of version 6 is given.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize,
)]
pub(crate) struct Host(IpAddr);

/// What one owner of networks typically has: 24 bits of version 4, or 48 of
/// version 6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Subnet(IpAddr);

impl Host {
    pub(crate) fn of(ip: IpAddr) -> Self {
        Self(masked(ip, 32, 64))
    }
}

impl Subnet {
    pub(crate) fn of(ip: IpAddr) -> Self {
        Self(masked(ip, 24, 48))
    }
}

fn masked(ip: IpAddr, v4_bits: u32, v6_bits: u32) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V4(ip) => Ipv4Addr::from_bits(ip.to_bits() & (u32::MAX << (32 - v4_bits))).into(),
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() & (u128::MAX << (128 - v6_bits))).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_it_is_written() {
        let key = "ab".repeat(32);
        for at in ["127.0.0.1:26656", "[2a00::1]:1"] {
            let text = format!("{key}@{at}");
            let address: PeerAddress = text.parse().unwrap();
            assert_eq!(address.to_string(), text);
            assert_eq!(socket_of(&multiaddr_of(address.at)), Some(address.at));
        }
        for wrong in ["", "127.0.0.1:1", "@127.0.0.1:1", "ab@127.0.0.1:1"] {
            assert!(wrong.parse::<PeerAddress>().is_err(), "{wrong}");
        }
        for at in ["127.0.0.1", "127.0.0.1:0", "example.org:1"] {
            assert!(format!("{key}@{at}").parse::<PeerAddress>().is_err());
        }
    }

    #[test]
    fn what_is_not_plain_tcp_is_no_address() {
        for text in [
            "/ip4/1.2.3.4/udp/1/quic-v1",
            "/ip4/1.2.3.4/tcp/1/ws",
            "/dns4/example.org/tcp/1",
            "/ip4/1.2.3.4/tcp/0",
            "/memory/1",
        ] {
            let address: Multiaddr = text.parse().unwrap();
            assert_eq!(socket_of(&address), None, "{text}");
        }
    }

    #[test]
    fn only_what_anyone_can_reach_is_public() {
        for public in ["8.8.8.8", "100.63.0.1", "2a00:1450::1", "::ffff:8.8.8.8"] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for closed in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.1.1",
            "172.16.0.1",
            "192.0.0.1",
            "192.0.2.1",
            "192.168.0.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:10.0.0.1",
            "fe80::1",
            "fc00::1",
            "ff02::1",
            "2001:db8::1",
        ] {
            assert!(!is_public(closed.parse().unwrap()), "{closed}");
        }
    }

    #[test]
    fn neighbours_share_a_subnet_and_hosts_of_version_6_their_64_bits() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        assert_ne!(Host::of(ip("1.2.3.4")), Host::of(ip("1.2.3.5")));
        assert_eq!(Subnet::of(ip("1.2.3.4")), Subnet::of(ip("1.2.3.5")));
        assert_ne!(Subnet::of(ip("1.2.3.4")), Subnet::of(ip("1.2.4.4")));
        assert_eq!(Host::of(ip("2a00::1")), Host::of(ip("2a00::2")));
        assert_ne!(Host::of(ip("2a00::1")), Host::of(ip("2a00:0:0:1::1")));
        assert_eq!(Subnet::of(ip("2a00::1")), Subnet::of(ip("2a00:0:0:1::1")));
        assert_eq!(Host::of(ip("::ffff:1.2.3.4")), Host::of(ip("1.2.3.4")));
    }
}
