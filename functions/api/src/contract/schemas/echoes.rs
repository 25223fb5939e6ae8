//! Echoes.

use super::{SECRET_EXAMPLE, schemas, secret};
use crate::contract::shape::{is, list, matching, object, one_of, one_of_numbers, text_of, whole};
use grapnel_domain::echo::{MAX_FAIL_FIRST, MAX_MESSAGE_ID_BYTES, MAX_REQUESTS, MAX_VERSION_BYTES};
use serde_json::{Value, json};

fn request() -> Value {
    json!({
        "messageId": "evt_5f3759df-1c3a-8c3a-9f00-1234567890ab",
        "at": "2026-11-24T06:25:00.000Z",
        "answered": 503,
        "senderVersion": "0.1.0",
    })
}

schemas! {
    /// An echo to create.
    NewEcho = object("An echo to create.")
        .required("secret", secret(), "Secret that the requests to the echo are signed with.")
        .default(
            "failFirst",
            whole(0..=MAX_FAIL_FIRST),
            &json!(0),
            "Number of signed requests that are answered 503 before the others get 200.",
        )
        .example(json!({ "secret": SECRET_EXAMPLE, "failFirst": 1 }));
    /// An echo.
    Echo = object("An echo. Its secret is not shown.")
        .required("id", is("EchoId"), "Id.")
        .required("path", matching("^/echo/echo_[0-9a-f-]{36}$"), "Path that receives requests, relative to the API's address.")
        .required("expiresAt", is("Instant"), "When the echo expires.")
        .required("requestsLeft", whole(0..=MAX_REQUESTS), "Number of requests that it still answers.")
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
        .required("messageId", text_of(0..=MAX_MESSAGE_ID_BYTES), "The request's `webhook-id`.")
        .required("at", is("Instant"), "When the request arrived.")
        .required("answered", one_of_numbers(&[200, 503]), "Status code of the response.")
        .maybe(
            "senderVersion",
            text_of(1..=MAX_VERSION_BYTES),
            "Version of the Grapnel that sent the request. Missing if the request's `User-Agent` is not exactly `Grapnel/` and a version.",
        )
        .example(request());
    /// What an echo answers.
    Echoed = object("The request is signed, and was accepted.")
        .required("status", one_of(&["received"]), "Always `received`.")
        .example(json!({ "status": "received" }));
}
