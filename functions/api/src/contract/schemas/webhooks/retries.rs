//! When to try again.

use crate::contract::shape::{Shape, described, is, list, not_both, number, object, whole};
use grapnel_domain::retry::bounds;
use serde_json::json;
use utoipa::openapi::{Object, Type};

const MEANING: &str = "Number of attempts, time limit of each, and the delays between them: either `delaysSeconds` or `backoff`, not both.";

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
        .default(
            "maxAttempts",
            attempts(),
            &json!(5),
            "Maximum number of attempts, including the first.",
        )
        .default("timeoutSeconds", time_limit(), &json!(10), "Time limit of an attempt in seconds.")
        .default("delaysSeconds", delays(), &default, "Delays in seconds; the last one repeats.")
        .optional("backoff", is("Backoff"), "Exponential backoff, in place of `delaysSeconds`.");
    not_both(fields.done(), ("delaysSeconds", Type::Array), ("backoff", Type::Object))
}

pub(super) fn patched() -> Object {
    let backoff = object("Merged into the current value.")
        .maybe("initialSeconds", seconds(), "The first delay.")
        .maybe("multiplier", number(bounds::MULTIPLIER), "Factor between one delay and the next.")
        .maybe("maxSeconds", seconds(), "The longest delay.");
    object("Merged into the current configuration. `null` removes one kind of delays.")
        .optional("maxAttempts", attempts(), "Maximum number of attempts.")
        .optional("timeoutSeconds", time_limit(), "Time limit of an attempt in seconds.")
        .optional("delaysSeconds", delays(), "Delays in seconds; the last one repeats.")
        .optional("backoff", backoff.done(), "Exponential backoff.")
        .done()
}

pub(super) fn in_force() -> Object {
    let mut object = object(MEANING)
        .required("maxAttempts", attempts(), "Maximum number of attempts, including the first.")
        .required("timeoutSeconds", time_limit(), "Time limit of an attempt in seconds.")
        .maybe("delaysSeconds", delays(), "Delays in seconds; the last one repeats.")
        .maybe("backoff", is("Backoff"), "Exponential backoff, in place of `delaysSeconds`.")
        .done();
    // Exactly one of the two kinds of delays.
    (object.min_properties, object.max_properties) = (Some(3), Some(3));
    object
}

pub(super) fn backoff() -> Shape {
    let fields = object("")
        .required("initialSeconds", seconds(), "The first delay.")
        .required(
            "multiplier",
            number(bounds::MULTIPLIER),
            "Factor between one delay and the next.",
        )
        .required("maxSeconds", seconds(), "The longest delay; not less than the first.");
    let meaning = "Exponential backoff: `initialSeconds × multiplierⁿ`, at most `maxSeconds`.";
    described(fields.done(), meaning)
}
