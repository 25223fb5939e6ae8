//! Every problem that the API answers, by its code, with the answer itself as example.

use super::headers;
use crate::{
    problem::Problem,
    request::{body::MAX_BODY_BYTES, query},
};
use axum::http::StatusCode;
use grapnel_domain::{fault::FieldFault, quota::Quota, scope::Scope};
use grapnel_wire::shape::is;
use serde_json::json;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use utoipa::openapi::{
    Components, Content, Header, Object, Ref, RefOr, Response, Type, example::Example,
    extensions::Extensions,
};

/// A body that cannot be read.
pub(super) const OF_BODIES: &[&str] = &[
    "invalid_json",
    "not_an_object",
    "duplicate_key",
    "incomplete_body",
    "body_too_large",
    "unsupported_media_type",
    "invalid_fields",
];

/// A failure of ours.
pub(super) const OURS: &[&str] = &["temporarily_unavailable", "internal_error"];

/// A quota that there may be.
fn quota() -> Quota {
    Quota::new(600).unwrap_or_else(|| unreachable!("within its bounds"))
}

/// The codes that an answer may have, as an extension of the answer. A schema for each list of codes would make generators
/// write a class for each.
const CODES: &str = "x-codes";

/// One of each.
fn samples() -> Vec<Problem> {
    let fault = |field: &str, message: &str| {
        vec![FieldFault { field: field.to_owned(), message: message.to_owned() }]
    };
    let conflict = |code, detail| Problem::conflict(code, detail);
    vec![
        Problem::bad_request(
            "invalid_json",
            "The body is not JSON: expected value at line 1 column 1.",
        ),
        Problem::bad_request("not_an_object", "The body must be a JSON object."),
        Problem::bad_request(
            "duplicate_key",
            "The body has the key `name` twice at line 1 column 25.",
        ),
        Problem::bad_request("incomplete_body", "The body could not be read."),
        Problem::invalid_query(vec![query::fault("limit", "must be a whole number from 1 to 100")]),
        Problem::bad_request(
            "user_required",
            "An admin key acts for a user: name the user in `userId`.",
        ),
        Problem::bad_request("user_conflict", "`userId` in the query and in the body must agree."),
        Problem::unauthorized(),
        Problem::missing_scope(Scope::WebhooksWrite),
        Problem::foreign_user(),
        Problem::admin_required(),
        Problem::link_not_valid(),
        Problem::not_found(),
        Problem::too_many_webhooks(100),
        conflict("changed_meanwhile", "Other requests keep changing this resource. Try again."),
        Problem::bad_request(
            "invalid_idempotency_key",
            "`Idempotency-Key` must be 1 to 255 visible ASCII characters, and be given once.",
        ),
        Problem::event_conflict(fault(
            "events[1].id",
            "names evt_5f3759df-1c3a-8c3a-9f00-1234567890ab, which was stored 2026-11-24T06:24:00.000Z with other data",
        )),
        conflict(
            "event_index_off",
            "This deployment has no index of events, so they cannot be listed.",
        ),
        conflict("event_type_limit_reached", "The maximum number of event types is reached."),
        conflict(
            "webhook_deleted",
            "The webhook that the `Idempotency-Key` stands for is not there: it was deleted, or its creation failed. To create one, use another key.",
        ),
        conflict("webhook_disabled", "The webhook is disabled. Set it to `active` first."),
        conflict("first_attempt_pending", "The first attempt has not been made yet."),
        conflict("too_many_attempts", "This delivery has the maximum number of attempts."),
        conflict("payload_erased", "The event's data was erased: there is nothing left to send."),
        conflict("delivery_open", "A delivery of this event is still open."),
        conflict("already_settled", "The delivery is settled: there is nothing to cancel."),
        Problem::echo_exhausted(),
        Problem::precondition_failed(),
        Problem::body_too_large(MAX_BODY_BYTES),
        Problem::unsupported_media_type(),
        Problem::invalid_fields(fault("url", "must be an absolute https URL")),
        Problem::idempotency_key_reused(),
        Problem::too_many_requests(quota(), Duration::from_secs(17)),
        Problem::internal(""),
        Problem::unavailable(""),
        Problem::echo_fails_first(),
    ]
}

/// Every answer with a problem that was needed so far. Routes share them.
#[derive(Default)]
pub(super) struct Answers(Vec<Answer>);

struct Answer {
    name: String,
    status: u16,
    codes: Vec<&'static str>,
    response: Response,
}

