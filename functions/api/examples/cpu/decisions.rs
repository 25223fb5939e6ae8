//! A filter and a transform.

use crate::measure;
use grapnel_domain::{
    event::EventContent,
    filter::Filter,
    ids::{EventId, UserId},
    request,
    time::Timestamp,
    transform::Transform,
};
use serde_json::{Value, json};
use std::hint::black_box;

/// Prints what they take.
pub(crate) fn print() {
    let data = data();
    let filter = filter();
    let matcher = filter.matcher().expect("a filter");
    let holds = |data: &str| matcher.matches(data).is_ok_and(|answer| answer.holds);
    assert!(holds(&data), "every condition is looked at");
    println!("A filter of 20 conditions, {} KB of data:", data.len() / 1000);
    time("matched", || holds(black_box(&data)));
    time("compiled and matched", || black_box(&filter).verdict(black_box(&data)).delivers());

    let (transform, id, event) = transform();
    println!(
        "A transform of {} bytes, compiled and rendered, {} bytes of data:",
        transform.template.len(),
        event.data.len()
    );
    time("rendered", || request::render(black_box(&transform), id, black_box(&event)).is_ok());
}

fn time(what: &str, mut run: impl FnMut() -> bool) {
    measure::print(what, || measure::taken_by(|| assert!(black_box(run()))));
}

/// About 10 KB: an order with many lines, of which some fields are asked for.
fn data() -> String {
    let lines: Vec<Value> = (0..72)
        .map(|n| {
            json!({"sku": format!("SKU-{n:05}"), "title": "A thing with a name of some length, in \
                   words", "quantity": n % 7, "price": 19.99, "tags": ["new", "sale"]})
        })
        .collect();
    let mut data = json!({"userId": "u", "id": "1", "lines": lines});
    for n in 0..10 {
        data[format!("text{n}")] = json!(format!("value {n} of a field"));
        data[format!("number{n}")] = json!(f64::from(n) + 0.5);
        data["nested"][format!("deep{n}")] = json!({"flag": n % 2 == 0, "code": format!("c-{n}")});
    }
    data["address"] = json!("10.1.2.3");
    data.to_string()
}

/// A message for a chat, with a few fields, a condition and a short loop.
fn transform() -> (Transform, EventId, EventContent) {
    let template = r#"{
  "channel": {{ data.channel|default("general")|tojson }},
  "text": {{ ("Order " + data.id + " by " + data.customer.name)|tojson }},
  "urgent": {% if data.total > 1000 %}true{% else %}false{% endif %},
  "lines": [{% for line in data.lines %}
    {"sku": {{ line.sku|tojson }}, "sum": {{ line.price|float * line.quantity|int }}}{% if not loop.last %},{% endif %}
  {% endfor %}]
}"#;
    let lines: Vec<Value> =
        (0..5).map(|n| json!({"sku": format!("SKU-{n}"), "price": 2.5, "quantity": n})).collect();
    let data = json!({"id": "7", "customer": {"name": "Zoë"}, "total": 1200, "lines": lines});
    let input = json!({"template": template});
    let transform = Transform::parse(input.as_object().expect("an object"), "transform");
    let event = EventContent {
        event_type: "order.created".into(),
        source: "shop".into(),
        time: Timestamp::from_millis(0),
        data: data.to_string(),
    };
    let user = UserId::parse("u").expect("a user");
    (transform.expect("a transform"), EventId::derive(&user, "shop", "7"), event)
}

/// Twenty conditions of every kind, all of which hold.
fn filter() -> Filter {
    let filter = json!({
        "text0": [{"prefix": "value"}], "text1": [{"suffix": "field"}],
        "text2": [{"wildcard": "v*2*f*d"}], "text3": [{"equals-ignore-case": "VALUE 3 OF A FIELD"}],
        "text4": [{"anything-but": ["x", "y"]}],
        "text5": [{"anything-but": {"prefix": "x"}}], "text6": ["no", "value 6 of a field"],
        "number0": [0.5], "number1": [{"numeric": [">", 0, "<=", 2]}],
        "number2": [{"numeric": ["<", 10]}], "number3": [{"anything-but": 4}],
        "address": [{"cidr": "10.0.0.0/8"}], "missing": [{"exists": false}],
        "nested": {"deep0": {"flag": [true], "code": ["c-0"]}, "deep9": {"code": [{"prefix": "c"}]}},
        "lines": {"sku": ["SKU-00071"], "price": [{"numeric": ["=", 19.99]}]},
    });
    Filter::parse(&filter.to_string(), "filter").expect("a filter")
}
