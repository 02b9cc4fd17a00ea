//! The pages: from a request to its answer, without IO.

use std::fmt::Write;
use std::sync::Arc;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use serde::Serialize;

use super::{Check, CheckState, Report};
use crate::metrics::{self, Metrics};

const TEXT: &str = "text/plain; charset=utf-8";
const JSON: &str = "application/json";

const INDEX: &str = "\
A Pyralog node, as its operators see it.

/livez              the process answers
/readyz             200 if it can be sent work, 503 if not
/healthz            the same; /healthz?verbose lists each check
/metrics            for Prometheus

/readyz and /healthz answer in JSON to `Accept: application/json`.
";

const NO_SUCH_PAGE: &str = "There is no such page; / lists those there are.\n";
const ONLY_READ: &str = "Pages are only read here; use GET or HEAD.\n";

/// An answer; all of it is known before it is sent.
pub(super) type Answer = Response<Full<Bytes>>;

/// What the pages show.
pub(super) struct Pages {
    metrics: Arc<Metrics>,
    report: Box<dyn Fn() -> Report + Send + Sync>,
}

/// The pages there are.
#[derive(Clone, Copy)]
enum Page {
    Index,
    Live,
    Ready,
    Health,
    Metrics,
}

impl Page {
    fn at(path: &str) -> Option<Self> {
        match path {
            "/" => Some(Self::Index),
            "/livez" => Some(Self::Live),
            "/readyz" => Some(Self::Ready),
            "/healthz" => Some(Self::Health),
            "/metrics" => Some(Self::Metrics),
            _ => None,
        }
    }
}

impl Pages {
    pub(super) fn new(
        metrics: Arc<Metrics>,
        report: impl Fn() -> Report + Send + Sync + 'static,
    ) -> Self {
        let report = Box::new(report);
        Self { metrics, report }
    }

    /// Answers a request. Its body, if it has one, is never looked at.
    pub(super) fn answer<B>(&self, request: &Request<B>) -> Answer {
        let Some(page) = Page::at(request.uri().path()) else {
            return answer(StatusCode::NOT_FOUND, TEXT, NO_SUCH_PAGE);
        };
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let mut refused = answer(StatusCode::METHOD_NOT_ALLOWED, TEXT, ONLY_READ);
            let allowed = HeaderValue::from_static("GET, HEAD");
            refused.headers_mut().insert(header::ALLOW, allowed);
            return refused;
        }
        match page {
            Page::Index => answer(StatusCode::OK, TEXT, INDEX),
            Page::Live => answer(StatusCode::OK, TEXT, "ok\n"),
            Page::Ready => self.checks("readyz", request),
            Page::Health => self.checks("healthz", request),
            Page::Metrics => answer(StatusCode::OK, metrics::CONTENT_TYPE, self.metrics.encode()),
        }
    }

    /// The checks; all of them if one failed, or if the client wants to know.
    fn checks<B>(&self, page: &str, request: &Request<B>) -> Answer {
        let report = (self.report)();
        let status = if report.is_ready() {
            StatusCode::OK
        } else {
            StatusCode::SERVICE_UNAVAILABLE
        };
        if accepts_json(request.headers()) {
            return answer(status, JSON, json(&report));
        }
        if report.is_ready() && !is_verbose(request.uri().query()) {
            return answer(status, TEXT, "ok\n");
        }
        answer(status, TEXT, lines(page, &report))
    }
}

fn answer(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    let fixed = [
        (header::CONTENT_TYPE, content_type),
        // What was true a moment ago is not an answer.
        (header::CACHE_CONTROL, "no-store"),
        // A check may quote what a peer sent: it is text, whatever it looks
        // like.
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    headers.extend(fixed.map(|(name, value)| (name, HeaderValue::from_static(value))));
    answer
}

fn is_verbose(query: Option<&str>) -> bool {
    let mut pairs = query.unwrap_or("").split('&');
    pairs.any(|pair| pair.split('=').next() == Some("verbose"))
}

fn accepts_json(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter();
    accepted
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|kind| kind.split(';').next())
        .any(|kind| kind.trim().eq_ignore_ascii_case(JSON))
}

/// The shape of Kubernetes, which operators and their scripts know, with a sign
/// of our own for warnings.
fn lines(page: &str, report: &Report) -> String {
    let mut lines = String::new();
    for Check { name, state } in &report.checks {
        let line = match state {
            CheckState::Ok => format!("[+]{name} ok"),
            CheckState::Warn(message) => format!("[!]{name} warn: {message}"),
            CheckState::Failed(message) => format!("[-]{name} failed: {message}"),
        };
        // One check is one line, whatever an error says.
        let line = line.replace(['\n', '\r'], " ");
        lines.push_str(&line);
        lines.push('\n');
    }
    let end = if report.is_ready() {
        "passed"
    } else {
        "failed"
    };
    writeln!(lines, "{page} check {end}").expect("writing to a string cannot fail");
    lines
}

/// The checks as JSON.
#[derive(Serialize)]
struct Document<'report> {
    status: &'static str,
    checks: &'report [Check],
}

fn json(report: &Report) -> String {
    let is_well = |check: &Check| check.state == CheckState::Ok;
    let status = if !report.is_ready() {
        "failed"
    } else if report.checks.iter().all(is_well) {
        "ok"
    } else {
        "warn"
    };
    let checks = &report.checks;
    let document = Document { status, checks };
    serde_json::to_string(&document).expect("strings under known names are always JSON") + "\n"
}
