//! A request that is ready to be sent, and its answer.

use crate::{Client, Error, Problem, retries};
use reqwest::{
    Method,
    header::{self, HeaderMap, HeaderName, HeaderValue},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use std::{future::IntoFuture, marker::PhantomData, pin::Pin};

/// Longest part of a foreign answer that an error shows.
const SHOWN_CHARS: usize = 200;

/// A request to the API whose answer is a `T`. Await it, or ask for its [`Answer`] as it came.
#[derive(Debug)]
#[must_use = "a call is sent when it is awaited"]
pub struct Call<T> {
    client: Client,
    request: Result<Request, Error>,
    answer: PhantomData<fn() -> T>,
}

/// A request as it will be sent.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// With its query, if it came with one.
    pub(crate) path: String,
    pub(crate) query: Vec<(&'static str, String)>,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: Option<Vec<u8>>,
}

/// An answer with what names its version.
#[derive(Debug, Clone)]
pub struct Tagged<T> {
    /// What was answered.
    pub value: T,
    /// Its version (`ETag`), for [`Call::if_match`]; `None` where the API names none.
    pub tag: Option<HeaderValue>,
}

/// An answer, whatever its status.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub text: String,
    /// How often the request was sent, 1 or more.
    pub tries: u32,
}

impl Request {
    /// Method and address, for errors.
    pub(crate) fn name(&self, base: &str) -> String {
        format!("{} {base}{}", self.method, self.path)
    }
}

impl<T> Call<T> {
    pub(crate) fn new(client: Client, method: Method, path: Result<String, Error>) -> Self {
        let request = path.map(|path| Request {
            method,
            path,
            query: Vec::new(),
            headers: Vec::new(),
            body: None,
        });
        Self { client, request, answer: PhantomData }
    }

    fn edit(mut self, edit: impl FnOnce(&mut Request) -> Result<(), Error>) -> Self {
        self.request = self.request.and_then(|mut request| edit(&mut request).map(|()| request));
        self
    }

    /// With this in its query, if there is something.
    pub(crate) fn query(self, name: &'static str, value: Option<impl ToString>) -> Self {
        let pair = value.map(|value| (name, value.to_string()));
        self.edit(|request| {
            request.query.extend(pair);
            Ok(())
        })
    }

    /// With this JSON as its body.
    pub fn json(self, body: &impl Serialize) -> Self {
        let body = serde_json::to_vec(body).map_err(Error::Unwritable);
        let called = HeaderValue::from_static("application/json");
        self.edit(|request| {
            request.body = Some(body?);
            request.headers.push((header::CONTENT_TYPE, called));
            Ok(())
        })
    }

    /// With these bytes as its body.
    pub fn bytes(self, body: Vec<u8>) -> Self {
        self.edit(|request| {
            request.body = Some(body);
            Ok(())
        })
    }

    /// With this header.
    pub fn header(self, name: HeaderName, value: HeaderValue) -> Self {
        self.edit(|request| {
            request.headers.push((name, value));
            Ok(())
        })
    }

    /// Only if the thing is still what it was when this [tag](Tagged::tag) was read; refused with 412
    /// otherwise.
    pub fn if_match(self, tag: &HeaderValue) -> Self {
        self.header(header::IF_MATCH, tag.clone())
    }

    /// The same request, answered with the API's JSON as it came.
    pub fn raw(self) -> Call<Box<RawValue>> {
        Call { client: self.client, request: self.request, answer: PhantomData }
    }

    /// Sends it and answers what came back, whatever its status.
    ///
    /// # Errors
    /// If nothing did.
    pub async fn answer(self) -> Result<Answer, Error> {
        self.client.exchange(&self.request?).await
    }
}

impl<T: DeserializeOwned> Call<T> {
    /// Sends it. Awaiting the call does the same.
    ///
    /// # Errors
    /// If it is refused, nothing came back, or something that is not Grapnel's.
    pub async fn send(self) -> Result<T, Error> {
        self.tagged().await.map(|answer| answer.value)
    }

    /// Sends it, and keeps what names the version of the answer.
    ///
    /// # Errors
    /// As [`Call::send`].
    pub async fn tagged(self) -> Result<Tagged<T>, Error> {
        let request = self.request?;
        let answer = self.client.exchange(&request).await?;
        // The answer to an earlier try was lost, and that try has deleted it.
        let is_gone = request.method == Method::DELETE && answer.status == 404 && answer.tries > 1;
        let read = if is_gone { parse("") } else { answer.read() };
        let value = read.map_err(|refusal| {
            refusal.unwrap_or_else(|| answer.foreign(request.name(self.client.url())))
        })?;
        Ok(Tagged { value, tag: answer.headers.get(header::ETAG).cloned() })
    }
}

impl<T: DeserializeOwned + Send + 'static> IntoFuture for Call<T> {
    type Output = Result<T, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

impl Answer {
    /// The problem in the answer, if it is one.
    #[must_use]
    pub fn problem(&self) -> Option<Problem> {
        let problem = serde_json::from_str(&self.text).ok()?;
        Some(Problem { retry_after: retries::retry_after(self), ..problem })
    }

    /// What it holds; what it refuses; or neither, if Grapnel would not answer so.
    fn read<T: DeserializeOwned>(&self) -> Result<T, Option<Error>> {
        if (200..300).contains(&self.status) {
            return parse(&self.text);
        }
        Err(self.problem().map(|problem| Error::Refused(Box::new(problem))))
    }

    fn foreign(&self, what: String) -> Error {
        let shown = match self.text.trim() {
            "" => "nothing".to_owned(),
            text => text.chars().take(SHOWN_CHARS).collect(),
        };
        Error::NotGrapnel { what, status: self.status, shown }
    }
}

/// Reads JSON; an empty body stands for `null`.
fn parse<T: DeserializeOwned>(text: &str) -> Result<T, Option<Error>> {
    let text = if text.is_empty() { "null" } else { text };
    serde_json::from_str(text).map_err(|_| None)
}

/// The path with these segments. Ids are put into it as they are, so one that would change its
/// meaning is refused.
pub(crate) fn path(segments: &[&str]) -> Result<String, Error> {
    let mut path = String::new();
    for segment in segments {
        let plain = segment.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.~".contains(&b));
        if !plain || matches!(*segment, "" | "." | "..") {
            return Err(Error::InvalidId((*segment).to_owned()));
        }
        path.push('/');
        path.push_str(segment);
    }
    Ok(path)
}

#[cfg(test)]
#[path = "call_tests.rs"]
mod tests;
