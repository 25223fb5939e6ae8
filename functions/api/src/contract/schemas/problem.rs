//! The one shape of every error.

use super::schemas;
use crate::contract::{
    problems::codes,
    shape::{is, list_of_any_length, object, one_of, text, whole},
};
use serde_json::json;
use utoipa::openapi::{Object, extensions::Extensions};

/// The code, with those that there are today. They are no enumeration: a client that knows only today's codes must still
/// read tomorrow's problems.
fn code() -> Object {
    let mut code = text();
    code.extensions = Some(Extensions::from_iter([("x-codes", json!(codes()))]));
    code
}

schemas! {
    /// What went wrong.
    Problem = object("Problem details (RFC 9457).")
        .required("type", one_of(&["about:blank"]), "Always `about:blank`: the status says the class.")
        .required("title", text(), "The status in words.")
        .required("status", whole(400..=599), "The status.")
        .required("code", code(), "Stable code for programs. A code never changes its meaning; new codes can be added.")
        .required("detail", text(), "Explanation for people. The wording can change.")
        .maybe("errors", list_of_any_length(is("FieldFault")), "Every invalid field or query parameter.")
        .done();
    /// What is wrong with a field.
    FieldFault = object("What is wrong with one field or query parameter.")
        .required("field", text(), "Path of the field, such as `retryConfig.delaysSeconds[2]`.")
        .required("message", text(), "What is wrong, and what would be right.")
        .done();
}
