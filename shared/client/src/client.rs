//! The client: where the API is, and who calls.

use crate::{Error, call::Call, retries, tls, transport::Transport};
use reqwest::{Method, Url, header::HeaderValue, redirect};
use serde::Serialize;
use serde_json::value::RawValue;
use std::{net::Ipv4Addr, time::Duration};

/// Longest wait for a connection.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// Longest wait for an answer, unless told otherwise: the API's own limit is 29 s.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// How long a connection is kept that nobody uses. Servers close one after a minute or so, and a
/// request that is sent at that very moment is lost; a lost `POST` is not repeated. So it is the
/// client that closes first, by a wide margin.
const IDLE_LIMIT: Duration = Duration::from_secs(20);

/// A client of one deployment's API. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Client {
    transport: Transport,
}

/// What a [`Client`] is made of.
#[derive(Debug, Clone)]
#[must_use]
pub struct Builder {
    url: String,
    key: Option<Key>,
    user: Option<String>,
    tries: u32,
    time_limit: Duration,
}

/// A key that `Debug` does not show.
#[derive(Clone)]
struct Key(String);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

impl Builder {
    /// With this API key.
    pub fn key(self, key: impl Into<String>) -> Self {
        Self { key: Some(Key(key.into())), ..self }
    }

    /// For this user, which the admin key has to name.
    pub fn user(self, user: impl Into<String>) -> Self {
        Self { user: Some(user.into()), ..self }
    }

    /// With this many tries of a request that may be repeated, the first included; 3 otherwise.
    pub fn tries(self, tries: u32) -> Self {
        Self { tries, ..self }
    }

    /// With this time for each try; 60 s otherwise.
    pub fn time_limit(self, time_limit: Duration) -> Self {
        Self { time_limit, ..self }
    }

    /// The client.
    ///
    /// # Errors
    /// If the URL or the key cannot be one, or TLS cannot be set up.
    pub fn build(self) -> Result<Client, Error> {
        let url = parse(&self.url)?;
        let host = url.host_str().unwrap_or_default();
        let mut http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls::of_api(url.scheme() == "https")?)
            .connect_timeout(CONNECT_LIMIT)
            .timeout(self.time_limit)
            .pool_idle_timeout(IDLE_LIMIT)
            // A key must go nowhere but where its owner sent it.
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .user_agent(concat!("grapnel-client/", env!("CARGO_PKG_VERSION")));
        if is_local(host) {
            http = http.no_proxy();
        }
        if host.ends_with(".localhost") {
            // Not every resolver knows these names; RFC 6761 section 6.3 leaves it to them.
            let port = url.port_or_known_default().unwrap_or(80);
            http = http.resolve(host, (Ipv4Addr::LOCALHOST, port).into());
        }
        let transport = Transport {
            http: http.build().map_err(|error| Error::Setup(Box::new(error)))?,
            base: self.url.trim_end_matches('/').to_owned(),
            authorization: None,
            user: self.user,
            tries: self.tries,
        };
        let client = Client { transport };
        match self.key {
            Some(key) => client.with_key(&key.0),
            None => Ok(client),
        }
    }
}

/// Whether a host is this machine by its name alone.
fn is_local(host: &str) -> bool {
    host == "localhost"
        || host.ends_with(".localhost")
        || host.trim_matches(['[', ']']).parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
}

fn parse(text: &str) -> Result<Url, Error> {
    let invalid = |reason: &str| Error::InvalidUrl { url: text.into(), reason: reason.into() };
    let url = Url::parse(text).map_err(|error| invalid(&error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        Err(invalid("it must begin with https:// or http://"))
    } else if url.query().is_some() || url.fragment().is_some() {
        Err(invalid("it must have no query and no fragment"))
    } else {
        Ok(url)
    }
}

impl Client {
    /// A client of the API at this address, the template's output `ApiUrl`.
    pub fn builder(url: impl Into<String>) -> Builder {
        Builder {
            url: url.into(),
            key: None,
            user: None,
            tries: retries::TRIES,
            time_limit: TIME_LIMIT,
        }
    }

    /// The same client with another key.
    ///
    /// # Errors
    /// [`Error::InvalidKey`].
    pub fn with_key(&self, key: &str) -> Result<Self, Error> {
        let mut value =
            HeaderValue::from_str(&format!("Bearer {key}")).map_err(|_| Error::InvalidKey)?;
        value.set_sensitive(true);
        Ok(self.with_authorization(Some(value)))
    }

    /// The same client with this `Authorization` header, or none.
    #[must_use]
    pub fn with_authorization(&self, authorization: Option<HeaderValue>) -> Self {
        Self { transport: Transport { authorization, ..self.transport.clone() } }
    }

    /// The same client for this user, which the admin key has to name.
    #[must_use]
    pub fn for_user(&self, user: &str) -> Self {
        let user = Some(user.to_owned());
        Self { transport: Transport { user, ..self.transport.clone() } }
    }

    /// The address that it was built with.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.transport.base
    }

    /// Any request: `path` with its query, as it is to be sent. For what this crate has no method
    /// for.
    pub fn request(&self, method: Method, path: impl Into<String>) -> Call<Box<RawValue>> {
        self.call(method, Ok(path.into()))
    }

    /// A request that is still to get its query or body.
    pub(crate) fn call<T>(&self, method: Method, path: Result<String, Error>) -> Call<T> {
        Call::new(self.transport.clone(), method, path)
    }

    /// A request with a JSON body.
    pub(crate) fn call_with<T>(
        &self,
        method: Method,
        path: Result<String, Error>,
        body: &impl Serialize,
    ) -> Call<T> {
        self.call(method, path).json(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    fn what_is_no_address_of_an_api_is_refused(
        #[values("", "example.com", "ftp://example.com", "https://example.com/?a=1", "https://")]
        url: &str,
    ) {
        let error = Client::builder(url).build().expect_err("refused");
        assert!(matches!(error, Error::InvalidUrl { .. }), "{error}");
    }

    #[test]
    fn a_key_is_checked_and_never_shown() {
        let builder = Client::builder("http://127.0.0.1:1");
        let error = builder.clone().key("gk_\n").build().expect_err("refused");
        assert!(matches!(error, Error::InvalidKey));
        let builder = builder.key("gk_hidden");
        assert!(!format!("{builder:?}").contains("hidden"));
        assert!(!format!("{:?}", builder.build().expect("built")).contains("hidden"));
    }

    #[test]
    fn this_machine_is_known_by_its_names() {
        for host in ["localhost", "a.localhost", "127.0.0.1", "127.9.9.9", "[::1]"] {
            assert!(is_local(host), "{host}");
        }
        for host in ["example.com", "10.0.0.1", "localhost.example.com"] {
            assert!(!is_local(host), "{host}");
        }
    }
}