impl Answers {
    /// The answers for these codes, by status; with the one to an `If-Match` that fails, where the
    /// route has such a `condition`.
    pub(super) fn of(
        &mut self,
        codes: &BTreeSet<String>,
        condition: bool,
    ) -> BTreeMap<String, RefOr<Response>> {
        let mut by_status: BTreeMap<u16, Vec<Problem>> = BTreeMap::new();
        for problem in samples() {
            let applies = match problem.status() {
                StatusCode::PRECONDITION_FAILED => condition,
                _ => codes.contains(problem.code()),
            };
            if applies {
                by_status.entry(problem.status().as_u16()).or_default().push(problem);
            }
        }
        by_status
            .into_iter()
            .map(|(status, problems)| {
                let name = self.name(status, &problems);
                (status.to_string(), RefOr::Ref(Ref::from_response_name(name)))
            })
            .collect()
    }

    /// The name of the answer with these problems, which is new if no route had it yet.
    fn name(&mut self, status: u16, problems: &[Problem]) -> String {
        let codes: Vec<&str> = problems.iter().map(Problem::code).collect();
        let same = |known: &&Answer| known.status == status && known.codes == codes;
        if let Some(known) = self.0.iter().find(same) {
            return known.name.clone();
        }
        let title = problems.first().map_or("Error", Problem::title).replace(' ', "");
        let name = match self.0.iter().filter(|known| known.status == status).count() {
            0 => title,
            earlier => format!("{title}{}", earlier + 1),
        };
        let response = response(problems);
        self.0.push(Answer { name: name.clone(), status, codes, response });
        name
    }

    /// Puts them, and the examples that they refer to, where they are referred to.
    pub(super) fn keep(self, components: &mut Components) {
        let used: BTreeSet<&str> =
            self.0.iter().flat_map(|answer| answer.codes.iter().copied()).collect();
        for problem in samples().iter().filter(|sample| used.contains(sample.code())) {
            let example = Example::builder().summary(problem.code()).value(Some(problem.json()));
            components.examples.insert(example_name(problem), RefOr::T(example.build()));
        }
        for answer in self.0 {
            components.responses.insert(answer.name, RefOr::T(answer.response));
        }
    }
}

/// One code has two statuses: a race that was lost, and an `If-Match` that failed.
fn example_name(problem: &Problem) -> String {
    format!("{}_{}", problem.status().as_u16(), problem.code())
}

fn response(problems: &[Problem]) -> Response {
    let codes: Vec<&str> = problems.iter().map(Problem::code).collect();
    let named: Vec<String> = codes.iter().map(|code| format!("`{code}`")).collect();
    let title = problems.first().map_or("Error", Problem::title);
    let mut response = Response::new(format!("{title}: {}.", named.join(", ")));
    response.extensions = Some(Extensions::from_iter([(CODES, json!(codes))]));
    let mut content = Content::new(Some(is("Problem")));
    for problem in problems {
        let reference = Ref::new(format!("#/components/examples/{}", example_name(problem)));
        content.examples.insert(problem.code().to_owned(), RefOr::Ref(reference));
        for (name, value, meaning) in HEADERS {
            if problem.header_name().is_some_and(|of| name.eq_ignore_ascii_case(of)) {
                let mut header = Header::new(Object::with_type(Type::String));
                header.description = Some((*meaning).to_owned());
                header.example = Some(json!(value));
                response.headers.insert((*name).to_owned(), RefOr::T(header));
            }
        }
    }
    headers::add(&mut response, problems.iter().any(Problem::is_of_quota));
    response.content.insert("application/problem+json".to_owned(), RefOr::T(content));
    response
}

/// Headers that come with some problems: name, an example, meaning.
const HEADERS: &[(&str, &str, &str)] = &[
    ("WWW-Authenticate", "Bearer", "How to authenticate."),
    ("Retry-After", "2", "Seconds after which to retry."),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{openapi::operations, routes::Annotations};
    use utoipa::OpenApi;

    #[test]
    fn what_a_route_names_has_a_sample() {
        let known: BTreeSet<&str> = samples().iter().map(Problem::code).collect();
        let mut named = 0;
        for (path, item) in &mut Annotations::openapi().paths.paths {
            for operation in operations::all_of(item) {
                for code in operations::own_problems(operation) {
                    assert!(known.contains(code.as_str()), "{path}: {code}");
                    named += 1;
                }
            }
        }
        assert!(named > 0);
    }

    #[test]
    fn every_code_that_is_declared_has_a_sample_and_no_other() {
        let sampled: BTreeSet<&str> = samples().iter().map(Problem::code).collect();
        assert_eq!(sampled.into_iter().collect::<Vec<_>>(), grapnel_wire::problem::CODES);
    }

    #[test]
    fn a_problem_has_one_sample() {
        let all: Vec<(u16, &str)> =
            samples().iter().map(|one| (one.status().as_u16(), one.code())).collect();
        let distinct: BTreeSet<_> = all.iter().collect();
        assert_eq!(distinct.len(), all.len(), "{all:?}");
    }
}
