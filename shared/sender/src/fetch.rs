//! Reads a document over HTTP, with the same guards as a delivery.

use crate::{
    Sender,
    exchange::{Exchanged, Outgoing, deadline_after, next_chunk},
    failure,
};
use grapnel_domain::outbound::SendOutcome;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use hyper::body::Incoming;
use std::time::Duration;
use tokio::time::timeout_at;

/// The limits of reading a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchLimits {
    /// Time from the start of name resolution to the last byte.
    pub timeout: Duration,
    /// Maximum size of the body.
    pub max_bytes: usize,
}

impl Sender {
    /// Reads the JSON document at `url` by `GET`, with the address guard and without redirects.
    ///
    /// # Errors
    /// A sentence for the person who operates the deployment: the URL is not allowed, the server
    /// did not answer 200 in time, or its answer is too long.
    pub async fn fetch(&self, url: &str, limits: FetchLimits) -> Result<Vec<u8>, String> {
        let deadline = deadline_after(limits.timeout);
        let url = self
            .policy
            .check(url)
            .map_err(|faults| format!("the document's URL {}", faults.join("; it ")))?;
        let json = HeaderValue::from_static("application/json");
        let outgoing = Outgoing {
            method: Method::GET,
            url: url.into(),
            headers: HeaderMap::from_iter([(header::ACCEPT, json)]),
            body: Vec::new(),
            deadline,
            body_limit_bytes: limits.max_bytes,
            keep_for: None,
        };
        let exchange = self.client.exchange(outgoing).await;
        let exchanged =
            exchange.map_err(|error| sentence(failure::outcome(&error, limits.timeout)))?;
        // The connection lives until the document is read.
        let Exchanged { response, connection: _connection, .. } = exchanged;
        if response.status() != StatusCode::OK {
            return Err(format!("the answer is {}, not 200", response.status().as_u16()));
        }
        match timeout_at(deadline, whole(response, limits.max_bytes)).await {
            Ok(read) => read,
            Err(_) => Err("the document did not arrive in time".to_owned()),
        }
    }
}

async fn whole(response: Response<Incoming>, most: usize) -> Result<Vec<u8>, String> {
    let mut body = response.into_body();
    let mut bytes = Vec::new();
    loop {
        match next_chunk(&mut body).await {
            Ok(Some(chunk)) if bytes.len() + chunk.len() > most => {
                return Err(format!("the document is over {most} bytes"));
            }
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Ok(None) => return Ok(bytes),
            Err(_) => return Err("the document broke off".to_owned()),
        }
    }
}

fn sentence(outcome: SendOutcome) -> String {
    match outcome {
        SendOutcome::Failed { error }
        | SendOutcome::ConnectionLost { error }
        | SendOutcome::NotSent { error }
        | SendOutcome::ResolverUnavailable { error } => error,
        SendOutcome::Answered(answer) => format!("the answer is {}", answer.status),
    }
}
