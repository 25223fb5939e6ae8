//! Every route that needs a key, as the document has it: what it needs, and what it leaves behind.

use crate::{
    contract::{self, operations},
    world::{Call, World},
};
use grapnel_domain::{
    catalogue::OwnType,
    echo::{Echo, LIFETIME},
    ids::{EchoId, KeyId},
    key::{ApiKey, KeyHash},
    scope::Scope,
    signature::Secret,
};
use grapnel_testing::{
    builders::{a_delivery, a_replay, a_webhook, an_event, user},
    clock::START,
    memory::Operation,
};
use serde_json::Value;
use uuid::Uuid;

/// The scope that a route needs, and what it answers. A route without a scope is for admins.
pub(crate) struct Route {
    pub(crate) method: String,
    pub(crate) path: String,
    /// What its query must have.
    query: String,
    pub(crate) scope: Option<Scope>,
    /// The document's example, which names no user.
    pub(crate) body: Option<Value>,
    /// The statuses of success.
    successes: Vec<u16>,
    /// Whether it names somebody's thing, so that another's is not found.
    pub(crate) names_thing: bool,
}

/// A key of `owner` that nobody presents.
pub(crate) const KEY: KeyId = KeyId::from_uuid(Uuid::from_u128(7));

/// An echo of the deployment.
pub(crate) const ECHO: EchoId = EchoId::from_uuid(Uuid::from_u128(9));

/// The echo with that id.
pub(crate) fn an_echo() -> Echo {
    Echo {
        id: ECHO,
        secret: Secret::from_random([9; 32]),
        fail_first: 0,
        expires_at: START.plus(LIFETIME),
        requests: Vec::new(),
    }
}

/// The ids of the path parameters, by their names.
pub(crate) type Ids = Vec<(&'static str, String)>;

/// Gives `owner` one of everything that a route can name: a delivery that can be retried and
/// cancelled among it.
pub(crate) fn stock(world: &World, owner: &str) -> Ids {
    let key = ApiKey::new(KEY, user(owner), vec![Scope::WebhooksRead], START);
    world.memory.put_key(&KeyHash::of("presented by nobody"), key);
    let webhook = a_webhook().for_user(owner).build();
    let event = an_event().for_user(owner).to([webhook.id]).build();
    let delivery = a_delivery().of(&event).to(&webhook).retrying().build();
    let replay = a_replay().for_user(owner).build();
    let event_type = OwnType {
        name: "invoice.paid".parse().expect("a name"),
        description: None,
        deprecated: false,
        schema: None,
        sample: None,
        created_at: START,
        updated_at: START,
    };
    let ids = vec![
        ("id", webhook.id.to_string()),
        ("deliveryId", delivery.id.to_string()),
        ("replayId", replay.id.to_string()),
        ("keyId", KEY.to_string()),
        ("eventId", event.id.to_string()),
        ("name", event_type.name.to_string()),
        ("echoId", ECHO.to_string()),
        ("webhook", webhook.id.to_string()),
    ];
    world.memory.put_webhook(webhook);
    world.memory.put_event(event);
    world.memory.put_delivery(delivery);
    world.memory.put_replay(replay);
    world.memory.put_event_type(event_type);
    world.memory.put_echo(an_echo());
    ids
}

/// A path with its parameters filled in. A route that names something else fails here: the tests need
/// one of it.
pub(crate) fn filled(path: &str, ids: &Ids) -> String {
    let filled = ids
        .iter()
        .fold(path.to_owned(), |path, (name, id)| path.replace(&format!("{{{name}}}"), id));
    assert!(!filled.contains('{'), "{path}: the tests have no such thing");
    filled
}

/// The paths of what belongs to the deployment and to no user.
const OF_DEPLOYMENT: [&str; 2] = ["/api/event-types", "/api/echoes"];

/// What needs no key. A route that is to be open to everybody is named here.
const OPEN: [&str; 6] = [
    "/health",
    "/docs",
    "/docs/redoc.js",
    "/api/openapi.json",
    "/api/portal-sessions",
    "/echo/{echoId}",
];

/// A stocked `owner`, and every route of the document but for those that need no key. What deletes
/// comes last, and of that what deletes most.
pub(crate) fn routes(world: &World) -> Vec<Route> {
    let ids = stock(world, "owner");
    let mut routes = Vec::new();
    for operation in operations() {
        let Some(scope) = operation.value.get("x-required-scope") else {
            assert!(OPEN.contains(&operation.path), "{} is open to everybody", operation.path);
            continue;
        };
        let scope = scope.as_str().expect("text").parse().expect("a scope");
        let responses = operation.value["responses"].as_object().expect("responses");
        let statuses = responses.keys().map(|status| status.parse().expect("a status"));
        routes.push(Route {
            method: operation.method.to_uppercase(),
            path: filled(operation.path, &ids),
            query: filled(&needed_query(&operation), &ids),
            scope: Some(scope).filter(|scope| *scope != Scope::Admin),
            body: example(&operation),
            successes: statuses.filter(|status| (200..300).contains(status)).collect(),
            names_thing: names_thing_of_a_user(operation.path),
        });
    }
    routes.sort_by_key(|route| {
        let depth = route.path.split('/').count();
        if route.method == "DELETE" { (true, usize::MAX - depth) } else { (false, 0) }
    });
    routes
}

/// Whether a path is of what belongs to the deployment and to no user.
pub(crate) fn is_of_deployment(path: &str) -> bool {
    OF_DEPLOYMENT.iter().any(|of_deployment| path.starts_with(of_deployment))
}

/// What the query must have, with the names of the ids in place of the ids.
fn needed_query(operation: &contract::Operation) -> String {
    let parameters = operation.value["parameters"].as_array().cloned().unwrap_or_default();
    let needed = parameters.iter().filter(|it| it["in"] == "query" && it["required"] == true);
    let names = needed.map(|parameter| parameter["name"].as_str().expect("a name").to_owned());
    names.map(|name| format!("{name}={{{name}}}")).collect::<Vec<_>>().join("&")
}

/// Whether a path names what is somebody's.
fn names_thing_of_a_user(path: &str) -> bool {
    path.contains('{') && !is_of_deployment(path)
}

/// The example of the body, which names no user: the tests do.
fn example(operation: &contract::Operation) -> Option<Value> {
    let content = &operation.value.get("requestBody")?["content"]["application/json"];
    let mut example = content["example"].clone();
    let fields = example.as_object_mut();
    fields.unwrap_or_else(|| panic!("{} has no example", operation.path)).remove("userId");
    Some(example)
}

impl Route {
    pub(crate) fn call(&self, world: &World) -> Call {
        self.call_with_query(world, "")
    }

    pub(crate) fn call_with_query(&self, world: &World, query: &str) -> Call {
        let parts = [query.trim_start_matches('?'), &self.query];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        let query = if parts.is_empty() { String::new() } else { format!("?{}", parts.join("&")) };
        let call = world.call(&self.method, format!("{}{query}", self.path));
        match &self.body {
            Some(body) => call.json(body),
            None => call,
        }
    }

    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// Whether an answer is what the document promises to a caller with the scope.
    pub(crate) fn succeeded(&self, status: u16) -> bool {
        self.successes.contains(&status)
    }
}

/// Everything that was done but to find out who asks, and by the tests themselves: nothing, if a
/// request was refused.
pub(crate) fn effects(world: &World) -> Vec<Operation> {
    let mut called = world.memory.operations_called();
    let of_identity =
        [Operation::Key, Operation::NoteKeyUse, Operation::CountRequests, Operation::StoreKey];
    called.retain(|operation| !of_identity.contains(operation));
    called
}
