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
    Problem = object("What went wrong, as in RFC 9457.")
        .required("type", one_of(&["about:blank"]), "The status says the class.")
        .required("title", text(), "The status in words.")
        .required("status", whole(400..=599), "The status.")
        .required("code", code(), "What a program may act on. A code never changes its meaning; new ones may be added.")
        .required("detail", text(), "A sentence for people. It may change.")
        .maybe("errors", list_of_any_length(is("FieldFault")), "Every field or parameter at fault.")
        .done();
    /// What is wrong with a field.
    FieldFault = object("What is wrong with a field or a query parameter.")
        .required("field", text(), "Its path, such as `retryConfig.delaysSeconds[2]`.")
        .required("message", text(), "What would be right.")
        .done();
}
