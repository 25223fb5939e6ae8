//! Every route, what it needs, and what it leaves behind.

use crate::world::{Call, World};
use grapnel_domain::{
    ids::KeyId,
    ports::{ApiKey, KeyHash},
    scope::Scope,
};
use grapnel_testing::{
    builders::{a_delivery, a_replay, a_webhook, an_event, user},
    clock::START,
    memory::Operation,
};
use serde_json::{Value, json};
use uuid::Uuid;

/// What a route needs, and what it answers to whoever has it. Without a scope it is for admins.
pub(crate) struct Route {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) scope: Option<Scope>,
    pub(crate) body: Option<Value>,
    pub(crate) success: u16,
    /// Whether it names a webhook or a replay, so that another's is not found.
    pub(crate) names_thing: bool,
}

/// A key of `owner` that nobody presents.
pub(crate) const KEY: KeyId = KeyId::from_uuid(Uuid::from_u128(7));

/// A webhook of `owner` with a settled delivery, and every route to them; but for those that no key
/// opens.
pub(crate) fn routes(world: &World) -> Vec<Route> {
    let key = ApiKey::new(KEY, user("owner"), vec![Scope::WebhooksRead], START);
    world.memory.put_key(&KeyHash::of("presented by nobody"), key);
    let webhook = a_webhook().for_user("owner").build();
    let event = an_event().for_user("owner").to([webhook.id]).build();
    let payload = format!("/api/events/{}/payload", event.id);
    let delivery = a_delivery().of(&event).to(&webhook).delivered().build();
    let one = format!("/api/webhooks/{}", webhook.id);
    let deliveries = format!("{one}/deliveries");
    let delivery_path = format!("{deliveries}/{}", delivery.id);
    let event_path = format!("/api/events/{}", event.id);
    world.memory.put_webhook(webhook);
    world.memory.put_event(event);
    world.memory.put_delivery(delivery);

    let link = json!({"userId": "owner", "scopes": ["webhooks:read"]});
    let published = json!({"type": "lead.created", "data": {}});
    let paid = "/api/event-types/invoice.paid".to_owned();
    let draft = json!({"name": "x", "url": "https://hooks.example.com/", "events": ["*"]});
    let transform = json!({"transform": {"template": "1"}});
    let replay = a_replay().for_user("owner").build();
    let replay_path = format!("/api/replays/{}", replay.id);
    world.memory.put_replay(replay);
    let (read, write) = (Some(Scope::WebhooksRead), Some(Scope::WebhooksWrite));
    let (log, again) = (Some(Scope::DeliveriesRead), Some(Scope::DeliveriesRetry));
    let all = "/api/webhooks".to_owned();
    let route = |method, path: String, scope, body: Option<&Value>, success| Route {
        method,
        names_thing: ![
            "/api/webhooks",
            "/api/events",
            "/api/keys",
            "/api/replays",
            "/api/portal-links",
        ]
        .contains(&path.as_str())
            && !path.starts_with("/api/event-types"),
        path,
        scope,
        body: body.cloned(),
        success,
    };
    vec![
        route("GET", all.clone(), read, None, 200),
        route("POST", all, write, Some(&draft), 201),
        route("GET", one.clone(), read, None, 200),
        route("PUT", one.clone(), write, Some(&draft), 200),
        route("PATCH", one.clone(), write, Some(&json!({"name": "renamed"})), 200),
        route("GET", format!("{one}/secret"), write, None, 200),
        route("POST", format!("{one}/secret/rotate"), write, None, 200),
        route("POST", format!("{one}/test"), write, None, 202),
        route("POST", format!("{one}/filter/test"), read, Some(&json!({"data": {}})), 200),
        route("POST", format!("{one}/transform/preview"), read, Some(&transform), 200),
        route("GET", deliveries, log, None, 200),
        route("GET", delivery_path.clone(), log, None, 200),
        route("POST", format!("{delivery_path}/retry"), again, None, 202),
        route("POST", format!("{delivery_path}/cancel"), again, None, 409),
        route("DELETE", format!("{delivery_path}/responses"), write, None, 204),
        route("DELETE", payload, write, None, 204),
        route("POST", format!("{one}/replay"), again, Some(&json!({"status": "success"})), 202),
        route("POST", "/api/replays".into(), again, None, 202),
        route("GET", "/api/replays".into(), log, None, 200),
        route("GET", replay_path, log, None, 200),
        route("POST", "/api/keys".into(), None, Some(&json!({"userId": "owner"})), 201),
        route("GET", "/api/keys".into(), None, None, 200),
        route("DELETE", format!("/api/keys/{KEY}"), None, None, 204),
        route("POST", "/api/portal-links".into(), None, Some(&link), 201),
        route("POST", "/api/events".into(), Some(Scope::EventsPublish), Some(&published), 202),
        route("GET", event_path, log, None, 200),
        route("PUT", paid.clone(), None, Some(&json!({"sample": {"n": 1}})), 201),
        route("GET", "/api/event-types/lead.created".into(), read, None, 200),
        route("GET", "/api/event-types".into(), read, None, 200),
        route("DELETE", paid, None, None, 204),
        route("DELETE", one, write, None, 204),
    ]
}

impl Route {
    pub(crate) fn call(&self, world: &World) -> Call {
        self.call_with_query(world, "")
    }

    pub(crate) fn call_with_query(&self, world: &World, query: &str) -> Call {
        let call = world.call(self.method, format!("{}{query}", self.path));
        match &self.body {
            Some(body) => call.json(body),
            None => call,
        }
    }

    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// What a refused request has done of all that it must not have done.
pub(crate) fn effects(world: &World) -> Vec<Operation> {
    [
        Operation::CreateWebhook,
        Operation::ReplaceWebhook,
        Operation::DeleteWebhook,
        Operation::Enqueue,
        Operation::OrderTest,
        Operation::ListWebhooks,
        Operation::ListDeliveries,
        Operation::Webhook,
        Operation::Delivery,
        Operation::Deliveries,
        Operation::Event,
        Operation::Replay,
        Operation::ListReplays,
        Operation::StoreReplay,
        Operation::ListKeys,
        Operation::RevokeKey,
        Operation::StoreLink,
        Operation::ErasePayload,
        Operation::NotePayloadErased,
        Operation::EraseResponses,
        Operation::PublishEvent,
        Operation::ClaimKey,
        Operation::Deliveries,
        Operation::FirstEventType,
        Operation::ListEventTypes,
        Operation::StoreEventType,
        Operation::DeleteEventType,
    ]
    .into_iter()
    .filter(|operation| world.memory.calls(*operation) > 0)
    .collect()
}
