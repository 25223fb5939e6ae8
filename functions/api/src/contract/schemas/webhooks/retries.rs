//! When to try again.

use crate::contract::shape::{
    Fields, Shape, described, exactly_one, is, list, null, number, object, whole,
};
use grapnel_domain::retry::bounds;
use serde_json::json;
use utoipa::openapi::Object;

const MEANING: &str = "Attempts, the time for each, and the delays between them: a list, of which \
                       the last repeats, or growing ones.";

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

fn limits() -> Fields {
    object(MEANING)
        .default("maxAttempts", attempts(), json!(5), "Attempts in all, the first included.")
        .default("timeoutSeconds", time_limit(), json!(10), "Seconds in which to answer.")
}

/// Delays of a list or growing ones, but not both.
pub(super) fn given() -> Shape {
    let default = json!([60, 300, 1800, 7200]);
    let listed = limits()
        .default("delaysSeconds", delays(), default, "The delays; the last repeats.")
        .maybe("backoff", null(), "Not beside a list.");
    let growing = limits().required("backoff", is("Backoff"), "Growing delays.").maybe(
        "delaysSeconds",
        null(),
        "Not beside growing ones.",
    );
    exactly_one([listed.done().into(), growing.done().into()])
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

pub(super) fn in_force() -> Shape {
    let limits = || {
        object(MEANING)
            .required("maxAttempts", attempts(), "Attempts in all, the first included.")
            .required("timeoutSeconds", time_limit(), "Seconds in which to answer.")
    };
    let listed = limits().required("delaysSeconds", delays(), "The delays; the last repeats.");
    let growing = limits().required("backoff", is("Backoff"), "Growing delays.");
    exactly_one([listed.done().into(), growing.done().into()])
}

pub(super) fn backoff() -> Shape {
    let fields = object("")
        .required("initialSeconds", seconds(), "The first delay.")
        .required("multiplier", number(bounds::MULTIPLIER), "From one delay to the next.")
        .required("maxSeconds", seconds(), "The longest delay, not less than the first.");
    let meaning = "Growing delays: `initialSeconds × multiplierⁿ`, at most `maxSeconds`.";
    described(fields.done(), meaning)
}
