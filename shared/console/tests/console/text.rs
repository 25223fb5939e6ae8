//! Text that users, publishers and receivers stored is shown as text, wherever it stands.

use crate::fake::{
    DELIVERY, EVENT, WEBHOOK, World, delivery, event, event_type, figures, page_of, problem, stats,
    webhook,
};
use serde_json::json;

/// A script, the end of an attribute, and a character that turns the direction.
const HOSTILE: &str = "\"'><script>alert(1)</script>\u{202e}\u{0}";

#[tokio::test]
async fn no_stored_field_is_read_as_html() {
    let world = World::full();
    let hostile_webhook = webhook(json!({
        "name": HOSTILE, "url": HOSTILE, "events": [HOSTILE], "description": HOSTILE,
        "headers": {HOSTILE: HOSTILE, "x": {"sensitive": true}}, "metadata": {HOSTILE: HOSTILE},
        "status": HOSTILE, "filter": {HOSTILE: [HOSTILE]}, "payloadFormat": HOSTILE,
        "transform": {"template": HOSTILE, "contentType": HOSTILE},
        "health": {"failures": 1, "disabledBecause": HOSTILE,
            "lastFailure": {"deliveryId": DELIVERY, "error": HOSTILE, "attemptedAt": "2026-11-24T06:24:00.000Z"}},
    }));
    let hostile_delivery = delivery(json!({
        "event": HOSTILE, "status": HOSTILE, "reason": HOSTILE, "waitingFor": HOSTILE,
        "undecidedFilter": HOSTILE, "payload": {HOSTILE: HOSTILE},
        "attempts": [{"attemptNumber": 1, "response": HOSTILE, "responseRemark": HOSTILE,
            "location": HOSTILE, "error": HOSTILE, "duration": 1, "attemptedAt": "2026-11-24T06:24:00.000Z"}],
    }));
    let failed = delivery(json!({
        "event": HOSTILE, "status": "failed", "reason": HOSTILE,
        "attempts": hostile_delivery["attempts"],
    }));
    let of_event = json!([{"id": DELIVERY, "webhookId": WEBHOOK, "status": HOSTILE,
        "attemptCount": 1, "reason": HOSTILE, "createdAt": "2026-11-24T06:24:00.000Z",
        "lastAttempt": {"error": HOSTILE, "duration": 1, "attemptedAt": "2026-11-24T06:24:00.000Z"}}]);
    let hostile_event = event(json!({
        "type": HOSTILE, "source": HOSTILE, "data": {HOSTILE: HOSTILE}, "deliveries": of_event,
    }));
    let both = page_of(vec![hostile_delivery.clone(), failed]);
    let of_webhook = format!("/api/webhooks/{WEBHOOK}");
    world.answers("GET /api/deliveries", 200, both.clone());
    world.answers("GET /api/webhooks", 200, page_of(vec![hostile_webhook.clone()]));
    world.answers(&format!("GET {of_webhook}"), 200, hostile_webhook);
    world.answers(&format!("GET {of_webhook}/deliveries"), 200, both);
    let of_delivery = format!("GET {of_webhook}/deliveries/{DELIVERY}");
    world.answers(&of_delivery, 200, hostile_delivery);
    world.answers(&format!("GET /api/events/{EVENT}"), 200, hostile_event);
    let hostile_type = event_type(json!({
        "name": HOSTILE, "description": HOSTILE, "sample": {HOSTILE: HOSTILE},
    }));
    world.answers("GET /api/event-types", 200, page_of(vec![hostile_type]));
    let hostile_stats = stats(json!({"by": HOSTILE, "webhooks": [
        {"webhookId": WEBHOOK, "figures": figures(0, 1, 0)}]}));
    world.answers("GET /api/stats", 200, hostile_stats);
    let explanation = json!({
        "verdict": HOSTILE, "summary": HOSTILE, "failedConditions": [HOSTILE], "deliveryId": DELIVERY,
    });
    world.answers(&format!("GET /api/events/{EVENT}/explain"), 200, explanation);
    let filter = "%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E%E2%80%AE";
    for path in [
        format!(
            "/console/deliveries?event={filter}&status={filter}&since={filter}&cursor={filter}"
        ),
        "/console/deliveries".to_owned(),
        format!("/console/overview?range={filter}"),
        "/console/webhooks".to_owned(),
        "/console/webhooks/new".to_owned(),
        format!("/console/webhooks/{WEBHOOK}/edit"),
        format!("/console/webhooks/{WEBHOOK}/test"),
        format!("/console/webhooks/{WEBHOOK}/test?delivery={DELIVERY}"),
        format!("/console/webhooks/{WEBHOOK}/secret?done={filter}"),
        format!("/console/webhooks/{WEBHOOK}/delete"),
        format!("/console/webhooks/{WEBHOOK}?done={filter}"),
        format!("/console/webhooks/{WEBHOOK}/deliveries/{DELIVERY}?done={filter}"),
        format!("/console/events/{EVENT}"),
        format!("/console/events/{EVENT}?webhook={WEBHOOK}"),
        format!("/console/events/{EVENT}?webhook={filter}"),
        format!("/console/sign-in?next={filter}&ended={filter}"),
        format!("/console/{filter}"),
    ] {
        let page = world.get(&path).await;
        assert!([200, 404].contains(&page.status), "{path}: {}", page.status);
        assert_eq!(page.text().matches("<script").count(), 1, "{path}: {}", page.text());
        page.hides("alert(1)</script>");
        page.hides("\u{0}");
        if !path.contains(filter) {
            page.hides("\u{202e}");
        }
    }
    let page = world.get(&format!("/console/webhooks/{WEBHOOK}/deliveries/{DELIVERY}")).await;
    page.shows("&#60;script&#62;alert(1)&#60;/script&#62;⟨U+202E⟩⟨U+0000⟩");
}

