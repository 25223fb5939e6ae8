//! A client of a JSON API over one connection that is kept.

use anyhow::{Result, ensure};
use http::{Method, Request, header};
use http_body_util::{BodyExt, Full};
use hyper::{
    body::Bytes,
    client::conn::http1::{SendRequest, handshake},
};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::net::SocketAddr;
use tokio::net::TcpStream;

pub(crate) struct Client {
    connection: SendRequest<Full<Bytes>>,
    host: String,
    authorization: String,
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr, token: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (requests, connection) = handshake(TokioIo::new(stream)).await?;
        // Its end is an error of the next request.
        tokio::spawn(connection);
        Ok(Self {
            connection: requests,
            host: address.to_string(),
            authorization: format!("Bearer {token}"),
        })
    }

    /// Sends a request, and returns its answer.
    ///
    /// # Errors
    /// If there is none, or it is no success.
    pub(crate) async fn post(&mut self, path: &str, body: &Value) -> Result<Value> {
        self.connection.ready().await?;
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(header::HOST, &self.host)
            .header(header::AUTHORIZATION, &self.authorization)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(body.to_string())))?;
        let response = self.connection.send_request(request).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        ensure!(status.is_success(), "POST {path}: {status} {}", String::from_utf8_lossy(&body));
        Ok(serde_json::from_slice(&body)?)
    }
}
