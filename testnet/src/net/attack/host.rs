//! Connections that come from an address that is chosen.
//!
//! libp2p leaves the choice to the system, for which all of this machine is one
//! address; a node counts connections and bans by address.

use std::future::Pending;
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::pin::Pin;
use std::task::{Context, Poll};

use libp2p::core::Multiaddr;
use libp2p::core::transport::{DialOpts, ListenerId, Transport, TransportError, TransportEvent};
use libp2p::multiaddr::Protocol;
use libp2p::tcp::tokio::TcpStream;
use tokio::net::TcpSocket;

/// Dials from this address, and does not listen.
pub(super) struct FromHost(pub(super) Ipv4Addr);

impl FromHost {
    /// Makes a connection.
    pub(super) async fn connect(self, to: SocketAddrV4) -> io::Result<tokio::net::TcpStream> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddrV4::new(self.0, 0).into())?;
        let stream = socket.connect(to.into()).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

impl Transport for FromHost {
    type Output = TcpStream;
    type Error = io::Error;
    type ListenerUpgrade = Pending<io::Result<TcpStream>>;
    type Dial = Pin<Box<dyn Future<Output = io::Result<TcpStream>> + Send>>;

    fn listen_on(
        &mut self,
        _: ListenerId,
        address: Multiaddr,
    ) -> Result<(), TransportError<io::Error>> {
        Err(TransportError::MultiaddrNotSupported(address))
    }

    fn remove_listener(&mut self, _: ListenerId) -> bool {
        false
    }

    fn dial(
        &mut self,
        address: Multiaddr,
        _: DialOpts,
    ) -> Result<Self::Dial, TransportError<io::Error>> {
        let mut parts = address.iter();
        let (Some(Protocol::Ip4(ip)), Some(Protocol::Tcp(port))) = (parts.next(), parts.next())
        else {
            return Err(TransportError::MultiaddrNotSupported(address));
        };
        let connected = Self(self.0).connect(SocketAddrV4::new(ip, port));
        Ok(Box::pin(async move { connected.await.map(TcpStream) }))
    }

    fn poll(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<TransportEvent<Self::ListenerUpgrade, io::Error>> {
        Poll::Pending
    }
}
