//! Replays.

use super::{event_types, for_user, page, schemas};
use crate::contract::shape::{at_least, is, object, one_of, time};
use serde_json::{Value, json};

fn example() -> Value {
    json!({
        "id": "rpl_01938d2e-7b1c-7c3a-9f00-1234567890ab",
        "webhookId": "wh_01938d2e-7b1c-7c3a-9f00-1234567890ab",
        "status": "running",
        "filter": { "status": "failed", "event": "lead.created", "until": "2026-11-24T06:24:00.000Z" },
        "examined": 200,
        "replayed": 17,
        "createdAt": "2026-11-24T06:24:00.000Z",
    })
}

schemas! {
    /// How a delivery ended.
    SettledStatus = one_of(&["failed", "success"]);
    /// What to send again.
    ReplayOrder = for_user(object("Which deliveries to send again. All fields are optional."))
        .default("status", is("SettledStatus"), &json!("failed"), "Status of the deliveries.")
        .optional("event", event_types(), "Types of their events.")
        .optional("since", time(), "Only events that arrived at or after this time; earlier than `until`.")
        .optional("until", time(), "Only events that arrived before this time. Default: now.")
        .example(json!({ "status": "failed", "event": "lead.created", "since": "2026-11-24T00:00:00Z" }));
    /// What a replay chooses by.
    ReplayFilter = object("Which deliveries the replay selects.")
        .required("status", is("SettledStatus"), "Status of the deliveries.")
        .maybe("event", event_types(), "Types of their events.")
        .maybe("since", is("Instant"), "Only deliveries of events that arrived at or after this time.")
        .required("until", is("Instant"), "Only deliveries of events that arrived before this time.")
        .done();
    /// A replay.
    Replay = object("A replay with its progress.")
        .required("id", is("ReplayId"), "Id.")
        .maybe("webhookId", is("WebhookId"), "The webhook. Absent for a replay of all webhooks.")
        .required("status", one_of(&["running", "finished"]), "Status.")
        .required("filter", is("ReplayFilter"), "Which deliveries the replay selects.")
        .required("examined", at_least(0), "Number of deliveries examined.")
        .required("replayed", at_least(0), "Number of deliveries sent again.")
        .required("createdAt", is("Instant"), "When the replay was started.")
        .maybe("finishedAt", is("Instant"), "When the replay ended.")
        .example(example());
    /// A page of replays.
    ReplayPage = page("Replay", example());
}
