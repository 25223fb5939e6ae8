//! An error as AWS answers it.

use serde_json::{Map, Value, json};
use std::fmt;

/// What an operation answers.
pub(super) type Answer = Result<Value, Refusal>;

#[derive(Debug)]
pub(super) struct Refusal {
    code: &'static str,
    message: String,
    /// Further members of the answer.
    more: Map<String, Value>,
}

impl Refusal {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), more: Map::new() }
    }

    /// The request is not valid, on AWS too.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new("ValidationException", message)
    }

    /// AWS may do this, the stand-in does not. No function may be measured with a guess.
    pub(super) fn unknown(what: impl std::fmt::Display) -> Self {
        Self::invalid(format!("the stand-in does not know {what}"))
    }

    pub(super) fn with(mut self, name: &str, value: Value) -> Self {
        self.more.insert(name.to_owned(), value);
        self
    }

    /// Whether a healthy system meets it too.
    pub(super) fn is_expected(&self) -> bool {
        let expected = [
            "ConditionalCheckFailedException",
            "TransactionCanceledException",
            "ExecutionAlreadyExists",
        ];
        expected.contains(&self.code)
    }

    pub(super) fn body(&self) -> Value {
        let mut body = self.more.clone();
        body.insert("__type".to_owned(), json!(self.code));
        body.insert("message".to_owned(), json!(self.message));
        Value::Object(body)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}
