use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::pages::Pages;
use super::server::{Limits, serve_within};
use super::*;
use crate::metrics::Metrics;

/// Longer than any machine takes for any test: only what hangs runs into it.
const HANGS: Duration = Duration::from_mins(2);

/// Nothing ends by itself in tests that are not about endings.
const PATIENT: Limits = Limits {
    connection_count_max: 8,
    head_wait: HANGS.saturating_mul(10),
    connection_age: HANGS.saturating_mul(10),
    stop_wait: HANGS.saturating_mul(10),
};

/// A server in this process.
struct Served {
    at: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<()>,
}

impl Served {
    async fn start(limits: Limits, report: impl Fn() -> Report + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let pages = Pages::new(Arc::new(Metrics::new("1.2.3")), report);
        let stopped = async {
            stopped.await.expect("the test tells it to stop");
        };
        let ended = tokio::spawn(serve_within(limits, listener, pages, stopped));
        Self { at, stop, ended }
    }

    async fn connect(&self) -> Client {
        let stream = TcpStream::connect(self.at).await.unwrap();
        let unread = Vec::new();
        Client { stream, unread }
    }

    /// The answer to one request on a connection of its own.
    async fn ask(&self, method: &str, target: &str, headers: &str) -> Answered {
        let mut client = self.connect().await;
        client.send(&head(method, target, headers)).await;
        let answered = client.answer(method).await;
        answered.expect("the server answers")
    }

    async fn get(&self, target: &str) -> Answered {
        self.ask("GET", target, "").await
    }
}

fn head(method: &str, target: &str, headers: &str) -> String {
    format!("{method} {target} HTTP/1.1\r\nHost: test\r\n{headers}\r\n")
}

/// One connection.
struct Client {
    stream: TcpStream,
    unread: Vec<u8>,
}

#[derive(Debug)]
struct Answered {
    status: u16,
    head: String,
    body: String,
}

impl Answered {
    fn header(&self, name: &str) -> Option<&str> {
        let mut pairs = self.head.lines().filter_map(|line| line.split_once(": "));
        pairs.find_map(|(key, value)| (key == name).then_some(value))
    }
}

