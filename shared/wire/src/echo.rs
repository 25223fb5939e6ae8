//! Echoes: receivers inside the API, to check a deployment with.

#[cfg(feature = "read")]
use crate::limits::*;
use crate::time::Timestamp;
use std::fmt;

request! {
    NewEcho: "An echo to create." {
        required secret: String = secret(), "Secret that the requests to the echo are signed with.";
        optional fail_first: usize = default(whole(0..=ECHO_FAILURES), 0), "Number of signed requests that are answered 503 before the others get 200.";
    }
    example serde_json::json!({ "secret": crate::parts::SECRET_EXAMPLE, "failFirst": 1 });
}

impl fmt::Debug for NewEcho {
    /// Without the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewEcho").field("fail_first", &self.fail_first).finish_non_exhaustive()
    }
}

answer! {
    #[derive(Debug)]
    Echo: "An echo. Its secret is not shown." {
        required id: String = is("EchoId"), "Id.";
        required path: String = matching("^/echo/echo_[0-9a-f-]{36}$"), "Path that receives requests, relative to the API's address.";
        required expires_at: Timestamp = is("Instant"), "When the echo expires.";
        required requests_left: usize = whole(0..=ECHO_REQUESTS), "Number of requests that it still answers.";
        required requests: Vec<EchoedRequest> = list(is("EchoedRequest"), 0..=ECHO_REQUESTS), "The signed requests that it answered, oldest first.";
    }
    example serde_json::json!({
        "id": "echo_01938d2e-7b1c-7c3a-9f00-1234567890ab",
        "path": "/echo/echo_01938d2e-7b1c-7c3a-9f00-1234567890ab",
        "expiresAt": "2026-11-24T06:34:00.000Z",
        "requestsLeft": 19,
        "requests": [example_of(&<EchoedRequest as utoipa::PartialSchema>::schema())],
    });
}

answer! {
    #[derive(Debug)]
    EchoedRequest: "A signed request that an echo answered." {
        required message_id: String = text_of(0..=ECHO_MESSAGE_ID_BYTES), "The request's `webhook-id`.";
        required at: Timestamp = is("Instant"), "When the request arrived.";
        required answered: u16 = one_of_numbers(&[200, 503]), "Status code of the response.";
        optional sender_version: String = text_of(1..=ECHO_VERSION_BYTES), "Version of the Grapnel that sent the request. Missing if the request's `User-Agent` is not exactly `Grapnel/` and a version.";
    }
    example serde_json::json!({
        "messageId": "evt_5f3759df-1c3a-8c3a-9f00-1234567890ab",
        "at": "2026-11-24T06:25:00.000Z",
        "answered": 503,
        "senderVersion": "0.1.0",
    });
}

answer! {
    #[derive(Debug)]
    Echoed: "The request is signed, and was accepted." {
        required status: String = one_of(&["received"]), "Always `received`.";
    }
    example serde_json::json!({ "status": "received" });
}
