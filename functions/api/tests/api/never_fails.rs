//! Whatever is sent: an answer, and never one that blames us.

use crate::{
    contract::{DOCUMENT, operations},
    routes::{ECHO, Ids, an_echo, filled},
    world::{ADMIN, World},
};
use axum::http::HeaderValue;
use grapnel_domain::{
    delivery::Reason,
    key::{ApiKey, KeyHash},
    ports::GenerateIds,
};
use grapnel_testing::{
    builders::{a_delivery, a_replay, a_webhook, an_event, user},
    clock::START,
    ids::SequentialIds,
    memory::Memory,
};
use proptest::prelude::*;
use serde_json::Value;
use std::collections::BTreeSet;

/// What paths are made of: parts of real paths, with parameters to be filled in, and others.
fn segment() -> impl Strategy<Value = String> {
    let known: BTreeSet<&str> =
        operations().iter().flat_map(|operation| operation.path.split('/')).collect();
    let known: Vec<&str> = known.into_iter().filter(|part| !part.is_empty()).collect();
    prop_oneof![
        4 => prop::sample::select(known).prop_map(str::to_owned),
        1 => "[a-z%0-9_.~-]{0,12}".prop_map(|text| text.replace('%', "%25")),
        1 => prop::collection::vec(any::<u8>(), 0..6)
            .prop_map(|bytes| bytes.iter().map(|byte| format!("%{byte:02x}")).collect()),
    ]
}

/// A path of the document, or one put together by chance.
fn path() -> impl Strategy<Value = String> {
    let known: BTreeSet<&str> = operations().iter().map(|operation| operation.path).collect();
    let real = prop::sample::select(known.into_iter().collect::<Vec<_>>());
    let random =
        prop::collection::vec(segment(), 0..7).prop_map(|parts| format!("/{}", parts.join("/")));
    prop_oneof![3 => real.prop_map(str::to_owned), 1 => random]
}

fn query() -> impl Strategy<Value = String> {
    prop_oneof![
        2 => Just("?userId=u".to_owned()),
        1 => Just(String::new()),
        1 => "(limit|cursor|userId|[a-z]{1,4})=[a-zA-Z0-9%_.-]{0,30}"
            .prop_map(|text| format!("?userId=u&{text}")),
    ]
}

/// The names of all fields of the document.
fn fields() -> Vec<&'static str> {
    fn collect(value: &'static Value, names: &mut BTreeSet<&'static str>) {
        match value {
            Value::Object(map) => {
                if let Some(properties) = map.get("properties").and_then(Value::as_object) {
                    names.extend(properties.keys().map(String::as_str));
                }
                map.values().for_each(|value| collect(value, names));
            }
            Value::Array(list) => list.iter().for_each(|value| collect(value, names)),
            _ => {}
        }
    }
    let mut names = BTreeSet::new();
    collect(&DOCUMENT["components"]["schemas"], &mut names);
    names.into_iter().collect()
}

/// The examples of all bodies.
fn examples() -> Vec<Vec<u8>> {
    let operations = operations();
    let bodies = operations.iter().filter_map(|operation| {
        operation.value.pointer("/requestBody/content/application~1json/example")
    });
    bodies.map(|example| example.to_string().into_bytes()).collect()
}

fn json_value() -> impl Strategy<Value = Value> {
    use serde_json::json;
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        ".{0,20}".prop_map(Value::from),
        prop::sample::select(vec![
            "u",
            "*",
            "lead.created",
            "https://hooks.example.com/",
            "active",
            "failed",
            "2026-11-24T06:24:00Z"
        ])
        .prop_map(Value::from),
    ];
    let field = prop_oneof![prop::sample::select(fields()).prop_map(str::to_owned), ".{0,6}",];
    leaf.prop_recursive(3, 24, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((field.clone(), inner), 0..8)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        1 => Just(Vec::new()),
        2 => prop::sample::select(examples()),
        3 => json_value().prop_map(|value| value.to_string().into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 0..200),
        1 => (json_value(), any::<prop::sample::Index>()).prop_map(|(value, at)| {
            let mut bytes = value.to_string().into_bytes();
            bytes.truncate(at.index(bytes.len()));
            bytes
        }),
    ]
}

