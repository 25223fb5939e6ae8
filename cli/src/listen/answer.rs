//! How a request is answered: as was asked for, or as another server does.

use http_body_util::{BodyExt, Full, Limited};
use hyper::{
    Request, Response, StatusCode, Uri,
    body::Bytes,
    header::{self, HeaderMap, HeaderName},
    http::request::Parts,
};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use std::time::Duration;

/// Longest wait for the answer of whom a request is passed on to: a webhook's own limit at its most.
const LIMIT: Duration = Duration::from_secs(30);

/// Most bytes of that answer.
const ANSWER_BYTES: usize = 1024 * 1024;

/// What to answer.
#[derive(Debug)]
pub(crate) struct Answering {
    /// After this time.
    pub(crate) delay: Duration,
    /// With this status, if the request is not passed on.
    pub(crate) status: u16,
    /// Pass it on to this address and answer as it does.
    pub(crate) forward: Option<Forward>,
}

/// Where requests are passed on to.
#[derive(Debug, Clone)]
pub(crate) struct Forward {
    uri: Uri,
    client: Client<HttpConnector, Full<Bytes>>,
}

/// An answer, and what went wrong.
pub(super) struct Reply {
    pub(super) response: Response<Full<Bytes>>,
    pub(super) remark: Option<String>,
}

impl Reply {
    /// An answer that says why.
    pub(super) fn refusal(status: StatusCode, why: &str) -> Self {
        let mut response = Response::new(Full::from(format!("grapnel listen: {why}\n")));
        *response.status_mut() = status;
        Self { response, remark: Some(why.to_owned()) }
    }
}

impl Answering {
    /// Answers a request.
    pub(super) async fn reply(&self, head: &Parts, body: Bytes) -> Reply {
        tokio::time::sleep(self.delay).await;
        let Some(forward) = &self.forward else {
            let mut response = Response::new(Full::default());
            *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or_default();
            return Reply { response, remark: None };
        };
        match tokio::time::timeout(LIMIT, forward.pass_on(head, body)).await {
            Ok(Ok(response)) => Reply { response, remark: None },
            Ok(Err(why)) => Reply::refusal(StatusCode::BAD_GATEWAY, &why),
            Err(_) => Reply::refusal(StatusCode::GATEWAY_TIMEOUT, "no answer within 30 s"),
        }
    }
}

impl Forward {
    /// Reads an address as it is given to an option.
    ///
    /// # Errors
    /// When it is none.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let expected = || "expected an address such as http://127.0.0.1:3000/hook".to_owned();
        let uri: Uri = text.parse().map_err(|_| expected())?;
        if uri.scheme_str() != Some("http") || uri.host().is_none_or(str::is_empty) {
            return Err(expected());
        }
        Ok(Self { uri, client: Client::builder(TokioExecutor::new()).build_http() })
    }

    async fn pass_on(&self, head: &Parts, body: Bytes) -> Result<Response<Full<Bytes>>, String> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = head.method.clone();
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = end_to_end(&head.headers);
        let unanswered = |error: &dyn std::error::Error| {
            let mut inner = error;
            while let Some(source) = inner.source() {
                inner = source;
            }
            format!("{} does not answer: {inner}", self.uri)
        };
        let response = self.client.request(request).await.map_err(|error| unanswered(&error))?;
        let (parts, body) = response.into_parts();
        let body = Limited::new(body, ANSWER_BYTES).collect().await;
        let body = body.map_err(|error| unanswered(error.as_ref()))?.to_bytes();
        let mut answer = Response::new(Full::new(body));
        *answer.status_mut() = parts.status;
        *answer.headers_mut() = end_to_end(&parts.headers);
        Ok(answer)
    }
}

/// The headers that are not about the connection (RFC 9110 section 7.6.1), nor made anew on the next.
fn end_to_end(headers: &HeaderMap) -> HeaderMap {
    let named = headers.get_all(header::CONNECTION).iter().filter_map(|value| value.to_str().ok());
    let named: Vec<HeaderName> =
        named.flat_map(|value| value.split(',')).filter_map(|it| it.trim().parse().ok()).collect();
    let of_connection = |name: &HeaderName| {
        const OWN: [HeaderName; 8] = [
            header::CONNECTION,
            header::HOST,
            header::CONTENT_LENGTH,
            header::TE,
            header::TRAILER,
            header::TRANSFER_ENCODING,
            header::UPGRADE,
            HeaderName::from_static("keep-alive"),
        ];
        OWN.contains(name) || named.contains(name)
    };
    let kept = headers.iter().filter(|(name, _)| !of_connection(name));
    kept.map(|(name, value)| (name.clone(), value.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn only_what_is_about_the_request_is_passed_on() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "close, X-Hop"),
            ("x-hop", "1"),
            ("host", "a"),
            ("content-length", "2"),
            ("webhook-id", "evt_1"),
        ] {
            headers.insert(name, value.parse().expect("a header value"));
        }
        let kept = end_to_end(&headers);
        assert_eq!(kept.keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["webhook-id"]);
    }

    #[rstest]
    fn what_is_no_address_is_refused(
        #[values("", "127.0.0.1:3000", "/hook", "https://127.0.0.1", "ftp://a", "http://")]
        text: &str,
    ) {
        assert!(Forward::parse(text).is_err());
    }
}
