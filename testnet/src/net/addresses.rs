//! Where nodes listen: `127.0.X.Y`, where the net has X and each node its Y.
//!
//! All of 127.0.0.0/8 is this machine, so each node has an address of its own,
//! as on machines of their own, and all have the usual ports. X follows from
//! the name of the net, so that a net is mostly where it was last time; if
//! another program or net is there, the next X is tried.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener};

use super::names::NetName;

/// Where peers meet.
pub(crate) const P2P_PORT: u16 = 26656;
/// Where calls are answered.
pub(crate) const RPC_PORT: u16 = 26657;
/// Where metrics and health are shown.
pub(crate) const METRICS_PORT: u16 = 26660;

const PORTS: [u16; 3] = [P2P_PORT, RPC_PORT, METRICS_PORT];
/// How many nets can have an address. 0 is left out: 127.0.0.1 is everybody's.
const SUBNET_COUNT: u8 = 254;
const SUBNET_CONTEXT: &str = "pyralog 2026-11-30 testnet subnet v1";

/// The X of a net.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Subnet(u8);

impl Subnet {
    /// That of an address.
    pub(crate) fn of(ip: Ipv4Addr) -> Self {
        Self(ip.octets()[2])
    }

    /// The address of the node at this place, counted from 0.
    pub(crate) fn address(self, place: u8) -> Ipv4Addr {
        Ipv4Addr::new(127, 0, self.0, place.saturating_add(1))
    }

    /// What a net would have if nobody else had it.
    fn preferred(net: &NetName) -> Self {
        let hash = blake3::derive_key(SUBNET_CONTEXT, net.as_str().as_bytes());
        Self(1 + hash[0] % SUBNET_COUNT)
    }

    fn next(self) -> Self {
        Self(1 + self.0 % SUBNET_COUNT)
    }

    /// The first that nobody has, from the preferred one on.
    pub(crate) fn free(
        net: &NetName,
        node_count: u8,
        taken: &BTreeSet<Self>,
        is_free: impl Fn(SocketAddr) -> bool,
    ) -> Option<Self> {
        let fits = |subnet: &Self| {
            let nodes = (0..node_count).map(|place| subnet.address(place));
            let mut all = nodes.flat_map(|ip| PORTS.map(|port| socket(ip, port)));
            !taken.contains(subnet) && all.all(&is_free)
        };
        let all = std::iter::successors(Some(Self::preferred(net)), |subnet| Some(subnet.next()));
        all.take(usize::from(SUBNET_COUNT)).find(fits)
    }
}

/// An address and a port.
pub(crate) fn socket(ip: Ipv4Addr, port: u16) -> SocketAddr {
    SocketAddrV4::new(ip, port).into()
}

/// Whether a program could listen there now.
pub(crate) fn is_free(address: SocketAddr) -> bool {
    TcpListener::bind(address).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> NetName {
        text.parse().unwrap()
    }

    #[test]
    fn a_net_is_where_it_was_unless_somebody_is_there() {
        let nobody = BTreeSet::new();
        let first = Subnet::free(&name("net"), 5, &nobody, |_| true).unwrap();
        assert_eq!(
            Subnet::free(&name("net"), 5, &nobody, |_| true),
            Some(first)
        );
        let taken = BTreeSet::from([first]);
        let second = Subnet::free(&name("net"), 5, &taken, |_| true).unwrap();
        assert_eq!(second, first.next());
        // One port of one node is enough.
        let held = socket(second.address(4), METRICS_PORT);
        let third = Subnet::free(&name("net"), 5, &taken, |at| at != held);
        assert_eq!(third, Some(second.next()));
        let fewer = Subnet::free(&name("net"), 4, &taken, |at| at != held);
        assert_eq!(fewer, Some(second));
    }

    #[test]
    fn every_subnet_is_tried_once_and_none_is_that_of_127_0_0_1() {
        let mut taken = BTreeSet::new();
        while let Some(subnet) = Subnet::free(&name("net"), 1, &taken, |_| true) {
            assert!(taken.insert(subnet));
        }
        assert_eq!(taken.len(), 254);
        let thirds = taken.iter().map(|subnet| subnet.address(0).octets()[2]);
        assert!(thirds.eq(1..=254));
    }

    #[test]
    fn a_port_where_somebody_listens_is_not_free() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = listener.local_addr().unwrap();
        assert!(!is_free(at));
        drop(listener);
        assert!(is_free(at));
    }

    #[test]
    fn a_node_has_an_address_of_its_own() {
        let subnet = Subnet::of(Ipv4Addr::new(127, 0, 37, 9));
        assert_eq!(subnet.address(0), Ipv4Addr::new(127, 0, 37, 1));
        assert_eq!(subnet.address(253), Ipv4Addr::new(127, 0, 37, 254));
    }
}
