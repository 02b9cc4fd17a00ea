//! What is said of the interface for clients.

use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::labels::{Call, Method, Reason};
use super::{WholeGauge, registered, seconds};

/// What clients ask.
#[derive(Debug)]
pub struct RpcMetrics {
    requests: Family<Call, Counter>,
    request: Family<Method, Histogram>,
    connections: WholeGauge,
    subscriptions: WholeGauge,
    shed: Family<Reason, Counter>,
}

impl RpcMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        Self {
            requests: registered(
                registry,
                "pyralog_rpc_requests",
                "Requests that were answered",
                Family::default(),
            ),
            request: registered(
                registry,
                "pyralog_rpc_request_seconds",
                "Time to answer a request",
                Family::new_with_constructor(seconds),
            ),
            connections: registered(
                registry,
                "pyralog_rpc_connections",
                "Connections that are open",
                WholeGauge::default(),
            ),
            subscriptions: registered(
                registry,
                "pyralog_rpc_subscriptions",
                "Subscriptions that are open",
                WholeGauge::default(),
            ),
            shed: registered(
                registry,
                "pyralog_rpc_shed",
                "Requests and connections that were turned away unexamined",
                Family::default(),
            ),
        }
    }

    /// A request was answered in this time. The outcome is `ok`, or the reason
    /// that its error carries. Calls of methods that do not exist must share
    /// one name.
    pub fn answered(&self, method: &'static str, outcome: &'static str, took: Duration) {
        let call = Call { method, outcome };
        self.requests.get_or_create(&call).inc();
        let request = self.request.get_or_create(&Method { method });
        request.observe(took.as_secs_f64());
    }

    /// A connection is open for as long as the result lives.
    pub fn connection(&self) -> Open {
        Open::new(&self.connections)
    }

    /// A subscription is open for as long as the result lives.
    pub fn subscription(&self) -> Open {
        Open::new(&self.subscriptions)
    }

    /// A request or a connection was turned away unexamined.
    pub fn shed(&self, reason: &'static str) {
        self.shed.get_or_create(&Reason { reason }).inc();
    }
}

/// One that is open. Dropping it is the only way to close it, so that none is
/// counted after a panic or a task that was stopped.
#[derive(Debug)]
#[must_use = "what is dropped is closed"]
pub struct Open(WholeGauge);

impl Open {
    fn new(gauge: &WholeGauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.dec();
    }
}
