//! Every error answer, as RFC 9457 `application/problem+json`:
//! `{"type","title","status","code","detail","errors"?: [{"field","message"}]}`.
//!
//! `type` is always `about:blank`: the status says the class, as `title` does in words, and what a
//! program may act on is `code`. A code never changes its meaning. `detail` is a sentence for a
//! person and may change. The caller never sees an inner error: its text is kept beside the answer,
//! as [`Cause`], for the one log line of the request.

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use grapnel_domain::{
    fault::FieldFault, ports::PortError, quota::Quota, scope::Scope, token::Refusal,
    webhook::BrokenRule,
};
use grapnel_wire::problem as wire;
use std::{borrow::Cow, collections::HashSet, time::Duration};

/// Seconds after which a caller may try again when we could not answer.
const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("2");

/// The same for an echo that fails on purpose: the shortest delay that a webhook can have, so that the
/// retries that a check watches keep their schedule.
const ECHO_RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("1");

/// Most faults that an answer names. A body of a megabyte has room for a hundred thousand, and an answer
/// of all of them would be too long for the function to give.
const MAX_NAMED: usize = 1000;

/// An error answer. Boxed, since it travels in every `Result`.
#[derive(Debug)]
pub(crate) struct Problem(Box<Parts>);

#[derive(Debug)]
struct Parts {
    status: StatusCode,
    code: &'static str,
    detail: Cow<'static, str>,
    errors: Vec<FieldFault>,
    header: Option<(HeaderName, HeaderValue)>,
    cause: Option<String>,
}

/// Why an answer is a 5xx, or a token refused. Travels as an extension of the response, never in it.
#[derive(Debug, Clone)]
pub(crate) struct Cause(pub(crate) String);

