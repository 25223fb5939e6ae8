//! A request of each operation as people write it: by curl, by the command line, in Python and in JavaScript. `/docs` shows
//! them. All but the command line's are made from the operation itself and its examples.

use super::operations::{SCOPE, name_of};
use serde_json::{Value, json};
use std::fmt::Write;
use utoipa::openapi::{
    Components, Paths, RefOr, Required, Schema,
    extensions::Extensions,
    path::{Operation, Parameter, ParameterIn, PathItem},
};

/// The extension that the page reads.
const SAMPLES: &str = "x-codeSamples";

/// An operation as its samples need it.
struct Request {
    method: &'static str,
    /// With examples of the ids in it, and the query.
    path: String,
    /// The variable that holds the key, where one is needed.
    key: Option<&'static str>,
    body: Option<Value>,
}

/// Adds samples to every operation of the API. The pages about it need none.
pub(super) fn add(paths: &mut Paths, components: &Components) {
    for (path, item) in &mut paths.paths {
        for (method, operation) in with_methods(item) {
            if operation.tags.iter().flatten().any(|tag| tag == "Service") && path != "/health" {
                continue;
            }
            let request = Request::of(method, path, operation, components);
            let mut samples =
                vec![json!({ "lang": "Shell", "label": "curl", "source": curl(&request) })];
            let id = operation.operation_id.as_deref().unwrap_or_default();
            if let Some(line) = command_line(id) {
                let line = with_examples(line, operation, components);
                samples.push(json!({ "lang": "Shell", "label": "CLI", "source": line }));
            }
            samples
                .push(json!({ "lang": "Python", "label": "Python", "source": python(&request) }));
            let source = javascript(&request);
            samples.push(json!({ "lang": "JavaScript", "label": "JavaScript", "source": source }));
            let extensions = operation.extensions.get_or_insert_default();
            extensions.merge(Extensions::from_iter([(SAMPLES, Value::Array(samples))]));
        }
    }
}

