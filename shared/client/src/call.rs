//! A request that is ready to be sent.

use crate::{
    Error,
    answer::{Answer, Tagged, parse},
    transport::{Request, Transport},
};
use reqwest::{
    Method,
    header::{self, HeaderName, HeaderValue},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use std::{future::IntoFuture, marker::PhantomData, pin::Pin};

/// A request to the API whose answer is a `T`. Await it, or ask for its [`Answer`] as it came.
#[derive(Debug)]
#[must_use = "a call is sent when it is awaited"]
pub struct Call<T> {
    transport: Transport,
    request: Result<Request, Error>,
    answer: PhantomData<fn() -> T>,
}

impl<T> Call<T> {
    pub(crate) fn new(transport: Transport, method: Method, path: Result<String, Error>) -> Self {
        let request = path.map(|path| Request {
            method,
            path,
            query: Vec::new(),
            headers: Vec::new(),
            body: None,
        });
        Self { transport, request, answer: PhantomData }
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
        Call { transport: self.transport, request: self.request, answer: PhantomData }
    }

    /// Sends it and answers what came back, whatever its status.
    ///
    /// # Errors
    /// If nothing did.
    pub async fn answer(self) -> Result<Answer, Error> {
        self.transport.exchange(&self.request?).await
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
        let answer = self.transport.exchange(&request).await?;
        // The answer to an earlier try was lost, and that try has deleted it.
        let is_gone = request.method == Method::DELETE && answer.status == 404 && answer.tries > 1;
        let read = if is_gone { parse("") } else { answer.read() };
        let value = read.map_err(|refusal| {
            refusal.unwrap_or_else(|| answer.foreign(request.name(&self.transport.base)))
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
