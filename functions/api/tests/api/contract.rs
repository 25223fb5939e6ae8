//! The checked-in document, as the tests use it: every answer of every test is checked against it.

use axum::http::{HeaderMap, Method, StatusCode, header};
use jsonschema::Validator;
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex},
};

/// The document.
pub(crate) static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(TEXT).expect("JSON"));

/// The document as it is checked in.
pub(crate) const TEXT: &str = include_str!("../../openapi.json");

/// The names of everything that a new webhook can have, but its user.
pub(crate) fn fields_of_a_new_webhook() -> Vec<String> {
    let properties = &DOCUMENT["components"]["schemas"]["NewWebhook"]["properties"];
    let names = properties.as_object().expect("the fields").keys();
    names.filter(|name| *name != "userId").cloned().collect()
}

/// An operation of the document.
#[derive(Clone, Copy)]
pub(crate) struct Operation {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) value: &'static Value,
}

/// All of them, in the order of the document.
pub(crate) fn operations() -> Vec<Operation> {
    let paths = DOCUMENT["paths"].as_object().expect("paths");
    let all = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().expect("an object").iter();
        methods.map(move |(method, value)| Operation { method, path, value })
    });
    all.collect()
}

impl Operation {
    /// The operation that a request is for, if it is one.
    fn of(method: &Method, path: &str) -> Option<Self> {
        let method = if method == Method::HEAD { &Method::GET } else { method };
        let fits = |template: &str| {
            let (wanted, given) = (template.split('/'), path.split('/'));
            wanted.clone().count() == given.clone().count()
                && wanted.zip(given).all(|(wanted, given)| {
                    wanted == given || wanted.starts_with('{') && !given.is_empty()
                })
        };
        operations()
            .into_iter()
            .filter(|one| one.method.eq_ignore_ascii_case(method.as_str()) && fits(one.path))
            // A literal segment wins over a parameter.
            .min_by_key(|one| one.path.matches('{').count())
    }

    /// What it answers with this status.
    fn response(&self, status: StatusCode) -> Option<&'static Value> {
        let response = self.value["responses"].get(status.as_str())?;
        Some(resolved(response))
    }

    /// Whether its schema takes this body. `None` if it says nothing.
    pub(crate) fn takes(&self, body: &Value) -> Option<Result<(), String>> {
        let content = self.value.get("requestBody")?["content"].get("application/json")?;
        let name = format!("{} {} takes", self.method, self.path);
        Some(check(&name, &content["schema"], body))
    }
}

/// What a reference stands for.
pub(crate) fn resolved(value: &'static Value) -> &'static Value {
    match value.get("$ref").and_then(Value::as_str) {
        Some(reference) => DOCUMENT.pointer(&reference[1..]).expect("it is there"),
        None => value,
    }
}

/// Whether a schema of the document takes a value; compiled once for each `name`.
pub(crate) fn check(name: &str, schema: &Value, value: &Value) -> Result<(), String> {
    static COMPILED: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> =
        LazyLock::new(Mutex::default);
    let known = COMPILED.lock().expect("no panic").get(name).cloned();
    let validator = known.unwrap_or_else(|| {
        let whole = json!({ "allOf": [schema], "components": DOCUMENT["components"] });
        let options = jsonschema::draft202012::options().should_validate_formats(true);
        let compiled = Arc::new(options.build(&whole).expect("a schema"));
        COMPILED.lock().expect("no panic").insert(name.to_owned(), compiled.clone());
        compiled
    });
    let faults: Vec<String> = validator
        .iter_errors(value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    if faults.is_empty() { Ok(()) } else { Err(faults.join("; ")) }
}

/// Holds an exchange against the document: the answer is one that it promises, and a body that was
/// taken is one that it describes.
#[track_caller]
pub(crate) fn hold(
    (method, path): (&Method, &str),
    sent: &[u8],
    (status, headers, text): (StatusCode, &HeaderMap, &str),
) {
    let path = path.split('?').next().unwrap_or_default();
    if method == Method::OPTIONS {
        assert_eq!((status, text), (StatusCode::NO_CONTENT, ""), "the preflight of {path}");
        return;
    }
    let Some(operation) = Operation::of(method, path) else {
        let expected = [StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED];
        assert!(expected.contains(&status), "{method} {path} {status} is not in the document");
        return;
    };
    let name = format!("{} {} {status}", operation.method, operation.path);
    let response = operation.response(status);
    let response = response.unwrap_or_else(|| panic!("{name} is not in the document: {text}"));
    let content_type = headers.get(header::CONTENT_TYPE).map(|value| value.to_str().expect("text"));
    let Some(content) = response.get("content").and_then(Value::as_object) else {
        assert!(text.is_empty(), "{name} has no body in the document");
        return;
    };
    let essence = content_type.unwrap_or_default().split(';').next().unwrap_or_default();
    let described = content.get(essence);
    let described = described.unwrap_or_else(|| panic!("{name}: {essence} is not in the document"));
    if essence.ends_with("json") && method != Method::HEAD {
        let body = serde_json::from_str(text).expect("JSON");
        let held = check(&name, &described["schema"], &body);
        assert_eq!(held, Ok(()), "{name}: {text}");
        if essence == "application/problem+json" {
            let codes = response["x-codes"].as_array().expect("a problem's codes are listed");
            assert!(codes.contains(&body["code"]), "{name} does not list the code of {text}");
        }
    }
    if status.is_success()
        && let Ok(sent) = serde_json::from_slice(sent)
        && let Some(taken) = operation.takes(&sent)
    {
        assert_eq!(taken, Ok(()), "{name} took what the document refuses: {sent}");
    }
}
