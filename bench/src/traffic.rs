//! The traffic of a measurement: events, batches of messages, and requests to the API.

use grapnel_bench::{standin::Message, template::ADMIN_KEY};
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};

/// Users of a measurement. Their events come in turn.
pub(crate) const USERS: usize = 20;

/// A type that every deployment knows.
const TYPE: &str = "task.completed";

/// The user of an event.
pub(crate) fn user(number: usize) -> String {
    format!("user-{:02}", number % USERS)
}

/// An order as JSON, of exactly so many bytes.
pub(crate) fn data(number: usize, bytes: usize) -> String {
    // Digits that repeat as little as those of real orders.
    let mut state = number as u64 * 0x9E37_79B9 + 1;
    let mut next = move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    };
    let customer = json!({
        "name": format!("Customer {}", next()), "country": "NO", "loyalty": number.is_multiple_of(3),
    });
    let head = format!(
        r#"{{"id":"ord_{number:08}","userId":"{}","customer":{customer},"total":{}.5,"items":["#,
        user(number),
        next() % 1000,
    );
    let foot = |note: &str| format!(r#"],"note":"{note}"}}"#);
    let mut text = head;
    loop {
        let item = json!({ "sku": format!("{:x}", next()), "quantity": next() % 9, "price": next() % 999 });
        let item = format!("{}{item}", if text.ends_with('[') { "" } else { "," });
        if text.len() + item.len() + foot("").len() > bytes {
            break;
        }
        text.push_str(&item);
    }
    let missing = bytes.saturating_sub(text.len() + foot("").len());
    text.push_str(&foot(&"n".repeat(missing)));
    text
}

/// An event with an order, as EventBridge's rule puts it on the events queue.
pub(crate) fn event(number: usize, bytes: usize) -> String {
    event_with(number, &data(number, bytes))
}

/// The same with other data.
pub(crate) fn event_with(number: usize, data: &str) -> String {
    format!(
        r#"{{"version":"0","id":"{:08x}-0000-4000-8000-{number:012}","detail-type":"{TYPE}","source":"shop.platform","account":"000000000000","time":"2026-11-29T08:00:00Z","region":"eu-west-1","resources":[],"detail":{}}}"#,
        number, data,
    )
}

/// What Lambda gives a function that a queue feeds.
pub(crate) fn batch(messages: &[Message]) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let record = |message: &Message| {
        let mut attributes = json!({
            "ApproximateReceiveCount": message.receives.to_string(),
            "SentTimestamp": now.to_string(),
            "SenderId": "AROAEXAMPLEEXAMPLE000:grapnel",
            "ApproximateFirstReceiveTimestamp": "1795000000001",
        });
        if let Some(group) = &message.group {
            attributes["MessageGroupId"] = json!(group);
        }
        json!({
            "messageId": message.id,
            // As long as a real one.
            "receiptHandle": format!("{:_<180}", message.receipt),
            "body": message.body,
            "attributes": attributes,
            "messageAttributes": {},
            "md5OfBody": "0123456789abcdef0123456789abcdef",
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:eu-west-1:000000000000:queue",
            "awsRegion": "eu-west-1",
        })
    };
    let records: Vec<Value> = messages.iter().map(record).collect();
    json!({ "Records": records }).to_string()
}

/// What API Gateway gives the API function.
fn request(method: &str, path: &str, query: &str, body: &Value) -> String {
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {
            "accept": "*/*",
            "authorization": format!("Bearer {ADMIN_KEY}"),
            "content-type": "application/json",
            "host": "abcdefghij.execute-api.eu-west-1.amazonaws.com",
            "user-agent": "platform/1.0",
            "x-amzn-trace-id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700",
            "x-forwarded-for": "203.0.113.7",
            "x-forwarded-port": "443",
            "x-forwarded-proto": "https",
        },
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "abcdefghij",
            "domainName": "abcdefghij.execute-api.eu-west-1.amazonaws.com",
            "domainPrefix": "abcdefghij",
            "http": {
                "method": method, "path": path, "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.7", "userAgent": "platform/1.0",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": "$default",
            "stage": "$default",
            "time": "29/Nov/2026:08:00:00 +0000",
            "timeEpoch": 1_795_000_000_000_u64,
        },
        "body": body.to_string(),
        "isBase64Encoded": false,
    })
    .to_string()
}

/// A webhook for every order.
pub(crate) fn orders_webhook(number: usize, url: &str) -> Value {
    webhook(TYPE, number, url)
}

/// A webhook that no event of a measurement goes to.
pub(crate) fn idle_webhook(number: usize, url: &str) -> Value {
    webhook("task.failed", number, url)
}

fn webhook(event_type: &str, number: usize, url: &str) -> Value {
    json!({
        "name": format!("orders {number}"),
        "url": url,
        "events": [event_type],
        "description": "Orders of the shop, for the warehouse",
    })
}

/// The request that creates a webhook of a user.
pub(crate) fn new_webhook(user: &str, webhook: &Value) -> String {
    request("POST", "/api/webhooks", &format!("userId={user}"), webhook)
}

/// The request that publishes an event.
pub(crate) fn publish(number: usize, bytes: usize) -> String {
    let data = data(number, bytes);
    let data: Value = serde_json::from_str(&data).unwrap_or_default();
    let body = json!({ "type": TYPE, "data": data });
    request("POST", "/api/events", &format!("userId={}", user(number)), &body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_json_of_the_wanted_size_and_names_its_user() {
        for bytes in [500, 5_000] {
            for number in [0, 7, 12_345] {
                let data = data(number, bytes);
                assert_eq!(data.len(), bytes);
                let value: Value = serde_json::from_str(&data).expect("JSON");
                assert_eq!(value["userId"], user(number));
            }
        }
        assert_ne!(data(1, 500), data(2, 500));
    }
}
