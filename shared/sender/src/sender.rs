//! Sends one request and returns its outcome.

use std::sync::Arc;

use grapnel_domain::{
    address,
    outbound::{CAPTURE_LIMIT_BYTES, OutboundRequest, SendOutcome, Sent},
    ports::SendRequests,
    url_policy::UrlPolicy,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use rustls::RootCertStore;
use tokio::time::Instant;

use crate::{
    client,
    client::{Client, SenderError},
    dns::{LookUp, SystemNames},
    exchange::{Exchanged, Outgoing, deadline_after},
    failure,
    guard::{Guard, Refusal},
    response_body,
};

/// What a deployment allows its sender to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SenderConfig {
    /// Also send to `http` URLs. For local use.
    pub allow_http: bool,
    /// Also send to private and local addresses, and read the hosts file. For local use: on Lambda
    /// the runtime's own API listens on `127.0.0.1`.
    pub allow_private: bool,
}

/// Sends requests to receivers. The [crate] describes its guards.
///
/// Can be shared by reference; one instance serves any number of concurrent requests.
#[derive(Debug)]
pub struct Sender {
    pub(crate) client: Client,
    pub(crate) policy: UrlPolicy,
}

/// The parts that tests replace.
pub(crate) struct Parts {
    pub(crate) names: Arc<dyn LookUp>,
    pub(crate) refusal: Refusal,
    pub(crate) roots: RootCertStore,
}

impl Sender {
    /// Makes a sender that trusts the system's certificate authorities and uses the system's name
    /// servers. Reads both once and sends nothing.
    ///
    /// # Errors
    ///
    /// [`SenderError`] if the HTTP client cannot be set up, or if the system has no certificate
    /// authorities and `http` is not allowed either, so that no request could succeed.
    pub fn new(config: SenderConfig) -> Result<Self, SenderError> {
        let refusal: Refusal = if config.allow_private { |_| None } else { address::refusal };
        let parts = Parts {
            names: Arc::new(SystemNames::new(config.allow_private)),
            refusal,
            roots: client::system_roots(config.allow_http)?,
        };
        Self::with_parts(config, parts)
    }

    pub(crate) fn with_parts(config: SenderConfig, parts: Parts) -> Result<Self, SenderError> {
        let guard = Guard::new(parts.names, parts.refusal);
        Ok(Self {
            client: Client::new(guard, parts.roots)?,
            policy: UrlPolicy {
                allow_http: config.allow_http,
                allow_private: config.allow_private,
            },
        })
    }

    async fn carry_out(&self, request: OutboundRequest, deadline: Instant) -> SendOutcome {
        let time = request.timeout;
        if let Err(faults) = self.policy.check_again(&request.url) {
            return failed(format!("the webhook's URL {}", faults.join("; it ")));
        }
        let headers = match headers(request.headers) {
            Ok(headers) => headers,
            Err(error) => return failed(error),
        };
        let outgoing = Outgoing {
            method: Method::POST,
            url: request.url.into(),
            headers,
            body: request.body,
            deadline,
            body_limit_bytes: CAPTURE_LIMIT_BYTES,
            keep_for: Some(request.user_id),
        };
        let Exchanged { response, connection, peer, body } =
            match self.client.exchange(outgoing).await {
                Ok(exchanged) => exchanged,
                Err(error) => return failure::outcome(&error, time),
            };
        let read = response_body::answer(response, deadline).await;
        if read.to_its_end {
            self.client.keep(connection, peer, &body);
        }
        SendOutcome::Answered(read.answer)
    }
}

impl SendRequests for Sender {
    async fn send(&self, request: OutboundRequest) -> Sent {
        let started = Instant::now();
        let deadline = deadline_after(request.timeout);
        let outcome = self.carry_out(request, deadline).await;
        Sent { outcome, duration: started.elapsed() }
    }
}

fn headers(written: Vec<(String, String)>) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::with_capacity(written.len());
    for (name, value) in written {
        let name = HeaderName::try_from(name)
            .map_err(|_| "one of the webhook's headers has a name that cannot be sent")?;
        let value = HeaderValue::try_from(value)
            .map_err(|_| format!("the header {name} has a value that cannot be sent"))?;
        headers.append(name, value);
    }
    Ok(headers)
}

fn failed(error: String) -> SendOutcome {
    SendOutcome::Failed { error }
}
