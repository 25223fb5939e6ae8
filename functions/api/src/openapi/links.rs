//! From an answer to what can be asked next: which part of it another operation takes.

use utoipa::openapi::{RefOr, Response, link::Link};

/// What an operation takes of an answer: its parameters, each with a JSON pointer. A link that gives a body is left
/// out: OpenAPI Generator refuses a document with one that is not a string.
type Taken = &'static [(&'static str, &'static str)];

/// Of a webhook.
const WEBHOOK: Taken = &[("id", "/id")];
/// Of a delivery.
const DELIVERY: Taken = &[("id", "/webhookId"), ("deliveryId", "/id")];

/// Of an echo.
const ECHO: Taken = &[("echoId", "/id")];

/// What follows from an answer of this schema.
fn following(schema: &str) -> &'static [(&'static str, Taken)] {
    match schema {
        "CreatedWebhook" => &[
            ("getWebhook", WEBHOOK),
            ("replaceWebhook", WEBHOOK),
            ("changeWebhook", WEBHOOK),
            ("deleteWebhook", WEBHOOK),
            ("getSecret", WEBHOOK),
            ("testWebhook", WEBHOOK),
            ("listDeliveries", WEBHOOK),
        ],
        "Delivery" => &[
            ("getDelivery", DELIVERY),
            ("explainDelivery", DELIVERY),
            ("retryDelivery", DELIVERY),
            ("cancelDelivery", DELIVERY),
            ("getEvent", &[("eventId", "/eventId")]),
        ],
        "Published" => &[("getEvent", &[("eventId", "/items/0/id")])],
        "Replay" => &[("getReplay", &[("replayId", "/id")])],
        "Echo" => &[("getEcho", ECHO), ("deleteEcho", ECHO)],
        "CreatedKey" => &[("revokeKey", &[("keyId", "/id")])],
        _ => &[],
    }
}

/// Adds what follows from an answer of this schema.
pub(super) fn add(response: &mut Response, schema: &str) {
    for (operation, taken) in following(schema) {
        let mut link = Link::builder().operation_id(*operation);
        for (name, pointer) in *taken {
            let place = format!("$response.body#{pointer}");
            link = link.parameter(*name, place);
        }
        response.links.insert((*operation).to_owned(), RefOr::T(link.build()));
    }
}
