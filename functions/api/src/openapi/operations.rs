//! What follows from an annotation: parameters that a whole kind of routes has, who may call, every
//! problem, and examples.

use super::{headers, links, problems};
use grapnel_wire::shape::is;
use serde_json::Value;
use std::collections::BTreeSet;
use utoipa::openapi::{
    Components, Content, Paths, RefOr, Required, Response, Schema,
    path::{Operation, Parameter, ParameterIn, PathItem},
    request_body::RequestBody,
};

/// The scope that a route needs, in the document.
pub(super) const SCOPE: &str = "x-required-scope";
/// The codes of problems that only this route has. Not in the document: its answers name them.
const OWN_PROBLEMS: &str = "x-problems";

/// Completes every operation.
pub(super) fn complete(paths: &mut Paths, components: &mut Components) {
    let mut answers = problems::Answers::default();
    for (path, item) in &mut paths.paths {
        for operation in all_of(item) {
            complete_one(path, operation, components, &mut answers);
        }
    }
    answers.keep(components);
    headers::keep(components);
    for shape in components.schemas.values_mut() {
        forget_example(shape);
    }
}

/// The operations of a path.
pub(super) fn all_of(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.put, &mut item.post, &mut item.patch, &mut item.delete]
        .into_iter()
        .flatten()
}

fn complete_one(
    path: &str,
    operation: &mut Operation,
    components: &Components,
    answers: &mut problems::Answers,
) {
    let mut codes = own_problems(operation);
    let mut add = |more: &[&str]| codes.extend(more.iter().map(|code| (*code).to_owned()));
    let scope = operation.extensions.as_ref().and_then(|extensions| extensions.get(SCOPE));
    let scope = scope.and_then(Value::as_str).map(str::to_owned);
    let has_body = operation.request_body.is_some();

    if has_body {
        add(problems::OF_BODIES);
    }
    if has_body || scope.is_some() {
        add(problems::OURS);
    }
    let parameters = operation.parameters.get_or_insert_default();
    let named = named(path);
    if !named.is_empty() {
        add(&["not_found"]);
    }
    for (index, parameter) in named.into_iter().enumerate() {
        parameters.insert(index, RefOr::T(parameter));
    }
    match scope.as_deref() {
        None => operation.security = Some(Vec::new()),
        Some(scope) => {
            parameters.push(RefOr::T(for_user()));
            add(&["unauthorized", "too_many_requests", "invalid_query", "user_required"]);
            add(if scope == "admin" {
                &["admin_required"]
            } else {
                &["missing_scope", "foreign_user"]
            });
            if has_body {
                add(&["user_conflict"]);
            }
        }
    }
    let condition =
        operation.parameters.iter().flatten().any(
            |parameter| matches!(parameter, RefOr::T(parameter) if parameter.name == "If-Match"),
        );
    operation.responses.responses.extend(answers.of(&codes, condition));

    if let Some(RefOr::T(body)) = &mut operation.request_body {
        complete_body(body, components);
    }
    for response in operation.responses.responses.values_mut() {
        if let RefOr::T(response) = response {
            headers::add(response, scope.is_some());
            for name in named_schemas(response) {
                links::add(response, &name);
            }
            response.content.values_mut().for_each(|content| give_example(content, components));
        }
    }
}

/// Takes the codes out that the annotation names.
pub(super) fn own_problems(operation: &mut Operation) -> BTreeSet<String> {
    let Some(extensions) = &mut operation.extensions else { return BTreeSet::new() };
    let own = extensions.remove(OWN_PROBLEMS);
    if extensions.is_empty() {
        operation.extensions = None;
    }
    let own = own.as_ref().and_then(Value::as_array);
    own.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The ids in a path.
fn named(path: &str) -> Vec<Parameter> {
    let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    names
        .filter_map(|name| Some((name, schema_of(name)?)))
        .map(|(name, schema)| {
            let mut parameter = Parameter::new(name);
            parameter.parameter_in = ParameterIn::Path;
            parameter.required = Required::True;
            parameter.schema = Some(is(schema));
            parameter
        })
        .collect()
}

/// What a parameter of this name is an id of.
fn schema_of(name: &str) -> Option<&'static str> {
    Some(match name {
        "id" => "WebhookId",
        "deliveryId" => "DeliveryId",
        "replayId" => "ReplayId",
        "keyId" => "KeyId",
        "echoId" => "EchoId",
        "eventId" => "EventId",
        "name" => "EventTypeName",
        _ => return None,
    })
}

fn for_user() -> Parameter {
    let mut parameter = Parameter::new("userId");
    parameter.parameter_in = ParameterIn::Query;
    parameter.required = Required::False;
    parameter.schema = Some(is("UserId"));
    let meaning =
        "The user to act for. Needed with the admin key; a user's key may only name its own user.";
    parameter.description = Some(meaning.to_owned());
    parameter
}

/// A body that may be left out is annotated as an option; it is no `null` for that.
fn complete_body(body: &mut RequestBody, components: &Components) {
    let optional = body.required != Some(Required::True);
    for content in body.content.values_mut() {
        if let RefOr::T(content) = content
            && optional
            && let Some(RefOr::T(Schema::OneOf(either))) = &content.schema
        {
            let named = either.items.iter().find(|item| matches!(item, RefOr::Ref(_)));
            content.schema = named.cloned();
        }
        give_example(content, components);
    }
}

/// The names of the schemas that an answer may have.
fn named_schemas(response: &Response) -> Vec<String> {
    let contents = response.content.values().filter_map(|content| match content {
        RefOr::T(content) => content.schema.as_ref(),
        RefOr::Ref(_) => None,
    });
    contents.filter_map(name_of).map(str::to_owned).collect()
}

/// The name of the schema that is referred to.
pub(super) fn name_of(schema: &RefOr<Schema>) -> Option<&str> {
    match schema {
        RefOr::Ref(reference) => reference.ref_location.rsplit('/').next(),
        RefOr::T(_) => None,
    }
}

/// The example of the schema that the content refers to.
fn give_example(content: &mut RefOr<Content>, components: &Components) {
    let RefOr::T(content) = content else { return };
    let Some(name) = content.schema.as_ref().and_then(name_of) else { return };
    if let Some(RefOr::T(schema)) = components.schemas.get(name) {
        let examples = match schema {
            Schema::Object(object) => &object.examples,
            Schema::OneOf(one) => &one.examples,
            _ => return,
        };
        content.example = examples.first().cloned();
    }
}

/// An object's example is where it is sent or answered, once.
fn forget_example(shape: &mut RefOr<Schema>) {
    match shape {
        RefOr::T(Schema::Object(object)) if !object.properties.is_empty() => {
            object.examples.clear()
        }
        RefOr::T(Schema::OneOf(one)) => one.examples.clear(),
        _ => {}
    }
}