impl Client {
    async fn send(&self, text: &str) {
        let mut rest = text.as_bytes();
        while !rest.is_empty() {
            self.stream.writable().await.unwrap();
            match self.stream.try_write(rest) {
                Ok(written) => rest = &rest[written..],
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// Reads what there is; `false` once the server has closed.
    async fn read(&mut self) -> bool {
        loop {
            timeout(HANGS, self.stream.readable())
                .await
                .expect("the server answers or closes")
                .unwrap();
            let mut bytes = [0; 4_096];
            match self.stream.try_read(&mut bytes) {
                Ok(0) => return false,
                Ok(count) => {
                    self.unread.extend_from_slice(&bytes[..count]);
                    return true;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return false,
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// The next answer; `None` if the server closes instead.
    async fn answer(&mut self, method: &str) -> Option<Answered> {
        let end = loop {
            let found = self.unread.windows(4).position(|four| four == b"\r\n\r\n");
            match found {
                Some(end) => break end + 4,
                None if self.read().await => {}
                None => return None,
            }
        };
        let head = String::from_utf8(self.unread.drain(..end).collect()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let mut answered = Answered {
            status,
            head,
            body: String::new(),
        };
        let length = answered.header("content-length").unwrap().parse().unwrap();
        if method != "HEAD" {
            while self.unread.len() < length {
                assert!(self.read().await, "the body is cut off");
            }
            answered.body = String::from_utf8(self.unread.drain(..length).collect()).unwrap();
        }
        Some(answered)
    }

    /// Whether the server closes without sending anything more.
    async fn is_closed(&mut self) -> bool {
        !self.read().await && self.unread.is_empty()
    }
}

fn report(state: CheckState) -> Report {
    let height = Check {
        name: "height",
        state: CheckState::Ok,
    };
    let disk = Check {
        name: "disk",
        state,
    };
    Report {
        checks: vec![height, disk],
    }
}

fn well() -> Report {
    report(CheckState::Ok)
}

fn failed() -> Report {
    report(CheckState::Failed("no space\non the device".to_owned()))
}

fn warned() -> Report {
    report(CheckState::Warn("nearly full".to_owned()))
}

#[tokio::test]
async fn a_process_that_answers_is_alive_whatever_failed() {
    let served = Served::start(PATIENT, failed).await;
    let answered = served.get("/livez").await;
    assert_eq!((answered.status, answered.body.as_str()), (200, "ok\n"));
}

#[tokio::test]
async fn a_node_is_ready_while_nothing_failed() {
    let broken = Arc::new(AtomicBool::new(false));
    let is_broken = Arc::clone(&broken);
    let report = move || {
        if is_broken.load(Ordering::SeqCst) {
            failed()
        } else {
            warned()
        }
    };
    let served = Served::start(PATIENT, report).await;
    for page in ["/readyz", "/healthz"] {
        broken.store(false, Ordering::SeqCst);
        let answered = served.get(page).await;
        assert_eq!((answered.status, answered.body.as_str()), (200, "ok\n"));
        broken.store(true, Ordering::SeqCst);
        let answered = served.get(page).await;
        assert_eq!(answered.status, 503);
        let name = &page[1..];
        let lines =
            format!("[+]height ok\n[-]disk failed: no space on the device\n{name} check failed\n");
        assert_eq!(answered.body, lines);
        assert_eq!(answered.header("cache-control"), Some("no-store"));
    }
}

#[tokio::test]
async fn a_verbose_page_lists_each_check() {
    let served = Served::start(PATIENT, warned).await;
    for query in ["?verbose", "?verbose=1", "?a=b&verbose"] {
        let answered = served.get(&format!("/healthz{query}")).await;
        assert_eq!(answered.status, 200);
        let lines = "[+]height ok\n[!]disk warn: nearly full\nhealthz check passed\n";
        assert_eq!(answered.body, lines, "{query}");
    }
    let brief = served.get("/healthz?verbosely").await;
    assert_eq!(brief.body, "ok\n");
}

#[tokio::test]
async fn checks_are_json_for_who_accepts_it() {
    for (report, status, expected) in [
        (
            well as fn() -> Report,
            200,
            json!({"status": "ok", "checks": [
                {"name": "height", "state": "ok"},
                {"name": "disk", "state": "ok"},
            ]}),
        ),
        (
            warned,
            200,
            json!({"status": "warn", "checks": [
                {"name": "height", "state": "ok"},
                {"name": "disk", "state": "warn", "message": "nearly full"},
            ]}),
        ),
        (
            failed,
            503,
            json!({"status": "failed", "checks": [
                {"name": "height", "state": "ok"},
                {"name": "disk", "state": "failed", "message": "no space\non the device"},
            ]}),
        ),
    ] {
        let served = Served::start(PATIENT, report).await;
        let accept = "Accept: text/html, Application/JSON;q=0.9\r\n";
        let answered = served.ask("GET", "/healthz", accept).await;
        assert_eq!(answered.status, status);
        assert_eq!(answered.header("content-type"), Some("application/json"));
        let found: Value = serde_json::from_str(&answered.body).unwrap();
        assert_eq!(found, expected);
    }
}

#[tokio::test]
async fn metrics_come_in_their_media_type_and_whole() {
    let served = Served::start(PATIENT, well).await;
    let answered = served.get("/metrics").await;
    assert_eq!(answered.status, 200);
    let expected = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert_eq!(answered.header("content-type"), Some(expected));
    assert!(
        answered
            .body
            .contains("pyralog_build_info{version=\"1.2.3\"} 1\n")
    );
    assert!(answered.body.ends_with("# EOF\n"));
}

#[tokio::test]
async fn the_index_names_every_page_and_all_of_them_are_there() {
    let served = Served::start(PATIENT, well).await;
    let index = served.get("/").await;
    let pages: Vec<&str> = index
        .body
        .lines()
        .filter_map(|line| line.split_once("  "))
        .map(|(page, _)| page)
        .collect();
    assert_eq!(pages, ["/livez", "/readyz", "/healthz", "/metrics"]);
    for page in pages {
        assert_eq!(served.get(page).await.status, 200, "{page}");
    }
}

#[tokio::test]
async fn a_head_is_that_of_the_page_without_the_page() {
    let served = Served::start(PATIENT, failed).await;
    let mut client = served.connect().await;
    for page in ["/livez", "/readyz", "/healthz?verbose", "/"] {
        let got = served.get(page).await;
        client.send(&head("HEAD", page, "")).await;
        let answered = client.answer("HEAD").await.unwrap();
        assert_eq!(answered.status, got.status);
        for header in ["content-type", "content-length"] {
            assert_eq!(answered.header(header), got.header(header), "{page}");
        }
        assert_eq!(client.unread, b"", "{page}");
    }
}

#[tokio::test]
async fn other_paths_are_not_found_and_say_where_to_look() {
    let served = Served::start(PATIENT, well).await;
    for (method, path) in [("GET", "/health"), ("GET", "/livez/"), ("POST", "/admin")] {
        let answered = served.ask(method, path, "").await;
        assert_eq!(answered.status, 404, "{method} {path}");
        assert!(answered.body.contains("/ lists"), "{}", answered.body);
    }
}

#[tokio::test]
async fn other_methods_are_refused_with_those_that_are_allowed() {
    let served = Served::start(PATIENT, well).await;
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "BREW"] {
        let answered = served.ask(method, "/metrics", "").await;
        assert_eq!(answered.status, 405, "{method}");
        assert_eq!(answered.header("allow"), Some("GET, HEAD"));
    }
}

#[tokio::test]
async fn a_body_is_not_waited_for() {
    let served = Served::start(PATIENT, well).await;
    let endless = "Content-Length: 1000000000\r\n";
    let answered = served.ask("POST", "/readyz", endless).await;
    assert_eq!(answered.status, 405);
    let answered = served.ask("GET", "/livez", endless).await;
    assert_eq!(answered.status, 200);
}

#[tokio::test]
async fn an_endless_head_is_cut_off() {
    let served = Served::start(PATIENT, well).await;
    let long = format!("X-Long: {}\r\n", "x".repeat(HEAD_BYTES_MAX));
    let answered = served.ask("GET", "/livez", &long).await;
    assert_eq!(answered.status, 431);
}

#[tokio::test]
async fn an_answer_may_be_longer_than_a_head() {
    let message = "x".repeat(HEAD_BYTES_MAX * 20);
    let long = move || report(CheckState::Failed(message.clone()));
    let served = Served::start(PATIENT, long).await;
    let answered = served.get("/readyz").await;
    assert!(answered.body.len() > HEAD_BYTES_MAX * 20);
}

#[tokio::test]
async fn connections_beyond_the_bound_wait_for_their_turn() {
    let limits = Limits {
        connection_count_max: 2,
        ..PATIENT
    };
    let served = Served::start(limits, well).await;
    let request = head("GET", "/livez", "");
    let mut first = served.connect().await;
    let mut second = served.connect().await;
    for client in [&mut first, &mut second] {
        client.send(&request).await;
        assert_eq!(client.answer("GET").await.unwrap().status, 200);
    }
    let mut third = served.connect().await;
    third.send(&request).await;
    // Many turns for the server, none for the third.
    for _ in 0..20 {
        first.send(&request).await;
        assert_eq!(first.answer("GET").await.unwrap().status, 200);
    }
    let nothing = third.stream.try_read(&mut [0; 1]).map_err(|e| e.kind());
    assert_eq!(nothing, Err(ErrorKind::WouldBlock));
    drop(second);
    assert_eq!(third.answer("GET").await.unwrap().status, 200);
}

#[tokio::test]
async fn half_open_connections_do_not_keep_others_out() {
    let limits = Limits {
        connection_count_max: 4,
        head_wait: Duration::from_millis(20),
        ..PATIENT
    };
    let served = Served::start(limits, well).await;
    let mut half_open = Vec::new();
    for _ in 0..limits.connection_count_max {
        let client = served.connect().await;
        client.send("GET /livez HTTP/1.1\r\nHost:").await;
        half_open.push(client);
    }
    // On a slow machine the wait may end before the head is read: one asks
    // again, as any client does.
    let answered = timeout(HANGS, async {
        loop {
            let mut client = served.connect().await;
            client.send(&head("GET", "/livez", "")).await;
            if let Some(answered) = client.answer("GET").await {
                break answered;
            }
        }
    });
    assert_eq!(answered.await.expect("it has its turn").status, 200);
    for mut client in half_open {
        assert!(client.is_closed().await);
    }
}

#[tokio::test]
async fn a_connection_ends_when_it_is_old() {
    let limits = Limits {
        connection_age: Duration::from_millis(20),
        ..PATIENT
    };
    let served = Served::start(limits, well).await;
    let mut client = served.connect().await;
    assert!(client.is_closed().await);
}

#[tokio::test]
async fn stopping_closes_what_is_idle_and_lets_nobody_in() {
    let served = Served::start(PATIENT, well).await;
    let mut idle = served.connect().await;
    idle.send(&head("GET", "/livez", "")).await;
    assert_eq!(idle.answer("GET").await.unwrap().status, 200);
    let mut silent = served.connect().await;
    served.stop.send(()).unwrap();
    let ended = timeout(HANGS, served.ended).await;
    ended.expect("nothing is left to wait for").unwrap();
    assert!(idle.is_closed().await && silent.is_closed().await);
    assert!(TcpStream::connect(served.at).await.is_err());
}

#[tokio::test]
async fn stopping_waits_no_longer_than_it_says() {
    let limits = Limits {
        stop_wait: Duration::from_millis(20),
        ..PATIENT
    };
    let served = Served::start(limits, well).await;
    let mut slow = served.connect().await;
    slow.send("GET /livez HTTP/1.1\r\nHost:").await;
    // Answered, so the one before it is known to the server.
    assert_eq!(served.get("/livez").await.status, 200);
    served.stop.send(()).unwrap();
    let ended = timeout(HANGS, served.ended).await;
    ended.expect("it does not wait for the head").unwrap();
    assert!(slow.is_closed().await);
}

#[tokio::test]
async fn what_is_served_by_default_answers_and_stops() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let stopped = async { stopped.await.unwrap() };
    let metrics = Arc::new(Metrics::new("1.2.3"));
    let ended = tokio::spawn(serve(listener, metrics, well, stopped));
    let served = Served { at, stop, ended };
    assert_eq!(served.get("/readyz").await.status, 200);
    served.stop.send(()).unwrap();
    served.ended.await.unwrap();
}
