//! What every call passes before it is answered: is there such a method, and
//! has the caller spent too much? And after: what it was told, and how fast.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use jsonrpsee::core::middleware::{Batch, BatchEntry, Notification, RpcServiceT};
use jsonrpsee::types::error::{
    INVALID_PARAMS_CODE, OVERSIZED_RESPONSE_CODE, TOO_MANY_SUBSCRIPTIONS_CODE,
};
use jsonrpsee::types::{ErrorObjectOwned, Id, Request};
use jsonrpsee::{BatchResponseBuilder, MethodResponse};
use pyralog_api::{Failure, FailureKind};
use pyralog_chain::mempool::Source;
use pyralog_primitives::text::{excerpt, nearest};
use pyralog_telemetry::metrics::Metrics;
use serde_json::{Value, json};

use super::prices::{Buckets, price_of};
use super::server::{InHand, Line};
use super::submit::shed_unread;
use crate::chain::Clock;
use crate::pool::PoolHandle;

/// A batch takes its turn as a call that may answer much.
const BATCH: &str = "";

/// Who calls.
#[derive(Clone, Copy, Debug)]
pub(super) struct Caller {
    /// What is spent is counted for each address.
    pub(super) address: IpAddr,
    /// What is forged is blamed on each connection.
    pub(super) source: Source,
}

/// What the gate knows. Shared by all connections.
pub(super) struct GateRules {
    pub(super) methods: Vec<&'static str>,
    pub(super) buckets: Buckets,
    pub(super) response_bytes_max: usize,
    pub(super) metrics: Arc<Metrics>,
    pub(super) pool: PoolHandle,
    pub(super) clock: Clock,
}

impl GateRules {
    /// The name of a method as one of ours, so that metrics are bounded.
    fn known(&self, method: &str) -> Result<&'static str, Failure> {
        let found = self.methods.iter().find(|name| **name == method);
        found.copied().ok_or_else(|| self.unknown(method))
    }

    fn unknown(&self, method: &str) -> Failure {
        let shown = excerpt(method);
        let nearest = nearest(method, self.methods.iter().copied());
        let hint = match nearest {
            Some(name) => format!("did you mean {name}?"),
            None => "rpc.discover lists all methods".to_owned(),
        };
        let message = format!("there is no method {shown}; {hint}");
        let failure = Failure::new(FailureKind::Method, "unknown_method", message);
        match nearest {
            Some(name) => failure.with("suggestion", name),
            None => failure,
        }
    }

    fn admit(&self, method: &str, caller: Option<&Caller>) -> Result<&'static str, Failure> {
        let method = self.known(method)?;
        let Some(caller) = caller else {
            return Ok(method);
        };
        let spent = self
            .buckets
            .spend(caller.address, price_of(method), self.clock.tick());
        spent.map(|()| method).map_err(|wait| {
            self.metrics.rpc.shed("rate");
            let message = format!(
                "calls from your address cost more than this node allows; try again in {wait} ms. \
                 pyralog_limits lists the prices"
            );
            Failure::passing(FailureKind::Limit, "rate_limited", message)
                .with("retry_after_ms", json!(wait))
        })
    }
}

/// The gate before one service.
#[derive(Clone)]
pub(super) struct Gate<S> {
    pub(super) service: S,
    pub(super) rules: Arc<GateRules>,
    /// What bounds the answers, if it is the service of a `WebSocket`.
    pub(super) line: Option<Arc<Line>>,
}

