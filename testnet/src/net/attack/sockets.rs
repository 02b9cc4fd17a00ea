//! Bare connections: what is said on them never gets as far as a key.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::host::FromHost;

/// How long a connection may take to be made, and what is said on it to be
/// taken. Lower, and a busy machine is taken for one that refuses.
const WITHIN: Duration = Duration::from_secs(20);
/// What the node says is read into so much, and forgotten.
const READ_BYTES: usize = 4 * 1024;

/// What became of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum End {
    /// It was never made.
    Refused,
    /// The node ended it.
    Closed,
    /// It stood until it was given up.
    Held,
}

/// What is said on a connection.
#[derive(Clone, Copy, Debug)]
pub(super) enum Opening {
    /// Nothing; it is ended at once.
    Knock,
    /// Nothing; it is held for so long.
    Silence(Duration),
    /// These bytes; then the node is given so long to end it.
    Bytes(&'static [u8], Duration),
}

/// Begins as a peer does, and goes on as none.
pub(super) const NOT_NOISE: &[u8] =
    b"\x13/multistream/1.0.0\n\x07/noise\n\x00\x20garbage garbage garbage garbage";
/// What comes to open ports.
pub(super) const OPENINGS: [&[u8]; 6] = [
    b"GET / HTTP/1.1\r\nHost: here\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"\x13/multistream/1.0.0\n\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
    NOT_NOISE,
    &[0; 4096],
    &[0xff; 4096],
];

/// Makes a connection from one address to another, and says what it is to.
pub(super) async fn try_one(from: Ipv4Addr, to: SocketAddrV4, opening: Opening) -> End {
    match timeout(WITHIN, FromHost(from).connect(to)).await {
        Ok(Ok(stream)) => say(stream, opening).await,
        Ok(Err(_)) | Err(_) => End::Refused,
    }
}

async fn say(mut stream: TcpStream, opening: Opening) -> End {
    match opening {
        Opening::Knock => End::Held,
        Opening::Silence(time) => held(&mut stream, time).await,
        Opening::Bytes(bytes, time) => {
            let written = timeout(WITHIN, stream.write_all(bytes)).await;
            if !matches!(written, Ok(Ok(()))) {
                return End::Closed;
            }
            held(&mut stream, time).await
        }
    }
}

/// Reads until the node ends it, or for so long.
async fn held(stream: &mut TcpStream, time: Duration) -> End {
    let mut bytes = [0; READ_BYTES];
    let closed = async { while matches!(stream.read(&mut bytes).await, Ok(1..)) {} };
    match timeout(time, closed).await {
        Ok(()) => End::Closed,
        Err(_) => End::Held,
    }
}