fn with_methods(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    [
        ("GET", &mut item.get),
        ("PUT", &mut item.put),
        ("POST", &mut item.post),
        ("PATCH", &mut item.patch),
        ("DELETE", &mut item.delete),
    ]
    .into_iter()
    .filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

impl Request {
    fn of(
        method: &'static str,
        path: &str,
        operation: &Operation,
        components: &Components,
    ) -> Self {
        let scope = operation.extensions.as_ref().and_then(|extensions| extensions.get(SCOPE));
        let is_admins = scope.is_some_and(|scope| scope == "admin");
        let body = operation.request_body.as_ref().and_then(|body| match body {
            RefOr::T(body) => body.content.values().find_map(|content| match content {
                RefOr::T(content) => content.example.clone(),
                RefOr::Ref(_) => None,
            }),
            RefOr::Ref(_) => None,
        });
        let query: Vec<String> = needed(operation, ParameterIn::Query)
            .map(|parameter| format!("{0}={{{0}}}", parameter.name))
            .collect();
        let path = match query.is_empty() {
            true => path.to_owned(),
            false => format!("{path}?{}", query.join("&")),
        };
        let mut path = with_examples(&path, operation, components);
        // An admin names the user in the query where there is no body to name it in. Event types are nobody's.
        if is_admins
            && body.is_none()
            && ["/api/keys", "/api/sessions"].iter().any(|start| path.starts_with(start))
        {
            path.push_str("?userId=demo");
        }
        let key = match scope {
            Some(_) if is_admins => Some("GRAPNEL_ADMIN_KEY"),
            Some(_) => Some("GRAPNEL_KEY"),
            None => None,
        };
        Self { method, path, key, body }
    }
}

/// The parameters of this kind that a request must have.
fn needed(operation: &Operation, place: ParameterIn) -> impl Iterator<Item = &Parameter> {
    operation.parameters.iter().flatten().filter_map(move |parameter| match parameter {
        RefOr::T(parameter)
            if parameter.parameter_in == place && parameter.required == Required::True =>
        {
            Some(parameter)
        }
        _ => None,
    })
}

/// The text with an example in place of each parameter that a request must have.
fn with_examples(text: &str, operation: &Operation, components: &Components) -> String {
    let parameters =
        needed(operation, ParameterIn::Path).chain(needed(operation, ParameterIn::Query));
    parameters.fold(text.to_owned(), |text, parameter| {
        text.replace(&format!("{{{}}}", parameter.name), &example_of(parameter, components))
    })
}

fn example_of(parameter: &Parameter, components: &Components) -> String {
    let schema = parameter.schema.as_ref().and_then(name_of);
    let example = schema.and_then(|name| match components.schemas.get(name) {
        Some(RefOr::T(Schema::Object(object))) => object.examples.first()?.as_str(),
        _ => None,
    });
    example.unwrap_or_default().to_owned()
}

fn curl(request: &Request) -> String {
    let Request { method, path, key, body } = request;
    let mut text = "curl".to_owned();
    match (*method, body) {
        // What curl does by itself.
        ("GET", _) | ("POST", Some(_)) => {}
        (method, _) => write(&mut text, format_args!(" -X {method}")),
    }
    write(&mut text, format_args!(" \"$GRAPNEL_URL{path}\""));
    if let Some(key) = key {
        write(&mut text, format_args!(" \\\n  -H \"Authorization: Bearer ${key}\""));
    }
    if let Some(body) = body {
        text.push_str(" \\\n  -H 'Content-Type: application/json'");
        let body = format!("{body:#}").replace('\'', r"'\''");
        write(&mut text, format_args!(" \\\n  -d '{body}'"));
    }
    text
}

fn python(request: &Request) -> String {
    let Request { method, path, key, body } = request;
    let mut text = "import os\nimport requests\n\nresponse = requests.".to_owned();
    write(&mut text, format_args!("{}(\n", method.to_lowercase()));
    write(&mut text, format_args!("    os.environ[\"GRAPNEL_URL\"] + \"{path}\",\n"));
    if let Some(key) = key {
        let value = format!("\"Bearer \" + os.environ[\"{key}\"]");
        write(&mut text, format_args!("    headers={{\"Authorization\": {value}}},\n"));
    }
    if let Some(body) = body {
        text.push_str("    json=");
        python_value(body, 1, &mut text);
        text.push_str(",\n");
    }
    text.push_str("    timeout=30,\n)\nresponse.raise_for_status()\nprint(response.text)\n");
    text
}

/// A JSON value as Python writes it.
fn python_value(value: &Value, depth: usize, text: &mut String) {
    let (inner, outer) = ("    ".repeat(depth + 1), "    ".repeat(depth));
    match value {
        Value::Null => text.push_str("None"),
        Value::Bool(true) => text.push_str("True"),
        Value::Bool(false) => text.push_str("False"),
        Value::Object(fields) if !fields.is_empty() => {
            text.push_str("{\n");
            for (name, value) in fields {
                write(text, format_args!("{inner}{}: ", json!(name)));
                python_value(value, depth + 1, text);
                text.push_str(",\n");
            }
            write(text, format_args!("{outer}}}"));
        }
        Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
            text.push_str("[\n");
            for item in items {
                text.push_str(&inner);
                python_value(item, depth + 1, text);
                text.push_str(",\n");
            }
            write(text, format_args!("{outer}]"));
        }
        Value::Array(items) => {
            let items: Vec<String> = items
                .iter()
                .map(|item| {
                    let mut text = String::new();
                    python_value(item, depth, &mut text);
                    text
                })
                .collect();
            write(text, format_args!("[{}]", items.join(", ")));
        }
        other => text.push_str(&other.to_string()),
    }
}

