//! Why a call failed, in words for people and for programs.

use std::borrow::Cow;

use jsonrpsee::core::ClientError;
use jsonrpsee::types::error::{
    INVALID_REQUEST_CODE, OVERSIZED_REQUEST_CODE, OVERSIZED_RESPONSE_CODE, PARSE_ERROR_CODE,
    SERVER_IS_BUSY_CODE, TOO_BIG_BATCH_REQUEST_CODE, TOO_BIG_BATCH_RESPONSE_CODE,
    TOO_MANY_SUBSCRIPTIONS_CODE,
};
use jsonrpsee::types::{ErrorObject, ErrorObjectOwned};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What sort of failure; each has a code of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// The caller's parameters are wrong.
    Parameters,
    /// There is no such method.
    Method,
    /// A transaction is not taken.
    Rejected,
    /// The node has too much to do; it sheds this call.
    Busy,
    /// There is no such thing.
    NotFound,
    /// It was there, and is pruned on this node.
    Pruned,
    /// It is not there yet.
    NotYet,
    /// The disk is nearly full; nothing new is accepted.
    DiskLow,
    /// The caller is above a limit.
    Limit,
    /// The node is going down, or something in it failed.
    Internal,
}

impl FailureKind {
    /// All kinds.
    pub const ALL: [Self; 10] = [
        Self::Parameters,
        Self::Method,
        Self::Rejected,
        Self::Busy,
        Self::NotFound,
        Self::Pruned,
        Self::NotYet,
        Self::DiskLow,
        Self::Limit,
        Self::Internal,
    ];

    /// The JSON-RPC code. Those from −32005 to −32011 are said by the library
    /// that serves us, before any call is read: see [`Failure::of`].
    pub const fn code(self) -> i32 {
        match self {
            Self::Parameters => -32602,
            Self::Method => -32601,
            Self::Rejected => -32020,
            Self::Busy => -32021,
            Self::NotFound => -32022,
            Self::Pruned => -32023,
            Self::NotYet => -32024,
            Self::DiskLow => -32025,
            Self::Limit => -32026,
            Self::Internal => -32028,
        }
    }

    fn from_code(code: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// What sort of failure.
    pub kind: FailureKind,
    /// For people: what is wrong, and what to do.
    pub message: String,
    /// A word for programs; it never changes its meaning.
    pub reason: Cow<'static, str>,
    /// Whether the same call may work later.
    pub retryable: bool,
    /// Particulars of the reason.
    pub particulars: Map<String, Value>,
}

/// The `data` of the error object.
#[derive(Serialize, Deserialize)]
struct Data {
    reason: Cow<'static, str>,
    retryable: bool,
    #[serde(flatten)]
    particulars: Map<String, Value>,
}

impl Failure {
    /// A failure that the same call will meet again.
    pub fn new(kind: FailureKind, reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            reason: Cow::Borrowed(reason),
            retryable: false,
            particulars: Map::new(),
        }
    }

    /// One that goes away: the same call may work later.
    pub fn passing(kind: FailureKind, reason: &'static str, message: impl Into<String>) -> Self {
        Self::new(kind, reason, message).retryable_if(true)
    }

    /// The same, and whether the call may work later.
    #[must_use]
    pub fn retryable_if(mut self, retryable: bool) -> Self {
        self.retryable = retryable;
        self
    }

    /// The same with one more particular.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.particulars.insert(name.to_owned(), value.into());
        self
    }

    /// What a node answered, if it answered with a failure.
    pub fn of(error: &ClientError) -> Option<Self> {
        match error {
            ClientError::Call(error) => Some(Self::from_object(error)),
            _ => None,
        }
    }

    fn from_object(error: &ErrorObject<'_>) -> Self {
        let data = error.data();
        let data = data.and_then(|data| serde_json::from_str::<Data>(data.get()).ok());
        let (kind, reason) = match FailureKind::from_code(error.code()) {
            Some(kind) => (kind, "unknown"),
            None => below_us(error.code()),
        };
        let data = data.unwrap_or_else(|| Data {
            reason: Cow::Borrowed(reason),
            retryable: reason == "server_busy",
            particulars: Map::new(),
        });
        Self {
            kind,
            message: error.message().to_owned(),
            reason: data.reason,
            retryable: data.retryable,
            particulars: data.particulars,
        }
    }
}

/// What the library that serves us says of a call that it did not read.
fn below_us(code: i32) -> (FailureKind, &'static str) {
    let reason = match code {
        PARSE_ERROR_CODE => return (FailureKind::Parameters, "malformed_json"),
        INVALID_REQUEST_CODE => return (FailureKind::Parameters, "no_request"),
        TOO_MANY_SUBSCRIPTIONS_CODE => "too_many_subscriptions",
        OVERSIZED_REQUEST_CODE => "request_too_large",
        OVERSIZED_RESPONSE_CODE => "response_too_large",
        SERVER_IS_BUSY_CODE => "server_busy",
        TOO_BIG_BATCH_REQUEST_CODE => "batch_too_large",
        TOO_BIG_BATCH_RESPONSE_CODE => "batch_response_too_large",
        _ => return (FailureKind::Internal, "unknown"),
    };
    (FailureKind::Limit, reason)
}

impl From<Failure> for ErrorObjectOwned {
    fn from(failure: Failure) -> Self {
        let data = Data {
            reason: failure.reason,
            retryable: failure.retryable,
            particulars: failure.particulars,
        };
        Self::owned(failure.kind.code(), failure.message, Some(data))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_survives_the_wire() {
        for kind in FailureKind::ALL {
            let failure = Failure::passing(kind, "a_word", "a sentence").with("height", "7");
            let object = ErrorObjectOwned::from(failure.clone());
            let error = ClientError::Call(object);
            assert_eq!(Failure::of(&error), Some(failure));
        }
    }

    #[test]
    fn each_kind_has_a_code_of_its_own() {
        let codes = FailureKind::ALL.map(FailureKind::code);
        for (place, code) in codes.iter().enumerate() {
            assert!(!codes[..place].contains(code), "{code}");
        }
    }

    #[test]
    fn an_error_of_a_stranger_is_read_as_far_as_it_goes() {
        let object = ErrorObjectOwned::owned(-1, "what", None::<()>);
        let failure = Failure::of(&ClientError::Call(object)).unwrap();
        assert_eq!(
            (failure.reason.as_ref(), failure.retryable),
            ("unknown", false)
        );
        assert_eq!(failure.message, "what");
    }
}
