//! Answers of the API.

use crate::fake::{DELIVERY, EVENT, TIME, WEBHOOK};
use serde_json::{Value, json};

/// A problem of the API.
pub(crate) fn problem(status: u16, code: &str, detail: &str) -> Value {
    json!({"type": "about:blank", "title": "x", "status": status, "code": code, "detail": detail})
}

/// A delivery with these fields.
pub(crate) fn delivery(fields: Value) -> Value {
    let delivery = json!({
        "id": DELIVERY, "webhookId": WEBHOOK, "event": "lead.created", "eventId": EVENT,
        "payload": {"email": "hello@example.com"}, "status": "retrying", "createdAt": TIME,
        "nextAttemptAt": "2026-11-24T06:25:00.000Z", "finalAttempt": 5, "waitingFor": "retry",
        "until": "2026-11-24T06:25:00.000Z",
        "attempts": [{"attemptNumber": 1, "statusCode": 503, "response": "try later",
            "error": "the receiver answered 503", "duration": 84, "attemptedAt": TIME}],
    });
    with(delivery, fields)
}

/// A webhook with these fields.
pub(crate) fn webhook(fields: Value) -> Value {
    let webhook = json!({
        "id": WEBHOOK, "userId": "user-1", "name": "Leads to CRM",
        "url": "https://hooks.example.com/crm", "events": ["lead.*"], "secret": "whsec_********",
        "headers": {}, "metadata": {}, "status": "active", "payloadFormat": "envelope",
        "retryConfig": {"maxAttempts": 5, "timeoutSeconds": 10, "delaysSeconds": [60]},
        "createdAt": TIME, "updatedAt": TIME,
    });
    with(webhook, fields)
}

/// Figures of so many deliveries.
pub(crate) fn figures(success: u64, failed: u64, open: u64) -> Value {
    #[expect(clippy::cast_precision_loss, reason = "small")]
    let rate = (success + failed > 0).then(|| success as f64 / (success + failed) as f64);
    json!({
        "deliveries": success + failed + open, "success": success, "failed": failed, "open": open,
        "successRate": rate, "attempts": success + failed,
        "receiverTime": {"p50": 100, "p95": 2500, "p99": 2500, "ranges": [{"upTo": 100, "count": 9}]},
    })
}

/// An answer of figures with these fields.
pub(crate) fn stats(fields: Value) -> Value {
    let stats = json!({
        "from": "2026-11-24T05:00:00.000Z", "to": "2026-11-24T07:00:00.000Z", "by": "hour",
        "complete": true, "total": figures(1234, 16, 7),
        "periods": [
            {"from": "2026-11-24T05:00:00.000Z", "figures": figures(0, 0, 0)},
            {"from": "2026-11-24T06:00:00.000Z", "figures": figures(1234, 16, 7)},
        ],
        "webhooks": [{"webhookId": WEBHOOK, "figures": figures(1234, 16, 7)}],
    });
    with(stats, fields)
}

/// An event type with these fields.
pub(crate) fn event_type(fields: Value) -> Value {
    let event_type = json!({
        "name": "lead.created", "description": "A lead was created.", "deprecated": false,
        "builtIn": true, "sample": {"email": "hello@example.com"},
    });
    with(event_type, fields)
}

/// An event with these fields.
pub(crate) fn event(fields: Value) -> Value {
    let event = json!({
        "id": EVENT, "type": "lead.created", "source": "api", "time": TIME, "storedAt": TIME,
        "data": {"email": "hello@example.com"},
        "deliveries": [{"id": DELIVERY, "webhookId": WEBHOOK, "status": "success",
            "attemptCount": 2, "createdAt": TIME,
            "lastAttempt": {"statusCode": 200, "duration": 84, "attemptedAt": TIME}}],
    });
    with(event, fields)
}

fn with(mut value: Value, fields: Value) -> Value {
    for (name, field) in fields.as_object().expect("an object") {
        value[name] = field.clone();
    }
    value
}

pub(crate) fn page_of(items: Vec<Value>) -> Value {
    json!({ "items": items })
}