#[tokio::test]
async fn no_typed_field_and_no_fault_is_read_as_html() {
    let world = World::full();
    let path = format!("/api/webhooks/{WEBHOOK}");
    let mut refused = problem(422, "invalid_fields", HOSTILE);
    let fields = ["name", "headers.x", "metadata.y", "filter", "events[0]", "somewhere", HOSTILE];
    refused["errors"] =
        fields.map(|field| json!({"field": field, "message": HOSTILE})).as_slice().into();
    world.answers("POST /api/webhooks", 422, refused.clone());
    world.answers(&format!("PATCH {path}"), 422, refused.clone());
    world.answers(&format!("POST {path}/filter/test"), 422, refused);
    let made = json!({"contentType": HOSTILE, "body": HOSTILE});
    world.answers(&format!("POST {path}/transform/preview"), 200, made);
    let shown = world.get(&format!("/console/webhooks/{WEBHOOK}/edit")).await;
    let version = shown.hidden("version").replace("&#34;", "\"");
    let form = shown.hidden("form");
    let names = [
        "name",
        "url",
        "description",
        "event",
        "patterns",
        "headerName",
        "headerValue",
        "headerKind",
        "metadataName",
        "metadataValue",
        "filter",
        "template",
        "contentType",
        "maxAttempts",
        "timeoutSeconds",
        "delaysSeconds",
        "initialSeconds",
        "multiplier",
        "maxSeconds",
        "rateLimit",
        "secret",
        "sampleType",
        "eventId",
    ];
    for what in ["save", "try", "rows"] {
        let mut fields: Vec<(&str, &str)> = names.map(|name| (name, HOSTILE)).to_vec();
        fields.extend([("form", form), ("version", &version), ("body", "transform"), ("do", what)]);
        for path in
            [format!("/console/webhooks/{WEBHOOK}/edit"), "/console/webhooks/new".to_owned()]
        {
            let page = world.post(&path, &fields).await;
            assert!([200, 422].contains(&page.status), "{path}: {}", page.status);
            assert_eq!(page.text().matches("<script").count(), 1, "{path}: {}", page.text());
            for hidden in ["alert(1)</script>", "\u{0}", "\u{202e}"] {
                page.hides(hidden);
            }
        }
    }
}
