//! Passing requests on to another server, and its answers back.
//!
//! An answer goes back as it comes: its status as soon as it is there, since that decides the
//! attempt, whatever becomes of the body.

use crate::{failure::Failure, settings::shown};
use grapnel_client::tls;
use grapnel_domain::outbound::CAPTURE_LIMIT_BYTES;
use http_body_util::{BodyExt, Full, combinators::BoxBody};
use hyper::{
    Request, Response, Uri,
    body::{Body, Bytes, Frame, Incoming, SizeHint},
    header::{self, HeaderMap, HeaderName},
    http::request::Parts,
};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use std::{
    path::Path,
    pin::Pin,
    task::{Context, Poll},
};
use tokio::sync::oneshot;

/// An answer whose body may come from elsewhere.
pub(super) type Answer = Response<BoxBody<Bytes, hyper::Error>>;

/// An address as it is given to an option.
#[derive(Debug, Clone)]
pub(crate) struct Target(Uri);

impl Target {
    /// Reads it.
    ///
    /// # Errors
    /// When it is none.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let expected = || "expected an address such as http://127.0.0.1:3000/hook".to_owned();
        let uri: Uri = text.parse().map_err(|_| expected())?;
        let is_http = matches!(uri.scheme_str(), Some("http" | "https"));
        if is_http && uri.host().is_some_and(|host| !host.is_empty()) {
            Ok(Self(uri))
        } else {
            Err(expected())
        }
    }

    fn is_https(&self) -> bool {
        self.0.scheme_str() == Some("https")
    }
}

/// Where requests are passed on to.
#[derive(Debug, Clone)]
pub(crate) struct Forward {
    target: Target,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

impl Forward {
    /// Passes on to `target`. Behind `https` its certificate must be of an authority that the system
    /// trusts, or of one in the file `authorities` (PEM).
    ///
    /// # Errors
    /// When there are no authorities, or the file has none.
    pub(crate) fn new(target: Target, authorities: Option<&Path>) -> Result<Self, Failure> {
        let mut roots = match target.is_https() {
            true => tls::system_roots(),
            false => RootCertStore::empty(),
        };
        if let Some(file) = authorities {
            add(&mut roots, file)?;
        }
        if target.is_https() && roots.is_empty() {
            return Err(Failure::new("no certificate authority was found on this system")
                .advise("Name a file with the one of this server by --forward-ca."));
        }
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls::config(roots)?)
            .https_or_http()
            .enable_http1()
            .build();
        Ok(Self { target, client: Client::builder(TokioExecutor::new()).build(connector) })
    }

    /// Passes a request on.
    ///
    /// # Errors
    /// Why there is no answer.
    pub(super) async fn pass_on(
        &self,
        head: &Parts,
        body: Bytes,
    ) -> Result<(Answer, Passed), String> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = head.method.clone();
        *request.uri_mut() = self.target.0.clone();
        *request.headers_mut() = end_to_end(&head.headers);
        let response = self.client.request(request).await.map_err(|error| self.failed(&error))?;
        let (parts, body) = response.into_parts();
        let (ended, end) = oneshot::channel();
        let body = Counted { body, bytes: 0, ended: Some(ended) };
        let mut answer = Response::new(body.boxed());
        *answer.status_mut() = parts.status;
        *answer.headers_mut() = end_to_end(&parts.headers);
        Ok((answer, Passed(end)))
    }

    fn failed(&self, error: &dyn std::error::Error) -> String {
        let mut inner = error;
        while let Some(source) = inner.source() {
            inner = source;
        }
        let failed = format!("{} does not answer: {inner}", self.target.0);
        match self.target.is_https() && failed.contains("certificate") {
            true => format!("{failed} (--forward-ca names a file with its authority)"),
            false => failed,
        }
    }
}

/// Adds the certificates of a file.
fn add(roots: &mut RootCertStore, file: &Path) -> Result<(), Failure> {
    let failed = |what: String| Failure::new(format!("{}: {what}", shown(file)));
    let found = CertificateDer::pem_file_iter(file).map_err(|error| failed(error.to_string()))?;
    let before = roots.len();
    for certificate in found {
        let certificate = certificate.map_err(|error| failed(error.to_string()))?;
        roots.add(certificate).map_err(|error| failed(error.to_string()))?;
    }
    match roots.len() > before {
        true => Ok(()),
        false => Err(failed("there is no certificate in it, as PEM".to_owned())),
    }
}

/// The fate of a body that is on its way back.
pub(super) struct Passed(oneshot::Receiver<usize>);

impl Passed {
    /// Waits until nobody reads it any more, and answers what is to be said of it.
    pub(super) async fn remark(self) -> Option<String> {
        let bytes = self.0.await.ok()?;
        (bytes > CAPTURE_LIMIT_BYTES).then(|| {
            format!("the answer is longer than the {CAPTURE_LIMIT_BYTES} bytes that are kept of it")
        })
    }
}

/// A body whose bytes are counted until its end, or until it is dropped.
struct Counted {
    body: Incoming,
    bytes: usize,
    ended: Option<oneshot::Sender<usize>>,
}

impl Body for Counted {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &polled {
            self.bytes += frame.data_ref().map_or(0, Bytes::len);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        if let Some(ended) = self.ended.take() {
            // Nobody asks any more at the end of the program.
            let _ = ended.send(self.bytes);
        }
    }
}

/// The headers that are not about the connection (RFC 9110 section 7.6.1), and are not set again on the next.
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
        #[values("", "127.0.0.1:3000", "/hook", "https://", "ftp://a", "http://")] text: &str,
    ) {
        assert!(Target::parse(text).is_err());
    }
}
