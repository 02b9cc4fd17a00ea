//! HTTP and `WebSocket`s by hand, for what no client library would send, and
//! for clients that do not read what they asked for.

use std::time::Duration;

use jsonrpsee::core::ClientError;
use jsonrpsee::types::ErrorObjectOwned;
use pyralog_api::Failure;
use pyralog_testnet::PATIENCE;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

/// Any key will do: no cache stands between.
const HANDSHAKE_KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
/// Frames of the server carry one message each.
const TEXT: u8 = 0x81;
const LENGTH_IN_2_BYTES: u8 = 126;
const LENGTH_IN_8_BYTES: u8 = 127;

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// Sends a request as it is, and reads until the server closes.
pub(crate) async fn exchange(endpoint: &str, request: &[u8]) -> Answer {
    let talk = async {
        let mut stream = TcpStream::connect(endpoint).await.unwrap();
        // A server that refuses a long body does not read it to its end.
        let _ = stream.write_all(request).await;
        let mut bytes = Vec::new();
        let mut chunk = vec![0; 16 * 1024];
        while let Ok(count @ 1..) = stream.read(&mut chunk).await {
            bytes.extend_from_slice(&chunk[..count]);
        }
        String::from_utf8(bytes).unwrap()
    };
    let text = timeout(PATIENCE, talk).await.unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let body = body.to_owned();
    Answer { status, body }
}

/// A request with one more line in its head.
pub(crate) fn post(line: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    let head = "POST / HTTP/1.1\r\nHost: node\r\nConnection: close";
    let content = format!("Content-Type: application/json\r\nContent-Length: {length}");
    format!("{head}\r\n{content}\r\n{line}\r\n{body}").into_bytes()
}

/// Reads a page.
pub(crate) async fn get(address: &str, path: &str) -> Answer {
    let request = format!("GET {path} HTTP/1.1\r\nHost: node\r\nConnection: close\r\n\r\n");
    exchange(address, request.as_bytes()).await
}

/// Posts a body; what comes back is JSON.
pub(crate) async fn call(endpoint: &str, body: &str) -> Value {
    let answer = exchange(endpoint, &post("", body)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    serde_json::from_str(&answer.body).unwrap()
}

/// The failure in an answer, as the client library of the API reads it.
pub(crate) fn failure(answer: &Value) -> Failure {
    let object: ErrorObjectOwned = serde_json::from_value(answer["error"].clone())
        .unwrap_or_else(|error| panic!("{error}: {answer}"));
    Failure::of(&ClientError::Call(object)).unwrap()
}

/// A `WebSocket` that reads only when it is told to.
pub(crate) struct WebSocket {
    stream: TcpStream,
}

impl WebSocket {
    /// Opens one. With a small `window`, little is on the way to who does not
    /// read.
    pub(crate) async fn open(endpoint: &str, window: Option<u32>) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        if let Some(window) = window {
            socket.set_recv_buffer_size(window).unwrap();
        }
        let connecting = socket.connect(endpoint.parse().unwrap());
        let mut stream = timeout(PATIENCE, connecting).await.unwrap().unwrap();
        let request = format!(
            "GET / HTTP/1.1\r\nHost: node\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {HANDSHAKE_KEY}\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let read = timeout(PATIENCE, stream.read_u8()).await;
            head.push(read.unwrap().unwrap());
        }
        let head = String::from_utf8(head).unwrap();
        assert!(head.starts_with("HTTP/1.1 101"), "{head}");
        Self { stream }
    }

    /// Sends a message; `false` if the server does not take it for a while.
    pub(crate) async fn send_within(&mut self, text: &str, time: Duration) -> bool {
        self.send_often_within(text, 1, time).await
    }

    /// Sends a message so many times at once.
    pub(crate) async fn send_often_within(
        &mut self,
        text: &str,
        count: usize,
        time: Duration,
    ) -> bool {
        let frames = frame(text.as_bytes()).repeat(count);
        let sent = timeout(time, self.stream.write_all(&frames)).await;
        matches!(sent, Ok(Ok(())))
    }

    /// Sends a message.
    pub(crate) async fn send(&mut self, text: &str) {
        assert!(self.send_within(text, PATIENCE).await, "{text}");
    }

    /// The next message, but for pings; none if the server has closed.
    pub(crate) async fn next(&mut self) -> Option<Value> {
        loop {
            let frame = timeout(PATIENCE, self.read_frame()).await.unwrap();
            let (kind, payload) = frame.ok()?;
            if kind == TEXT {
                return Some(serde_json::from_slice(&payload).unwrap());
            }
        }
    }

    async fn read_frame(&mut self) -> std::io::Result<(u8, Vec<u8>)> {
        let kind = self.stream.read_u8().await?;
        let length = match self.stream.read_u8().await? {
            LENGTH_IN_2_BYTES => u64::from(self.stream.read_u16().await?),
            LENGTH_IN_8_BYTES => self.stream.read_u64().await?,
            short => u64::from(short),
        };
        let mut payload = vec![0; usize::try_from(length).unwrap()];
        self.stream.read_exact(&mut payload).await?;
        Ok((kind, payload))
    }
}

/// A message of a client: masked, as the protocol wants it, by a mask that
/// changes nothing.
fn frame(payload: &[u8]) -> Vec<u8> {
    const MASKED: u8 = 0x80;
    let mut frame = vec![TEXT];
    match u16::try_from(payload.len()) {
        Ok(short @ ..126) => frame.push(MASKED | u8::try_from(short).unwrap()),
        Ok(length) => {
            frame.push(MASKED | LENGTH_IN_2_BYTES);
            frame.extend(length.to_be_bytes());
        }
        Err(_) => {
            frame.push(MASKED | LENGTH_IN_8_BYTES);
            frame.extend((payload.len() as u64).to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend(payload);
    frame
}
