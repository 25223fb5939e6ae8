//! The members of a request's body.

use super::refusal::Refusal;
use serde_json::{Map, Value};

/// A JSON object of a request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Request<'a> {
    members: &'a Map<String, Value>,
}

impl<'a> Request<'a> {
    /// Reads a body, or a part of one, that may have these members and no others.
    pub(super) fn new(body: &'a Value, known: &[&str]) -> Result<Self, Refusal> {
        let members = body.as_object().ok_or_else(|| Refusal::invalid("not an object"))?;
        match members.keys().find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(Refusal::unknown(format!("the parameter {name}"))),
            None => Ok(Self { members }),
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&'a Value> {
        self.members.get(name).filter(|value| !value.is_null())
    }

    pub(super) fn text(&self, name: &str) -> Result<&'a str, Refusal> {
        self.optional_text(name)?.ok_or_else(|| Refusal::invalid(format!("{name} is missing")))
    }

    pub(super) fn optional_text(&self, name: &str) -> Result<Option<&'a str>, Refusal> {
        let wrong = || Refusal::invalid(format!("{name} must be text"));
        self.get(name).map(|value| value.as_str().ok_or_else(wrong)).transpose()
    }

    pub(super) fn flag(&self, name: &str) -> Result<bool, Refusal> {
        let wrong = || Refusal::invalid(format!("{name} must be a Boolean"));
        self.get(name).map_or(Ok(false), |value| value.as_bool().ok_or_else(wrong))
    }

    pub(super) fn number(&self, name: &str) -> Result<Option<usize>, Refusal> {
        let wrong = || Refusal::invalid(format!("{name} must be a whole number"));
        let number = |value: &Value| usize::try_from(value.as_u64()?).ok();
        self.get(name).map(|value| number(value).ok_or_else(wrong)).transpose()
    }

    pub(super) fn object(&self, name: &str) -> Result<Option<&'a Map<String, Value>>, Refusal> {
        let wrong = || Refusal::invalid(format!("{name} must be an object"));
        self.get(name).map(|value| value.as_object().ok_or_else(wrong)).transpose()
    }

    pub(super) fn list(&self, name: &str) -> Result<&'a [Value], Refusal> {
        let wrong = || Refusal::invalid(format!("{name} must be a list"));
        self.get(name).and_then(Value::as_array).map(Vec::as_slice).ok_or_else(wrong)
    }
}
