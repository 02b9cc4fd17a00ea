//! Requests from web pages: which are let in, and what the others are told.
//!
//! A page may call only if its origin is in `rpc.cors_origins`. That holds for
//! `WebSocket`s too, which browsers do not ask about before.

use std::sync::atomic::{AtomicBool, Ordering};

use hyper::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, CONTENT_TYPE, HeaderMap, HeaderValue, ORIGIN, VARY,
};
use hyper::{Method, StatusCode};
use jsonrpsee::server::{HttpBody, HttpResponse};
use pyralog_primitives::text::excerpt;

/// How long a browser remembers the answer, in seconds.
const REMEMBER_SECONDS: &str = "600";

/// Which pages may call.
pub(super) struct Origins {
    allowed: Vec<String>,
    /// For development: pages of this machine too.
    allows_local: bool,
    has_hinted: AtomicBool,
}

/// What is done with a request.
pub(super) enum Decision {
    /// It is answered at once.
    Answer(HttpResponse),
    /// It is served; a page of this origin may read the answer.
    Serve(Option<HeaderValue>),
}

impl Origins {
    pub(super) fn new(allowed: Vec<String>, allows_local: bool) -> Self {
        Self {
            allowed,
            allows_local,
            has_hinted: AtomicBool::new(false),
        }
    }

    /// Decides by method and headers.
    pub(super) fn decide(&self, method: &Method, headers: &HeaderMap) -> Decision {
        let Some(origin) = headers.get(ORIGIN) else {
            return Decision::Serve(None);
        };
        let text = origin.to_str().unwrap_or("?");
        if !self.allows(text) {
            return Decision::Answer(self.refusal(text));
        }
        if method != Method::OPTIONS {
            return Decision::Serve(Some(origin.clone()));
        }
        let mut response = HttpResponse::new(HttpBody::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        let headers = response.headers_mut();
        headers.insert(
            ACCESS_CONTROL_ALLOW_METHODS,
            HeaderValue::from_static("POST"),
        );
        headers.insert(
            ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static("content-type"),
        );
        headers.insert(
            ACCESS_CONTROL_MAX_AGE,
            HeaderValue::from_static(REMEMBER_SECONDS),
        );
        allow(origin.clone(), headers);
        Decision::Answer(response)
    }

    fn allows(&self, origin: &str) -> bool {
        let named = |allowed: &String| allowed == "*" || allowed == origin;
        self.allowed.iter().any(named) || (self.allows_local && is_local(origin))
    }

    fn refusal(&self, origin: &str) -> HttpResponse {
        let origin = excerpt(origin);
        let hint = format!(
            "pages of {origin} may not call this node; its operator can allow them with \
             --set rpc.cors_origins={}",
            origin.trim_matches('"')
        );
        if !self.has_hinted.swap(true, Ordering::Relaxed) {
            tracing::warn!("refused a page: {hint}");
        }
        let mut response = HttpResponse::new(HttpBody::from(hint + "\n"));
        *response.status_mut() = StatusCode::FORBIDDEN;
        let text = HeaderValue::from_static("text/plain; charset=utf-8");
        response.headers_mut().insert(CONTENT_TYPE, text);
        response
    }
}

/// Says that a page of this origin may read the answer.
pub(super) fn allow(origin: HeaderValue, headers: &mut HeaderMap) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(VARY, HeaderValue::from_static("origin"));
}

fn is_local(origin: &str) -> bool {
    let Some((_, rest)) = origin.split_once("://") else {
        return false;
    };
    let host = match rest.strip_prefix('[') {
        Some(rest) => rest.split(']').next(),
        None => rest.split(':').next(),
    };
    matches!(host, Some("localhost" | "127.0.0.1" | "::1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decide(origins: &Origins, method: &Method, origin: &'static str) -> (u16, bool) {
        let mut headers = HeaderMap::new();
        headers.insert(ORIGIN, HeaderValue::from_static(origin));
        match origins.decide(method, &headers) {
            Decision::Serve(origin) => (200, origin.is_some()),
            Decision::Answer(response) => {
                let allows = response.headers().contains_key(ACCESS_CONTROL_ALLOW_ORIGIN);
                (response.status().as_u16(), allows)
            }
        }
    }

    #[test]
    fn a_page_calls_only_if_its_origin_is_named() {
        let origins = Origins::new(vec!["https://app.example".to_owned()], false);
        for (origin, method, expected) in [
            ("https://app.example", Method::POST, (200, true)),
            ("https://app.example", Method::OPTIONS, (204, true)),
            ("https://app.example.evil", Method::POST, (403, false)),
            ("https://evil.example", Method::GET, (403, false)),
            ("https://evil.example", Method::OPTIONS, (403, false)),
            ("http://localhost:3000", Method::POST, (403, false)),
            ("null", Method::POST, (403, false)),
        ] {
            assert_eq!(decide(&origins, &method, origin), expected, "{origin}");
        }
    }

    #[test]
    fn development_lets_pages_of_this_machine_in_and_no_others() {
        let origins = Origins::new(Vec::new(), true);
        for (origin, expected) in [
            ("http://localhost:3000", 200),
            ("http://127.0.0.1:8080", 200),
            ("http://[::1]:8080", 200),
            ("http://localhost.evil.example", 403),
            ("http://127.0.0.1.evil.example", 403),
            ("localhost", 403),
        ] {
            assert_eq!(
                decide(&origins, &Method::POST, origin).0,
                expected,
                "{origin}"
            );
        }
    }

    #[test]
    fn programs_that_are_no_pages_need_no_origin() {
        let origins = Origins::new(Vec::new(), false);
        let decision = origins.decide(&Method::POST, &HeaderMap::new());
        assert!(matches!(decision, Decision::Serve(None)));
    }
}
