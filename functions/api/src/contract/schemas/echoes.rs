//! Echoes.

use super::{SECRET_EXAMPLE, schemas, secret};
use crate::contract::shape::{is, list, matching, object, one_of, one_of_numbers, text_of, whole};
use grapnel_domain::echo::{MAX_FAIL_FIRST, MAX_MESSAGE_ID_BYTES, MAX_REQUESTS};
use serde_json::{Value, json};

fn request() -> Value {
    json!({
        "messageId": "evt_5f3759df-1c3a-8c3a-9f00-1234567890ab",
        "at": "2026-11-24T06:25:00.000Z",
        "answered": 503,
    })
}

schemas! {
    /// What an echo is to be.
    NewEcho = object("What an echo is to be.")
        .required("secret", secret(), "What the requests to it are signed with.")
        .default(
            "failFirst",
            whole(0..=MAX_FAIL_FIRST),
            &json!(0),
            "How many of the first signed requests are answered 503.",
        )
        .example(json!({ "secret": SECRET_EXAMPLE, "failFirst": 1 }));
    /// An echo.
    Echo = object("An echo. Its secret is not shown.")
        .required("id", is("EchoId"), "Its id.")
        .required("path", matching("^/echo/echo_[0-9a-f-]{36}$"), "Where it receives, below the API's own address.")
        .required("expiresAt", is("Instant"), "From when on it answers nothing.")
        .required("requestsLeft", whole(0..=MAX_REQUESTS), "How many more requests it answers.")
        .required("requests", list(is("EchoedRequest"), 0..=MAX_REQUESTS), "The signed requests that it answered, oldest first.")
        .example(json!({
            "id": "echo_01938d2e-7b1c-7c3a-9f00-1234567890ab",
            "path": "/echo/echo_01938d2e-7b1c-7c3a-9f00-1234567890ab",
            "expiresAt": "2026-11-24T06:34:00.000Z",
            "requestsLeft": 19,
            "requests": [request()],
        }));
    /// A request that an echo answered.
    EchoedRequest = object("A signed request that an echo answered.")
        .required("messageId", text_of(0..=MAX_MESSAGE_ID_BYTES), "Its `webhook-id`.")
        .required("at", is("Instant"), "When it came.")
        .required("answered", one_of_numbers(&[200, 503]), "The status of the answer.")
        .example(request());
    /// What an echo answers.
    Echoed = object("The request is signed, and was accepted.")
        .required("status", one_of(&["received"]), "Always `received`.")
        .example(json!({ "status": "received" }));
}
