//! When to try again.

use crate::contract::shape::{Shape, described, is, list, not_both, number, object, whole};
use grapnel_domain::retry::bounds;
use serde_json::json;
use utoipa::openapi::{Object, Type};

const MEANING: &str = "How many attempts there are, how long each may take, and the delays between \
                       them: either `delaysSeconds` or `backoff`, not both.";

fn seconds() -> Object {
    whole(1..=86_400)
}

fn delays() -> Shape {
    list(seconds(), bounds::DELAYS).into()
}

fn attempts() -> Object {
    whole(1..=20)
}

fn time_limit() -> Object {
    whole(1..=30)
}

pub(super) fn given() -> Object {
    let default = json!([60, 300, 1800, 7200]);
    let fields = object(MEANING)
        .default("maxAttempts", attempts(), &json!(5), "Attempts in all, the first included.")
        .default("timeoutSeconds", time_limit(), &json!(10), "Seconds in which to answer.")
        .default("delaysSeconds", delays(), &default, "The delays; the last repeats.")
        .optional("backoff", is("Backoff"), "Growing delays, in place of `delaysSeconds`.");
    not_both(fields.done(), ("delaysSeconds", Type::Array), ("backoff", Type::Object))
}

pub(super) fn patched() -> Object {
    let backoff = object("Merged into the one that there is.")
        .maybe("initialSeconds", seconds(), "The first delay.")
        .maybe("multiplier", number(bounds::MULTIPLIER), "From one delay to the next.")
        .maybe("maxSeconds", seconds(), "The longest.");
    object("Merged into the one that there is. `null` takes one kind of delays away.")
        .optional("maxAttempts", attempts(), "Attempts in all.")
        .optional("timeoutSeconds", time_limit(), "Seconds in which to answer.")
        .optional("delaysSeconds", delays(), "The delays; the last repeats.")
        .optional("backoff", backoff.done(), "Growing delays.")
        .done()
}

pub(super) fn in_force() -> Object {
    let mut object = object(MEANING)
        .required("maxAttempts", attempts(), "Attempts in all, the first included.")
        .required("timeoutSeconds", time_limit(), "Seconds in which to answer.")
        .maybe("delaysSeconds", delays(), "The delays; the last repeats.")
        .maybe("backoff", is("Backoff"), "Growing delays, in place of `delaysSeconds`.")
        .done();
    // Exactly one of the two kinds of delays.
    (object.min_properties, object.max_properties) = (Some(3), Some(3));
    object
}

pub(super) fn backoff() -> Shape {
    let fields = object("")
        .required("initialSeconds", seconds(), "The first delay.")
        .required("multiplier", number(bounds::MULTIPLIER), "From one delay to the next.")
        .required("maxSeconds", seconds(), "The longest delay, not less than the first.");
    let meaning = "Growing delays: `initialSeconds × multiplierⁿ`, at most `maxSeconds`.";
    described(fields.done(), meaning)
}
