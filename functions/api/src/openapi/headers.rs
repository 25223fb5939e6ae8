//! Headers that answers share.

use grapnel_wire::shape::{matching, text};
use serde_json::json;
use utoipa::openapi::{Components, Header, Object, Ref, RefOr, Response};

/// On every answer.
const ID: &str = "X-Request-Id";
/// On answers to a user, if they have a quota.
const QUOTA: [&str; 2] = ["RateLimit-Policy", "RateLimit"];

/// Names the headers that an answer has: the request's id, and where `a user` stands.
pub(super) fn add(response: &mut Response, to_a_user: bool) {
    let quota = if to_a_user { &QUOTA[..] } else { &[] };
    for name in [ID].iter().chain(quota) {
        let reference = Ref::new(format!("#/components/headers/{name}"));
        response.headers.insert((*name).to_owned(), RefOr::Ref(reference));
    }
}

/// Puts them where they are referred to.
pub(super) fn keep(components: &mut Components) {
    let [policy, limit] = QUOTA;
    let all = [
        header(
            ID,
            text(),
            "Id of the request, also in the logs.",
            "5f0c3bd6-0c1f-4d50-8d36-8a3a1d9f1c11",
        ),
        header(
            policy,
            matching(r#"^"user";q=[0-9]+;w=60$"#),
            "Number of requests that a user may make in 60 seconds.",
            r#""user";q=600;w=60"#,
        ),
        header(
            limit,
            matching(r#"^"user";r=[0-9]+;t=[0-9]+$"#),
            "Requests left, and seconds until the limit resets.",
            r#""user";r=599;t=60"#,
        ),
    ];
    components.headers.extend(all.map(|(name, header)| (name.to_owned(), RefOr::T(header))));
}

fn header<'a>(name: &'a str, shape: Object, meaning: &str, example: &str) -> (&'a str, Header) {
    let mut header = Header::new(shape);
    header.description = Some(meaning.to_owned());
    header.example = Some(json!(example));
    (name, header)
}
