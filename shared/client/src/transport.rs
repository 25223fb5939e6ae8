//! How a request is carried out.

use crate::{Answer, Error, retries};
use reqwest::{
    Method, Url,
    header::{self, HeaderName, HeaderValue},
};

/// Most bytes of an answer. Lambda's own limit is 6 MB.
const ANSWER_BYTES: usize = 8 * 1024 * 1024;

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

impl Request {
    /// Method and address, for errors.
    pub(crate) fn name(&self, base: &str) -> String {
        format!("{} {base}{}", self.method, self.path)
    }
}

/// Where the API is, who calls, and how often a request is sent. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Transport {
    pub(crate) http: reqwest::Client,
    pub(crate) base: String,
    pub(crate) authorization: Option<HeaderValue>,
    pub(crate) user: Option<String>,
    pub(crate) tries: u32,
}

impl Transport {
    /// Carries a request out, again where that is allowed.
    pub(crate) async fn exchange(&self, request: &Request) -> Result<Answer, Error> {
        let url = self.url_of(request)?;
        let mut tries = 0;
        loop {
            tries += 1;
            let answer = self.try_once(url.clone(), request, tries).await;
            let seen = match &answer {
                Ok(answer) => Some(answer),
                Err(Error::NoAnswer { .. }) => None,
                Err(_) => return answer,
            };
            match retries::pause(&request.method, tries, self.tries, seen) {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return answer,
            }
        }
    }

    fn url_of(&self, request: &Request) -> Result<Url, Error> {
        let text = format!("{}{}", self.base, request.path);
        let mut url = Url::parse(&text)
            .map_err(|error| Error::InvalidUrl { url: text, reason: error.to_string() })?;
        let user = self.user.as_deref().map(|user| ("userId", user));
        let query = request.query.iter().map(|(name, value)| (*name, value.as_str()));
        let mut pairs = query.chain(user).peekable();
        if pairs.peek().is_some() {
            url.query_pairs_mut().extend_pairs(pairs);
        }
        Ok(url)
    }

    async fn try_once(&self, url: Url, request: &Request, tries: u32) -> Result<Answer, Error> {
        let mut sent = self.http.request(request.method.clone(), url);
        if let Some(authorization) = &self.authorization {
            sent = sent.header(header::AUTHORIZATION, authorization);
        }
        for (name, value) in &request.headers {
            sent = sent.header(name, value);
        }
        if let Some(body) = &request.body {
            sent = sent.body(body.clone());
        }
        let lost = |source: reqwest::Error| Error::NoAnswer {
            what: request.name(&self.base),
            // It is named already, without a query that may hold a user's id.
            source: source.without_url(),
        };
        let mut response = sent.send().await.map_err(lost)?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(lost)? {
            if body.len() + chunk.len() > ANSWER_BYTES {
                let shown = format!("over {ANSWER_BYTES} bytes");
                return Err(Error::NotGrapnel { what: request.name(&self.base), status, shown });
            }
            body.extend_from_slice(&chunk);
        }
        let text = String::from_utf8(body).map_err(|_| Error::NotGrapnel {
            what: request.name(&self.base),
            status,
            shown: "bytes that are no text".to_owned(),
        })?;
        Ok(Answer { status, headers, text, tries })
    }
}
