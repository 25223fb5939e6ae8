//! Replays: many deliveries sent again.

use crate::time::Timestamp;

/// How a delivery that can be replayed ended.
pub const SETTLED: &[&str] = &["failed", "success"];

open_enum! {
    /// How far a replay is.
    ReplayProgress {
        /// Some of its pages are still to come.
        Running = "running",
        /// All are on record.
        Finished = "finished",
    }
}

request! {
    #[derive(Debug, Default)]
    ReplayOrder: "Which deliveries to send again. All fields are optional." {
        for_user;
        optional status: String = default(word(SETTLED).named("SettledStatus"), "failed"), "Status of the deliveries.";
        optional event: String = event_types(), "Types of their events.";
        optional since: Timestamp = time(), "Only events that arrived at or after this time; earlier than `until`.";
        optional until: Timestamp = time(), "Only events that arrived before this time. Default: now.";
    }
    example serde_json::json!({ "status": "failed", "event": "lead.created", "since": "2026-11-24T00:00:00Z" });
}

answer! {
    #[derive(Debug)]
    ReplayFilter: "Which deliveries the replay selects." {
        required status: String = is("SettledStatus"), "Status of the deliveries.";
        optional event: String = crate::parts::event_types(), "Types of their events.";
        optional since: Timestamp = is("Instant"), "Only deliveries of events that arrived at or after this time.";
        required until: Timestamp = is("Instant"), "Only deliveries of events that arrived before this time.";
    }
}

answer! {
    #[derive(Debug)]
    Replay: "A replay with its progress." {
        required id: String = is("ReplayId"), "Id.";
        optional webhook_id: String = is("WebhookId"), "The webhook. Absent for a replay of all webhooks.";
        required status: ReplayProgress = one_of(ReplayProgress::WORDS), "Status.";
        required filter: ReplayFilter = is("ReplayFilter"), "Which deliveries the replay selects.";
        required examined: u64 = at_least(0), "Number of deliveries examined.";
        required replayed: u64 = at_least(0), "Number of deliveries sent again.";
        required created_at: Timestamp = is("Instant"), "When the replay was started.";
        optional finished_at: Timestamp = is("Instant"), "When the replay ended.";
    }
    example serde_json::json!({
        "id": "rpl_01938d2e-7b1c-7c3a-9f00-1234567890ab",
        "webhookId": "wh_01938d2e-7b1c-7c3a-9f00-1234567890ab",
        "status": "running",
        "filter": { "status": "failed", "event": "lead.created", "until": "2026-11-24T06:24:00.000Z" },
        "examined": 200,
        "replayed": 17,
        "createdAt": "2026-11-24T06:24:00.000Z",
    });
}

/// A page of a list.
pub type ReplayPage = crate::page::Page<Replay>;