fn javascript(request: &Request) -> String {
    let Request { method, path, key, body } = request;
    let mut options = Vec::new();
    if *method != "GET" {
        options.push(format!("  method: \"{method}\","));
    }
    let mut headers = Vec::new();
    headers.extend(key.map(|key| format!("Authorization: `Bearer ${{process.env.{key}}}`")));
    headers.extend(body.as_ref().map(|_| "\"Content-Type\": \"application/json\"".to_owned()));
    if !headers.is_empty() {
        options.push(format!("  headers: {{ {} }},", headers.join(", ")));
    }
    if let Some(body) = body {
        let body = format!("{body:#}").replace('\n', "\n  ");
        options.push(format!("  body: JSON.stringify({body}),"));
    }
    let mut text = format!("const response = await fetch(`${{process.env.GRAPNEL_URL}}{path}`");
    if !options.is_empty() {
        write(&mut text, format_args!(", {{\n{}\n}}", options.join("\n")));
    }
    text.push_str(");\nif (!response.ok) throw new Error(await response.text());\n");
    text.push_str("console.log(await response.text());\n");
    text
}

/// Writing to a text cannot fail.
fn write(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    let _ = text.write_fmt(arguments);
}

/// What the command line calls an operation. A test of the command line reads them from the document and parses each.
fn command_line(operation: &str) -> Option<&'static str> {
    Some(match operation {
        "listWebhooks" => "grapnel webhooks list",
        "createWebhook" => {
            "grapnel webhooks create https://hooks.example.com/crm \\\n  --name 'Leads to CRM' --events 'lead.*,task.failed' \\\n  --delays 30s,5m,1h --rate-limit 20"
        }
        "getWebhook" => "grapnel webhooks get {id}",
        "changeWebhook" => "grapnel webhooks update {id} --name 'Leads to the new CRM'",
        "deleteWebhook" => "grapnel webhooks delete {id}",
        "getSecret" => "grapnel webhooks secret {id}",
        "rotateSecret" => "grapnel webhooks rotate-secret {id} --grace 1h",
        "testWebhook" => "grapnel webhooks test {id} --event lead.created",
        "testFilter" => {
            "grapnel webhooks test-filter {id} \\\n  --data '{\"score\": 87}' --filter '{\"score\": [{\"numeric\": [\">=\", 50]}]}'"
        }
        "previewTransform" => {
            "grapnel webhooks preview {id} \\\n  --template '{\"text\": {{ type|tojson }}}' --event lead.created"
        }
        "publishEvents" => {
            "grapnel events publish --type lead.created --data '{\"email\": \"hello@example.com\"}'"
        }
        "listEvents" => "grapnel events list --type 'lead.*' --since 2h",
        "getEvent" => "grapnel events get {eventId}",
        "explainEvent" => "grapnel events explain {eventId} --webhook {webhook}",
        "erasePayload" => "grapnel events erase {eventId}",
        "listEventTypes" => "grapnel event-types list",
        "getEventType" => "grapnel event-types get {name}",
        "putEventType" => "grapnel event-types put {name} --description 'An invoice was paid.'",
        "deleteEventType" => "grapnel event-types delete {name}",
        "listDeliveries" => "grapnel deliveries list {id} --status failed --since 2h",
        "listAllDeliveries" => "grapnel deliveries list --status failed --since 2h",
        "getDelivery" => "grapnel deliveries get {id} {deliveryId}",
        "explainDelivery" => "grapnel deliveries explain {id} {deliveryId}",
        "getStats" => "grapnel stats --last 7d --by day",
        "retryDelivery" => "grapnel deliveries retry {id} {deliveryId} --wait",
        "cancelDelivery" => "grapnel deliveries cancel {id} {deliveryId}",
        "eraseResponses" => "grapnel deliveries erase {id} {deliveryId}",
        "replayWebhook" => "grapnel replay start {id} --since 2h --watch",
        "replayAll" => "grapnel replay start --all-webhooks --event lead.created",
        "listReplays" => "grapnel replay list",
        "getReplay" => "grapnel replay get {replayId}",
        "createKey" => {
            "grapnel keys create demo --name Reporting \\\n  --scope webhooks:read,deliveries:read --expires-in 90d"
        }
        "listKeys" => "grapnel keys list demo",
        "revokeKey" => "grapnel keys revoke demo {keyId}",
        "endSessions" => "grapnel keys end-sessions demo",
        "createPortalLink" => "grapnel portal link demo --scope webhooks:read",
        "getHealth" => "grapnel health",
        _ => return None,
    })
}
