use super::*;
use crate::{
    samples,
    samples::changed,
    signature::Secret,
    webhook::{HeaderValue, Headers, PreviousSecret},
};
use std::{collections::BTreeMap, time::Duration};
use uuid::Uuid;

const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_500);

fn webhook() -> Webhook {
    let headers = Headers::from_iter([
        ("X-Api-Key", HeaderValue::sensitive("k")),
        ("Host", HeaderValue::plain("evil")),
    ]);
    changed(&samples::webhook(NOW), |it| it.headers = headers)
}

fn event() -> (EventId, EventContent) {
    let content = EventContent {
        event_type: "lead.created".into(),
        source: "demo.platform".into(),
        time: Timestamp::from_millis(1_794_999_999_000),
        data: r#"{"n":12345678901234567890, "x":1.0}"#.into(),
    };
    (EventId::from_uuid(Uuid::from_u128(2)), content)
}

fn built(webhook: &Webhook) -> (BTreeMap<String, String>, String) {
    let (id, content) = event();
    let request = build(webhook, id, &content, NOW).expect("builds");
    let body = String::from_utf8(request.body).expect("text");
    (request.headers.into_iter().collect(), body)
}

#[test]
fn the_envelope_wraps_the_data_byte_for_byte() {
    let (headers, body) = built(&webhook());
    assert_eq!(
        body,
        r#"{"id":"evt_00000000-0000-0000-0000-000000000002","type":"lead.created","timestamp":"2026-11-18T10:26:39.000Z","data":{"n":12345678901234567890, "x":1.0}}"#
            .replace("2026-11-18T10:26:39.000Z", &event().1.time.to_string())
    );
    assert_eq!(headers["content-type"], "application/json");
    assert_eq!(headers["user-agent"], format!("Grapnel/{}", env!("CARGO_PKG_VERSION")));
    assert_eq!(headers["webhook-id"], "evt_00000000-0000-0000-0000-000000000002");
    assert_eq!(headers["webhook-timestamp"], "1795000000");
    assert_eq!(headers["x-webhook-signature"], webhook().secret.sign_body(body.as_bytes()));
}

#[test]
fn raw_is_the_data_alone_and_cloudevents_is_structured() {
    let raw = changed(&webhook(), |it| it.payload_format = PayloadFormat::Raw);
    assert_eq!(built(&raw).1, event().1.data);
    let cloud = changed(&webhook(), |it| it.payload_format = PayloadFormat::CloudEvents);
    let (headers, body) = built(&cloud);
    assert_eq!(headers["content-type"], "application/cloudevents+json");
    let body: serde_json::Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!(body["specversion"], "1.0");
    assert_eq!(body["source"], "demo.platform");
    assert_eq!(body["datacontenttype"], "application/json");
}

#[test]
fn custom_headers_are_added_and_never_override() {
    let (headers, _) = built(&webhook());
    assert_eq!(headers["x-api-key"], "k");
    assert!(!headers.contains_key("host"));
}

#[test]
fn every_secret_signs_until_its_own_end() {
    let old = |number, millis| PreviousSecret {
        secret: Secret::from_random([number; 32]),
        valid_until: NOW.plus(Duration::from_millis(millis)),
    };
    let rotating = changed(&webhook(), |it| it.previous_secrets = vec![old(2, 2), old(3, 1)]);
    let signatures = |now| {
        let (id, content) = event();
        let request = build(&rotating, id, &content, now).expect("builds");
        let headers: BTreeMap<_, _> = request.headers.into_iter().collect();
        assert_eq!(headers["x-webhook-signature"], rotating.secret.sign_body(&request.body));
        let previous = headers.get("x-webhook-signature-previous").cloned();
        let split = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let previous = previous.map(|text| split(&text)).unwrap_or_default();
        let standard = split(&headers["webhook-signature"]);
        let secrets = std::iter::once(&rotating.secret)
            .chain(rotating.previous_secrets.iter().map(|previous| &previous.secret));
        let (id, seconds) = (&headers["webhook-id"], now.as_secs());
        let expected = secrets.take(standard.len());
        let expected = expected.map(|secret| secret.sign_standard(id, seconds, &request.body));
        assert_eq!(standard, expected.collect::<Vec<_>>());
        let expected = rotating.previous_secrets.iter().take(previous.len());
        let expected = expected.map(|previous| previous.secret.sign_body(&request.body));
        assert_eq!(previous, expected.collect::<Vec<_>>());
        (standard.len(), previous.len())
    };
    assert_eq!(signatures(NOW), (3, 2));
    assert_eq!(signatures(NOW.plus(Duration::from_millis(1))), (2, 1));
    assert_eq!(signatures(NOW.plus(Duration::from_millis(2))), (1, 0));
}

#[test]
fn damaged_data_is_an_error_and_not_a_request() {
    let (id, content) = event();
    let damaged = EventContent { data: "{".into(), ..content };
    assert_eq!(build(&webhook(), id, &damaged, NOW), Err(DamagedData.into()));
}

#[test]
fn a_transform_makes_the_body_and_its_type_whatever_the_format() {
    let (id, content) = event();
    let transform = crate::transform::Transform {
        template: "{{ type }} {{ data.n }}".into(),
        content_type: "text/plain".into(),
    };
    let webhook = changed(&webhook(), |it| {
        it.transform = Some(transform);
        it.payload_format = PayloadFormat::CloudEvents;
    });
    let request = build(&webhook, id, &content, NOW).expect("builds");
    assert_eq!(request.body, b"lead.created 12345678901234567890");
    let header = |name| request.headers.iter().find(|(other, _)| other == name);
    assert_eq!(header("content-type").map(|(_, value)| value.as_str()), Some("text/plain"));
    let signature = webhook.secret.sign_body(&request.body);
    assert_eq!(header("x-webhook-signature").map(|(_, value)| value), Some(&signature));

    let failing = crate::transform::Transform {
        template: "{{ data.missing }}".into(),
        content_type: "text/plain".into(),
    };
    let webhook = changed(&webhook, |it| it.transform = Some(failing));
    assert!(matches!(build(&webhook, id, &content, NOW), Err(NoRequest::Transform(_))));
}
