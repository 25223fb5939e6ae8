//! The examples of `docs/transform.md` are what they say they are.

use grapnel_languages::transform::{TemplateEvent, Transform};
use serde_json::Value;

fn read(path: &str) -> String {
    let path = format!("{}/../../{path}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).expect("readable")
}

fn document() -> String {
    read("docs/transform.md")
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

/// The data of a built-in type's sample.
fn sample(event_type: &str) -> String {
    let event: Value =
        serde_json::from_str(&read(&format!("events/{event_type}.json"))).expect("JSON");
    event["detail"].to_string()
}

/// `webhooks preview` and a test delivery use the built-in sample of the event type. A command that
/// names no type follows one for `lead.created`.
#[test]
fn templates_that_are_shown_as_commands_render_the_built_in_sample() {
    let mut shown = 0;
    for path in [
        "README.md",
        "docs/cli.md",
        "docs/transform.md",
        "docs/webhooks.md",
        "cli/src/examples.rs",
        "functions/api/openapi.json",
    ] {
        let text = read(path).replace("\\\"", "\"");
        for line in text.lines().filter(|line| line.contains("--template '")) {
            let after = |option: &str| line.split_once(option).map(|(_, rest)| rest);
            let template = after("--template '").and_then(|rest| rest.split('\'').next());
            let event = after("--event ").and_then(|rest| rest.split([' ', '"']).next());
            let written =
                serde_json::json!({ "transform": { "template": template.expect("a template") } });
            let body = render(&transform(&written), &sample(event.unwrap_or("lead.created")));
            serde_json::from_str::<Value>(&body).expect("JSON");
            shown += 1;
        }
    }
    assert!(shown >= 4, "{shown}");
}
