//! Another event with the id of a stored event.

use crate::world::{event, over};
use grapnel_domain::{
    event::Difference,
    message::Record,
    notice::Notice,
    ports::{Clock, PortError, StoreWebhooks},
};
use grapnel_testing::{
    builders::{USER, a_webhook},
    memory::{Effect, Memory, Operation},
};
use std::time::Duration;

/// The same id with other data, or with another type.
fn conflicting(id: &str, detail_type: &str, n: &str) -> Record {
    let record = event(id, detail_type);
    Record::new(format!("other-{id}"), record.body.replace("1.0", n))
}

#[tokio::test]
async fn another_event_under_the_same_id_is_told_and_not_delivered() {
    let memory = Memory::new();
    memory.create_webhook(&a_webhook().events(["*"]).build()).await.expect("created");
    let ingest = over(&memory);
    ingest.handle(&[event("1", "lead.created")]).await;
    let stored = memory.events();
    memory.clock().advance(Duration::from_secs(60));
    let others = [
        conflicting("1", "lead.created", "2.0"),
        conflicting("1", "lead.enriched", "1.0"),
        // The same event again, with different formatting.
        conflicting("1", "lead.created", "1"),
    ];
    let report = ingest.handle(&others).await;
    assert_eq!((report.events, report.failed.len(), report.dead_letters), (3, 0, 0));
    assert_eq!(memory.events(), stored, "the first one stays");
    let told: Vec<_> = report.conflicts.iter().map(|it| (it.reason, &*it.refused_event)).collect();
    let expected =
        [(Difference::OtherData, "lead.created"), (Difference::OtherType, "lead.enriched")];
    assert_eq!(told, expected);
    assert_eq!(report.conflicts[0].event_id, stored[0].id);
    let counted = report.metrics().line("s", 0).expect("counts");
    assert!(counted.contains(r#""EventConflicts":2"#), "{counted}");

    grapnel_ingest::tell(&memory, &report.conflicts).await;
    let notices = memory.notices();
    assert_eq!(notices.iter().map(Notice::kind).collect::<Vec<_>>(), ["event.conflict"; 2]);
    assert_eq!(
        serde_json::to_value(&notices[0]).expect("serialises"),
        serde_json::json!({
            "userId": USER, "at": memory.clock().now(), "reason": "other_data",
            "eventId": stored[0].id, "source": "demo.platform", "event": "lead.created",
            "storedAt": stored[0].stored_at, "refusedEvent": "lead.created",
        })
    );
}

#[tokio::test]
async fn a_conflict_whose_event_comes_again_is_told_then() {
    let memory = Memory::new();
    memory.create_webhook(&a_webhook().events(["*"]).build()).await.expect("created");
    let ingest = over(&memory);
    let throttled = PortError::Throttled("PutItem: throttled".into());
    memory.fail_next(Operation::CreateDelivery, throttled, Effect::Before);
    ingest.handle(&[event("1", "lead.created")]).await;
    let throttled = PortError::Throttled("PutItem: throttled".into());
    memory.fail_next(Operation::CreateDelivery, throttled, Effect::Before);
    let other = [conflicting("1", "lead.enriched", "1.0")];
    let first = ingest.handle(&other).await;
    assert_eq!((first.conflicts.len(), first.failed.len()), (0, 1));
    assert_eq!(ingest.handle(&other).await.conflicts.len(), 1);
}

#[tokio::test]
async fn a_bus_that_takes_no_notice_fails_nothing() {
    let memory = Memory::new();
    let ingest = over(&memory);
    ingest.handle(&[event("1", "lead.created")]).await;
    let report = ingest.handle(&[conflicting("1", "lead.created", "2.0")]).await;
    let denied = PortError::Unavailable("PutEvents: AccessDeniedException".into());
    for _ in 0..3 {
        memory.fail_next(Operation::Notify, denied.clone(), Effect::Before);
    }
    grapnel_ingest::tell(&memory, &report.conflicts).await;
    assert_eq!(memory.notices(), []);
    grapnel_ingest::tell(&memory, &report.conflicts).await;
    assert_eq!(memory.notices().len(), 1, "what is refused once is sent once more");
    grapnel_ingest::tell(&memory, &[]).await;
    assert_eq!(memory.calls(Operation::Notify), 4, "without a conflict nothing is sent");
}