impl Problem {
    fn new(status: StatusCode, code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Parts {
            status,
            code,
            detail: detail.into(),
            errors: Vec::new(),
            header: None,
            cause: None,
        }))
    }

    fn with_errors(mut self, errors: Vec<FieldFault>) -> Self {
        self.0.errors = errors;
        self
    }

    fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.header = Some((name, value));
        self
    }

    /// 503: the service is busy or cut off, for a `cause` for the log.
    pub(crate) fn unavailable(cause: impl Into<String>) -> Self {
        let detail = "The service is busy or cannot reach its data. Try again shortly; the request may have taken effect.";
        let status = StatusCode::SERVICE_UNAVAILABLE;
        let mut problem = Self::new(status, "temporarily_unavailable", detail)
            .with_header(header::RETRY_AFTER, RETRY_AFTER_SECONDS);
        problem.0.cause = Some(cause.into());
        problem
    }

    /// 400 for a body or a query that cannot be read.
    pub(crate) fn bad_request(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// 400: query parameters are at fault, each named.
    pub(crate) fn invalid_query(errors: Vec<FieldFault>) -> Self {
        Self::bad_request("invalid_query", "The query string is not valid.").with_errors(errors)
    }

    /// 401, the same for every reason: it must not help to guess a key.
    pub(crate) fn unauthorized() -> Self {
        let detail = "Send `Authorization: Bearer <key>` with a valid API key or token.";
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
            .with_header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
    }

    /// The same 401 for a token. Why it is not believed is for the log alone.
    pub(crate) fn refused_token(why: &Refusal) -> Self {
        let mut problem = Self::unauthorized();
        problem.0.cause = Some(format!("a token was refused: {why}"));
        problem
    }

    /// 403: the key is valid and has too little scope.
    pub(crate) fn missing_scope(scope: Scope) -> Self {
        let detail = format!("This key lacks the scope `{scope}`.");
        Self::new(StatusCode::FORBIDDEN, "missing_scope", detail)
    }

    /// 403: a user's key names another user.
    pub(crate) fn foreign_user() -> Self {
        let detail = "This key acts for its own user only, and `userId` names another.";
        Self::new(StatusCode::FORBIDDEN, "foreign_user", detail)
    }

    /// 403: only an admin may do this.
    pub(crate) fn admin_required() -> Self {
        Self::new(StatusCode::FORBIDDEN, "admin_required", "Only an admin key may do this.")
    }

    /// 403, the same whether a portal link was opened before, has expired, or never was.
    pub(crate) fn link_not_valid() -> Self {
        let detail =
            "This portal link was used, has expired, or does not exist. Ask for a new one.";
        Self::new(StatusCode::FORBIDDEN, "link_not_valid", detail)
    }

    /// 404, the same whether a thing is another user's, never was, or could not be: an id must not
    /// tell.
    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "There is no such resource.")
    }

    /// 404: no such path.
    pub(crate) fn unknown_route() -> Self {
        Self::new(StatusCode::NOT_FOUND, "unknown_route", "The API has no such path.")
    }

    /// 405, to which the router adds `Allow`.
    pub(crate) fn method_not_allowed() -> Self {
        let detail = "This path does not support the method; `Allow` lists those it does.";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
    }

    /// 409: valid, but not in the present state.
    pub(crate) fn conflict(code: &'static str, detail: &'static str) -> Self {
        Self::new(StatusCode::CONFLICT, code, detail)
    }

    /// 409: the user has as many webhooks as this deployment allows.
    pub(crate) fn too_many_webhooks(most: usize) -> Self {
        let detail = format!("A user may have {most} webhooks. Delete one that is not needed.");
        Self::new(StatusCode::CONFLICT, "webhook_limit_reached", detail)
    }

    /// 409: events bring the ids of stored ones and differ from them, each named.
    pub(crate) fn event_conflict(errors: Vec<FieldFault>) -> Self {
        let detail = "An event has the source and the id of a stored one, and another type or other \
                      data. Nothing was published.";
        Self::new(StatusCode::CONFLICT, "event_conflict", detail).with_errors(errors)
    }

    /// 410: a signed request to an echo that has answered as many as it may.
    pub(crate) fn echo_exhausted() -> Self {
        let detail = "This echo has answered as many requests as it may. Make another one.";
        Self::new(StatusCode::GONE, "echo_exhausted", detail)
    }

    /// 503: a signed request to an echo that was told to fail its first ones.
    pub(crate) fn echo_fails_first() -> Self {
        let detail = "This echo was told to fail its first requests. Send the request again.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "echo_fails_first", detail)
            .with_header(header::RETRY_AFTER, ECHO_RETRY_AFTER_SECONDS)
    }

    /// 412: somebody else changed it since the caller read it.
    pub(crate) fn precondition_failed() -> Self {
        let detail = "The resource has changed since you read it: `If-Match` does not match its `ETag`. Read it again.";
        Self::new(StatusCode::PRECONDITION_FAILED, "changed_meanwhile", detail)
    }

    /// 413, with the limit in bytes.
    pub(crate) fn body_too_large(limit: usize) -> Self {
        let detail = format!("The body is over {limit} bytes.");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail)
    }

    /// 415, since a form is what `curl -d` sends unless told otherwise.
    pub(crate) fn unsupported_media_type() -> Self {
        let detail = "The body must be JSON: send `Content-Type: application/json`.";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail)
    }

    /// 422: fields are at fault, each named, up to [`MAX_NAMED`].
    pub(crate) fn invalid_fields(mut errors: Vec<FieldFault>) -> Self {
        let fields: HashSet<&str> = errors.iter().map(|fault| fault.field.as_str()).collect();
        let mut detail = match fields.len() {
            1 => "1 field is not valid.".to_owned(),
            count => format!("{count} fields are not valid."),
        };
        if errors.len() > MAX_NAMED {
            errors.truncate(MAX_NAMED);
            detail.push_str(" Only the first ones are listed.");
        }
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_fields", detail).with_errors(errors)
    }

    /// 429: the user asked too often. They may ask again after so long.
    pub(crate) fn too_many_requests(quota: Quota, resets_in: Duration) -> Self {
        let (most, seconds) = (quota.per_minute(), resets_in.as_secs());
        let detail = format!(
            "A user may make {most} requests a minute. Try again in {seconds} s; `RateLimit` tells how \
             many are left."
        );
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", detail)
            .with_header(header::RETRY_AFTER, HeaderValue::from(seconds))
    }

    /// 422: an idempotency key stands for another request.
    pub(crate) fn idempotency_key_reused() -> Self {
        let detail = "This `Idempotency-Key` was used with another body in the last 24 hours. Send that body again, or use another key.";
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused", detail)
    }

    /// 503 or 500: some of what was to be published is not on its queue.
    pub(crate) fn not_all_published(error: PortError) -> Self {
        let mut problem = Self::from(error);
        if problem.0.status == StatusCode::SERVICE_UNAVAILABLE {
            problem.0.detail = "Some of the events may not have been published. Send the same \
                                request again: with its `Idempotency-Key`, or with an `id` for each \
                                event, nothing is published twice."
                .into();
        }
        problem
    }

    /// 500, with a `cause` for the log: no key, payload or other text of a caller.
    pub(crate) fn internal(cause: impl Into<String>) -> Self {
        let detail = "Something went wrong on our side. It has been logged.";
        let mut problem = Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", detail);
        problem.0.cause = Some(cause.into());
        problem
    }
}