impl<S> Gate<S>
where
    S: RpcServiceT<MethodResponse = MethodResponse> + Send + Sync,
{
    async fn answer(&self, mut request: Request<'_>) -> MethodResponse {
        // Subscriptions keep what goes with their call, and outlive it.
        request.extensions_mut().remove::<InHand>();
        let rules = &self.rules;
        let start = Instant::now();
        let caller = request.extensions().get::<Caller>();
        let length = request.params.as_ref().map_or(0, |text| text.get().len());
        let method = rules.admit(request.method_name(), caller);
        let method = method.and_then(|method| {
            let shed = shed_unread(&rules.pool, &rules.metrics, method, length);
            shed.map(|()| method)
        });
        let method = match method {
            Ok(method) => method,
            Err(failure) => {
                rules
                    .metrics
                    .rpc
                    .answered("other", "refused", start.elapsed());
                return MethodResponse::error(request.id, ErrorObjectOwned::from(failure));
            }
        };
        let id = request.id.clone().into_owned();
        let response = typed(id, self.service.call(request).await);
        let outcome = if response.is_error() { "error" } else { "ok" };
        rules.metrics.rpc.answered(method, outcome, start.elapsed());
        response
    }

    /// Answers each call of a batch, and all of them together.
    async fn answer_batch(&self, batch: Batch<'_>) -> MethodResponse
    where
        S: RpcServiceT<NotificationResponse = MethodResponse>,
    {
        let mut answers = BatchResponseBuilder::new_with_limit(self.rules.response_bytes_max);
        let mut has_notification = false;
        for entry in batch {
            let answer = match entry {
                Ok(BatchEntry::Call(request)) => self.answer(request).await,
                Ok(BatchEntry::Notification(notification)) => {
                    has_notification = true;
                    self.service.notification(notification).await;
                    continue;
                }
                Err(refused) => {
                    let (error, id) = refused.into_parts();
                    MethodResponse::error(id, error)
                }
            };
            if let Err(too_long) = answers.append(answer) {
                return too_long;
            }
        }
        // Nobody is to answer notifications.
        if answers.is_empty() && has_notification {
            return MethodResponse::notification();
        }
        MethodResponse::from_batch(answers.finish())
    }
}

impl<S> RpcServiceT for Gate<S>
where
    S: RpcServiceT<
            MethodResponse = MethodResponse,
            BatchResponse = MethodResponse,
            NotificationResponse = MethodResponse,
        > + Clone
        + Send
        + Sync
        + 'static,
{
    type MethodResponse = MethodResponse;
    type NotificationResponse = MethodResponse;
    type BatchResponse = MethodResponse;

    fn call<'a>(
        &self,
        request: Request<'a>,
    ) -> impl Future<Output = Self::MethodResponse> + Send + 'a {
        let gate = self.clone();
        async move {
            let Some(line) = &gate.line else {
                return gate.answer(request).await;
            };
            let _turn = line.turn(request.method_name()).await;
            let response = gate.answer(request).await;
            line.answer(response).await
        }
    }

    fn batch<'a>(
        &self,
        requests: Batch<'a>,
    ) -> impl Future<Output = Self::BatchResponse> + Send + 'a {
        let gate = self.clone();
        async move {
            let Some(line) = &gate.line else {
                return gate.answer_batch(requests).await;
            };
            let _turn = line.turn(BATCH).await;
            let response = gate.answer_batch(requests).await;
            line.answer(response).await
        }
    }

    fn notification<'a>(
        &self,
        notification: Notification<'a>,
    ) -> impl Future<Output = Self::NotificationResponse> + Send + 'a {
        let service = self.service.clone();
        async move { service.notification(notification).await }
    }
}

/// Gives the library's own refusals the form of all failures.
fn typed(id: Id<'static>, response: MethodResponse) -> MethodResponse {
    // A subscription has sent its answer already; another one would be sent too.
    if response.is_subscription() {
        return response;
    }
    let Some(code) = response.as_error_code() else {
        return response;
    };
    let answer: Value = serde_json::from_str(response.as_json().get()).unwrap_or_default();
    let error = &answer["error"];
    if error["data"]["reason"].is_string() {
        return response;
    }
    let failure = match code {
        INVALID_PARAMS_CODE => {
            let cause = error["data"].as_str().or_else(|| error["message"].as_str());
            let cause = cause.unwrap_or("they do not fit the method");
            let message =
                format!("the parameters are wrong: {cause}; rpc.discover describes each method");
            Failure::new(FailureKind::Parameters, "wrong_parameters", message)
        }
        TOO_MANY_SUBSCRIPTIONS_CODE => {
            let message = "this connection has as many subscriptions as it may; end one, or open \
                           another connection. pyralog_limits lists the limits";
            Failure::passing(FailureKind::Limit, "too_many_subscriptions", message)
        }
        OVERSIZED_RESPONSE_CODE => {
            let message = "the answer is longer than this node gives; ask for less at once";
            Failure::new(FailureKind::Limit, "response_too_large", message)
        }
        _ => return response,
    };
    MethodResponse::error(id, ErrorObjectOwned::from(failure))
}
