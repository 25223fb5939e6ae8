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
    ReplayOrder = for_user(object("Which deliveries to send again. Everything may be left out."))
        .default("status", is("SettledStatus"), &json!("failed"), "How they ended.")
        .optional("event", event_types(), "The types of their events.")
        .optional("since", time(), "Of events that arrived from then on; earlier than `until`.")
        .optional("until", time(), "Of events that arrived before then, or before now.")
        .example(json!({ "status": "failed", "event": "lead.created", "since": "2026-11-24T00:00:00Z" }));
    /// What a replay chooses by.
    ReplayFilter = object("What it chooses by.")
        .required("status", is("SettledStatus"), "How the deliveries ended.")
        .maybe("event", event_types(), "The types of their events.")
        .maybe("since", is("Instant"), "Of events that arrived from then on.")
        .required("until", is("Instant"), "Of events that arrived before then.")
        .done();
    /// A replay.
    Replay = object("Deliveries that are sent again, with the progress so far.")
        .required("id", is("ReplayId"), "Its id.")
        .maybe("webhookId", is("WebhookId"), "The webhook; absent if it is of all.")
        .required("status", one_of(&["running", "finished"]), "Whether it goes on.")
        .required("filter", is("ReplayFilter"), "What it chooses by.")
        .required("examined", at_least(0), "Deliveries that were looked at.")
        .required("replayed", at_least(0), "Deliveries that were sent again.")
        .required("createdAt", is("Instant"), "When it was asked for.")
        .maybe("finishedAt", is("Instant"), "When it ended.")
        .example(example());
    /// A page of replays.
    ReplayPage = page("Replay", example());
}
