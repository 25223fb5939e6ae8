//! The examples of `docs/transform.md` are what they say they are.

use grapnel_languages::transform::{TemplateEvent, Transform};
use serde_json::Value;

fn document() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/transform.md");
    std::fs::read_to_string(path).expect("the page is readable")
}

fn transform(input: &Value) -> Transform {
    let parsed = Transform::parse(input["transform"].as_object().expect("an object"), "transform");
    parsed.expect("accepted")
}

fn render(transform: &Transform, data: &str) -> String {
    let event = TemplateEvent {
        id: "evt_00000000-0000-0000-0000-000000000001",
        event_type: "task.failed",
        timestamp: "2026-11-18T11:06:39.000Z",
        data,
    };
    transform.render(&event).expect("renders")
}

#[test]
fn the_example_renders() {
    let page = document();
    let json = page.split("```json").nth(1).and_then(|rest| rest.split("```").next());
    let webhook: Value = serde_json::from_str(json.expect("an example")).expect("JSON");
    let body = render(&transform(&webhook), r#"{"name":"import"}"#);
    assert_eq!(body, r#"{"text": "Task import failed: no reason given"}"#);
}

#[test]
fn the_example_of_xml_renders() {
    let page = document();
    let json = page.split("```json").nth(2).and_then(|rest| rest.split("```").next());
    let webhook: Value = serde_json::from_str(json.expect("an example")).expect("JSON");
    let body = render(&transform(&webhook), r#"{"name":"import \"a\" & <b>"}"#);
    assert_eq!(body, r#"<task name="import &quot;a&quot; &amp; &lt;b&gt;"></task>"#);
}

#[test]
fn trying_a_transform_answers_as_shown() {
    let page = document();
    let body = page.split("-d '").nth(1).and_then(|rest| rest.split('\'').next());
    let body: Value = serde_json::from_str(body.expect("a body")).expect("JSON");
    let shown = page.split("```json").nth(3).and_then(|rest| rest.split("```").next());
    let shown: Value = serde_json::from_str(shown.expect("an answer")).expect("JSON");
    let transform = transform(&body);
    assert_eq!(shown["contentType"], transform.content_type);
    assert_eq!(shown["body"], render(&transform, &body["data"].to_string()));
}
