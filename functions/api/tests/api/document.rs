//! The document itself: it is what the routes say, it leaves nothing out, and its examples are true.

use crate::{
    contract::{DOCUMENT, TEXT, check, operations, resolved},
    world::{InMemory, World},
};
use axum::http::header;
use base64::Engine;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashSet};

#[test]
fn the_checked_in_document_is_what_the_routes_say() {
    let made = grapnel_api::document().expect("a document");
    if made == TEXT {
        return;
    }
    let (kept, new): (Vec<&str>, Vec<&str>) = (TEXT.lines().collect(), made.lines().collect());
    let at = kept.iter().zip(&new).take_while(|(one, other)| one == other).count();
    let around = |lines: &[&str]| {
        lines[at.saturating_sub(3).min(lines.len())..]
            .iter()
            .take(12)
            .fold(String::new(), |all, line| all + line + "\n")
    };
    panic!(
        "functions/api/openapi.json is out of date from line {} on; run `cargo xtask openapi --write`\n\
         it says:\n{}\nthe routes say:\n{}",
        at + 1,
        around(&kept),
        around(&new),
    );
}

/// The methods of the document by path, in capitals.
fn described() -> BTreeMap<&'static str, BTreeSet<String>> {
    let mut all: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
    for operation in operations() {
        all.entry(operation.path).or_default().insert(operation.method.to_uppercase());
    }
    all
}

#[tokio::test]
async fn the_document_describes_every_route_and_no_other() {
    let mut routed: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
    for path in grapnel_api::paths::<InMemory>() {
        let answer = World::new().call("BREW", path.replace(['{', '}'], "")).send().await;
        let allowed = answer.header(header::ALLOW).expect("405 says what is allowed");
        let methods = allowed.split(',').map(|method| method.trim().to_owned());
        routed.insert(path, methods.filter(|method| method != "HEAD").collect());
    }
    assert_eq!(routed, described());
}

#[test]
fn every_operation_says_what_it_is() {
    let mut ids = HashSet::new();
    for operation in operations() {
        let name = format!("{} {}", operation.method, operation.path);
        for member in ["operationId", "summary", "description"] {
            let text = operation.value[member].as_str().unwrap_or_default();
            assert!(!text.is_empty(), "{name} has no {member}");
        }
        assert!(
            ids.insert(operation.value["operationId"].clone()),
            "{name}: the id is not its own"
        );
        let tags = DOCUMENT["tags"].as_array().expect("tags");
        let tag = &operation.value["tags"][0];
        assert!(tags.iter().any(|known| known["name"] == *tag), "{name}: {tag}");
        let parameters = operation.value["parameters"].as_array().cloned().unwrap_or_default();
        let named = operation.path.split('/').filter(|part| part.starts_with('{')).count();
        let described = parameters.iter().filter(|one| one["in"] == "path").count();
        assert_eq!(described, named, "{name}: ids of the path");
        let is_open = operation.value["security"] == serde_json::json!([]);
        let scope = operation.value["x-required-scope"].as_str();
        assert_eq!(is_open, scope.is_none(), "{name}: needs a key, and says for what, or neither");
    }
}

#[test]
fn every_link_leads_to_an_operation_that_takes_what_it_gives() {
    let operations = operations();
    let mut seen = 0;
    for operation in &operations {
        for response in operation.value["responses"].as_object().expect("responses").values() {
            for link in response["links"].as_object().into_iter().flat_map(|links| links.values()) {
                let to =
                    operations.iter().find(|to| to.value["operationId"] == link["operationId"]);
                let to = to.unwrap_or_else(|| panic!("{link} leads nowhere"));
                for name in link["parameters"].as_object().into_iter().flat_map(|map| map.keys()) {
                    assert!(to.path.contains(&format!("{{{name}}}")), "{link} to {}", to.path);
                }
                seen += 1;
            }
        }
    }
    assert!(seen > 10, "{seen}");
}

