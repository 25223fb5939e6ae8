//! Request bodies: a JSON object of at most 256 KiB (1 MiB where events are published), or nothing where
//! nothing is needed.
//!
//! A handler takes an [`Incoming`] and reads it only once the caller may do what they ask for. An
//! object with the same key twice is refused at any depth: two programs may read it differently,
//! and which of the two values was meant is not ours to guess.

mod strict;

use crate::problem::Problem;
use axum::{
    extract::{self, FromRequest},
    http::{HeaderMap, header},
};
use grapnel_domain::{fault::FieldFault, ids::UserId};
use grapnel_wire::read::{Read, Request, raw_fields};
use http_body_util::LengthLimitError;
use serde_json::{Map, Value};
use std::convert::Infallible;
use strict::Build;

/// Most bytes of a body.
pub(crate) const MAX_BODY_BYTES: usize = 256 * 1024;

/// A body that was not read yet.
#[derive(Debug)]
pub(crate) struct Incoming(extract::Request);

impl<S: Send + Sync> FromRequest<S> for Incoming {
    type Rejection = Infallible;

    async fn from_request(request: extract::Request, _: &S) -> Result<Self, Infallible> {
        Ok(Self(request))
    }
}

impl Incoming {
    /// The body of this request.
    pub(crate) fn new(request: extract::Request) -> Self {
        Self(request)
    }

    /// Reads a body that must be there.
    ///
    /// # Errors
    /// 413, 415, or 400 if it is not a JSON object.
    pub(crate) async fn object(self) -> Result<Object, Problem> {
        self.built(MAX_BODY_BYTES, Build::Whole).await
    }

    /// Reads a body of at most `most_bytes` whose field `field` may be a list of objects: at most
    /// `most`, and if it has more, one more is read. What other fields and those of the objects hold
    /// is checked, and empty in what is answered: only its text has it.
    ///
    /// # Errors
    /// As [`Incoming::object`].
    pub(crate) async fn object_with_list(
        self,
        most_bytes: usize,
        field: &'static str,
        most: usize,
    ) -> Result<Object, Problem> {
        self.built(most_bytes, Build::ObjectWithList { field, most }).await
    }

    async fn built(self, most_bytes: usize, build: Build) -> Result<Object, Problem> {
        let (headers, bytes) = self.read(most_bytes).await?;
        if bytes.is_empty() {
            return Err(Problem::bad_request("invalid_json", "A JSON object is needed as body."));
        }
        Object::parse(&headers, bytes, build)
    }

    /// Reads a body that may be left out; an empty one stands for `{}`.
    ///
    /// # Errors
    /// As [`Incoming::object`].
    pub(crate) async fn object_or_empty(self) -> Result<Object, Problem> {
        let (headers, bytes) = self.read(MAX_BODY_BYTES).await?;
        if bytes.is_empty() {
            return Ok(Object { fields: Map::new(), text: bytes });
        }
        Object::parse(&headers, bytes, Build::Whole)
    }

    /// Reads a body of any kind, as it comes.
    ///
    /// # Errors
    /// 413, or 400 if it breaks off.
    pub(crate) async fn bytes(self) -> Result<axum::body::Bytes, Problem> {
        self.read(MAX_BODY_BYTES).await.map(|(_, bytes)| bytes)
    }

    async fn read(self, most: usize) -> Result<(HeaderMap, axum::body::Bytes), Problem> {
        let (parts, body) = self.0.into_parts();
        match axum::body::to_bytes(body, most).await {
            Ok(bytes) => Ok((parts.headers, bytes)),
            Err(error) => Err(match std::error::Error::source(&error) {
                Some(source) if source.is::<LengthLimitError>() => Problem::body_too_large(most),
                _ => Problem::bad_request("incomplete_body", "The body could not be read."),
            }),
        }
    }
}

/// The fields of a body.
#[derive(Debug)]
pub(crate) struct Object {
    fields: Map<String, Value>,
    /// The body as it came.
    text: axum::body::Bytes,
}

impl Object {
    fn parse(headers: &HeaderMap, text: axum::body::Bytes, build: Build) -> Result<Self, Problem> {
        let mut types = headers.get_all(header::CONTENT_TYPE).iter();
        if !types.all(|value| value.to_str().is_ok_and(is_json)) {
            return Err(Problem::unsupported_media_type());
        }
        match strict::parse(&text, build)? {
            Value::Object(fields) => Ok(Self { fields, text }),
            _ => Err(Problem::bad_request("not_an_object", "The body must be a JSON object.")),
        }
    }

    /// Takes out the `userId` by which the admin names a user.
    ///
    /// # Errors
    /// 422 if it is there and is not a user's id. The user of a request is settled before anything
    /// else, so this fault comes alone.
    pub(crate) fn take_user(&mut self) -> Result<Option<UserId>, Problem> {
        let Some(value) = self.fields.remove("userId").filter(|value| !value.is_null()) else {
            return Ok(None);
        };
        let user = match &value {
            Value::String(text) => UserId::parse(text).map_err(|error| error.to_string()),
            _ => Err("must be a string".to_owned()),
        };
        user.map(Some).map_err(|message| {
            Problem::invalid_fields(vec![FieldFault { field: "userId".into(), message }])
        })
    }

    /// The value of a field; `null` is the same as leaving it out.
    pub(crate) fn get(&self, field: &str) -> Option<&Value> {
        self.fields.get(field).filter(|value| !value.is_null())
    }

    /// The text of a field as it came: numbers keep their digits.
    pub(crate) fn raw(&self, field: &str) -> Option<&str> {
        raw_fields(self.text()?)?.get(field).map(|value| value.get())
    }

    /// Reads a request of these fields.
    pub(crate) fn read<T: Request>(&self) -> Read<T> {
        Read::of(&self.fields, self.text())
    }

    /// The body as it came. JSON is text.
    pub(crate) fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.text).ok()
    }

    /// All fields.
    pub(crate) fn fields(&self) -> &Map<String, Value> {
        &self.fields
    }
}

/// `application/json` or a type built on it (`application/merge-patch+json`), whatever its
/// parameters: JSON between systems is UTF-8 (RFC 8259 section 8.1), and other text fails to parse.
fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"))
}