fn method() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => prop::sample::select(vec!["GET", "POST", "PUT", "PATCH", "DELETE"]).prop_map(str::to_owned),
        1 => prop::sample::select(vec!["HEAD", "OPTIONS", "CONNECT", "TRACE"])
            .prop_map(str::to_owned),
        1 => "[A-Z]{1,12}",
    ]
}

fn header_text() -> impl Strategy<Value = String> {
    "[ -~]{0,40}".prop_filter("a header's text", |text| HeaderValue::from_str(text).is_ok())
}

/// What else a route may read.
fn header_name() -> impl Strategy<Value = String> {
    let read = vec![
        "if-match",
        "if-none-match",
        "prefer",
        "accept",
        "origin",
        "x-request-id",
        "webhook-id",
        "webhook-timestamp",
        "webhook-signature",
    ];
    prop::sample::select(read).prop_map(str::to_owned)
}

/// Waits for an answer, with time that passes at once.
pub(crate) fn answered<T>(answer: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    runtime.block_on(answer)
}

/// A world where `u` has one of each, and their ids.
pub(crate) fn stocked() -> (World, [(&'static str, String); 6]) {
    let world = World::new();
    let webhook = a_webhook().for_user("u").build();
    let event = an_event().for_user("u").to([webhook.id]).build();
    let delivery = a_delivery().of(&event).to(&webhook).failed(2, Reason::AttemptsExhausted);
    let delivery = delivery.build();
    let replay = a_replay().for_user("u").build();
    let key = ApiKey::new(SequentialIds::new().key_id(), user("u"), vec![], START);
    let ids = [
        ("WH", webhook.id.to_string()),
        ("DLV", delivery.id.to_string()),
        ("RPL", replay.id.to_string()),
        ("KEY", key.id.to_string()),
        ("EVT", event.id.to_string()),
        ("ECHO", ECHO.to_string()),
    ];
    let memory: &Memory = &world.memory;
    memory.put_webhook(webhook);
    memory.put_event(event);
    memory.put_delivery(delivery);
    memory.put_replay(replay);
    memory.put_echo(an_echo());
    memory.put_key(&KeyHash::of("presented by nobody"), key);
    (world, ids)
}

/// The ids of [`stocked`] by the names that the document has for them.
fn named(ids: &[(&'static str, String); 6]) -> Ids {
    let name = |of: &str| match of {
        "WH" => "id",
        "DLV" => "deliveryId",
        "RPL" => "replayId",
        "KEY" => "keyId",
        "ECHO" => "echoId",
        _ => "eventId",
    };
    let ids = ids.iter().map(|(of, id)| (name(of), id.clone()));
    ids.chain([("name", "invoice.paid".to_owned())]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn no_request_makes_a_failure_of_ours(
        method in method(),
        path in path(),
        query in query(),
        body in body(),
        key in prop_oneof![3 => Just(format!("Bearer {ADMIN}")), 1 => header_text()],
        content_type in prop_oneof![
            3 => Just(None),
            2 => Just(Some("application/json".to_owned())),
            1 => header_text().prop_map(Some),
        ],
        headers in prop::collection::vec((header_name(), header_text()), 0..2),
    ) {
        let answer = answered(async {
            let (world, ids) = stocked();
            let path = filled(&path, &named(&ids));
            let mut call = world.call(&method, format!("{path}{query}")).body(body);
            call = call.header("authorization", &key);
            for (name, value) in &headers {
                call = call.header(name, value);
            }
            if let Some(content_type) = content_type {
                call = call.header("content-type", &content_type);
            }
            call.send().await
        });
        prop_assert!(answer.status.as_u16() < 500, "{} {}", answer.status, answer.text);
    }
}