/// What its description in the contract is made of.
impl Problem {
    /// The status.
    pub(crate) fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The code.
    pub(crate) fn code(&self) -> &'static str {
        self.0.code
    }

    /// The status in words.
    pub(crate) fn title(&self) -> &'static str {
        title(self.0.status)
    }

    /// Whether it says that somebody asks too often.
    pub(crate) fn is_of_quota(&self) -> bool {
        self.0.status == StatusCode::TOO_MANY_REQUESTS
    }

    /// The name of the header that it comes with.
    pub(crate) fn header_name(&self) -> Option<&str> {
        self.0.header.as_ref().map(|(name, _)| name.as_str())
    }

    /// Its body.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::to_value(self.body()).unwrap_or_default()
    }

    fn body(&self) -> wire::Problem {
        wire::Problem {
            r#type: "about:blank".to_owned(),
            title: self.title().to_owned(),
            status: self.0.status.as_u16(),
            code: self.0.code.to_owned(),
            detail: self.0.detail.to_string(),
            errors: field_faults(&self.0.errors),
        }
    }
}

/// Faults of fields as the API answers them.
pub(crate) fn field_faults(faults: &[FieldFault]) -> Vec<wire::FieldFault> {
    let fault = |FieldFault { field, message }: &FieldFault| wire::FieldFault {
        field: field.clone(),
        message: message.clone(),
    };
    faults.iter().map(fault).collect()
}

/// The status in words, as RFC 9110 section 15 has them; the `http` crate keeps two older names.
fn title(status: StatusCode) -> &'static str {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => "Content Too Large",
        StatusCode::UNPROCESSABLE_ENTITY => "Unprocessable Content",
        _ => status.canonical_reason().unwrap_or("Error"),
    }
}

impl From<PortError> for Problem {
    fn from(error: PortError) -> Self {
        match error {
            PortError::Throttled(_) | PortError::Unavailable(_) => {
                Self::unavailable(error.to_string())
            }
            PortError::Unusable(_) => Self::internal(error.to_string()),
        }
    }
}

impl From<BrokenRule> for Problem {
    /// What a user asked for was checked before.
    fn from(broken: BrokenRule) -> Self {
        Self::internal(broken.to_string())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        // Plain strings and numbers: serialising them cannot fail.
        let text = serde_json::to_string(&self.body()).unwrap_or_default();
        let Parts { status, header, cause, .. } = *self.0;
        let content_type = [(header::CONTENT_TYPE, "application/problem+json")];
        let mut response = (status, content_type, text).into_response();
        if let Some((name, value)) = header {
            response.headers_mut().insert(name, value);
        }
        if let Some(cause) = cause {
            response.extensions_mut().insert(Cause(cause));
        }
        response
    }
}
