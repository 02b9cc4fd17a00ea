//! A node that says what a test wants it to say.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use pyralog_api::{AccountView, Failure, GenesisView, Simulated, Submitted, TransactionStatus};
use pyralog_primitives::codec::Canonical;
use pyralog_primitives::receipt::Receipt;
use pyralog_primitives::text::decode_hex;
use pyralog_primitives::transaction::{Transaction, TransactionBody};
use pyralog_primitives::{Amount, Nonce};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::net::TcpSocket;

use crate::chain::{Chain, HEIGHT, receipt};

/// What the node does with a call.
pub(crate) enum Reply {
    Result(Value),
    Failure(Failure),
    /// It goes away without an answer.
    HangUp,
}

impl Reply {
    pub(crate) fn of(value: impl Serialize) -> Self {
        Self::Result(serde_json::to_value(value).unwrap())
    }
}

/// A call that the node got.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) method: String,
    pub(crate) params: Value,
}

/// A JSON-RPC server over HTTP: one call for each connection, one at a time.
pub(crate) struct FakeNode {
    pub(crate) url: String,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl FakeNode {
    pub(crate) fn start(answer: impl FnMut(&Call) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let calls = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&calls);
        thread::spawn(move || serve(&listener, &heard, answer));
        Self { url, calls }
    }

    /// The parameters of each call of a method, in order.
    pub(crate) fn calls(&self, method: &str) -> Vec<Value> {
        let calls = self.calls.lock().unwrap();
        let named = calls.iter().filter(|call| call.method == method);
        named.map(|call| call.params.clone()).collect()
    }
}

fn serve(listener: &TcpListener, heard: &Mutex<Vec<Call>>, mut answer: impl FnMut(&Call) -> Reply) {
    for stream in listener.incoming() {
        let mut stream = stream.unwrap();
        let Some(request) = read_request(&stream) else {
            continue;
        };
        let call = Call {
            method: request["method"].as_str().unwrap().to_owned(),
            params: request["params"].clone(),
        };
        heard.lock().unwrap().push(call.clone());
        let mut response = json!({ "jsonrpc": "2.0", "id": request["id"] });
        match answer(&call) {
            Reply::HangUp => continue,
            Reply::Result(value) => response["result"] = value,
            Reply::Failure(failure) => {
                response["error"] = json!({
                    "code": failure.kind.code(),
                    "message": failure.message,
                    "data": { "reason": failure.reason, "retryable": failure.retryable },
                });
            }
        }
        let body = response.to_string();
        let preamble = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n";
        // A client that does not wait is none of this node's business.
        let _ = write!(
            stream,
            "{preamble}Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
    }
}

fn read_request(stream: &TcpStream) -> Option<Value> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

/// The bytes of a parameter in hex.
pub(crate) fn bytes_of(params: &Value) -> Vec<u8> {
    decode_hex(params[0].as_str().unwrap()).unwrap()
}

/// A URL at which nobody listens, as long as this is kept: the port is taken.
pub(crate) struct Nobody {
    pub(crate) url: String,
    _socket: TcpSocket,
}

impl Nobody {
    pub(crate) fn new() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let url = format!("http://{}", socket.local_addr().unwrap());
        Self {
            url,
            _socket: socket,
        }
    }
}

/// A node of a network on which each transaction is applied at once. `special`
/// may answer before it does.
pub(crate) fn node_of(
    chain: Arc<Chain>,
    mut special: impl FnMut(&Call) -> Option<Reply> + Send + 'static,
) -> FakeNode {
    FakeNode::start(move |call| special(call).unwrap_or_else(|| ordinary(&chain, call)))
}

fn ordinary(chain: &Chain, call: &Call) -> Reply {
    match call.method.as_str() {
        "pyralog_status" => Reply::of(chain.status()),
        "pyralog_genesis" => Reply::of(GenesisView {
            hash: chain.genesis.hash(),
            chain_id: chain.genesis.chain_id().to_string(),
            document: chain.document.clone(),
        }),
        "pyralog_account" => Reply::of(AccountView {
            address: call.params[0].as_str().unwrap().parse().unwrap(),
            balance: Amount::from_tokens(1000),
            nonce: Nonce::new(1),
            height: HEIGHT,
        }),
        "pyralog_nextNonce" => Reply::of(Nonce::new(1)),
        "pyralog_simulateTransaction" => {
            let body = TransactionBody::decode(&bytes_of(&call.params)).unwrap();
            Reply::of(Simulated {
                height: HEIGHT,
                base_fee: Amount::new(100),
                receipt: Receipt {
                    compute_used: body.compute_max,
                    ..receipt(body.id())
                },
                failure: None,
            })
        }
        "pyralog_submitTransaction" => Reply::of(Submitted {
            transaction: Transaction::decode(&bytes_of(&call.params)).unwrap().id(),
            known: false,
        }),
        "pyralog_waitTransaction" => Reply::of(TransactionStatus::Final {
            height: HEIGHT,
            position: 0,
            receipt: receipt(call.params[0].as_str().unwrap().parse().unwrap()),
            failure: None,
            provable: true,
        }),
        method => panic!("the test has no answer to {method}"),
    }
}