#[test]
fn every_example_is_one() {
    let mut seen = 0;
    for operation in operations() {
        let name = format!("{} {}", operation.method, operation.path);
        let responses = operation.value["responses"].as_object().expect("responses");
        let mut described: Vec<(String, &'static Value)> = responses
            .iter()
            .map(|(status, response)| (format!("{name} {status}"), resolved(response)))
            .collect();
        if let Some(body) = operation.value.get("requestBody") {
            described.push((format!("{name} takes"), body));
        }
        for (name, described) in described {
            let Some(content) = described.get("content").and_then(Value::as_object) else {
                continue;
            };
            for (media_type, content) in content.iter().filter(|(name, _)| name.ends_with("json")) {
                let one = content.get("example").into_iter();
                let several = content["examples"].as_object().into_iter().flatten();
                let several = several.map(|(_, example)| &resolved(example)["value"]);
                let examples: Vec<&Value> = one.chain(several).collect();
                let needs_none = name.starts_with("get /api/openapi.json");
                assert!(!examples.is_empty() || needs_none, "{name} has no example");
                for example in examples {
                    let held = check(&name, &content["schema"], example);
                    assert_eq!(held, Ok(()), "{name} {media_type}: {example}");
                    seen += 1;
                }
            }
        }
    }
    assert!(seen > 100, "{seen}");
}

#[tokio::test]
async fn the_document_and_its_page_are_served_to_everybody_and_kept() {
    let world = World::new();
    let answer = world.call("GET", "/api/openapi.json").send().await;
    assert_eq!(answer.text, TEXT);
    for path in ["/api/openapi.json", "/docs", "/docs/redoc.js"] {
        let answer = world.call("GET", path).send().await;
        assert_eq!(answer.status.as_u16(), 200, "{path}");
        let kept = answer.header(header::CACHE_CONTROL).expect("there");
        assert!(kept.starts_with("public, max-age="), "{path}: {kept}");
        let tag = answer.header(header::ETAG).expect("there").to_owned();
        for known in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}")] {
            let again = world.call("GET", path).header("if-none-match", &known).send().await;
            assert_eq!((again.status.as_u16(), again.text.as_str()), (304, ""), "{path} {known}");
            assert_eq!(again.header(header::ETAG), Some(tag.as_str()));
        }
        let other = world.call("GET", path).header("if-none-match", "\"x\"").send().await;
        assert_eq!(other.status.as_u16(), 200, "{path}");
    }
}

#[tokio::test]
async fn the_page_loads_nothing_from_elsewhere() {
    let page = World::new().call("GET", "/docs").send().await;
    assert!(!page.text.contains("//"), "a link with a host");
    let policy = page.header(header::CONTENT_SECURITY_POLICY).expect("there");
    assert!(policy.starts_with("default-src 'none'; script-src 'self'; "), "{policy}");
    assert!(!["http", "*", "unsafe"].iter().any(|word| policy.contains(word)), "{policy}");
    let style = page.text.split_once("<style>").and_then(|(_, rest)| rest.split_once("</style>"));
    let style = style.expect("the page has one").0;
    let digest = ring::digest::digest(&ring::digest::SHA256, style.as_bytes());
    let hash = base64::engine::general_purpose::STANDARD.encode(digest);
    assert!(policy.contains(&format!("'sha256-{hash}'")), "{hash} is not in {policy}");
}

/// Every place in the document whose value the function picks.
fn places(found: impl Fn(&str, &Value) -> bool) -> Vec<String> {
    fn walk(
        value: &Value,
        path: &str,
        found: &dyn Fn(&str, &Value) -> bool,
        all: &mut Vec<String>,
    ) {
        if found(path, value) {
            all.push(path.to_owned());
        }
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    // A value of ours is no schema.
                    if !["example", "examples"].contains(&name.as_str()) {
                        walk(value, &format!("{path}/{}", name.replace('/', "~1")), found, all);
                    }
                }
            }
            Value::Array(entries) => {
                for (index, value) in entries.iter().enumerate() {
                    walk(value, &format!("{path}/{index}"), found, all);
                }
            }
            _ => {}
        }
    }
    let mut all = Vec::new();
    walk(&DOCUMENT, "", &found, &mut all);
    all
}

/// What OpenAPI 3.1 allows and a common client generator stops at, or makes a wrong client of.
#[test]
fn the_document_has_nothing_that_stops_client_generators() {
    let last = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let parent = |path: &str| path.rsplit('/').nth(1).unwrap_or_default().to_owned();
    let none = Vec::<String>::new();
    let link_bodies =
        |path: &str, _: &Value| path.contains("/links/") && last(path) == "requestBody";
    assert_eq!(places(link_bodies), none, "links with a body");
    let booleans = |path: &str, value: &Value| {
        // Generators read `additionalProperties` as a flag.
        let is_schema = ["items", "not", "contains", "propertyNames"].contains(&&*last(path))
            || ["properties", "prefixItems", "anyOf", "oneOf", "allOf"].contains(&&*parent(path));
        is_schema && value.is_boolean()
    };
    assert_eq!(places(booleans), none, "schemas that are true or false");
    let nulls = |path: &str, value: &Value| parent(path) == "properties" && value["type"] == "null";
    assert_eq!(places(nulls), none, "properties that can only be null");
    assert_eq!(places(|path, _| last(path) == "uniqueItems"), none, "lists that become sets");
    let defaults =
        |path: &str, _: &Value| path.starts_with("/components/schemas/") && last(path) == "default";
    assert_eq!(places(defaults), none, "defaults that make fields required");
    let problems = |path: &str, value: &Value| {
        last(path) == "application~1problem+json"
            && value["schema"] != serde_json::json!({ "$ref": "#/components/schemas/Problem" })
    };
    assert_eq!(places(problems), none, "problems with a schema of their own");
}
